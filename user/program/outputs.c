// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * outputs - what measured programs print, kept out of the report.
 *
 * The folder belongs to who called sudo, who may plant links there: files are new ones
 * always, and nothing is opened by a name twice.
 */
#include "program/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sudo.h"
#include "base/text.h"

static int fail(struct outputs *outputs, const char *name, int err)
{
	results__explain(outputs->results, name, err, outputs->why, sizeof(outputs->why));
	return err;
}

int outputs__open(struct outputs *outputs, const struct results *results)
{
	int err = 0;

	*outputs = (struct outputs){ .results = results, .dirfd = -1, .null_fd = -1,
				     .fds = { -1, -1 } };
	if (mkdirat(results->dirfd, OUTPUTS_FOLDER, 0755))
		return fail(outputs, OUTPUTS_FOLDER, -errno);
	outputs->dirfd = openat(results->dirfd, OUTPUTS_FOLDER,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	outputs->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (outputs->dirfd < 0 || outputs->null_fd < 0) {
		err = fail(outputs, OUTPUTS_FOLDER, -errno);
		outputs__close(outputs);
		return err;
	}
	(void)sudo__own(outputs->dirfd);	/* a file system without owners is fine */
	return 0;
}

/* Readable as well: its end goes into the message about a program that failed. */
static int open_stream(struct outputs *outputs, int stream, const char *run_id)
{
	static const char *const suffixes[] = { "stdout", "stderr" };
	char *name = outputs->names[stream], shown[128];
	int fd;

	snprintf(name, sizeof(outputs->names[stream]), "%s.%s", run_id, suffixes[stream]);
	fd = openat(outputs->dirfd, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		int err = -errno;

		snprintf(shown, sizeof(shown), OUTPUTS_FOLDER "/%s", name);
		return fail(outputs, shown, err);
	}
	(void)sudo__own(fd);
	outputs->fds[stream] = fd;
	return 0;
}

int outputs__begin(struct outputs *outputs, const char *run_id)
{
	for (int stream = 0; stream < OUTPUTS_STREAMS; stream++) {
		int err = open_stream(outputs, stream, run_id);

		if (err) {
			outputs__end(outputs, false);
			return err;
		}
	}
	return 0;
}

void outputs__tail(const struct outputs *outputs, char *text, size_t size)
{
	off_t end = lseek(outputs->fds[OUTPUTS_STDERR], 0, SEEK_END);
	off_t from = end > (off_t)size - 1 ? end - ((off_t)size - 1) : 0;
	ssize_t got = pread(outputs->fds[OUTPUTS_STDERR], text, size - 1, from);

	text[got > 0 ? got : 0] = '\0';
	while (got > 0 && text[got - 1] == '\n')
		text[--got] = '\0';
	/* It goes to a terminal as one line of ours, which it must not drive. */
	text__tame(text, ' ');
}

void outputs__end(struct outputs *outputs, bool keep)
{
	for (int stream = 0; stream < OUTPUTS_STREAMS; stream++) {
		struct stat status;

		if (outputs->fds[stream] < 0)
			continue;
		if (!keep || (!fstat(outputs->fds[stream], &status) && !status.st_size))
			unlinkat(outputs->dirfd, outputs->names[stream], 0);
		close(outputs->fds[stream]);
		outputs->fds[stream] = -1;
	}
}

void outputs__close(struct outputs *outputs)
{
	if (!outputs->results)
		return;
	unlinkat(outputs->results->dirfd, OUTPUTS_FOLDER, AT_REMOVEDIR);
	if (outputs->dirfd >= 0)
		close(outputs->dirfd);
	if (outputs->null_fd >= 0)
		close(outputs->null_fd);
	*outputs = (struct outputs){ .results = NULL };
}
