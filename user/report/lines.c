// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The labels of the tables.
 *
 * Two arbitrary programs have no arm that takes memory out of the difference, so no rung of their
 * ladder is switching alone. The words must not claim more.
 */
#include "report/lines.h"

#define LEDGER_STATES                                                        \
	{ LEDGER_SWITCHING, 0, "context switching" },                        \
	{ LEDGER_SIGNAL, 1, "free, next owner asleep: handoff_signal" },     \
	{ LEDGER_QUEUE, 1, "free, next owner runnable: handoff_queue" },     \
	{ LEDGER_TAKE, 1, "free, next owner on a CPU: handoff_take" },       \
	{ LEDGER_PREEMPTED_SELF, 1, "held, holder pre-empted by a sibling" }, \
	{ LEDGER_PREEMPTED_OTHER, 0, "noise: holder pre-empted by others" }, \
	{ LEDGER_BLOCKED, 0, "holder asleep: held_blocked" },                \
	{ LEDGER_IDLE, 0, "lock not wanted: free_idle (start, join)" },      \
	{ LEDGER_RUNNING, 0, "holder on a CPU: held_running" }

#define SWITCH_DIRECT \
	{ LEDGER_SWITCH_DIRECT, 0, "(hand-offs x price of a switch, in the above)" }

static const struct report_line run_ledger[] = {
	LEDGER_STATES,
	{ LEDGER_MEMORY, 1, "of it memory: interleaved - sequential" },
	{ LEDGER_PAGE_FAULTS, 2, "page faults (sampled)" },
	{ LEDGER_WORKING_SET, 2, "larger working set (the rest of it)" },
	{ LEDGER_LOCK, 1, "of it lock operations" },
	{ LEDGER_NOT_EXPLAINED, 1, "of it NOT EXPLAINED" },
	{ LEDGER_TOTAL, 0, "all lines = threads - sequential" },
	SWITCH_DIRECT,
};

static const struct report_line run_ladder[] = {
	{ LADDER_MEMORY, 0, "memory: interleaved - sequential" },
	{ LADDER_ONE_CPU, 0, "switching, one CPU: threads-1cpu - interleaved" },
	{ LADDER_ALL_CPUS, 0, "all CPUs: threads - threads-1cpu" },
	{ LADDER_TOTAL, 0, "all rungs = threads - sequential" },
	{ LADDER_LOCK, 0, "lock operations: threads - sequential" },
	{ LADDER_SWITCHING, 0, "switching: both rungs less lock operations" },
};

static const struct report_line run_dose[] = {
	{ DOSE_SWITCHING, 0, "switching: slope x hand-offs of threads" },
	{ DOSE_INDIRECT, 1, "of it not in the ledger's context switching" },
	{ DOSE_WITHOUT, 0, "without any hand-off (intercept)" },
	{ DOSE_TOTAL, 0, "threads - sequential in the same blocks" },
};

static const struct report_line compare_ledger[] = {
	LEDGER_STATES,
	{ LEDGER_PAGE_FAULTS, 1, "of it page faults (sampled)" },
	{ LEDGER_NOT_EXPLAINED, 1, "of it NOT EXPLAINED further" },
	{ LEDGER_TOTAL, 0, "all lines = other - base" },
};

static const struct report_line compare_ladder[] = {
	{ LADDER_ONE_CPU, 0, "on one CPU: other-1cpu - base" },
	{ LADDER_ALL_CPUS, 0, "all CPUs: other - other-1cpu" },
	{ LADDER_TOTAL, 0, "all rungs = other - base" },
};

static const struct report_line compare_dose[] = {
	{ DOSE_SWITCHING, 0, "switching: slope x hand-offs of other" },
	{ DOSE_INDIRECT, 1, "of it not in the ledger's context switching" },
	{ DOSE_WITHOUT, 0, "without any hand-off (intercept)" },
	{ DOSE_TOTAL, 0, "other - base in the same blocks" },
};

#define LINES(array) ((struct report_lines){ array, sizeof(array) / sizeof((array)[0]) })

struct report_lines report_lines__ledger(bool comparison)
{
	return comparison ? LINES(compare_ledger) : LINES(run_ledger);
}

struct report_lines report_lines__ladder(bool comparison)
{
	return comparison ? LINES(compare_ladder) : LINES(run_ladder);
}

struct report_lines report_lines__dose(bool comparison)
{
	return comparison ? LINES(compare_dose) : LINES(run_dose);
}

const char *report_lines__label(const struct verdict_question *question, bool comparison,
				enum verdict_component component)
{
	const struct report_lines tables[] = { report_lines__ledger(comparison),
					       report_lines__ladder(comparison),
					       report_lines__dose(comparison) };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (size_t line = 0; line < tables[i].count; line++)
			if (tables[i].lines[line].component == component)
				return tables[i].lines[line].label;
	return verdict__component(question, component);
}
