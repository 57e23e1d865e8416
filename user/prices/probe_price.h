/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_price - what watching a lock by its calls costs on this machine, now.
 *
 * Probes that look like the run's are put on two empty functions of our own, and these are
 * called: traps included, which the run time of BPF programs leaves out.
 */
#ifndef SWITCHTAX_PROBE_PRICE_H
#define SWITCHTAX_PROBE_PRICE_H

#include "run/run.h"

/* More calls a second than this cost the program more than about 3 %. */
#define PROBE_PRICE_FELT_PER_S 20000
/* The same of calls that are single-stepped, on a virtual machine: the program gets no further. */
#define PROBE_PRICE_STEPPED_PER_S 1000
/* What is felt, of the run's time. */
#define PROBE_PRICE_FELT_SHARE 0.02

/*
 * The price of one acquisition and its release, in ns, if the run has had so many that it
 * was felt; else, or if it cannot be measured, 0. Call it when nothing is traced.
 */
double probe_price__if_felt(struct tracer *tracer, const struct run *run);

/* What the program that is probed pays for one hit, in ns; NAN: not known on this CPU. */
struct probe_hits {
	double entry_ns;	/* a uprobe on an instruction that the kernel emulates */
	double stepped_ns;	/* a uprobe on one that it must single-step */
	double return_ns;	/* a uretprobe, which has its trap at entry as well */
};

/*
 * Measure them. Returns 0, or -errno of making the probes, with why saying more. Call it when
 * nothing is traced.
 */
int probe_price__hits(struct tracer *tracer, struct probe_hits *hits, char *why, size_t size);

#endif
