/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs and the loader share. All times are nanoseconds of
 * CLOCK_MONOTONIC; all amounts are already cut to the measuring window. Longer than other files, and
 * whole on purpose: each side reads it from top to bottom, and its records name one another.
 */
#ifndef SWITCHTAX_ABI_H
#define SWITCHTAX_ABI_H

#include <linux/types.h>

#define MAX_THREADS	65535	/* places at most, for threads that live at once; 0: not ours */
#define OFF_HISTORY	16	/* off-CPU stretches remembered per thread (power of 2) */
#define MAX_FUTEX_WAITS	65536	/* futex address and waiter of one run */
#define MAX_WATCHED	2048	/* processes whose locks are watched by calls; 0: nobody's */
#define MAX_LOCKS	1024	/* locks of one run; 0: nobody's, the last: see OTHER_LOCKS */
#define ANNOUNCED_LOCK	1	/* that of a workload which tells us (announce.h) */
#define OTHER_LOCKS	(MAX_LOCKS - 1)	/* all that found no place: sums only */
#define LOCK_SEATS	6	/* locks that a thread may want or hold at once */
#define HISTOGRAM_BUCKETS 40	/* bucket b holds 2^b <= ns < 2^(b+1); the last is open */
#define PREEMPTED_BUCKET_NS 1000000	/* but HISTOGRAM_PREEMPTED's are all this wide */
#define COMM_BYTES	16

/* What is being done to the measuring window at this moment (window.bpf.h). */
enum window_turn { WINDOW_STAYS, WINDOW_OPENS, WINDOW_CLOSES };

/* Processes that the loader may hold at once; the first place is the first process's. */
#define HELD_AT_ONCE	32

/* What the loader asks of the programs' clock, and is told (loader.bpf.c). */
struct clock_question {
	__u32 turn;		/* enum window_turn: what is to be done to the window first */
	__u32 goes_on;		/* 1: a pause ends now */
	__u64 now_ns;
	__u64 cut_ns;		/* all pauses so far */
};

/* Where a thread's time goes (docs/measurement.md, the thread ledger). */
enum thread_state {
	THREAD_CPU,
	THREAD_READY,
	THREAD_LOCK_WAIT,
	THREAD_BLOCKED,
	THREAD_STATES,
	THREAD_DEAD = THREAD_STATES,
	THREAD_UNSEEN,		/* just adopted, and nobody has looked what it does */
	THREAD_HELD,		/* stands still for the loader: in no state */
};

/*
 * Beside a slot in lock_record.holder: the thread is only taken to have the lock (claim.bpf.h),
 * and nothing is counted yet; or it is counted, but nothing has proven it.
 */
#define CLAIM		0x80000000U
#define UNPROVEN	0x40000000U
#define HOLDER_SLOT(holder)	((holder) & ~(CLAIM | UNPROVEN))

/* Where a thread stands at a lock that is known by the calls of its functions. */
enum call_seat {
	CALL_OUTSIDE,
	CALL_WAITING,		/* inside the acquire function */
	CALL_CLAIMING,		/* the same, and taken to have the lock already (claim.bpf.h) */
	CALL_HOLDING,
	CALL_LEAVING,		/* let go because it was asked to: may wait for its successor */
	CALL_AWAY,		/* let go to sleep on a condition variable, and will take it again */
};

/* In a probe's cookie, beside who is watched: how the function's return is to be taken. */
#define CALL_MAY_FAIL	0x10000U	/* it has the lock only if it returns 0, ... */
#define CALL_TRUE	0x20000U	/* ... or only if it returns true */
#define CALL_RETURNS_BY	0x40000U	/* probes stand at its return instructions: ... */
#define CALL_RETURNS	0x80000U	/* ... this is one of them; */
#define CALL_LANDS	0x100000U	/* this is where an exception is caught */

