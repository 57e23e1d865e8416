// SPDX-License-Identifier: GPL-2.0-or-later
// ledger.csv, both ways. What is read is held against runs.csv.
#include "record/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record/parts.h"

#define STATE(state) (1u << (state))
#define ALL_STATES (STATE(LOCK_STATES) - 1)
/* Folders of older versions do not have these: all of them or none, and none is no time. */
#define NEW_STATES (STATE(HELD_WAKING) | STATE(HELD_THROTTLED) | STATE(HANDOFF_QUEUE_SELF) | \
		    STATE(HANDOFF_QUEUE_OTHER) | STATE(HANDOFF_THROTTLED))

/* Rows of one run: its states, then what the samples split held_running into. */
#define MOST_ROWS (LOCK_STATES + SAMPLE_KINDS)

struct reading {
	struct folder *folder;
	struct csv_error *error;
};

static void name_of(size_t index, char name[ROWS_NAME_SIZE])
{
	if (index < LOCK_STATES)
		snprintf(name, ROWS_NAME_SIZE, "%s", ledger__lock_state(index));
	else
		snprintf(name, ROWS_NAME_SIZE, "%s.%s", ledger__lock_state(HELD_RUNNING),
			 sample_kind__name(index - LOCK_STATES));
}

/* Hand-off states have at most one interval per hand-off; of the others only the sum is kept. */
static uint64_t state_count(const struct ledger_lock *lock, enum lock_state state)
{
	return state >= HANDOFF_SIGNAL && state <= HANDOFF_TAKE ? lock->handoffs : COLUMN_MISSING_U64;
}

/* Without a sample nothing is known of the parts. */
static enum filled fill_part(struct ledger_row *row, const struct run *run, size_t lock,
			     size_t kind)
{
	uint64_t parts[SAMPLE_KINDS];
	const struct stacks *stacks = run_samples__of(&run->samples, run->ledger.locks[lock].index);

	if (!stacks || !run_samples__split(stacks, run->ledger.locks[lock].ns[HELD_RUNNING], parts))
		return FILLED_NOTHING;
	row->ns = parts[kind];
	row->count = stacks->samples[kind];
	columns__set_text(row->parent, sizeof(row->parent), ledger__lock_state(HELD_RUNNING));
	return FILLED;
}

/* All rows of the first lock, then all of the next. */
static enum filled fill(void *data, const struct run *run, size_t index)
{
	size_t lock = index / MOST_ROWS, state = index % MOST_ROWS;
	struct ledger_row *row = data;

	if (lock >= run->ledger.nlocks)
		return FILLED_ALL;
	if (run->ledger.locks[lock].folded)
		return FILLED_NOTHING;
	name_of(state, row->state);
	row->lock = lock + 1;
	if (state >= LOCK_STATES)
		return fill_part(row, run, lock, state - LOCK_STATES);
	row->ns = run->ledger.locks[lock].ns[state];
	row->count = state_count(&run->ledger.locks[lock], state);
	return FILLED;
}

const struct run_rows run_rows__ledger = { &rows__ledger, fill, NULL, true };

/* MOST_ROWS: of none. */
static size_t index_of(const char *state)
{
	char name[ROWS_NAME_SIZE];
	size_t index = 0;

	for (; index < MOST_ROWS; index++) {
		name_of(index, name);
		if (strcmp(state, name) == 0)
			break;
	}
	return index;
}

/* The one that cost most; older folders have no other. */
static bool is_first(const struct ledger_row *row)
{
	return row->lock == 1 || row->lock == COLUMN_MISSING_U64;
}

static int on_state(const void *data, void *arg)
{
	const struct reading *reading = arg;
	const struct ledger_row *row = data;
	size_t index = folder__find(reading->folder, row->run_id), state = index_of(row->state);
	struct folder_run *run = &reading->folder->runs[index];

	if (index == reading->folder->count || state == MOST_ROWS)
		return 0;
	if (!is_first(row)) {
		run->many_locks = true;
		return 0;
	}
	if (state >= LOCK_STATES) {
		run->running_ns[state - LOCK_STATES] = row->ns;
		run->sampled = true;
		return 0;
	}
	if (row->ns == COLUMN_MISSING_U64)
		return csv__refuse(reading->error, "ns", "", "every state has its time");
	if (run->states & (1u << state))
		return csv__refuse(reading->error, "state", row->state,
				   "twice for the run %.64s", row->run_id);
	run->states |= 1u << state;
	run->lock_ns[state] = row->ns;
	return 0;
}

/* Of the first, which ledger.csv is about. */
static int on_lock(const void *data, void *arg)
{
	const struct reading *reading = arg;
	const struct lock_row *row = data;
	size_t index = folder__find(reading->folder, row->run_id);

	if (row->lock != 1 || index == reading->folder->count)
		return 0;
	if (row->window_ns != COLUMN_MISSING_U64)
		reading->folder->runs[index].lock_window_ns = row->window_ns;
	if (row->unseen_ns != COLUMN_MISSING_U64)
		reading->folder->runs[index].unseen_ns = row->unseen_ns;
	return 0;
}

static uint64_t sum_of(const struct folder_run *run)
{
	uint64_t sum = 0;

	for (int state = 0; state < LOCK_STATES; state++)
		sum += run->lock_ns[state];
	return sum;
}

/*
 * Identity L1, with the tolerance of ledger.h: the sum is the lock's window, or the run's; in older
 * folders, of a lock that is not the only one, the part of it in which its process was there.
 */
static bool adds_up(const struct folder_run *run)
{
	uint64_t window = run->row.window_ns, sum = sum_of(run), off, most;

	if (run->lock_window_ns && run->lock_window_ns < window)
		window = run->lock_window_ns;
	off = sum > window ? sum - window : window - sum;
	most = window / LEDGER_TOLERANCE;
	return run->row.window_ns == COLUMN_MISSING_U64 || run->row.valid != 1 ||
	       (run->many_locks && sum < window) || off <= (most > LEDGER_TOLERANCE_NS ? most : LEDGER_TOLERANCE_NS);
}

static int check_run(const struct folder_run *run, struct csv_error *error)
{
	bool saw_lock = run->row.traced == 1 && run->row.releases != COLUMN_MISSING_U64;

	if (!run->states && !saw_lock)
		return 0;
	if (run->states != ALL_STATES && run->states != (ALL_STATES & ~NEW_STATES))
		snprintf(error->text, sizeof(error->text), "%s: it has %d of the lock's %d states "
			 "in the run %.64s (line %zu of %s)", rows__ledger.file,
			 __builtin_popcount(run->states), LOCK_STATES, run->row.run_id, run->line,
			 rows__runs.file);
	else if (!adds_up(run))
		snprintf(error->text, sizeof(error->text), "%s: the lock's states in the run %.64s "
			 "add up to %" PRIu64 " ns, its window in line %zu of %s is %" PRIu64,
			 rows__ledger.file, run->row.run_id, sum_of(run), run->line,
			 rows__runs.file, run->row.window_ns);
	else
		return 0;
	return -EBADMSG;
}

int record_ledger__read(struct folder *folder, struct csv_error *error)
{
	struct reading reading = { folder, error };
	int err = csv__read(folder->dirfd, rows__ledger.file, &rows__ledger, on_state, &reading,
			    error);

	if (!err && folder__has(folder, rows__locks.file))
		err = csv__read(folder->dirfd, rows__locks.file, &rows__locks, on_lock, &reading,
				error);
	for (size_t i = 0; i < folder->count && !err; i++)
		err = check_run(&folder->runs[i], error);
	return err;
}
