// SPDX-License-Identifier: GPL-2.0-or-later
// Builds the archive that CPython imports: one stored file, no compression.
#include "program/switch_interval.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define FILE_NAME "sitecustomize.py"
#define NAME_SIZE (sizeof(FILE_NAME) - 1)

/*
 * The acknowledgement is one byte in front of the archive: readers of zip look for its
 * end and allow anything before it (it is how self-extracting archives are made).
 */
#define HEAD_SIZE 8
#define PENDING '0'

/*
 * Read by any Python, 2 included (which has no such interval, hence the check). The last
 * import raises ImportError if there is no other sitecustomize, which is what site
 * expects of a missing one; up to 3.7 who imports us wants to remove us from sys.modules
 * itself then. PYTHONPATH is put back first, so children of the program and
 * that sitecustomize see the user's own.
 */
static const char script_format[] =
	"import os, sys\n"
	"path, fd, us = '%s', %d, %" PRIu64 "\n"
	"rest = os.environ.get('PYTHONPATH', '').partition(':')[2]\n"
	"if rest:\n"
	"    os.environ['PYTHONPATH'] = rest\n"
	"else:\n"
	"    os.environ.pop('PYTHONPATH', None)\n"
	"while path in sys.path:\n"
	"    sys.path.remove(path)\n"
	"sys.path_importer_cache.pop(path, None)\n"
	"if hasattr(sys, 'setswitchinterval'):\n"
	"    sys.setswitchinterval(us / 1e6)\n"
	"    os.pwrite(fd, b'1', 0)\n"
	"os.close(fd)\n"
	"ours = sys.modules.pop('sitecustomize')\n"
	"try:\n"
	"    import sitecustomize\n"
	"except BaseException:\n"
	"    sys.modules.setdefault('sitecustomize', ours)\n"
	"    raise\n";

/* Little-endian, as all of zip (APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12, 4.3.16). */
struct writer {
	unsigned char bytes[2048];
	size_t size;
};

static void put(struct writer *writer, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		writer->bytes[writer->size++] = (unsigned char)(value >> (8 * i));
}

static void put_text(struct writer *writer, const char *text, size_t size)
{
	memcpy(writer->bytes + writer->size, text, size);
	writer->size += size;
}

/* What the local header and the directory have in common: version .. extra length. */
static void put_file_fields(struct writer *writer, const char *data, uint32_t size)
{
	put(writer, 10, 2);		/* version needed */
	put(writer, 0, 2);		/* flags */
	put(writer, 0, 2);		/* stored */
	put(writer, 0, 2);		/* 00:00 */
	put(writer, 0x21, 2);		/* 1980-01-01, the first day there is */
	put(writer, (uint32_t)crc32(0, (const unsigned char *)data, size), 4);
	put(writer, size, 4);
	put(writer, size, 4);
	put(writer, NAME_SIZE, 2);
	put(writer, 0, 2);
}

static void put_local(struct writer *writer, const char *data, uint32_t size)
{
	put(writer, 0x04034b50, 4);
	put_file_fields(writer, data, size);
	put_text(writer, FILE_NAME, NAME_SIZE);
	put_text(writer, data, size);
}

static void put_directory(struct writer *writer, const char *data, uint32_t size)
{
	size_t start = writer->size;

	put(writer, 0x02014b50, 4);
	put(writer, 10, 2);		/* made by */
	put_file_fields(writer, data, size);
	put(writer, 0, 2);		/* comment */
	put(writer, 0, 2);		/* disk */
	put(writer, 0, 2);		/* attributes */
	put(writer, 0, 4);
	put(writer, HEAD_SIZE, 4);	/* of the local header */
	put_text(writer, FILE_NAME, NAME_SIZE);
	size = (uint32_t)(writer->size - start);
	put(writer, 0x06054b50, 4);
	put(writer, 0, 4);		/* disks */
	put(writer, 1, 2);
	put(writer, 1, 2);
	put(writer, size, 4);
	put(writer, (uint32_t)start, 4);
	put(writer, 0, 2);		/* no comment: older CPythons cannot read one */
}

static int write_archive(const struct switch_interval *interval, const char *path)
{
	struct writer writer = { .size = 0 };
	char script[1024];
	int size = snprintf(script, sizeof(script), script_format, path, interval->fd,
			    interval->us);
	ssize_t written;

	for (int i = 0; i < HEAD_SIZE; i++)
		put(&writer, PENDING, 1);
	put_local(&writer, script, (uint32_t)size);
	put_directory(&writer, script, (uint32_t)size);
	written = pwrite(interval->fd, writer.bytes, writer.size, 0);
	if (written < 0)
		return -errno;
	return (size_t)written == writer.size ? 0 : -EIO;
}

/* An empty PYTHONPATH is none; "X:" would have the current folder in it. */
static int write_environment(struct switch_interval *interval, const char *path)
{
	const char *present = getenv("PYTHONPATH");
	bool more = present && *present;

	if (asprintf(&interval->environment[0], "PYTHONPATH=%s%s%s", path, more ? ":" : "",
		     more ? present : "") < 0) {
		interval->environment[0] = NULL;
		return -ENOMEM;
	}
	return 0;
}

int switch_interval__open(struct switch_interval *interval, uint64_t us)
{
	char path[32];
	int err;

	*interval = (struct switch_interval){ .us = us };
	interval->fd = memfd_create("switchtax-interval", MFD_CLOEXEC);
	if (interval->fd < 0) {
		interval->fd = 0;
		return -errno;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", interval->fd);
	err = write_archive(interval, path);
	if (!err)
		err = write_environment(interval, path);
	if (err)
		switch_interval__close(interval);
	return err;
}

int switch_interval__forget(struct switch_interval *interval)
{
	const char pending = PENDING;

	return pwrite(interval->fd, &pending, 1, 0) == 1 ? 0 : -EIO;
}

bool switch_interval__acknowledged(const struct switch_interval *interval)
{
	char byte = PENDING;

	return pread(interval->fd, &byte, 1, 0) == 1 && byte != PENDING;
}

void switch_interval__close(struct switch_interval *interval)
{
	if (interval->fd > 0)
		close(interval->fd);
	free(interval->environment[0]);
	*interval = (struct switch_interval){ .fd = 0 };
}
