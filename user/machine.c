// SPDX-License-Identifier: GPL-2.0-or-later
// Reads /proc and /sys; each parser works on text alone, see the header.
#include "machine.h"

#include <ctype.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#define NS_PER_S 1000000000ULL
#define CONFIG_MAX_BYTES (4U << 20)	/* a distribution's configuration has 0.3 MB */
#define CACHE_MAX 16			/* index directories per CPU */
#define SYS_CPU "/sys/devices/system/cpu"

/* ---- text ---- */

/* Decimal digits only: no blank, no sign. False, and nothing moved, if none or too large. */
static bool take_number(const char **text, uint64_t *value)
{
	const char *at = *text;
	uint64_t sum = 0;

	if (!isdigit((unsigned char)*at))
		return false;
	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(sum, 10U, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum))
			return false;
	*value = sum;
	*text = at;
	return true;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* What follows @prefix at the start of a line, or NULL. */
static const char *after_line_start(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	while (text && strncmp(text, prefix, len)) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return text ? text + len : NULL;
}

/* A number that is all of the text but blanks and one line end. */
static uint64_t whole_number(const char *text)
{
	uint64_t value;

	text = skip_blanks(text);
	if (!take_number(&text, &value))
		return MACHINE_UNKNOWN;
	return text[strspn(text, " \t\n")] ? MACHINE_UNKNOWN : value;
}

/* Copy @len bytes, cut to fit. */
static void copy(char *field, size_t size, const char *text, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(field, text, len);
	field[len] = '\0';
}

/* The first line without blanks around it. */
static void copy_line(char *field, size_t size, const char *text)
{
	size_t len;

	text = skip_blanks(text);
	len = strcspn(text, "\n");
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	copy(field, size, text, len);
}

static bool list_holds(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (;;) {
		size_t item = strcspn(list, ",");

		if (item == len && !strncmp(list, word, len))
			return true;
		if (!list[item])
			return false;
		list += item + 1;
	}
}

/* ---- files ---- */

/* All of a text file, to be freed; NULL if it cannot be read. */
static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static void read_line(const char *path, char *field, size_t size)
{
	char *text = read_text(path);

	copy_line(field, size, text ? text : "");
	free(text);
}

static void read_choice(const char *path, char *field, size_t size)
{
	char *text = read_text(path);

	machine__parse_choice(text ? text : "", field, size);
	free(text);
}

static uint64_t read_number(const char *path)
{
	char *text = read_text(path);
	uint64_t value = text ? whole_number(text) : MACHINE_UNKNOWN;

	free(text);
	return value;
}

/* ---- parsers ---- */

uint64_t machine__parse_meminfo(const char *text, const char *key)
{
	char prefix[64];
	uint64_t kib, bytes;

	snprintf(prefix, sizeof(prefix), "%s:", key);
	text = after_line_start(text, prefix);
	if (!text)
		return MACHINE_UNKNOWN;
	text = skip_blanks(text);
	if (!take_number(&text, &kib) || strncmp(text, " kB\n", 4) ||
	    __builtin_mul_overflow(kib, 1024U, &bytes))
		return MACHINE_UNKNOWN;
	return bytes;
}

static uint64_t ticks_to_ns(uint64_t ticks, uint64_t ticks_per_s)
{
	unsigned __int128 ns = (unsigned __int128)ticks * NS_PER_S / ticks_per_s;

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
		text = skip_blanks(text);
		if (!take_number(&text, &field[known]) || (*text != ' ' && *text != '\n'))
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
	while ((text = after_line_start(text, key)) != NULL) {
		const char *colon = skip_blanks(text);

		if (*colon == ':')
			return strchr(colon, '\n') ? skip_blanks(colon + 1) : NULL;
		text = strchr(text, '\n');	/* the key may not match inside a line */
	}
	return NULL;
}

void machine__parse_cpuinfo(const char *text, struct machine *machine)
{
	/* x86, arm boards, POWER; s390 and arm64 servers have no name here */
	static const char *const keys[] = { "model name", "Model", "cpu" };
	const char *value = NULL;
	size_t len;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !value; i++)
		value = cpuinfo_value(text, keys[i]);
	copy_line(machine->cpu_model, sizeof(machine->cpu_model), value ? value : "");

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

	if (!take_number(&text, &size))
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

	copy(choice, size, "", 0);
	if (*start && *end)
		copy(choice, size, start + 1, (size_t)(end - start - 1));
}

void machine__parse_preemption(const char *version, char *word, size_t size)
{
	static const char prefix[] = "PREEMPT";
	size_t len = 0;

	copy(word, size, "", 0);
	for (; *version; version += len + strspn(version + len, " ")) {
		len = strcspn(version, " ");
		if (!strncmp(version, prefix, sizeof(prefix) - 1)) {
			copy(word, size, version, len);
			return;
		}
	}
}