/* Where the lock's time goes (docs/measurement.md, the lock ledger). */
enum lock_state {
	HELD_RUNNING,
	HELD_PREEMPTED_SELF,
	HELD_PREEMPTED_OTHER,
	HELD_BLOCKED,
	HELD_WAKING,		/* slept, has been woken, and waits for a CPU */
	HELD_THROTTLED,		/* its group's CPU quota is used up */
	HANDOFF_SIGNAL,
	HANDOFF_QUEUE,		/* the next owner's CPU is idle, or between two tasks */
	HANDOFF_QUEUE_SELF,	/* ... runs a thread of the run */
	HANDOFF_QUEUE_OTHER,	/* ... runs somebody else */
	HANDOFF_THROTTLED,
	HANDOFF_TAKE,
	FREE_IDLE,
	LOCK_STATES,
};

enum switch_kind { VOLUNTARY, INVOLUNTARY, SWITCH_KINDS };

enum histogram {
	HISTOGRAM_SLICE,	/* on a CPU, from switched in to switched out */
	HISTOGRAM_READY,	/* runnable, waiting for a CPU */
	HISTOGRAM_HOLD,		/* from one hand-off to the release before the next */
	HISTOGRAM_HANDOFF,	/* free with somebody waiting, until taken */
	HISTOGRAM_PREEMPTED,	/* got a CPU from a thread of the run, which another took from it */
	HISTOGRAM_AFTER_MARK,	/* from an enum birth_event, in that order, to the next switch */
	HISTOGRAM_AFTER_FORK,
	HISTOGRAM_AFTER_WAKE_NEW,
	HISTOGRAM_AFTER_EXIT,
	HISTOGRAMS,
};

/* What may make the scheduler run (births.bpf.c), and a mark for comparison that does not. */
enum birth_event {
	BIRTH_MARK,		/* ANNOUNCE_MARK */
	BIRTH_FORK,		/* a process or thread has been made */
	BIRTH_WAKE_NEW,		/* ... and becomes runnable, on the CPU where it queues */
	BIRTH_EXIT,		/* it begins to end */
	BIRTH_EVENTS,
};

/* Why something could not be recorded. */
enum loss {
	LOSS_THREAD_TABLE,	/* more threads at once than places */
	LOSS_PID_TABLE,		/* a pid beyond the table made at load time */
	LOSS_SEAT_READ,		/* a seat could not be read at a switch */
	LOSS_LOCK_READ,		/* the lock's page could not be read */
	LOSS_STREAM,		/* no room for an event of the timeline in the ring buffer */
	LOSS_NEWS,		/* no room to tell the loader of an exec */
	LOSS_ARRIVAL,		/* a thread came to a CPU unseen, and nobody has noted when */
	LOSS_SEATS,		/* a thread wanted or held more than LOCK_SEATS locks at once */
	LOSSES,
};

/* One stretch off the CPU: left at off, runnable again at ready, back at on. */
struct off_stretch {
	__u64 off_ns;
	__u64 ready_ns;
	__u64 on_ns;
	__u32 throttled;	/* what the wait for a CPU was made of: see wait.h */
	__u32 self_idle;
};

/* Where a thread stands at one lock. */
struct lock_seat {
	__u64 key;		/* which one, among those of its process */
	__u64 call_since_ns;	/* in the acquire function since */
	__u64 call_sp;		/* where it returns from with this; 0: not probed there */
	__u64 hold_start_ns;
	__u64 hold_since_ns;	/* held on a CPU, and not yet added, since */
	__u64 condition;	/* the condition variable that it has let go for, or 0 */
	__u16 lock;		/* its record; 0: nobody sits here */
	__u16 watched;		/* whose it is */
	__u16 call;		/* enum call_seat */
	__u16 number;		/* of this seat, from 1 */
	__u16 depth;		/* takes beside the first: of a recursive lock */
	__u16 unseen;		/* its return from the acquire function will not be seen */
	__u16 off_holding;	/* held the lock when last switched out */
	__u16 off_wanted;	/* had let go, and somebody waited, when last switched out */
};

