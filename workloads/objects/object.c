// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The object types: each object one malloc, counted by the thread that asks, and each type's
 * dealloc the mirror image of its constructor.
 */
#include <stdlib.h>

#include "objects/object.h"

/* initial-exec: reached at a fixed distance from the thread pointer, without a call. */
static _Thread_local struct object_heap heap __attribute__((tls_model("initial-exec")));

struct object_heap object_heap_read(void)
{
	return heap;
}

/* Inline: the common case, without a head, has no arithmetic left of it. */
static inline struct object *alloc_behind(size_t head, const struct object_type *type,
					  size_t extra)
{
	struct object *object;

	if (extra > PTRDIFF_MAX - type->size - head) {
		errno = ENOMEM;
		return NULL;
	}
	object = malloc(head + type->size + extra);
	if (!object)
		return NULL;
	object = (struct object *)((char *)object + head);
	object->refs = 1;
	object->type = type;
	heap.allocated++;
	return object;
}

struct object *object_alloc(const struct object_type *type, size_t extra)
{
	return alloc_behind(0, type, extra);
}

struct object *object_alloc_behind(size_t head, const struct object_type *type, size_t extra)
{
	return alloc_behind(head, type, extra);
}

void object_free(struct object *object)
{
	heap.freed++;
	free(object);
}

void object_free_behind(size_t head, struct object *object)
{
	heap.freed++;
	free((char *)object - head);
}

static int int_greater(const struct object *a, const struct object *b)
{
	return int_value(a) > int_value(b);
}

const struct object_type int_type = {
	.name = "int",
	.size = sizeof(struct int_object),
	.dealloc = object_free,
	.greater = int_greater,
};

struct object *int_new(int64_t value)
{
	struct object *object = object_alloc(&int_type, 0);

	if (object)
		((struct int_object *)object)->value = value;
	return object;
}

static int float_greater(const struct object *a, const struct object *b)
{
	return float_value(a) > float_value(b);
}

const struct object_type float_type = {
	.name = "float",
	.size = sizeof(struct float_object),
	.dealloc = object_free,
	.greater = float_greater,
};

struct object *float_new(double value)
{
	struct object *object = object_alloc(&float_type, 0);

	if (object)
		((struct float_object *)object)->value = value;
	return object;
}

void list_traverse(struct object *object, object_visit *visit, void *argument)
{
	struct list_object *list = (struct list_object *)object;

	for (size_t i = list->size; i-- > 0;)
		visit(list->items[i], argument);
}

/* From the last item to the first, as CPython's list_clear (Objects/listobject.c). */
void list_clear(struct object *object)
{
	struct list_object *list = (struct list_object *)object;
	struct object **items = list->items;
	size_t size = list->size;

	list_init(list);
	while (size-- > 0)
		object_decref(items[size]);
	free(items);
}

static void list_dealloc(struct object *object)
{
	list_clear(object);
	object_free(object);
}

static const struct object_type list_type = {
	.name = "list",
	.size = sizeof(struct list_object),
	.dealloc = list_dealloc,
	.traverse = list_traverse,
	.clear = list_clear,
};

struct list_object *list_new(void)
{
	struct list_object *list = (struct list_object *)object_alloc(&list_type, 0);

	if (list)
		list_init(list);
	return list;
}

static int list_grow(struct list_object *list)
{
	size_t wanted = list->size + 1;
	size_t allocated = (wanted + (wanted >> 3) + 6) & ~(size_t)3;
	struct object **items;

	if (wanted > PTRDIFF_MAX / sizeof(*items) / 2)
		return -ENOMEM;
	items = realloc(list->items, allocated * sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	list->allocated = allocated;
	return 0;
}

int list_append(struct list_object *list, struct object *object)
{
	if (list->size == list->allocated) {
		int err = list_grow(list);

		if (err)
			return err;
	}
	object_incref(object);
	list->items[list->size++] = object;
	return 0;
}

struct object *list_max(const struct list_object *list)
{
	struct object *best;

	if (!list->size) {
		errno = ENODATA;
		return NULL;
	}
	best = list->items[0];
	object_incref(best);
	for (size_t i = 1; i < list->size; i++) {
		struct object *item = list->items[i];
		struct object *lesser = item;
		int greater;

		object_incref(item);
		greater = object_greater(item, best);
		if (greater > 0) {
			lesser = best;
			best = item;
		}
		object_decref(lesser);
		if (greater < 0) {
			object_decref(best);
			errno = ENOTSUP;
			return NULL;
		}
	}
	return best;
}

void instance_traverse(struct object *object, object_visit *visit, void *argument)
{
	struct instance_object *instance = (struct instance_object *)object;

	for (size_t i = 0; i < instance->slots; i++)
		if (instance->slot[i])
			visit(instance->slot[i], argument);
}

void instance_clear(struct object *object)
{
	struct instance_object *instance = (struct instance_object *)object;

	for (size_t i = 0; i < instance->slots; i++)
		instance_set(instance, i, NULL);
}

static void instance_dealloc(struct object *object)
{
	instance_clear(object);
	object_free(object);
}

static const struct object_type instance_type = {
	.name = "instance",
	.size = sizeof(struct instance_object),
	.dealloc = instance_dealloc,
	.traverse = instance_traverse,
	.clear = instance_clear,
};

struct instance_object *instance_new(size_t slots)
{
	struct instance_object *instance;

	instance = (struct instance_object *)object_alloc(&instance_type,
							  instance_slot_bytes(slots));
	if (instance)
		instance_init(instance, slots);
	return instance;
}
