/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-offs of a lock that announces them: our own workloads' (include/announce.h).
 *
 * The new owner announces itself once it has the lock, so these programs run one
 * after the other by the lock's own doing. When the last owner let go is stamped in
 * the lock's page.
 */
#ifndef SWITCHTAX_HANDOFFS_BPF_H
#define SWITCHTAX_HANDOFFS_BPF_H

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

/* The last owner's hold, which is over: its own switches add nothing to it from here on. */
struct last_hold {
	__u64 start_ns;
	__u64 since_ns;
	bool was_away;
};

static __always_inline struct last_hold take_hold(struct thread_record *owner)
{
	struct last_hold hold = { .start_ns = owner->hold_start_ns };
	bool away = owner->state != THREAD_CPU;

	hold.since_ns = take_rest_of_hold(owner);
	/* After this barrier: a switch writes the state last. */
	hold.was_away = away && !owner->off_holding;
	return hold;
}

/* When it ended; now: at least as late as it was taken. */
static __always_inline __u64 close_hold(struct thread_record *accountant, struct last_hold *hold,
					struct announce_lock *page, __u64 now)
{
	__u64 released = end_of_hold(page, hold->since_ns, hold->was_away, now);

	if (released > hold->since_ns)
		add_lock_time(accountant, HELD_RUNNING, hold->since_ns, released);
	return released;
}

/* Silent gaps were added as held time; they were free. */
static __always_inline void move_gaps(struct thread_record *accountant, struct announce_lock *page)
{
	__u64 gap = page->gap_ns - the_lock.gap_seen_ns;

	the_lock.gap_seen_ns = page->gap_ns;
	/* Sums over threads wrap back. */
	__sync_fetch_and_add(&accountant->lock_ns[HELD_RUNNING], -gap);
	__sync_fetch_and_add(&accountant->lock_ns[FREE_IDLE], gap);
}

/* The hold of the last owner has ended, the time until now is the hand-off's. */
static __always_inline void pass_on(struct thread_record *from, struct thread_record *to,
				    struct last_hold *hold, struct announce_lock *page,
				    struct cpu_record *cpu, __u64 now)
{
	__u64 released = close_hold(to, hold, page, now);
	struct handoff_walk walk = { .owner = to, .released = released, .until = now };
	struct lock_taking taking = { .released = released, .wanted = page->wanted ? released : now,
				      .taken = now, .forced = page->forced };

	histogram_add(cpu, HISTOGRAM_HOLD, hold->start_ns, released);
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

/* The owner from now on, to every switch that follows. */
static __always_inline __u64 own(struct thread_record *to)
{
	__u64 now = clock_now();

	to->hold_start_ns = now;
	to->hold_since_ns = now;
	to->off_holding = 0;
	the_lock.holder = to->slot;
	return now;
}

static __always_inline void on_hold_announced(struct thread_record *to, struct cpu_record *cpu,
					__u64 page_address)
{
	struct thread_record *from = thread_at(the_lock.holder);
	struct announce_lock page;
	struct last_hold hold = {};
	__u64 now;

	if (the_lock.page != page_address || the_lock.tgid != to->tgid)
		return;
	if (read_lock_page(&page))
		return;
	if (from)
		hold = take_hold(from);
	now = own(to);
	move_gaps(to, &page);
	if (from) {
		from->acquisitions += page.acquisitions - 1 - the_lock.acquisitions_seen;
		pass_on(from, to, &hold, &page, cpu, now);
	} else {
		begin_holds(to, now);
	}
	to->acquisitions++;
	the_lock.acquisitions_seen = page.acquisitions;
	the_lock.flags = page.flags;
}

static __always_inline void on_window_open(struct thread_record *thread, __u64 page)
{
	if (window_start_ns != NEVER)
		return;
	the_lock.page = page;
	the_lock.tgid = thread->tgid;
	turn_window(WINDOW_OPENS);
}

/* Close the lock's timeline at the window's end. */
static __always_inline void close_lock(struct thread_record *closer, __u64 now)
{
	struct thread_record *last = thread_at(the_lock.holder);
	struct announce_lock page;
	struct last_hold hold;
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
	hold = take_hold(last);
	released = close_hold(closer, &hold, &page, now);
	add_lock_time(closer, page.wanted ? HANDOFF_SIGNAL : FREE_IDLE, released, now);
	stream_lock(STREAM_RELEASE, last, page.wanted, released);
	the_lock.holder = 0;
}

/* The end first: what switches add while the lock is closed is cut there. */
static __always_inline void on_window_close(struct thread_record *thread, __u64 page)
{
	if (window_start_ns == NEVER || window_end_ns != NEVER || the_lock.tgid != thread->tgid)
		return;
	turn_window(WINDOW_CLOSES);
	if (page && the_lock.page == page)
		close_lock(thread, window_end_ns);
}

#endif
