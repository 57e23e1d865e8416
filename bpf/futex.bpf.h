/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which futex does a thread sleep on?
 *
 * Asked when it leaves its CPU to sleep, of the registers that it entered the kernel
 * with: a system call that does not sleep costs nothing, and tracing the calls
 * themselves would slow down every system call of the machine.
 */
#ifndef SWITCHTAX_FUTEX_BPF_H
#define SWITCHTAX_FUTEX_BPF_H

#include "news.bpf.h"
#include "system_call.bpf.h"

/* System calls; the newer ones have one number everywhere (scripts/syscall.tbl). */
#define NR_FUTEX_WAITV	449
#define NR_FUTEX_WAKE	454
#define NR_FUTEX_WAIT	455
#define NR_FUTEX_REQUEUE 456

#if defined(__TARGET_ARCH_x86)
#define NR_FUTEX	202
#define NR_EXIT		60
#elif defined(__TARGET_ARCH_arm64)
#define NR_FUTEX	98
#define NR_EXIT		93
#endif

/* The loader says when it wants to hear of code again; until it has, it is not told either. */
#define CODE_PAUSE_NS	500000000ULL

/* Operations (include/uapi/linux/futex.h), less the flags above the low seven bits. */
#define FUTEX_OPERATION(op)	((op) & 127)
#define BIT_OF(op)	(1U << (op))
#define FUTEX_WAITS	(BIT_OF(0) | BIT_OF(6) | BIT_OF(9) | BIT_OF(11) | BIT_OF(13))
	/* WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2 */

/* The first of the addresses that futex_waitv(2) waits for. */
static __always_inline __u64 first_of_many(__u64 waiters)
{
	struct { __u64 value; __u64 address; } first = {};

	bpf_probe_read_user(&first, sizeof(first), (const void *)waiters);
	return first.address;
}

/* The one futex that a thread waits for by the call that it is in; 0: none. */
static __always_inline __u64 futex_of_call(struct pt_regs___kernel *regs, int nr)
{
	__u32 operation;

	if (nr == NR_FUTEX) {
		operation = FUTEX_OPERATION((__u32)second_argument(regs));
		return operation < 32 && (FUTEX_WAITS & BIT_OF(operation)) ? first_argument(regs) : 0;
	}
	return nr == NR_FUTEX_WAIT ? first_argument(regs) : 0;
}

/* The futex that this thread, which is about to sleep, will sleep on; 0: none. */
static __always_inline __u64 futex_of_sleeper(struct task_struct *task)
{
	struct pt_regs___kernel *regs = user_registers(task);
	int nr = call_number(regs);

	return nr == NR_FUTEX_WAITV ? first_of_many(first_argument(regs)) : futex_of_call(regs, nr);
}

/* The same of another thread, asleep already: of many futexes none, as they lie in its memory. */
static __always_inline __u64 futex_of_other(struct task_struct *task)
{
	struct pt_regs___kernel *regs = user_registers(task);

	return futex_of_call(regs, call_number(regs));
}

/*
 * Is the caller in a system call that wakes futexes? A thread that ends does so too:
 * its joiner sleeps on its tid (CLONE_CHILD_CLEARTID).
 */
static __always_inline bool may_wake_futexes(struct task_struct *task)
{
	int nr = call_number(user_registers(task));

	return nr == NR_FUTEX || nr == NR_FUTEX_WAKE || nr == NR_FUTEX_REQUEUE || nr == NR_EXIT;
}

static __always_inline __u64 code_pages_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, mm, exec_vm);
}

/*
 * Has its process mapped code that the loader has not seen? A library that comes by dlopen(3) may
 * bring a lock with it, and threads that want that lock sleep on a futex. There is no tracepoint
 * for mappings but those of all system calls; the kernel's sum of them tells as well. Asked at
 * some of the sleeps only, as it takes two reads, and told as often as the loader wants to hear.
 */
static __always_inline void look_for_code(struct thread_record *thread, struct task_struct *task)
{
	__u64 pages, now;

	if (!watch_code || (thread->off_count & 3) != 1)
		return;
	pages = code_pages_of(task);
	if (pages == thread->code_pages)
		return;
	now = bpf_ktime_get_ns();
	if (now < code_not_before_ns)
		return;
	code_not_before_ns = now + CODE_PAUSE_NS;
	thread->code_pages = pages;
	tell_loader(NEWS_CODE, task);
}

static __always_inline void futex_falls_asleep(struct thread_record *thread,
					       struct task_struct *task)
{
	thread->futex_waker = 0;
	thread->futex = futex_of_sleeper(task);
	if (thread->futex && watch_futexes == 1) {
		watch_futexes = 2;
		tell_loader(NEWS_FUTEX, task);
	}
	if (thread->futex)
		look_for_code(thread, task);
}

/* No room of its own: only the sums are kept. */
static __always_inline void add_to_others(const struct futex_sleeps *sleeps)
{
	__sync_fetch_and_add(&futex_others.count, sleeps->count);
	__sync_fetch_and_add(&futex_others.ns, sleeps->ns);
	__sync_fetch_and_add(&futex_others.handoffs, sleeps->handoffs);
}

/*
 * It slept in [from, to], and is back on a CPU. Its entries are linked, so that the loader finds
 * them when the thread has ended.
 */
static __always_inline void futex_wakes_up(struct thread_record *thread, __u64 from, __u64 to)
{
	struct futex_wait_key key = { .address = thread->futex, .waiter = thread->slot };
	struct futex_sleeps sleeps = {
		.count = 1,
		.ns = in_window(from, to),
		.handoffs = thread->futex_waker != 0,
		.previous = thread->futex_last,
		.waker = thread->futex_waker,
	}, *sum;

	thread->futex = 0;
	if (!in_window(to, to + 1))
		return;
	sum = bpf_map_lookup_elem(&futex_waits, &key);
	if (sum) {
		sum->count++;
		sum->ns += sleeps.ns;
		sum->handoffs += sleeps.handoffs;
		if (sleeps.waker)
			sum->waker = sleeps.waker;
	} else if (bpf_map_update_elem(&futex_waits, &key, &sleeps, BPF_NOEXIST)) {
		add_to_others(&sleeps);
	} else {
		thread->futex_last = key.address;
	}
}

#endif
