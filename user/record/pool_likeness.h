/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool_likeness - may two results folders be put together? */
#ifndef SWITCHTAX_POOL_LIKENESS_H
#define SWITCHTAX_POOL_LIKENESS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/folder.h"

/*
 * Are both of one experiment: the same arms, traced or not, with the same parameters and
 * programs? On one machine also on the same CPUs. If not, what[size] says in a few words what
 * they differ in, as "workers: 2 and 5". Programs can be compared only where both folders have
 * an environment.json.
 */
bool pool_likeness__alike(const struct folder *a, const struct folder *b, bool one_machine,
			  char *what, size_t size);

#endif
