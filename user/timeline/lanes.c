// SPDX-License-Identifier: GPL-2.0-or-later
// Draws lanes: each character stands for the state that took most of its time.
#include "timeline/lanes.h"

#include <inttypes.h>
#include <string.h>

#define WIDTH 72
#define MAX_LANES 16
#define HANDOFFS_SHOWN 12

struct stretch {
	uint64_t from_ns;
	uint64_t to_ns;
};

static const char thread_marks[THREAD_STATES] = {
	[THREAD_CPU] = '#', [THREAD_READY] = '+', [THREAD_LOCK_WAIT] = '.', [THREAD_BLOCKED] = '-',
};

static const char lock_marks[LOCK_STATES] = {
	[HELD_RUNNING] = '#', [HELD_PREEMPTED_SELF] = '+', [HELD_PREEMPTED_OTHER] = '+',
	[HELD_BLOCKED] = '-', [HELD_WAKING] = '+', [HELD_THROTTLED] = '+', [HANDOFF_SIGNAL] = 's',
	[HANDOFF_QUEUE] = 'q', [HANDOFF_QUEUE_SELF] = 'q', [HANDOFF_QUEUE_OTHER] = 'q',
	[HANDOFF_THROTTLED] = 'q', [HANDOFF_TAKE] = 't', [FREE_IDLE] = '.',
};

static struct stretch choose(const struct timeline *timeline,
			     const struct timeline_intervals *intervals)
{
	uint64_t window = timeline->end_ns - timeline->start_ns;
	size_t first = intervals->first[TIMELINE_OF_HANDOFF], count = intervals->count - first;
	size_t middle = first + count / 2, last = middle + HANDOFFS_SHOWN;

	if (count < HANDOFFS_SHOWN)
		return (struct stretch){ window / 2, window / 2 + window / 100 + 1 };
	if (last >= intervals->count)
		last = intervals->count - 1;
	return (struct stretch){ intervals->items[middle].start_ns,
				 intervals->items[last].end_ns + 1 };
}

static uint64_t column_start(const struct stretch *stretch, size_t column)
{
	double width = (double)(stretch->to_ns - stretch->from_ns);

	return stretch->from_ns + (uint64_t)(width * (double)column / WIDTH);
}

static uint64_t overlap(const struct timeline_interval *interval, uint64_t from, uint64_t to)
{
	from = interval->start_ns > from ? interval->start_ns : from;
	to = interval->end_ns < to ? interval->end_ns : to;
	return to > from ? to - from : 0;
}

static void draw(const struct stretch *stretch, const struct timeline_interval *items,
		 size_t count, const char *marks, char *lane)
{
	memset(lane, ' ', WIDTH);
	lane[WIDTH] = '\0';
	for (size_t column = 0, i = 0; column < WIDTH; column++) {
		uint64_t from = column_start(stretch, column), to, most = 0;
		uint64_t ns[LOCK_STATES] = { 0 };

		to = column_start(stretch, column + 1);
		while (i < count && items[i].end_ns <= from)
			i++;
		for (size_t at = i; at < count && items[at].start_ns < to; at++) {
			uint8_t state = items[at].state;

			ns[state] += overlap(&items[at], from, to);
			if (ns[state] > most) {
				most = ns[state];
				lane[column] = marks[state];
			}
		}
	}
}

static void print_lane(FILE *out, size_t number, const char *name, const char *lane)
{
	if (number)
		fprintf(out, "  %4zu %-15.15s |%s|\n", number, name, lane);
	else
		fprintf(out, "  %4s %-15s |%s|\n", "", name, lane);
}

void timeline_lanes__print(FILE *out, const struct timeline *timeline,
			   const struct timeline_intervals *intervals)
{
	struct stretch stretch = choose(timeline, intervals);
	size_t lock = intervals->first[TIMELINE_OF_LOCK], shown = 0;
	char lane[WIDTH + 1];

	fprintf(out, "\nFrom %.3f to %.3f ms\n", (double)stretch.from_ns / 1e6,
		(double)stretch.to_ns / 1e6);
	for (size_t i = 0; i < timeline->nthreads; i++) {
		draw(&stretch, &intervals->items[intervals->of_thread[i]],
		     intervals->of_thread[i + 1] - intervals->of_thread[i], thread_marks, lane);
		if (lane[strspn(lane, " ")] && shown++ < MAX_LANES)
			print_lane(out, i + 1, timeline->threads[i].comm, lane);
	}
	if (shown > MAX_LANES)
		fprintf(out, "  ... and %zu threads more\n", shown - MAX_LANES);
	fputs("       # on a CPU  + ready  . waits for the lock  - asleep\n", out);
	if (!timeline->has_lock)
		return;
	draw(&stretch, &intervals->items[lock], intervals->first[TIMELINE_OF_HANDOFF] - lock,
	     lock_marks, lane);
	print_lane(out, 0, "the lock", lane);
	fputs("       # held  + its holder waits for a CPU  - its holder asleep  s, q, t: free and\n"
	      "       wanted, the next owner not woken, queueing, taking it  . free\n", out);
}
