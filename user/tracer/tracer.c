// SPDX-License-Identifier: GPL-2.0-or-later
// Which programs this kernel can run: chosen, loaded, mapped, and given back.
#include "tracer/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proctext.h"
#include "tracer/uprobes.h"

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
struct bpf_program *tracer__switch_program(const struct tracer *tracer)
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
	bpf_program__set_autoload(tracer__switch_program(tracer), true);
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

static int check_proc(char *why, size_t why_size)
{
	if (!proctext__is_foreign())
		return 0;
	snprintf(why, why_size, "/proc is of another PID namespace, and shows other processes "
		 "under our numbers; mount one of our own: unshare --mount-proc, or mount "
		 "-t proc proc /proc");
	return -EOPNOTSUPP;
}

int tracer__open(struct tracer **out, const char *types, char *why, size_t why_size)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	*out = NULL;
	if (!tracer)
		return tracer__refused(why, why_size, "no memory for the tracer", -ENOMEM);
	tracer_refusal__forget();
	libbpf_set_print(libbpf_talk);
	err = check_proc(why, why_size);
	if (!err)
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
