// SPDX-License-Identifier: GPL-2.0-or-later
// The memory of the BPF programs: emptied before a run, and read as a trace after it.
#include "tracer/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/proctext.h"

/* How often a look at a run under way tries to find a moment at which nothing changes. */
#define PEEK_TRIES 8

void tracer_maps__program_totals(const struct tracer *tracer, uint64_t *missed, uint64_t *ran_ns)
{
	struct bpf_program *program;

	*missed = 0;
	*ran_ns = 0;
	bpf_object__for_each_program(program, tracer->skel->obj) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			continue;
		*missed += info.recursion_misses;
		*ran_ns += info.run_time_ns;
	}
}

/* Threads of the last run that outlived it must not be taken for this run's. */
static void forget_threads(struct tracer *tracer, bool keep_all)
{
	tracer_places__clear(tracer, keep_all);
	memset(tracer->cpus, 0, (size_t)tracer->ncpus * sizeof(*tracer->cpus));
}

/* The next one is asked for first: from the beginning, the kernel would search the longer. */
static void forget_futexes(struct tracer *tracer)
{
	int fd = bpf_map__fd(tracer->skel->maps.futex_waits);
	struct futex_wait_key key, next;
	int err = bpf_map_get_next_key(fd, NULL, &next);

	while (!err) {
		key = next;
		err = bpf_map_get_next_key(fd, &key, &next);
		bpf_map_delete_elem(fd, &key);
	}
}

void tracer_maps__clear(struct tracer *tracer, const struct tracer_run *run)
{
	struct switchtax *skel = tracer->skel;

	forget_threads(tracer, run->timeline);
	forget_futexes(tracer);
	ring_buffer__consume(tracer->news);
	tracer->npending = 0;
	tracer_samples__clear(tracer, run->sample_stacks);
	skel->data->window_start_ns = NEVER;
	skel->data->window_end_ns = NEVER;
	skel->bss->window_turn = WINDOW_STAYS;
	skel->bss->clock_word = 0;
	skel->bss->held_threads = 0;
	memset(skel->bss->held_tgids, 0, sizeof(skel->bss->held_tgids));
	skel->bss->holds = 0;
	skel->bss->window_at_call = 0;
	skel->bss->window_at_exec = 0;
	tracer->closed = false;
	skel->bss->root_tgid = 0;
	skel->bss->report_execs = 0;
	skel->bss->watch_futexes = run->any_program;
	skel->bss->watch_code = run->later;
	skel->bss->code_not_before_ns = 0;
	skel->bss->streaming = run->timeline;
	skel->bss->adopted = 0;
	skel->bss->arrivals_unseen = 0;
	memset(&skel->bss->futex_others, 0, sizeof(skel->bss->futex_others));
	memset(skel->bss->losses, 0, sizeof(skel->bss->losses));
	tracer_watched__forget(tracer);
	tracer_files__forget(tracer);
}

/* Threads may have taken another name since they were begun; of the dead, the last is known. */
static void read_name(struct thread_record *thread)
{
	proctext__comm((pid_t)thread->tid, thread->comm, sizeof(thread->comm));
}

static void sum_histograms(const struct tracer *tracer, struct trace *trace)
{
	for (int cpu = 0; cpu < tracer->ncpus; cpu++)
		for (int which = 0; which < HISTOGRAMS; which++)
			for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
				trace->histogram[which][bucket] +=
					tracer->cpus[cpu].histogram[which][bucket];
}

/* Returns 0 or -ENOMEM. */
static int read_futexes(const struct tracer *tracer, struct trace *trace)
{
	int fd = bpf_map__fd(tracer->skel->maps.futex_waits);
	struct futex_wait_key *previous = NULL;

	trace->futex_others = tracer->skel->bss->futex_others;
	trace->futexes = calloc(tracer->places, sizeof(*trace->futexes));
	if (!trace->futexes)
		return -ENOMEM;
	while (trace->nfutexes < tracer->places) {
		struct trace_futex *futex = &trace->futexes[trace->nfutexes];

		if (bpf_map_get_next_key(fd, previous, &futex->key))
			break;
		previous = &futex->key;
		if (bpf_map_lookup_elem(fd, &futex->key, &futex->sleeps) == 0)
			trace->nfutexes++;
	}
	return 0;
}

/* Room for the locks that there are by now. Returns 0 or -ENOMEM. */
static int begin_locks(const struct tracer *tracer, struct trace *trace)
{
	const struct switchtax *skel = tracer->skel;

	trace->nlocks = skel->data->locks_used;
	trace->nwatched = skel->bss->watched_used;
	trace->locks = calloc(trace->nlocks ? trace->nlocks : 1, sizeof(*trace->locks));
	trace->watched = calloc(trace->nwatched ? trace->nwatched : 1, sizeof(*trace->watched));
	return trace->locks && trace->watched ? 0 : -ENOMEM;
}

