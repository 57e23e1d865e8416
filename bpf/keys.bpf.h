/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lock is it, where the same two functions take and let go of several?
 *
 * They are told apart by what the acquire function's first argument leads to: in CPython a
 * PyThreadState, which has its interpreter, which has its ceval.gil.
 */
#ifndef SWITCHTAX_KEYS_BPF_H
#define SWITCHTAX_KEYS_BPF_H

#include "claim.bpf.h"

/* Set by the loader before the programs are attached. */
__u32 call_keyed = 0;
__u32 call_key_outer = 0;	/* offset in the argument's struct */
__u32 call_key_inner = 0;	/* offset in what that points to */

static __always_inline __u64 key_at(__u64 argument)
{
	__u64 owner = 0, key = 0;

	bpf_probe_read_user(&owner, sizeof(owner), (const void *)(argument + call_key_outer));
	if (owner)
		bpf_probe_read_user(&key, sizeof(key), (const void *)(owner + call_key_inner));
	return key;
}

/* 0: there is but one, or nobody knows. */
static __always_inline __u64 key_of(struct thread_record *thread, __u64 argument)
{
	if (!call_keyed)
		return 0;
	if (thread->call_argument != argument || !thread->call_key) {
		thread->call_argument = argument;
		thread->call_key = key_at(argument);
	}
	return thread->call_key;
}

static __always_inline struct other_lock *other_lock(__u64 key)
{
	for (int i = 0; i < MAX_OTHER_LOCKS; i++) {
		struct other_lock *other = &the_lock.others[i];

		if (!other->key)
			other->key = key;
		if (other->key == key)
			return other;
	}
	return &the_lock.others[MAX_OTHER_LOCKS - 1];
}

/* A subinterpreter's own lock: counted, but not in the ledger, which is of one lock. */
static __always_inline bool is_elsewhere(struct thread_record *thread, __u64 argument, __u64 now)
{
	__u64 key = key_of(thread, argument);

	if (!key)
		return false;
	if (!the_lock.key)
		the_lock.key = key;
	if (key == the_lock.key)
		return false;
	thread->call = CALL_ELSEWHERE;
	if (counted(now))
		__sync_fetch_and_add(&other_lock(key)->acquisitions, 1);
	return true;
}

#endif
