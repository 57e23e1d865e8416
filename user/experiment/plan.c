// SPDX-License-Identifier: GPL-2.0-or-later
// Builds plans, arm by arm and argument by argument.
#include "experiment/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
		lab_step__arg(plan, step, "%s", program);
	return step;
}

void lab_step__arg(struct lab_plan *plan, struct plan_arm *step, const char *format, ...)
{
	char **args = realloc(step->args, (step->nargs + 2) * sizeof(*args));
	va_list list;

	if (args)
		step->args = args;
	va_start(list, format);
	if (!args || vasprintf(&args[step->nargs], format, list) < 0)
		plan->failed = true;
	else
		args[++step->nargs] = NULL;
	va_end(list);
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
