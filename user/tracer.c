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
#include "uprobes.h"
#include "../workloads/announce.h"
#include "../workloads/clock.h"

#define NEVER UINT64_MAX
/* Kernel events, and, on a kernel without multi-uprobes, three per site of the lock. */
#define MAX_KERNEL_LINKS 5
#define MAX_LINKS (MAX_KERNEL_LINKS + 3 * LOCK_SITES_MAX)

/* What fits into the ring of news (bpf/target.bpf.h). */
#define MAX_NEWS (4096 / sizeof(struct news))

/* By then, those who waited for the lock when we came have been seen to have it. */
#define UNSEEN_WAITERS_NS 1000000000ULL

/* Threads end a moment after their process was reaped: how long to wait for that. */
#define END_WAIT_MS 500

struct tracer {
	struct switchtax *skel;
	struct thread_record *threads;	/* the kernel's own pages */
	struct cpu_record *cpus;
	int ncpus;
	struct bpf_link *links[MAX_LINKS];
	size_t nlinks;
	size_t nkernel;			/* of them, not the lock's */
	bool sessions;			/* the kernel has uprobe sessions */
	int session_fds[2];		/* links of the lock's sites, -1: none */
	struct ring_buffer *ring;
	struct ring_buffer *news;
	struct news pending[MAX_NEWS];	/* taken from the ring, not yet asked for */
	size_t npending;
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

/* libbpf 1.1 knows neither kind of program by its section's name. */
static void choose_programs(struct switchtax *skel, bool sessions)
{
	struct bpf_program *session = skel->progs.on_acquire_session;

	bpf_program__set_type(session, BPF_PROG_TYPE_KPROBE);
	bpf_program__set_expected_attach_type(session, (enum bpf_attach_type)UPROBES_SESSION);
	bpf_program__set_autoload(session, sessions);
	bpf_program__set_autoload(skel->progs.on_acquire, !sessions);
	bpf_program__set_autoload(skel->progs.on_acquired, !sessions);
	if (sessions)
		bpf_program__set_expected_attach_type(skel->progs.on_release,
						      (enum bpf_attach_type)UPROBES_ENTRY);
}

static int load_with(struct tracer *tracer, bool sessions)
{
	struct switchtax *skel = switchtax__open();
	int err;

	if (!skel)
		return -errno;
	choose_programs(skel, sessions);
	bpf_map__set_max_entries(skel->maps.pid_slots, pid_max() / 4 + 1);
	bpf_map__set_max_entries(skel->maps.cpu_records, (unsigned int)tracer->ncpus);
	err = switchtax__load(skel);
	if (err) {
		switchtax__destroy(skel);
		return err;
	}
	tracer->skel = skel;
	tracer->sessions = sessions;
	return 0;
}

/* Sessions came with Linux 6.13; without them each return of the lock's costs a trap more. */
static int load(struct tracer *tracer)
{
	int err = -EINVAL;

	tracer->ncpus = libbpf_num_possible_cpus();
	if (tracer->ncpus < 1)
		return -EINVAL;
	if (!getenv("SWITCHTAX_PLAIN_UPROBES"))
		err = load_with(tracer, true);
	return err == -EINVAL ? load_with(tracer, false) : err;
}

static int take_event(void *arg, void *data, size_t size)
{
	struct tracer *tracer = arg;

	if (size >= sizeof(struct handoff_event))
		tracer->on_handoff(data, tracer->on_handoff_arg);
	return 0;
}

static int take_news(void *arg, void *data, size_t size)
{
	struct tracer *tracer = arg;

	if (size >= sizeof(struct news) && tracer->npending < MAX_NEWS)
		tracer->pending[tracer->npending++] = *(const struct news *)data;
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
	if (!tracer->ring)
		return -errno;
	tracer->news = ring_buffer__new(bpf_map__fd(skel->maps.news_stream), take_news, tracer,
					NULL);
	return tracer->news ? 0 : -errno;
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
	tracer->session_fds[0] = tracer->session_fds[1] = -1;
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
	ring_buffer__free(tracer->news);
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

static void clear_slot(struct tracer *tracer, uint32_t pid)
{
	uint32_t key = pid >> 2;
	uint16_t quad[4] = { 0 };
	int fd = bpf_map__fd(tracer->skel->maps.pid_slots);

	bpf_map_lookup_elem(fd, &key, quad);
	quad[pid & 3] = 0;
	bpf_map_update_elem(fd, &key, quad, BPF_ANY);
}

/* Threads of the last run that outlived it must not be taken for this run's. */
static void forget_threads(struct tracer *tracer)
{
	uint32_t used = tracer->skel->bss->threads_used;

	for (uint32_t slot = 1; slot <= used && slot < MAX_THREADS; slot++)
		clear_slot(tracer, tracer->threads[slot].pid);
	if (used >= MAX_THREADS)
		used = MAX_THREADS - 1;
	memset(tracer->threads, 0, (used + 1) * sizeof(*tracer->threads));
	memset(tracer->cpus, 0, (size_t)tracer->ncpus * sizeof(*tracer->cpus));
}

static void forget_futexes(struct tracer *tracer)
{
	int fd = bpf_map__fd(tracer->skel->maps.futex_pairs);
	struct futex_pair key;

	while (bpf_map_get_next_key(fd, NULL, &key) == 0)
		bpf_map_delete_elem(fd, &key);
}

static void reset(struct tracer *tracer, const struct tracer_run *run)
{
	struct switchtax *skel = tracer->skel;

	forget_threads(tracer);
	forget_futexes(tracer);
	ring_buffer__consume(tracer->news);
	tracer->npending = 0;
	skel->data->window_start_ns = NEVER;
	skel->data->window_end_ns = NEVER;
	skel->bss->window_at_call = 0;
	skel->bss->root_tgid = 0;
	skel->bss->report_execs = run->any_program;
	skel->bss->watch_futexes = run->any_program;
	skel->bss->stream_handoffs = run->stream_handoffs;
	skel->bss->threads_used = 0;
	skel->bss->adopted = 0;
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

static int attach_kernel(struct tracer *tracer, bool any_program)
{
	struct bpf_program *programs[] = {
		tracer->skel->progs.on_switch,
		tracer->skel->progs.on_fork,
		tracer->skel->progs.on_exec,
		tracer->skel->progs.on_waking,
	};
	size_t count = sizeof(programs) / sizeof(programs[0]) - !any_program;

	for (size_t i = 0; i < count; i++) {
		int err = keep_link(tracer, bpf_program__attach(programs[i]));

		if (err)
			return err;
	}
	return 0;
}

/* Take all threads of the process into the books, by iterating over them. */
static int adopt(struct tracer *tracer, pid_t pid)
{
	union bpf_iter_link_info info = { .task = { .pid = (__u32)pid } };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(tracer->skel->progs.on_task, &opts);
	char nothing[16];
	int err, fd;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : 0;
	while (!err && read(fd, nothing, sizeof(nothing)) > 0)
		;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err ? err : tracer->skel->bss->adopted ? 0 : -ESRCH;
}

int tracer__attach(struct tracer *tracer, const struct tracer_run *run, char *why,
		   size_t why_size)
{
	int err;

	reset(tracer, run);
	program_totals(tracer, &tracer->missed_before, &tracer->ran_before_ns);
	err = attach_kernel(tracer, run->any_program);
	if (err) {
		explain(why, why_size, "cannot attach to the scheduler's tracepoints", err);
		goto fail;
	}
	err = adopt(tracer, run->pid);
	if (err) {
		explain(why, why_size, "cannot find the process's threads", err);
		goto fail;
	}
	err = run->announcer ? attach_announcer(tracer, run->pid, run->announcer) : 0;
	if (err) {
		explain(why, why_size, "cannot attach to the workload's probe sites", err);
		goto fail;
	}
	tracer->nkernel = tracer->nlinks;
	return 0;
fail:
	tracer__detach(tracer);
	return err;
}

static void detach_lock(struct tracer *tracer)
{
	for (int i = 0; i < 2; i++) {
		if (tracer->session_fds[i] >= 0)
			close(tracer->session_fds[i]);
		tracer->session_fds[i] = -1;
	}
	while (tracer->nlinks > tracer->nkernel)
		bpf_link__destroy(tracer->links[--tracer->nlinks]);
}

static int attach_sites(struct tracer *tracer, struct bpf_program *program, bool at_return,
			const char *path, const struct lock_site *sites, size_t count, pid_t pid)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = keep_link(tracer, bpf_program__attach_uprobe(program, at_return, pid, path,
								   sites[i].offset));
	return err;
}

/* The release first: an acquisition that is seen must not lack its release. */
static int attach_plain(struct tracer *tracer, const struct lock_sites *sites, pid_t pid)
{
	struct switchtax *skel = tracer->skel;
	int err = attach_sites(tracer, skel->progs.on_release, false, sites->path, sites->release,
			       sites->nrelease, pid);

	if (!err)
		err = attach_sites(tracer, skel->progs.on_acquired, true, sites->path,
				   sites->acquire, sites->nacquire, pid);
	if (!err)
		err = attach_sites(tracer, skel->progs.on_acquire, false, sites->path,
				   sites->acquire, sites->nacquire, pid);
	return err;
}

static int attach_session(struct bpf_program *program, enum uprobes_kind kind, const char *path,
			  const struct lock_site *sites, size_t count, pid_t pid)
{
	uint64_t offsets[LOCK_SITES_MAX];

	for (size_t i = 0; i < count; i++)
		offsets[i] = sites[i].offset;
	return uprobes__attach(bpf_program__fd(program), kind, path, offsets, count, pid);
}

static int attach_sessions(struct tracer *tracer, const struct lock_sites *sites, pid_t pid)
{
	struct switchtax *skel = tracer->skel;
	int fd = attach_session(skel->progs.on_release, UPROBES_ENTRY, sites->path,
				sites->release, sites->nrelease, pid);

	if (fd < 0)
		return fd;
	tracer->session_fds[0] = fd;
	fd = attach_session(skel->progs.on_acquire_session, UPROBES_SESSION, sites->path,
			    sites->acquire, sites->nacquire, pid);
	if (fd < 0)
		return fd;
	tracer->session_fds[1] = fd;
	return 0;
}

/* Is it known where the threads of a process stand at its lock? */
static void settle_threads(struct tracer *tracer, uint32_t tgid, bool settled)
{
	for (uint32_t slot = 1; slot <= tracer->skel->bss->threads_used && slot < MAX_THREADS; slot++)
		if (tracer->threads[slot].tgid == tgid)
			tracer->threads[slot].settled = settled;
}

int tracer__attach_lock(struct tracer *tracer, const struct lock_sites *sites,
			const struct tracer_lock *lock, char *why, size_t why_size)
{
	struct switchtax *skel = tracer->skel;
	uint32_t tgid = lock->tgid ? lock->tgid : skel->bss->root_tgid;
	int err;

	detach_lock(tracer);
	settle_threads(tracer, tgid, lock->fresh);
	skel->bss->call_key_gil = sites->key == LOCK_KEY_GIL;
	skel->bss->call_gil_offset = sites->gil_offset;
	skel->bss->the_lock.key = 0;
	skel->bss->the_lock.tgid = tgid;
	skel->bss->the_lock.asks = sites->python[0] != '\0';
	skel->bss->the_lock.nests = sites->nacquire > 1;
	skel->bss->the_lock.known = lock->fresh;
	skel->bss->the_lock.claims_from_ns = lock->fresh ? 0 : clock_now_ns() + UNSEEN_WAITERS_NS;
	skel->bss->the_lock.called = 1;
	err = tracer->sessions ? attach_sessions(tracer, sites, lock->pid)
			       : attach_plain(tracer, sites, lock->pid);
	if (err) {
		detach_lock(tracer);
		skel->bss->the_lock.called = 0;
		if (err == -ESRCH)
			snprintf(why, why_size, "the process has ended");
		else
			explain(why, why_size, "cannot attach to the lock's functions", err);
	}
	return err;
}

void tracer__open_window(struct tracer *tracer, bool at_call)
{
	__u64 never = NEVER;

	if (at_call)
		tracer->skel->bss->window_at_call = 1;
	else
		__atomic_compare_exchange_n(&tracer->skel->data->window_start_ns, &never, clock_now_ns(),
					    false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
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
	uint32_t used = tracer->skel->bss->threads_used;

	for (uint32_t slot = 1; slot <= used && slot < MAX_THREADS; slot++)
		if (*(volatile uint32_t *)&tracer->threads[slot].state != THREAD_DEAD)
			return false;
	return true;
}

void tracer__finish(struct tracer *tracer, bool ended)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	if (tracer->skel->data->window_start_ns != NEVER &&
	    tracer->skel->data->window_end_ns == NEVER)
		tracer->skel->data->window_end_ns = clock_now_ns();
	for (int ms = 0; ended && ms < END_WAIT_MS && !all_dead(tracer); ms++)
		nanosleep(&step, NULL);
}

void tracer__detach(struct tracer *tracer)
{
	detach_lock(tracer);
	tracer->nkernel = 0;
	while (tracer->nlinks)
		bpf_link__destroy(tracer->links[--tracer->nlinks]);
}

/* Threads may have taken another name since they were begun; of the dead, the last is known. */
static void read_name(struct thread_record *thread)
{
	char path[64], name[COMM_BYTES + 2];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/comm", thread->tid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(name, sizeof(name), file)) {
		name[strcspn(name, "\n")] = '\0';
		snprintf(thread->comm, sizeof(thread->comm), "%.15s", name);
	}
	fclose(file);
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
	int fd = bpf_map__fd(tracer->skel->maps.futex_pairs);
	struct futex_pair *previous = NULL;

	trace->futexes = calloc(MAX_FUTEX_PAIRS, sizeof(*trace->futexes));
	if (!trace->futexes)
		return -ENOMEM;
	while (trace->nfutexes < MAX_FUTEX_PAIRS) {
		struct trace_futex *futex = &trace->futexes[trace->nfutexes];

		if (bpf_map_get_next_key(fd, previous, &futex->pair))
			break;
		previous = &futex->pair;
		if (bpf_map_lookup_elem(fd, &futex->pair, &futex->sleeps) == 0)
			trace->nfutexes++;
	}
	return 0;
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
	if (!trace->threads || read_futexes(tracer, trace)) {
		trace__free(trace);
		return -ENOMEM;
	}
	memcpy(trace->threads, &tracer->threads[1], used * sizeof(*trace->threads));
	for (size_t i = 0; i < used; i++)
		if (trace->threads[i].state != THREAD_DEAD)
			read_name(&trace->threads[i]);
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
