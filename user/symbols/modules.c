// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modules - which files a process has mapped, and where.
 *
 * A file is opened as the process has it: through /proc/PID/map_files (which needs
 * CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE) or /proc/PID/exe, else by name in the process's
 * root. Names in another root are resolved by openat2(RESOLVE_IN_ROOT): an absolute link
 * there would lead out of /proc/PID/root/… into our own root. PID is that of a living thread: under
 * a leader that has ended all of these are empty, however long its process runs on.
 */
#define _GNU_SOURCE 1
#include "symbols/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/list.h"
#include "base/proctext.h"

#define MOST_OPEN 256		/* of our usual 1,024 descriptors */

/* ---- files ---- */

static int open_in_root(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd = (int)syscall(__NR_openat2, root, path, &how, sizeof(how));

	if (fd < 0 && errno == ENOSYS) /* before 5.6, or under a supervisor as old */
		fd = openat(root, path[0] == '/' ? path + 1 : path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_link(pid_t pid, const char *link)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, link);
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int append_file(struct modules *modules, const char *name, int fd)
{
	struct module file = { .name = strdup(name), .fd = fd };
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st)) {
		file.device = st.st_dev;
		file.inode = st.st_ino;
	}
	if (!file.name || list__append(modules->files, modules->nfiles, file)) {
		free(file.name);
		return -ENOMEM;
	}
	return (int)modules->nfiles - 1;
}

/* The same file that is in the list already, or -1. */
static int find_file(const struct modules *modules, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	for (size_t i = 0; i < modules->nfiles; i++)
		if (modules->files[i].fd >= 0 && modules->files[i].inode == st.st_ino &&
		    modules->files[i].device == st.st_dev)
			return (int)i;
	return -1;
}

/*
 * The kernel names files as we would reach them (d_path() takes the reader's root), so what
 * leads to the root of a process in a chroot is cut off.
 */
static const char *name_in_root(const struct modules *modules, const char *name)
{
	size_t len = strlen(modules->root_path);

	return len > 1 && !strncmp(name, modules->root_path, len) && name[len] == '/' ?
	       name + len : name;
}

/* The name that links have led to. */
static void resolved_name(int fd, const char *path, char *name, size_t size)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, name, size - 1);
	if (len <= 0 || name[0] != '/')
		snprintf(name, size, "%s", path);
	else
		name[len] = '\0';
}

int modules__add(struct modules *modules, const char *path)
{
	int fd = open_in_root(modules->root, path);
	char name[PATH_MAX];
	struct stat st;
	int file;

	if (fd < 0)
		return fd;
	file = find_file(modules, fd);
	if (file < 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		resolved_name(fd, path, name, sizeof(name));
		file = append_file(modules, name_in_root(modules, name), fd);
		if (file >= 0) {
			modules->files[file].code = true;
			return file;
		}
	}
	close(fd);
	return file < 0 ? -ENOENT : file;
}

static void free_file(struct module *file)
{
	free(file->name);
	if (file->fd >= 0)
		close(file->fd);
}

void modules__drop_last(struct modules *modules)
{
	free_file(&modules->files[--modules->nfiles]);
}

void modules__path(const struct modules *modules, size_t file, char *path, size_t size)
{
	const struct module *module = &modules->files[file];

	if (module->fd >= 0)
		snprintf(path, size, "/proc/self/fd/%d", module->fd);
	else
		snprintf(path, size, "/proc/self/fd/%d%s", modules->root, module->name);
}

void modules__lasting_root(const struct modules *modules, char *root, size_t size)
{
	char path[64];
	struct stat ours, its, our_mounts, its_mounts;

	snprintf(root, size, "/proc/%d/root", (int)modules->living);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)modules->living);
	if (!stat("/", &ours) && !fstat(modules->root, &its) && ours.st_dev == its.st_dev &&
	    ours.st_ino == its.st_ino && !stat("/proc/self/ns/mnt", &our_mounts) &&
	    !stat(path, &its_mounts) && our_mounts.st_ino == its_mounts.st_ino)
		*root = '\0';
}

static bool leads_to(const struct module *module, const char *path)
{
	struct stat st;

	return !stat(path, &st) && st.st_ino == module->inode && st.st_dev == module->device;
}

/* The link in /proc to a file that has no name any more. */
static int magic_path(const struct modules *modules, size_t file, char *path, size_t size)
{
	for (size_t i = 0; file && i < modules->nmappings; i++) {
		const struct mapping *map = &modules->mappings[i];

		if (map->module != (int)file)
			continue;
		snprintf(path, size, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
			 (int)modules->living, map->start, map->end);
		return leads_to(&modules->files[file], path) ? 0 : -ENOENT;
	}
	snprintf(path, size, "/proc/%d/exe", (int)modules->living);
	return leads_to(&modules->files[file], path) ? 0 : -ENOENT;
}

int modules__lasting_path(const struct modules *modules, size_t file, char *path, size_t size)
{
	const struct module *module = &modules->files[file];
	char root[64];

	modules__lasting_root(modules, root, sizeof(root));
	if (snprintf(path, size, "%s%s", root, module->name) < (int)size &&
	    (module->fd < 0 || leads_to(module, path)))
		return 0;
	return magic_path(modules, file, path, size);
}

/* ---- the snapshot ---- */

