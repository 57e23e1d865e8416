/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * headline - the built-in experiment as a plan: its arms, their command lines, and the
 * memory that they need.
 */
#ifndef SWITCHTAX_HEADLINE_H
#define SWITCHTAX_HEADLINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "experiment/experiment.h"
#include "prices/price_runs.h"

/* Which of its arms stand for what. */
extern const struct verdict_question headline__question;

/* A plan and what it points to. */
struct headline {
	struct experiment_plan plan;
	struct price_runs price_runs;
	struct prices prices;		/* measured when the experiment begins */
	char path[PATH_MAX];		/* of the programs */
	char lock_path[PATH_MAX];
	char switch_path[PATH_MAX];	/* "": it is not there */
};

/*
 * Arms that are `threads` at another switch interval (arm_name.h): the dose of dose.h. They run
 * untraced only. headline__doses are those that run unless arms are named, ended by NULL.
 */
extern const char *const headline__doses[];

/* Does that lock change hands by the switch interval? Else it is no dose. */
bool headline__has_doses(const char *lock);

/*
 * Is there memory for the arms? Returns 0, or -ENOMEM with error naming the number of
 * objects that fits.
 */
int headline__check_memory(const struct experiment_options *options, char *error, size_t size);

/*
 * Returns 0, or -errno with error saying which program is missing. End with
 * headline__free(), in every case.
 */
int headline__plan(struct headline *headline, const struct experiment_options *options,
		   char *error, size_t size);
void headline__free(struct headline *headline);

#endif
