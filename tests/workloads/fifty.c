// SPDX-License-Identifier: GPL-2.0-or-later
// Fifty functions of one base name, as a compiler's clones would be, and one that is alone.
//
// `many` names many.constprop.0 to many.constprop.49; `only_once` names one function. For
// what is said when a lock's symbol matches too much.
#include <stdio.h>
#include <stdlib.h>

static volatile unsigned long calls[2];	/* of many, of only_once */

/* Each has a number of its own in it: equal functions would be folded into one. */
#define MANY(tens, ones)								\
	static void many_##tens##ones(void) __asm__("many.constprop." #tens #ones);	\
	__attribute__((noinline, used)) static void many_##tens##ones(void)		\
	{										\
		calls[0] += 1##tens##ones;						\
		calls[0] -= 1##tens##ones - 1;						\
	}

#define NAME(tens, ones) many_##tens##ones,

#define TEN(macro, tens)								\
	macro(tens, 0) macro(tens, 1) macro(tens, 2) macro(tens, 3) macro(tens, 4)	\
	macro(tens, 5) macro(tens, 6) macro(tens, 7) macro(tens, 8) macro(tens, 9)

#define FIFTY(macro) TEN(macro, ) TEN(macro, 1) TEN(macro, 2) TEN(macro, 3) TEN(macro, 4)

FIFTY(MANY)

static void (*const all[])(void) = { FIFTY(NAME) };

_Static_assert(sizeof(all) / sizeof(all[0]) == 50, "fifty functions");

void only_once(void);

__attribute__((noinline)) void only_once(void)
{
	calls[1]++;
}

#if defined(__x86_64__)
/* Begins with what the kernel does not probe, as a release of one instruction does. */
void locked_first(void);
__asm__(".pushsection .text\n.globl locked_first\n.type locked_first, @function\nlocked_first:\n"
	"lock incl (%rsp)\nret\n.size locked_first, .-locked_first\n.popsection");
#endif

int main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long rounds = argc == 2 ? strtoul(argv[1], &end, 10) : 1;

	if (argc > 2 || (argc == 2 && (*end || end == argv[1] || rounds > 1000000))) {
		fprintf(stderr, "usage: fifty [ROUNDS]\n");
		return 2;
	}
	for (unsigned long i = 0; i < rounds; i++) {
		for (size_t j = 0; j < sizeof(all) / sizeof(all[0]); j++)
			all[j]();
		only_once();
	}
	printf("many %lu\nonly_once %lu\n", calls[0], calls[1]);
	return 0;
}
