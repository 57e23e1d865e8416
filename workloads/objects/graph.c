// SPDX-License-Identifier: GPL-2.0-or-later
// Builds random graphs, and knows by the edges' numbers what must stay.
#include <errno.h>
#include <stdlib.h>

#include "objects/graph.h"
#include "objects/mt19937.h"

#define ISLAND 16
#define ISLANDS_PER_ROOT 4
#define ONE_IN_LEAVES 12	/* so many edges stay in their island for one that does not */

static uint32_t below(struct mt19937 *random, uint32_t limit)
{
	return mt_random_u32(random) % limit;
}

static uint32_t random_edge(const struct graph *graph, uint32_t from, struct mt19937 *random)
{
	uint32_t first = from / ISLAND * ISLAND;
	uint32_t next = first + ISLAND;

	if (next < graph->count && below(random, ONE_IN_LEAVES) == 0)
		return next + below(random, graph->count - next);
	return first + below(random, next <= graph->count ? ISLAND : graph->count - first);
}

static int make_node(struct graph_node *node, uint32_t number, struct cycles *cycles)
{
	if (number % 2)
		node->object = (struct object *)cycles_list_new(cycles);
	else
		node->object = (struct object *)cycles_instance_new(cycles, GRAPH_EDGES);
	return node->object ? 0 : -ENOMEM;
}

static int add_edge(struct graph_node *node, uint32_t number, uint32_t to, struct object *object)
{
	int err = 0;

	if (number % 2)
		err = list_append((struct list_object *)node->object, object);
	else
		instance_set((struct instance_object *)node->object, node->degree, object);
	if (!err)
		node->edges[node->degree++] = to;
	return err;
}

static int add_edges(struct graph *graph, uint32_t number, struct mt19937 *random)
{
	uint32_t degree = below(random, GRAPH_EDGES + 1);
	int err = 0;

	for (uint32_t i = 0; i < degree && !err; i++) {
		uint32_t to = random_edge(graph, number, random);

		err = add_edge(&graph->nodes[number], number, to, graph->nodes[to].object);
	}
	return err;
}

/* Depth first, with a list of what is still to be looked at. */
static int mark_live(struct graph *graph)
{
	uint32_t *waiting = calloc(graph->count, sizeof(*waiting));
	size_t left = 0;

	if (!waiting)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->count; i++)
		if (graph->nodes[i].root)
			waiting[left++] = i;
	graph->live = (uint32_t)left;
	while (left) {
		const struct graph_node *node = &graph->nodes[waiting[--left]];

		for (uint32_t i = 0; i < node->degree; i++) {
			struct graph_node *to = &graph->nodes[node->edges[i]];

			if (to->live)
				continue;
			to->live = true;
			graph->live++;
			waiting[left++] = node->edges[i];
		}
	}
	free(waiting);
	return 0;
}

int graph_init(struct graph *graph, struct cycles *cycles, uint32_t count, uint32_t seed)
{
	struct mt19937 random = { 0 };
	int err = 0;

	*graph = (struct graph){ .nodes = calloc(count, sizeof(*graph->nodes)), .count = count };
	if (!graph->nodes)
		return -ENOMEM;
	mt_seed(&random, seed);
	for (uint32_t i = 0; i < count && !err; i++) {
		graph->nodes[i].root = i % (ISLAND * ISLANDS_PER_ROOT) == 0;
		graph->nodes[i].live = graph->nodes[i].root;
		err = make_node(&graph->nodes[i], i, cycles);
	}
	for (uint32_t i = 0; i < count && !err; i++)
		err = add_edges(graph, i, &random);
	if (!err)
		err = mark_live(graph);
	if (err)
		graph_free(graph);
	return err;
}

static void let_go(struct graph_node *node)
{
	struct object *object = node->object;

	node->object = NULL;
	if (object)
		object_decref(object);
}

/* Live nodes are remembered without a reference: they stay because of a root, or it is a fault. */
void graph_hold_only_roots(struct graph *graph)
{
	graph->only_roots = true;
	for (uint32_t i = 0; i < graph->count; i++) {
		struct graph_node *node = &graph->nodes[i];

		if (node->root)
			continue;
		if (node->live)
			object_decref(node->object);
		else
			let_go(node);
	}
}

static bool refers_to(const struct graph *graph, uint32_t number)
{
	const struct graph_node *node = &graph->nodes[number];
	const struct list_object *list = (const struct list_object *)node->object;
	const struct instance_object *instance = (const struct instance_object *)node->object;

	if (number % 2 && list->size != node->degree)
		return false;
	for (uint32_t i = 0; i < node->degree; i++) {
		const struct object *expected = graph->nodes[node->edges[i]].object;

		if ((number % 2 ? list->items[i] : instance->slot[i]) != expected)
			return false;
	}
	return true;
}

int64_t graph_touched(const struct graph *graph)
{
	uint32_t *expected = calloc(graph->count, sizeof(*expected));
	int64_t touched = 0;

	if (!expected)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->count; i++) {
		const struct graph_node *node = &graph->nodes[i];

		expected[i] += node->root;
		for (uint32_t edge = 0; node->live && edge < node->degree; edge++)
			expected[node->edges[edge]]++;
	}
	for (uint32_t i = 0; i < graph->count; i++)
		if (graph->nodes[i].live)
			touched += graph->nodes[i].object->refs != expected[i] ||
				   !refers_to(graph, i);
	free(expected);
	return touched;
}

/* After graph_hold_only_roots() only the roots are held; before, and on an error, all nodes. */
void graph_free(struct graph *graph)
{
	for (uint32_t i = 0; i < graph->count; i++)
		if (graph->nodes[i].root || !graph->only_roots)
			let_go(&graph->nodes[i]);
	free(graph->nodes);
	*graph = (struct graph){ 0 };
}
