// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's types, known or from a file: which build of the programs is opened; and, of a file,
// whether it describes the running kernel. With another kernel's, the programs would load, and
// read whatever lies there.
//
// So before the first run they are asked for our own thread, of which we know better: what /proc,
// getrusage(2) and the clocks say of it, read before and after, has them between.
#include "tracer/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/proctext.h"
#include "tracer/own_code.h"
#include "switchtax_no_btf.skel.h"
#include "tracer/witness.h"

#define NS_PER_S 1000000000ULL

/* A task's stack is of some pages (THREAD_SIZE). */
#define STACK_BYTES_MAX (1 << 20)

/* ---- the programs ---- */

/* As switchtax__open_opts() does it, but with the other build's code under the same names. */
static struct switchtax *open_without_btf(const char *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = types);
	struct switchtax *skel = calloc(1, sizeof(*skel));
	int err;

	if (!skel)
		return NULL;
	err = switchtax__create_skeleton(skel);
	if (!err) {
		skel->skeleton->data =
			(void *)(uintptr_t)switchtax_no_btf__elf_bytes(&skel->skeleton->data_sz);
		err = bpf_object__open_skeleton(skel->skeleton, &opts);
	}
	if (!err)
		return skel;
	switchtax__destroy(skel);
	errno = -err;
	return NULL;
}

struct switchtax *tracer_types__open(const struct tracer_features *features)
{
	return features->types ? open_without_btf(features->types) : switchtax__open();
}

/* ---- does it agree? ---- */

struct comparison {
	const struct self_view *view;
	const struct witness *before;
	const struct witness *after;
	char *why;
	size_t why_size;
	bool differs;
};

/* Of the first difference. */
__attribute__((format(printf, 2, 3)))
static void tell(struct comparison *comparison, const char *format, ...)
{
	size_t length = strlen(comparison->why);
	va_list args;

	if (comparison->differs)
		return;
	comparison->differs = true;
	va_start(args, format);
	vsnprintf(comparison->why + length, comparison->why_size - length, format, args);
	va_end(args);
}

static void expect(struct comparison *comparison, const char *field, uint64_t seen, uint64_t low,
		   uint64_t high)
{
	char is[64];

	if (seen >= low && seen <= high)
		return;
	if (low == high)
		snprintf(is, sizeof(is), "%" PRIu64, low);
	else
		snprintf(is, sizeof(is), "from %" PRIu64 " to %" PRIu64, low, high);
	tell(comparison, "%s of this thread would be %" PRIu64 ", and is %s", field, seen, is);
}

static void expect_text(struct comparison *comparison, const char *field, const char *seen,
			const char *is)
{
	if (strncmp(seen, is, COMM_BYTES - 1))
		tell(comparison, "%s of this thread would not be '%.15s'", field, is);
}

static void compare_identity(struct comparison *comparison)
{
	const struct self_view *view = comparison->view;
	const uint64_t pid = (uint32_t)view->pid_tgid, tgid = view->pid_tgid >> 32;
	const uint64_t space = view->registers - view->stack;
	char comm[COMM_BYTES] = "", exe[4096] = "";

	expect(comparison, "pid", view->pid, pid, pid);
	expect(comparison, "tgid", view->tgid, tgid, tgid);
	expect(comparison, "its leader's pid", view->leader, (uint64_t)getpid(), (uint64_t)getpid());
	prctl(PR_GET_NAME, comm);
	expect_text(comparison, "comm", view->comm, comm);
	if (readlink(OWN_CODE_FILE, exe, sizeof(exe) - 1) > 0 && strrchr(exe, '/') &&
	    !strstr(exe, " (deleted)"))
		expect_text(comparison, "the name of the file", view->file, strrchr(exe, '/') + 1);
	expect(comparison, "the distance from stack to the registers", space, 1, STACK_BYTES_MAX);
}

static void compare_state(struct comparison *comparison)
{
	const struct self_view *view = comparison->view;
	const struct witness *before = comparison->before, *after = comparison->after;

	expect(comparison, "__state", view->state, 0, 0);
	expect(comparison, "on_cpu", view->on_cpu, 1, 1);
	if (before->flags == after->flags)
		expect(comparison, "flags", view->flags, before->flags, after->flags);
	if (before->prio == after->prio)
		expect(comparison, "prio", view->prio, before->prio, after->prio);
	if (before->cpu == after->cpu && before->involuntary == after->involuntary)
		expect(comparison, "wake_cpu", view->cpu, before->cpu, after->cpu);
	expect(comparison, "nvcsw", view->voluntary, before->voluntary, after->voluntary);
	expect(comparison, "nivcsw", view->involuntary, before->involuntary, after->involuntary);
}

