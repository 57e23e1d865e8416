/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock passes to a new owner: how the time that it was free is split.
 *
 * Worked out by the new owner, looking back: where it was since the release is in its
 * last off-CPU stretches.
 */
#ifndef SWITCHTAX_LOCK_BPF_H
#define SWITCHTAX_LOCK_BPF_H

#include "stream.bpf.h"

/* As many elements as a thread remembers stretches: bpf_for_each_map_elem() counts with it. */
struct history_steps {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, OFF_HISTORY);
};

extern struct history_steps history_steps SEC(".maps");

/* A walk back through the new owner's stretches. */
struct handoff_walk {
	struct lock_record *lock;
	struct thread_record *owner;
	__u64 released;
	__u64 until;		/* the part before this is still to be told apart */
	struct handoff_parts parts;
	__u32 off_count;	/* of the owner when the walk began */
};

/* The time of a part in its state, if it has any: how long it is in all (locks.bpf.c). */
__u64 add_part(struct lock_record *lock, __u32 state, __u64 from, __u64 to);

/* [from, to] of the new owner's past, cut to the time since the release. */
static __always_inline __u64 part_since(struct handoff_walk *walk, enum lock_state state,
					__u64 from, __u64 to)
{
	return add_part(walk->lock, state, later(from, walk->released), to);
}

/* The new owner waited for a CPU: whose was it, and did it have to wait for its quota? */
static __always_inline __u64 queue_since(struct handoff_walk *walk, const struct off_stretch *off)
{
	__u64 throttled = wait__throttled_until(off), self = wait__self_until(off), ns;

	ns = part_since(walk, HANDOFF_THROTTLED, off->ready_ns, throttled);
	ns += part_since(walk, HANDOFF_QUEUE_SELF, throttled, self);
	if (wait__was_idle(off))
		return ns + part_since(walk, HANDOFF_QUEUE, self, off->on_ns);
	return ns + part_since(walk, HANDOFF_QUEUE_OTHER, self, off->on_ns);
}

/*
 * One stretch, newest first: on a CPU is take, runnable is queue, asleep is signal. One that
 * began later than the walk ends is not the walk's: the owner was pre-empted since.
 */
static long walk_stretch(struct bpf_map *map, const __u32 *index, __u64 *value, void *context)
{
	struct handoff_walk *walk = context;
	struct thread_record *owner = walk->owner;
	struct off_stretch *off;

	if (walk->until <= walk->released || *index >= walk->off_count)
		return 1;
	off = &owner->off[(walk->off_count - 1 - *index) % OFF_HISTORY];
	if (off->off_ns >= walk->until)
		return 0;
	walk->parts.take_ns += part_since(walk, HANDOFF_TAKE, off->on_ns, walk->until);
	walk->parts.queue_ns += queue_since(walk, off);
	walk->parts.signal_ns += part_since(walk, HANDOFF_SIGNAL, off->off_ns, off->ready_ns);
	walk->until = off->off_ns;
	return 0;
}

/*
 * Where was the new owner from the release until now? A loop whose body is verified once:
 * unrolled, the verifier takes 180 ms over it. Not bpf_loop(), which Linux 5.15 lacks. Before the
 * first stretch that is remembered it was on a CPU since the release (arrivals.bpf.h: make_room()),
 * or not born yet: somebody else was waited for, and it was faster.
 */
static __always_inline void split_handoff(struct handoff_walk *walk)
{
	struct thread_record *owner = walk->owner;
	__u64 born;

	walk->off_count = owner->off_count;
	bpf_for_each_map_elem(&history_steps, walk_stretch, walk, 0);
	if (walk->until <= walk->released)
		return;
	born = owner->born_ns < walk->until ? owner->born_ns : walk->until;
	walk->parts.signal_ns += part_since(walk, HANDOFF_SIGNAL, walk->released, born);
	walk->parts.take_ns += part_since(walk, HANDOFF_TAKE, born, walk->until);
}

#endif
