// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Objects live exactly as long as they are referred to.  A probe type whose dealloc writes down
 * who died, and in what order, tells; so do the counters, which must balance after every test.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../workloads/objects/object.h"

struct probe {
	struct object base;
	int id;
	struct instance_object *watched;	/* looked at in dealloc; not referred to */
};

static int dead[16];
static int deaths;
static struct object *seen;

static void probe_dealloc(struct object *object)
{
	struct probe *probe = (struct probe *)object;

	assert_int_equal(object->refs, 0);
	assert_in_range(deaths, 0, 15);
	dead[deaths++] = probe->id;
	if (probe->watched)
		seen = probe->watched->slot[0];
	object_free(object);
}

static int probe_greater(const struct object *a, const struct object *b)
{
	assert_true(a->refs >= 2 && b->refs >= 2);	/* the list's and max()'s */
	return ((const struct probe *)a)->id > ((const struct probe *)b)->id;
}

static const struct object_type probe_type = {
	.name = "probe",
	.size = sizeof(struct probe),
	.dealloc = probe_dealloc,
	.greater = probe_greater,
};

static struct object *probe_new(int id)
{
	struct probe *probe = (struct probe *)object_alloc(&probe_type, 0);

	assert_non_null(probe);
	probe->id = id;
	probe->watched = NULL;
	return &probe->base;
}

/* Gives the list the only reference to the object. */
static void give(struct list_object *list, struct object *object)
{
	assert_non_null(object);
	assert_int_equal(list_append(list, object), 0);
	object_decref(object);
}

static struct object_heap before;

static int setup(void **state)
{
	(void)state;
	deaths = 0;
	seen = NULL;
	before = object_heap_read();
	return 0;
}

static int teardown(void **state)
{
	struct object_heap after = object_heap_read();

	(void)state;
	return after.allocated == before.allocated ||
	       after.allocated - before.allocated != after.freed - before.freed;
}

static void dealloc_comes_with_the_last_reference(void **state)
{
	struct object *probe = probe_new(1);

	(void)state;
	assert_int_equal(probe->refs, 1);
	object_incref(probe);
	object_incref(probe);
	assert_int_equal(probe->refs, 3);
	object_decref(probe);
	assert_int_equal(probe->refs, 2);
	object_decref(probe);
	assert_int_equal(probe->refs, 1);
	assert_int_equal(deaths, 0);
	assert_int_equal(object_heap_read().freed, before.freed);
	object_decref(probe);
	assert_int_equal(deaths, 1);
	assert_int_equal(object_heap_read().freed, before.freed + 1);
}

static void numbers_keep_their_values(void **state)
{
	static const int64_t ints[] = { 0, -1, INT64_MAX, INT64_MIN };
	struct object *number;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		number = int_new(ints[i]);
		assert_ptr_equal(number->type, &int_type);
		assert_int_equal(number->refs, 1);
		assert_true(int_value(number) == ints[i]);
		object_decref(number);
	}
	number = float_new(0x1.fffffffffffffp-1);
	assert_ptr_equal(number->type, &float_type);
	assert_int_equal(number->refs, 1);
	assert_true(float_value(number) == 0x1.fffffffffffffp-1);
	object_decref(number);
	assert_int_equal(object_heap_read().allocated, before.allocated + 5);
}

static void compared_by_type(void **state)
{
	struct object *one = int_new(INT64_MAX - 1);
	struct object *two = int_new(INT64_MAX);	/* the same as one, were they doubles */
	struct object *half = float_new(0.5);
	struct list_object *list = list_new();

	(void)state;
	assert_int_equal(object_greater(two, one), 1);
	assert_int_equal(object_greater(one, two), 0);
	assert_int_equal(object_greater(one, one), 0);
	assert_int_equal(object_greater(half, half), 0);
	assert_int_equal(object_greater(one, half), -ENOTSUP);
	assert_int_equal(object_greater(&list->base, &list->base), -ENOTSUP);
	object_decref(one);
	object_decref(two);
	object_decref(half);
	object_decref(&list->base);
}

/* CPython 3.11.7's own: (sys.getsizeof(l) - sys.getsizeof([])) / 8 of a list while it grows. */
static const size_t growth[] = {
	4, 8, 16, 24, 32, 40, 52, 64, 76, 92, 108, 128, 148, 172, 200, 232, 268, 308, 352, 400,
	456, 520, 592, 672, 760, 860, 972, 1100, 1244, 1404, 1584, 1788, 2016, 2272, 2560, 2884,
	3248, 3660, 4124, 4644, 5228, 5888, 6628, 7460, 8396, 9452, 10640, 11976, 13480, 15172,
	17072, 19212, 21620, 24328, 27376, 30804, 34660, 38996, 43876, 49364, 55540, 62488, 70304,
	79096, 88988, 100116,
};

