// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The containers that are tracked form a ring of headers; a collection sorts that ring into two.
 */
#include <stdlib.h>

#include "objects/cycles.h"

/*
 * How deep tracked containers may be dropped inside of each other before the rest is put off
 * (CPython's trashcan, Include/cpython/object.h: 50): a chain of a million would otherwise take
 * a million stack frames.
 */
#define DEPTH_MAX 50

/* What head->trial is during a collection when it is not a number of references. */
enum { REACHABLE = -1, UNREACHABLE = -2 };

/* In front of each tracked container. */
struct head {
	struct head *next;
	struct head *previous;
	struct cycles *cycles;	/* NULL: the collector is gone */
	int64_t trial;		/* references not accounted for by other containers */
};

_Static_assert(sizeof(struct head) % 16 == 0, "objects stay aligned as by malloc");

struct cycles {
	struct head containers;	/* the ring's beginning and end */
	struct head *later;	/* dropped too deep, linked by next */
	size_t depth;		/* of drops inside of drops */
	size_t threshold;
	size_t young;		/* made less freed since the last collection */
	size_t old;		/* that the last collection has left */
	bool collecting;
	struct cycles_counts counts;
};

static struct head *head_of(struct object *object)
{
	return (struct head *)object - 1;
}

static struct object *object_of(struct head *head)
{
	return (struct object *)(head + 1);
}

static void ring_init(struct head *ring)
{
	ring->next = ring->previous = ring;
}

static void ring_add(struct head *ring, struct head *head)
{
	head->next = ring;
	head->previous = ring->previous;
	ring->previous->next = head;
	ring->previous = head;
}

static void ring_remove(struct head *head)
{
	head->previous->next = head->next;
	head->next->previous = head->previous;
}

static void ring_move(struct head *ring, struct head *head)
{
	ring_remove(head);
	ring_add(ring, head);
}

static void track(struct cycles *cycles, struct object *object)
{
	struct head *head = head_of(object);

	head->cycles = cycles;
	ring_add(&cycles->containers, head);
	cycles->counts.tracked++;
	cycles->young++;
}

static void untrack(struct cycles *cycles, struct head *head)
{
	ring_remove(head);
	cycles->counts.tracked--;
	if (cycles->young)
		cycles->young--;
}

static void reclaim(struct head *head)
{
	struct object *object = object_of(head);

	object->type->clear(object);
	object_free_behind(sizeof(*head), object);
}

/* Untracked first: a collection in the middle of it must not meet a container without a count. */
static void tracked_dealloc(struct object *object)
{
	struct head *head = head_of(object);
	struct cycles *cycles = head->cycles;

	if (!cycles) {
		reclaim(head);
		return;
	}
	untrack(cycles, head);
	head->next = cycles->later;
	cycles->later = head;
	if (cycles->depth == DEPTH_MAX)
		return;
	cycles->depth++;
	/* The one just put there; and at the outermost drop, all that were put off within. */
	do {
		head = cycles->later;
		cycles->later = head->next;
		reclaim(head);
	} while (cycles->depth == 1 && cycles->later);
	cycles->depth--;
}

static const struct object_type tracked_list_type = {
	.name = "list",
	.size = sizeof(struct list_object),
	.dealloc = tracked_dealloc,
	.tracked = true,
	.traverse = list_traverse,
	.clear = list_clear,
};

static const struct object_type tracked_instance_type = {
	.name = "instance",
	.size = sizeof(struct instance_object),
	.dealloc = tracked_dealloc,
	.tracked = true,
	.traverse = instance_traverse,
	.clear = instance_clear,
};

struct cycles *cycles_new(size_t threshold)
{
	struct cycles *cycles = calloc(1, sizeof(*cycles));

	if (!cycles)
		return NULL;
	ring_init(&cycles->containers);
	cycles->threshold = threshold;
	return cycles;
}

void cycles_free(struct cycles *cycles)
{
	if (!cycles)
		return;
	for (struct head *head = cycles->containers.next; head != &cycles->containers;
	     head = head->next)
		head->cycles = NULL;
	free(cycles);
}

/*
 * A quarter of what is there already must be new too: else a program that only ever makes
 * containers would pay with the square of their number. CPython's rule for its oldest generation
 * (long_lived_pending and long_lived_total in gcmodule.c).
 */
