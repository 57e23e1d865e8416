// SPDX-License-Identifier: GPL-2.0-or-later
// Packs, compresses, writes.
#include "timeline/writer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/io.h"
#include "results/file.h"
#include "timeline/pack.h"

#define OUT_SIZE 65536

struct timeline_writer {
	int dirfd;			/* borrowed */
	int fd;
	int error;			/* the first one; nothing is written after it */
	bool deflating;			/* the compressor is open */
	bool committed;
	z_stream stream;
	struct timeline_pack pack;
	char name[NAME_MAX + 1];
	uint8_t out[OUT_SIZE];
};

static void write_out(struct timeline_writer *writer, const uint8_t *bytes, size_t len)
{
	if (!writer->error)
		writer->error = io__write_all(writer->fd, bytes, len);
}

/* Through the compressor; flush Z_FINISH: and everything out of it. */
static void compress_out(struct timeline_writer *writer, uint8_t *bytes, size_t len, int flush)
{
	z_stream *stream = &writer->stream;
	int status = Z_OK;

	stream->next_in = bytes;
	stream->avail_in = (uInt)len;
	while (!writer->error && status == Z_OK && (stream->avail_in || flush == Z_FINISH)) {
		status = deflate(stream, flush);
		if (status == Z_STREAM_ERROR)
			writer->error = -EINVAL;
		if (stream->avail_out && status != Z_STREAM_END)
			continue;
		write_out(writer, writer->out, OUT_SIZE - stream->avail_out);
		stream->next_out = writer->out;
		stream->avail_out = OUT_SIZE;
	}
}

/* The least effort: it is made while the run goes on, and a better one gains little. */
static int start_compressor(struct timeline_writer *writer)
{
	if (deflateInit(&writer->stream, Z_BEST_SPEED) != Z_OK)
		return -ENOMEM;
	writer->deflating = true;
	writer->stream.next_out = writer->out;
	writer->stream.avail_out = OUT_SIZE;
	return 0;
}

static void write_head(struct timeline_writer *writer, const char *run_id, uint64_t base_ns)
{
	uint8_t head[TIMELINE_HEAD_SIZE] = TIMELINE_MAGIC, record[TIMELINE_RECORD_SIZE];

	for (int byte = 0; byte < 4; byte++)
		head[TIMELINE_MAGIC_SIZE + byte] = (uint8_t)(TIMELINE_VERSION >> 8 * byte);
	write_out(writer, head, sizeof(head));
	compress_out(writer, record,
		     timeline_pack__begin(&writer->pack, run_id, base_ns, record),
		     Z_NO_FLUSH);
}

int timeline_writer__open(struct timeline_writer **out, int dirfd, const char *run_id,
			  uint64_t base_ns)
{
	struct timeline_writer *writer = calloc(1, sizeof(*writer));
	int err;

	*out = NULL;
	if (!writer)
		return -ENOMEM;
	writer->dirfd = dirfd;
	snprintf(writer->name, sizeof(writer->name), "%.200s" TIMELINE_SUFFIX, run_id);
	err = results_file__start(dirfd, writer->name);
	writer->fd = err;
	if (err < 0)
		goto fail;
	err = start_compressor(writer);
	if (err)
		goto fail;
	write_head(writer, run_id, base_ns);
	err = writer->error;
	if (err)
		goto fail;
	*out = writer;
	return 0;
fail:
	timeline_writer__free(writer);
	return err;
}

void timeline_writer__event(struct timeline_writer *writer, const void *event, size_t size)
{
	uint8_t record[2 * TIMELINE_RECORD_SIZE];

	compress_out(writer, record, timeline_pack__event(&writer->pack, event, size, record),
		     Z_NO_FLUSH);
}

/* The threads of threads.csv, in its order. */
static void write_threads(struct timeline_writer *writer, const struct trace *trace,
			  const struct ledger *ledger)
{
	uint8_t record[TIMELINE_RECORD_SIZE];

	for (size_t i = 0; i < ledger->nthreads; i++) {
		const struct thread_record *thread = &trace->threads[ledger->threads[i].slot - 1];

		compress_out(writer, record,
			     timeline_pack__thread(&writer->pack, trace, thread, record),
			     Z_NO_FLUSH);
	}
}

int timeline_writer__finish(struct timeline_writer *writer, const struct trace *trace,
			    const struct ledger *ledger)
{
	uint8_t record[TIMELINE_RECORD_SIZE], end = PACKED_END;

	write_threads(writer, trace, ledger);
	compress_out(writer, record,
		     timeline_pack__summary(&writer->pack, trace, ledger, record), Z_NO_FLUSH);
	compress_out(writer, &end, sizeof(end), Z_FINISH);
	return writer->error;
}

int timeline_writer__commit(struct timeline_writer *writer)
{
	if (!writer)
		return 0;
	if (!writer->error)
		writer->error = results_file__finish(writer->dirfd, writer->fd, writer->name);
	writer->committed = !writer->error;
	return writer->error;
}

void timeline_writer__free(struct timeline_writer *writer)
{
	if (!writer)
		return;
	if (writer->deflating)
		deflateEnd(&writer->stream);
	if (writer->fd >= 0) {
		if (!writer->committed)
			results_file__drop(writer->dirfd, writer->name);
		close(writer->fd);
	}
	free(writer);
}
