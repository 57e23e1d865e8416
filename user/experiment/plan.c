// SPDX-License-Identifier: GPL-2.0-or-later
// Builds plans, arm by arm and argument by argument.
#include "experiment/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

struct plan_arm *lab_plan__step(struct lab_plan *plan, const char *program, const char *arm, ...)
{
	struct plan_arm *step = &plan->steps[PLAN_MAX_ARMS - 1];
	va_list list;

	if (plan->count < PLAN_MAX_ARMS)
		step = &plan->steps[plan->count++];
	else
		plan->failed = true;
	step->program = program;
	va_start(list, arm);
	vsnprintf(step->name, sizeof(step->name), arm, list);
	va_end(list);
	if (!step->nargs)
		lab_step__arg(plan, step, program);
	return step;
}

void lab_step__arg(struct lab_plan *plan, struct plan_arm *step, const char *arg)
{
	/* with room for the NULL behind */
	char **args = list__grow(step->args, step->nargs ? step->nargs + 1 : 0, sizeof(*args));

	if (args)
		step->args = args;
	if (!args || !(args[step->nargs] = strdup(arg)))
		plan->failed = true;
	else
		args[++step->nargs] = NULL;
}

void lab_step__args(struct lab_plan *plan, struct plan_arm *step, const char *format, ...)
{
	char *text = NULL, *rest = NULL;
	va_list list;

	va_start(list, format);
	if (vasprintf(&text, format, list) < 0) {
		plan->failed = true;
		text = NULL;
	}
	va_end(list);
	for (char *arg = text ? strtok_r(text, " ", &rest) : NULL; arg;
	     arg = strtok_r(NULL, " ", &rest))
		lab_step__arg(plan, step, arg);
	free(text);
}

void lab_plan__free(struct lab_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		for (size_t a = 0; a < plan->steps[i].nargs; a++)
			free(plan->steps[i].args[a]);
		free(plan->steps[i].args);
	}
	*plan = (struct lab_plan){ 0 };
}

int experiment_end__fail(struct experiment_end *end, int err, const char *where, const char *what)
{
	snprintf(end->error, sizeof(end->error), "%.4000s: %.500s", where, what);
	return err;
}
