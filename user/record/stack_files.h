/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_files - what the running holder was sampled doing, read back from stacks.csv. */
#ifndef SWITCHTAX_STACK_FILES_H
#define SWITCHTAX_STACK_FILES_H

#include "results/csv.h"
#include "record/folder.h"
#include "evidence/stack_sums.h"

/*
 * Add the samples of a folder's measured, valid, traced runs; nothing where no run was sampled.
 * Returns 0, -ENOMEM, or as csv__read(), with *error saying where. stack_sums__free() in every
 * case.
 */
int stack_files__add(const struct folder *folder, struct stack_sums *sums,
		     struct csv_error *error);

#endif