static bool is_due(const struct cycles *cycles)
{
	return cycles->threshold && !cycles->collecting && cycles->young > cycles->threshold &&
	       cycles->young > cycles->old / 4;
}

static struct object *tracked_alloc(struct cycles *cycles, const struct object_type *type,
				    size_t extra)
{
	if (is_due(cycles)) {
		cycles->counts.automatic++;
		cycles_collect(cycles);
	}
	return object_alloc_behind(sizeof(struct head), type, extra);
}

struct list_object *cycles_list_new(struct cycles *cycles)
{
	struct object *object = tracked_alloc(cycles, &tracked_list_type, 0);
	struct list_object *list = (struct list_object *)object;

	if (!object)
		return NULL;
	list_init(list);
	track(cycles, object);
	return list;
}

struct instance_object *cycles_instance_new(struct cycles *cycles, size_t slots)
{
	struct object *object = tracked_alloc(cycles, &tracked_instance_type,
					      instance_slot_bytes(slots));
	struct instance_object *instance = (struct instance_object *)object;

	if (!object)
		return NULL;
	instance_init(instance, slots);
	track(cycles, object);
	return instance;
}

/* The header of a container that takes part in this collection, or NULL. */
static struct head *taking_part(struct object *object, const struct cycles *cycles)
{
	struct head *head = object->type->tracked ? head_of(object) : NULL;

	return head && head->cycles == cycles ? head : NULL;
}

static void traverse(struct head *head, object_visit *visit, void *argument)
{
	struct object *object = object_of(head);

	object->type->traverse(object, visit, argument);
}

static void subtract_one(struct object *object, void *cycles)
{
	struct head *head = taking_part(object, cycles);

	if (head)
		head->trial--;
}

/* Leaves in each container's trial the number of references from outside. */
static void count_from_outside(struct cycles *cycles)
{
	struct head *ring = &cycles->containers;

	for (struct head *head = ring->next; head != ring; head = head->next)
		head->trial = (int64_t)object_of(head)->refs;
	for (struct head *head = ring->next; head != ring; head = head->next)
		traverse(head, subtract_one, cycles);
}

/* One that was set aside goes back to the end of the ring, where the scan is yet to come. */
static void rescue(struct object *object, void *argument)
{
	struct cycles *cycles = argument;
	struct head *head = taking_part(object, cycles);

	if (!head)
		return;
	if (head->trial == UNREACHABLE)
		ring_move(&cycles->containers, head);
	if (head->trial == UNREACHABLE || head->trial == 0)
		head->trial = 1;
}

/*
 * Leaves in the ring what is referred to from outside, and all that can be reached from there:
 * in one pass and without recursion, since what is found to be reachable after it was set aside
 * is put where the pass has not been.
 */
static void set_aside_unreachable(struct cycles *cycles, struct head *unreachable)
{
	struct head *ring = &cycles->containers;
	struct head *head = ring->next;

	while (head != ring) {
		struct head *next;

		if (head->trial > 0) {
			traverse(head, rescue, cycles);
			head->trial = REACHABLE;
			next = head->next;	/* now: a rescue may have added to the end */
		} else {
			next = head->next;
			ring_move(unreachable, head);
			head->trial = UNREACHABLE;
		}
		head = next;
	}
}

/* The containers drop each other, in whatever order; each leaves the ring when it is freed. */
static void empty_all(struct cycles *cycles, struct head *garbage)
{
	while (garbage->next != garbage) {
		struct head *head = garbage->next;
		struct object *object = object_of(head);

		ring_move(&cycles->containers, head);
		object_incref(object);
		object->type->clear(object);
		object_decref(object);
	}
}

size_t cycles_collect(struct cycles *cycles)
{
	struct head garbage;
	size_t found = 0;

	if (cycles->collecting)
		return 0;
	cycles->collecting = true;
	cycles->young = 0;
	ring_init(&garbage);
	count_from_outside(cycles);
	set_aside_unreachable(cycles, &garbage);
	for (struct head *head = garbage.next; head != &garbage; head = head->next)
		found++;
	empty_all(cycles, &garbage);
	cycles->old = cycles->counts.tracked;
	cycles->counts.collections++;
	cycles->counts.garbage += found;
	cycles->collecting = false;
	return found;
}

struct cycles_counts cycles_counts(const struct cycles *cycles)
{
	return cycles->counts;
}
