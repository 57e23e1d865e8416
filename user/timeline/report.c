// SPDX-License-Identifier: GPL-2.0-or-later
// Prints timelines for people.
#include "timeline/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger.h"
#include "timeline/lanes.h"

/* More threads than this are only in the CSV. */
#define MAX_LINES 40
#define MAX_WAITS 8
#define MAX_PAIRS 8

static uint64_t switches_of(const struct timeline *timeline)
{
	return timeline->switches[VOLUNTARY] + timeline->switches[INVOLUNTARY];
}

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

void timeline_report__begin(FILE *out, enum output_format format)
{
	switch (format) {
	case FORMAT_TEXT:
		fprintf(out, "%-40s %10s %8s %9s %9s %6s %10s %9s\n", "run", "ms", "threads",
			"switches", "hand-offs", "lost", "bytes", "a switch");
		break;
	case FORMAT_CSV:
		fputs("run_id,window_ns,threads,switches,handoffs,lost,file_bytes\n", out);
		break;
	case FORMAT_JSON: fputs("[\n", out); break;
	}
}

void timeline_report__line(FILE *out, enum output_format format, const struct timeline *timeline,
			   uint64_t bytes, bool first)
{
	uint64_t window = timeline->end_ns - timeline->start_ns, switches = switches_of(timeline);

	switch (format) {
	case FORMAT_TEXT:
		fprintf(out, "%-40s %10.1f %8zu %9" PRIu64 " %9" PRIu64 " %6" PRIu64 " %10" PRIu64
			" %9.1f\n", timeline->run_id, ms(window), timeline->nthreads, switches,
			timeline->handoffs, timeline->lost, bytes,
			switches ? (double)bytes / (double)switches : 0);
		break;
	case FORMAT_CSV:
		fprintf(out, "%s,%" PRIu64 ",%zu,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
			timeline->run_id, window, timeline->nthreads, switches, timeline->handoffs,
			timeline->lost, bytes);
		break;
	case FORMAT_JSON:
		fprintf(out, "%s  { \"run_id\": \"%s\", \"window_ns\": %" PRIu64 ", \"threads\": %zu, "
			"\"switches\": %" PRIu64 ", \"handoffs\": %" PRIu64 ", \"lost\": %" PRIu64
			", \"file_bytes\": %" PRIu64 " }", first ? "" : ",\n", timeline->run_id,
			window, timeline->nthreads, switches, timeline->handoffs, timeline->lost,
			bytes);
		break;
	}
}

void timeline_report__end(FILE *out, enum output_format format, const char *folder)
{
	if (format == FORMAT_JSON)
		fputs("\n]\n", out);
	if (format == FORMAT_TEXT)
		fprintf(out, "\nOne of them: switchtax timeline %s RUN_ID\n", folder);
}

/* Of some intervals: how many in each state, how long in all, and the longest. */
struct sums {
	uint64_t count[LOCK_STATES];
	uint64_t ns[LOCK_STATES];
	uint64_t longest_ns[LOCK_STATES];
};

static struct sums sum_up(const struct timeline_intervals *intervals, size_t from, size_t to)
{
	struct sums sums = { .count = { 0 } };

	for (size_t i = from; i < to; i++) {
		const struct timeline_interval *interval = &intervals->items[i];
		uint64_t ns = interval->end_ns - interval->start_ns;

		sums.count[interval->state]++;
		sums.ns[interval->state] += ns;
		if (ns > sums.longest_ns[interval->state])
			sums.longest_ns[interval->state] = ns;
	}
	return sums;
}

