// SPDX-License-Identifier: GPL-2.0-or-later
// The list of labs.
#include "lab.h"

const struct lab *const all_labs[] = {
	NULL,
};