/* The clocks of run queues are their own; but on each of them a thread is as old. */
static void compare_times(struct comparison *comparison, bool queue_times)
{
	const struct self_view *view = comparison->view;
	const struct witness *before = comparison->before, *after = comparison->after;
	uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t born = before->born_ticks * tick_ns, age = view->now_ns - view->start_ns;

	expect(comparison, "the age by start_time", age, before->boot_ns - born - tick_ns,
	       after->boot_ns - born);
	if (after->ran_ns)
		expect(comparison, "se.sum_exec_runtime", view->ran_ns, before->ran_ns,
		       after->ran_ns);
	if (!queue_times)
		return;
	if (after->ran_ns)
		expect(comparison, "sched_info.run_delay", view->run_delay_ns, before->run_delay_ns,
		       after->run_delay_ns);
	expect(comparison, "the time since sched_info.last_arrival",
	       view->queue_clock_ns - view->last_arrival_ns, 0, age + tick_ns);
	expect(comparison, "the time from last_arrival to se.exec_start",
	       view->queue_clock_ns - view->exec_start_ns, 0, view->queue_clock_ns);
}

static void does_not_describe(const struct tracer *tracer, char *why, size_t why_size)
{
	struct utsname system = { 0 };

	uname(&system);
	snprintf(why, why_size, "--btf: '%s' does not describe the running kernel, Linux %.64s: by it, ",
		 tracer->features.types, system.release);
}

static int compare(const struct tracer *tracer, const struct witness *before,
		   const struct witness *after, char *why, size_t why_size)
{
	struct comparison comparison = { .view = &tracer->skel->bss->self, .before = before,
					 .after = after, .why = why, .why_size = why_size };

	does_not_describe(tracer, why, why_size);
	compare_identity(&comparison);
	compare_state(&comparison);
	compare_times(&comparison, tracer->features.have[FEATURE_QUEUE_TIMES]);
	return comparison.differs ? -EINVAL : 0;
}

/* ---- and the way to the threads of a process? Tried with our own, and one that sleeps. ---- */

struct sleeper {
	pthread_t thread;
	int pipe[2];
	_Atomic pid_t tid;
};

static void *sleep_on_pipe(void *arg)
{
	struct sleeper *sleeper = arg;
	char nothing;

	sleeper->tid = gettid();
	while (read(sleeper->pipe[0], &nothing, 1) < 0 && errno == EINTR)
		;
	return NULL;
}

/* Returns false if it does not within ten seconds. */
static bool falls_asleep(const struct sleeper *sleeper)
{
	for (int ms = 0; ms < 10000; ms++) {
		if (sleeper->tid && proctext__state(sleeper->tid) == 'S')
			return true;
		usleep(1000);
	}
	return false;
}

/* Both threads of ours, one on a CPU and one asleep, and none else. */
static bool finds_both(const struct tracer *tracer, pid_t sleeper)
{
	const struct thread_record *threads = tracer->threads;
	uint32_t used = tracer_places__used(tracer);
	unsigned int running = 0, asleep = 0;

	for (uint32_t slot = 1; slot <= used; slot++) {
		running += (pid_t)threads[slot].tid == gettid() && threads[slot].state == THREAD_CPU;
		asleep += (pid_t)threads[slot].tid == sleeper &&
			  threads[slot].state == THREAD_BLOCKED;
	}
	return used == 2 && running == 1 && asleep == 1;
}

static int compare_threads(struct tracer *tracer, char *why, size_t why_size)
{
	struct sleeper sleeper = { .tid = 0 };
	bool ready, found;

	if (pipe2(sleeper.pipe, O_CLOEXEC))
		return tracer__refused(why, why_size, "no pipe", -errno);
	if (pthread_create(&sleeper.thread, NULL, sleep_on_pipe, &sleeper)) {
		close(sleeper.pipe[0]);
		close(sleeper.pipe[1]);
		return tracer__refused(why, why_size, "no thread", -EAGAIN);
	}
	ready = falls_asleep(&sleeper);
	found = ready && !tracer_adopt__all(tracer, getpid()) && finds_both(tracer, sleeper.tid);
	close(sleeper.pipe[1]);
	pthread_join(sleeper.thread, NULL);
	close(sleeper.pipe[0]);
	if (found)
		return 0;
	if (!ready) {
		snprintf(why, why_size, "--btf: cannot be checked: a thread of ours did not come to "
			 "its sleep in ten seconds");
		return -EIO;
	}
	does_not_describe(tracer, why, why_size);
	snprintf(why + strlen(why), why_size - strlen(why), "this process would have other threads, "
		 "or they would do something else");
	return -EINVAL;
}

/* ---- the question ---- */

/* The place of the probe. */
__attribute__((noinline, used)) static void look_at_us(void)
{
	__asm__ volatile("nop");
}

int tracer_types__check(struct tracer *tracer, char *why, size_t why_size)
{
	struct witness before, after;
	struct bpf_link *link;
	bool ok;
	int err;

	if (!tracer->features.types)
		return 0;
	err = tracer__attach_own(tracer->skel->progs.on_self, look_at_us, &link);
	if (err)
		return tracer__refused(why, why_size, "cannot attach a probe to ourselves", err);
	ok = witness__read(&before);
	look_at_us();
	ok = witness__read(&after) && ok;
	bpf_link__destroy(link);
	if (!ok || !tracer->skel->bss->self.seen) {
		snprintf(why, why_size, "--btf: cannot be checked: %s",
			 ok ? "the probe at ourselves was not seen" : "mount /proc");
		return -EIO;
	}
	err = compare(tracer, &before, &after, why, why_size);
	return err ? err : compare_threads(tracer, why, why_size);
}
