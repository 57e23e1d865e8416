/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference-counted objects with a table of operations per type, after CPython's, so that a
 * workload step costs what an interpreter's objects cost: a malloc, a counted reference, an
 * indirect call.
 *
 * Counts are plain integers, as in CPython before 3.13's free-threaded build.  They are not safe
 * by themselves: whoever shares objects between threads holds one global lock around every call
 * here.  That need is what the project measures.
 *
 * Objects that refer to each other in a ring leak, unless they were made under a cycle collector
 * (cycles.h), which a program has to ask for.
 *
 * Left out of the model: caches of small ints and free lists of floats and lists (every object
 * is one malloc), and outside of a collector a limit to the recursion of dealloc (depth is that of
 * the nesting).
 */
#ifndef SWITCHTAX_OBJECT_H
#define SWITCHTAX_OBJECT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object_type;

struct object {
	size_t refs;
	const struct object_type *type;
};

/* Called with an object that another one refers to, once for each reference. */
typedef void object_visit(struct object *object, void *argument);

/*
 * size:	bytes of an object, without what object_alloc() is asked to add
 * dealloc:	called once, when the count has come to 0: drops what the object refers to and ends
 *		with object_free()
 * greater:	1 if a > b, else 0, both of this type; NULL if the type has no order.  Must not
 *		change the objects.
 * tracked:	its objects are made and freed by a cycle collector only, see cycles.h
 * traverse:	visits what the object owns a reference to, and changes nothing; NULL for a type
 *		whose objects refer to no other
 * clear:	drops those references and leaves an empty object behind.  The object no longer
 *		has a reference when it is dropped, so whatever runs meanwhile finds it whole.
 */
struct object_type {
	const char *name;
	size_t size;
	void (*dealloc)(struct object *object);
	int (*greater)(const struct object *a, const struct object *b);
	bool tracked;
	void (*traverse)(struct object *object, object_visit *visit, void *argument);
	void (*clear)(struct object *object);
};

struct int_object {
	struct object base;
	int64_t value;
};

struct float_object {
	struct object base;
	double value;
};

struct list_object {
	struct object base;
	size_t size;			/* items in use */
	size_t allocated;		/* items there is room for */
	struct object **items;		/* the list owns a reference to each; NULL if none yet */
};

struct instance_object {
	struct object base;
	size_t slots;
	struct object *slot[];		/* the instance owns a reference to each; NULL: not set */
};

_Static_assert(sizeof(struct object) == 16, "an object's header is two words");
_Static_assert(sizeof(struct int_object) == 24, "an int fills malloc's smallest chunk");
_Static_assert(sizeof(struct float_object) == 24, "a float fills malloc's smallest chunk");

extern const struct object_type int_type;
extern const struct object_type float_type;

/*
 * Objects made and freed by one thread since it started.  An object is counted as freed by the
 * thread that drops its last reference, so only sums over all threads balance.  A cache line of
 * its own: counting never makes two threads share a line.
 */
struct object_heap {
	_Alignas(64) uint64_t allocated;
	uint64_t freed;
	uint64_t pad[6];
};

_Static_assert(sizeof(struct object_heap) == 64, "counters fill one cache line");

/* The calling thread's counters, by value; a thread leaves its own behind before it ends. */
struct object_heap object_heap_read(void);

/*
 * A new object of the type with `extra` bytes behind it and one reference, the caller's.  All but
 * the header is uninitialised.  NULL with errno ENOMEM if there is no memory, or if the size does
 * not fit a size_t.  For the types' own constructors.
 */
struct object *object_alloc(const struct object_type *type, size_t extra);

/* Gives the memory back, whatever the count; for the end of a type's dealloc, nobody else. */
void object_free(struct object *object);

/*
 * The same with `head` bytes in front of the object, a multiple of 16 so that the object stays
 * where malloc would have put it; uninitialised.  For collectors.
 */
struct object *object_alloc_behind(size_t head, const struct object_type *type, size_t extra);
void object_free_behind(size_t head, struct object *object);