uint64_t machine__parse_hz(const char *config)
{
	const char *text = after_line_start(config, "CONFIG_HZ=");
	uint64_t hz;

	if (!text || !take_number(&text, &hz) || *text != '\n')
		return MACHINE_UNKNOWN;
	return hz;
}

/* One average, always with two decimals (fs/proc/loadavg.c), and a blank behind it. */
static bool take_average(const char **text, uint64_t *percent)
{
	const char *decimals;
	uint64_t whole, part;

	if (!take_number(text, &whole) || **text != '.')
		return false;
	decimals = ++*text;
	if (!take_number(text, &part) || *text - decimals != 2 || **text != ' ')
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

bool machine__kernel_at_least(const char *release, unsigned int major, unsigned int minor)
{
	uint64_t have_major, have_minor;

	if (!take_number(&release, &have_major) || *release++ != '.' ||
	    !take_number(&release, &have_minor))
		return false;
	return have_major > major || (have_major == major && have_minor >= minor);
}

/* ---- memory cgroups ---- */

struct cgroup_mount {
	char *root;		/* the group that is mounted, as this process names it */
	char *point;
	bool v2;
};

/* Undo the kernel's \040 and the like, in place (fs/proc_namespace.c, mangle()). */
static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 +
					(text[3] - '0'));
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* One line of proc_pid_mountinfo(5), cut up in place. False: no place of memory limits. */
static bool parse_mount(char *line, struct cgroup_mount *mount)
{
	enum { ROOT = 3, POINT = 4, FIXED = 6 };
	char *field = NULL, *type, *options;

	for (int i = 0; i < FIXED; i++) {
		field = strsep(&line, " ");
		if (!field)
			return false;
		if (i == ROOT)
			mount->root = field;
		if (i == POINT)
			mount->point = field;
	}
	do {
		field = strsep(&line, " ");
	} while (field && strcmp(field, "-"));
	type = strsep(&line, " ");
	strsep(&line, " ");
	options = line;
	if (!field || !type || !options)
		return false;
	unescape(mount->root);
	unescape(mount->point);
	mount->v2 = !strcmp(type, "cgroup2");
	return mount->v2 || (!strcmp(type, "cgroup") && list_holds(options, "memory"));
}

/* The process's own group, "0::/path" or "4:memory,…:/path"; to be freed. */
static char *own_cgroup(const char *text, bool v2)
{
	while (text && *text) {
		const char *end = text + strcspn(text, "\n");
		const char *list = strchr(text, ':');
		const char *path = list ? strchr(list + 1, ':') : NULL;

		if (path && path < end && *end) {
			char *controllers = strndup(list + 1, (size_t)(path - list - 1));
			bool found = controllers && (v2 ? !strncmp(text, "0::", 3) :
							  list_holds(controllers, "memory"));

			free(controllers);
			if (found)
				return strndup(path + 1, (size_t)(end - path - 1));
		}
		text = *end ? end + 1 : NULL;
	}
	return NULL;
}

/* Only ".." components: an ancestor of the cgroup namespace's root. */
static bool is_ancestor(const char *root)
{
	while (!strncmp(root, "/..", 3))
		root += 3;
	return !*root;
}

/* Where below the mount the group lies; NULL if the mount does not show its line. */
static const char *below_mount(const struct cgroup_mount *mount, const char *own)
{
	size_t len = strcmp(mount->root, "/") ? strlen(mount->root) : 0;
	const char *below = own + len;

	if (*own != '/')
		return NULL;
	if (!strncmp(own, mount->root, len) && (!*below || *below == '/'))
		return strncmp(below, "/..", 3) ? below : NULL;
	return is_ancestor(mount->root) && strncmp(own, "/..", 3) ? "" : NULL;
}

static char *read_in(const char *dir, const char *name)
{
	char *path, *text;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return NULL;
	text = read_text(path);
	free(path);
	return text;
}

/* A number in a file of a group; "max" (no limit), or no such file, is MACHINE_UNKNOWN. */
static uint64_t number_in(const char *dir, const char *name)
{
	char *text = read_in(dir, name);
	uint64_t value = text ? whole_number(text) : MACHINE_UNKNOWN;

	free(text);
	return value;
}

/* Page cache that the kernel gives back first: as MemAvailable, it counts as free. */
static uint64_t reclaimable_in(const char *dir, bool v2)
{
	char *text = read_in(dir, "memory.stat");
	const char *value = text ? after_line_start(text, v2 ? "inactive_file " :
							       "total_inactive_file ") : NULL;
	uint64_t bytes = 0;

	if (value && (!take_number(&value, &bytes) || *value != '\n'))
		bytes = 0;
	free(text);
	return bytes;
}

