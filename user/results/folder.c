// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * results - the folder of one experiment, and how a file gets into it.
 *
 * O_NOFOLLOW looks at the last component only, and "link/" has an empty one: trailing
 * slashes go first. Links further up are followed, since people put results/ on a bigger
 * disk that way.
 */
#define _GNU_SOURCE 1
#include "results/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sudo.h"
#include "base/text.h"
#include "results/file.h"

#define DEFAULT_PARENT "results"
#define MOST_SUFFIXES 1000

/* Like open(2), but the descriptor or -errno. */
static int open_folder(int at, const char *name, int flags)
{
	int fd = openat(at, name, O_DIRECTORY | O_CLOEXEC | flags);

	return fd < 0 ? -errno : fd;
}

/* 1 if empty, 0 if not, or -errno. */
static int is_empty(int dirfd)
{
	int fd = open_folder(dirfd, ".", O_RDONLY); /* an offset of its own */
	struct dirent *entry;
	int empty = 1;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		empty = -errno;
		close(fd);
		return empty;
	}
	errno = 0;
	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	if (empty && errno)
		empty = -errno;
	closedir(dir);
	return empty;
}

/*
 * Open the folder called @base in results->parent. Between mkdir and open somebody could
 * have put another folder there; only one that is really ours is given away.
 */
static int take_folder(struct results *results, const char *base)
{
	struct stat st;
	int empty;

	results->dirfd = open_folder(results->parent, base, O_RDONLY | O_NOFOLLOW);
	if (results->dirfd < 0) {
		/* O_DIRECTORY hides that a link was the cause (open(2) leaves it open) */
		if (!fstatat(results->parent, base, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISLNK(st.st_mode))
			return -ELOOP;
		return results->dirfd;
	}
	empty = is_empty(results->dirfd);
	if (empty <= 0)
		return empty ? empty : -ENOTEMPTY;
	if (results->created && !fstat(results->dirfd, &st) && st.st_uid == geteuid())
		(void)sudo__own(results->dirfd); /* a file system without owners is fine */
	return 0;
}

static int make_folder(struct results *results, const char *base)
{
	if (mkdirat(results->parent, base, 0755))
		return -errno;
	results->created = true;
	return take_folder(results, base);
}

/* results/, made if it is missing and then given to who called sudo. */
static int open_default_parent(void)
{
	bool made = !mkdir(DEFAULT_PARENT, 0755);
	int fd;

	if (!made && errno != EEXIST)
		return -errno;
	fd = open_folder(AT_FDCWD, DEFAULT_PARENT, O_RDONLY | (made ? O_NOFOLLOW : 0));
	if (made && fd >= 0)
		(void)sudo__own(fd);
	return fd;
}

static int create_default(struct results *results, const char *experiment)
{
	time_t now = time(NULL);
	char stamp[32], suffix[16] = "";
	struct tm utc;

	snprintf(results->path, sizeof(results->path), "%s/%s-…", DEFAULT_PARENT, experiment);
	if (!*experiment || strchr(experiment, '/'))
		return -EINVAL;
	if (!gmtime_r(&now, &utc) || !strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc))
		return -EOVERFLOW;
	results->parent = open_default_parent();
	if (results->parent < 0)
		return results->parent;
	for (int i = 2; i <= MOST_SUFFIXES; i++) {
		int len = snprintf(results->path, sizeof(results->path), "%s/%s-%s%s",
				   DEFAULT_PARENT, experiment, stamp, suffix);
		int err;

		if (len >= (int)sizeof(results->path))
			return -ENAMETOOLONG;
		err = make_folder(results, results->path + sizeof(DEFAULT_PARENT));
		if (err != -EEXIST)
			return err;
		snprintf(suffix, sizeof(suffix), "-%d", i);
	}
	return -EEXIST;
}

/* Without trailing "/" and "/.", which would hide a link from O_NOFOLLOW. */
static int trim_path(char *trimmed, size_t size, const char *path)
{
	size_t len = strlen(path);

	if (len == 0)
		return -EINVAL;
	if (len >= size)
		return -ENAMETOOLONG;
	while (len > 1 && (path[len - 1] == '/' ||
			   (len > 2 && path[len - 1] == '.' && path[len - 2] == '/')))
		len--;
	memcpy(trimmed, path, len);
	trimmed[len] = '\0';
	return 0;
}

