// SPDX-License-Identifier: GPL-2.0-or-later
// handoffs.csv: for others; no report needs hand-offs one by one.
#include "record/parts.h"

static enum filled fill(void *data, const struct run *run, size_t index)
{
	const struct handoff_event *event;
	struct handoff_row *row = data;

	if (index == run->handoffs.count)
		return FILLED_ALL;
	event = &run->handoffs.events[index];
	row->t_ns = event->t_ns - run->start_ns;
	row->from_tid = event->from_tid;
	row->to_tid = event->to_tid;
	row->from_cpu = event->from_cpu;
	row->to_cpu = event->to_cpu;
	row->forced = event->forced != 0;
	row->signal_ns = event->signal_ns;
	row->queue_ns = event->queue_ns;
	row->take_ns = event->take_ns;
	return FILLED;
}

const struct run_rows run_rows__handoffs = { &rows__handoffs, fill, NULL, false };
