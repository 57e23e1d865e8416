// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What only refers to itself is reclaimed whole, and what is referred to from outside is never
 * touched.  After every test, as many objects have been freed as were made.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../workloads/objects/cycles.h"
#include "../../workloads/objects/graph.h"

static struct object_heap before;
static struct cycles *cycles;

static uint64_t alive(void)
{
	struct object_heap now = object_heap_read();

	return now.allocated - now.freed - (before.allocated - before.freed);
}

static int setup(void **state)
{
	(void)state;
	before = object_heap_read();
	cycles = cycles_new(0);
	return cycles ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(alive(), 0);
	if (cycles)
		assert_int_equal(cycles_counts(cycles).tracked, 0);
	cycles_free(cycles);
	return 0;
}

static struct instance_object *instance(size_t slots)
{
	struct instance_object *new = cycles_instance_new(cycles, slots);

	assert_non_null(new);
	return new;
}

static struct list_object *list(void)
{
	struct list_object *new = cycles_list_new(cycles);

	assert_non_null(new);
	return new;
}

static void set(struct instance_object *from, size_t slot, struct object *to)
{
	assert_int_equal(instance_set(from, slot, to), 0);
}

/* n instances, each referring to the next and the last to the first; the first, not held. */
static struct instance_object *ring_of(size_t n)
{
	struct instance_object *first = instance(2);
	struct instance_object *last = first;

	for (size_t i = 1; i < n; i++) {
		struct instance_object *next = instance(2);

		set(last, 0, &next->base);
		object_decref(&next->base);
		last = next;
	}
	set(last, 0, &first->base);
	object_decref(&first->base);
	return first;
}

static void what_counting_can_free_needs_no_collector(void **state)
{
	struct list_object *outer = list();
	struct instance_object *inner = instance(1);

	(void)state;
	assert_int_equal(list_append(outer, &inner->base), 0);
	object_decref(&inner->base);
	assert_int_equal(cycles_counts(cycles).tracked, 2);
	object_decref(&outer->base);
	assert_int_equal(alive(), 0);
	assert_int_equal(cycles_counts(cycles).tracked, 0);
	assert_int_equal(cycles_collect(cycles), 0);
}

static void rings_survive_counting_and_are_collected(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 100 };
	uint64_t garbage = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ring_of(sizes[i]);
		assert_int_equal(alive(), sizes[i]);
		assert_int_equal(cycles_collect(cycles), sizes[i]);
		assert_int_equal(alive(), 0);
		garbage += sizes[i];
		assert_int_equal(cycles_counts(cycles).garbage, garbage);
	}
}

static void a_list_in_itself(void **state)
{
	struct list_object *self = list();

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(list_append(self, &self->base), 0);
	object_decref(&self->base);
	assert_int_equal(alive(), 1);
	assert_int_equal(cycles_collect(cycles), 1);
}

static void a_ring_that_is_held_stays(void **state)
{
	struct instance_object *first = ring_of(3);

	(void)state;
	object_incref(&first->base);
	assert_int_equal(cycles_collect(cycles), 0);
	assert_int_equal(alive(), 3);
	assert_int_equal(first->base.refs, 2);
	assert_int_equal(first->slot[0]->refs, 1);
	object_decref(&first->base);
	assert_int_equal(cycles_collect(cycles), 3);
}

/* The head of the chain is younger than what it holds: found to be reachable last. */
static void what_hangs_on_a_late_root_stays(void **state)
{
	struct instance_object *ring = ring_of(4);
	struct list_object *middle = list();
	struct instance_object *root = instance(1);

	(void)state;
	object_incref(&ring->base);
	assert_int_equal(list_append(middle, &ring->base), 0);
	object_decref(&ring->base);
	set(root, 0, &middle->base);
	object_decref(&middle->base);
	assert_int_equal(cycles_collect(cycles), 0);
	assert_int_equal(alive(), 6);
	object_decref(&root->base);
	assert_int_equal(alive(), 4);
	assert_int_equal(cycles_collect(cycles), 4);
}

static void what_hangs_on_a_ring_goes_with_it(void **state)
{
	struct instance_object *ring = ring_of(2);
	struct instance_object *tail = instance(1);
	struct object *number = int_new(7);
	struct object *kept = float_new(7);
	struct list_object *kept_too = list();

	(void)state;
	set(ring, 1, &tail->base);
	set(tail, 0, number);
	set((struct instance_object *)ring->slot[0], 1, &kept_too->base);
	assert_int_equal(list_append(kept_too, kept), 0);
	object_decref(&tail->base);
	object_decref(number);
	assert_int_equal(cycles_collect(cycles), 3);
	assert_int_equal(alive(), 2);
	assert_int_equal(kept->refs, 2);
	assert_int_equal(kept_too->base.refs, 1);
	object_decref(&kept_too->base);
	object_decref(kept);
}

