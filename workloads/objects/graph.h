/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A random graph of containers, and what ought to become of each once only the roots are held.
 *
 * The nodes are lists and instances in turn.  They come in islands of 16: a node refers to itself,
 * to nodes of its own island, which makes rings of every kind, and now and then to one of a later
 * island.  Every fourth island has a root.  So there are nodes that stay, nodes that counting
 * alone frees, rings, and chains that hang on rings.
 *
 * The edges are kept as numbers beside the objects: what can be reached is worked out from them,
 * without asking the collector that is to be checked.
 */
#ifndef SWITCHTAX_GRAPH_H
#define SWITCHTAX_GRAPH_H

#include "objects/cycles.h"

#define GRAPH_EDGES 3		/* of a node, at most */

struct graph_node {
	struct object *object;	/* NULL once it may be gone */
	uint32_t edges[GRAPH_EDGES];
	uint32_t degree;	/* edges in use */
	bool root;
	bool live;		/* can be reached from a root */
};

struct graph {
	struct graph_node *nodes;
	uint32_t count;
	uint32_t live;		/* nodes that are */
	bool only_roots;	/* are held by the graph */
};

/*
 * Makes a graph of count nodes, 1 to 2^28, tracked by the collector; the graph holds a reference
 * to each.  0 or -ENOMEM; then nothing is left.  End with graph_free().
 */
int graph_init(struct graph *graph, struct cycles *cycles, uint32_t count, uint32_t seed);

/* Drops the graph's reference to every node but the roots. */
void graph_hold_only_roots(struct graph *graph);

/*
 * Number of live nodes that are not as they should be: with the references that they were given
 * and one for each live node, and the graph itself, that refers to them.  For after
 * graph_hold_only_roots(), when all garbage is gone.  -ENOMEM: cannot be told.
 */
int64_t graph_touched(const struct graph *graph);

/* Drops what the graph holds; rings among the live nodes are then garbage too. */
void graph_free(struct graph *graph);

#endif
