/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this task ours?
 *
 * A thread of the run is found through two array look-ups, which the kernel's
 * JIT turns into a few instructions: pid -> slot -> record. Measured here against
 * task storage, it saves about 50 ns a look-up, and a switch needs two of them.
 * Pids are those of the initial namespace: unique among living threads.
 */
#ifndef SWITCHTAX_TARGET_BPF_H
#define SWITCHTAX_TARGET_BPF_H

#include <stddef.h>
#include "kernel_read.bpf.h"
#include "window.bpf.h"

/* Slots of four neighbouring pids: array values are rounded up to 8 bytes. */
struct slot_quad {
	__u16 slot[4];
};

_Static_assert(MAX_THREADS <= 0xffff, "a slot fits 16 bits");

struct pid_slots {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct slot_quad);
	__uint(max_entries, 1);		/* set from kernel.pid_max at load time */
};

struct thread_records {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct thread_record);
	__uint(max_entries, MAX_THREADS);	/* set from the machine's memory at load time */
};

/* Places that the loader has given back. */
struct free_places {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, __u32);
	__uint(max_entries, MAX_THREADS);	/* as above */
};

struct cpu_records {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cpu_record);
	__uint(max_entries, 1);		/* set from the number of CPUs at load time */
};

/* The timeline: what comes in while the loader sleeps for 20 ms, and is then kept waiting. */
struct event_stream {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
};

/* What the loader must hear of while the program runs. */
struct news_stream {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 15);
};

struct futex_waits {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct futex_wait_key);
	__type(value, struct futex_sleeps);
	__uint(max_entries, MAX_THREADS);	/* as above: most threads sleep on one or two */
};

struct lock_records {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct lock_record);
	__uint(max_entries, MAX_LOCKS);
};

/* From a lock's name to its record. */
struct lock_names {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct lock_name);
	__type(value, __u32);
	__uint(max_entries, MAX_LOCKS);
};

struct watched_processes {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct watched_process);
	__uint(max_entries, MAX_WATCHED);
};

/* From a process, as the kernel has it, to its place among the watched. */
struct watched_tgids {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, MAX_WATCHED);
};

/* Programs to go on with: none. */
struct nowhere {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, 1);
};

extern struct pid_slots pid_slots SEC(".maps");
extern struct thread_records thread_records SEC(".maps");
extern struct free_places free_places SEC(".maps");
extern struct cpu_records cpu_records SEC(".maps");
extern struct event_stream event_stream SEC(".maps");
extern struct news_stream news_stream SEC(".maps");
extern struct futex_waits futex_waits SEC(".maps");
extern struct lock_records lock_records SEC(".maps");
extern struct lock_names lock_names SEC(".maps");
extern struct watched_processes watched_processes SEC(".maps");
extern struct watched_tgids watched_tgids SEC(".maps");
extern struct nowhere nowhere SEC(".maps");

extern const volatile __u32 never;	/* 0, which only the verifier knows */
extern __u32 root_tgid;		/* the process we started, or attached to */
extern __u32 report_execs;	/* tell the loader of programs that it executes */
extern __u32 watch_futexes;
extern __u32 watch_code;	/* tell the loader of code that is mapped while a program runs */
extern __u64 code_not_before_ns;
extern __u32 ns_level;		/* of the loader's PID namespace */
extern __u32 streaming;	/* a timeline is wanted */
extern __u32 threads_used;	/* places that have ever been given out; place 0 never is */
extern __u64 threads_begun;
extern __u64 deaths;		/* of threads of the run, so far ... */
extern __u64 deaths_awaited;	/* ... and how many the loader wants to be told of; 0: none */
extern struct futex_sleeps futex_others;	/* that found no room of their own */
extern __u64 arrivals_unseen;	/* switches in that had to be made up for */
extern __u64 losses[LOSSES];
extern __u32 locks_used;	/* the last record given out */
extern __u32 watched_used;	/* processes that are watched, or were */
extern __u32 streamed_lock;	/* the one that a timeline shows: the first */

static __always_inline void count_loss(enum loss cause)
{
	__sync_fetch_and_add(&losses[cause], 1);
}

static __always_inline struct thread_record *thread_at(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&thread_records, &slot) : NULL;
}

