/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue locks' nodes: one per thread that uses the lock, on cache lines of its own.
 *
 * A thread finds its node in its seat. A node may outlive its thread and pass to others (in a
 * CLH queue it does at every release), so all of them belong to the lock and end with it; and
 * a seat must not be used with a second queue lock.
 */
#ifndef SWITCHTAX_LOCK_NODES_H
#define SWITCHTAX_LOCK_NODES_H

#include <stddef.h>

#include "locks/lock.h"

/* bytes zeroed bytes that live as long as the lock. Any thread; NULL if there is no memory. */
void *lock_node_new(struct lock *lock, size_t bytes);

/* This thread's node, made when first asked for. Without memory the program ends: no lock's
 * acquire can fail. */
void *lock_node_of(struct lock *lock, struct announce_seat *seat, size_t bytes);

/* For lock_free(). */
void lock_nodes_free(struct lock *lock);

#endif
