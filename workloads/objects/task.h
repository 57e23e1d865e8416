/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headline task, max([random.random() for i in range(n)]), as a state machine that can stop
 * between any two of its steps, so that a lock can be let go and taken again where an interpreter
 * would do so.
 *
 * A step is what CPython runs without looking at its eval breaker.  One turn of the
 * comprehension's loop is one step; max() is one call into C and drops no lock on the way, hence
 * one step whatever the list's length; so is the dropping of the list (Python/ceval.c,
 * Python/bltinmodule.c min_max, Objects/listobject.c list_dealloc).  A task of n objects is done
 * with its step n + 2.
 */
#ifndef SWITCHTAX_TASK_H
#define SWITCHTAX_TASK_H

#include <stdint.h>

#include "objects/mt19937.h"
#include "objects/object.h"

/* The step that comes next. */
enum task_phase {
	TASK_PHASE_BUILD,
	TASK_PHASE_MAX,
	TASK_PHASE_DROP,
	TASK_PHASE_DONE,
};

enum task_status {
	TASK_RUNNING,		/* there is more to do */
	TASK_DONE,		/* the maximum is known, all objects are freed */
	TASK_NO_MEMORY,		/* a step failed; nothing is left to do but task_abandon() */
};

/*
 * Owned by one thread at a time.  The generator stands last: tasks side by side in an array do not
 * share the cache lines they write with every step.
 */
struct task {
	enum task_phase phase;
	uint64_t objects;		/* n */
	uint64_t built;			/* floats in the list so far */
	struct list_object *list;
	struct object *variable;	/* the loop's i, an int; NULL before and after the loop */
	struct object *best;		/* what max() gave, from its step to the next */
	double maximum;			/* the result; valid when done */
	struct mt19937 random;
};

/*
 * Makes a task of n = objects floats ready for its first step; it then owns an empty list.  The
 * numbers are those of Python's random.seed(seed).  0, -EINVAL if objects is 0 (max() of nothing),
 * -ENOMEM.  On an error there is nothing to abandon.
 */
int task_init(struct task *task, uint64_t objects, uint32_t seed);

/* The steps after the loop, and no step at all once done; for task_step(). */
enum task_status task_finish(struct task *task);

/*
 * Frees all objects of a task that was initialised and leaves it in phase DONE, with no valid
 * maximum if it was not done before.  Harmless on a finished task, and a second time.
 */
void task_abandon(struct task *task);

/*
 * Peak bytes of one task with glibc's malloc, rather too many than too few; UINT64_MAX if that
 * does not fit.  See task.c for what is counted.
 */
uint64_t task_bytes(uint64_t objects);

/*
 * One turn of the loop: i's new int replaces the old one, random() makes a float, the list takes
 * its reference, the step's own is dropped.
 */
static inline enum task_status task_build(struct task *task)
{
	struct object *variable = int_new((int64_t)task->built);
	struct object *number;
	int err;

	if (!variable)
		return TASK_NO_MEMORY;
	if (task->variable)
		object_decref(task->variable);
	task->variable = variable;

	number = float_new(mt_random_double(&task->random));
	if (!number)
		return TASK_NO_MEMORY;
	err = list_append(task->list, number);
	object_decref(number);
	if (err)
		return TASK_NO_MEMORY;

	if (++task->built == task->objects) {
		object_decref(task->variable);
		task->variable = NULL;
		task->phase = TASK_PHASE_MAX;
	}
	return TASK_RUNNING;
}

/*
 * Does the next step.  TASK_RUNNING, TASK_DONE from the last step on, or TASK_NO_MEMORY; after
 * that the task must be abandoned.
 */
static inline enum task_status task_step(struct task *task)
{
	if (__builtin_expect(task->phase == TASK_PHASE_BUILD, 1))
		return task_build(task);
	return task_finish(task);
}

#endif
