// SPDX-License-Identifier: GPL-2.0-or-later
// Builds plans, step by step and argument by argument.
#include "experiment/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct lab_step *lab_plan__step(struct lab_plan *plan, const char *program, const char *arm, ...)
{
	struct lab_step *step = &plan->steps[LAB_MAX_STEPS - 1];
	va_list list;

	if (plan->count < LAB_MAX_STEPS)
		step = &plan->steps[plan->count++];
	else
		plan->failed = true;
	step->program = program;
	va_start(list, arm);
	vsnprintf(step->arm, sizeof(step->arm), arm, list);
	va_end(list);
	if (!step->nargs)
		lab_step__arg(plan, step, "%s", program);
	return step;
}

void lab_step__arg(struct lab_plan *plan, struct lab_step *step, const char *format, ...)
{
	char *text = NULL;
	va_list list;

	va_start(list, format);
	if (step->nargs + 1 >= LAB_MAX_ARGS || vasprintf(&text, format, list) < 0)
		plan->failed = true;
	else
		step->args[step->nargs++] = text;
	va_end(list);
}

void lab_plan__free(struct lab_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		for (size_t a = 0; a < plan->steps[i].nargs; a++)
			free(plan->steps[i].args[a]);
	*plan = (struct lab_plan){ 0 };
}
