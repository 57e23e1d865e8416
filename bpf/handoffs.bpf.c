// SPDX-License-Identifier: GPL-2.0-or-later
// Hand-offs: what the workload announces, and how a hand-off's time is split.
//
// The new owner announces itself once it has the lock, so these programs run one
// after the other by the lock's own doing. Everything about a hand-off is worked
// out here, looking back: when the last owner let go is stamped in the lock's
// page, where the new owner was since then is in its last off-CPU stretches.
#include "thread.bpf.h"

struct handoff_parts {
	__u64 signal_ns;
	__u64 queue_ns;
	__u64 take_ns;
};

static __always_inline __u64 later(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

/* A walk back through the new owner's stretches. */
struct handoff_walk {
	struct thread_record *owner;
	__u64 released;
	__u64 until;		/* the part before this is still to be told apart */
	struct handoff_parts parts;
};

/* [from, to] of the new owner's past, cut to the time since the release. */
static __always_inline __u64 part_since(struct handoff_walk *walk, enum lock_state state,
					__u64 from, __u64 to)
{
	from = later(from, walk->released);
	if (to <= from)
		return 0;
	add_lock_time(walk->owner, state, from, to);
	return to - from;
}

/* One stretch, newest first: on a CPU is take, runnable is queue, asleep is signal. */
static long walk_stretch(__u32 index, void *context)
{
	struct handoff_walk *walk = context;
	struct thread_record *owner = walk->owner;
	struct off_stretch *off;

	if (walk->until <= walk->released || index >= owner->off_count)
		return 1;
	off = &owner->off[(owner->off_count - 1 - index) % OFF_HISTORY];
	walk->parts.take_ns += part_since(walk, HANDOFF_TAKE, off->on_ns, walk->until);
	walk->parts.queue_ns += part_since(walk, HANDOFF_QUEUE, off->ready_ns, off->on_ns);
	walk->parts.signal_ns += part_since(walk, HANDOFF_SIGNAL, off->off_ns, off->ready_ns);
	walk->until = off->off_ns;
	return 0;
}

/*
 * Where was the new owner from the release until now? A bpf_loop(), whose body is
 * verified once: unrolled, the verifier takes 180 ms over it.
 */
static __always_inline void split_handoff(struct handoff_walk *walk)
{
	bpf_loop(OFF_HISTORY, walk_stretch, walk, 0);
	if (walk->until > walk->released) {
		walk->parts.take_ns += part_since(walk, HANDOFF_TAKE, walk->released, walk->until);
		if (walk->owner->off_count > OFF_HISTORY)
			count_loss(LOSS_HISTORY);
	}
}

/*
 * When did the last owner let go? A stamp older than its hold belongs to an
 * earlier release: nobody waited at this one, and all we know is that it had
 * happened when the owner left its CPU, or else by now.
 */
static __always_inline __u64 end_of_hold(struct thread_record *owner, struct announce_lock *page,
					 __u64 now)
{
	__u64 since = owner->hold_since_ns;

	if (page->released_ns >= since)
		return page->released_ns < now ? page->released_ns : now;
	page->wanted = 0;
	return owner->state != THREAD_CPU && !owner->off_holding ? since : now;
}

/* Silent gaps were added as held time; they were free. */
static __always_inline void move_gaps(struct thread_record *accountant, struct announce_lock *page)
{
	__u64 gap = page->gap_ns - the_lock.gap_seen_ns;

	the_lock.gap_seen_ns = page->gap_ns;
	accountant->lock_ns[HELD_RUNNING] -= gap;	/* sums over threads wrap back */
	accountant->lock_ns[FREE_IDLE] += gap;
}

static __always_inline void stream_handoff(struct thread_record *from, struct thread_record *to,
					   struct announce_lock *page,
					   struct handoff_parts *parts, __u64 now)
{
	struct handoff_event *event;

	if (!stream_handoffs || !in_window(now, now + 1))
		return;
	event = bpf_ringbuf_reserve(&handoff_stream, sizeof(*event), 0);
	if (!event) {
		count_loss(LOSS_STREAM);
		return;
	}
	event->t_ns = now;
	event->from_tid = from->tid;
	event->to_tid = to->tid;
	event->from_cpu = from->cpu;
	event->to_cpu = to->cpu;
	event->forced = page->forced;
	event->padding = 0;
	event->signal_ns = parts->signal_ns;
	event->queue_ns = parts->queue_ns;
	event->take_ns = parts->take_ns;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* The hold of the last owner ends, the time until now is the hand-off's. */
static __always_inline void pass_on(struct thread_record *from, struct thread_record *to,
				    struct announce_lock *page, struct cpu_record *cpu, __u64 now)
{
	__u64 released = end_of_hold(from, page, now);
	struct handoff_walk walk = { .owner = to, .released = released, .until = now };

	held_running_until(to, from, released);
	histogram_add(cpu, HISTOGRAM_HOLD, from->hold_start_ns, released);
	if (page->wanted) {
		split_handoff(&walk);
		histogram_add(cpu, HISTOGRAM_HANDOFF, released, now);
	} else {
		add_lock_time(to, FREE_IDLE, released, now);
	}
	if (from == to)
		return;
	to->handoffs_in++;
	the_lock.handoffs++;
	the_lock.handoffs_forced += page->wanted && page->forced;
	stream_handoff(from, to, page, &walk.parts, now);
}

static __always_inline void on_acquired(struct thread_record *to, struct cpu_record *cpu,
					__u64 page_address, __u64 now)
{
	struct thread_record *from = thread_at(the_lock.holder);
	struct announce_lock page;

	if (the_lock.page != page_address || the_lock.tgid != to->tgid)
		return;
	if (read_lock_page(&page))
		return;
	move_gaps(to, &page);
	if (from) {
		from->acquisitions += page.acquisitions - 1 - the_lock.acquisitions_seen;
		pass_on(from, to, &page, cpu, now);
	} else {
		add_lock_time(to, FREE_IDLE, window_start_ns, now);
	}
	to->acquisitions++;
	to->hold_start_ns = now;
	to->hold_since_ns = now;
	to->off_holding = 0;
	the_lock.acquisitions_seen = page.acquisitions;
	the_lock.flags = page.flags;
	the_lock.holder = to->slot;
}

static __always_inline void on_window_open(struct thread_record *thread, __u64 page, __u64 now)
{
	if (window_start_ns != NEVER)
		return;
	the_lock.page = page;
	the_lock.tgid = thread->tgid;
	window_start_ns = now;
}

/* Close the lock's timeline at the window's end. */
static __always_inline void close_lock(struct thread_record *closer, __u64 now)
{
	struct thread_record *last = thread_at(the_lock.holder);
	struct announce_lock page;
	__u64 released;

	if (!last) {
		add_lock_time(closer, FREE_IDLE, window_start_ns, now);
		return;
	}
	if (read_lock_page(&page))
		return;
	move_gaps(closer, &page);
	last->acquisitions += page.acquisitions - the_lock.acquisitions_seen;
	the_lock.own_acquisitions = page.acquisitions;
	the_lock.own_releases = page.releases;
	the_lock.own_handoffs = page.handoffs;
	if (page.acquisitions != page.releases) {
		/* Still held: the holder's next switch adds the rest, up to now. */
		the_lock.open_holds = 1;
		return;
	}
	released = end_of_hold(last, &page, now);
	held_running_until(closer, last, released);
	add_lock_time(closer, page.wanted ? HANDOFF_SIGNAL : FREE_IDLE, released, now);
	the_lock.holder = 0;
}

static __always_inline void on_window_close(struct thread_record *thread, __u64 page, __u64 now)
{
	if (window_start_ns == NEVER || window_end_ns != NEVER || the_lock.tgid != thread->tgid)
		return;
	if (page && the_lock.page == page)
		close_lock(thread, now);
	window_end_ns = now;
}

SEC("uprobe")
int BPF_KPROBE(on_announce, __u32 what, __u64 about)
{
	struct cpu_record *cpu = cpu_at(bpf_get_smp_processor_id());
	struct thread_record *thread = current_thread();
	__u64 now = bpf_ktime_get_ns();

	if (!thread || !cpu)
		return 0;
	if (thread->state != THREAD_CPU)
		catch_up(thread, bpf_get_current_task_btf(), cpu, now);
	if (what == ANNOUNCE_ACQUIRED)
		on_acquired(thread, cpu, about, now);
	else if (what == ANNOUNCE_SEAT)
		thread->seat = about;
	else if (what == ANNOUNCE_WINDOW_OPEN)
		on_window_open(thread, about, now);
	else if (what == ANNOUNCE_WINDOW_CLOSE)
		on_window_close(thread, about, now);
	return 0;
}
