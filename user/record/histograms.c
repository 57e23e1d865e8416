// SPDX-License-Identifier: GPL-2.0-or-later
// histograms.csv, both ways: a row for each bucket that is not empty.
#include "ledger/histograms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record/parts.h"

static enum filled fill(void *data, const struct run *run, size_t index)
{
	enum histogram which = index / HISTOGRAM_BUCKETS;
	int bucket = (int)(index % HISTOGRAM_BUCKETS);
	struct histogram_row *row = data;

	if (which >= HISTOGRAMS)
		return FILLED_ALL;
	if (!run->histogram[which][bucket])
		return FILLED_NOTHING;
	columns__set_text(row->histogram, sizeof(row->histogram), histograms__name(which));
	row->low_ns = histograms__low_ns(which, bucket);
	if (bucket < HISTOGRAM_BUCKETS - 1)
		row->high_ns = histograms__low_ns(which, bucket + 1);
	row->count = run->histogram[which][bucket];
	return FILLED;
}

static int take_bucket(const struct histogram_row *row, enum histogram which, struct run *run,
		       struct csv_error *error)
{
	char value[COLUMN_NUMBER_SIZE];

	for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		if (histograms__low_ns(which, bucket) != row->low_ns)
			continue;
		run->histogram[which][bucket] = row->count;
		return 0;
	}
	snprintf(value, sizeof(value), "%" PRIu64, row->low_ns);
	return csv__refuse(error, "low_ns", value, "no bucket of this histogram begins there");
}

static int take(const void *data, struct run *run, struct csv_error *error)
{
	const struct histogram_row *row = data;

	for (int which = 0; which < HISTOGRAMS; which++)
		if (strcmp(row->histogram, histograms__name(which)) == 0)
			return take_bucket(row, which, run, error);
	return 0;
}

const struct run_rows run_rows__histograms = { &rows__histograms, fill, take, true };
