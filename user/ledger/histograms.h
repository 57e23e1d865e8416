/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * histograms - what the histograms of the BPF programs are called, and where their buckets
 * begin.
 *
 * Pure: the buckets are counted in the kernel (bpf/target.bpf.h: histogram_add() and
 * histogram_add_linear()), by the bounds that abi.h gives.
 */
#ifndef SWITCHTAX_HISTOGRAMS_H
#define SWITCHTAX_HISTOGRAMS_H

#include <stdint.h>

#include "include/abi.h"

/* The name of a histogram, as in histograms.csv. */
const char *histograms__name(enum histogram which);

/*
 * Where a bucket (0 to HISTOGRAM_BUCKETS - 1) of it begins, in nanoseconds. It ends where the
 * next one begins; the last has no end.
 */
uint64_t histograms__low_ns(enum histogram which, int bucket);

#endif
