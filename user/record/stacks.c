// SPDX-License-Identifier: GPL-2.0-or-later
// stacks.csv, both ways: what the running holder was sampled doing.
#include "ledger/stacks.h"

#include <string.h>

#include "record/parts.h"

static enum filled fill(void *data, const struct run *run, size_t index)
{
	const struct stacks *stacks = &run->samples.stacks;
	struct stack_row *row = data;

	if (index == stacks->count)
		return FILLED_ALL;
	columns__set_text(row->kind, sizeof(row->kind),
			  sample_kind__name(stacks->list[index]->kind));
	columns__set_text(row->stack, sizeof(row->stack), stacks->list[index]->text);
	row->samples = stacks->list[index]->samples;
	return FILLED;
}

static int take(const void *data, struct run *run, struct csv_error *error)
{
	const struct stack_row *row = data;

	if (row->samples == COLUMN_MISSING_U64)
		return csv__refuse(error, "samples", "", "every stack was sampled");
	for (int kind = 0; kind < SAMPLE_KINDS; kind++)
		if (strcmp(row->kind, sample_kind__name(kind)) == 0)
			return stacks__add(&run->samples.stacks, kind, row->stack, row->samples);
	return csv__refuse(error, "kind", row->kind, "not one of user, fault, syscall, interrupt");
}

const struct run_rows run_rows__stacks = { &rows__stacks, fill, take, false };