/* One thread. Written only on the CPU on which the thread comes, runs or goes. */
struct thread_record {
	__u64 number;		/* of the run, by birth, from 1; 0: nobody's place */
	__u32 slot;		/* its place, which may have been another's before */
	__u32 tid;		/* as the loader's PID namespace has it */
	__u32 pid;		/* of the thread, and ... */
	__u32 tgid;		/* ... of its process, as the kernel has them */
	__u32 leader;		/* the process as the loader's PID namespace has it */
	__u32 state;		/* enum thread_state */
	__u32 adopted;		/* ran before we came: its first stretch is cut */
	__u32 stream_lost;	/* stretches that found no room in the ring buffer since one did */
	__u64 task_start_ns;	/* tells apart two lives of one tid */
	__u64 task;		/* its address in the kernel: who it is while it lives */
	__u64 born_ns;
	__u64 died_ns;
	__u64 since_ns;		/* in state since */
	__u64 run_delay_ns;	/* kernel's sum of run-queue waits when last switched out */
	__u64 off_ours_ns;	/* its CPU's ours_ns when last switched out */
	__u64 quota_queue;	/* the queue whose quota may hold it up (quota.bpf.h), or 0 */
	__u64 quota_ns;		/* ... had been throttled for so long when it was switched out */
	__u64 wait_throttled_ns;	/* of the wait that ends now */
	__u64 throttled_ns;	/* of all its waits: a part of ready */
	__u64 woken_ns;		/* the last time, where that is seen (wakeups.bpf.c) */
	__u64 ns[THREAD_STATES];
	__u64 cut_ns;		/* stood still for us, while others ran */
	__u64 switches[SWITCH_KINDS];
	__u64 kernel_base[SWITCH_KINDS];	/* the kernel's counters when the window opened */
	__u64 kernel_end[SWITCH_KINDS];		/* ... and closed, or at the last switch */
	__u64 migrations;
	__u32 cpu;
	__u32 seen;		/* has been switched out at least once */
	__u32 closed;		/* kernel_end is final */
	__u32 off_count;
	struct off_stretch off[OFF_HISTORY];	/* the oldest may stand for several */
	/* its locks */
	__u64 seat;		/* user address of its struct announce_seat, or 0 */
	struct lock_seat seats[LOCK_SEATS];	/* announced: the first */
	__u32 seats_used;	/* of a lock known by calls; as many as ever were */
	__u32 waits;		/* in an acquire function, which has the seat of this number less 1 */
	__u64 acquisitions;
	__u64 handoffs_in;
	__u64 freed_ns;		/* announced lock: its last release, if stretches are many */
	__u64 call_argument;	/* the acquire function's last first argument, and its lock's key */
	__u64 call_key;
	__u32 settled;		/* where it stands at its process's locks was known from the start */
	__u32 padding0;
	/* the futex it sleeps on, or 0; tid of who has woken it, or 0; the last that it has met */
	__u64 futex;
	__u64 futex_last;
	__u64 code_pages;	/* its process had mapped when we last asked what they are */
	__u32 futex_waker;
	__u32 from_ours;	/* on a CPU, which it got from another thread of the run */
	__u32 throttled;	/* its quota was used up when it was last switched out */
	__u32 padding1;
	char comm[COMM_BYTES];
};

/* One CPU, for telling whose pre-emption it was. */
struct cpu_record {
	__u64 ours_ns;		/* time given to threads of the run, finished stretches */
	__u64 ours_since_ns;	/* a thread of the run is on it since, or 0 */
	__u64 ours_from_ns;	/* threads of the run, one after the other, had it since, ... */
	__u64 ours_until_ns;	/* ... and up to then, or up to now */
	__u64 clock_offset_ns;	/* CLOCK_MONOTONIC - its run queue's clock */
	__u32 idle;		/* the last thread not of the run that left was the idle task */
	__u32 ours_now;		/* a switch to or from a thread of the run is under way (pause.bpf.h) */
	__u64 birth_ns[BIRTH_EVENTS];	/* happened then, and no switch since; or 0 */
	__u64 histogram[HISTOGRAMS][HISTOGRAM_BUCKETS];
};

