// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a task does once, before and after its loop; the loop's step itself is inline in task.h.
 */
#include <errno.h>
#include <stddef.h>

#include "objects/task.h"

#define FLOAT_CHUNK	32		/* 24 bytes and malloc's size word, in multiples of 16 */
#define LIST_ROOM	9		/* a pointer and the list's eighth of over-allocation */
#define LIST_COPY	8		/* the old array, a ninth shorter, when copied */
#define SLACK		(96 * 1024)	/* the task itself, small blocks, page rounding */

int task_init(struct task *task, uint64_t objects, uint32_t seed)
{
	if (!objects)
		return -EINVAL;
	task->list = list_new();
	if (!task->list)
		return -ENOMEM;
	task->phase = TASK_PHASE_BUILD;
	task->objects = objects;
	task->built = 0;
	task->variable = NULL;
	task->best = NULL;
	task->maximum = 0;
	mt_seed(&task->random, seed);
	return 0;
}

static void drop_list(struct task *task)
{
	if (task->list)
		object_decref(&task->list->base);
	task->list = NULL;
}

static void drop_best(struct task *task)
{
	if (task->best)
		object_decref(task->best);
	task->best = NULL;
}

enum task_status task_finish(struct task *task)
{
	switch (task->phase) {
	case TASK_PHASE_MAX:
		task->best = list_max(task->list);	/* floats, at least one: cannot fail */
		task->phase = TASK_PHASE_DROP;
		return TASK_RUNNING;
	case TASK_PHASE_DROP:
		drop_list(task);
		task->maximum = float_value(task->best);
		drop_best(task);
		task->phase = TASK_PHASE_DONE;
		return TASK_DONE;
	default:
		return TASK_DONE;
	}
}

void task_abandon(struct task *task)
{
	if (task->phase == TASK_PHASE_DONE)
		return;
	if (task->variable)
		object_decref(task->variable);
	task->variable = NULL;
	drop_list(task);
	drop_best(task);
	task->phase = TASK_PHASE_DONE;
}

/*
 * The first task of a process takes about 40 bytes an object, a float's chunk and a pointer: its
 * array is soon mmapped and grows by mremap, without a copy, and spare room is not touched.  But
 * glibc raises its mmap threshold (up to 32 MiB) to the size of what is freed, so that later
 * tasks' arrays lie in the heap, where growing means a copy and leaves a hole that no float may
 * have filled by the end.  Hence all three terms.  Measured on glibc 2.36: 40 bytes an object for
 * the first task; 40 to 49, with what malloc held on to, for the tenth.  Several tasks at a time
 * stay below the sum of their estimates but for two of a million objects, taken in turn by the
 * step and run four times over: 51 bytes.
 */
uint64_t task_bytes(uint64_t objects)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(objects, FLOAT_CHUNK + LIST_ROOM + LIST_COPY, &bytes) ||
	    __builtin_add_overflow(bytes, SLACK, &bytes))
		return UINT64_MAX;
	return bytes;
}
