// SPDX-License-Identifier: GPL-2.0-or-later
// What the lock's holder does while it runs: its stacks, at the ticks of a clock.
//
// The clock is a perf event per CPU (user/tracer/samples.c), so a context switch costs no more
// than without it. The tick interrupts what is sampled: the registers, and the kernel stack
// that begins there, are of what was interrupted, never of the tick itself.
//
// Each sample goes to the loader as it is. Counting stacks here would save little, since two
// samples rarely stop at the same instruction; and the kernel's map of stacks loses those whose
// hashes collide. User frames come as build-id and offset in the file where that can be had,
// so that they can be named when the process is gone.
#include <linux/ptrace.h>
#include <linux/bpf_perf_event.h>
#include "hold.bpf.h"
#include "news.bpf.h"
#include "system_call.bpf.h"

struct sample_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);	/* set from the number of CPUs at load time */
};

struct sample_scratch {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct stack_sample);
	__uint(max_entries, 1);
};

struct sample_ring sample_ring SEC(".maps");
struct sample_scratch sample_scratch SEC(".maps");

__u64 sample_losses[SAMPLE_LOSSES] = {};
__u32 sample_stacks = 0;	/* also send the top of the user's stack */

static __always_inline void count_sample_loss(enum sample_loss cause)
{
	__sync_fetch_and_add(&sample_losses[cause], 1);
}

static __always_inline bool from_user_mode(const bpf_user_pt_regs_t *regs)
{
#if defined(__TARGET_ARCH_arm64)
	return (regs->pstate & 0xf) == 0;	/* PSR_MODE_EL0t */
#else
	return regs->cs & 3;
#endif
}

/* Has the task entered the kernel by a system call? Asked where no stack may tell. */
static __always_inline bool in_system_call(struct task_struct *task)
{
	return call_number(user_registers(task)) >= 0;
}

/* The lock that the thread holds, by its calls; 0: none. Of several, the one at the first seat. */
static __always_inline __u32 called_lock(struct thread_record *thread)
{
	for (int i = 0; i < LOCK_SEATS; i++) {
		const struct lock_seat *seat = &thread->seats[i];
		const struct lock_record *lock = lock_at(seat->lock);

		if (lock && HOLDER_SLOT(lock->holder) == thread->slot &&
		    (seat->call == CALL_HOLDING || seat->call == CALL_CLAIMING))
			return lock->index;
	}
	return 0;
}

static __always_inline bool holds_announced(const struct lock_record *lock,
					    struct thread_record *thread, struct task_struct *task)
{
	__u32 state = SEAT_OUTSIDE;

	if (!owns(lock, thread) || !thread->seat || BPF_CORE_READ(task, flags) & PF_EXITING)
		return false;
	if (bpf_probe_read_user(&state, sizeof(state), (const void *)thread->seat))
		count_sample_loss(SAMPLE_LOSS_SEAT);
	return state == SEAT_HOLDING;
}

/* Does the running thread hold a lock, and which? Where none is known, every thread counts. */
static __always_inline bool to_be_sampled(struct thread_record *thread, struct task_struct *task,
					  __u32 *index)
{
	struct lock_record *lock = announced_lock();

	*index = lock ? ANNOUNCED_LOCK : called_lock(thread);
	if (lock)
		return holds_announced(lock, thread, task);
	return *index || locks_used == ANNOUNCED_LOCK;
}

static __always_inline void take_kernel_stack(struct bpf_perf_event_data *event,
					      struct stack_sample *sample, struct task_struct *task)
{
	long got;

	sample->kernel_frames = 0;
	sample->flags = from_user_mode(&event->regs) ? SAMPLE_USER_MODE : 0;
	if (sample->flags)
		return;
	if (in_system_call(task))
		sample->flags |= SAMPLE_SYSCALL;
	got = bpf_get_stack(event, sample->kernel, sizeof(sample->kernel), 0);
	if (got > 0)
		sample->kernel_frames = got / sizeof(sample->kernel[0]);
	else
		count_sample_loss(SAMPLE_LOSS_KERNEL_STACK);
}

/*
 * The top of the user's stack, behind `used` bytes of frames: for the loader to look for return
 * addresses in, where code without frame pointers hides its callers. A shallow stack may end
 * before so many words do.
 */
static __always_inline long take_stack(struct stack_sample *sample, struct task_struct *task,
				       long used)
{
	struct pt_regs___kernel *regs = user_registers(task);
	const void *top = (const void *)BPF_CORE_READ(regs, sp);
	void *to = (char *)sample->user + used;

	if (bpf_probe_read_user(to, sizeof(sample->stack), top) == 0)
		return sizeof(sample->stack);
	if (bpf_probe_read_user(to, sizeof(sample->stack) / 4, top) == 0)
		return sizeof(sample->stack) / 4;
	return 0;
}

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *event)
{
	struct thread_record *thread = current_thread();
	struct task_struct *task = current_task();
	__u64 now = clock_now();
	struct stack_sample *sample;
	__u32 zero = 0, lock;
	long got;

	if (!thread || !in_window(now, now + 1) || !to_be_sampled(thread, task, &lock))
		return 0;
	sample = bpf_map_lookup_elem(&sample_scratch, &zero);
	if (!sample)
		return 0;
	sample->lock = lock;
	sample->padding = 0;
	sample->pid = pid_in_namespace(BPF_CORE_READ(task, group_leader));
	take_kernel_stack(event, sample, task);
	got = bpf_get_stack(event, sample->user, sizeof(sample->user),
			    BPF_F_USER_STACK | BPF_F_USER_BUILD_ID);
	if (got <= 0 || got > (long)sizeof(sample->user)) {
		count_sample_loss(SAMPLE_LOSS_USER_STACK);
		got = 0;
	}
	sample->user_frames = got / sizeof(sample->user[0]);
	sample->stack_words = 0;
	if (sample_stacks) {
		long stack = take_stack(sample, task, got);

		sample->stack_words = stack / sizeof(sample->stack[0]);
		got += stack;
	}
	if (bpf_ringbuf_output(&sample_ring, sample, offsetof(struct stack_sample, user) + got,
			       BPF_RB_NO_WAKEUP))
		count_sample_loss(SAMPLE_LOSS_ROOM);
	return 0;
}