static __always_inline __u16 *slot_of_pid(__u32 pid)
{
	__u32 key = pid >> 2;
	struct slot_quad *quad = bpf_map_lookup_elem(&pid_slots, &key);

	if (!quad)
		return NULL;
	barrier_var(quad);	/* else clang 21 adds to it before it is known not to be NULL */
	return &quad->slot[pid & 3];
}

/* 0: not a thread of the run. */
static __always_inline __u32 slot_number(__u32 pid)
{
	__u16 *slot = slot_of_pid(pid);

	return slot ? *slot : 0;
}

static __always_inline struct thread_record *thread_of_pid(__u32 pid)
{
	return thread_at(slot_number(pid));
}

static __always_inline struct thread_record *current_thread(void)
{
	return thread_of_pid((__u32)bpf_get_current_pid_tgid());
}

/* NULL: none. */
static __always_inline struct lock_record *lock_at(__u32 index)
{
	return index ? bpf_map_lookup_elem(&lock_records, &index) : NULL;
}

static __always_inline struct watched_process *watched_at(__u32 index)
{
	return index ? bpf_map_lookup_elem(&watched_processes, &index) : NULL;
}

/* As what the process is watched now; NULL: it is not. */
static __always_inline struct watched_process *watched_process_of(__u32 tgid)
{
	__u32 *index = watched_used ? bpf_map_lookup_elem(&watched_tgids, &tgid) : NULL;

	return index ? watched_at(*index) : NULL;
}

/* The lock that the program announces; NULL: it does not. */
static __always_inline struct lock_record *announced_lock(void)
{
	struct lock_record *lock = lock_at(ANNOUNCED_LOCK);

	return lock && lock->page ? lock : NULL;
}

static __always_inline struct cpu_record *cpu_at(__u32 cpu)
{
	return bpf_map_lookup_elem(&cpu_records, &cpu);
}

/*
 * 1 if ns > limit, for ns < 2^63. No comparison: clang makes a branch of it, the verifier
 * follows both ways of each with all that comes after, and loading takes three times as long.
 */
static __always_inline __u64 exceeds(__u64 ns, __u64 limit)
{
	return (limit - ns) >> 63;
}

/* floor(log2(ns)), in five steps; 0 for 0. Beyond 2^63 anything above 39. */
static __always_inline __u64 log2_floor(__u64 ns)
{
	__u64 shift, bits;

	bits = exceeds(ns, 0xffffffffULL) << 5;
	ns >>= bits;
	shift = exceeds(ns, 0xffff) << 4;
	ns >>= shift;
	bits |= shift;
	shift = exceeds(ns, 0xff) << 3;
	ns >>= shift;
	bits |= shift;
	shift = exceeds(ns, 0xf) << 2;
	ns >>= shift;
	bits |= shift;
	shift = exceeds(ns, 0x3) << 1;
	ns >>= shift;
	return bits | shift | ns >> 1;
}

/* Count [from, to] in a histogram of this CPU, if it ended inside the window. */
static __always_inline void histogram_add(struct cpu_record *cpu, enum histogram which,
					  __u64 from, __u64 to)
{
	__u64 bucket;

	if (!ends_in_window(to))
		return;
	bucket = log2_floor(to - from);
	barrier_var(bucket);	/* else clang 19 compares a part of it, which proves nothing */
	if (bucket < HISTOGRAM_BUCKETS)
		cpu->histogram[which][bucket]++;
	else
		cpu->histogram[which][HISTOGRAM_BUCKETS - 1]++;
}

/* The same of ns that end at now, with linear buckets: 4 ms and 7 ms are told apart. */
static __always_inline void histogram_add_linear(struct cpu_record *cpu, enum histogram which,
						 __u64 ns, __u64 now)
{
	__u64 bucket = ns / PREEMPTED_BUCKET_NS, last = HISTOGRAM_BUCKETS - 1;

	if (!ends_in_window(now))
		return;
	bucket -= exceeds(bucket, last) * (bucket - last);
	barrier_var(bucket);	/* else the address is computed first, which the verifier refuses */
	if (bucket <= last)
		cpu->histogram[which][bucket]++;
}

#endif
