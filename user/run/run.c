// SPDX-License-Identifier: GPL-2.0-or-later
// What a run holds: found, and given back.
#include "run/run.h"

#include <stdlib.h>

const struct lock_sites *run__sites_of(const struct run *run, const struct ledger_lock *lock)
{
	const struct lock_sites *sites = lock ? finds__at(&run->finds, lock->watched) : NULL;

	if (sites || !run->lock.found)
		return sites;
	return !lock || lock == run->ledger.locks ? &run->lock.sites : NULL;
}

void run__free(struct run *run)
{
	ledger__free(&run->ledger);
	futexes__free(&run->futexes);
	ledger_ended__free(&run->ended);
	run_samples__free(&run->samples);
	finds__free(&run->finds);
	timeline_writer__free(run->timeline);
	run->timeline = NULL;
	free(run->handoffs.events);
	free(run->output);
	run->output = NULL;
	run->handoffs = (struct run_handoffs){ 0 };
}
