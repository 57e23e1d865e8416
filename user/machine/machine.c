// SPDX-License-Identifier: GPL-2.0-or-later
// Reads /proc and /sys; each parser works on text alone, see the header.
#include "machine/machine.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "machine/arm_cpu.h"
#include "machine/cgroups.h"
#include "base/proctext.h"
#include "include/clock.h"

#define CONFIG_MAX_BYTES (4U << 20)	/* a distribution's configuration has 0.3 MB */
#define CACHE_MAX 16			/* index directories per CPU */
#define SYS_CPU "/sys/devices/system/cpu"

static void read_choice(const char *path, char *field, size_t size)
{
	char *text = proctext__read(path);

	machine__parse_choice(text ? text : "", field, size);
	free(text);
}

uint64_t machine__parse_meminfo(const char *text, const char *key)
{
	char prefix[64];
	uint64_t kib, bytes;

	snprintf(prefix, sizeof(prefix), "%s:", key);
	text = proctext__after_line_start(text, prefix);
	if (!text)
		return MACHINE_UNKNOWN;
	text = proctext__skip_blanks(text);
	if (!proctext__take_number(&text, &kib) || strncmp(text, " kB\n", 4) ||
	    __builtin_mul_overflow(kib, 1024U, &bytes))
		return MACHINE_UNKNOWN;
	return bytes;
}

static uint64_t ticks_to_ns(uint64_t ticks, uint64_t ticks_per_s)
{
	unsigned __int128 ns = (unsigned __int128)ticks * NSEC_PER_SEC / ticks_per_s;

	return ns < MACHINE_UNKNOWN ? (uint64_t)ns : MACHINE_UNKNOWN;
}

/* proc_stat(5). guest and guest_nice are inside user and nice, so they are not added. */
struct machine_times machine__parse_stat(const char *text, uint64_t ticks_per_s)
{
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };
	struct machine_times times = { MACHINE_UNKNOWN, MACHINE_UNKNOWN };
	uint64_t field[FIELDS];
	uint64_t busy = 0;
	int known = 0;

	if (strncmp(text, "cpu ", 4) || !ticks_per_s)
		return times;
	text += 4;
	while (known < FIELDS) {
		text = proctext__skip_blanks(text);
		if (!proctext__take_number(&text, &field[known]) || (*text != ' ' && *text != '\n'))
			break;
		known++;
	}
	if (known <= SOFTIRQ)
		return times;
	for (int i = USER; i <= SOFTIRQ; i++)
		if (i != IDLE && i != IOWAIT && __builtin_add_overflow(busy, field[i], &busy))
			return times;
	times.busy_ns = ticks_to_ns(busy, ticks_per_s);
	if (known > STEAL)
		times.steal_ns = ticks_to_ns(field[STEAL], ticks_per_s);
	return times;
}

/* The value of "key : value", to the line's end; NULL if it has none in this text. */
static const char *cpuinfo_value(const char *text, const char *key)
{
	while ((text = proctext__after_line_start(text, key)) != NULL) {
		const char *colon = proctext__skip_blanks(text);

		if (*colon == ':')
			return strchr(colon, '\n') ? proctext__skip_blanks(colon + 1) : NULL;
		text = strchr(text, '\n');	/* the key may not match inside a line */
	}
	return NULL;
}

/* arm64's has numbers instead of a name. */
static void name_by_numbers(const char *text, struct machine *machine)
{
	const char *implementer = cpuinfo_value(text, "CPU implementer");
	const char *part = cpuinfo_value(text, "CPU part");

	if (implementer && part)
		arm_cpu__name(strtoull(implementer, NULL, 16), strtoull(part, NULL, 16),
			      machine->cpu_model, sizeof(machine->cpu_model));
}

void machine__parse_cpuinfo(const char *text, struct machine *machine)
{
	/* x86, arm boards, POWER; s390 has no name here */
	static const char *const keys[] = { "model name", "Model", "cpu" };
	const char *value = NULL;
	size_t len;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !value; i++)
		value = cpuinfo_value(text, keys[i]);
	proctext__copy_line(machine->cpu_model, sizeof(machine->cpu_model), value ? value : "");
	if (!value)
		name_by_numbers(text, machine);

	machine->virtual_machine = MACHINE_UNKNOWN;
	value = cpuinfo_value(text, "flags");
	if (!value)
		return;
	machine->virtual_machine = 0;
	for (; *value && *value != '\n'; value += len + strspn(value + len, " ")) {
		len = strcspn(value, " \n");
		if (len == strlen("hypervisor") && !strncmp(value, "hypervisor", len))
			machine->virtual_machine = 1;
	}
}

