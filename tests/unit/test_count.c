// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every scheme frees an object with its last reference, once, whoever drops it; and those that
 * promise it do so while threads pass objects around.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../workloads/counting/counter.h"
#include "../../workloads/crowd/crew.h"

static atomic_uint deaths;

static void dealloc(const struct count_scheme *scheme, struct counted *object)
{
	atomic_fetch_add_explicit(&deaths, 1, memory_order_relaxed);
	scheme->free(object);
}

static const struct count_type type = { "mortal", dealloc };

static int setup(void **state)
{
	(void)state;
	atomic_store(&deaths, 0);
	return 0;
}

static struct counted *make(const struct count_scheme *scheme)
{
	struct counted *object = scheme->make(&type, 1);

	assert_non_null(object);
	return object;
}

/* For assertions of this thread only: cmocka's are not for others. */
static void incref(const struct count_scheme *scheme, struct counted *object)
{
	scheme->incref_each(&object, 1);
}

static void decref(const struct count_scheme *scheme, struct counted *object)
{
	scheme->decref_each(&object, 1);
}

static void an_object_dies_with_its_last_reference(void **state)
{
	(void)state;
	for (size_t i = 0; count_schemes[i]; i++) {
		const struct count_scheme *scheme = count_schemes[i];

		for (int entered = 0; entered < 2; entered++) {
			struct counted *object;

			if (entered)
				count_enter(scheme);
			object = make(scheme);
			assert_int_equal(scheme->read(object), 1);
			incref(scheme, object);
			incref(scheme, object);
			assert_int_equal(scheme->read(object), 3);
			decref(scheme, object);
			decref(scheme, object);
			assert_int_equal(scheme->read(object), 1);
			assert_int_equal(atomic_exchange(&deaths, 0), 0);
			decref(scheme, object);
			assert_int_equal(atomic_exchange(&deaths, 0), 1);
			if (entered)
				count_leave(scheme);
		}
	}
}

static void many_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; count_schemes[i]; i++) {
		const struct count_scheme *scheme = count_schemes[i];
		struct counted *objects[5];

		for (int j = 0; j < 5; j++)
			objects[j] = j == 4 ? objects[0] : make(scheme);
		scheme->incref_each(objects, 5);
		for (int j = 0; j < 5; j++)
			assert_int_equal(scheme->read(objects[j]), j % 4 ? 2 : 3);
		scheme->decref_each(objects, 5);
		assert_int_equal(atomic_load(&deaths), 0);
		scheme->decref_each(objects, 4);
		assert_int_equal(atomic_exchange(&deaths, 0), 4);
	}
}

static void bytes_of_an_object(void **state)
{
	(void)state;
	assert_int_equal(count_plain.bytes, 24);
	assert_int_equal(count_atomic.bytes, 24);
	assert_int_equal(count_global.bytes, 24);
	assert_int_equal(count_biased.bytes, 32);
	assert_int_equal(count_lock.bytes, 24 + sizeof(pthread_mutex_t));
}

static void schemes_and_locks_by_name(void **state)
{
	struct counter counter = { .kind = lock_kind_find("mutex") };

	(void)state;
	for (size_t i = 0; count_schemes[i]; i++) {
		assert_ptr_equal(count_scheme_find(count_schemes[i]->name), count_schemes[i]);
		assert_non_null(strstr(COUNT_NAMES, count_schemes[i]->name));
	}
	assert_null(count_scheme_find("gil"));
	assert_null(count_scheme_find(""));
	assert_string_equal(counter_name(&counter), "mutex");
	assert_int_equal(counter_open(&counter, 1000000), 0);
	assert_ptr_equal(counter.scheme, &count_plain);
	assert_non_null(counter_page(&counter));
	counter_close(&counter);
}

/* What a thread other than the test's does with an object, from beginning to end. */
struct errand {
	void (*run)(struct errand *errand);
	struct counted *object;
};

static void *errand_main(void *arg)
{
	struct errand *errand = arg;

	count_enter(&count_biased);
	errand->run(errand);
	count_leave(&count_biased);
	return NULL;
}

