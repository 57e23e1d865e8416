// SPDX-License-Identifier: GPL-2.0-or-later
// What control groups, v1 and v2, leave to a process: memory, and how often no CPU time.
#include "machine/cgroups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/proctext.h"

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

/* One line of proc_pid_mountinfo(5), cut up in place. False: no place of the controller's. */
static bool parse_mount(char *line, const char *controller, struct cgroup_mount *mount)
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
	return mount->v2 || (!strcmp(type, "cgroup") && proctext__list_holds(options, controller));
}

/* The process's own group, "0::/path" or "4:memory,…:/path"; to be freed. */
static char *own_cgroup(const char *text, const char *controller, bool v2)
{
	while (text && *text) {
		const char *end = text + strcspn(text, "\n");
		const char *list = strchr(text, ':');
		const char *path = list ? strchr(list + 1, ':') : NULL;

		if (path && path < end && *end) {
			char *controllers = strndup(list + 1, (size_t)(path - list - 1));
			bool found = controllers &&
				     (v2 ? !strncmp(text, "0::", 3) :
					   proctext__list_holds(controllers, controller));

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

/* Page cache that the kernel gives back first: as MemAvailable, it counts as free. */
static uint64_t reclaimable_in(const char *dir, bool v2)
{
	char *text = proctext__read_in(dir, "memory.stat");
	const char *value = text ? proctext__after_line_start(text, v2 ? "inactive_file " :
							       "total_inactive_file ") : NULL;
	uint64_t bytes = 0;

	if (value && (!proctext__take_number(&value, &bytes) || *value != '\n'))
		bytes = 0;
	free(text);
	return bytes;
}

/* Above memory.high a group is throttled and reclaimed from: no place to measure either. */
static uint64_t room_in(const char *dir, bool v2)
{
	uint64_t limit = proctext__number_in(dir, v2 ? "memory.max" : "memory.limit_in_bytes");
	uint64_t high = v2 ? proctext__number_in(dir, "memory.high") : PROCTEXT_UNKNOWN;
	uint64_t used, reclaimable;

	if (high < limit)
		limit = high;
	if (limit == PROCTEXT_UNKNOWN)
		return PROCTEXT_UNKNOWN;
	used = proctext__number_in(dir, v2 ? "memory.current" : "memory.usage_in_bytes");
	if (used == PROCTEXT_UNKNOWN)
		return limit;
	reclaimable = reclaimable_in(dir, v2);
	used -= reclaimable < used ? reclaimable : used;
	return limit > used ? limit - used : 0;
}

/* What is asked of each group, and where the answer is put together. */
struct inquiry {
	const char *controller;
	void (*visit)(const char *dir, bool v2, void *answer);
	void *answer;
};

/* Ask the group and all above it, up to the mount's root. */
static void ask_mount(const struct cgroup_mount *mount, const char *cgroup,
		      const struct inquiry *inquiry)
{
	char *own = own_cgroup(cgroup, inquiry->controller, mount->v2);
	const char *below = own ? below_mount(mount, own) : NULL;
	char *dir = NULL;

	if (below && asprintf(&dir, "%s%s", mount->point, below) < 0)
		dir = NULL;
	for (char *cut = dir; cut;) {
		inquiry->visit(dir, mount->v2, inquiry->answer);
		cut = strrchr(dir, '/');
		if (cut && cut >= dir + strlen(mount->point))
			*cut = '\0';
		else
			cut = NULL;
	}
	free(dir);
	free(own);
}

static void ask_all(const char *cgroup, const char *mountinfo, const struct inquiry *inquiry)
{
	char *lines = strdup(mountinfo);
	char *rest = lines;

	while (rest) {
		struct cgroup_mount mount = { 0 };

		if (parse_mount(strsep(&rest, "\n"), inquiry->controller, &mount))
			ask_mount(&mount, cgroup, inquiry);
	}
	free(lines);
}

static void least_room(const char *dir, bool v2, void *answer)
{
	uint64_t *least = answer, room = room_in(dir, v2);

	if (room < *least)
		*least = room;
}

uint64_t cgroups__room(const char *cgroup, const char *mountinfo)
{
	uint64_t least = PROCTEXT_UNKNOWN;
	const struct inquiry inquiry = { "memory", least_room, &least };

	ask_all(cgroup, mountinfo, &inquiry);
	return least;
}

/* A line "key number" of a text. False: there is none. */
static bool take_line(const char *text, const char *key, uint64_t *number)
{
	const char *value = proctext__after_line_start(text, key);

	return value && proctext__take_number(&value, number) && *value == '\n';
}

/* A group without a quota, and the root of version 2, say nothing. */
static void add_throttling(const char *dir, bool v2, void *answer)
{
	char *text = proctext__read_in(dir, "cpu.stat");
	struct cgroups_throttling *sum = answer;
	uint64_t times, amount;

	if (text && take_line(text, "nr_throttled ", &times) &&
	    take_line(text, v2 ? "throttled_usec " : "throttled_time ", &amount)) {
		sum->known = true;
		sum->times += times;
		sum->ns += v2 ? amount * 1000 : amount;
	}
	free(text);
}

struct cgroups_throttling cgroups__throttling(const char *cgroup, const char *mountinfo)
{
	struct cgroups_throttling sum = { 0 };
	const struct inquiry inquiry = { "cpu", add_throttling, &sum };

	ask_all(cgroup, mountinfo, &inquiry);
	return sum;
}
