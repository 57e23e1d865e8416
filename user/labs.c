// SPDX-License-Identifier: GPL-2.0-or-later
// The list of labs.
#include "lab.h"

extern const struct lab lab_slowdown;
extern const struct lab lab_interval;

const struct lab *const all_labs[] = {
	&lab_slowdown,
	&lab_interval,
	NULL,
};