static void lists_in_lists_in_lists(void **state)
{
	struct list_object *outermost = list();
	struct list_object *outer = outermost;

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct list_object *inner = list();

		assert_int_equal(list_append(outer, &inner->base), 0);
		assert_int_equal(list_append(inner, &outermost->base), 0);
		assert_int_equal(list_append(inner, &outer->base), 0);
		object_decref(&inner->base);
		outer = inner;
	}
	assert_int_equal(cycles_collect(cycles), 0);
	object_decref(&outermost->base);
	assert_int_equal(alive(), 21);
	assert_int_equal(cycles_collect(cycles), 21);
}

/* A container without a collector keeps what it refers to, even through a ring. */
static void untracked_containers_are_outside(void **state)
{
	struct list_object *untracked = list_new();
	struct instance_object *tracked = instance(1);

	(void)state;
	assert_int_equal(list_append(untracked, &tracked->base), 0);
	set(tracked, 0, &untracked->base);
	object_decref(&tracked->base);
	assert_int_equal(cycles_collect(cycles), 0);
	assert_int_equal(tracked->base.refs, 1);
	set(tracked, 0, NULL);
	object_decref(&untracked->base);
}

static void another_collectors_containers_are_outside(void **state)
{
	struct cycles *other = cycles_new(0);
	struct list_object *theirs = cycles_list_new(other);
	struct list_object *ours = list();

	(void)state;
	assert_int_equal(list_append(theirs, &ours->base), 0);
	assert_int_equal(list_append(ours, &theirs->base), 0);
	object_decref(&ours->base);
	assert_int_equal(cycles_collect(cycles), 0);
	assert_int_equal(cycles_collect(other), 0);
	assert_int_equal(ours->base.refs, 1);
	list_clear(&ours->base);
	object_decref(&theirs->base);
	cycles_free(other);
}

static void the_threshold_collects(void **state)
{
	uint64_t most = 0;

	(void)state;
	cycles_free(cycles);
	cycles = cycles_new(CYCLES_THRESHOLD);
	for (int i = 0; i < 7000; i++) {
		ring_of(1);
		most = alive() > most ? alive() : most;
	}
	assert_int_equal(most, CYCLES_THRESHOLD + 1);
	assert_int_equal(cycles_counts(cycles).automatic, 7000 / (CYCLES_THRESHOLD + 1));
	assert_int_equal(cycles_collect(cycles), 7000 % (CYCLES_THRESHOLD + 1));
	/* What is freed by counting does not come nearer to it. */
	for (int i = 0; i < 7000; i++)
		object_decref(&list()->base);
	assert_int_equal(cycles_counts(cycles).automatic, 7000 / (CYCLES_THRESHOLD + 1));
}

static void many_that_stay_put_the_threshold_up(void **state)
{
	struct list_object *holder = list_new();

	(void)state;
	cycles_free(cycles);
	cycles = cycles_new(10);
	for (int i = 0; i < 1000; i++) {
		struct list_object *inner = list();

		assert_int_equal(list_append(holder, &inner->base), 0);
		object_decref(&inner->base);
	}
	assert_in_range(cycles_counts(cycles).automatic, 10, 40);	/* not 1000 / 11 */
	cycles_collect(cycles);
	assert_int_equal(cycles_counts(cycles).garbage, 0);
	for (int i = 0; i < 251; i++)
		ring_of(1);
	assert_int_equal(alive(), 1 + 1000 + 251);
	ring_of(1);
	assert_int_equal(alive(), 1 + 1000 + 1);
	object_decref(&holder->base);
	cycles_collect(cycles);
}

static void without_a_threshold_only_when_asked(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++)
		ring_of(1);
	assert_int_equal(alive(), 3000);
	assert_int_equal(cycles_counts(cycles).collections, 0);
	assert_int_equal(cycles_collect(cycles), 3000);
}

/* So many frames of dealloc would not fit the stack. */
static void long_rings_and_chains_take_no_stack(void **state)
{
	struct instance_object *first;

	(void)state;
	ring_of(300000);
	assert_int_equal(cycles_collect(cycles), 300000);
	first = ring_of(300000);
	object_incref(&first->base);
	set(first, 0, NULL);	/* from here on a chain: freed already by counting */
	assert_int_equal(alive(), 1);
	object_decref(&first->base);
}

/* Drops something that, when it dies, asks for a collection and makes containers. */
static void restless_dealloc(struct object *object)
{
	assert_int_equal(object->refs, 0);
	cycles_collect(cycles);
	ring_of(3);
	object_free(object);
}