/* How the locks of a process are told apart. */
enum lock_keys {
	KEY_NONE,		/* nobody knows: taken for one */
	KEY_ONE,		/* there is but one */
	KEY_INTERPRETER,	/* by what the acquire function's first argument leads to */
	KEY_ARGUMENT,		/* by the first argument of all functions */
};

/* May a thread take again what it has, and let go of it as often? */
enum lock_recursion {
	RECURSIVE_NEVER,
	RECURSIVE_MUTEX,	/* if the glibc mutex at the key says so */
	RECURSIVE_SEEN,		/* if it comes back from taking it: it would wait for itself else */
};

/* A process whose locks are watched by the calls of their functions, in one life of its memory. */
struct watched_process {
	__u32 tgid;		/* as the kernel has it */
	__u32 pid;		/* as the loader's PID namespace has it */
	__u32 keys;		/* enum lock_keys */
	__u32 key_outer;	/* KEY_INTERPRETER: offset in the argument's struct */
	__u32 key_inner;	/* ... and in what that points to */
	__u32 fresh;		/* watched before it ran: its locks were free */
	__u32 asks;		/* a waiter that has waited asks the holder to let go */
	__u32 nests;		/* an acquire function may call another, which is a clone of it */
	__u32 recursive;	/* enum lock_recursion */
	__u32 whole;		/* watched before its first call; what it was forked with, it has */
	__u32 first_lock;	/* its record */
	__u32 padding2;
	__u64 main_key;		/* KEY_INTERPRETER: of the first lock, which bears the name 0 */
	__u64 words_address;	/* its locks' futexes are here, as the file says, ... */
	__u64 words;		/* ... and in its memory, once that is known; or 0: at the key; ... */
	__u64 words_size;	/* ... so many bytes. 0: nobody knows, nothing is taken for granted */
	__u64 claims_from_ns;	/* nothing is before this either: threads may wait unseen */
	__u64 began_ns;		/* its program: by exec or fork, or with its oldest thread */
	__u64 since_ns;		/* watched */
	__u64 ended_ns;		/* it executed, or its last thread ended; 0: neither */
};

/* One lock: what the tracer knows of it. */
struct lock_record {
	__u32 index;		/* of this record */
	__u32 watched;		/* whose; 0: announced */
	__u64 key;
	__u64 page;		/* announced: user address of its struct announce_lock, or 0 */
	__u32 tgid;		/* announced: the process that owns it */
	__u32 holder;		/* slot of the owner (announced: the last one), or 0; | CLAIM, ... */
	__u32 last;		/* slot of the last holder while it is free, or 0 */
	__u32 waiting;		/* threads in the acquire function */
	__u32 known;		/* free or held, and by whom, is known */
	__u32 asked;		/* a waiter has asked the holder to let go */
	__u32 flags;		/* ANNOUNCE_* of its page */
	__u32 threads;		/* that have had a seat at it */
	__u32 reseated;		/* one has lost its seat, and will be counted again */
	__u32 padding;
	__u64 since_ns;		/* its books begin here, or with the window if that is later */
	__u64 free_since_ns;
	__u64 wanted_since_ns;	/* free, and somebody waits since; 0: nobody does */
	__u64 switched_ns;	/* when it last changed hands */
	__u64 ns[LOCK_STATES];
	__u64 wait_ns;		/* threads slept for it, all of them together */
	__u64 acquisitions;	/* announced: by the lock's own count when the window closed */
	__u64 releases;		/* the same */
	__u64 handoffs;
	__u64 handoffs_forced;
	__u64 open_holds;	/* holds cut at the window's end, or with their thread */
	__u64 half_seen;	/* holds and waits that had begun before we came */
	__u64 lost_claims;	/* taken for granted, and somebody else was faster */
	__u64 repeats;		/* calls inside of calls, by inlined parts: harmless */
	__u64 overlaps;		/* two threads held it at once: the functions are not a lock's */
	/* announced: what the page said when it was last read, and at the end */
	__u64 acquisitions_seen;
	__u64 gap_seen_ns;
	__u64 own_handoffs;
};

