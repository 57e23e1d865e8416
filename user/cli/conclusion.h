/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conclusion - what becomes of the runs: verdict, report, files, exit status. The same
 * for every experiment.
 */
#ifndef SWITCHTAX_CONCLUSION_H
#define SWITCHTAX_CONCLUSION_H

#include "base/exits.h"
#include "experiment/experiment.h"
#include "prices/prices.h"
#include "report/report.h"
#include "cli/session.h"

/*
 * After experiment__run(), which returned err: judge, print, write, and close the session.
 * prices: those that were measured beside, NULL: none. about tells what the report is to say of
 * the experiment; the rest of it is filled in here. Returns the status to end with; errors have
 * been printed.
 */
enum exit_status conclusion__draw(struct session *session, const struct experiment_plan *plan,
				  struct experiment *experiment, const struct prices *prices,
				  const struct report *about, int err);

#endif
