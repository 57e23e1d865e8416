/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracer_parts - what the files of the tracer share, and nobody else sees: the skeleton of
 * the BPF programs, and what is open of them.
 */
#ifndef SWITCHTAX_TRACER_PARTS_H
#define SWITCHTAX_TRACER_PARTS_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <sys/types.h>

#include "tracer/tracer.h"	/* the skeleton lacks the types of what it holds */
#include "tracer/features.h"
#include "switchtax.skel.h"

#define NEVER UINT64_MAX
/* Kernel events, and probes in our own workloads or in ourselves. */
#define MAX_LINKS 12

/* More than fit into the ring of news: a page at least, of 64 KiB on some arm64 kernels. */
#define MAX_NEWS (65536 / sizeof(struct news))

/* The programs at uprobes, of the kind that this kernel can run. */
struct tracer_probes {
	struct bpf_program *announce;
	struct bpf_program *acquire;
	struct bpf_program *acquired;
	struct bpf_program *release;
	struct bpf_program *wait;
};

/* The probes in one watched process: links, or a descriptor of multi-uprobes each kind. */
struct tracer_watch {
	struct bpf_link **links;
	size_t nlinks;
	int session_fds[5];
	size_t nsessions;
};

struct tracer {
	struct switchtax *skel;
	struct thread_record *threads;	/* the kernel's own pages */
	uint32_t places;		/* of them, the first is nobody's */
	bool keep_all;			/* a place is not used again in this run */
	uint16_t *pid_slots;		/* by pid; the kernel's pages, too */
	struct cpu_record *cpus;
	int ncpus;
	struct bpf_link *links[MAX_LINKS];
	size_t nlinks;
	struct tracer_features features;
	struct tracer_probes probes;
	struct lock_record *locks;
	struct watched_process *watched;
	struct tracer_watch watches[MAX_WATCHED];	/* of the place in watched */
	struct leaving *leaving;	/* probes on their way out (leaving.c) */
	int *clocks;			/* perf events, one per CPU that is online, while samples are taken */
	int nclocks;
	struct ring_buffer *samples;
	void (*on_sample)(const struct stack_sample *sample, void *arg);
	void *on_sample_arg;
	struct ring_buffer *ring;
	struct ring_buffer *news;
	struct news pending[MAX_NEWS];	/* taken from the ring, not yet asked for */
	size_t npending;
	void (*on_event)(const void *event, size_t size, void *arg);
	void *on_event_arg;
	bool closed;			/* the window, by us; then ... */
	uint64_t cut_ns;		/* ... what the pauses had cut by then */
	uint64_t missed_before;
	uint64_t ran_before_ns;
};

/* Remember what the kernel says of a program that it refuses: libbpf's warnings, one by one. */
void tracer_refusal__hear(const char *format, va_list args);
void tracer_refusal__forget(void);

/*
 * The kernel's types: open the programs as built for a kernel that knows them, or for one that a
 * file describes (NULL: errno is set); and check, of programs that are loaded, that it describes
 * this one: 0 or -errno, why set.
 */
struct switchtax *tracer_types__open(const struct tracer_features *features);
int tracer_types__check(struct tracer *tracer, char *why, size_t why_size);

/* A program at a function of ours, in our process only. Returns 0 or -errno. */
int tracer__attach_own(const struct bpf_program *program, void (*function)(void),
		       struct bpf_link **link);

/* Take all threads of the process into the books. Returns 0 or -errno; -ESRCH: it has none. */
int tracer_adopt__all(struct tracer *tracer, pid_t pid);

/* The program at context switches that fits the tracepoint's arguments on this kernel. */
struct bpf_program *tracer__switch_program(const struct tracer *tracer);

/* Keep a link until the tracer is detached. NULL: it could not be made; returns -errno. */
int tracer__keep_link(struct tracer *tracer, struct bpf_link *link);

/* Put into why what the kernel has refused, and what to do about it. Returns err. */
int tracer__refused(char *why, size_t size, const char *what, int err);

/* Empty the maps, and set what the programs are to know of the next run. */
void tracer_maps__clear(struct tracer *tracer, const struct tracer_run *run);

/* How many places this machine has room for; the last one that was ever in use; none is in use. */
unsigned int tracer_places__count(void);
uint32_t tracer_places__used(const struct tracer *tracer);
void tracer_places__clear(struct tracer *tracer, bool keep_all);

/* Sum over our programs of what the kernel keeps about each. */
void tracer_maps__program_totals(const struct tracer *tracer, uint64_t *missed,
				 uint64_t *ran_ns);

/* Open or close the window, unless it has been before. */
void tracer_clock__turn(struct tracer *tracer, enum window_turn turn);

/*
 * Places among the processes that are watched (watched.c). begin: take one for the process as it is
 * now; 0: there is none. give_up: it could not be watched, after all. has: is it watched already, as
 * what it is now? News may be late: by then it is another program, and watched as that.
 */
uint32_t tracer_watched__begin(struct tracer *tracer, const struct lock_sites *sites,
			       const struct tracer_lock *lock);
void tracer_watched__give_up(struct tracer *tracer, uint32_t place);
bool tracer_watched__has(const struct tracer *tracer, const struct tracer_lock *lock);

/* Take the probes out of all, of one, and of those that have ended (false: none had any left). */
void tracer_watched__detach(struct tracer *tracer);
void tracer_watched__detach_from(struct tracer *tracer, uint32_t place);
bool tracer_watched__detach_ended(struct tracer *tracer);

/* Take these out, and wait until they are gone. */
void tracer_watched__take_out(struct tracer_watch *watch);

/*
 * The same without waiting, if a thread is to be had; watch is empty then. finish: wait for all that
 * have begun to leave.
 */
void tracer_leaving__begin(struct tracer *tracer, struct tracer_watch *watch);
void tracer_leaving__finish(struct tracer *tracer);

/* Of a run before: its locks, and whose they were. */
void tracer_watched__forget(struct tracer *tracer);

/* Forget what is known of files. */
void tracer_files__forget(struct tracer *tracer);

/* Sampling: bytes of the ring; the ring itself; the clocks; nothing is left of the last run. */
unsigned int tracer_samples__ring_size(int ncpus);
int tracer_samples__open(struct tracer *tracer);
int tracer_samples__attach(struct tracer *tracer);
void tracer_samples__detach(struct tracer *tracer);
void tracer_samples__clear(struct tracer *tracer, bool stacks);

#endif