static struct counted *elsewhere(void (*run)(struct errand *), struct counted *object)
{
	struct errand errand = { run, object };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, errand_main, &errand), 0);
	pthread_join(thread, NULL);
	return errand.object;
}

static void make_one(struct errand *errand)
{
	errand->object = count_biased.make(&type, 1);
}

static void take_one(struct errand *errand)
{
	incref(&count_biased, errand->object);
}

static void drop_one(struct errand *errand)
{
	decref(&count_biased, errand->object);
}

static void drop_two(struct errand *errand)
{
	drop_one(errand);
	drop_one(errand);
}

static int setup_owner(void **state)
{
	count_enter(&count_biased);
	return setup(state);
}

static int teardown_owner(void **state)
{
	(void)state;
	count_leave(&count_biased);
	return 0;
}

/* The owner's only reference, dropped by another thread: the owner is to finish it. */
static void biased_the_owner_merges_what_others_drop(void **state)
{
	struct counted *object = make(&count_biased);

	(void)state;
	elsewhere(drop_one, object);
	assert_int_equal(atomic_load(&deaths), 0);
	assert_int_equal(count_biased.read(object), 1);		/* the queue's */
	count_settle(&count_biased);
	assert_int_equal(atomic_load(&deaths), 1);
	count_settle(&count_biased);
	assert_int_equal(atomic_load(&deaths), 1);
}

static void biased_more_dropped_than_taken_elsewhere(void **state)
{
	struct counted *object = make(&count_biased);

	(void)state;
	for (int i = 0; i < 4; i++)
		incref(&count_biased, object);
	elsewhere(drop_two, object);	/* the queue takes over one of them */
	elsewhere(drop_two, object);
	assert_int_equal(count_biased.read(object), 2);
	count_settle(&count_biased);
	assert_int_equal(count_biased.read(object), 1);
	assert_int_equal(atomic_load(&deaths), 0);
	decref(&count_biased, object);	/* has no owner any more */
	assert_int_equal(atomic_load(&deaths), 1);
}

static void biased_taken_elsewhere_outlives_the_owner(void **state)
{
	struct counted *object = make(&count_biased);

	(void)state;
	elsewhere(take_one, object);
	decref(&count_biased, object);
	assert_int_equal(atomic_load(&deaths), 0);
	assert_int_equal(count_biased.read(object), 1);
	elsewhere(drop_one, object);
	assert_int_equal(atomic_load(&deaths), 1);
}

/* Queued, and then the owner drops its own last one before it looks at the queue. */
static void biased_queued_and_merged_by_hand(void **state)
{
	struct counted *object = make(&count_biased);

	(void)state;
	elsewhere(take_one, object);
	incref(&count_biased, object);
	elsewhere(drop_two, object);		/* shared: 1, 0, queued */
	assert_int_equal(count_biased.read(object), 2);
	elsewhere(take_one, object);
	decref(&count_biased, object);
	decref(&count_biased, object);		/* local is 0: merged while it is queued */
	assert_int_equal(atomic_load(&deaths), 0);
	count_settle(&count_biased);		/* drops the queue's */
	assert_int_equal(atomic_load(&deaths), 1);
}

static void biased_a_thread_that_ends_hands_over(void **state)
{
	struct counted *object = elsewhere(make_one, NULL);

	(void)state;
	incref(&count_biased, object);
	assert_int_equal(count_biased.read(object), 2);
	decref(&count_biased, object);
	assert_int_equal(atomic_load(&deaths), 0);
	decref(&count_biased, object);		/* nobody to queue it for */
	assert_int_equal(atomic_load(&deaths), 1);
}

static void biased_leaving_empties_the_queue(void **state)
{
	struct counted *object;

	(void)state;
	count_enter(&count_biased);
	object = make(&count_biased);
	elsewhere(drop_one, object);
	assert_int_equal(atomic_load(&deaths), 0);
	count_leave(&count_biased);
	assert_int_equal(atomic_load(&deaths), 1);
}

#define SLOTS 32
#define SHARED 4
#define TURNS 20000
#define PASSERS 4

