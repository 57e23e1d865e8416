// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_machine - the readers of /proc and /sys take what the kernel writes and nothing
 * less, and environment.json says null where they know nothing.
 *
 * Cgroup trees are made of plain files in a fresh folder under $TMPDIR or /tmp.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <cjson/cJSON.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/machine/environment.h"
#include "../../user/machine/cgroups.h"
#include "../../user/machine/machine.h"

#define UNKNOWN MACHINE_UNKNOWN
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- parsers ---- */

static void meminfo(void **state)
{
	static const char text[] = "MemTotal:       24684084 kB\n"
				   "MemAvailable:   24348968 kB\n"
				   "HugePages_Total:       0\n"
				   "Huge:  18446744073709551615 kB\n"
				   "TooBig:  18446744073709551616 kB\n"
				   "Negative:  -1 kB\n"
				   "Empty:\n"
				   "Cut:   12";

	(void)state;
	assert_int_equal(machine__parse_meminfo(text, "MemTotal"), 24684084ULL * 1024);
	assert_int_equal(machine__parse_meminfo(text, "MemAvailable"), 24348968ULL * 1024);
	assert_int_equal(machine__parse_meminfo(text, "Total"), UNKNOWN);
	assert_int_equal(machine__parse_meminfo(text, "Mem"), UNKNOWN);
	assert_int_equal(machine__parse_meminfo(text, "HugePages_Total"), UNKNOWN);
	assert_int_equal(machine__parse_meminfo(text, "Huge"), UNKNOWN);
	assert_int_equal(machine__parse_meminfo(text, "TooBig"), UNKNOWN);
	assert_int_equal(machine__parse_meminfo(text, "Negative"), UNKNOWN);
	assert_int_equal(machine__parse_meminfo(text, "Empty"), UNKNOWN);
	assert_int_equal(machine__parse_meminfo(text, "Cut"), UNKNOWN);
	assert_int_equal(machine__parse_meminfo("", "MemTotal"), UNKNOWN);
}

/* Cut anywhere before its line end, a number is unknown and never a shorter one. */
static void meminfo_truncated(void **state)
{
	static const char text[] = "MemAvailable:   24348968 kB\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *cut = strndup(text, len);

		assert_int_equal(machine__parse_meminfo(cut, "MemAvailable"), UNKNOWN);
		free(cut);
	}
}

static void stat_is(const char *text, uint64_t ticks, uint64_t busy_ns, uint64_t steal_ns)
{
	struct machine_times times = machine__parse_stat(text, ticks);

	assert_int_equal(times.busy_ns, busy_ns);
	assert_int_equal(times.steal_ns, steal_ns);
}

static void stat_line(void **state)
{
	(void)state;
	/* user 1, nice 2, system 4, idle 8, iowait 16, irq 32, softirq 64, steal 128, guests */
	stat_is("cpu  1 2 4 8 16 32 64 128 256 512\ncpu0 9 9 9\n", 100, 103 * 10000000ULL,
		128 * 10000000ULL);
	stat_is("cpu  1 2 4 8 16 32 64 128\n", 1000, 103 * 1000000ULL, 128 * 1000000ULL);
	stat_is("cpu  0 0 0 0 0 0 0 0 0 0\n", 100, 0, 0);
	stat_is("cpu  3 0 0 0 0 0 0 1\n", 300, 10000000, 3333333);
}

