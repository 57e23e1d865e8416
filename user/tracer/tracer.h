/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracer - the only module that sees the BPF programs.
 *
 * Loaded once, attached for each traced run and detached after it, so that an
 * untraced run really has no probe anywhere. Nothing is pinned: whatever kills the
 * loader, the kernel drops programs and links with its file descriptors.
 */
#ifndef SWITCHTAX_TRACER_H
#define SWITCHTAX_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lock/site.h"
#include "tracer/trace.h"

struct tracer;

/*
 * Load and verify the programs. *out is NULL on error. Returns 0 or -errno, with
 * why set to what to do about it (-EPERM: capabilities, -ENOENT: BTF, ...). types: the file that
 * describes the running kernel in place of its own BTF, borrowed; or NULL.
 */
int tracer__open(struct tracer **out, const char *types, char *why, size_t why_size);

/*
 * May we make uprobes? Asked of the kernel, since the capability that it wants has
 * changed between versions. Returns 0 or -errno, why as above. tracer__open() asks too.
 */
int tracer__check_uprobes(char *why, size_t why_size);

/* Accepts NULL. */
void tracer__close(struct tracer *tracer);

/* What the next run is; strings are borrowed until tracer__detach(). */
struct tracer_run {
	pid_t pid;		/* its threads, and all that they will start, are traced */
	const char *announcer;	/* program file with the announce_* sites, NULL if none */
	bool any_program;	/* watch its futexes */
	bool later;		/* NEWS_CODE too: of locks that may have come while it ran */
	bool timeline;		/* stream its events (include/abi.h) to tracer__drain() */
	bool births;		/* also see what follows a fork, an exit (bpf/births.bpf.c) */
	bool samples;		/* also sample the running holder for tracer__drain_samples() */
	bool sample_stacks;	/* with the top of its stack, as it is */
};

/* Between two samples of a CPU; why, see samples.c. 1009 a second. */
#define TRACER_SAMPLE_PERIOD_NS (1000000000 / 1009)

/*
 * Forget the last run, attach, and adopt the process's threads: it sleeps before its
 * exec, or runs. The window opens at the announcer's marker, or by tracer__open_window().
 * Returns 0 or -errno (-ESRCH: there is no such process); why says which part failed.
 */
int tracer__attach(struct tracer *tracer, const struct tracer_run *run, char *why,
		   size_t why_size);

/* Whose lock is to be watched, and from what moment on. */
struct tracer_lock {
	pid_t pid;		/* as our PID namespace has it */
	uint32_t tgid;		/* as the kernel has it (struct news); 0: of the run's process */
	bool fresh;		/* the program has not run yet: its lock is free */
	bool whole;		/* it has called no function of the lock, since it was made */
	uint64_t exec_ns;	/* when it was executed (struct news); 0: it ran before */
	bool later;		/* the lock has come while it ran: only if none of it is watched */
};

/*
 * Watch the locks of a process by the calls of their functions, beside those of others; in place
 * of those that its last program had, unless they are this program's already (*place is 0
 * then, else the process's among the watched). After tracer__attach(). Returns 0 or -errno, why as above.
 */
int tracer__attach_lock(struct tracer *tracer, const struct lock_sites *sites,
			const struct tracer_lock *lock, uint32_t *place, char *why,
			size_t why_size);

/* Is a lock of the process watched? As the kernel has it (struct news). */
bool tracer__watches(const struct tracer *tracer, uint32_t tgid);

/* What is known of a file that news have named; of those without a lock there are no more news. */
enum file_verdict tracer__file(const struct tracer *tracer, uint64_t file);
void tracer__judge_file(struct tracer *tracer, uint64_t file, enum file_verdict verdict);

/* Let news of code that has been mapped come again in so many ns; or else in half a second. */
void tracer__hear_of_code_in(struct tracer *tracer, uint64_t ns);

/*
 * A probe of ours at a place in our own process where it finds nothing to do: only to be paid
 * for. Removed by tracer__detach(). Returns 0 or -errno, why as above.
 */
int tracer__attach_probe(struct tracer *tracer, bool at_return, const char *path, uint64_t offset,
			 char *why, size_t why_size);

/* When the window opens, if it is not open. */
enum tracer_opening {
	TRACER_OPENS_NOW,
	TRACER_OPENS_AT_CALL,	/* at the next call at the lock whose outcome is certain */
	TRACER_OPENS_AT_EXEC,	/* when the process executes a program */
};

void tracer__open_window(struct tracer *tracer, enum tracer_opening when);
bool tracer__window_is_open(const struct tracer *tracer);

/*
 * Now, by the clock of all times that come from the tracer, in ns. It need not be our own
 * CLOCK_MONOTONIC, which a time namespace shifts.
 */
uint64_t tracer__clock_ns(struct tracer *tracer);

/* What has been cut out of it so far: by pauses, in which the program stood still for us, ns. */
uint64_t tracer__cut_ns(struct tracer *tracer);

/* From now on tell of what the process executes, and of the first Python among its children. */
void tracer__report_execs(struct tracer *tracer);

/*
 * A process is about to be held by us, and is let go: what it stands still for us is no time of
 * the run. tgid: as the kernel has it (struct news), one at a time; 0: the run's own process, as
 * long as it is followed.
 */
void tracer__hold_begins(struct tracer *tracer, uint32_t tgid);
void tracer__hold_ends(struct tracer *tracer, uint32_t tgid);

/* Readable when there is news; then call tracer__next_news() until it returns false. */
int tracer__news_fd(const struct tracer *tracer);
bool tracer__next_news(struct tracer *tracer, struct news *news);

/*
 * Threads that have ended leave their places to others, a few thousands at a time: to be called
 * when there was news, and now and then. Each is handed to on_ended (0, or -errno to go on another
 * time). Not in runs with a timeline, whose events name places. Takes some milliseconds, if
 * anything. Returns 0 or -errno.
 */
int tracer__collect(struct tracer *tracer,
		    int (*on_ended)(const struct trace_ended *ended, void *arg), void *arg);

/* Close the window now if it is still open. */
void tracer__close_window(struct tracer *tracer);

/* The same; ended: wait for threads that are just ending. */
void tracer__finish(struct tracer *tracer, bool ended);

/* Remove every probe. */
void tracer__detach(struct tracer *tracer);

/* Copy what the run left; valid after tracer__finish(). Returns 0 or -ENOMEM. */
int tracer__read(struct tracer *tracer, struct trace *trace);

/*
 * The same while the run goes on, as if its window closed now; without the futexes and the
 * histograms, and of the threads' names those that they had when they were first seen. The
 * programs write on meanwhile: lock and threads are of one moment if there is one in a few
 * tries at which nothing changes; else each thread's record is whole for itself, and they are
 * some microseconds apart. Returns 0, -EAGAIN (the window is not open yet), or -ENOMEM.
 */
int tracer__peek(struct tracer *tracer, struct trace *trace);

/*
 * Call on_event for each event streamed since the last call: it begins with its enum
 * stream_kind. Returns 0 or -errno.
 */
int tracer__drain(struct tracer *tracer,
		  void (*on_event)(const void *event, size_t size, void *arg), void *arg);

/*
 * Hand over the samples taken so far, and forget them; valid only during the call. Often enough
 * that a quarter of a second of them never waits. Returns 0 or -errno.
 */
int tracer__drain_samples(struct tracer *tracer,
			  void (*on_sample)(const struct stack_sample *sample, void *arg),
			  void *arg);

#endif