struct line {
	struct mapping map;
	char permissions[5];
	char *name;		/* in the line; files' start with a slash */
};

/* The kernel writes a line break in a name as \012 (seq_file_path(), fs/seq_file.c). */
static void unescape(char *name)
{
	char *to = name;

	while (*name) {
		if (!strncmp(name, "\\012", 4)) {
			*to++ = '\n';
			name += 4;
		} else {
			*to++ = *name++;
		}
	}
	*to = '\0';
}

/* Does the name end so? Then without. */
static void cut_end(char *name, const char *end)
{
	size_t len = strlen(name), cut = strlen(end);

	if (len > cut && !strcmp(name + len - cut, end))
		name[len - cut] = '\0';
}

/* A line of /proc/PID/maps; see proc_pid_maps(5). */
static bool parse_line(char *text, struct line *line)
{
	int name = 0;

	*line = (struct line){ .map = { .module = -1 } };
	if (sscanf(text, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %*u %n",
		   &line->map.start, &line->map.end, line->permissions, &line->map.offset,
		   &name) != 4 || !name)
		return false;
	text[strcspn(text, "\n")] = '\0';
	line->map.code = line->permissions[2] == 'x';
	line->name = text + name;
	unescape(line->name);
	return true;
}

/* The file of a mapping: the index, or -1 for none and -ENOMEM. */
static int take_file(struct modules *modules, const struct line *line)
{
	const char *name = name_in_root(modules, line->name);
	char link[64];
	int fd, file;

	for (size_t i = modules->nmappings; i-- > 0;)
		if (modules->mappings[i].module >= 0 &&
		    !strcmp(modules->mappings[i].label, name))
			return modules->mappings[i].module;
	snprintf(link, sizeof(link), "map_files/%" PRIx64 "-%" PRIx64, line->map.start,
		 line->map.end);
	fd = modules->nfiles < MOST_OPEN ? open_link(modules->living, link) : -1;
	if (fd < 0 && modules->nfiles < MOST_OPEN)
		fd = open_in_root(modules->root, name);
	file = fd < 0 ? -1 : find_file(modules, fd);
	if (file < 0)
		file = append_file(modules, name, fd < 0 ? -1 : fd);
	if (fd >= 0 && (file < 0 || modules->files[file].fd != fd))
		close(fd);
	if (file >= 0)
		cut_end(modules->files[file].name, " (deleted)");
	return file;
}

static int take_line(struct modules *modules, struct line *line)
{
	if (line->name[0] == '/') {
		line->map.module = take_file(modules, line);
		if (line->map.module < 0)
			return line->map.module;
		if (line->map.code)
			modules->files[line->map.module].code = true;
	}
	line->map.label = strdup(name_in_root(modules, line->name));
	if (!line->map.label || list__append(modules->mappings, modules->nmappings, line->map)) {
		free(line->map.label);
		return -ENOMEM;
	}
	return 0;
}

static int read_maps(struct modules *modules)
{
	char path[64];
	char *text = NULL;
	struct line line;
	size_t size = 0;
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)modules->living);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	errno = 0;
	while (!err && getline(&text, &size, file) > 0)
		if (parse_line(text, &line))
			err = take_line(modules, &line);
	if (!err && ferror(file))
		err = errno ? -errno : -EIO;
	free(text);
	fclose(file);
	return err;
}

static int read_exe(struct modules *modules)
{
	char name[PATH_MAX];
	int fd = open_link(modules->living, "exe");
	int file;

	if (fd < 0)
		return fd;
	resolved_name(fd, "exe", name, sizeof(name));
	cut_end(name, " (deleted)");
	file = append_file(modules, name_in_root(modules, name), fd);
	if (file < 0) {
		close(fd);
		return file;
	}
	modules->files[file].code = true;
	return 0;
}

int modules__read(pid_t pid, struct modules *modules)
{
	char path[PATH_MAX];
	int err;

	*modules = (struct modules){ .pid = pid, .living = proctext__living(pid) };
	modules->root = open_link(modules->living, "root");
	if (modules->root == -ENOENT) {
		snprintf(path, sizeof(path), "/proc/%d", (int)pid);
		return access(path, F_OK) ? -ESRCH : -ENOENT; /* a zombie has no root */
	}
	if (modules->root < 0)
		return modules->root;
	resolved_name(modules->root, "", path, sizeof(path));
	modules->root_path = strdup(path);
	err = modules->root_path ? read_exe(modules) : -ENOMEM;
	if (!err)
		err = read_maps(modules);
	if (err)
		modules__free(modules);
	return err;
}

void modules__free(struct modules *modules)
{
	if (!modules)
		return;
	for (size_t i = 0; i < modules->nfiles; i++)
		free_file(&modules->files[i]);
	for (size_t i = 0; i < modules->nmappings; i++)
		free(modules->mappings[i].label);
	free(modules->files);
	free(modules->mappings);
	free(modules->root_path);
	if (modules->root >= 0)
		close(modules->root);
	*modules = (struct modules){ .root = -1 };
}

const struct mapping *modules__mapping_at(const struct modules *modules, uint64_t address)
{
	for (size_t i = 0; i < modules->nmappings; i++)
		if (address >= modules->mappings[i].start && address < modules->mappings[i].end)
			return &modules->mappings[i];
	return NULL;
}