uint64_t machine__parse_size(const char *text)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t size, scale = 1;

	if (!proctext__take_number(&text, &size))
		return MACHINE_UNKNOWN;
	unit = *text ? strchr(units, *text) : NULL;
	if (unit) {
		scale = 1ULL << (10 * (unit - units + 1));
		text++;
	}
	if ((*text && strcmp(text, "\n")) || __builtin_mul_overflow(size, scale, &size))
		return MACHINE_UNKNOWN;
	return size;
}

void machine__parse_choice(const char *text, char *choice, size_t size)
{
	const char *start = text + strcspn(text, "[(");
	const char *end = start + strcspn(start, "])");

	proctext__copy(choice, size, "", 0);
	if (*start && *end)
		proctext__copy(choice, size, start + 1, (size_t)(end - start - 1));
}

void machine__parse_preemption(const char *version, char *word, size_t size)
{
	static const char prefix[] = "PREEMPT";
	size_t len = 0;

	proctext__copy(word, size, "", 0);
	for (; *version; version += len + strspn(version + len, " ")) {
		len = strcspn(version, " ");
		if (!strncmp(version, prefix, sizeof(prefix) - 1)) {
			proctext__copy(word, size, version, len);
			return;
		}
	}
}

uint64_t machine__parse_hz(const char *config)
{
	const char *text = proctext__after_line_start(config, "CONFIG_HZ=");
	uint64_t hz;

	if (!text || !proctext__take_number(&text, &hz) || *text != '\n')
		return MACHINE_UNKNOWN;
	return hz;
}

/* One average, always with two decimals (fs/proc/loadavg.c), and a blank behind it. */
static bool take_average(const char **text, uint64_t *percent)
{
	const char *decimals;
	uint64_t whole, part;

	if (!proctext__take_number(text, &whole) || **text != '.')
		return false;
	decimals = ++*text;
	if (!proctext__take_number(text, &part) || *text - decimals != 2 || **text != ' ')
		return false;
	++*text;
	return !__builtin_mul_overflow(whole, 100U, percent) &&
	       !__builtin_add_overflow(*percent, part, percent);
}

void machine__parse_loadavg(const char *text, uint64_t percent[3])
{
	for (int i = 0; i < 3; i++) {
		if (take_average(&text, &percent[i]))
			continue;
		percent[0] = percent[1] = percent[2] = MACHINE_UNKNOWN;
		return;
	}
}

uint64_t machine__available_bytes(void)
{
	char *meminfo = proctext__read("/proc/meminfo");
	char *cgroup = proctext__read("/proc/self/cgroup");
	char *mountinfo = proctext__read("/proc/self/mountinfo");
	uint64_t room = MACHINE_UNKNOWN, available = MACHINE_UNKNOWN;

	if (meminfo)
		available = machine__parse_meminfo(meminfo, "MemAvailable");
	if (cgroup && mountinfo)
		room = cgroups__room(cgroup, mountinfo);
	free(meminfo);
	free(cgroup);
	free(mountinfo);
	if (available == MACHINE_UNKNOWN)
		return 0;
	if (room < available)
		available = room;
	return available ? available : 1;
}

struct machine_times machine__times(void)
{
	long ticks_per_s = sysconf(_SC_CLK_TCK);
	char *text = proctext__read("/proc/stat");
	struct machine_times times =
		machine__parse_stat(text ? text : "", ticks_per_s > 0 ? (uint64_t)ticks_per_s : 0);

	free(text);
	return times;
}

static void read_uname(struct machine *machine)
{
	struct utsname name;

	if (uname(&name))
		return;
	proctext__copy_line(machine->kernel_release, sizeof(machine->kernel_release), name.release);
	proctext__copy_line(machine->kernel_version, sizeof(machine->kernel_version), name.version);
	proctext__copy_line(machine->architecture, sizeof(machine->architecture), name.machine);
}

/* zlib reads plain files as they are, so this serves /boot and /proc/config.gz. */
static uint64_t hz_of_config(const char *path)
{
	gzFile file = gzopen(path, "rbe");
	uint64_t hz = MACHINE_UNKNOWN;
	char *text;
	int len;

	if (!file)
		return MACHINE_UNKNOWN;
	text = malloc(CONFIG_MAX_BYTES + 1);
	len = text ? gzread(file, text, CONFIG_MAX_BYTES) : -1;
	if (len > 0) {
		text[len] = '\0';
		hz = machine__parse_hz(text);
	}
	free(text);
	gzclose(file);
	return hz;
}

