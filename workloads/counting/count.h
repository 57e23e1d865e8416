/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interface for every way of counting references to an object that threads share.
 *
 * A scheme's file fills in struct count_scheme and nothing else; the layout of an object is its
 * own.  Beside the count an object has what object.h's float has, a type and a double, so that the
 * schemes' bytes compare: 24 for a plain count.
 *
 * Counting is done for many objects in one call, so that a scheme's own few instructions are
 * inlined in a loop (each.h) and not drowned in a call through a pointer.
 */
#ifndef SWITCHTAX_COUNT_H
#define SWITCHTAX_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An object with a count; begins with whatever its scheme wants. */
struct counted;
struct count_scheme;

struct count_type {
	const char *name;
	/* Called by whoever drops the last reference; ends with scheme->free(), if at all. */
	void (*dealloc)(const struct count_scheme *scheme, struct counted *object);
};

struct count_scheme {
	const char *name;
	const char *summary;	/* one line for --help */
	size_t bytes;		/* of an object */
	bool sleeps;		/* a thread may sleep while it counts */

	/* A new object with one reference, the caller's. NULL with errno ENOMEM. */
	struct counted *(*make)(const struct count_type *type, double value);
	/* Gives the memory back, whatever the count. */
	void (*free)(struct counted *object);

	/* One reference more, or less, to each of them; with the last one its type's dealloc. */
	void (*incref_each)(struct counted *const *objects, size_t count);
	void (*decref_each)(struct counted *const *objects, size_t count);

	/* The count; exact only while no other thread counts. */
	int64_t (*read)(const struct counted *object);

	/*
	 * A thread that counts calls enter() before and leave() after, and settle() now and then
	 * in between: what an interpreter does between two of its steps. NULL: nothing to do.
	 */
	void (*enter)(void);
	void (*settle)(void);
	void (*leave)(void);
};

extern const struct count_scheme count_plain, count_lock, count_atomic, count_biased, count_global;

/* All schemes, ended by NULL, and their names in that order, for help and messages. */
extern const struct count_scheme *const count_schemes[];
#define COUNT_NAMES "plain, object-lock, atomic, biased, global"

/* The scheme of that name, or NULL. */
const struct count_scheme *count_scheme_find(const char *name);

static inline void count_enter(const struct count_scheme *scheme)
{
	if (scheme->enter)
		scheme->enter();
}

static inline void count_settle(const struct count_scheme *scheme)
{
	if (scheme->settle)
		scheme->settle();
}

static inline void count_leave(const struct count_scheme *scheme)
{
	if (scheme->leave)
		scheme->leave();
}

#endif
