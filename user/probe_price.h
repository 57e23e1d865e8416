/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_price - what watching a lock by its calls costs on this machine, now.
 *
 * Probes that look like the run's are put on two empty functions of our own, and these are
 * called: traps included, which the run time of BPF programs leaves out.
 */
#ifndef SWITCHTAX_PROBE_PRICE_H
#define SWITCHTAX_PROBE_PRICE_H

#include "run.h"
#include "tracer.h"

/* More calls a second than this cost the program more than about 3 %. */
#define PROBE_PRICE_FELT_PER_S 20000

/*
 * The price of one acquisition and its release, in ns, if the run has had so many that it
 * was felt; else, or if it cannot be measured, 0. Call it when nothing is traced.
 */
double probe_price__if_felt(struct tracer *tracer, const struct run *run);

#endif
