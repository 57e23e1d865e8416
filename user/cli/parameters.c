// SPDX-License-Identifier: GPL-2.0-or-later
// Lists the parameters of an experiment.
#include "cli/parameters.h"

#include <stdio.h>
#include <string.h>

void parameters__text(struct parameters *parameters, const char *name, const char *value)
{
	parameters->items[parameters->count++] = (struct environment_parameter){ name, value };
}

void parameters__number(struct parameters *parameters, const char *name, double value)
{
	char *text = parameters->values[parameters->count];

	snprintf(text, sizeof(parameters->values[0]), "%.10g", value);
	parameters__text(parameters, name, text);
}

void parameters__arms(struct parameters *parameters, const struct experiment_options *experiment)
{
	char *text = parameters->arms;

	for (size_t i = 0; i < experiment->narms; i++)
		snprintf(text + strlen(text), sizeof(parameters->arms) - strlen(text), "%s%s",
			 i ? "," : "", experiment->arms[i]);
	parameters__text(parameters, "arms", text);
}

void parameters__limits(struct parameters *parameters, const struct experiment_options *experiment)
{
	parameters__number(parameters, "blocks", (double)experiment->blocks);
	parameters__number(parameters, "budget_s", experiment->budget_s);
	parameters__number(parameters, "time_limit_s", (double)experiment->time_limit_s);
}