static void list_grows_as_pythons(void **state)
{
	struct object *item = int_new(1);
	struct list_object *list = list_new();
	size_t step = 0;

	(void)state;
	assert_int_equal(list->base.refs, 1);
	assert_int_equal(list->size, 0);
	assert_int_equal(list->allocated, 0);
	for (size_t i = 0; i < 100116; i++) {
		if (i && i == growth[step])
			step++;
		assert_int_equal(list_append(list, item), 0);
		assert_int_equal(list->size, i + 1);
		assert_int_equal(list->allocated, growth[step]);
		assert_int_equal(item->refs, i + 2);
	}
	assert_int_equal(step + 1, sizeof(growth) / sizeof(growth[0]));
	object_decref(&list->base);
	assert_int_equal(item->refs, 1);
	object_decref(item);
	assert_int_equal(object_heap_read().allocated, before.allocated + 2);
}

static void list_drops_its_items_from_the_end(void **state)
{
	struct object *kept = probe_new(2);
	struct list_object *list = list_new();

	(void)state;
	give(list, probe_new(1));
	assert_int_equal(list_append(list, kept), 0);
	give(list, probe_new(3));
	give(list, probe_new(4));
	assert_int_equal(list_append(list, list->items[2]), 0);
	assert_int_equal(deaths, 0);
	object_decref(&list->base);
	assert_int_equal(deaths, 3);
	assert_int_equal(dead[0], 4);
	assert_int_equal(dead[1], 3);
	assert_int_equal(dead[2], 1);
	assert_int_equal(kept->refs, 1);
	object_decref(kept);
	assert_int_equal(deaths, 4);
}

static void append_without_memory_changes_nothing(void **state)
{
	struct object *item = int_new(1);
	struct list_object *list = list_new();
	size_t impossible = SIZE_MAX / 9;	/* with an eighth of room the bytes wrap to 32 */

	(void)state;
	assert_int_equal(list_append(list, item), 0);
	list->size = list->allocated = impossible;
	assert_int_equal(list_append(list, item), -ENOMEM);
	assert_int_equal(list->size, impossible);
	assert_int_equal(list->allocated, impossible);
	assert_int_equal(item->refs, 2);
	list->size = 1;
	list->allocated = 4;
	object_decref(&list->base);
	object_decref(item);
}

static void max_is_that_of_a_plain_loop(void **state)
{
	uint64_t random = 88172645463325252u;

	(void)state;
	for (int size = 1; size < 200; size++) {
		struct list_object *list = list_new();
		struct object *best;
		double greatest = -1;

		for (int i = 0; i < size; i++) {
			double value;

			random = random * 6364136223846793005u + 1442695040888963407u;
			value = (double)(random >> 40);
			greatest = value > greatest ? value : greatest;
			give(list, float_new(value));
		}
		best = list_max(list);
		assert_true(float_value(best) == greatest);
		assert_int_equal(best->refs, 2);
		object_decref(best);
		for (int i = 0; i < size; i++)
			assert_int_equal(list->items[i]->refs, 1);
		object_decref(&list->base);
	}
}

static void max_is_the_first_of_equals_and_outlives_the_list(void **state)
{
	static const int ids[] = { 3, 7, 5, 7, 1 };
	struct list_object *list = list_new();
	struct object *best;

	(void)state;
	for (int i = 0; i < 5; i++)
		give(list, probe_new(ids[i]));
	best = list_max(list);
	assert_ptr_equal(best, list->items[1]);
	object_decref(&list->base);
	assert_int_equal(deaths, 4);
	assert_int_equal(best->refs, 1);
	object_decref(best);
	assert_int_equal(deaths, 5);
	assert_int_equal(dead[4], 7);
}

static void max_that_cannot_be(void **state)
{
	struct list_object *list = list_new();

	(void)state;
	errno = 0;
	assert_null(list_max(list));
	assert_int_equal(errno, ENODATA);
	give(list, int_new(1));
	give(list, int_new(2));
	give(list, float_new(3));
	errno = 0;
	assert_null(list_max(list));
	assert_int_equal(errno, ENOTSUP);
	for (int i = 0; i < 3; i++)
		assert_int_equal(list->items[i]->refs, 1);
	object_decref(&list->base);
}

