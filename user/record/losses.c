// SPDX-License-Identifier: GPL-2.0-or-later
// losses.csv, both ways.
#include "record/parts.h"

#include <string.h>

static enum filled fill(void *data, const struct run *run, size_t index)
{
	struct run_samples samples = run->samples;
	const char *cause = run_samples__loss_name(index);
	struct loss_row *row = data;

	if (!cause)
		return FILLED_ALL;
	row->count = *run_samples__loss(&samples, index);
	columns__set_text(row->cause, sizeof(row->cause), cause);
	return row->count ? FILLED : FILLED_NOTHING;
}

static int take(const void *data, struct run *run, struct csv_error *error)
{
	const struct loss_row *row = data;

	(void)error;
	for (size_t cause = 0; run_samples__loss_name(cause); cause++)
		if (strcmp(row->cause, run_samples__loss_name(cause)) == 0)
			*run_samples__loss(&run->samples, cause) = or_zero(row->count);
	return 0;
}

const struct run_rows run_rows__losses = { &rows__losses, fill, take, false };
