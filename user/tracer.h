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

#include "trace.h"

struct tracer;

/*
 * Load and verify the programs. *out is NULL on error. Returns 0 or -errno, with
 * why set to what to do about it (-EPERM: capabilities, -ENOENT: BTF, ...).
 */
int tracer__open(struct tracer **out, char *why, size_t why_size);

/*
 * May we make uprobes? Asked of the kernel, since the capability that it wants has
 * changed between versions. Returns 0 or -errno, why as above. tracer__open() asks too.
 */
int tracer__check_uprobes(char *why, size_t why_size);

/* Accepts NULL. */
void tracer__close(struct tracer *tracer);

/* What the next run is; strings are borrowed until tracer__detach(). */
struct tracer_run {
	pid_t pid;		/* sleeping before its exec; its whole tree is traced */
	const char *announcer;	/* program file with the announce_* sites, NULL if none */
	bool stream_handoffs;	/* also keep each hand-off for tracer__drain() */
};

/*
 * Forget the last run, attach, and adopt the process. The window opens at the
 * announcer's marker, or at the process's exec if there is no announcer.
 * Returns 0 or -errno; why says which part failed.
 */
int tracer__attach(struct tracer *tracer, const struct tracer_run *run, char *why,
		   size_t why_size);

/* Close the window now if it is still open, wait for threads that are just ending. */
void tracer__finish(struct tracer *tracer);

/* Remove every probe. */
void tracer__detach(struct tracer *tracer);

/* Copy what the run left; valid after tracer__finish(). Returns 0 or -ENOMEM. */
int tracer__read(struct tracer *tracer, struct trace *trace);

/* Call on_handoff for each hand-off streamed since the last call. Returns 0 or -errno. */
int tracer__drain(struct tracer *tracer,
		  void (*on_handoff)(const struct handoff_event *event, void *arg), void *arg);

#endif
