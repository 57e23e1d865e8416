/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The measuring window, and the one clock that the books are kept by.
 *
 * What one CPU adds up to a time must be cut at the same end by all. Between the reading of the
 * clock and the writing of the end lies a moment, and whoever opens or closes the window may lose
 * its CPU just then, in a virtual machine even the CPU itself: others would go on adding beyond
 * the end. So the window's turn is announced first, and whoever reads the clock after that, and
 * does not find the end yet, makes it the time that it has read.
 */
#ifndef SWITCHTAX_WINDOW_BPF_H
#define SWITCHTAX_WINDOW_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "include/abi.h"

/* Both ends are "never" until they are known. */
#define NEVER (~0ULL)
extern __u64 window_start_ns;
extern __u64 window_end_ns;
extern __u32 window_turn;	/* enum window_turn */
/* 1: the window opens at the next call at the lock: there, who holds it is known. */
extern __u32 window_at_call;
/* 1: it opens when the process executes a program. */
extern __u32 window_at_exec;

static __always_inline void make_turn(__u32 turn, __u64 now)
{
	if (turn == WINDOW_OPENS && window_start_ns == NEVER)
		__sync_val_compare_and_swap(&window_start_ns, NEVER, now);
	if (turn == WINDOW_CLOSES && window_end_ns == NEVER)
		__sync_val_compare_and_swap(&window_end_ns, NEVER, now);
}

/*
 * The clock of the books: CLOCK_MONOTONIC less the pauses so far, in which the program stood still
 * for us (pause.bpf.h). In a pause it stands still, too. One word says all: what has been cut, or
 * at what time it stands; or that a CPU is about to stop it, and which.
 */
extern __u64 clock_word;
#define CLOCK_STANDS	(1ULL << 63)
#define CLOCK_TRIES	(1ULL << 62)
#define CLOCK_CPU_SHIFT	48
#define CLOCK_CUT	((1ULL << CLOCK_CPU_SHIFT) - 1)

/* What the word says that the time is at `ns` of CLOCK_MONOTONIC. */
static __always_inline __u64 clock_at(__u64 word, __u64 ns)
{
	return word & CLOCK_STANDS ? word & ~CLOCK_STANDS : ns - (word & CLOCK_CUT);
}

static __always_inline __u64 read_clock(void)
{
	__u64 word = *(volatile __u64 *)&clock_word;

	return clock_at(word, bpf_ktime_get_ns());
}

/* What the books' clock is behind CLOCK_MONOTONIC, while it goes. */
static __always_inline __u64 cut_so_far(void)
{
	return clock_word & CLOCK_CUT;
}

/* What is added up to this time is cut where the window begins and ends. */
static __always_inline __u64 clock_now(void)
{
	__u64 now = read_clock();

	if (window_turn)
		make_turn(window_turn, now);
	return now;
}

/* Open or close the window now, unless it has been before. */
static __always_inline void turn_window(enum window_turn turn)
{
	__sync_lock_test_and_set(&window_turn, turn);	/* a full barrier */
	make_turn(turn, read_clock());
	window_turn = WINDOW_STAYS;
}

/* The part of [from, to] that lies in the window. */
static __always_inline __u64 in_window(__u64 from, __u64 to)
{
	__u64 start = window_start_ns, end = window_end_ns;

	if (from < start)
		from = start;
	if (to > end)
		to = end;
	return to > from ? to - from : 0;
}

static __always_inline bool ends_in_window(__u64 to)
{
	return to - window_start_ns <= window_end_ns - window_start_ns;
}

static __always_inline __u64 later(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

#endif
