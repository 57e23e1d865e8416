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
#include "releases.bpf.h"
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

/* False: it is none of ours. */
static __always_inline bool find_caller(struct caller *caller)
{
	caller->cpu = cpu_at(bpf_get_smp_processor_id());
	caller->thread = current_thread();
	return caller->cpu && caller->thread;
}

/*
 * The current thread is on its CPU, if a switch has not said so. Before what the probe is about,
 * not in it: one needs as much stack as the other, and there is 512 bytes for all that are open.
 */
static __noinline int arrive(void)
{
	struct arrival arrival;
	struct caller caller;
	__u64 futex;

	if (!find_caller(&caller) || caller.thread->state == THREAD_CPU)
		return 0;
	end_pause();
	futex = caller.thread->futex;
	if (!find_arrival(caller.thread, current_task(), caller.cpu, &arrival))
		return 0;
	add_arrival(caller.thread, caller.cpu, false, arrival.ready_ns, arrival.on_ns);
	if (futex && caller.thread->seats_used)
		locks_come_back(caller.thread, caller.cpu, futex, arrival.ready_ns, arrival.on_ns);
	return 0;
}

/*
 * False: nobody of the process that is watched, or too late. What a lock is when the
 * window closes, it stays: the probes go one after the other. And those of a program that is
 * gone may still be met by its successor.
 */
static __always_inline bool find_watched(struct caller *caller, struct call *call, __u64 cookie)
{
	if (!find_caller(caller))
		return false;
	call->thread = caller->thread;
	call->cpu = caller->cpu;
	call->watched = watched_at(WATCHED_OF(cookie));
	return call->watched && call->watched->tgid == call->thread->tgid &&
	       !call->watched->ended_ns && clock_now() < window_end_ns;
}

/* The thread's seat at the lock, and the lock; a new one if there is none. */
static __always_inline bool sit_down(struct call *call, __u32 whose, __u64 key)
{
	call->seat = seat_at(call->thread, whose, key);
	if (!call->seat)
		call->seat = take_seat(call->thread, whose, key,
				       find_lock(call->watched, whose, key));
	call->lock = call->seat ? lock_at(call->seat->lock) : NULL;
	return call->lock;
}

/* Returns 1 if the call's return need not be seen by its address. */
static __noinline int acquire(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx), key;
	struct caller caller;
	struct call call;

	if (!find_watched(&caller, &call, cookie))
		return 1;
	leave_call(call.thread, PT_REGS_SP(ctx));
	find_words(call.watched, cookie, PT_REGS_IP(ctx));
	key = key_of(call.watched, call.thread, PT_REGS_PARM1(ctx));
	if (!sit_down(&call, WATCHED_OF(cookie), key))
		return 1;
	if (!(cookie & CALL_RETURNS_BY))
		return call_begins(&call, cookie & CALL_MAY_FAIL, 0, clock_now());
	call_begins(&call, true, PT_REGS_SP(ctx), clock_now());
	return 1;
}

/* Does what it returns say that it has the lock? */
static __always_inline bool has_it(__u64 cookie, __u64 returned)
{
	if (!(cookie & CALL_MAY_FAIL))
		return true;
	return cookie & CALL_TRUE ? returned & 0xff : (int)returned == 0;
}

/* At a return the arguments are gone: the thread comes from the acquire function it is in. */
static __always_inline struct lock_seat *returning_seat(struct thread_record *thread)
{
	__u32 place = thread->waits - 1;

	return place < LOCK_SEATS ? &thread->seats[place] : unproven_seat(thread);
}

static __noinline int acquire_returns(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	struct caller caller;
	struct call call;

	if (!find_watched(&caller, &call, cookie))
		return 1;
	if (cookie & CALL_LANDS) {
		leave_call(call.thread, PT_REGS_SP(ctx));
		return 1;
	}
	call.seat = returning_seat(call.thread);
	call.lock = call.seat ? lock_at(call.seat->lock) : NULL;
	if (!call.lock)
		return 1;
	/* The return of an inner call, or of another's. */
	if (cookie & CALL_RETURNS && call.seat->call_sp != PT_REGS_SP(ctx))
		return 1;
	if (has_it(cookie, PT_REGS_RC(ctx)))
		call_ends(&call);
	else
		call_fails(call.lock, call.thread, call.seat);
	return 1;
}

/* An interpreter's release does not say in its first argument which lock it is. */
static __always_inline __u64 key_of_release(const struct call *call, __u32 whose,
					    __u64 argument)
{
	const struct lock_seat *seat = call->watched->keys == KEY_INTERPRETER
				       ? busy_seat(call->thread, whose) : NULL;

	if (seat)
		return seat->key;
	return call->watched->keys == KEY_ARGUMENT ? argument
						   : name_of(call->watched, call->thread->call_key);
}

static __noinline int release(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx), key;
	struct caller caller;
	struct call call;
	bool first;

	if (!find_watched(&caller, &call, cookie))
		return 0;
	leave_call(call.thread, PT_REGS_SP(ctx));
	key = key_of_release(&call, WATCHED_OF(cookie), PT_REGS_PARM1(ctx));
	first = !seat_at(call.thread, WATCHED_OF(cookie), key);
	if (sit_down(&call, WATCHED_OF(cookie), key))
		release_begins(&call, first);
	return 0;
}

static __noinline int wait(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx), key = PT_REGS_PARM2(ctx);
	struct caller caller;
	struct call call;
	bool first;

	if (!find_watched(&caller, &call, cookie))
		return 0;
	first = !seat_at(call.thread, WATCHED_OF(cookie), key);
	if (sit_down(&call, WATCHED_OF(cookie), key))
		goes_away(&call, PT_REGS_PARM1(ctx), first);
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
		return PLAIN((arrive(), call));		\
	}						\
							\
	SEC(section)					\
	int name##_steady(struct pt_regs *ctx)		\
	{						\
		return STEADY((arrive(), call));	\
	}

PROBE("uprobe", on_acquire, acquire(ctx))
PROBE("uretprobe", on_acquired, acquire_returns(ctx) & 0)
PROBE("uprobe", on_release, release(ctx))
PROBE("uprobe", on_wait, wait(ctx))
PROBE("uprobe", on_announce, announced(ctx))

/*
 * At entry, the next instruction is the probed one; at the return, the caller's. The kernel has
 * a function that says it, bpf_session_is_return(), but with one prototype up to 6.19 and another
 * since, and a program that names what does not fit is refused whole.
 */
static __always_inline bool is_return(struct pt_regs *regs)
{
	return PT_REGS_IP(regs) != bpf_get_func_ip(regs) ||
	       bpf_get_attach_cookie(regs) & (CALL_RETURNS | CALL_LANDS);
}

/*
 * Both in one, since Linux 6.13: 1 at entry spares the trap at the return. A return instruction,
 * too, is a place at which it is entered.
 */
SEC("uprobe.session")
int on_acquire_session(struct pt_regs *ctx)
{
	return is_return(ctx) ? STEADY((arrive(), acquire_returns(ctx)))
			      : STEADY((arrive(), acquire(ctx)));
}
