/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spinners: threads or processes on one CPU that do nothing but use it, until told to stop.
 *
 * Who started them stays outside of that CPU's queue while they spin, and reads how much of it
 * each has had from the kernel's own CPU-time clocks of other threads and processes
 * (clock_getcpuclockid(3)), all at one moment.
 */
#ifndef SWITCHTAX_SPINNER_H
#define SWITCHTAX_SPINNER_H

#include <stdint.h>

enum spinner_kind { SPINNER_THREADS, SPINNER_PROCESSES };

#define SPINNERS_MAX 256

struct spinners_config {
	enum spinner_kind kind;
	unsigned int count;	/* at most SPINNERS_MAX */
	int cpu;		/* on which all of them spin */
	const int *nice;	/* of each; NULL: as they come */
};

struct spinners;

/*
 * Starts them, named worker-0 and so on, and returns once each spins. Returns 0 or -errno
 * (-EACCES: a nice level needs a privilege); nothing runs then.
 */
int spinners_start(struct spinners **out, const struct spinners_config *config);

/* The CPU time that each gets while the caller sleeps for ms. Returns 0 or -errno. */
int spinners_watch(const struct spinners *spinners, uint64_t ms, uint64_t *cpu_ns);

/* Ends them and frees everything. Accepts NULL. */
void spinners_stop(struct spinners *spinners);

/* Confines the calling thread to a CPU. Returns 0 or -errno. */
int spinner_confine(int cpu);

/* Work for about a microsecond. */
void spinner_turn(void);

#endif
