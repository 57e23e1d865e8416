// SPDX-License-Identifier: GPL-2.0-or-later
// By the function that it calls to announce something (include/announce.h), and one that we have.
#include "program/announcer.h"

#include "include/announce.h"
#include "symbols/symbols.h"

/* A function of ours that no workload has: any build of switchtax is known by it. */
#define OURS "commands__choose"

bool announcer__is(const char *path)
{
	return symbols__defines(path, ANNOUNCE_SYMBOL) && !symbols__defines(path, OURS);
}
