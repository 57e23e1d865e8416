// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * needed - the libraries that a program will load, before the dynamic linker has run.
 *
 * Looks where ld.so(8) does, in the root of the process: DT_RPATH of the object and of the
 * executable (unless the object has DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH, then the
 * folders of ld.so.conf, which is what ld.so.cache was made from, then the default ones.
 * Not looked at: glibc-hwcaps, which need the processor's features, and $LIB, $PLATFORM.
 */
#define _GNU_SOURCE 1
#include "symbols/needed.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/elf_file.h"

#define MOST_FILES 512
#define MOST_INCLUDES 4			/* ld.so.conf within ld.so.conf */
#define MOST_ENVIRONMENT (8 << 20)	/* execve(2) takes 6 MiB at most */

struct search {
	struct modules *modules;
	uint16_t machine;	/* of the executable */
	char *library_path;	/* LD_LIBRARY_PATH */
	char *preload;		/* LD_PRELOAD */
	char folder[PATH_MAX];	/* the process's working one, for names without a slash first */
	char *configured;	/* folders of ld.so.conf, with colons between */
};

/* ---- what the process was given ---- */

static char *read_environment(pid_t pid, size_t *len)
{
	char path[64], *text = malloc(MOST_ENVIRONMENT);
	FILE *file;

	*len = 0;
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	file = text ? fopen(path, "re") : NULL;
	if (file) {
		*len = fread(text, 1, MOST_ENVIRONMENT - 1, file);
		fclose(file);
		text[*len] = '\0';
	}
	return text;
}

/* A copy of the variable's value, or NULL; @name ends with '='. */
static char *variable(const char *environment, size_t len, const char *name)
{
	for (const char *at = environment; at < environment + len; at += strlen(at) + 1)
		if (!strncmp(at, name, strlen(name)))
			return strdup(at + strlen(name));
	return NULL;
}

static void read_process(struct search *search)
{
	size_t len;
	char *environment = read_environment(search->modules->living, &len);
	char link[64];
	ssize_t got;

	if (environment) {
		search->library_path = variable(environment, len, "LD_LIBRARY_PATH=");
		search->preload = variable(environment, len, "LD_PRELOAD=");
		free(environment);
	}
	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)search->modules->living);
	got = readlink(link, search->folder, sizeof(search->folder) - 1);
	search->folder[got > 0 ? got : 0] = '\0';
}

/* ---- ld.so.conf ---- */

static void read_config(struct search *search, const char *path, int depth);

static void add_configured(struct search *search, const char *folder)
{
	char *more;

	if (asprintf(&more, "%s%s%s", search->configured ? search->configured : "",
		     search->configured ? ":" : "", folder) < 0)
		return;
	free(search->configured);
	search->configured = more;
}

static int open_relative(const struct search *search, char *path, size_t size, const char *name)
{
	int len = snprintf(path, size, "/proc/self/fd/%d%s", search->modules->root, name);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

/* "include /etc/ld.so.conf.d/ *.conf", in the order of ldconfig's glob(3) */
static void include_config(struct search *search, const char *pattern, int depth)
{
	const char *base = strrchr(pattern, '/');
	char folder[PATH_MAX], path[MODULES_PATH_SIZE];
	struct dirent **entries;
	int count;

	if (pattern[0] != '/' || strlen(pattern) >= sizeof(folder))
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(base - pattern), pattern);
	if (open_relative(search, path, sizeof(path), folder))
		return;
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (!fnmatch(base + 1, entries[i]->d_name, FNM_PERIOD) &&
		    snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) <
		    (int)sizeof(path))
			read_config(search, path, depth + 1);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void read_config(struct search *search, const char *name, int depth)
{
	char path[2 * PATH_MAX], *text = NULL;
	size_t size = 0;
	FILE *file;

	if (depth > MOST_INCLUDES || open_relative(search, path, sizeof(path), name))
		return;
	file = fopen(path, "re");
	if (!file)
		return;
	while (getline(&text, &size, file) > 0) {
		char *word = text + strspn(text, " \t");

		word[strcspn(word, "#\n\r")] = '\0';
		if (!strncmp(word, "include ", 8) || !strncmp(word, "include\t", 8)) {
			word += 8 + strspn(word + 8, " \t");
			word[strcspn(word, " \t")] = '\0';
			include_config(search, word, depth);
		} else if (*word == '/') {
			word[strcspn(word, " \t=:,")] = '\0';
			add_configured(search, word);
		}
	}
	free(text);
	fclose(file);
}

/* ---- folders ---- */

/*
 * Would ld.so take it? Only what is for another machine it passes over (open_verify(),
 * elf/dl-load.c in glibc); of what is damaged or no ELF file it complains, as our caller.
 */
static bool fits_program(const struct search *search, size_t file)
{
	char path[MODULES_PATH_SIZE];
	struct elf_file elf;
	bool same;
	int err;

	modules__path(search->modules, file, path, sizeof(path));
	err = elf_file__open(&elf, path);
	if (err)
		return err == -EBADMSG || err == -ENOEXEC;
	same = !elf_file__is_32bit(&elf) && elf.header.e_machine == search->machine;
	elf_file__close(&elf);
	return same;
}

