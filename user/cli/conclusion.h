/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conclusion - what becomes of the runs: files, and what the files show. The same for every
 * command that measures.
 */
#ifndef SWITCHTAX_CONCLUSION_H
#define SWITCHTAX_CONCLUSION_H

#include "base/exits.h"
#include "cli/session.h"
#include "experiment/plan.h"

/*
 * What was measured in blocks is over, with err, as end says; an error is printed. Without a run
 * nothing is kept. Else as conclusion__draw(); the status to end with.
 */
enum exit_status conclusion__of_blocks(struct session *session, const struct experiment_end *end,
				       int err, bool explain);

/*
 * Write all files that the session has open and environment.json. Then, if wanted, explain the
 * folder: write the reports, and print the one asked for. Closes the session. EXIT_MEASURED, or
 * EXIT_NOT_VALID if a run is not valid or something failed, which has been printed.
 */
enum exit_status conclusion__draw(struct session *session, const char *stop_reason, bool explain);

#endif
