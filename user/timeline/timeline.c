// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a timeline: head, zlib stream, records; then everything is put in order.
#include "timeline/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/io.h"
#include "timeline/format.h"
#include "timeline/unpack.h"

/* A file that is larger is none of ours: 2^30 bytes are 10^8 switches. */
#define MAX_FILE (1UL << 30)

/* What has been decompressed, and waits for the rest of its record. */
#define WINDOW_SIZE 65536

struct reading {
	const char *name;
	char *why;
	size_t why_size;
	struct timeline_unpack *unpack;
	uint8_t window[WINDOW_SIZE];
	size_t used;
};

static int explain(const struct reading *reading, int err, const char *what)
{
	snprintf(reading->why, reading->why_size, "%s: %s", reading->name, what);
	return err;
}

/* All records that are there in full; at the end of the stream, all. */
static int take_records(struct reading *reading, bool last)
{
	const uint8_t *at = reading->window, *end = at + reading->used;
	int err = 0;

	while (!err && at < end && (last || end - at >= TIMELINE_RECORD_SIZE))
		err = timeline_unpack__next(reading->unpack, &at, end);
	reading->used = (size_t)(end - at);
	memmove(reading->window, at, reading->used);
	if (err == -EBADMSG)
		return explain(reading, err, reading->unpack->what);
	if (err == -ENODATA)
		return explain(reading, -EBADMSG, "its last record is not complete");
	return err ? explain(reading, err, strerror(-err)) : 0;
}

static int end_of_stream(const struct reading *reading, const z_stream *stream, int status)
{
	if (status == Z_STREAM_END && !stream->avail_in)
		return reading->unpack->ended
			       ? 0 : explain(reading, -EBADMSG, "it ends before its last record");
	if (status == Z_STREAM_END)
		return explain(reading, -EBADMSG, "there is something behind its end");
	if (status == Z_MEM_ERROR)
		return explain(reading, -ENOMEM, strerror(ENOMEM));
	if (status == Z_OK || status == Z_BUF_ERROR)
		return explain(reading, -EBADMSG, "it is truncated");
	return explain(reading, -EBADMSG, "it is damaged: its checksum or compression is wrong");
}

static int inflate_records(struct reading *reading, z_stream *stream)
{
	int status = Z_OK, err = 0;

	while (!err && status == Z_OK) {
		stream->next_out = reading->window + reading->used;
		stream->avail_out = (uInt)(WINDOW_SIZE - reading->used);
		status = inflate(stream, Z_NO_FLUSH);
		reading->used = WINDOW_SIZE - stream->avail_out;
		err = take_records(reading, status == Z_STREAM_END);
		if (!stream->avail_in && stream->avail_out && status == Z_OK)
			break;
	}
	return err ? err : end_of_stream(reading, stream, status);
}

static int check_head(const struct reading *reading, const uint8_t *data, size_t len)
{
	uint32_t version;
	char what[160];

	if (memcmp(data, TIMELINE_MAGIC, len < TIMELINE_MAGIC_SIZE ? len : TIMELINE_MAGIC_SIZE))
		return explain(reading, -EBADMSG, "it is no timeline of switchtax");
	if (len < TIMELINE_HEAD_SIZE)
		return explain(reading, -EBADMSG, "it is truncated");
	version = data[8] | (uint32_t)data[9] << 8 | (uint32_t)data[10] << 16 |
		  (uint32_t)data[11] << 24;
	if (version == TIMELINE_VERSION)
		return 0;
	snprintf(what, sizeof(what), "it has version %u of the format, this switchtax (%s) reads "
		 "version %d; use the one that wrote it, or a newer one", version,
		 SWITCHTAX_VERSION, TIMELINE_VERSION);
	return explain(reading, -ENOTSUP, what);
}

/* Thread numbers by slot; 0: not in the table. NULL: no memory, or twice the same. */
static uint32_t *number_threads(const struct timeline *timeline, bool *twice)
{
	uint32_t *numbers = calloc(TIMELINE_MAX_SLOT + 1, sizeof(*numbers));

	*twice = false;
	for (size_t i = 0; numbers && i < timeline->nthreads; i++) {
		*twice |= numbers[timeline->threads[i].slot] != 0;
		numbers[timeline->threads[i].slot] = (uint32_t)i + 1;
	}
	return numbers;
}

