// SPDX-License-Identifier: GPL-2.0-or-later
// The programs at uprobes, each in the kinds that kernels can run.
//
// Where the kernel can pre-empt such a program (PREEMPT_RT, preempt=full, "lazy" since 6.13), it
// must not while the books are open. Kernels from 6.10 on can be asked to wait, and from 6.13 on
// they have to be: they keep a program's larger stack frames in one place per CPU ("private
// stack", kernel commit a76ab5731e32), which a pre-empted program would share with the next one
// there: 7.3 was seen to follow a pointer that had become a time stamp. So what has frames is a
// function of its own, called in between. Older kernels have neither; for those, the order of the steps must do (hold.bpf.h).
//
// In one file, since libbpf's linker finds no size for a kernel's function that two files name.
#include "arrivals.bpf.h"
#include "calls.bpf.h"
#include "handoffs.bpf.h"

#ifdef WITHOUT_KERNEL_BTF

/*
 * Such a kernel offers no function to programs. But programs that could call another in their place
 * have their frames on the thread's own stack (check_max_stack_depth() in kernel/bpf/verifier.c),
 * even if the verifier finds that they never do, and takes the call out.
 */
#define PLAIN(call)							\
	({								\
		if (never)						\
			bpf_tail_call(ctx, &nowhere, 0);		\
		call;							\
	})
#define STEADY(call) PLAIN(call)

#else

extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

#define PLAIN(call) call

/* A program of the steady kind. */
#define STEADY(call)			\
	({				\
		int answer;		\
					\
		bpf_preempt_disable();	\
		answer = call;		\
		bpf_preempt_enable();	\
		answer;			\
	})

#endif

struct caller {
	struct thread_record *thread;
	struct cpu_record *cpu;
};

/* The current thread is on its CPU, if a switch has not said so. */
static __noinline __attribute__((unused)) int caller_arrives(struct thread_record *thread,
							     struct cpu_record *cpu)
{
	struct arrival arrival;

	if (find_arrival(thread, current_task(), cpu, &arrival))
		add_arrival(thread, cpu, false, arrival.ready_ns, arrival.on_ns);
	return 0;
}

/* False: it is none of ours. */
static __always_inline bool find_caller(struct caller *caller)
{
	caller->cpu = cpu_at(bpf_get_smp_processor_id());
	caller->thread = current_thread();
	if (!caller->cpu || !caller->thread)
		return false;
	if (caller->thread->state != THREAD_CPU)
		caller_arrives(caller->thread, caller->cpu);
	return true;
}

/*
 * False: nobody of the process that owns the lock, or too late. What the lock is when the
 * window closes, it stays: the probes go one after the other.
 */
static __always_inline bool find_lock_caller(struct caller *caller)
{
	return find_caller(caller) && caller->thread->tgid == the_lock.tgid &&
	       clock_now() < window_end_ns;
}

/* Returns 1 if the call's return need not be seen. */
static __noinline int acquire(struct pt_regs *ctx)
{
	struct caller caller;

	if (!find_lock_caller(&caller))
		return 1;
	return call_begins(caller.thread, PT_REGS_PARM1(ctx), clock_now());
}

static __noinline int acquire_returns(void)
{
	struct caller caller;

	if (find_lock_caller(&caller))
		call_ends(caller.thread, caller.cpu);
	return 0;
}

static __noinline int release(void)
{
	struct caller caller;

	if (find_lock_caller(&caller))
		release_begins(caller.thread, caller.cpu);
	return 0;
}

static __noinline int announced(struct pt_regs *ctx)
{
	__u32 what = PT_REGS_PARM1(ctx);
	__u64 about = PT_REGS_PARM2(ctx);
	struct caller caller;

	if (!find_caller(&caller))
		return 0;
	if (what == ANNOUNCE_ACQUIRED)
		on_hold_announced(caller.thread, caller.cpu, about);
	else if (what == ANNOUNCE_SEAT)
		caller.thread->seat = about;
	else if (what == ANNOUNCE_WINDOW_OPEN)
		on_window_open(caller.thread, about);
	else if (what == ANNOUNCE_WINDOW_CLOSE)
		on_window_close(caller.thread, about);
	else if (what == ANNOUNCE_MARK)
		birth_begins(caller.cpu, BIRTH_MARK, clock_now());
	return 0;
}

/* One program in both kinds: as it is, and steady. */
#define PROBE(section, name, call)			\
	SEC(section)					\
	int name(struct pt_regs *ctx)			\
	{						\
		return PLAIN(call);			\
	}						\
							\
	SEC(section)					\
	int name##_steady(struct pt_regs *ctx)		\
	{						\
		return STEADY(call);			\
	}

PROBE("uprobe", on_acquire, acquire(ctx))
PROBE("uretprobe", on_acquired, acquire_returns())
PROBE("uprobe", on_release, release())
PROBE("uprobe", on_announce, announced(ctx))

/*
 * At entry, the next instruction is the probed one; at the return, the caller's. The kernel has
 * a function that says it, bpf_session_is_return(), but with one prototype up to 6.19 and another
 * since, and a program that names what does not fit is refused whole.
 */
static __always_inline bool is_return(struct pt_regs *regs)
{
	return PT_REGS_IP(regs) != bpf_get_func_ip(regs);
}

/* Both in one, since Linux 6.13: 1 at entry spares the trap at the return. */
SEC("uprobe.session")
int on_acquire_session(struct pt_regs *ctx)
{
	return is_return(ctx) ? STEADY(acquire_returns()) : STEADY(acquire(ctx));
}
