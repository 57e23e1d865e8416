/* SPDX-License-Identifier: GPL-2.0-or-later */
/* labs - one lab, as `switchtax run` runs it. */
#ifndef SWITCHTAX_CLI_LABS_H
#define SWITCHTAX_CLI_LABS_H

#include "base/exits.h"
#include "cli/options.h"
#include "labs/lab.h"

/*
 * Run it and judge its claims; given: which of its parameters (LAB_TAKES_*) the command line has
 * named. Returns the exit status; errors have been printed.
 */
enum exit_status labs__one(const struct options *options, const struct lab *lab,
			   unsigned int given);

#endif