/* Which lock? */
struct lock_name {
	__u64 key;
	__u64 watched;
};

/* What is streamed of a run with a timeline, and nothing of others. The kind comes first. */
enum stream_kind {
	STREAM_STRETCH,		/* struct stretch_event */
	STREAM_TAKE,		/* struct handoff_event */
	STREAM_RELEASE,		/* struct lock_event: the lock is free when the window closes */
	STREAM_HELD,		/* struct lock_event: held since before the window opened */
};

/* What a thread's stretch off the CPU was to the lock. */
enum stretch_hold {
	STRETCH_NO_HOLD,	/* nothing, or the next event at the lock tells */
	STRETCH_KEPT,		/* the thread held it all the time */
	STRETCH_FREE,		/* the thread had let go of it, and nobody wanted it */
	STRETCH_STOPPED,	/* it stood still for the loader until it was ready: in no state */
	STRETCH_HOLDS,
};

/* A thread is back on a CPU. The stretches on CPUs are what lies between. */
struct stretch_event {
	__u32 kind;
	__u32 slot;
	__u32 state;		/* enum thread_state, of the time from off to ready */
	__u32 hold;		/* enum stretch_hold */
	__u32 cpu_left;
	__u32 cpu;		/* that it is on now */
	__u32 lost;		/* stretches of the thread before this one that were not streamed */
	__u32 padding;
	struct off_stretch off;
	__u64 released_ns;	/* STRETCH_FREE: free from here until on_ns */
};

/* The lock is taken: a hand-off if by another thread than the last holder. */
struct handoff_event {
	__u32 kind;
	__u32 forced;
	__u64 t_ns;		/* when the new owner announced itself */
	__u64 released_ns;	/* free since; 0: since before the window */
	__u64 wanted_ns;	/* free and wanted since; t_ns: nobody waited */
	__u32 from_slot;	/* 0: nobody has had it before */
	__u32 to_slot;
	__u32 from_tid;
	__u32 to_tid;
	__u32 from_cpu;
	__u32 to_cpu;
	__u64 signal_ns;
	__u64 queue_ns;
	__u64 take_ns;
};

struct lock_event {
	__u32 kind;
	__u32 slot;		/* the (last) holder */
	__u32 wanted;		/* STREAM_RELEASE: somebody waits */
	__u32 padding;
	__u64 t_ns;		/* STREAM_RELEASE: free since */
};

/* Who slept on which futex. */
struct futex_wait_key {
	__u64 address;
	__u32 waiter;		/* slot */
	__u32 padding;
};

struct futex_sleeps {
	__u64 count;
	__u64 ns;		/* asleep, inside the window */
	__u64 handoffs;		/* ended by a thread of the run, not by a time-out or a signal */
	__u64 previous;		/* the waiter's address before this one; 0: this was its first */
	__u32 waker;		/* tid of the last of the run that has ended one, or 0 */
	__u32 padding;
};

/* Why a sample of the running holder, or a part of it, could not be kept. */
enum sample_loss {
	SAMPLE_LOSS_ROOM,		/* no room in the ring: the sample is not counted */
	SAMPLE_LOSS_SEAT,		/* seat unreadable: may have been the holder */
	SAMPLE_LOSS_KERNEL_STACK,	/* counted, without its kernel stack */
	SAMPLE_LOSS_USER_STACK,		/* counted, without its user stack */
	SAMPLE_LOSSES,
};

#define SAMPLE_KERNEL_FRAMES	64
#define SAMPLE_USER_FRAMES	127	/* what the kernel walks at most (PERF_MAX_STACK_DEPTH) */
#define SAMPLE_STACK_WORDS	512
#define SAMPLE_USER_MODE	1u	/* flags: was in its own code */
#define SAMPLE_SYSCALL		2u	/* was in the kernel, by a system call */

/* struct bpf_stack_build_id of linux/bpf.h, which has no name for its parts' sizes. */
enum sample_frame_status {
	SAMPLE_FRAME_EMPTY,
	SAMPLE_FRAME_FILE,		/* build-id, and offset in the file */
	SAMPLE_FRAME_ADDRESS,		/* only an address of the process */
};

