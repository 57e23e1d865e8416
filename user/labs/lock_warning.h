/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock_warning - arms of the headline in which a lock would all but stand still. */
#ifndef SWITCHTAX_LOCK_WARNING_H
#define SWITCHTAX_LOCK_WARNING_H

#include <stdbool.h>
#include <stddef.h>

#include "experiment/experiment.h"

#define LOCK_WARNING_SIZE 512

/* Is there such an arm? Then text says which, and what to ask for instead. */
bool lock_warning__text(const struct experiment_options *options, char *text, size_t size);

#endif
