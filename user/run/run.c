// SPDX-License-Identifier: GPL-2.0-or-later
// What a run holds is given back.
#include "run/run.h"

#include <stdlib.h>

void run__free(struct run *run)
{
	ledger__free(&run->ledger);
	futexes__free(&run->futexes);
	run_samples__free(&run->samples);
	timeline_writer__free(run->timeline);
	run->timeline = NULL;
	free(run->handoffs.events);
	free(run->output);
	run->output = NULL;
	run->handoffs = (struct run_handoffs){ 0 };
}
