// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_timeline - the reader of timelines must survive anything, and what it accepts must make
 * intervals that lie in the window and follow each other.
 *
 * Random bytes are no zlib stream, so an input that starts with anything but 'r' is compressed
 * here, without effort, behind a head that is right; the rest behind an 'r' is the raw file.
 */
#include "../../user/timeline/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../user/timeline/format.h"
#include "../../user/timeline/intervals.h"
#include "../../user/timeline/layout.h"
#include "../../user/timeline/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An exact size lets the sanitizer see what is read behind it. */
static uint8_t *make_file(const uint8_t *data, size_t size, size_t *len)
{
	static const uint8_t head[TIMELINE_HEAD_SIZE] = TIMELINE_MAGIC "\1\0\0";
	uLongf packed = compressBound(size);
	uint8_t *file = malloc(sizeof(head) + packed + 1);

	if (!file)
		abort();
	if (size && data[0] == 'r') {
		*len = size - 1;
		memcpy(file, data + 1, size - 1);
	} else {
		memcpy(file, head, sizeof(head));
		if (compress2(file + sizeof(head), &packed, data, size, Z_NO_COMPRESSION) != Z_OK)
			abort();
		*len = sizeof(head) + packed;
	}
	return realloc(file, *len ? *len : 1);
}

static void check_follow(const struct timeline *timeline,
			 const struct timeline_intervals *intervals)
{
	uint64_t window = timeline->end_ns - timeline->start_ns;

	for (size_t i = 0; i < intervals->count; i++) {
		const struct timeline_interval *interval = &intervals->items[i];
		const struct timeline_interval *last = i ? interval - 1 : NULL;

		if (interval->start_ns > interval->end_ns || interval->end_ns > window ||
		    interval->thread > timeline->nthreads)
			abort();
		if (interval->kind != TIMELINE_OF_HANDOFF && last && last->kind == interval->kind &&
		    (interval->kind == TIMELINE_OF_LOCK || last->thread == interval->thread) &&
		    last->end_ns > interval->start_ns)
			abort();
	}
}

/* The lock's track has no gap. */
static void check_lock(const struct timeline *timeline,
		       const struct timeline_intervals *intervals)
{
	uint64_t at = 0;

	for (size_t i = intervals->first[TIMELINE_OF_LOCK];
	     i < intervals->first[TIMELINE_OF_HANDOFF]; i++) {
		if (intervals->items[i].start_ns != at)
			abort();
		at = intervals->items[i].end_ns;
	}
	if (timeline->has_lock && at != timeline->end_ns - timeline->start_ns)
		abort();
}

static void check(const struct timeline *timeline)
{
	struct timeline_intervals intervals;
	static FILE *nowhere;

	if (timeline_layout__make(timeline, &intervals))
		return;
	check_follow(timeline, &intervals);
	check_lock(timeline, &intervals);
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	timeline_rows__csv(nowhere, timeline, &intervals);
	timeline_rows__json(nowhere, timeline, &intervals);
	timeline_intervals__free(&intervals);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[TIMELINE_WHY_SIZE] = "";
	struct timeline timeline;
	size_t len;
	uint8_t *file = make_file(data, size, &len);

	if (timeline__parse(file, len, "fuzz", &timeline, why, sizeof(why)) == 0) {
		check(&timeline);
		timeline__free(&timeline);
	} else if (!why[0]) {
		abort();
	}
	free(file);
	return 0;
}
