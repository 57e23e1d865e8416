// SPDX-License-Identifier: GPL-2.0-or-later
// Builds the plans of labs.
#include "labs/lab.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct lab *lab__find(const char *name)
{
	for (size_t i = 0; all_labs[i]; i++)
		if (strcmp(all_labs[i]->name, name) == 0)
			return all_labs[i];
	return NULL;
}

int lab__judge(const struct lab *lab, const struct lab_evidence *evidence, const char *reason,
	       struct claims *claims)
{
	int err = reason ? 0 : lab->judge(evidence, claims);

	for (size_t i = 0; lab->claims[i]; i++)
		claims__add(claims, lab->claims[i], lab->name, CLAIM_UNDECIDED, NULL, NULL, "%s",
			    reason ? reason : "too few valid runs to judge by");
	return err;
}

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