static void attributes_hold_references(void **state)
{
	struct instance_object *instance = instance_new(2);
	struct object *one = probe_new(1);
	struct object *got;

	(void)state;
	assert_null(instance_get(instance, 0));
	assert_null(instance_get(instance, 1));
	assert_int_equal(instance_set(instance, 1, one), 0);
	assert_int_equal(one->refs, 2);
	assert_null(instance_get(instance, 0));
	got = instance_get(instance, 1);
	assert_ptr_equal(got, one);
	assert_int_equal(one->refs, 3);
	object_decref(got);
	assert_int_equal(instance_set(instance, 1, one), 0);	/* to what it is already */
	assert_int_equal(one->refs, 2);
	object_decref(one);
	assert_int_equal(instance_set(instance, 1, one), 0);	/* when only the slot has it */
	assert_int_equal(one->refs, 1);
	assert_int_equal(deaths, 0);
	assert_int_equal(instance_set(instance, 1, NULL), 0);
	assert_int_equal(deaths, 1);
	assert_null(instance_get(instance, 1));
	object_decref(&instance->base);
}

static void slots_that_are_not_there(void **state)
{
	struct instance_object *instance = instance_new(2);
	struct object *one = probe_new(1);

	(void)state;
	assert_int_equal(instance_set(instance, 2, one), -EINVAL);
	assert_int_equal(instance_set(instance, SIZE_MAX, one), -EINVAL);
	assert_null(instance_get(instance, 2));
	assert_int_equal(one->refs, 1);
	object_decref(one);
	object_decref(&instance->base);
	instance = instance_new(0);
	assert_null(instance_get(instance, 0));
	object_decref(&instance->base);
}

static void instance_drops_its_attributes(void **state)
{
	struct instance_object *outer = instance_new(3);
	struct instance_object *inner = instance_new(1);
	struct object *probe = probe_new(9);

	(void)state;
	assert_int_equal(instance_set(inner, 0, probe), 0);
	assert_int_equal(instance_set(outer, 2, &inner->base), 0);
	object_decref(probe);
	object_decref(&inner->base);
	assert_int_equal(deaths, 0);
	object_decref(&outer->base);
	assert_int_equal(deaths, 1);
}

/* Whatever runs when the old value dies must find the new one in the slot, not a dead object. */
static void old_attribute_dies_after_the_new_is_set(void **state)
{
	struct instance_object *instance = instance_new(1);
	struct object *old = probe_new(1);
	struct object *new = int_new(2);

	(void)state;
	((struct probe *)old)->watched = instance;
	assert_int_equal(instance_set(instance, 0, old), 0);
	object_decref(old);
	assert_int_equal(instance_set(instance, 0, new), 0);
	assert_int_equal(deaths, 1);
	assert_ptr_equal(seen, new);
	object_decref(new);
	object_decref(&instance->base);
}

static void sizes_that_cannot_be(void **state)
{
	(void)state;
	errno = 0;
	assert_null(instance_new(SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(instance_new(PTRDIFF_MAX / sizeof(void *)));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(object_alloc(&int_type, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(object_heap_read().allocated, before.allocated);
	object_decref(int_new(0));
}

struct visit {
	struct object *passed;
	struct object_heap start, end;
};

/* Makes two objects and frees them and the one it is given. */
static void *other_thread(void *argument)
{
	struct visit *visit = argument;

	visit->start = object_heap_read();
	object_decref(visit->passed);
	object_decref(int_new(1));
	object_decref(int_new(2));
	visit->end = object_heap_read();
	return NULL;
}

static void counters_are_each_threads_own(void **state)
{
	struct visit visit = { .passed = int_new(0) };
	struct object_heap mine = object_heap_read();
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, other_thread, &visit), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(visit.start.allocated, 0);
	assert_int_equal(visit.start.freed, 0);
	assert_int_equal(visit.end.allocated, 2);
	assert_int_equal(visit.end.freed, 3);
	assert_int_equal(object_heap_read().allocated, mine.allocated);
	assert_int_equal(object_heap_read().freed, mine.freed);
	assert_int_equal(mine.allocated - before.allocated + visit.end.allocated,
			 mine.freed - before.freed + visit.end.freed);
	before.freed--;			/* for teardown: one object of ours died elsewhere */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dealloc_comes_with_the_last_reference),
		TEST(numbers_keep_their_values),
		TEST(compared_by_type),
		TEST(list_grows_as_pythons),
		TEST(list_drops_its_items_from_the_end),
		TEST(append_without_memory_changes_nothing),
		TEST(max_is_that_of_a_plain_loop),
		TEST(max_is_the_first_of_equals_and_outlives_the_list),
		TEST(max_that_cannot_be),
		TEST(attributes_hold_references),
		TEST(slots_that_are_not_there),
		TEST(instance_drops_its_attributes),
		TEST(old_attribute_dies_after_the_new_is_set),
		TEST(sizes_that_cannot_be),
		TEST(counters_are_each_threads_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