/* A slot holds one reference to what is in it. */
struct bazaar {
	const struct count_scheme *scheme;
	_Atomic(struct counted *) slots[SLOTS];
	struct counted *shared[SHARED];
	atomic_uint made;
};

static void swap(struct bazaar *bazaar, uint32_t random)
{
	const struct count_scheme *scheme = bazaar->scheme;
	struct counted *mine = NULL;

	if (random % 3) {
		mine = scheme->make(&type, 1);
		atomic_fetch_add_explicit(&bazaar->made, mine != NULL, memory_order_relaxed);
	}
	if (mine && random % 5 == 0)
		incref(scheme, mine);		/* keeps one, dropped below */
	if (mine && random % 5 == 0) {
		struct counted *other = atomic_exchange(&bazaar->slots[random / 5 % SLOTS], mine);

		decref(scheme, mine);
		mine = other;
	} else {
		mine = atomic_exchange(&bazaar->slots[random / 5 % SLOTS], mine);
	}
	if (!mine)
		return;
	incref(scheme, mine);
	decref(scheme, mine);
	decref(scheme, mine);
}

static void pass_around(struct crew_member *member)
{
	struct bazaar *bazaar = member->crew->job;
	const struct count_scheme *scheme = bazaar->scheme;
	uint32_t random = member->number + 1;

	count_enter(scheme);
	if (member->number == 0)
		for (int i = 0; i < SHARED; i++)
			bazaar->shared[i] = bazaar->shared[i] ? bazaar->shared[i] :
								scheme->make(&type, 1);
	crew_meet(member->crew);
	for (int i = 0; i < TURNS; i++) {
		random = random * 1664525 + 1013904223;
		scheme->incref_each(bazaar->shared, SHARED);
		swap(bazaar, random >> 8);
		scheme->decref_each(bazaar->shared, SHARED);
		if (i % 16 == 0)
			count_settle(scheme);
	}
	crew_meet(member->crew);
	count_leave(scheme);
}

static void passed_around(const struct count_scheme *scheme)
{
	struct bazaar bazaar = { .scheme = scheme };

	/* The second crew finds objects whose makers have ended. */
	for (int i = 0; i < 2; i++) {
		struct crew crew;

		assert_int_equal(crew_start(&crew, PASSERS, pass_around, &bazaar), 0);
		crew_meet(&crew);
		crew_meet(&crew);
		crew_end(&crew);
	}
	for (int i = 0; i < SHARED; i++) {
		assert_int_equal(scheme->read(bazaar.shared[i]), 1);
		decref(scheme, bazaar.shared[i]);
	}
	for (int i = 0; i < SLOTS; i++)
		if (bazaar.slots[i])
			decref(scheme, bazaar.slots[i]);
	assert_true(bazaar.made > TURNS);
	assert_int_equal(atomic_load(&deaths), bazaar.made + SHARED);
}

static void passed_around_with_a_lock_each(void **state)
{
	(void)state;
	passed_around(&count_lock);
}

static void passed_around_by_atomics(void **state)
{
	(void)state;
	passed_around(&count_atomic);
}

static void passed_around_by_bias(void **state)
{
	(void)state;
	passed_around(&count_biased);
}

static void passed_around_under_a_global_lock(void **state)
{
	(void)state;
	passed_around(&count_global);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)
#define OWNER_TEST(function) cmocka_unit_test_setup_teardown(function, setup_owner, teardown_owner)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_object_dies_with_its_last_reference),
		TEST(many_at_once),
		TEST(bytes_of_an_object),
		TEST(schemes_and_locks_by_name),
		OWNER_TEST(biased_the_owner_merges_what_others_drop),
		OWNER_TEST(biased_more_dropped_than_taken_elsewhere),
		OWNER_TEST(biased_taken_elsewhere_outlives_the_owner),
		OWNER_TEST(biased_queued_and_merged_by_hand),
		OWNER_TEST(biased_a_thread_that_ends_hands_over),
		TEST(biased_leaving_empties_the_queue),
		TEST(passed_around_with_a_lock_each),
		TEST(passed_around_by_atomics),
		TEST(passed_around_by_bias),
		TEST(passed_around_under_a_global_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
