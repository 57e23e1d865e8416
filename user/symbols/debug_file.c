// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * debug_file - the file that keeps the symbols which were stripped from another one.
 *
 * The places are GDB's ("Debugging Information in Separate Files" in its manual). A file
 * of another build would name wrong addresses, so each candidate must prove itself: by the
 * same build-id, or by the CRC-32 that .gnu_debuglink records.
 */
#define _GNU_SOURCE 1
#include "symbols/debug_file.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "symbols/elf_file.h"

#define DEBUG_ROOT "/usr/lib/debug"

struct quest {
	struct elf_file *debug;
	char *path;			/* of the candidate */
	size_t size;
	const struct elf_file *file;
	struct elf_build_id id;		/* size 0: none */
	char link[NAME_MAX + 1];
	uint32_t crc;
};

/* Both have one and they differ. */
static bool other_build(const struct quest *quest)
{
	struct elf_build_id id;

	return quest->id.size && elf_file__build_id(quest->debug, &id) &&
	       (id.size != quest->id.size || memcmp(id.bytes, quest->id.bytes, id.size) != 0);
}

static bool same_crc(int fd, uint32_t wanted)
{
	unsigned char buffer[65536];
	uLong crc = crc32(0, NULL, 0);
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, buffer, sizeof(buffer), at)) > 0) {
		crc = crc32(crc, buffer, (uInt)n);
		at += n;
	}
	return n == 0 && crc == wanted;
}

/* quest->path is set; is it the file? */
static bool accept(struct quest *quest, bool check_crc)
{
	if (elf_file__open(quest->debug, quest->path))
		return false;
	if (quest->debug->header.e_machine == quest->file->header.e_machine &&
	    elf_file__is_32bit(quest->debug) == elf_file__is_32bit(quest->file) &&
	    !other_build(quest) && (!check_crc || same_crc(quest->debug->fd, quest->crc)))
		return true;
	elf_file__close(quest->debug);
	return false;
}

static bool set_path(struct quest *quest, const char *root, const char *folder, int length,
		     const char *name)
{
	int written = snprintf(quest->path, quest->size, "%s%.*s%s", root, length, folder, name);

	return written >= 0 && (size_t)written < quest->size;
}

/* /usr/lib/debug/.build-id/ab/cdef….debug */
static bool find_by_id(struct quest *quest, const char *root)
{
	static const char folder[] = DEBUG_ROOT "/.build-id/";
	char name[2 * sizeof(quest->id.bytes) + sizeof("/.debug")];
	char *to = name;

	if (!quest->id.size)
		return false;
	for (size_t i = 0; i < quest->id.size; i++)
		to += sprintf(to, i == 1 ? "/%02x" : "%02x", quest->id.bytes[i]);
	memcpy(to, ".debug", sizeof(".debug"));
	return set_path(quest, root, folder, (int)strlen(folder), name) && accept(quest, false);
}

/* FOLDER/LINK, FOLDER/.debug/LINK, /usr/lib/debug/FOLDER/LINK */
static bool find_by_link(struct quest *quest, const char *root, const char *name)
{
	const char *slash = strrchr(name, '/');
	int length = slash ? (int)(slash - name) + 1 : 0;
	char below[sizeof(".debug/") + NAME_MAX];
	char root_debug[PATH_MAX];

	if (!quest->link[0])
		return false;
	if (set_path(quest, root, name, length, quest->link) && accept(quest, true))
		return true;
	snprintf(below, sizeof(below), ".debug/%s", quest->link);
	if (set_path(quest, root, name, length, below) && accept(quest, true))
		return true;
	if (snprintf(root_debug, sizeof(root_debug), "%s" DEBUG_ROOT, root) >=
	    (int)sizeof(root_debug))
		return false;
	return name[0] == '/' && set_path(quest, root_debug, name, length, quest->link) &&
	       accept(quest, true);
}

int debug_file__open(struct elf_file *debug, char *path, size_t size,
		     const struct elf_file *file, const char *root, const char *name)
{
	struct quest quest = { .debug = debug, .path = path, .size = size, .file = file };

	if (!elf_file__build_id(file, &quest.id))
		quest.id.size = 0;
	if (!elf_file__debuglink(file, quest.link, sizeof(quest.link), &quest.crc))
		quest.link[0] = '\0';
	if (find_by_id(&quest, root) || find_by_link(&quest, root, name))
		return 0;
	if (*root && (find_by_id(&quest, "") || find_by_link(&quest, "", name)))
		return 0;
	return -ENOENT;
}
