// SPDX-License-Identifier: GPL-2.0-or-later
// What the components are called in files, and which is a part of which.
#include "verdict/verdict.h"

#include <string.h>

static const struct {
	const char *method;
	const char *name;
	enum verdict_component parent;
} components[VERDICT_COMPONENTS] = {
	[LEDGER_TOTAL] = { "ledger", "total", LEDGER_TOTAL },
	[LEDGER_SWITCHING] = { "ledger", "switching", LEDGER_TOTAL },
	[LEDGER_SIGNAL] = { "ledger", "handoff_signal", LEDGER_SWITCHING },
	[LEDGER_QUEUE] = { "ledger", "handoff_queue", LEDGER_SWITCHING },
	[LEDGER_TAKE] = { "ledger", "handoff_take", LEDGER_SWITCHING },
	[LEDGER_PREEMPTED_SELF] = { "ledger", "held_preempted_self", LEDGER_SWITCHING },
	[LEDGER_PREEMPTED_OTHER] = { "ledger", "held_preempted_other", LEDGER_TOTAL },
	[LEDGER_BLOCKED] = { "ledger", "held_blocked", LEDGER_TOTAL },
	[LEDGER_IDLE] = { "ledger", "free_idle", LEDGER_TOTAL },
	[LEDGER_RUNNING] = { "ledger", "held_running", LEDGER_TOTAL },
	[LEDGER_MEMORY] = { "ledger", "memory", LEDGER_RUNNING },
	[LEDGER_PAGE_FAULTS] = { "ledger", "page_faults", LEDGER_MEMORY },
	[LEDGER_WORKING_SET] = { "ledger", "working_set", LEDGER_MEMORY },
	[LEDGER_LOCK] = { "ledger", "lock_operations", LEDGER_RUNNING },
	[LEDGER_NOT_EXPLAINED] = { "ledger", "not_explained", LEDGER_RUNNING },
	[LEDGER_SWITCH_DIRECT] = { "ledger", "switch_direct", LEDGER_SWITCH_DIRECT },
	[LADDER_TOTAL] = { "ladder", "total", LADDER_TOTAL },
	[LADDER_MEMORY] = { "ladder", "memory", LADDER_TOTAL },
	[LADDER_ONE_CPU] = { "ladder", "switching_one_cpu", LADDER_TOTAL },
	[LADDER_ALL_CPUS] = { "ladder", "switching_all_cpus", LADDER_TOTAL },
	[LADDER_LOCK] = { "ladder", "lock_operations", LADDER_LOCK },
	[LADDER_SWITCHING] = { "ladder", "switching", LADDER_SWITCHING },
	[DOSE_TOTAL] = { "dose", "total", DOSE_TOTAL },
	[DOSE_SWITCHING] = { "dose", "switching", DOSE_TOTAL },
	[DOSE_INDIRECT] = { "dose", "switch_indirect", DOSE_SWITCHING },
	[DOSE_WITHOUT] = { "dose", "without_handoffs", DOSE_TOTAL },
};

const char *verdict__method(enum verdict_component component)
{
	return components[component].method;
}

const char *verdict__component(const struct verdict_question *question,
			       enum verdict_component component)
{
	if (!question->memory && component == LADDER_ONE_CPU)
		return "one_cpu";
	if (!question->memory && component == LADDER_ALL_CPUS)
		return "all_cpus";
	return components[component].name;
}

enum verdict_component verdict__parent(const struct verdict_question *question,
				       enum verdict_component component)
{
	if (!question->memory && component == LEDGER_PAGE_FAULTS)
		return LEDGER_RUNNING;
	return components[component].parent;
}

const struct verdict_arm *verdict__arm(const struct verdict *verdict, const char *arm)
{
	for (size_t i = 0; i < verdict->narms; i++)
		if (strcmp(verdict->arms[i].arm, arm) == 0)
			return &verdict->arms[i];
	return NULL;
}

void verdict__free(struct verdict *verdict)
{
	dose__free(&verdict->points);
}
