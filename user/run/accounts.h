/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_accounts - what the kernel, the workload and the tracer know of a run that has ended,
 * put into its row and its ledger.
 */
#ifndef SWITCHTAX_RUN_ACCOUNTS_H
#define SWITCHTAX_RUN_ACCOUNTS_H

#include "run/session.h"

/*
 * After the tracer was finished and detached. Returns 0, -ECHILD (a workload of ours has
 * failed), or another -errno, with run->error saying more.
 */
int run_accounts__settle(struct run_session *session);

/* The same for a process that is not our child: of it the kernel tells us less. */
int run_accounts__settle_foreign(struct run_session *session);

/* What is known by now of the lock of a program that knows nothing of us, put into the run. */
void run_accounts__note_lock(struct run_session *session);

/* After the ledger is settled: name its locks; the one that cost most is the run's. */
void run_accounts__name_locks(struct run_session *session);

#endif
