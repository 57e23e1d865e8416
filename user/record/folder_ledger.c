// SPDX-License-Identifier: GPL-2.0-or-later
// Holds ledger.csv against runs.csv.
#include "record/folder_ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger/ledger.h"

#define ALL_STATES ((1u << LOCK_STATES) - 1)

struct checking {
	struct folder *folder;
	struct csv_error *error;
};

static int state_of(const char *name)
{
	for (int state = 0; state < LOCK_STATES; state++)
		if (strcmp(name, ledger__lock_state(state)) == 0)
			return state;
	return -1;
}

static int on_state(const void *data, void *arg)
{
	const struct checking *checking = arg;
	const struct ledger_row *row = data;
	size_t index = folder__find(checking->folder, row->run_id);
	struct folder_run *run = &checking->folder->runs[index];
	int state = state_of(row->state);

	/* Parts of held_running are not states of their own. */
	if (index == checking->folder->count || state < 0)
		return 0;
	if (row->ns == COLUMN_MISSING_U64)
		return csv__refuse(checking->error, "ns", "", "every state has its time");
	if (run->states & (1u << state))
		return csv__refuse(checking->error, "state", row->state,
				   "twice for the run %.64s", row->run_id);
	run->states |= 1u << state;
	run->states_ns += row->ns;
	if (state == HELD_RUNNING)
		run->held_running_ns = row->ns;
	return 0;
}

/* Identity L1, with the tolerance of ledger.h. */
static bool adds_up(const struct folder_run *run)
{
	uint64_t window = run->row.window_ns, sum = run->states_ns;
	uint64_t off = sum > window ? sum - window : window - sum;
	uint64_t most = window / LEDGER_TOLERANCE;

	return window == COLUMN_MISSING_U64 || run->row.valid != 1 ||
	       off <= (most > LEDGER_TOLERANCE_NS ? most : LEDGER_TOLERANCE_NS);
}

static int check_run(const struct folder_run *run, struct csv_error *error)
{
	bool saw_lock = run->row.traced == 1 && run->row.releases != COLUMN_MISSING_U64;

	if (!run->states && !saw_lock)
		return 0;
	if (run->states != ALL_STATES)
		snprintf(error->text, sizeof(error->text), "%s: it has %d of the lock's %d states "
			 "in the run %.64s (line %zu of %s)", rows__ledger.file,
			 __builtin_popcount(run->states), LOCK_STATES, run->row.run_id, run->line,
			 rows__runs.file);
	else if (!adds_up(run))
		snprintf(error->text, sizeof(error->text), "%s: the lock's states in the run %.64s "
			 "add up to %" PRIu64 " ns, its window in line %zu of %s is %" PRIu64,
			 rows__ledger.file, run->row.run_id, run->states_ns, run->line,
			 rows__runs.file, run->row.window_ns);
	else
		return 0;
	return -EBADMSG;
}

int folder_ledger__check(struct folder *folder, struct csv_error *error)
{
	struct checking checking = { folder, error };
	int err = csv__read(folder->dirfd, rows__ledger.file, &rows__ledger, on_state, &checking,
			    error);

	for (size_t i = 0; i < folder->count && !err; i++)
		err = check_run(&folder->runs[i], error);
	return err;
}
