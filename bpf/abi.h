/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs and the loader share. All times are nanoseconds of
 * CLOCK_MONOTONIC; all amounts are already cut to the measuring window.
 */
#ifndef SWITCHTAX_ABI_H
#define SWITCHTAX_ABI_H

#include <linux/types.h>

#define MAX_THREADS	4096	/* records of one run; slot 0 means "not ours" */
#define OFF_HISTORY	64	/* off-CPU stretches remembered per thread (power of 2) */
#define HISTOGRAM_BUCKETS 40	/* bucket b holds 2^b <= ns < 2^(b+1); the last is open */
#define COMM_BYTES	16

/* Where a thread's time goes (measurement.md, section 3). */
enum thread_state {
	THREAD_CPU,
	THREAD_READY,
	THREAD_LOCK_WAIT,
	THREAD_BLOCKED,
	THREAD_STATES,
	THREAD_DEAD = THREAD_STATES,
};

/* Where the lock's time goes (measurement.md, section 2). */
enum lock_state {
	HELD_RUNNING,
	HELD_PREEMPTED_SELF,
	HELD_PREEMPTED_OTHER,
	HELD_BLOCKED,
	HANDOFF_SIGNAL,
	HANDOFF_QUEUE,
	HANDOFF_TAKE,
	FREE_IDLE,
	LOCK_STATES,
};

enum switch_kind { VOLUNTARY, INVOLUNTARY, SWITCH_KINDS };

enum histogram {
	HISTOGRAM_SLICE,	/* on a CPU, from switched in to switched out */
	HISTOGRAM_READY,	/* runnable, waiting for a CPU */
	HISTOGRAM_HOLD,		/* from one hand-off to the release before the next */
	HISTOGRAM_HANDOFF,	/* free with somebody waiting, until taken */
	HISTOGRAMS,
};

/* Why something could not be recorded. */
enum loss {
	LOSS_THREAD_TABLE,	/* more than MAX_THREADS threads */
	LOSS_PID_TABLE,		/* a pid beyond the table made at load time */
	LOSS_SEAT_READ,		/* a seat could not be read at a switch */
	LOSS_LOCK_READ,		/* the lock's page could not be read */
	LOSS_HISTORY,		/* a hand-off older than the remembered stretches */
	LOSS_STREAM,		/* no room for a hand-off in the ring buffer */
	LOSSES,
};

/* One stretch off the CPU: left at off, runnable again at ready, back at on. */
struct off_stretch {
	__u64 off_ns;
	__u64 ready_ns;
	__u64 on_ns;
};

/* One thread. Written only on the CPU on which the thread comes, runs or goes. */
struct thread_record {
	__u32 slot;
	__u32 tid;
	__u32 tgid;
	__u32 state;		/* enum thread_state */
	__u64 task_start_ns;	/* tells apart two lives of one tid */
	__u64 born_ns;
	__u64 died_ns;
	__u64 since_ns;		/* in state since */
	__u64 run_delay_ns;	/* kernel's sum of run-queue waits when last switched out */
	__u64 ns[THREAD_STATES];
	__u64 switches[SWITCH_KINDS];
	__u64 kernel_base[SWITCH_KINDS];	/* the kernel's counters when the window opened */
	__u64 kernel_end[SWITCH_KINDS];		/* ... and closed, or at the last switch */
	__u64 migrations;
	__u32 cpu;
	__u32 seen;		/* has been switched out at least once */
	__u32 closed;		/* kernel_end is final */
	__u32 off_count;
	struct off_stretch off[OFF_HISTORY];
	/* the lock, as this thread saw it */
	__u64 seat;		/* user address of its struct announce_seat, or 0 */
	__u64 lock_ns[LOCK_STATES];	/* added up here, whoever's hold it was */
	__u64 hold_start_ns;
	__u64 hold_since_ns;	/* held on a CPU, and not yet added, since */
	__u64 off_ours_ns;	/* its CPU's ours_ns when it was pre-empted holding */
	__u64 acquisitions;
	__u64 handoffs_in;
	__u32 off_holding;	/* held the lock when last switched out */
	__u32 off_wanted;	/* had let go, and somebody waited, when last switched out */
	char comm[COMM_BYTES];
};

/* One CPU, for telling whose pre-emption it was. */
struct cpu_record {
	__u64 ours_ns;		/* time given to threads of the run, finished stretches */
	__u64 ours_since_ns;	/* a thread of the run is on it since, or 0 */
	__u64 clock_offset_ns;	/* CLOCK_MONOTONIC - its run queue's clock */
	__u32 idle;		/* the thread that last left was the idle task */
	__u32 padding;
	__u64 histogram[HISTOGRAMS][HISTOGRAM_BUCKETS];
};

/* The one lock of a run, as the tracer knows it. */
struct lock_record {
	__u64 page;		/* user address of its struct announce_lock, or 0 */
	__u32 tgid;		/* the process that owns it */
	__u32 holder;		/* slot of the last announced owner, or 0 */
	__u32 flags;		/* ANNOUNCE_* of its page */
	__u32 padding;
	__u64 acquisitions_seen;
	__u64 gap_seen_ns;
	__u64 handoffs;
	__u64 handoffs_forced;
	__u64 open_holds;	/* holds cut at the window's end */
	/* the lock's own counts when the window closed */
	__u64 own_acquisitions;
	__u64 own_releases;
	__u64 own_handoffs;
};

/* One hand-off, streamed only with --timeline. */
struct handoff_event {
	__u64 t_ns;		/* when the new owner announced itself */
	__u32 from_tid;
	__u32 to_tid;
	__u32 from_cpu;
	__u32 to_cpu;
	__u32 forced;
	__u32 padding;
	__u64 signal_ns;
	__u64 queue_ns;
	__u64 take_ns;
};

_Static_assert(sizeof(struct off_stretch) == 24, "no hidden padding");
_Static_assert(sizeof(struct handoff_event) == 56, "no hidden padding");
_Static_assert(sizeof(struct thread_record) % 8 == 0, "array elements stay aligned");

#endif
