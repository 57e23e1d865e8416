// SPDX-License-Identifier: GPL-2.0-or-later
// What a judge is shown of the runs of an experiment.
#include <string.h>

#include "explain/parts.h"

/* Did a run make it that counts, or was it measured beside the runs? */
static bool counts(const struct run_files *files, size_t index)
{
	const struct observation_row *row = &files->observations.items[index].row;
	size_t run = files->run_of[index];

	return row->block && (run < files->count ? files->runs[run].row.valid == 1 : !*row->run_id);
}

int explain_observed(const struct run_files *files, const char *experiment,
		     struct observations *out)
{
	int err = 0;

	for (size_t i = 0; i < files->observations.count && !err; i++) {
		const struct observation *item = &files->observations.items[i];

		if (!strcmp(item->row.experiment, experiment) && counts(files, i))
			err = observations__add(out, item);
	}
	for (size_t i = 0; i < files->count && !err; i++) {
		const struct run *run = &files->runs[i];

		if (!strcmp(run->row.experiment, experiment) && run->row.block &&
		    run->row.valid == 1)
			err = observations__of_run(out, run);
	}
	return err;
}
