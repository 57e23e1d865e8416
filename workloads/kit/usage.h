/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel charged this process and its finished children, over a window. */
#ifndef SWITCHTAX_USAGE_H
#define SWITCHTAX_USAGE_H

#include <stdint.h>

struct usage {
	uint64_t wall_ns;		/* CLOCK_MONOTONIC */
	uint64_t user_ns;
	uint64_t sys_ns;
	uint64_t switches_voluntary;
	uint64_t switches_involuntary;
	uint64_t faults_minor;
	uint64_t faults_major;
};

/* The counters now: getrusage(2) of this process plus its reaped children. */
struct usage usage_now(void);

/* What was added from before to after. */
struct usage usage_between(const struct usage *before, const struct usage *after);

/* The most resident memory this process has had since exec, in bytes; 0 if unknown. */
uint64_t usage_peak_rss_bytes(void);

#endif
