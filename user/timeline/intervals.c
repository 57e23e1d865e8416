// SPDX-License-Identifier: GPL-2.0-or-later
// The intervals that a timeline is laid out in, and their names.
#include "timeline/intervals.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"
#include "ledger/ledger.h"

const char *timeline_intervals__kind(enum timeline_kind kind)
{
	static const char *const names[TIMELINE_KINDS] = { "thread", "lock", "handoff" };

	return names[kind];
}

const char *timeline_intervals__state(const struct timeline_interval *interval)
{
	switch (interval->kind) {
	case TIMELINE_OF_THREAD: return ledger__thread_state(interval->state);
	case TIMELINE_OF_LOCK: return ledger__lock_state(interval->state);
	default: return interval->state ? "forced" : "voluntary";
	}
}

int timeline_intervals__add(struct timeline_intervals *intervals,
			    const struct timeline_interval *interval)
{
	return list__append(intervals->items, intervals->count, *interval);
}

size_t timeline_intervals__after(const struct timeline_intervals *intervals, uint32_t thread,
				 uint64_t ns)
{
	size_t low = intervals->of_thread[thread - 1], high = intervals->of_thread[thread];

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (intervals->items[middle].end_ns > ns)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void timeline_intervals__free(struct timeline_intervals *intervals)
{
	free(intervals->items);
	free(intervals->of_thread);
	*intervals = (struct timeline_intervals){ 0 };
}
