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
	struct lock_seat *seat = &owner->seats[0];
	struct last_hold hold = { .start_ns = seat->hold_start_ns };
	bool away = owner->state != THREAD_CPU;

	hold.since_ns = take_rest_of_hold(seat);
	/* After this barrier: a switch writes the state last. */
	hold.was_away = away && !seat->off_holding;
	return hold;
}

/* When it ended; now: at least as late as it was taken. */
static __always_inline __u64 close_hold(struct lock_record *lock, struct last_hold *hold,
					struct announce_lock *page, __u64 now)
{
	__u64 released = end_of_hold(page, hold->since_ns, hold->was_away, now);

	if (released > hold->since_ns)
		add_lock_time(lock, HELD_RUNNING, hold->since_ns, released);
	return released;
}

/* Silent gaps were added as held time; they were free. */
static __always_inline void move_gaps(struct lock_record *lock, struct announce_lock *page)
{
	__u64 gap = page->gap_ns - lock->gap_seen_ns;

	lock->gap_seen_ns = page->gap_ns;
	__sync_fetch_and_add(&lock->ns[HELD_RUNNING], -gap);
	__sync_fetch_and_add(&lock->ns[FREE_IDLE], gap);
}

/* The hold of the last owner has ended, the time until now is the hand-off's. */
static __always_inline void pass_on(struct lock_record *lock, struct thread_record *from,
				    struct thread_record *to, struct last_hold *hold,
				    struct announce_lock *page, struct cpu_record *cpu, __u64 now)
{
	__u64 released = close_hold(lock, hold, page, now);
	struct handoff_walk walk = { .lock = lock, .owner = to, .released = released,
				     .until = now };
	struct lock_taking taking = { .released = released, .wanted = page->wanted ? released : now,
				      .taken = now, .forced = page->forced };

	histogram_add(cpu, HISTOGRAM_HOLD, hold->start_ns, released);
	if (page->wanted) {
		split_handoff(&walk);
		histogram_add(cpu, HISTOGRAM_HANDOFF, released, now);
	} else {
		add_lock_time(lock, FREE_IDLE, released, now);
	}
	stream_taking(lock, from, to, &taking, &walk.parts);
	if (from == to)
		return;
	to->handoffs_in++;
	lock->handoffs++;
	lock->handoffs_forced += page->wanted && page->forced;
}

/* The first time of all. */
static __always_inline void begin_holds(struct lock_record *lock, struct thread_record *to,
					__u64 now)
{
	struct lock_taking taking = { .wanted = now, .taken = now };
	struct handoff_parts none = {};

	add_lock_time(lock, FREE_IDLE, window_start_ns, now);
	stream_taking(lock, NULL, to, &taking, &none);
}

/* The owner from now on, to every switch that follows. */
static __always_inline __u64 own(struct lock_record *lock, struct thread_record *to)
{
	struct lock_seat *seat = &to->seats[0];
	__u64 now = clock_now();

	seat->hold_start_ns = now;
	seat->hold_since_ns = now;
	seat->off_holding = 0;
	lock->switched_ns = now;
	lock->holder = to->slot;
	return now;
}

static __always_inline void on_hold_announced(struct thread_record *to, struct cpu_record *cpu,
					      __u64 page_address)
{
	struct lock_record *lock = lock_at(ANNOUNCED_LOCK);
	struct announce_lock page;
	struct last_hold hold = {};
	struct thread_record *from;
	__u64 now;

	if (!lock || lock->page != page_address || lock->tgid != to->tgid)
		return;
	if (read_lock_page(lock, &page))
		return;
	from = thread_at(lock->holder);
	if (from)
		hold = take_hold(from);
	now = own(lock, to);
	move_gaps(lock, &page);
	barrier_var(from);	/* else clang keeps what it has compared, which Linux 5.15 forgets */
	if (from) {
		from->acquisitions += page.acquisitions - 1 - lock->acquisitions_seen;
		pass_on(lock, from, to, &hold, &page, cpu, now);
	} else {
		begin_holds(lock, to, now);
	}
	to->acquisitions++;
	lock->acquisitions_seen = page.acquisitions;
	lock->flags = page.flags;
}

static __always_inline void on_window_open(struct thread_record *thread, __u64 page)
{
	struct lock_record *lock = lock_at(ANNOUNCED_LOCK);

	if (!lock || window_start_ns != NEVER)
		return;
	lock->index = ANNOUNCED_LOCK;
	lock->tgid = thread->tgid;
	lock->page = page;
	streamed_lock = ANNOUNCED_LOCK;
	turn_window(WINDOW_OPENS);
}

/* Close the lock's timeline at the window's end. */
static __always_inline void close_lock(struct lock_record *lock, __u64 now)
{
	struct thread_record *last = thread_at(lock->holder);
	struct announce_lock page;
	struct last_hold hold;
	__u64 released;

	if (!last) {
		add_lock_time(lock, FREE_IDLE, window_start_ns, now);
		return;
	}
	if (read_lock_page(lock, &page))
		return;
	move_gaps(lock, &page);
	last->acquisitions += page.acquisitions - lock->acquisitions_seen;
	lock->acquisitions = page.acquisitions;
	lock->releases = page.releases;
	lock->own_handoffs = page.handoffs;
	if (page.acquisitions != page.releases) {
		/* Still held: the holder's next switch adds the rest, up to now. */
		lock->open_holds = 1;
		return;
	}
	hold = take_hold(last);
	released = close_hold(lock, &hold, &page, now);
	add_lock_time(lock, page.wanted ? HANDOFF_SIGNAL : FREE_IDLE, released, now);
	stream_lock(lock, STREAM_RELEASE, last, page.wanted, released);
	lock->holder = 0;
}

/* The end first: what switches add while the lock is closed is cut there. */
static __always_inline void on_window_close(struct thread_record *thread, __u64 page)
{
	struct lock_record *lock = lock_at(ANNOUNCED_LOCK);

	if (window_start_ns == NEVER || window_end_ns != NEVER || !lock ||
	    lock->tgid != thread->tgid)
		return;
	turn_window(WINDOW_CLOSES);
	if (page && lock->page == page)
		close_lock(lock, window_end_ns);
}

#endif
