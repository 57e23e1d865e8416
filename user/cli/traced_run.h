/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traced_run - one traced run of one program, by trace or attach: its row, its files, and
 * what is printed of it.
 */
#ifndef SWITCHTAX_TRACED_RUN_H
#define SWITCHTAX_TRACED_RUN_H

#include "cli/session.h"
#include "run/run.h"

/* What it wants of its session: nothing is worth telling of a run that is not traced. */
extern const struct session_wish traced_run__wish;

/* Say in the run's row who it is; its arm is called as the experiment, "trace" or "attach". */
void traced_run__identify(const struct options *options, struct run_row *row);

/*
 * What the run asks for as the options have it; target is left out.
 * announcer: its file if it announces its lock, else NULL.
 */
struct run_spec traced_run__spec(const struct session *session,
				 const struct program_options *program, const char *announcer);

/* Write the run, of a program of that name to people, and conclude. The status to end with. */
enum exit_status traced_run__finish(struct session *session, const struct run *run,
				    const char *program, const char *stop_reason);

#endif
