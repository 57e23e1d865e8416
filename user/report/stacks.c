// SPDX-License-Identifier: GPL-2.0-or-later
// Prints what the samples of the running holder say.
#include "report/stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS 5
#define WIDTH 44	/* of names; longer ones lose their middle */

static const char *const labels[SAMPLE_KINDS] = {
	[SAMPLE_KIND_USER] = "its own code",
	[SAMPLE_KIND_FAULT] = "page faults",
	[SAMPLE_KIND_SYSCALL] = "system calls",
	[SAMPLE_KIND_INTERRUPT] = "interrupts, traps",
};

static void print_line(FILE *out, const char *label, double base, double other, bool both)
{
	if (both)
		fprintf(out, "  %-*s %12.3f %12.3f %+12.3f\n", WIDTH, label, base, other,
			other - base);
	else
		fprintf(out, "  %-*s %12.3f\n", WIDTH, label, other);
}

/* A C++ or Python name may be longer than the page is wide; both its ends say something. */
static void shorten(const char *name, char text[WIDTH + 1])
{
	size_t length = strlen(name), tail = WIDTH / 2;

	if (length <= WIDTH)
		snprintf(text, WIDTH + 1, "%s", name);
	else
		snprintf(text, WIDTH + 1, "%.*s...%s", (int)(WIDTH - 3 - tail), name,
			 name + length - tail);
}

static void print_functions(FILE *out, const struct stack_arm *base,
			    const struct stack_arm *other)
{
	struct stack_growth growth[FUNCTIONS];
	size_t count = stack_sums__growth(base, other, growth, FUNCTIONS);
	char name[WIDTH + 1];

	if (!count)
		return;
	fprintf(out, "  %s ([k]: the kernel's):\n",
		base ? "Functions that grew most" : "Functions that took most");
	for (size_t i = 0; i < count; i++) {
		shorten(growth[i].function, name);
		print_line(out, name, growth[i].base_ms, growth[i].other_ms, base != NULL);
	}
}

static void print_head(FILE *out, const struct stack_arm *base, const struct stack_arm *other)
{
	fprintf(out, "\n%s (%" PRIu64, other->has_lock ?
		"While held by a running thread, by sampling it" :
		"While its threads ran, by sampling them", stacks__total(&other->stacks));
	if (base)
		fprintf(out, " and %" PRIu64, stacks__total(&base->stacks));
	fprintf(out, " samples)\n");
	if (base)
		fprintf(out, "  %-*s %12.12s %12.12s %12s\n", WIDTH, "ms a run", base->name,
			other->name, "difference");
	else
		fprintf(out, "  %-*s %12s\n", WIDTH, "", "ms");
}

static void print_losses(FILE *out, const struct stack_arm *arm)
{
	char text[256];

	run_samples__describe_losses(&arm->lost, text, sizeof(text));
	if (*text)
		fprintf(out, "  %s: %s\n", arm->name, text);
}

void report_stacks__text(FILE *out, const struct stack_sums *sums, const char *base_name,
			 const char *other_name)
{
	const struct stack_arm *base = stack_sums__arm(sums, base_name);
	const struct stack_arm *other = stack_sums__arm(sums, other_name);

	if (!other || !stacks__total(&other->stacks))
		return;
	/* Time of a lock's holder and of all threads are not to be subtracted. */
	if (base && base->has_lock != other->has_lock)
		base = NULL;
	print_head(out, base, other);
	for (int kind = 0; kind < SAMPLE_KINDS; kind++)
		print_line(out, labels[kind], base ? stack_sums__ms(base, kind) : 0,
			   stack_sums__ms(other, kind), base != NULL);
	print_functions(out, base, other);
	if (base)
		print_losses(out, base);
	print_losses(out, other);
}
