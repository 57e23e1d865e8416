// SPDX-License-Identifier: GPL-2.0-or-later
// The life of the BPF programs: load, attach, adopt, detach.
#include "tracer/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proctext.h"
#include "tracer/own_code.h"
#include "tracer/uprobes.h"
#include "include/announce.h"

/* Threads end a moment after their process was reaped: how long to wait for that. */
#define END_WAIT_MS 500

/* The size of four neighbouring pids' slots (bpf/target.bpf.h). */
#define PIDS_TOGETHER (4 * sizeof(uint16_t))

/* libbpf's own talk, one level down: its warnings are our debug lines. */
static int libbpf_talk(enum libbpf_print_level level, const char *format, va_list args)
{
	va_list copy;

	if (level == LIBBPF_WARN) {
		va_copy(copy, args);
		tracer_refusal__hear(format, copy);
		va_end(copy);
	}
	if (log__level() < LOG_VERBOSE || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

static unsigned int pid_max(void)
{
	uint64_t value = proctext__read_number("/proc/sys/kernel/pid_max");

	return value == PROCTEXT_UNKNOWN ? 4 * 1024 * 1024 /* the kernel's own upper limit */ :
					   (unsigned int)value;
}

static void *map_pages(const struct bpf_map *map, size_t value_size)
{
	size_t bytes = value_size * bpf_map__max_entries(map);
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (pages == MAP_FAILED)
		return NULL;
	madvise(pages, bytes, MADV_DONTFORK);	/* they are many, and no child's business */
	return pages;
}

static void unmap_pages(void *pages, const struct bpf_map *map, size_t value_size)
{
	if (pages)
		munmap(pages, value_size * bpf_map__max_entries(map));
}

/* libbpf 1.1 knows neither kind of program by its section's name. */
static void make_session(struct tracer *tracer)
{
	struct bpf_program *session = tracer->skel->progs.on_acquire_session;

	bpf_program__set_type(session, BPF_PROG_TYPE_KPROBE);
	bpf_program__set_expected_attach_type(session, (enum bpf_attach_type)UPROBES_SESSION);
	bpf_program__set_expected_attach_type(tracer->probes.release,
					      (enum bpf_attach_type)UPROBES_ENTRY);
	bpf_program__set_expected_attach_type(tracer->probes.wait,
					      (enum bpf_attach_type)UPROBES_ENTRY);
}

static struct tracer_probes choose_probes(const struct tracer *tracer)
{
	const struct switchtax *skel = tracer->skel;
	const struct tracer_probes steady = {
		.announce = skel->progs.on_announce_steady,
		.acquire = skel->progs.on_acquire_steady,
		.acquired = skel->progs.on_acquired_steady,
		.release = skel->progs.on_release_steady,
		.wait = skel->progs.on_wait_steady,
	};
	const struct tracer_probes plain = {
		.announce = skel->progs.on_announce,
		.acquire = skel->progs.on_acquire,
		.acquired = skel->progs.on_acquired,
		.release = skel->progs.on_release,
		.wait = skel->progs.on_wait,
	};

	return tracer->features.have[FEATURE_PREEMPT_GUARD] ? steady : plain;
}

/* Of the programs at probes, those of the kind that this kernel can run. */
static void choose_lock_programs(struct tracer *tracer, bool sessions)
{
	struct switchtax *skel = tracer->skel;
	struct bpf_program *programs[] = {
		skel->progs.on_announce, skel->progs.on_announce_steady,
		skel->progs.on_acquire, skel->progs.on_acquire_steady,
		skel->progs.on_acquired, skel->progs.on_acquired_steady,
		skel->progs.on_release, skel->progs.on_release_steady,
		skel->progs.on_wait, skel->progs.on_wait_steady,
	};

	tracer->probes = choose_probes(tracer);
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		bpf_program__set_autoload(programs[i], false);
	bpf_program__set_autoload(tracer->probes.announce, true);
	bpf_program__set_autoload(tracer->probes.release, true);
	bpf_program__set_autoload(tracer->probes.wait, true);
	bpf_program__set_autoload(tracer->probes.acquire, !sessions);
	bpf_program__set_autoload(tracer->probes.acquired, !sessions);
	bpf_program__set_autoload(skel->progs.on_acquire_session, sessions);
	if (sessions)
		make_session(tracer);
}

/* The one that fits the tracepoint's arguments on this kernel. */
static struct bpf_program *switch_program(const struct tracer *tracer)
{
	struct switchtax *skel = tracer->skel;

	if (!tracer->features.have[FEATURE_SWITCH_STATE])
		return skel->progs.on_switch_no_state;
	return tracer->features.state_is_second ? skel->progs.on_switch_state_second
						: skel->progs.on_switch;
}

static void choose_programs(struct tracer *tracer)
{
	const struct tracer_features *features = &tracer->features;
	struct switchtax *skel = tracer->skel;

	choose_lock_programs(tracer, features->have[FEATURE_UPROBE_SESSION] &&
					     features->have[FEATURE_PREEMPT_GUARD]);
	bpf_program__set_autoload(skel->progs.on_switch, false);
	bpf_program__set_autoload(skel->progs.on_switch_state_second, false);
	bpf_program__set_autoload(skel->progs.on_switch_no_state, false);
	bpf_program__set_autoload(switch_program(tracer), true);
	bpf_program__set_autoload(skel->progs.on_wakeup, !features->have[FEATURE_QUEUE_TIMES]);
	bpf_program__set_autoload(skel->progs.on_self, features->types);
	skel->rodata->has_queue_times = features->have[FEATURE_QUEUE_TIMES];
}

/* A ring's size is a power of two, and whole pages. */
static unsigned int ring_size(const struct bpf_map *map)
{
	unsigned int size = bpf_map__max_entries(map), page = (unsigned int)sysconf(_SC_PAGESIZE);

	return size > page ? size : page;
}

static void size_maps(const struct tracer *tracer)
{
	struct switchtax *skel = tracer->skel;

	bpf_map__set_max_entries(skel->maps.pid_slots, pid_max() / 4 + 1);
	bpf_map__set_max_entries(skel->maps.thread_records, tracer->places);
	bpf_map__set_max_entries(skel->maps.free_places, tracer->places);
	bpf_map__set_max_entries(skel->maps.futex_waits, tracer->places);
	bpf_map__set_max_entries(skel->maps.cpu_records, (unsigned int)tracer->ncpus);
	bpf_map__set_max_entries(skel->maps.sample_ring, tracer_samples__ring_size(tracer->ncpus));
	bpf_map__set_max_entries(skel->maps.news_stream, ring_size(skel->maps.news_stream));
}

static int load(struct tracer *tracer)
{
	tracer->ncpus = libbpf_num_possible_cpus();
	if (tracer->ncpus < 1)
		return -EINVAL;
	tracer->skel = tracer_types__open(&tracer->features);
	if (!tracer->skel)
		return -errno;
	tracer->places = tracer_places__count();
	choose_programs(tracer);
	size_maps(tracer);
	return switchtax__load(tracer->skel);
}

static int take_event(void *arg, void *data, size_t size)
{
	struct tracer *tracer = arg;

	tracer->on_event(data, size, tracer->on_event_arg);
	return 0;
}

static int take_news(void *arg, void *data, size_t size)
{
	struct tracer *tracer = arg;
	const struct news *news = data;

	if (size >= sizeof(*news) && news->kind != NEWS_DEATHS && tracer->npending < MAX_NEWS)
		tracer->pending[tracer->npending++] = *news;
	return 0;
}

static int map_memory(struct tracer *tracer)
{
	struct switchtax *skel = tracer->skel;

	tracer->threads = map_pages(skel->maps.thread_records, sizeof(*tracer->threads));
	tracer->cpus = map_pages(skel->maps.cpu_records, sizeof(*tracer->cpus));
	tracer->locks = map_pages(skel->maps.lock_records, sizeof(*tracer->locks));
	tracer->watched = map_pages(skel->maps.watched_processes, sizeof(*tracer->watched));
	tracer->pid_slots = map_pages(skel->maps.pid_slots, PIDS_TOGETHER);
	if (!tracer->threads || !tracer->cpus || !tracer->locks || !tracer->watched ||
	    !tracer->pid_slots)
		return -errno;
	tracer->ring = ring_buffer__new(bpf_map__fd(skel->maps.event_stream), take_event, tracer,
					NULL);
	if (!tracer->ring)
		return -errno;
	tracer->news = ring_buffer__new(bpf_map__fd(skel->maps.news_stream), take_news, tracer,
					NULL);
	return tracer->news ? tracer_samples__open(tracer) : -errno;
}

int tracer__open(struct tracer **out, const char *types, char *why, size_t why_size)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	*out = NULL;
	if (!tracer)
		return tracer__refused(why, why_size, "no memory for the tracer", -ENOMEM);
	if (proctext__is_foreign()) {
		free(tracer);
		snprintf(why, why_size, "/proc is of another PID namespace, and shows other processes "
			 "under our numbers; mount one of our own: unshare --mount-proc, or mount "
			 "-t proc proc /proc");
		return -EOPNOTSUPP;
	}
	tracer_refusal__forget();
	libbpf_set_print(libbpf_talk);
	err = tracer_features__ask(&tracer->features, types, why, why_size);
	if (!err)
		err = tracer__check_uprobes(why, why_size);
	if (err)
		goto fail;
	err = load(tracer);
	if (err) {
		tracer__refused(why, why_size, "the kernel refused the BPF programs", err);
		goto fail;
	}
	err = map_memory(tracer);
	if (err) {
		tracer__refused(why, why_size, "the BPF maps cannot be mapped", err);
		goto fail;
	}
	err = tracer_types__check(tracer, why, why_size);
	if (err)
		goto fail;
	*out = tracer;
	return 0;
fail:
	tracer__close(tracer);
	return err;
}

void tracer__close(struct tracer *tracer)
{
	if (!tracer)
		return;
	tracer__detach(tracer);
	ring_buffer__free(tracer->ring);
	ring_buffer__free(tracer->news);
	ring_buffer__free(tracer->samples);
	if (tracer->skel) {
		unmap_pages(tracer->threads, tracer->skel->maps.thread_records,
			    sizeof(*tracer->threads));
		unmap_pages(tracer->cpus, tracer->skel->maps.cpu_records, sizeof(*tracer->cpus));
		unmap_pages(tracer->locks, tracer->skel->maps.lock_records,
			    sizeof(*tracer->locks));
		unmap_pages(tracer->watched, tracer->skel->maps.watched_processes,
			    sizeof(*tracer->watched));
		unmap_pages(tracer->pid_slots, tracer->skel->maps.pid_slots, PIDS_TOGETHER);
		switchtax__destroy(tracer->skel);
	}
	free(tracer);
}

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
		switch_program(tracer),
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
	tracer_lock__detach(tracer);
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