static inline void object_incref(struct object *object)
{
	object->refs++;
}

/* Drops a reference; with the last one the object is gone, as is all that only it referred to. */
static inline void object_decref(struct object *object)
{
	if (--object->refs == 0)
		object->type->dealloc(object);
}

/* 1 if a > b, 0 if not, -ENOTSUP if they differ in type or the type has no order. */
static inline int object_greater(const struct object *a, const struct object *b)
{
	if (a->type != b->type || !a->type->greater)
		return -ENOTSUP;
	return a->type->greater(a, b);
}

/* A new int or float, the caller's reference; NULL with errno ENOMEM. */
struct object *int_new(int64_t value);
struct object *float_new(double value);

/* The value of an object that must be an int. */
static inline int64_t int_value(const struct object *object)
{
	return ((const struct int_object *)object)->value;
}

/* The value of an object that must be a float. */
static inline double float_value(const struct object *object)
{
	return ((const struct float_object *)object)->value;
}

/* A new empty list without an item array, the caller's reference; NULL with errno ENOMEM. */
struct list_object *list_new(void);

/* The same in memory of the caller's choice, which has a header already. */
static inline void list_init(struct list_object *list)
{
	list->size = 0;
	list->allocated = 0;
	list->items = NULL;
}

/* What a list has as traverse and clear, for types derived from it. */
void list_traverse(struct object *object, object_visit *visit, void *argument);
void list_clear(struct object *object);

/*
 * Appends the object and takes a reference of its own to it.  0, or -ENOMEM: then list and object
 * are as before.  Grows like CPython's list_resize (Objects/listobject.c, 3.9 and later): to hold
 * n items there is room made for n + n / 8 + 6, rounded down to a multiple of 4.
 */
int list_append(struct list_object *list, struct object *object);

/*
 * A new reference to the first of the greatest items.  As CPython's max() (Python/bltinmodule.c,
 * min_max) it takes a reference to each item in turn and drops the lesser one's after comparing.
 * NULL with errno ENODATA if the list is empty, ENOTSUP if two items cannot be compared.
 */
struct object *list_max(const struct list_object *list);

/*
 * A new instance with that many attribute slots, none set; the caller's reference.  NULL with
 * errno ENOMEM.
 */
struct instance_object *instance_new(size_t slots);

/* The bytes of the slots; SIZE_MAX, which no malloc has, if there cannot be so many. */
static inline size_t instance_slot_bytes(size_t slots)
{
	return slots > PTRDIFF_MAX / sizeof(struct object *) ? SIZE_MAX :
							       slots * sizeof(struct object *);
}

/* The same in memory of the caller's choice, which has a header and the slots' bytes. */
static inline void instance_init(struct instance_object *instance, size_t slots)
{
	instance->slots = slots;
	for (size_t i = 0; i < slots; i++)
		instance->slot[i] = NULL;
}

/* What instance_type has as traverse and clear, for types derived from it. */
void instance_traverse(struct object *object, object_visit *visit, void *argument);
void instance_clear(struct object *object);

/* A new reference to the slot's object; NULL if it is not set or there is no such slot. */
static inline struct object *instance_get(const struct instance_object *instance, size_t slot)
{
	struct object *object;

	if (slot >= instance->slots)
		return NULL;
	object = instance->slot[slot];
	if (object)
		object_incref(object);
	return object;
}

/*
 * Sets the slot and takes a reference of its own to the object; NULL unsets the slot.  The object
 * it held before is dropped last, when the slot already has its new value.  0, or -EINVAL if there
 * is no such slot.
 */
static inline int instance_set(struct instance_object *instance, size_t slot,
			       struct object *object)
{
	struct object *old;

	if (slot >= instance->slots)
		return -EINVAL;
	if (object)
		object_incref(object);
	old = instance->slot[slot];
	instance->slot[slot] = object;
	if (old)
		object_decref(old);
	return 0;
}

#endif
