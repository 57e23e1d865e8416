// SPDX-License-Identifier: GPL-2.0-or-later
// The list of labs, in the order of the lab sheet.
#include "labs/lab.h"

extern const struct lab lab_refcount, lab_race, lab_granularity, lab_slowdown, lab_interval,
	lab_timeslice, lab_priority, lab_switchcost, lab_ipc, lab_blocking, lab_convoy;

const struct lab *const all_labs[] = {
	&lab_refcount,
	&lab_race,
	&lab_granularity,
	&lab_slowdown,
	&lab_interval,
	&lab_timeslice,
	&lab_priority,
	&lab_switchcost,
	&lab_ipc,
	&lab_blocking,
	&lab_convoy,
	NULL,
};
