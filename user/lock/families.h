/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * families - the functions of a library that belong together: all that take a kind of lock, let go
 * of it, or do both. Who names two of them means them all: a lock that is taken by one and given
 * back in another would be followed wrongly.
 */
#ifndef SWITCHTAX_FAMILIES_H
#define SWITCHTAX_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAMILY_FUNCTIONS 5	/* room for names in a list, one NULL at its end */

/* Each function but those in wait has the lock as its first argument. */
struct lock_family {
	const char *acquire;
	const char *release;
	const char *try[FAMILY_FUNCTIONS];	/* have it only if they return 0 */
	const char *wait[FAMILY_FUNCTIONS];	/* let go of their second argument, and take it again */
	uint64_t words_size;			/* its futex: bytes from its address on; 0: none */
	bool recursive;				/* may be; what kind says so is glibc's */
	const char *unfit;			/* why such a lock cannot be followed; NULL: it can */
};

/* The family of a function; NULL: it is of none that we know. */
const struct lock_family *families__of(const char *function);

/* Does the function belong to it as one that takes the lock? */
bool families__takes(const struct lock_family *family, const char *function);

#endif
