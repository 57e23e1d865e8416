/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parameters - what an experiment was asked for, by name, as environment.json tells it. */
#ifndef SWITCHTAX_PARAMETERS_H
#define SWITCHTAX_PARAMETERS_H

#include <stdint.h>

#include "experiment/experiment.h"
#include "machine/environment.h"

#define PARAMETERS_MAX 16

/* In the order in which they were added; it points into itself, so it is not to be copied. */
struct parameters {
	struct environment_parameter items[PARAMETERS_MAX];
	size_t count;
	char values[PARAMETERS_MAX][64];	/* of numbers */
	char arms[512];
};

/* Strings are borrowed. */
void parameters__text(struct parameters *parameters, const char *name, const char *value);
void parameters__number(struct parameters *parameters, const char *name, double value);

/* The names of its arms; what bounds its blocks. */
void parameters__arms(struct parameters *parameters, const struct experiment_options *experiment);
void parameters__limits(struct parameters *parameters,
			const struct experiment_options *experiment);

#endif