/* The folder that @path lies in: "." for a bare name, "/" for "/name" and "/". */
static int open_parent(const char *path)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (!slash)
		return open_folder(AT_FDCWD, ".", O_PATH);
	if (len == 0)
		return open_folder(AT_FDCWD, "/", O_PATH);
	memcpy(parent, path, len);
	parent[len] = '\0';
	return open_folder(AT_FDCWD, parent, O_PATH);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return path;
	return slash[1] ? slash + 1 : "."; /* "/" itself */
}

static int create_at(struct results *results, const char *path)
{
	int err = trim_path(results->path, sizeof(results->path), path);

	if (err)
		return err;
	results->parent = open_parent(results->path);
	if (results->parent < 0)
		return results->parent;
	err = make_folder(results, base_of(results->path));
	if (err == -EEXIST)
		err = take_folder(results, base_of(results->path));
	return err;
}

static const char *remedy_for_folder(int err)
{
	switch (-err) {
	case ENOTEMPTY:
		return "it exists and is not empty; give another folder with -o, or empty it";
	case ELOOP:
		return "it is a symbolic link; give the folder itself with -o";
	case ENOTDIR:
		return "it, or a part of its path, is not a folder; give another one with -o";
	case ENOENT:
		return "the folder it should lie in does not exist; make it with mkdir -p";
	case EACCES:
	case EPERM:
	case EROFS:
		return "no permission to write there; give another folder with -o";
	case ENOSPC:
	case EDQUOT:
		return "no space left there; free some, or give another folder with -o";
	case EINVAL:
		return "this is not a folder's name; give one with -o";
	default:
		return NULL;
	}
}

int results__create(struct results *results, const char *path, const char *experiment,
		    char *why, size_t why_size)
{
	const char *remedy;
	int err;

	*results = (struct results){ .dirfd = -1, .parent = -1 };
	err = path ? create_at(results, path) : create_default(results, experiment);
	if (!err)
		return 0;
	remedy = remedy_for_folder(err);
	snprintf(why, why_size, "results folder %s: %s%s", *results->path ? results->path : "''",
		 remedy ? remedy : strerror(-err), remedy ? "" : "; give another one with -o");
	results__discard_if_empty(results);
	results__close(results);
	return err;
}

void results__explain(const struct results *results, const char *name, int err, char *why,
		      size_t why_size)
{
	const char *remedy = "";

	switch (-err) {
	case ENOSPC:
	case EDQUOT:
		remedy = "; free some there, or give a folder on another disk with -o";
		break;
	case EEXIST:
		remedy = "; something else writes into this folder, give another one with -o";
		break;
	case EROFS:
	case EACCES:
	case EPERM:
		remedy = "; give a folder that can be written with -o";
		break;
	default:
		break;
	}
	snprintf(why, why_size, "%s/%s: %s%s", results->path, name, strerror(-err), remedy);
}

bool results__discard_if_empty(struct results *results)
{
	if (!results->created || results->parent < 0)
		return false;
	/* refuses a folder that holds anything */
	if (unlinkat(results->parent, base_of(results->path), AT_REMOVEDIR))
		return false;
	results->created = false;
	return true;
}

void results__close(struct results *results)
{
	if (!results)
		return;
	if (results->dirfd >= 0)
		close(results->dirfd);
	if (results->parent >= 0)
		close(results->parent);
	results->dirfd = -1;
	results->parent = -1;
}

/* Whoever prints it later sees what a terminal may see. */
static int write_tame(int fd, const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	int err;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	text__tame(copy, '\n');
	err = io__write_all(fd, copy, len);
	free(copy);
	return err;
}

int results__write_text(struct results *results, const char *name, const char *text,
			size_t len)
{
	int fd = results_file__start(results->dirfd, name);
	int err;

	if (fd < 0)
		return fd;
	err = write_tame(fd, text, len);
	if (!err)
		err = results_file__finish(results->dirfd, fd, name);
	if (err)
		results_file__drop(results->dirfd, name);
	close(fd);
	return err;
}
