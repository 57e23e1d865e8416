/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The five ways of running the same W tasks (docs/measurement.md).
 *
 * What could differ besides the arm is kept equal: every arm runs its tasks in
 * threads other than the main one (glibc's malloc takes its lock only in a process
 * that has threads), the tasks and their seeds are the same, and the caller has
 * limited malloc to one arena.
 */
#ifndef SWITCHTAX_ARMS_H
#define SWITCHTAX_ARMS_H

#include <stdint.h>

#include "locks/lock.h"

struct arm_config {
	const struct lock_kind *lock;
	uint64_t interval_ns;
	uint64_t objects;	/* per task */
	uint32_t workers;	/* tasks */
	uint32_t seed;		/* task i has seed + i */
};

/* What the run leaves behind, summed over all tasks. */
struct arm_result {
	double maximum;		/* of all tasks: the same in every arm */
	uint64_t tasks_done;
	uint64_t allocated;	/* objects */
	uint64_t freed;
	uint64_t acquisitions;
	uint64_t releases;
	uint64_t handoffs;
	uint64_t children_peak_rss_bytes;
};

struct arm {
	const char *name;
	const char *summary;
	int one_cpu;		/* 1: the caller confines the process to one CPU first */
	int locked;		/* 1: runs under one shared lock */
	/* 0 or -errno; -ENOMEM: a task ran out of memory. lock: NULL if not locked. */
	int (*run)(const struct arm_config *config, struct lock *lock, struct arm_result *result);
};

/* All arms in the order of the ladder, ended by one without a name. */
extern const struct arm arms[];

/* The arm of that name, or NULL. */
const struct arm *arm_find(const char *name);

#endif
