/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pauses: the program stands still for us, and so does the clock of the books.
 *
 * The loader holds a process for a moment, by ptrace, to look for its lock. While a thread is held
 * and no CPU runs any thread of the run, the clock stands: from the switch that took the last one
 * off its CPU until the next one comes to a CPU, or the loader lets go. Nobody runs meanwhile, so
 * no stamp is taken, and all that adds up goes on to do so. What a held thread misses while others
 * run on is in no state of it (cut_ns).
 *
 * Who leaves writes that its CPU is free, announces the pause, and then looks at all CPUs; who
 * arrives writes that its CPU is busy, and then looks for a pause or an announcement. So of two at
 * the same time one at least sees the other. A CPU that stands still anywhere in here finds its
 * announcement replaced when it goes on.
 */
#ifndef SWITCHTAX_PAUSE_BPF_H
#define SWITCHTAX_PAUSE_BPF_H

#include "target.bpf.h"

extern __u32 held_tgids[HELD_AT_ONCE];	/* whom the loader holds, or is about to; 0: nobody */
extern __u32 holds;			/* of them, in use */
extern __u32 held_threads;		/* in THREAD_HELD */

/* The state of a thread that stands still for its tracer (include/linux/sched.h). */
#define TASK_TRACED 0x8

static __always_inline bool loader_holds(void)
{
	return holds;
}

static __noinline __attribute__((unused)) bool is_held(__u32 tgid)
{
	for (int i = 0; i < HELD_AT_ONCE; i++)
		if (held_tgids[i] == tgid)
			return true;
	return false;
}

/* Does the thread, which leaves its CPU, stand still for us? */
static __always_inline bool falls_in_hold(struct thread_record *thread, unsigned int prev_state)
{
	return (prev_state & TASK_TRACED) && loader_holds() && is_held(thread->tgid);
}

static __always_inline void hold_begins(struct thread_record *thread)
{
	thread->state = THREAD_HELD;
	__sync_fetch_and_add(&held_threads, 1);
}

static __always_inline void hold_ends(struct thread_record *thread, __u64 from, __u64 to)
{
	thread->cut_ns += in_window(from, to);
	__sync_fetch_and_add(&held_threads, -1);
}

/* The clock goes on, from where it stands. */
static __always_inline void end_pause(void)
{
	__u64 word = *(volatile __u64 *)&clock_word;

	if (word & CLOCK_STANDS)
		__sync_val_compare_and_swap(&clock_word, word,
					    bpf_ktime_get_ns() - clock_at(word, 0));
	else if (word & CLOCK_TRIES)
		__sync_val_compare_and_swap(&clock_word, word, word & CLOCK_CUT);
}

/* A switch that takes a thread of ours to or off this CPU begins. */
static __always_inline void pause_may_end(struct cpu_record *cpu)
{
	__sync_lock_test_and_set(&cpu->ours_now, 1);	/* a full barrier */
	end_pause();
}

static long is_busy(struct bpf_map *map, const __u32 *index, struct cpu_record *cpu, void *context)
{
	bool *busy = context;

	*busy = cpu->ours_since_ns || cpu->ours_now;
	return *busy;
}

/* This CPU has let go of the last thread of ours that it had, at `now`. */
static __noinline __attribute__((unused)) int pause_may_begin(__u64 now)
{
	__u64 word = *(volatile __u64 *)&clock_word, cut = word & CLOCK_CUT, mine;
	bool busy = false;

	if (!held_threads || !loader_holds() || (word & CLOCK_STANDS))
		return 0;
	mine = cut | CLOCK_TRIES | (__u64)bpf_get_smp_processor_id() << CLOCK_CPU_SHIFT;
	if (__sync_val_compare_and_swap(&clock_word, word, mine) != word)
		return 0;
	bpf_for_each_map_elem(&cpu_records, is_busy, &busy, 0);
	__sync_val_compare_and_swap(&clock_word, mine, busy ? cut : now | CLOCK_STANDS);
	return 0;
}

/* That switch is over; to_ours: another one of ours is on this CPU now. */
static __always_inline void pause_after_switch(struct cpu_record *cpu, bool to_ours, __u64 now)
{
	if (!cpu->ours_now)
		return;
	__sync_lock_test_and_set(&cpu->ours_now, 0);
	if (!to_ours)
		pause_may_begin(now);
}

#endif
