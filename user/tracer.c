// SPDX-License-Identifier: GPL-2.0-or-later
// Owns the skeleton: load, attach, adopt, read, detach.
#include "tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "switchtax.skel.h"
#include "../workloads/announce.h"

#define NEVER UINT64_MAX
#define MAX_LINKS 4

/* Threads end a moment after their process was reaped: how long to wait for that. */
#define END_WAIT_MS 500

struct tracer {
	struct switchtax *skel;
	struct thread_record *threads;	/* the kernel's own pages */
	struct cpu_record *cpus;
	int ncpus;
	struct bpf_link *links[MAX_LINKS];
	size_t nlinks;
	struct ring_buffer *ring;
	void (*on_handoff)(const struct handoff_event *event, void *arg);
	void *on_handoff_arg;
	uint64_t missed_before;
	uint64_t ran_before_ns;
};

/* libbpf's own talk, one level down: its warnings are our debug lines. */
static int libbpf_talk(enum libbpf_print_level level, const char *format, va_list args)
{
	if (log__level() < LOG_VERBOSE || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static unsigned int pid_max(void)
{
	unsigned int value = 4 * 1024 * 1024;	/* the kernel's own upper limit */
	FILE *file = fopen("/proc/sys/kernel/pid_max", "re");

	if (file) {
		if (fscanf(file, "%u", &value) != 1)
			value = 4 * 1024 * 1024;
		fclose(file);
	}
	return value;
}

static const char *advice(int err)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return "run it as root, with sudo";
	case ENOENT:
	case ESRCH:
		return "the kernel lacks BTF or a tracepoint it needs; switchtax wants Linux 6.1 "
		       "or newer with CONFIG_DEBUG_INFO_BTF and CONFIG_SCHED_INFO";
	default:
		return "run `switchtax doctor`, or repeat with -v for the kernel's reason";
	}
}

static int explain(char *why, size_t size, const char *what, int err)
{
	snprintf(why, size, "%s: %s (%s)", what, strerror(-err), advice(err));
	return err;
}

static void *map_pages(const struct bpf_map *map, size_t value_size)
{
	size_t bytes = value_size * bpf_map__max_entries(map);
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return pages == MAP_FAILED ? NULL : pages;
}

static void unmap_pages(void *pages, const struct bpf_map *map, size_t value_size)
{
	if (pages)
		munmap(pages, value_size * bpf_map__max_entries(map));
}

static int load(struct tracer *tracer)
{
	struct switchtax *skel = switchtax__open();

	if (!skel)
		return -errno;
	tracer->skel = skel;
	tracer->ncpus = libbpf_num_possible_cpus();
	if (tracer->ncpus < 1)
		return -EINVAL;
	bpf_map__set_max_entries(skel->maps.pid_slots, pid_max() / 4 + 1);
	bpf_map__set_max_entries(skel->maps.cpu_records, (unsigned int)tracer->ncpus);
	return switchtax__load(skel);
}

static int take_event(void *arg, void *data, size_t size)
{
	struct tracer *tracer = arg;

	if (size >= sizeof(struct handoff_event))
		tracer->on_handoff(data, tracer->on_handoff_arg);
	return 0;
}

static int map_memory(struct tracer *tracer)
{
	struct switchtax *skel = tracer->skel;

	tracer->threads = map_pages(skel->maps.thread_records, sizeof(*tracer->threads));
	tracer->cpus = map_pages(skel->maps.cpu_records, sizeof(*tracer->cpus));
	if (!tracer->threads || !tracer->cpus)
		return -errno;
	tracer->ring = ring_buffer__new(bpf_map__fd(skel->maps.handoff_stream), take_event, tracer,
					NULL);
	return tracer->ring ? 0 : -errno;
}

/*
 * Asks for a probe in a file that is not there: the permission is looked at first, and
 * nothing has to be removed again, which would take 0.1 s.
 */
