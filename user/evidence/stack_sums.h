/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_sums - what the holder did, summed over the runs of each arm. */
#ifndef SWITCHTAX_STACK_SUMS_H
#define SWITCHTAX_STACK_SUMS_H

#include "run/run.h"
#include "ledger/stacks.h"

#define STACK_SUMS_MOST_ARMS 16

struct stack_arm {
	char name[ROWS_NAME_SIZE];
	struct stacks stacks;
	uint64_t runs;
	bool has_lock;			/* ns is of held_running; else of all threads' CPU time */
	uint64_t ns[SAMPLE_KINDS];	/* of all runs */
	struct run_samples lost;	/* only its losses, summed */
};

/* Starts as zeros. */
struct stack_sums {
	struct stack_arm arms[STACK_SUMS_MOST_ARMS];
	size_t count;
};

/*
 * Add a run that was sampled, if it was traced, is valid and no warm-up (block 0). Without a lock
 * each sample stands for the time between two of them. Returns 0 or -ENOMEM.
 */
int stack_sums__add(struct stack_sums *sums, const struct run *run);

/* NULL: no run of that arm was added. */
const struct stack_arm *stack_sums__arm(const struct stack_sums *sums, const char *name);
void stack_sums__free(struct stack_sums *sums);

/* How much longer a run spends with this function on top. */
struct stack_growth {
	const char *function;
	double base_ms;		/* a run */
	double other_ms;
};

/*
 * The functions at the end of the lines whose time a run grew most from base to other, largest
 * first; base NULL: that take most. At most `most` of them, none that shrank. Returns how many.
 */
size_t stack_sums__growth(const struct stack_arm *base, const struct stack_arm *other,
			  struct stack_growth *growth, size_t most);

/* Of one kind, ms a run. */
double stack_sums__ms(const struct stack_arm *arm, enum sample_kind kind);

#endif