/* Each thread's stretches together, in the order in which they came. */
static int sort_stretches(struct timeline *timeline, const uint32_t *numbers)
{
	size_t *next = calloc(timeline->nthreads + 1, sizeof(*next)), kept = 0;
	struct timeline_stretch *sorted = calloc(timeline->nstretches + 1, sizeof(*sorted));

	if (!next || !sorted) {
		free(next);
		free(sorted);
		return -ENOMEM;
	}
	for (size_t i = 0; i < timeline->nstretches; i++)
		next[numbers[timeline->stretches[i].slot]]++;
	for (size_t i = 0; i < timeline->nthreads; i++) {
		size_t count = next[i + 1];

		timeline->threads[i].stretches = &sorted[kept];
		timeline->threads[i].nstretches = count;
		next[i + 1] = kept;
		kept += count;
	}
	for (size_t i = 0; i < timeline->nstretches; i++) {
		uint32_t number = numbers[timeline->stretches[i].slot];

		if (number)
			sorted[next[number]++] = timeline->stretches[i];
	}
	free(next);
	free(timeline->stretches);
	timeline->stretches = sorted;
	timeline->nstretches = kept;
	return 0;
}

static int put_in_order(const struct reading *reading, struct timeline *timeline)
{
	bool twice;
	uint32_t *numbers = number_threads(timeline, &twice);
	int err = numbers ? sort_stretches(timeline, numbers) : -ENOMEM;

	for (size_t i = 0; !err && i < timeline->nlocks; i++) {
		timeline->locks[i].from = numbers[timeline->locks[i].from];
		timeline->locks[i].to = numbers[timeline->locks[i].to];
	}
	free(numbers);
	if (err)
		return explain(reading, err, strerror(-err));
	return twice ? explain(reading, -EBADMSG, "two threads have the same number") : 0;
}

static int parse_body(struct reading *reading, const uint8_t *data, size_t len)
{
	z_stream stream = { .next_in = (uint8_t *)data, .avail_in = (uInt)len };
	int err;

	if (inflateInit(&stream) != Z_OK)
		return explain(reading, -ENOMEM, strerror(ENOMEM));
	err = inflate_records(reading, &stream);
	inflateEnd(&stream);
	return err ? err : put_in_order(reading, reading->unpack->timeline);
}

int timeline__parse(const void *data, size_t len, const char *name, struct timeline *timeline,
		    char *why, size_t why_size)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	struct timeline_unpack *unpack = calloc(1, sizeof(*unpack));
	int err = -ENOMEM;

	*timeline = (struct timeline){ .run_id = "" };
	if (!reading || !unpack) {
		snprintf(why, why_size, "%s: %s", name, strerror(ENOMEM));
		goto out;
	}
	*reading = (struct reading){ .name = name, .why = why, .why_size = why_size,
				     .unpack = unpack };
	unpack->timeline = timeline;
	err = len > MAX_FILE ? explain(reading, -EFBIG, "it is too large for a timeline")
			     : check_head(reading, data, len);
	if (!err)
		err = parse_body(reading, (const uint8_t *)data + TIMELINE_HEAD_SIZE,
				 len - TIMELINE_HEAD_SIZE);
	if (err)
		timeline__free(timeline);
out:
	free(unpack);
	free(reading);
	return err;
}

int timeline__read(int dirfd, const char *name, struct timeline *timeline, char *why,
		   size_t why_size)
{
	/* Not to wait for whoever writes into a FIFO of this name. */
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *data = NULL;
	size_t size = 0;
	int err = io__read_file(fd, MAX_FILE, &data, &size);

	if (err) {
		snprintf(why, why_size, "%s: %s", name,
			 err == -EINVAL ? "it is no regular file" : strerror(-err));
		return err;
	}
	err = timeline__parse(data, size, name, timeline, why, why_size);
	free(data);
	return err;
}

void timeline__free(struct timeline *timeline)
{
	free(timeline->threads);
	free(timeline->stretches);
	free(timeline->locks);
	timeline->threads = NULL;
	timeline->stretches = NULL;
	timeline->locks = NULL;
	timeline->nthreads = timeline->nstretches = timeline->nlocks = 0;
}