static const struct object_type restless_type = {
	.name = "restless",
	.size = sizeof(struct object),
	.dealloc = restless_dealloc,
};

static void give_restless(struct instance_object *to, size_t slot)
{
	struct object *restless = object_alloc(&restless_type, 0);

	assert_non_null(restless);
	set(to, slot, restless);
	object_decref(restless);
}

static void collecting_while_something_is_dropped(void **state)
{
	struct instance_object *dropped = instance(3);
	struct list_object *holder = list();

	(void)state;
	ring_of(5);
	give_restless(dropped, 1);
	set(dropped, 2, &holder->base);
	assert_int_equal(list_append(holder, &holder->base), 0);
	object_decref(&holder->base);
	object_decref(&dropped->base);		/* collects the ring, makes one of 3 */
	assert_int_equal(alive(), 3 + 1);
	assert_int_equal(cycles_collect(cycles), 4);
}

static void collecting_while_collecting(void **state)
{
	struct instance_object *ring = ring_of(6);

	(void)state;
	give_restless(ring, 1);
	give_restless((struct instance_object *)ring->slot[0], 1);
	assert_int_equal(cycles_collect(cycles), 6);
	assert_int_equal(cycles_counts(cycles).collections, 1);
	assert_int_equal(alive(), 2 * 3);	/* what the two have made meanwhile */
	assert_int_equal(cycles_collect(cycles), 6);
}

static void random_graphs_are_reclaimed_whole(void **state)
{
	uint64_t stuck = 0;

	(void)state;
	for (uint32_t seed = 0; seed < 40; seed++) {
		struct graph graph;
		uint64_t survivors;

		assert_int_equal(graph_init(&graph, cycles, 50 + seed * 50, seed), 0);
		assert_in_range(graph.live, 1, graph.count);
		assert_int_equal(cycles_collect(cycles), 0);
		graph_hold_only_roots(&graph);
		survivors = alive() - graph.live;
		stuck += survivors;
		assert_int_equal(cycles_collect(cycles), survivors);
		assert_int_equal(alive(), graph.live);
		assert_int_equal(graph_touched(&graph), 0);
		assert_int_equal(cycles_collect(cycles), 0);
		graph_free(&graph);
		cycles_collect(cycles);
		assert_int_equal(alive(), 0);
	}
	assert_true(stuck > 1000);	/* the graphs do have rings that nobody holds */
}

/* Live nodes under a fault: one reference too many, or an edge that is gone, is seen. */
static void a_touched_graph_is_seen(void **state)
{
	struct graph graph;
	struct graph_node *root;

	(void)state;
	assert_int_equal(graph_init(&graph, cycles, 200, 1), 0);
	graph_hold_only_roots(&graph);
	cycles_collect(cycles);
	root = &graph.nodes[0];
	object_incref(root->object);
	assert_int_equal(graph_touched(&graph), 1);
	object_decref(root->object);
	assert_int_equal(graph_touched(&graph), 0);
	graph_free(&graph);
	cycles_collect(cycles);
}

static void containers_outlive_their_collector(void **state)
{
	struct list_object *survivor = list();
	struct instance_object *inner = instance(1);

	(void)state;
	assert_int_equal(list_append(survivor, &inner->base), 0);
	object_decref(&inner->base);
	cycles_free(cycles);
	cycles = NULL;
	assert_int_equal(alive(), 2);
	object_decref(&survivor->base);
}

static void sizes_that_cannot_be(void **state)
{
	(void)state;
	errno = 0;
	assert_null(cycles_instance_new(cycles, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(cycles_instance_new(cycles, PTRDIFF_MAX / sizeof(void *)));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(cycles_counts(cycles).tracked, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_counting_can_free_needs_no_collector),
		TEST(rings_survive_counting_and_are_collected),
		TEST(a_list_in_itself),
		TEST(a_ring_that_is_held_stays),
		TEST(what_hangs_on_a_late_root_stays),
		TEST(what_hangs_on_a_ring_goes_with_it),
		TEST(lists_in_lists_in_lists),
		TEST(untracked_containers_are_outside),
		TEST(another_collectors_containers_are_outside),
		TEST(the_threshold_collects),
		TEST(many_that_stay_put_the_threshold_up),
		TEST(without_a_threshold_only_when_asked),
		TEST(long_rings_and_chains_take_no_stack),
		TEST(collecting_while_something_is_dropped),
		TEST(collecting_while_collecting),
		TEST(random_graphs_are_reclaimed_whole),
		TEST(a_touched_graph_is_seen),
		TEST(containers_outlive_their_collector),
		TEST(sizes_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