static int ask_for_uprobe(unsigned int type)
{
	static const char nowhere[] = "/dev/null/nowhere";
	struct perf_event_attr attr = { .type = type, .size = sizeof(attr) };
	int fd;

	attr.uprobe_path = (__u64)(uintptr_t)nowhere;
	fd = (int)syscall(SYS_perf_event_open, &attr, getpid(), -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 && (errno == EACCES || errno == EPERM) ? -errno : 0;
}

int tracer__check_uprobes(char *why, size_t why_size)
{
	static const char path[] = "/sys/bus/event_source/devices/uprobe/type";
	FILE *file = fopen(path, "re");
	unsigned int type;
	bool known = file && fscanf(file, "%u", &type) == 1;
	int err;

	if (file)
		fclose(file);
	if (!known) {
		snprintf(why, why_size, "%s cannot be read; boot a kernel with "
			 "CONFIG_UPROBE_EVENTS=y, and mount /sys", path);
		return -ENOENT;
	}
	err = ask_for_uprobe(type);
	return err ? explain(why, why_size, "the kernel refuses uprobes", err) : 0;
}

int tracer__open(struct tracer **out, char *why, size_t why_size)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	*out = NULL;
	if (!tracer)
		return explain(why, why_size, "no memory for the tracer", -ENOMEM);
	libbpf_set_print(libbpf_talk);
	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
		err = explain(why, why_size, "/sys/kernel/btf/vmlinux cannot be read", -ENOENT);
		goto fail;
	}
	err = tracer__check_uprobes(why, why_size);
	if (err)
		goto fail;
	err = load(tracer);
	if (err) {
		explain(why, why_size, "the kernel refused the BPF programs", err);
		goto fail;
	}
	err = map_memory(tracer);
	if (err) {
		explain(why, why_size, "the BPF maps cannot be mapped", err);
		goto fail;
	}
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
	if (tracer->skel) {
		unmap_pages(tracer->threads, tracer->skel->maps.thread_records,
			    sizeof(*tracer->threads));
		unmap_pages(tracer->cpus, tracer->skel->maps.cpu_records, sizeof(*tracer->cpus));
		switchtax__destroy(tracer->skel);
	}
	free(tracer);
}

/* Sum over our programs of what the kernel keeps about each. */
static void program_totals(const struct tracer *tracer, uint64_t *missed, uint64_t *ran_ns)
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

static void put_slot(struct tracer *tracer, pid_t pid, uint16_t slot)
{
	uint32_t key = (uint32_t)pid >> 2;
	uint16_t quad[4] = { 0 };
	int fd = bpf_map__fd(tracer->skel->maps.pid_slots);

	bpf_map_lookup_elem(fd, &key, quad);
	quad[pid & 3] = slot;
	bpf_map_update_elem(fd, &key, quad, BPF_ANY);
}

/* Threads of the last run that outlived it must not be taken for this run's. */
static void forget_threads(struct tracer *tracer)
{
	uint32_t used = tracer->skel->bss->threads_used;

	for (uint32_t slot = 1; slot <= used && slot < MAX_THREADS; slot++)
		if (tracer->threads[slot].state != THREAD_DEAD)
			put_slot(tracer, (pid_t)tracer->threads[slot].tid, 0);
	if (used >= MAX_THREADS)
		used = MAX_THREADS - 1;
	memset(tracer->threads, 0, (used + 1) * sizeof(*tracer->threads));
	memset(tracer->cpus, 0, (size_t)tracer->ncpus * sizeof(*tracer->cpus));
}

static void reset(struct tracer *tracer, const struct tracer_run *run)
{
	struct switchtax *skel = tracer->skel;

	forget_threads(tracer);
	skel->data->window_start_ns = NEVER;
	skel->data->window_end_ns = NEVER;
	skel->bss->window_from_exec = !run->announcer;
	skel->bss->stream_handoffs = run->stream_handoffs;
	skel->bss->threads_used = 0;
	skel->bss->arrivals_unseen = 0;
	memset(skel->bss->losses, 0, sizeof(skel->bss->losses));
	memset(&skel->bss->the_lock, 0, sizeof(skel->bss->the_lock));
}

static int keep_link(struct tracer *tracer, struct bpf_link *link)
{
	if (!link)
		return -errno;
	tracer->links[tracer->nlinks++] = link;
	return 0;
}

/* Only in the run's own process: nobody else who runs the file meets a breakpoint. */
static int attach_announcer(struct tracer *tracer, pid_t pid, const char *file)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = ANNOUNCE_SYMBOL);

	return keep_link(tracer, bpf_program__attach_uprobe_opts(tracer->skel->progs.on_announce,
								 pid, file, 0, &opts));
}