static void read_kernel(struct machine *machine)
{
	char path[128];

	snprintf(path, sizeof(path), "/boot/config-%s", machine->kernel_release);
	machine->hz = hz_of_config("/proc/config.gz");
	if (machine->hz == MACHINE_UNKNOWN)
		machine->hz = hz_of_config(path);
	machine->base_slice_ns = proctext__read_number("/sys/kernel/debug/sched/base_slice_ns");
	read_choice("/sys/kernel/debug/sched/preempt", machine->preemption,
		    sizeof(machine->preemption));
	if (!machine->preemption[0])
		machine__parse_preemption(machine->kernel_version, machine->preemption,
					  sizeof(machine->preemption));
	proctext__read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource",
		  machine->clocksource, sizeof(machine->clocksource));
}

static unsigned long first_online_cpu(const struct machine *machine)
{
	return strtoul(machine->cpus_online_list, NULL, 10);
}

static void read_caches(struct machine *machine)
{
	for (int i = 0; i < CACHE_MAX; i++) {
		char dir[96];
		char *size;
		uint64_t level, bytes;

		snprintf(dir, sizeof(dir), SYS_CPU "/cpu%lu/cache/index%d",
			 first_online_cpu(machine), i);
		level = proctext__number_in(dir, "level");
		size = proctext__read_in(dir, "size");
		bytes = size ? machine__parse_size(size) : MACHINE_UNKNOWN;
		free(size);
		if (level == 2)
			machine->l2_bytes = bytes;
		else if (level == 3)
			machine->l3_bytes = bytes;
	}
}

/* What boards of virtual machines call themselves, as "QEMU Standard PC". */
static void read_hypervisor(struct machine *machine)
{
	char vendor[64], product[64];

	proctext__read_line("/sys/hypervisor/type", machine->hypervisor,
			    sizeof(machine->hypervisor));
	if (machine->hypervisor[0] || machine->virtual_machine != 1)
		return;
	proctext__read_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor));
	proctext__read_line("/sys/class/dmi/id/product_name", product, sizeof(product));
	snprintf(machine->hypervisor, sizeof(machine->hypervisor), "%s%s%s", vendor,
		 vendor[0] && product[0] ? " " : "", product);
}

static void read_cpus(struct machine *machine)
{
	char *cpuinfo = proctext__read("/proc/cpuinfo");
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	char path[96];
	cpu_set_t set;

	machine__parse_cpuinfo(cpuinfo ? cpuinfo : "", machine);
	free(cpuinfo);
	if (online > 0)
		machine->cpus_online = (uint64_t)online;
	if (!sched_getaffinity(0, sizeof(set), &set))
		machine->cpus_usable = (uint64_t)CPU_COUNT(&set);
	proctext__read_line(SYS_CPU "/online", machine->cpus_online_list,
		  sizeof(machine->cpus_online_list));
	snprintf(path, sizeof(path), SYS_CPU "/cpu%lu/cpufreq/scaling_governor",
		 first_online_cpu(machine));
	proctext__read_line(path, machine->cpu_governor, sizeof(machine->cpu_governor));
	read_caches(machine);
	read_hypervisor(machine);
}

static void read_memory(struct machine *machine)
{
	char *meminfo = proctext__read("/proc/meminfo");
	uint64_t available = machine__available_bytes();
	long page = sysconf(_SC_PAGESIZE);

	machine->memory_bytes = machine__parse_meminfo(meminfo ? meminfo : "", "MemTotal");
	free(meminfo);
	if (available)
		machine->available_bytes = available;
	if (page > 0)
		machine->page_bytes = (uint64_t)page;
	read_choice("/sys/kernel/mm/transparent_hugepage/enabled", machine->transparent_hugepage,
		    sizeof(machine->transparent_hugepage));
}

void machine__read(struct machine *machine)
{
	char *loadavg = proctext__read("/proc/loadavg");
	uint64_t load[3];

	*machine = (struct machine){
		.cpus_online = MACHINE_UNKNOWN,
		.cpus_usable = MACHINE_UNKNOWN,
		.available_bytes = MACHINE_UNKNOWN,
		.page_bytes = MACHINE_UNKNOWN,
		.l2_bytes = MACHINE_UNKNOWN,
		.l3_bytes = MACHINE_UNKNOWN,
	};
	read_uname(machine);
	read_kernel(machine);
	read_cpus(machine);
	read_memory(machine);
	machine__parse_loadavg(loadavg ? loadavg : "", load);
	free(loadavg);
	machine->load_1min_percent = load[0];
	machine->load_5min_percent = load[1];
	machine->load_15min_percent = load[2];
}
