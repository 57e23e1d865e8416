// SPDX-License-Identifier: GPL-2.0-or-later
// Names and bounds of the histograms.
#include "ledger/histograms.h"

static const char *const names[HISTOGRAMS] = {
	[HISTOGRAM_SLICE] = "slice",
	[HISTOGRAM_READY] = "ready",
	[HISTOGRAM_HOLD] = "hold",
	[HISTOGRAM_HANDOFF] = "handoff",
	[HISTOGRAM_PREEMPTED] = "preempted",
	[HISTOGRAM_AFTER_MARK] = "after_mark",
	[HISTOGRAM_AFTER_FORK] = "after_fork",
	[HISTOGRAM_AFTER_WAKE_NEW] = "after_wake_new",
	[HISTOGRAM_AFTER_EXIT] = "after_exit",
};

const char *histograms__name(enum histogram which)
{
	return names[which];
}

uint64_t histograms__low_ns(enum histogram which, int bucket)
{
	if (which == HISTOGRAM_PREEMPTED)
		return (uint64_t)bucket * PREEMPTED_BUCKET_NS;
	return bucket ? 1ULL << bucket : 0;
}