static void print_threads(FILE *out, const struct timeline *timeline,
			  const struct timeline_intervals *intervals)
{
	fprintf(out, "\nThreads (ms)\n  %4s %8s %-15s %9s %9s %9s %9s %9s %9s %9s\n", "no.", "tid",
		"name", "cpu", "ready", "lock wait", "blocked", "on a CPU", "longest", "longest");
	fprintf(out, "  %4s %8s %-15s %9s %9s %9s %9s %9s %9s %9s\n", "", "", "", "", "", "", "",
		"times", "on it", "ready");
	for (size_t i = 0; i < timeline->nthreads && i < MAX_LINES; i++) {
		const struct timeline_thread *thread = &timeline->threads[i];
		struct sums sums = sum_up(intervals, intervals->of_thread[i],
					  intervals->of_thread[i + 1]);

		fprintf(out, "  %4zu %8" PRIu32 " %-15s %9.3f %9.3f %9.3f %9.3f %9" PRIu64
			" %9.3f %9.3f\n", i + 1, thread->tid, thread->comm,
			ms(sums.ns[THREAD_CPU]), ms(sums.ns[THREAD_READY]),
			ms(sums.ns[THREAD_LOCK_WAIT]), ms(sums.ns[THREAD_BLOCKED]),
			sums.count[THREAD_CPU], ms(sums.longest_ns[THREAD_CPU]),
			ms(sums.longest_ns[THREAD_READY]));
	}
	if (timeline->nthreads > MAX_LINES)
		fprintf(out, "  ... and %zu more (--format csv)\n", timeline->nthreads - MAX_LINES);
}

/* What the track calls held and the ledger free: gaps too short for an event of their own. */
static void print_gaps(FILE *out, const struct timeline *timeline, const struct sums *sums)
{
	uint64_t track = sums->ns[HELD_RUNNING], ledger = timeline->lock_ns[HELD_RUNNING];

	if (track > ledger && track - ledger > LEDGER_TOLERANCE_NS)
		fprintf(out, "  held_running includes %.3f ms of gaps between a release and the same "
			"thread's next\n  taking, which have no event of their own (free_idle in "
			"ledger.csv)\n", ms(track - ledger));
}

static void print_lock(FILE *out, const struct timeline *timeline,
		       const struct timeline_intervals *intervals)
{
	uint64_t window = timeline->end_ns - timeline->start_ns;
	struct sums sums = sum_up(intervals, intervals->first[TIMELINE_OF_LOCK],
				  intervals->first[TIMELINE_OF_HANDOFF]);

	if (!timeline->has_lock) {
		fputs("\nLock: none is known, so it has no track\n", out);
		return;
	}
	fprintf(out, "\nLock%s\n  %-22s %8s %12s %7s %12s\n",
		timeline->called ? ", known by the calls of its functions" : "", "state", "times",
		"ms", "%", "longest");
	for (int state = 0; state < LOCK_STATES; state++)
		fprintf(out, "  %-22s %8" PRIu64 " %12.3f %7.2f %12.3f\n",
			ledger__lock_state(state), sums.count[state], ms(sums.ns[state]),
			window ? 100.0 * (double)sums.ns[state] / (double)window : 0,
			ms(sums.longest_ns[state]));
	print_gaps(out, timeline, &sums);
}

static bool is_wait(const struct timeline_interval *interval)
{
	return interval->state == THREAD_LOCK_WAIT || interval->state == THREAD_READY;
}

/* The longest first, of waits for the lock or for a CPU. */
static size_t find_waits(const struct timeline_intervals *intervals,
			 const struct timeline_interval **waits)
{
	size_t count = 0;

	for (size_t i = 0; i < intervals->first[TIMELINE_OF_LOCK]; i++) {
		const struct timeline_interval *interval = &intervals->items[i];
		uint64_t ns = interval->end_ns - interval->start_ns;
		size_t at = count;

		if (!is_wait(interval))
			continue;
		while (at && waits[at - 1]->end_ns - waits[at - 1]->start_ns < ns)
			at--;
		if (at == MAX_WAITS)
			continue;
		if (count < MAX_WAITS)
			count++;
		memmove(&waits[at + 1], &waits[at], (count - at - 1) * sizeof(*waits));
		waits[at] = interval;
	}
	return count;
}

