// SPDX-License-Identifier: GPL-2.0-or-later
// The queue locks' nodes, in a list that only grows until the lock is freed.
#include "locks/nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64

/* The header has a line of its own, or a waiter's spinning would touch its neighbour. */
struct lock_node {
	_Alignas(LINE_BYTES) struct lock_node *next;
};

void *lock_node_new(struct lock *lock, size_t bytes)
{
	size_t lines = (bytes + LINE_BYTES - 1) / LINE_BYTES;
	size_t whole = sizeof(struct lock_node) + lines * LINE_BYTES;
	struct lock_node *node = aligned_alloc(LINE_BYTES, whole);

	if (!node)
		return NULL;
	memset(node, 0, whole);
	node->next = atomic_load(&lock->nodes);
	while (!atomic_compare_exchange_weak(&lock->nodes, &node->next, node))
		continue;
	return node + 1;
}

void *lock_node_of(struct lock *lock, struct announce_seat *seat, size_t bytes)
{
	void *node = (void *)(uintptr_t)seat->node;

	if (__builtin_expect(node != NULL, 1))
		return node;
	node = lock_node_new(lock, bytes);
	if (!node) {
		fprintf(stderr, "lock %s: out of memory\n", lock->kind->name);
		exit(1);
	}
	seat->node = (uintptr_t)node;
	return node;
}

void lock_nodes_free(struct lock *lock)
{
	struct lock_node *node = atomic_load(&lock->nodes);

	while (node) {
		struct lock_node *next = node->next;

		free(node);
		node = next;
	}
}
