/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workload - our own workload programs: where they are, how they are called, what
 * they print. Their output is one "key value" pair per line.
 */
#ifndef SWITCHTAX_WORKLOAD_H
#define SWITCHTAX_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parameters of one run, as the workload's options. */
struct workload_parameters {
	const char *lock;
	uint64_t workers;
	uint64_t objects;
	uint64_t interval_us;
	uint64_t seed;
	int one_cpu;		/* the CPU of threads-1cpu */
};

/* What the workload says of its own window; UINT64_MAX where it says nothing. */
struct workload_report {
	uint64_t wall_ns;	/* inside of the window's markers */
	uint64_t wall_outer_ns;	/* outside of them */
	uint64_t user_ns;
	uint64_t sys_ns;
	uint64_t switches_voluntary;
	uint64_t switches_involuntary;
	uint64_t faults_minor;
	uint64_t faults_major;
	uint64_t max_rss_bytes;
	uint64_t acquisitions;
	uint64_t handoffs;
	uint64_t pairs;		/* of lockcost: acquisitions and releases timed */
	uint64_t tasks_done;
	uint64_t objects_allocated;
	uint64_t objects_freed;
};

/* The folder our own program lies in. Returns 0 or -errno. */
int workload__own_folder(char *folder, size_t size);

/*
 * The file of a workload: in $SWITCHTAX_WORKLOADS if set, beside our own program in
 * workloads/, or in ../libexec/switchtax/. Returns 0, -ENOENT or -EACCES with path
 * naming the last place looked at.
 */
int workload__find(const char *name, char *path, size_t size);

/*
 * The command line for one arm (NULL: a workload that has none); free with
 * workload__free_argv(). NULL: no memory.
 */
char **workload__argv(const char *path, const char *arm,
		      const struct workload_parameters *parameters);
void workload__free_argv(char **argv);

/*
 * Read a report from text. Returns 0, or -EBADMSG if a line is no pair or wall_ns
 * is missing. Unknown keys are ignored.
 */
int workload__parse(const char *text, struct workload_report *report);

#endif
