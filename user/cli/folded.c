// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the samples of the running holder as folded stacks.
#include "cli/folded.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int write_file(struct session *session, const char *name, const struct stacks *base,
		      const struct stacks *stacks)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int err;

	if (!memory)
		return -errno;
	if (base)
		stacks__print_difference(memory, base, stacks);
	else
		stacks__print_folded(memory, stacks);
	err = fclose(memory) ? -ENOMEM : session__write(session, name, text, size);
	free(text);
	return err;
}

int folded__write(struct session *session, const struct stack_sums *sums, const char *base_name,
		  const char *other_name)
{
	const struct stack_arm *base = stack_sums__arm(sums, base_name);
	const struct stack_arm *other = stack_sums__arm(sums, other_name);
	char name[ROWS_NAME_SIZE + 32];
	int err = 0;

	for (size_t i = 0; i < sums->count && !err; i++) {
		snprintf(name, sizeof(name), "stacks-%s.folded", sums->arms[i].name);
		err = write_file(session, name, NULL, &sums->arms[i].stacks);
	}
	if (base && other && !err)
		err = write_file(session, "stacks-diff.folded", &base->stacks, &other->stacks);
	return err;
}