/* Above memory.high a group is throttled and reclaimed from: no place to measure either. */
static uint64_t room_in(const char *dir, bool v2)
{
	uint64_t limit = number_in(dir, v2 ? "memory.max" : "memory.limit_in_bytes");
	uint64_t high = v2 ? number_in(dir, "memory.high") : MACHINE_UNKNOWN;
	uint64_t used, reclaimable;

	if (high < limit)
		limit = high;
	if (limit == MACHINE_UNKNOWN)
		return MACHINE_UNKNOWN;
	used = number_in(dir, v2 ? "memory.current" : "memory.usage_in_bytes");
	if (used == MACHINE_UNKNOWN)
		return limit;
	reclaimable = reclaimable_in(dir, v2);
	used -= reclaimable < used ? reclaimable : used;
	return limit > used ? limit - used : 0;
}

/* The least room from the group up to the mount's root. */
static uint64_t room_of_mount(const struct cgroup_mount *mount, const char *cgroup)
{
	char *own = own_cgroup(cgroup, mount->v2);
	const char *below = own ? below_mount(mount, own) : NULL;
	uint64_t least = MACHINE_UNKNOWN;
	char *dir = NULL;

	if (!below || asprintf(&dir, "%s%s", mount->point, below) < 0) {
		free(own);
		return MACHINE_UNKNOWN;
	}
	for (char *cut = dir; cut;) {
		uint64_t room = room_in(dir, mount->v2);

		if (room < least)
			least = room;
		cut = strrchr(dir, '/');
		if (cut && cut >= dir + strlen(mount->point))
			*cut = '\0';
		else
			cut = NULL;
	}
	free(dir);
	free(own);
	return least;
}

uint64_t machine__cgroup_room(const char *cgroup, const char *mountinfo)
{
	char *lines = strdup(mountinfo);
	uint64_t least = MACHINE_UNKNOWN;
	char *rest = lines;

	while (rest) {
		struct cgroup_mount mount = { 0 };
		uint64_t room;

		if (!parse_mount(strsep(&rest, "\n"), &mount))
			continue;
		room = room_of_mount(&mount, cgroup);
		if (room < least)
			least = room;
	}
	free(lines);
	return least;
}

/* ---- the machine ---- */

uint64_t machine__available_bytes(void)
{
	char *meminfo = read_text("/proc/meminfo");
	char *cgroup = read_text("/proc/self/cgroup");
	char *mountinfo = read_text("/proc/self/mountinfo");
	uint64_t room = MACHINE_UNKNOWN, available = MACHINE_UNKNOWN;

	if (meminfo)
		available = machine__parse_meminfo(meminfo, "MemAvailable");
	if (cgroup && mountinfo)
		room = machine__cgroup_room(cgroup, mountinfo);
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
	char *text = read_text("/proc/stat");
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
	copy_line(machine->kernel_release, sizeof(machine->kernel_release), name.release);
	copy_line(machine->kernel_version, sizeof(machine->kernel_version), name.version);
	copy_line(machine->architecture, sizeof(machine->architecture), name.machine);
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
	machine->base_slice_ns = read_number("/sys/kernel/debug/sched/base_slice_ns");
	read_choice("/sys/kernel/debug/sched/preempt", machine->preemption,
		    sizeof(machine->preemption));
	if (!machine->preemption[0])
		machine__parse_preemption(machine->kernel_version, machine->preemption,
					  sizeof(machine->preemption));
	read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource",
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
		level = number_in(dir, "level");
		size = read_in(dir, "size");
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

	read_line("/sys/hypervisor/type", machine->hypervisor, sizeof(machine->hypervisor));
	if (machine->hypervisor[0] || machine->virtual_machine != 1)
		return;
	read_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor));
	read_line("/sys/class/dmi/id/product_name", product, sizeof(product));
	snprintf(machine->hypervisor, sizeof(machine->hypervisor), "%s%s%s", vendor,
		 vendor[0] && product[0] ? " " : "", product);
}

static void read_cpus(struct machine *machine)
{
	char *cpuinfo = read_text("/proc/cpuinfo");
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	char path[96];
	cpu_set_t set;

	machine__parse_cpuinfo(cpuinfo ? cpuinfo : "", machine);
	free(cpuinfo);
	if (online > 0)
		machine->cpus_online = (uint64_t)online;
	if (!sched_getaffinity(0, sizeof(set), &set))
		machine->cpus_usable = (uint64_t)CPU_COUNT(&set);
	read_line(SYS_CPU "/online", machine->cpus_online_list,
		  sizeof(machine->cpus_online_list));
	snprintf(path, sizeof(path), SYS_CPU "/cpu%lu/cpufreq/scaling_governor",
		 first_online_cpu(machine));
	read_line(path, machine->cpu_governor, sizeof(machine->cpu_governor));
	read_caches(machine);
	read_hypervisor(machine);
}

static void read_memory(struct machine *machine)
{
	char *meminfo = read_text("/proc/meminfo");
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
	char *loadavg = read_text("/proc/loadavg");
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