static int attach_kernel(struct tracer *tracer)
{
	struct bpf_program *programs[] = {
		tracer->skel->progs.on_switch,
		tracer->skel->progs.on_fork,
		tracer->skel->progs.on_exec,
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		int err = keep_link(tracer, bpf_program__attach(programs[i]));

		if (err)
			return err;
	}
	return 0;
}

/* The root of the tree, asleep before its exec. Its counters are read at its first switch. */
static void adopt(struct tracer *tracer, pid_t pid)
{
	struct thread_record *thread = &tracer->threads[1];

	thread->slot = 1;
	thread->tid = (uint32_t)pid;
	thread->tgid = (uint32_t)pid;
	thread->state = THREAD_BLOCKED;
	thread->born_ns = now_ns();
	thread->since_ns = thread->born_ns;
	tracer->skel->bss->threads_used = 1;
	put_slot(tracer, pid, 1);
}

int tracer__attach(struct tracer *tracer, const struct tracer_run *run, char *why,
		   size_t why_size)
{
	int err;

	reset(tracer, run);
	adopt(tracer, run->pid);
	program_totals(tracer, &tracer->missed_before, &tracer->ran_before_ns);
	err = attach_kernel(tracer);
	if (err) {
		explain(why, why_size, "cannot attach to the scheduler's tracepoints", err);
		goto fail;
	}
	err = run->announcer ? attach_announcer(tracer, run->pid, run->announcer) : 0;
	if (err) {
		explain(why, why_size, "cannot attach to the workload's probe sites", err);
		goto fail;
	}
	return 0;
fail:
	tracer__detach(tracer);
	return err;
}

static bool all_dead(const struct tracer *tracer)
{
	uint32_t used = tracer->skel->bss->threads_used;

	for (uint32_t slot = 1; slot <= used && slot < MAX_THREADS; slot++)
		if (*(volatile uint32_t *)&tracer->threads[slot].state != THREAD_DEAD)
			return false;
	return true;
}

void tracer__finish(struct tracer *tracer)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	if (tracer->skel->data->window_start_ns != NEVER &&
	    tracer->skel->data->window_end_ns == NEVER)
		tracer->skel->data->window_end_ns = now_ns();
	for (int ms = 0; ms < END_WAIT_MS && !all_dead(tracer); ms++)
		nanosleep(&step, NULL);
}

void tracer__detach(struct tracer *tracer)
{
	while (tracer->nlinks)
		bpf_link__destroy(tracer->links[--tracer->nlinks]);
}

static void sum_histograms(const struct tracer *tracer, struct trace *trace)
{
	for (int cpu = 0; cpu < tracer->ncpus; cpu++)
		for (int which = 0; which < HISTOGRAMS; which++)
			for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
				trace->histogram[which][bucket] +=
					tracer->cpus[cpu].histogram[which][bucket];
}

int tracer__read(struct tracer *tracer, struct trace *trace)
{
	const struct switchtax *skel = tracer->skel;
	size_t used = skel->bss->threads_used;
	uint64_t missed, ran_ns;

	if (used > MAX_THREADS - 1)
		used = MAX_THREADS - 1;
	*trace = (struct trace){
		.start_ns = skel->data->window_start_ns,
		.end_ns = skel->data->window_end_ns,
		.opened = skel->data->window_start_ns != NEVER,
		.closed = skel->data->window_end_ns != NEVER,
		.lock = skel->bss->the_lock,
		.arrivals_unseen = skel->bss->arrivals_unseen,
		.nthreads = used,
	};
	trace->threads = malloc((used ? used : 1) * sizeof(*trace->threads));
	if (!trace->threads)
		return -ENOMEM;
	memcpy(trace->threads, &tracer->threads[1], used * sizeof(*trace->threads));
	memcpy(trace->losses, skel->bss->losses, sizeof(trace->losses));
	sum_histograms(tracer, trace);
	program_totals(tracer, &missed, &ran_ns);
	trace->missed_programs = missed - tracer->missed_before;
	trace->bpf_ns = ran_ns > tracer->ran_before_ns ? ran_ns - tracer->ran_before_ns
						       : UINT64_MAX;
	return 0;
}

int tracer__drain(struct tracer *tracer,
		  void (*on_handoff)(const struct handoff_event *event, void *arg), void *arg)
{
	int err;

	tracer->on_handoff = on_handoff;
	tracer->on_handoff_arg = arg;
	err = ring_buffer__consume(tracer->ring);
	return err < 0 ? err : 0;
}