static void copy_locks(const struct tracer *tracer, struct trace *trace)
{
	memcpy(trace->locks, &tracer->locks[1], trace->nlocks * sizeof(*trace->locks));
	memcpy(trace->watched, &tracer->watched[1], trace->nwatched * sizeof(*trace->watched));
	trace->others = tracer->locks[OTHER_LOCKS];
}

/* What a trace begins with. Returns 0 or -ENOMEM. */
static int begin_trace(struct tracer *tracer, struct trace *trace)
{
	const struct switchtax *skel = tracer->skel;
	size_t used = tracer_places__used(tracer);

	*trace = (struct trace){
		.start_ns = skel->data->window_start_ns,
		.end_ns = skel->data->window_end_ns,
		.opened = skel->data->window_start_ns != NEVER,
		.closed = skel->data->window_end_ns != NEVER,
		.arrivals_unseen = skel->bss->arrivals_unseen,
		.streamed_lock = skel->bss->streamed_lock,
		.nthreads = used,
		.every_thread = tracer->keep_all,
		.cut_ns = tracer__cut_ns(tracer),
	};
	trace->threads = malloc((used ? used : 1) * sizeof(*trace->threads));
	if (trace->threads && begin_locks(tracer, trace) == 0)
		return 0;
	trace__free(trace);
	return -ENOMEM;
}

static void read_losses(const struct tracer *tracer, struct trace *trace)
{
	uint64_t missed, ran_ns;

	memcpy(trace->losses, tracer->skel->bss->losses, sizeof(trace->losses));
	memcpy(trace->sample_losses, tracer->skel->bss->sample_losses,
	       sizeof(trace->sample_losses));
	tracer_maps__program_totals(tracer, &missed, &ran_ns);
	trace->missed_programs = missed - tracer->missed_before;
	trace->bpf_ns = ran_ns > tracer->ran_before_ns ? ran_ns - tracer->ran_before_ns
						       : UINT64_MAX;
}

int tracer__read(struct tracer *tracer, struct trace *trace)
{
	if (begin_trace(tracer, trace) || read_futexes(tracer, trace)) {
		trace__free(trace);
		return -ENOMEM;
	}
	copy_locks(tracer, trace);
	memcpy(trace->threads, &tracer->threads[1], trace->nthreads * sizeof(*trace->threads));
	for (size_t i = 0; i < trace->nthreads; i++)
		if (trace->threads[i].state != THREAD_DEAD)
			read_name(&trace->threads[i]);
	read_losses(tracer, trace);
	sum_histograms(tracer, trace);
	return 0;
}

/*
 * Copy, and compare: what is the same both times was so when the clock was read in between.
 * The fences keep the compiler from taking the copy for the original.
 */
static bool copy_moment(struct tracer *tracer, struct trace *trace)
{
	const struct lock_record *locks = &tracer->locks[1];
	const struct thread_record *threads = &tracer->threads[1];
	size_t size = trace->nthreads * sizeof(*threads);

	copy_locks(tracer, trace);
	memcpy(trace->threads, threads, size);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	trace->end_ns = tracer__clock_ns(tracer);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return memcmp(trace->locks, locks, trace->nlocks * sizeof(*locks)) == 0 &&
	       memcmp(trace->threads, threads, size) == 0;
}

/* Too much goes on for one moment of all: each record by itself, then. */
static void copy_threads(struct tracer *tracer, struct trace *trace)
{
	for (size_t i = 0; i < trace->nthreads; i++) {
		struct thread_record *copy = &trace->threads[i];

		for (int n = 0; n < PEEK_TRIES; n++) {
			memcpy(copy, &tracer->threads[i + 1], sizeof(*copy));
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			if (memcmp(copy, &tracer->threads[i + 1], sizeof(*copy)) == 0)
				break;
		}
	}
	copy_locks(tracer, trace);
	trace->end_ns = tracer__clock_ns(tracer);
}

int tracer__peek(struct tracer *tracer, struct trace *trace)
{
	int tries = 0;

	if (begin_trace(tracer, trace))
		return -ENOMEM;
	if (!trace->opened) {
		trace__free(trace);
		return -EAGAIN;
	}
	while (tries < PEEK_TRIES && !copy_moment(tracer, trace))
		tries++;
	if (tries == PEEK_TRIES)
		copy_threads(tracer, trace);
	trace->closed = true;
	read_losses(tracer, trace);
	return 0;
}