static void print_waits(FILE *out, const struct timeline *timeline,
			const struct timeline_intervals *intervals)
{
	const struct timeline_interval *waits[MAX_WAITS + 1];
	size_t count = find_waits(intervals, waits);

	if (count)
		fprintf(out, "\nLongest waits\n  %4s %-15s %-10s %12s %12s\n", "no.", "name", "for",
			"at ms", "ms");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %4" PRIu32 " %-15s %-10s %12.3f %12.3f\n", waits[i]->thread,
			timeline->threads[waits[i]->thread - 1].comm,
			waits[i]->state == THREAD_READY ? "a CPU" : "the lock",
			ms(waits[i]->start_ns), ms(waits[i]->end_ns - waits[i]->start_ns));
}

struct pair {
	uint32_t from;
	uint32_t to;
	uint64_t count;
	uint64_t forced;
	uint64_t ns;
};

static int by_threads(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static int by_count(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->count > y->count ? -1 : x->count < y->count ? 1 : by_threads(a, b);
}

/* Neighbours that are the same become one. */
static size_t join(struct pair *pairs, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && !by_threads(&pairs[kept - 1], &pairs[i])) {
			pairs[kept - 1].count++;
			pairs[kept - 1].forced += pairs[i].forced;
			pairs[kept - 1].ns += pairs[i].ns;
		} else {
			pairs[kept++] = pairs[i];
		}
	}
	return kept;
}

static size_t find_pairs(const struct timeline_intervals *intervals, struct pair *pairs)
{
	size_t first = intervals->first[TIMELINE_OF_HANDOFF], count = intervals->count - first;

	for (size_t i = 0; i < count; i++) {
		const struct timeline_interval *interval = &intervals->items[first + i];

		pairs[i] = (struct pair){ .from = interval->from, .to = interval->thread,
					  .count = 1, .forced = interval->state,
					  .ns = interval->end_ns - interval->start_ns };
	}
	qsort(pairs, count, sizeof(*pairs), by_threads);
	count = join(pairs, count);
	qsort(pairs, count, sizeof(*pairs), by_count);
	return count;
}

static void print_pairs(FILE *out, const struct timeline_intervals *intervals)
{
	size_t count = intervals->count - intervals->first[TIMELINE_OF_HANDOFF];
	struct pair *pairs = count ? calloc(count, sizeof(*pairs)) : NULL;

	if (!pairs)
		return;
	count = find_pairs(intervals, pairs);
	fprintf(out, "\nHand-offs, the busiest pairs first\n  %4s    %4s %9s %9s %12s\n", "from",
		"to", "times", "forced", "ms in all");
	for (size_t i = 0; i < count && i < MAX_PAIRS; i++)
		fprintf(out, "  %4" PRIu32 " -> %4" PRIu32 " %9" PRIu64 " %9" PRIu64 " %12.3f\n",
			pairs[i].from, pairs[i].to, pairs[i].count, pairs[i].forced,
			ms(pairs[i].ns));
	if (count > MAX_PAIRS)
		fprintf(out, "  ... and %zu pairs more\n", count - MAX_PAIRS);
	free(pairs);
}

void timeline_report__run(FILE *out, const struct timeline *timeline,
			  const struct timeline_intervals *intervals)
{
	fprintf(out, "%s: %.1f ms, %zu threads, %" PRIu64 " context switches, %" PRIu64
		" hand-offs%s\n", timeline->run_id, ms(timeline->end_ns - timeline->start_ns),
		timeline->nthreads, switches_of(timeline), timeline->handoffs,
		timeline->valid ? "" : "; NOT VALID, see reason in runs.csv");
	if (timeline->lost)
		fprintf(out, "LOSSES: %" PRIu64 " events are missing; %" PRIu64 " gaps in the "
			"threads' tracks, and the lock's may be wrong\n", timeline->lost,
			intervals->missing);
	print_threads(out, timeline, intervals);
	print_lock(out, timeline, intervals);
	print_waits(out, timeline, intervals);
	print_pairs(out, intervals);
	timeline_lanes__print(out, timeline, intervals);
}
