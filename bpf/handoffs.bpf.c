// SPDX-License-Identifier: GPL-2.0-or-later
// Hand-offs of a lock that announces them: our own workloads' (workloads/announce.h).
//
// The new owner announces itself once it has the lock, so these programs run one
// after the other by the lock's own doing. When the last owner let go is stamped in
// the lock's page.
#include "births.bpf.h"
#include "lock.bpf.h"

/*
 * When did the last owner let go? A stamp older than its hold belongs to an
 * earlier release: nobody waited at this one, and all we know is that it had
 * happened when the owner left its CPU, or else by now.
 */
static __always_inline __u64 end_of_hold(struct announce_lock *page, __u64 since, bool was_away,
					 __u64 now)
{
	if (page->released_ns >= since)
		return page->released_ns < now ? page->released_ns : now;
	page->wanted = 0;
	return was_away ? since : now;
}

/* The last owner's hold is over; its own switches on another CPU add nothing from here on. */
static __always_inline __u64 close_hold(struct thread_record *accountant,
					struct thread_record *owner, struct announce_lock *page,
					__u64 now)
{
	bool was_away = owner->state != THREAD_CPU && !owner->off_holding;
	__u64 since = __sync_lock_test_and_set(&owner->hold_since_ns, PASSED_ON);
	__u64 released = end_of_hold(page, since, was_away, now);

	if (released > since)
		add_lock_time(accountant, HELD_RUNNING, since, released);
	return released;
}

/* Silent gaps were added as held time; they were free. */
static __always_inline void move_gaps(struct thread_record *accountant, struct announce_lock *page)
{
	__u64 gap = page->gap_ns - the_lock.gap_seen_ns;

	the_lock.gap_seen_ns = page->gap_ns;
	accountant->lock_ns[HELD_RUNNING] -= gap;	/* sums over threads wrap back */
	accountant->lock_ns[FREE_IDLE] += gap;
}

/* The hold of the last owner ends, the time until now is the hand-off's. */
static __always_inline void pass_on(struct thread_record *from, struct thread_record *to,
				    struct announce_lock *page, struct cpu_record *cpu, __u64 now)
{
	__u64 released = close_hold(to, from, page, now);
	struct handoff_walk walk = { .owner = to, .released = released, .until = now };
	struct lock_taking taking = { .released = released, .wanted = page->wanted ? released : now,
				      .taken = now, .forced = page->forced };

	histogram_add(cpu, HISTOGRAM_HOLD, from->hold_start_ns, released);
	if (page->wanted) {
		split_handoff(&walk);
		histogram_add(cpu, HISTOGRAM_HANDOFF, released, now);
	} else {
		add_lock_time(to, FREE_IDLE, released, now);
	}
	stream_taking(from, to, &taking, &walk.parts);
	if (from == to)
		return;
	to->handoffs_in++;
	the_lock.handoffs++;
	the_lock.handoffs_forced += page->wanted && page->forced;
}

/* The first time of all. */
static __always_inline void begin_holds(struct thread_record *to, __u64 now)
{
	struct lock_taking taking = { .wanted = now, .taken = now };
	struct handoff_parts none = {};

	add_lock_time(to, FREE_IDLE, window_start_ns, now);
	stream_taking(NULL, to, &taking, &none);
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
		begin_holds(to, now);
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
	released = close_hold(closer, last, &page, now);
	add_lock_time(closer, page.wanted ? HANDOFF_SIGNAL : FREE_IDLE, released, now);
	stream_lock(STREAM_RELEASE, last, page.wanted, released);
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
	else if (what == ANNOUNCE_MARK)
		birth_begins(cpu, BIRTH_MARK, now);
	return 0;
}