struct sample_frame {
	__s32 status;
	unsigned char build_id[20];
	__u64 place;			/* offset or address */
};

/* One sample, as it comes through the ring: frames leaf first, user frames as many as there are. */
struct stack_sample {
	__u32 pid;			/* of the process, as the loader's PID namespace has it */
	__u16 kernel_frames;
	__u16 user_frames;
	__u32 flags;
	__u32 stack_words;		/* follow the user frames: the top of the user's stack */
	__u32 lock;			/* that its thread held; 0: no lock is known */
	__u32 padding;
	__u64 kernel[SAMPLE_KERNEL_FRAMES];
	struct sample_frame user[SAMPLE_USER_FRAMES];
	__u64 stack[SAMPLE_STACK_WORDS];	/* room for the words, if there are all frames */
};

/* What the loader is told at once. */
enum news_kind {
	NEWS_EXEC,		/* the process has executed a program, and runs on */
	NEWS_EXEC_CHILD,	/* one of its tree executes a Python, and runs on */
	NEWS_FORK,		/* a process whose locks are watched has copied itself */
	NEWS_FUTEX,		/* the first sleep on a futex: a good moment to read its maps */
	NEWS_DEATHS,		/* so many threads have ended that their places are wanted */
	NEWS_FILE,		/* one of its tree executes a file that the loader has not seen */
	NEWS_CODE,		/* one has mapped code since its exec, and sleeps on a futex */
};

/* What the loader has found in a program file of the run. */
enum file_verdict {
	FILE_UNKNOWN,
	FILE_PLAIN,		/* no lock that is looked for */
	FILE_HAS_LOCK,
};

struct news {
	__u32 kind;
	__u32 pid;		/* process, as the loader's PID namespace has it */
	__u32 tgid;		/* as the kernel has it */
	__u32 watched;		/* NEWS_FORK: place of the parent among the watched */
	__u64 t_ns;
	__u64 file;		/* that it executes, by its name in file_verdicts; or 0 */
};

/*
 * What the programs read of the thread that calls the loader's own probe, where the kernel's
 * types come from a file: the loader knows better, and finds out whether the file is right.
 */
struct self_view {
	__u64 seen;		/* calls so far */
	__u64 now_ns;
	__u64 pid_tgid;		/* as bpf_get_current_pid_tgid() has it: no field is read for that */
	__u64 registers;	/* addresses */
	__u64 stack;
	__u64 start_ns;
	__u64 voluntary;
	__u64 involuntary;
	__u64 ran_ns;
	__u64 exec_start_ns;	/* by the run queue's clock, as the two below */
	__u64 run_delay_ns;
	__u64 last_arrival_ns;
	__u64 queue_clock_ns;
	__u32 pid;
	__u32 tgid;
	__u32 leader;		/* pid of its process's leader, as the loader's namespace has it */
	__u32 state;
	__u32 on_cpu;
	__u32 cpu;
	__u32 prio;
	__u32 flags;
	char comm[COMM_BYTES];
	char file[COMM_BYTES];	/* that it executes; the name's first bytes */
};

_Static_assert(sizeof(struct futex_wait_key) == 16, "a key has no hidden padding");
_Static_assert(sizeof(struct news) == 32, "no hidden padding");
_Static_assert(sizeof(struct sample_frame) == 32, "as struct bpf_stack_build_id");
_Static_assert(sizeof(struct lock_seat) == 64, "no hidden padding");
_Static_assert(sizeof(struct lock_name) == 16, "a key has no padding");
_Static_assert(sizeof(struct off_stretch) == 32, "no hidden padding");
_Static_assert(sizeof(struct stretch_event) == 72, "no hidden padding");
_Static_assert(sizeof(struct handoff_event) == 80, "no hidden padding");
_Static_assert(sizeof(struct lock_event) == 24, "no hidden padding");
_Static_assert(sizeof(struct thread_record) % 8 == 0, "array elements stay aligned");

#endif