static void stat_nasty(void **state)
{
	(void)state;
	stat_is("", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu0 1 2 4 8 16 32 64 128\n", 100, UNKNOWN, UNKNOWN);
	stat_is("intr 1 2 4 8 16 32 64 128\n", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu  1 2 4 8 16 32\n5 6 7 8\n", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu  1 2 -4 8 16 32 64 128\n", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu  1 2 4x 8 16 32 64 128\n", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu  1 2 4 8 16 32 64\n", 100, 1030000000, UNKNOWN);
	stat_is("cpu  1 2 4 8 16 32 64 12", 100, 1030000000, UNKNOWN);
	stat_is("cpu  1 2 4 8 16 32 6", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu  1 2 4 8 16 32 64 128\n", 0, UNKNOWN, UNKNOWN);
	stat_is("cpu  18446744073709551615 1 0 0 0 0 0 5\n", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu  18446744073709551616 1 0 0 0 0 0 5\n", 100, UNKNOWN, UNKNOWN);
	stat_is("cpu  9223372036854775807 0 0 0 0 0 0 5\n", 100, UNKNOWN, 50000000);
}

static void cpuinfo_is(const char *text, const char *model, uint64_t virtual_machine)
{
	struct machine machine;

	memset(&machine, 0x5a, sizeof(machine));
	machine__parse_cpuinfo(text, &machine);
	assert_string_equal(machine.cpu_model, model);
	assert_int_equal(machine.virtual_machine, virtual_machine);
}

static void cpuinfo(void **state)
{
	char text[1024];
	struct machine machine;

	(void)state;
	cpuinfo_is("processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9R14 \n"
		   "flags\t\t: fpu hypervisor sse\n\nprocessor\t: 1\nmodel name\t: other\n",
		   "AMD EPYC 9R14", 1);
	cpuinfo_is("model name\t: X\nflags\t\t: fpu hypervisors myhypervisor\n", "X", 0);
	cpuinfo_is("model name\t: X\nflags\t\t: fpu sse hypervisor\n", "X", 1);
	cpuinfo_is("flags\t\t:\nbugs\t\t: hypervisor\n", "", 0);
	cpuinfo_is("cpu family\t: 6\ncpu\t\t: POWER9, altivec supported\n",
		   "POWER9, altivec supported", UNKNOWN);
	cpuinfo_is("Features\t: fp\nModel\t\t: Raspberry Pi 4\n", "Raspberry Pi 4", UNKNOWN);
	cpuinfo_is("xmodel name\t: no\nmodel name model name : no\n", "", UNKNOWN);
	cpuinfo_is("model namemodel name\t: no\n", "", UNKNOWN);
	cpuinfo_is("model name\t:\nflags\t: a\n", "", 0);
	cpuinfo_is("model name\t: AMD EP", "", UNKNOWN);
	cpuinfo_is("model name", "", UNKNOWN);
	cpuinfo_is("model name\t: X\nflags\t\t: fpu hypervi", "X", UNKNOWN);
	cpuinfo_is("", "", UNKNOWN);
	cpuinfo_is("processor\t: 0\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\n"
		   "CPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n"
		   "CPU revision\t: 1\n\nprocessor\t: 1\nCPU implementer\t: 0x61\n"
		   "CPU part\t: 0x022\n", "Arm Neoverse-N1", UNKNOWN);
	cpuinfo_is("CPU implementer\t: 0xc0\nCPU part\t: 0xac3\n", "Ampere One", UNKNOWN);
	cpuinfo_is("CPU implementer\t: 0x61\nCPU part\t: 0x022\n", "Apple, part 0x022", UNKNOWN);
	cpuinfo_is("CPU implementer\t: 0x99\nCPU part\t: 0xd0c\n",
		   "implementer 0x99, part 0xd0c", UNKNOWN);
	cpuinfo_is("CPU implementer\t: 0x41\nCPU part\t: 0xffffd0c\n", "Arm, part 0xffffd0c",
		   UNKNOWN);
	cpuinfo_is("CPU implementer\t: 0x41\nCPU part\t: 0xd0", "", UNKNOWN);
	cpuinfo_is("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\nModel\t\t: Raspberry Pi 5\n",
		   "Raspberry Pi 5", UNKNOWN);

	snprintf(text, sizeof(text), "model name\t: %0500d\n", 0);
	machine__parse_cpuinfo(text, &machine);
	assert_int_equal(strlen(machine.cpu_model), sizeof(machine.cpu_model) - 1);
}

static void sizes(void **state)
{
	(void)state;
	assert_int_equal(machine__parse_size("1024K\n"), 1 << 20);
	assert_int_equal(machine__parse_size("32M\n"), 32 << 20);
	assert_int_equal(machine__parse_size("1G"), 1 << 30);
	assert_int_equal(machine__parse_size("512"), 512);
	assert_int_equal(machine__parse_size("0K\n"), 0);
	assert_int_equal(machine__parse_size(""), UNKNOWN);
	assert_int_equal(machine__parse_size("K\n"), UNKNOWN);
	assert_int_equal(machine__parse_size("-1K\n"), UNKNOWN);
	assert_int_equal(machine__parse_size("+1K\n"), UNKNOWN);
	assert_int_equal(machine__parse_size("0x10\n"), UNKNOWN);
	assert_int_equal(machine__parse_size("1KB\n"), UNKNOWN);
	assert_int_equal(machine__parse_size("1 K\n"), UNKNOWN);
	assert_int_equal(machine__parse_size("1T\n"), UNKNOWN);
	assert_int_equal(machine__parse_size("18446744073709551615K\n"), UNKNOWN);
	assert_int_equal(machine__parse_size("99999999999999999999\n"), UNKNOWN);
}

static void choice_is(const char *text, const char *want)
{
	char choice[12] = "untouched";

	machine__parse_choice(text, choice, sizeof(choice));
	assert_string_equal(choice, want);
}

static void choices(void **state)
{
	(void)state;
	choice_is("always [madvise] never\n", "madvise");
	choice_is("none voluntary (full) lazy\n", "full");
	choice_is("[always] madvise never\n", "always");
	choice_is("[]\n", "");
	choice_is("always madvise never\n", "");
	choice_is("always [madvi", "");
	choice_is("always [", "");
	choice_is("] [a\n", "");
	choice_is("", "");
	choice_is("[much too long to fit]\n", "much too lo");
}

static void preemption_is(const char *version, const char *want)
{
	char word[32] = "untouched";

	machine__parse_preemption(version, word, sizeof(word));
	assert_string_equal(word, want);
}

static void preemption(void **state)
{
	(void)state;
	preemption_is("#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)", "PREEMPT_DYNAMIC");
	preemption_is("#1 SMP PREEMPT_RT @0", "PREEMPT_RT");
	preemption_is("#1 SMP PREEMPT", "PREEMPT");
	preemption_is("#1 SMP PREEMPT_{RT,(full)}  x", "PREEMPT_{RT,(full)}");
	preemption_is("#1 SMP Fri Feb 2", "");
	preemption_is("#1 NOPREEMPT  SMP", "");
	preemption_is("", "");
	preemption_is("   ", "");
}

static void hz(void **state)
{
	(void)state;
	assert_int_equal(machine__parse_hz("# CONFIG_HZ_100 is not set\nCONFIG_HZ_250=y\n"
					   "CONFIG_HZ=250\nCONFIG_X=y\n"), 250);
	assert_int_equal(machine__parse_hz("CONFIG_HZ=1000\n"), 1000);
	assert_int_equal(machine__parse_hz("CONFIG_HZ=100"), UNKNOWN);
	assert_int_equal(machine__parse_hz("CONFIG_HZ=\n"), UNKNOWN);
	assert_int_equal(machine__parse_hz("CONFIG_HZ=y\n"), UNKNOWN);
	assert_int_equal(machine__parse_hz("# CONFIG_HZ=300\n"), UNKNOWN);
	assert_int_equal(machine__parse_hz("CONFIG_HZ_250=y\n"), UNKNOWN);
	assert_int_equal(machine__parse_hz(""), UNKNOWN);
}

static void loadavg_is(const char *text, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t percent[3] = { 7, 7, 7 };

	machine__parse_loadavg(text, percent);
	assert_int_equal(percent[0], a);
	assert_int_equal(percent[1], b);
	assert_int_equal(percent[2], c);
}

static void loadavg(void **state)
{
	(void)state;
	loadavg_is("0.42 1.07 12.90 1/134 4711\n", 42, 107, 1290);
	loadavg_is("0.00 0.00 0.00 1/134 4711\n", 0, 0, 0);
	loadavg_is("0.42 1.07", UNKNOWN, UNKNOWN, UNKNOWN);
	loadavg_is("0.42 1.07 12.9", UNKNOWN, UNKNOWN, UNKNOWN);
	loadavg_is("0.42 1.07 12.90", UNKNOWN, UNKNOWN, UNKNOWN);
	loadavg_is("0,42 1,07 12,90 1/134 4711\n", UNKNOWN, UNKNOWN, UNKNOWN);
	loadavg_is("-0.42 1.07 12.90 1/134 4711\n", UNKNOWN, UNKNOWN, UNKNOWN);
	loadavg_is("nan inf 0.00 1/134 4711\n", UNKNOWN, UNKNOWN, UNKNOWN);
	loadavg_is("99999999999999999999.00 0.00 0.00 1/1 1\n", UNKNOWN, UNKNOWN, UNKNOWN);
	loadavg_is("", UNKNOWN, UNKNOWN, UNKNOWN);
}

/* ---- cgroups ---- */

static char home[PATH_MAX];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(home, sizeof(home), "%s/switchtax-test-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(home) && !chdir(home) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	if (chdir("/"))
		return -1;
	return nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_dir(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

/* @mounts with the folder for each %s, once or more. */
static void fill_in(char *text, size_t size, const char *mounts)
{
	text[0] = '\0';
	for (const char *at = mounts; *at; at++) {
		size_t used = strlen(text);
		bool here = at[0] == '%' && at[1] == 's';

		snprintf(text + used, size - used, here ? "%s" : "%.1s", here ? home : at);
		at += here;
	}
}

/* Room for a process in @cgroup, when @mounts has %s for the folder. */
static uint64_t room(const char *cgroup, const char *mounts)
{
	char text[4 * PATH_MAX];

	fill_in(text, sizeof(text), mounts);
	return cgroups__room(cgroup, text);
}

#define V2 "38 31 0:41 / %s rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1 "35 31 0:32 / %s rw,relatime - cgroup cgroup rw,memory\n"

#define V1_CPU "35 31 0:33 / %s rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"

/* By the group and all above it; those without a quota, and other files, do not count. */
static void cpu_quotas_of_both_versions(void **state)
{
	struct cgroups_throttling sum;
	char mounts[4 * PATH_MAX];

	(void)state;
	make_dir("a");
	make_dir("a/b");
	fill_in(mounts, sizeof(mounts), V2 V1);
	assert_false(cgroups__throttling("0::/a/b\n", mounts).known);
	put("a/cpu.stat", "usage_usec 9\nnr_periods 5\nnr_throttled 2\nthrottled_usec 30\n");
	put("a/b/cpu.stat", "usage_usec 9\nnr_periods 5\nnr_throttled 1\nthrottled_usec 4\n");
	sum = cgroups__throttling("0::/a/b\n", mounts);
	assert_true(sum.known);
	assert_int_equal(sum.times, 3);
	assert_int_equal(sum.ns, 34000);
	assert_int_equal(cgroups__throttling("0::/a\n", mounts).ns, 30000);
	fill_in(mounts, sizeof(mounts), V1_CPU);
	put("a/b/cpu.stat", "nr_periods 5\nnr_throttled 7\nthrottled_time 1234\n");
	sum = cgroups__throttling("3:cpu,cpuacct:/a/b\n2:memory:/x\n", mounts);
	assert_int_equal(sum.times, 7);
	assert_int_equal(sum.ns, 1234);
}

static void cgroup_v2(void **state)
{
	(void)state;
	make_dir("a");
	make_dir("a/b");
	assert_int_equal(room("0::/a/b\n", V2), UNKNOWN);
	put("a/b/memory.max", "max\n");
	put("a/b/memory.high", "max\n");
	assert_int_equal(room("0::/a/b\n", V2), UNKNOWN);
	put("a/memory.max", "1000\n");
	assert_int_equal(room("0::/a/b\n", V2), 1000);
	put("a/memory.current", "400\n");
	assert_int_equal(room("0::/a/b\n", V2), 600);
	put("a/memory.stat", "anon 1\nactive_file 7\ninactive_file 100\n");
	assert_int_equal(room("0::/a/b\n", V2), 700);
	put("a/b/memory.high", "500\n");
	put("a/b/memory.current", "10\n");
	assert_int_equal(room("0::/a/b\n", V2), 490);
	assert_int_equal(room("0::/a\n", V2), 700);
	assert_int_equal(room("0::/a/gone (deleted)\n", V2), 700);
	assert_int_equal(room("0::/\n", V2), UNKNOWN);
	put("memory.max", "50\n");
	assert_int_equal(room("0::/\n", V2), 50);
	assert_int_equal(room("0::/a/b\n", V2), 50);
	put("a/memory.current", "5000\n");
	assert_int_equal(room("0::/a/b\n", V2), 0);
}

static void cgroup_v1(void **state)
{
	static const char own[] = "5:devices:/\n4:cpu,memory:/m:1\n3:memory2:/x\n0::/\n";

	(void)state;
	make_dir("m:1");
	put("m:1/memory.limit_in_bytes", "9223372036854771712\n");
	put("m:1/memory.usage_in_bytes", "8839168\n");
	assert_int_equal(room(own, V1), 9223372036854771712ULL - 8839168);
	put("memory.limit_in_bytes", "4096\n");
	put("memory.usage_in_bytes", "1096\n");
	put("memory.stat", "inactive_file 4000\ntotal_inactive_file 96\n");
	assert_int_equal(room(own, V1), 3096);
	put("memory.max", "1\n");		/* v2's file means nothing here */
	assert_int_equal(room(own, V1), 3096);
	assert_int_equal(room("4:cpu,memory2:/m:1\n", V1), UNKNOWN);
	assert_int_equal(room("4:name=memory:/m:1\n", V1), UNKNOWN);
	/* both hierarchies at once: the smaller */
	assert_int_equal(room(own, V1 V2), 1);
	assert_int_equal(room(own, V2 V1), 1);
}

/* Where a mount shows a part of the tree only, as in containers. */
static void cgroup_mount_roots(void **state)
{
	(void)state;
	make_dir("x");
	put("memory.max", "1000\n");
	put("x/memory.max", "300\n");
#define AT(root) "38 31 0:41 " root " %s rw - cgroup2 cgroup2 rw\n"
	assert_int_equal(room("0::/docker/abc\n", AT("/docker/abc")), 1000);
	assert_int_equal(room("0::/docker/abc/x\n", AT("/docker/abc")), 300);
	assert_int_equal(room("0::/docker/abcx\n", AT("/docker/abc")), UNKNOWN);
	assert_int_equal(room("0::/other\n", AT("/docker/abc")), UNKNOWN);
	assert_int_equal(room("0::/docker\n", AT("/docker/abc")), UNKNOWN);
	/* the mount shows more than the namespace */
	assert_int_equal(room("0::/x\n", AT("/../..")), 1000);
	assert_int_equal(room("0::/\n", AT("/..")), 1000);
	assert_int_equal(room("0::/../x\n", AT("/..")), 300);
	/* outside of what is mounted: no way to know, and no leaving of the mount by ".." */
	assert_int_equal(room("0::/../x\n", AT("/")), UNKNOWN);
	assert_int_equal(room("0::/../../x\n", AT("/..")), UNKNOWN);
}

static void cgroup_nasty(void **state)
{
	static const char line[] = "38 31 0:41 / %s rw,relatime shared:9 - cgroup2 cgroup2 rw\n";

	(void)state;
	put("memory.max", "1000\n");
	assert_int_equal(room("", V2), UNKNOWN);
	assert_int_equal(room("\n\n", V2), UNKNOWN);
	assert_int_equal(room("0:", V2), UNKNOWN);
	assert_int_equal(room("0::", V2), UNKNOWN);
	assert_int_equal(room("0::\n", V2), UNKNOWN);
	assert_int_equal(room("0::/", V2), UNKNOWN);
	assert_int_equal(room("1::/\n0:\n::/\n", V2), UNKNOWN);
	assert_int_equal(room("0::/\n", ""), UNKNOWN);
	assert_int_equal(room("0::/\n", "\n\n \n"), UNKNOWN);
	assert_int_equal(room("0::/\n", "1 2 3 / %s rw - tmpfs cgroup2 rw\n"), UNKNOWN);
	assert_int_equal(room("0::/\n", "1 2 3 / %s rw cgroup2 cgroup2 rw\n"), UNKNOWN);
	assert_int_equal(room("0::/\n", "1 2 3 / %s rw a:1 b:2 - cgroup2 x rw\n"), 1000);
	for (size_t len = 0; len < sizeof(line) - 4; len++) {
		char *cut = strndup(line, len);

		assert_int_equal(room("0::/\n", cut), UNKNOWN);
		free(cut);
	}
	put("memory.max", "-1\n");
	assert_int_equal(room("0::/\n", V2), UNKNOWN);
	put("memory.max", "");
	assert_int_equal(room("0::/\n", V2), UNKNOWN);
	put("memory.max", "12 34\n");
	assert_int_equal(room("0::/\n", V2), UNKNOWN);
}

/* A blank in the mount point is \040 in mountinfo. */
static void cgroup_escapes(void **state)
{
	(void)state;
	make_dir("a b");
	put("a b/memory.max", "77\n");
	assert_int_equal(room("0::/\n", "1 2 3 / %s/a\\040b rw - cgroup2 none rw\n"), 77);
	assert_int_equal(room("0::/\n", "1 2 3 / %s/a\\04 rw - cgroup2 none rw\n"), UNKNOWN);
	assert_int_equal(room("0::/\n", "1 2 3 / %s/a\\ rw - cgroup2 none rw\n"), UNKNOWN);
}

/* ---- this machine ---- */

static void this_machine(void **state)
{
	struct machine machine;
	struct machine_times before = machine__times(), after;

	(void)state;
	machine__read(&machine);
	assert_true(machine.kernel_release[0]);
	assert_true(machine.cpus_online >= 1 && machine.cpus_online < 100000);
	assert_true(machine.cpus_usable >= 1 && machine.cpus_usable < 100000);
	assert_int_equal(machine.page_bytes, sysconf(_SC_PAGESIZE));
	assert_true(machine.available_bytes > 0);
	assert_true(machine.available_bytes <= machine.memory_bytes);
	assert_true(machine.virtual_machine <= 1 || machine.virtual_machine == UNKNOWN);
	assert_true(machine__available_bytes() > 0);
	after = machine__times();
	assert_int_not_equal(after.busy_ns, UNKNOWN);
	assert_true(after.busy_ns >= before.busy_ns);
	assert_true(after.steal_ns >= before.steal_ns);
}

/* ---- environment.json ---- */

static const struct machine nothing_known = {
	.cpus_online = UNKNOWN,
	.cpus_usable = UNKNOWN,
	.virtual_machine = UNKNOWN,
	.memory_bytes = UNKNOWN,
	.available_bytes = UNKNOWN,
	.page_bytes = UNKNOWN,
	.l2_bytes = UNKNOWN,
	.l3_bytes = UNKNOWN,
	.hz = UNKNOWN,
	.base_slice_ns = UNKNOWN,
	.load_1min_percent = UNKNOWN,
	.load_5min_percent = UNKNOWN,
	.load_15min_percent = UNKNOWN,
};

static cJSON *parsed(const struct environment *environment)
{
	char *text = environment__json(environment);
	const char *end;
	cJSON *root;

	assert_non_null(text);
	assert_int_equal(text[strlen(text) - 1], '\n');
	root = cJSON_ParseWithOpts(text, &end, 0);
	assert_non_null(root);
	assert_string_equal(end, "\n");
	free(text);
	return root;
}

static const cJSON *at(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	if (!item)
		fail_msg("no %s", key);
	return item;
}

static void says(const cJSON *object, const char *key, const char *want)
{
	const char *text = cJSON_GetStringValue(at(object, key));

	assert_non_null(text);
	assert_string_equal(text, want);
}

static void is_null(const cJSON *object, const char *key)
{
	assert_true(cJSON_IsNull(at(object, key)));
}

static void environment_unknown_is_null(void **state)
{
	const struct environment environment = { .version = "0.1", .experiment = "slowdown",
						 .machine = &nothing_known };
	cJSON *root = parsed(&environment);
	const cJSON *field;
	int fields = 0;

	(void)state;
	assert_int_equal(cJSON_GetNumberValue(at(root, "schema_version")), 1);
	says(root, "started_utc", "1970-01-01T00:00:00Z");
	says(root, "seed", "0");
	is_null(root, "stop_reason");
	is_null(at(root, "bpf"), "reason");
	assert_true(cJSON_IsFalse(at(at(root, "bpf"), "used")));
	assert_int_equal(cJSON_GetArraySize(at(root, "command")), 0);
	assert_int_equal(cJSON_GetArraySize(at(root, "parameters")), 0);
	cJSON_ArrayForEach(field, at(root, "machine")) {
		assert_true(cJSON_IsNull(field));
		fields++;
	}
	assert_int_equal(fields, 23);
	cJSON_Delete(root);
}

static void environment_without_machine(void **state)
{
	const struct environment environment = { 0 };
	cJSON *root = parsed(&environment);

	(void)state;
	is_null(root, "machine");
	is_null(root, "switchtax");
	is_null(root, "experiment");
	cJSON_Delete(root);
}

static void environment_known(void **state)
{
	struct machine machine = nothing_known;
	struct environment environment = { .started = 1700000000, .machine = &machine,
					   .bpf = true, .bpf_reason = "left over",
					   .stop_reason = "precision reached" };
	cJSON *root;

	(void)state;
	strcpy(machine.cpu_model, "A \"quoted\" CPU");
	machine.virtual_machine = 0;
	machine.l3_bytes = 335544320;
	machine.hz = 250;
	machine.load_1min_percent = 107;
	machine.load_5min_percent = 0;
	root = parsed(&environment);
	says(root, "started_utc", "2023-11-14T22:13:20Z");
	says(root, "stop_reason", "precision reached");
	assert_true(cJSON_IsTrue(at(at(root, "bpf"), "used")));
	is_null(at(root, "bpf"), "reason");
	says(at(root, "machine"), "cpu_model", "A \"quoted\" CPU");
	assert_true(cJSON_IsFalse(at(at(root, "machine"), "virtual_machine")));
	assert_true(cJSON_GetNumberValue(at(at(root, "machine"), "l3_bytes")) == 335544320);
	assert_true(cJSON_GetNumberValue(at(at(root, "machine"), "hz")) == 250);
	assert_true(cJSON_GetNumberValue(at(at(root, "machine"), "load_1min")) == 1.07);
	assert_true(cJSON_GetNumberValue(at(at(root, "machine"), "load_5min")) == 0);
	is_null(at(root, "machine"), "load_15min");
	assert_true(cJSON_GetNumberValue(at(at(root, "user"), "uid")) == geteuid());
	at(at(root, "versions"), "libbpf");	/* null in a build without BPF */
	assert_non_null(cJSON_GetStringValue(at(at(root, "versions"), "glibc")));
	assert_non_null(cJSON_GetStringValue(at(at(root, "versions"), "compiler")));
	cJSON_Delete(root);
}

static void environment_strings(void **state)
{
	static char *const argv[] = { "switchtax", "run", "", "a \"b\" \\ 'c'", "tab\tline\n\x01",
				      "\xed\x95\x9c", "bad\xff\xc0\xaf.", "cut\xe2\x82" };
	static const char *const want[] = { "switchtax", "run", "", "a \"b\" \\ 'c'",
					    "tab\tline\n?", "\xed\x95\x9c", "bad???.",
					    "cut??" };
	const struct environment_parameter parameters[] = { { "workers", "5" },
							    { "lock", "gil\"" },
							    { "cpus", NULL } };
	struct environment environment = { .argc = COUNT(argv), .argv = argv,
					   .parameters = parameters,
					   .nparameters = COUNT(parameters),
					   .bpf_reason = "--no-bpf" };
	cJSON *root = parsed(&environment);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(at(root, "command")), COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(at(root, "command"),
									    (int)i)), want[i]);
	says(at(root, "parameters"), "workers", "5");
	says(at(root, "parameters"), "lock", "gil\"");
	is_null(at(root, "parameters"), "cpus");
	says(at(root, "bpf"), "reason", "--no-bpf");
	cJSON_Delete(root);
}

static void environment_seeds_survive(void **state)
{
	static const uint64_t seeds[] = { 1, (1ULL << 53) + 1, INT64_MAX, UINT64_MAX - 1,
					  UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		const struct environment environment = { .seed = seeds[i] };
		cJSON *root = parsed(&environment);
		const char *text = cJSON_GetStringValue(at(root, "seed"));

		assert_non_null(text);
		assert_true(strtoull(text, NULL, 10) == seeds[i]);
		cJSON_Delete(root);
	}
}

/* Whole numbers are digits in the file itself, not 1e+15. */
static void environment_numbers_are_digits(void **state)
{
	struct machine machine = nothing_known;
	const struct environment environment = { .machine = &machine };
	char *text;

	(void)state;
	machine.memory_bytes = 18446744073709551614ULL;
	text = environment__json(&environment);
	assert_non_null(text);
	assert_non_null(strstr(text, "18446744073709551614"));
	free(text);
}

static void environment_sudo(void **state)
{
	const struct environment environment = { 0 };
	cJSON *root;

	(void)state;
	unsetenv("SUDO_UID");
	root = parsed(&environment);
	assert_true(cJSON_IsFalse(at(at(root, "user"), "sudo")));
	is_null(at(root, "user"), "sudo_uid");
	cJSON_Delete(root);
	setenv("SUDO_UID", "1000", 1);
	root = parsed(&environment);
	assert_true(cJSON_IsTrue(at(at(root, "user"), "sudo")));
	says(at(root, "user"), "sudo_uid", "1000");
	cJSON_Delete(root);
	unsetenv("SUDO_UID");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meminfo),
		cmocka_unit_test(meminfo_truncated),
		cmocka_unit_test(stat_line),
		cmocka_unit_test(stat_nasty),
		cmocka_unit_test(cpuinfo),
		cmocka_unit_test(sizes),
		cmocka_unit_test(choices),
		cmocka_unit_test(preemption),
		cmocka_unit_test(hz),
		cmocka_unit_test(loadavg),
		IN_FOLDER(cpu_quotas_of_both_versions),
		IN_FOLDER(cgroup_v2),
		IN_FOLDER(cgroup_v1),
		IN_FOLDER(cgroup_mount_roots),
		IN_FOLDER(cgroup_nasty),
		IN_FOLDER(cgroup_escapes),
		cmocka_unit_test(this_machine),
		cmocka_unit_test(environment_unknown_is_null),
		cmocka_unit_test(environment_without_machine),
		cmocka_unit_test(environment_known),
		cmocka_unit_test(environment_strings),
		cmocka_unit_test(environment_seeds_survive),
		cmocka_unit_test(environment_numbers_are_digits),
		cmocka_unit_test(environment_sudo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
