// SPDX-License-Identifier: GPL-2.0-or-later
// What a run has of the programs: attached, told when its window is, asked for news, detached.
#include "tracer/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tracer/own_code.h"
#include "include/announce.h"

/* Threads end a moment after their process was reaped: how long to wait for that. */
#define END_WAIT_MS 500

int tracer__keep_link(struct tracer *tracer, struct bpf_link *link)
{
	if (!link)
		return -errno;
	tracer->links[tracer->nlinks++] = link;
	return 0;
}

int tracer__attach_own(const struct bpf_program *program, void (*function)(void),
		       struct bpf_link **link)
{
	uint64_t offset;

	if (!own_code__offset(function, &offset))
		return -ENOENT;
	*link = bpf_program__attach_uprobe(program, false, getpid(), OWN_CODE_FILE, offset);
	return *link ? 0 : -errno;
}

/* Only in the run's own process: nobody else who runs the file meets a breakpoint. */
static int attach_announcer(struct tracer *tracer, pid_t pid, const char *file)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = ANNOUNCE_SYMBOL);
	struct bpf_program *program = tracer->probes.announce;

	return tracer__keep_link(tracer, bpf_program__attach_uprobe_opts(program, pid, file, 0,
									 &opts));
}

/* NULL: one that this run, on this kernel, does without. */
static int attach_kernel(struct tracer *tracer, bool any_program)
{
	const struct switchtax *skel = tracer->skel;
	struct bpf_program *programs[] = {
		tracer->features.have[FEATURE_QUEUE_TIMES] ? NULL : skel->progs.on_wakeup,
		tracer__switch_program(tracer),
		skel->progs.on_fork,
		skel->progs.on_exec,
		any_program ? skel->progs.on_waking : NULL,
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]) && !err; i++)
		if (programs[i])
			err = tracer__keep_link(tracer, bpf_program__attach(programs[i]));
	return err;
}

/* The switch first: what follows an event must not be missed. */
static int attach_births(struct tracer *tracer)
{
	struct bpf_program *programs[] = {
		tracer->skel->progs.on_birth_switch,
		tracer->skel->progs.on_birth_fork,
		tracer->skel->progs.on_birth_wake,
		tracer->skel->progs.on_birth_exit,
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]) && !err; i++)
		err = tracer__keep_link(tracer, bpf_program__attach(programs[i]));
	return err;
}

int tracer__attach(struct tracer *tracer, const struct tracer_run *run, char *why,
		   size_t why_size)
{
	int err;

	tracer_refusal__forget();
	tracer_maps__clear(tracer, run);
	tracer_maps__program_totals(tracer, &tracer->missed_before, &tracer->ran_before_ns);
	err = attach_kernel(tracer, run->any_program);
	if (!err && run->births)
		err = attach_births(tracer);
	if (err) {
		tracer__refused(why, why_size, "cannot attach to the scheduler's tracepoints", err);
		goto fail;
	}
	err = tracer_adopt__all(tracer, run->pid);
	if (err) {
		tracer__refused(why, why_size, "cannot find the process's threads", err);
		goto fail;
	}
	err = run->announcer ? attach_announcer(tracer, run->pid, run->announcer) : 0;
	if (err) {
		tracer__refused(why, why_size, "cannot attach to the workload's probe sites", err);
		goto fail;
	}
	err = run->samples ? tracer_samples__attach(tracer) : 0;
	if (err) {
		tracer__refused(why, why_size, "cannot sample: --no-samples does without", err);
		goto fail;
	}
	return 0;
fail:
	tracer__detach(tracer);
	return err;
}

int tracer__attach_probe(struct tracer *tracer, bool at_return, const char *path, uint64_t offset,
			 char *why, size_t why_size)
{
	struct bpf_program *program = tracer->probes.announce;
	int err = tracer__keep_link(tracer, bpf_program__attach_uprobe(program, at_return, getpid(),
								       path, offset));

	return err ? tracer__refused(why, why_size, "cannot attach a probe to ourselves", err) : 0;
}

void tracer__open_window(struct tracer *tracer, enum tracer_opening when)
{
	switch (when) {
	case TRACER_OPENS_AT_CALL: tracer->skel->bss->window_at_call = 1; break;
	case TRACER_OPENS_AT_EXEC: tracer->skel->bss->window_at_exec = 1; break;
	default: tracer_clock__turn(tracer, WINDOW_OPENS); break;
	}
}

void tracer__report_execs(struct tracer *tracer)
{
	tracer->skel->bss->report_execs = 1;
}

bool tracer__window_is_open(const struct tracer *tracer)
{
	return tracer->skel->data->window_start_ns != NEVER;
}

int tracer__news_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->news);
}

bool tracer__next_news(struct tracer *tracer, struct news *news)
{
	if (!tracer->npending)
		ring_buffer__consume(tracer->news);
	if (!tracer->npending)
		return false;
	*news = tracer->pending[0];
	tracer->npending--;
	memmove(&tracer->pending[0], &tracer->pending[1], tracer->npending * sizeof(*news));
	return true;
}

static bool all_dead(const struct tracer *tracer)
{
	uint32_t used = tracer_places__used(tracer);

	for (uint32_t slot = 1; slot <= used; slot++)
		if (*(volatile uint32_t *)&tracer->threads[slot].state != THREAD_DEAD)
			return false;
	return true;
}

void tracer__close_window(struct tracer *tracer)
{
	if (tracer__window_is_open(tracer))
		tracer_clock__turn(tracer, WINDOW_CLOSES);
}

void tracer__finish(struct tracer *tracer, bool ended)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	tracer__close_window(tracer);
	for (int ms = 0; ended && ms < END_WAIT_MS && !all_dead(tracer); ms++)
		nanosleep(&step, NULL);
}

void tracer__detach(struct tracer *tracer)
{
	tracer_samples__detach(tracer);
	tracer_watched__detach(tracer);
	while (tracer->nlinks)
		bpf_link__destroy(tracer->links[--tracer->nlinks]);
}

int tracer__drain(struct tracer *tracer,
		  void (*on_event)(const void *event, size_t size, void *arg), void *arg)
{
	int err;

	tracer->on_event = on_event;
	tracer->on_event_arg = arg;
	err = ring_buffer__consume(tracer->ring);
	return err < 0 ? err : 0;
}
