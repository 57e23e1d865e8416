/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The locks of watched processes: which record is a lock's, and which seat is a thread's at it.
 *
 * A lock is an address in one process. Each has its books from its first call on; those that
 * find no record are counted together. A thread keeps its seat at a lock when it is through with
 * it, as it is likely to come again, until it needs the place.
 */
#ifndef SWITCHTAX_LOCK_TABLE_BPF_H
#define SWITCHTAX_LOCK_TABLE_BPF_H

#include "claim.bpf.h"

/* What a probe is told by its cookie: whose it is, and where it is by what the file says. */
#define WATCHED_OF(cookie) ((__u32)(cookie) & 0xffff)
#define ADDRESS_OF(cookie) ((cookie) >> 32)

/* --- which lock? --------------------------------------------------------------- */

static __always_inline __u64 key_at(const struct watched_process *watched, __u64 argument)
{
	__u64 owner = 0, key = 0;

	bpf_probe_read_user(&owner, sizeof(owner), (const void *)(argument + watched->key_outer));
	if (owner)
		bpf_probe_read_user(&key, sizeof(key), (const void *)(owner + watched->key_inner));
	return key;
}

/* The first lock of an interpreter is its main one: 0, as is one that cannot be told. */
static __always_inline __u64 name_of(struct watched_process *watched, __u64 key)
{
	if (key && !watched->main_key)
		__sync_val_compare_and_swap(&watched->main_key, 0, key);
	return key == watched->main_key ? 0 : key;
}

/* What tells the lock from others of the process; 0: the only one, as far as is known. */
static __always_inline __u64 key_of(struct watched_process *watched, struct thread_record *thread,
				    __u64 argument)
{
	if (watched->keys == KEY_ARGUMENT)
		return argument;
	if (watched->keys != KEY_INTERPRETER)
		return 0;
	if (thread->call_argument != argument || !thread->call_key) {
		thread->call_argument = argument;
		thread->call_key = key_at(watched, argument);
	}
	return name_of(watched, thread->call_key);
}

/* A library's place in memory is known when code of it is met. */
static __always_inline void find_words(struct watched_process *watched, __u64 cookie, __u64 at)
{
	if (watched->words_address && !watched->words)
		watched->words = watched->words_address + (at - ADDRESS_OF(cookie));
}

static __always_inline void lock_begins(struct lock_record *lock, __u32 index,
					const struct lock_name *name,
					const struct watched_process *watched)
{
	lock->index = index;
	lock->key = name->key;
	lock->watched = name->watched;
	lock->since_ns = watched->since_ns;
	lock->known = watched->fresh;
	lock->free_since_ns = watched->since_ns;
}

/* A lock that has not been seen before. Of two threads that come with it at once, one is faster. */
static __noinline __attribute__((unused)) __u32 make_lock(const struct lock_name *name,
							  struct watched_process *watched)
{
	__u32 index = OTHER_LOCKS, *found;
	struct lock_record *lock;

	if (locks_used < OTHER_LOCKS - 1)
		index = __sync_fetch_and_add(&locks_used, 1) + 1;
	lock = index < OTHER_LOCKS ? lock_at(index) : NULL;
	if (!lock || !name || !watched)
		return OTHER_LOCKS;
	lock_begins(lock, index, name, watched);
	if (bpf_map_update_elem(&lock_names, name, &index, BPF_NOEXIST) == 0) {
		if (!streamed_lock)
			streamed_lock = index;
		if (!watched->first_lock)
			watched->first_lock = index;
		return index;
	}
	lock->index = 0;
	found = bpf_map_lookup_elem(&lock_names, name);
	return found ? *found : OTHER_LOCKS;
}

static __always_inline __u32 find_lock(struct watched_process *watched, __u32 whose, __u64 key)
{
	struct lock_name name = { .key = key, .watched = whose };
	__u32 *found = bpf_map_lookup_elem(&lock_names, &name);

	return found ? *found : make_lock(&name, watched);
}

/* --- which seat? --------------------------------------------------------------- */

/* NULL: it has none at this lock. */
static __always_inline struct lock_seat *seat_at(struct thread_record *thread, __u32 whose,
						 __u64 key)
{
	for (int i = 0; i < LOCK_SEATS; i++)
		if (thread->seats[i].lock && thread->seats[i].key == key &&
		    thread->seats[i].watched == whose)
			return &thread->seats[i];
	return NULL;
}

/* The seat of another thread at the lock that it was taken to have. */
static __always_inline struct lock_seat *seat_of_holder(struct thread_record *holder,
							const struct lock_record *lock)
{
	for (int i = 0; i < LOCK_SEATS; i++)
		if (holder->seats[i].lock == lock->index)
			return &holder->seats[i];
	return NULL;
}

/* The one that it has without proof, if every return is seen. */
static __always_inline struct lock_seat *unproven_seat(struct thread_record *thread)
{
	for (int i = 0; i < LOCK_SEATS; i++) {
		struct lock_record *lock = lock_at(thread->seats[i].lock);

		if (lock && lock->holder == (thread->slot | UNPROVEN))
			return &thread->seats[i];
	}
	return NULL;
}

/* The one at which it is busy: a release that does not say which lock it lets go of. */
static __always_inline struct lock_seat *busy_seat(struct thread_record *thread, __u32 whose)
{
	struct lock_seat *seat = NULL;

	for (int i = 0; i < LOCK_SEATS; i++)
		if (thread->seats[i].lock && thread->seats[i].watched == whose &&
		    thread->seats[i].call != CALL_OUTSIDE && (!seat || seat->call == CALL_LEAVING))
			seat = &thread->seats[i];
	return seat;
}

/* A free seat, or else one of a lock that the thread is through with. */
static __always_inline struct lock_seat *free_seat(struct thread_record *thread)
{
	struct lock_seat *idle = NULL;

	for (int i = 0; i < LOCK_SEATS; i++) {
		struct lock_seat *seat = &thread->seats[i];

		if (!seat->lock) {
			thread->seats_used = i + 1;
			seat->number = i + 1;
			return seat;
		}
		if (!idle && seat->call == CALL_OUTSIDE)
			idle = seat;
	}
	return idle;
}

static __always_inline void count_seat(struct lock_record *from, struct lock_record *to)
{
	if (from)
		from->reseated = 1;
	if (to)
		__sync_fetch_and_add(&to->threads, 1);
}

static __always_inline struct lock_seat *take_seat(struct thread_record *thread, __u32 whose,
						   __u64 key, __u32 lock)
{
	struct lock_seat *seat = free_seat(thread);

	if (!seat) {
		count_loss(LOSS_SEATS);
		return NULL;
	}
	count_seat(lock_at(seat->lock), lock_at(lock));
	seat->key = key;
	seat->watched = whose;
	seat->call = CALL_OUTSIDE;
	seat->depth = 0;
	seat->condition = 0;
	seat->call_sp = 0;
	seat->hold_since_ns = PASSED_ON;
	seat->lock = lock;
	return seat;
}

#endif