static bool take_path(struct search *search, const char *path)
{
	struct modules *modules = search->modules;
	char absolute[2 * PATH_MAX];
	size_t before = modules->nfiles;
	int file;

	if (path[0] != '/') {
		if (snprintf(absolute, sizeof(absolute), "%s/%s", search->folder, path) >=
		    (int)sizeof(absolute))
			return false;
		path = absolute;
	}
	if (before >= MOST_FILES)
		return false;
	file = modules__add(modules, path);
	if (file < 0)
		return false;
	if ((size_t)file < before || fits_program(search, (size_t)file))
		return true;
	modules__drop_last(modules);
	return false;
}

/* FOLDER/NAME with $ORIGIN, which must lead the folder as it does in practice. */
static bool take_in_folder(struct search *search, const char *folder, int len,
			   const char *origin, const char *name)
{
	static const char *const tokens[] = { "${ORIGIN}", "$ORIGIN" };
	const char *slash = strrchr(origin, '/');
	char path[2 * PATH_MAX];
	int origin_len = 0;

	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]) && !origin_len; i++) {
		int token = (int)strlen(tokens[i]);

		if (len >= token && !strncmp(folder, tokens[i], (size_t)token) && slash) {
			origin_len = slash > origin ? (int)(slash - origin) : 1;
			folder += token;
			len -= token;
		}
	}
	if (memchr(folder, '$', (size_t)len))
		return false;
	if (snprintf(path, sizeof(path), "%.*s%.*s%s%s", origin_len, origin, len, folder,
		     origin_len || len ? "/" : "", name) >= (int)sizeof(path))
		return false;
	return take_path(search, path);
}

/* One after another of a list of folders; an empty one is the working folder. */
static bool take_in_list(struct search *search, const char *list, const char *origin,
			 const char *name)
{
	while (list && *list) {
		size_t len = strcspn(list, ":;");

		if (take_in_folder(search, list, (int)len, origin, name))
			return true;
		list += len + (list[len] != '\0');
	}
	return false;
}

static bool take_in_defaults(struct search *search, const char *name)
{
	static const char wide[] = "/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib";
	const char *multiarch = "";

	if (search->machine == EM_X86_64)
		multiarch = "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu";
	else if (search->machine == EM_AARCH64)
		multiarch = "/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu";
	return take_in_list(search, search->configured, "", name) ||
	       take_in_list(search, multiarch, "", name) ||
	       take_in_list(search, wide, "", name);
}

/* ---- the walk ---- */

/* What is needed by @elf, whose path is @origin; @rpath is the executable's. */
static bool take_library(struct search *search, const struct elf_file *elf, const char *origin,
			 const char *rpath, const char *name)
{
	const char *runpath = elf_file__dynamic(elf, DT_RUNPATH, 0);

	if (name[0] == '$' && strchr(name, '/'))
		return take_in_folder(search, name, (int)(strrchr(name, '/') - name), origin,
				      strrchr(name, '/') + 1);
	if (strchr(name, '/'))
		return take_path(search, name);
	if (!runpath && (take_in_list(search, elf_file__dynamic(elf, DT_RPATH, 0), origin, name) ||
			 take_in_list(search, rpath, search->modules->files[0].name, name)))
		return true;
	return take_in_list(search, search->library_path, origin, name) ||
	       take_in_list(search, runpath, origin, name) || take_in_defaults(search, name);
}

static bool has_prefix(const char *name, const char *prefix)
{
	const char *slash = strrchr(name, '/');

	return !strncmp(slash ? slash + 1 : name, prefix, strlen(prefix));
}

static void take_preloaded(struct search *search, const struct elf_file *elf,
			   const char *prefix)
{
	char *rest = search->preload, *name;

	while (rest && (name = strsep(&rest, ": ")) != NULL)
		if (*name && has_prefix(name, prefix))
			take_library(search, elf, search->modules->files[0].name, NULL, name);
}

static void take_needed(struct search *search, size_t file, const char *rpath,
			const char *prefix)
{
	char path[MODULES_PATH_SIZE], origin[PATH_MAX];
	struct elf_file elf;
	const char *name;

	modules__path(search->modules, file, path, sizeof(path));
	if (elf_file__open(&elf, path))
		return;
	/* a copy: the list moves when it grows */
	snprintf(origin, sizeof(origin), "%s", search->modules->files[file].name);
	for (size_t i = 0; i < MOST_FILES; i++) {
		name = elf_file__dynamic(&elf, DT_NEEDED, i);
		if (!name)
			break;
		if (has_prefix(name, prefix))
			take_library(search, &elf, origin, rpath, name);
	}
	elf_file__close(&elf);
}

void needed__add(struct modules *modules, const char *prefix)
{
	struct search search = { .modules = modules };
	size_t known = modules->nfiles;
	char path[MODULES_PATH_SIZE];
	const char *rpath = NULL;
	struct elf_file elf;

	modules__path(modules, 0, path, sizeof(path));
	if (elf_file__open(&elf, path))
		return;
	search.machine = elf.header.e_machine;
	if (!elf_file__dynamic(&elf, DT_RUNPATH, 0))
		rpath = elf_file__dynamic(&elf, DT_RPATH, 0);
	read_process(&search);
	read_config(&search, "/etc/ld.so.conf", 0);
	take_preloaded(&search, &elf, prefix);
	take_needed(&search, 0, rpath, prefix);
	for (size_t i = known; i < modules->nfiles; i++)
		take_needed(&search, i, rpath, prefix);
	elf_file__close(&elf);
	free(search.library_path);
	free(search.preload);
	free(search.configured);
}
