// SPDX-License-Identifier: GPL-2.0-or-later
// Between the tracer's news and the lock's sites.
#include "run/lock_search.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proctext.h"
#include "include/clock.h"
#include "lock/interpreters.h"
#include "lock/sites.h"

/* A stop takes effect when the program is about to return to its own code. */
#define STOP_WAIT_MS 1000

/* Libraries may come later, by dlopen(): look again, but not all the time. */
#define LOOK_AGAIN_NS 500000000ULL

void lock_search__init(struct lock_search *search, struct tracer *tracer,
		       const struct lock_wish *wish)
{
	*search = (struct lock_search){ .tracer = tracer, .wish = *wish };
}

void lock_search__free(struct lock_search *search)
{
	if (search->has_modules)
		modules__free(&search->modules);
	search->has_modules = false;
	finds__free(&search->finds);
}

static void wait_until_stopped(pid_t pid)
{
	const struct timespec step = { .tv_nsec = 100000 };
	uint64_t give_up = clock_now_ns() + STOP_WAIT_MS * 1000000ULL;
	char state = proctext__state(pid);

	while (state && state != 'T' && state != 'Z' && clock_now_ns() < give_up) {
		nanosleep(&step, NULL);
		state = proctext__state(pid);
	}
}

static int find(struct lock_search *search, pid_t pid, struct lock_sites *sites)
{
	search->why[0] = '\0';
	if (search->wish.none)
		return -ENOENT;
	if (search->wish.acquire)
		return lock_sites__find_named(pid, search->wish.acquire, search->wish.release,
					      sites, search->why, sizeof(search->why));
	return lock_sites__find_interpreter(pid, sites, search->why, sizeof(search->why));
}

/*
 * The probes cost more than they should: say so before, the report says how much. Not on
 * arm64: nearly every function begins with what must be stepped there, and a step costs
 * about as much as the probe's trap.
 */
static void warn_of_stepping(const struct lock_sites *sites)
{
#if defined(__x86_64__)
	bool stepped = false;

	for (size_t i = 0; i < sites->nacquire; i++)
		stepped |= sites->acquire[i].stepped;
	for (size_t i = 0; i < sites->nrelease; i++)
		stepped |= sites->release[i].stepped;
	if (stepped)
		log__warn("%s: a lock function begins with an instruction that the kernel must "
			  "single-step, so each call costs some ten times the usual probe",
			  sites->module);
#else
	(void)sites;
#endif
}

/* Returns 0 or -errno. */
static int watch(struct lock_search *search, const struct lock_sites *sites,
		 const struct tracer_lock *lock)
{
	uint32_t place;
	int err;

	warn_of_stepping(sites);
	err = tracer__attach_lock(search->tracer, sites, lock, &place, search->why,
				  sizeof(search->why));
	if (!err && place)
		err = finds__add(&search->finds, place, sites);
	return err;
}

static int find_and_watch(struct lock_search *search, const struct tracer_lock *lock)
{
	struct lock_sites sites;
	int err = find(search, lock->pid, &sites);

	if (!err)
		err = watch(search, &sites, lock);
	search->err = err;
	if (err)
		return err;
	search->sites = sites;
	search->found = true;
	log__debug("lock: %s and %s of %s", sites.acquire[0].function, sites.release[0].function,
		   sites.module);
	return 0;
}

/* A program that lacks the functions may be on its way to another, as env(1) is. */
static bool is_in_vain(const struct lock_search *search)
{
	return search->wish.acquire && search->err && search->err != -ENOENT;
}

static void on_exec(struct lock_search *search, const struct news *news)
{
	const struct tracer_lock lock = { .pid = (pid_t)news->pid, .tgid = news->tgid,
					  .fresh = true, .exec_ns = news->t_ns };

	wait_until_stopped(lock.pid);
	if (find_and_watch(search, &lock) == 0)
		search->found = true;
	tracer__open_window(search->tracer, false);
	search->stopped_ns += clock_now_ns() - news->t_ns;
	kill(lock.pid, is_in_vain(search) ? SIGKILL : SIGCONT);
}

/*
 * Hold a process that is not our child, by ptrace: its parent is told nothing, and if we
 * are killed it goes on. Returns the signal to let it go on with, or -1 if it does not stand
 * still, because it has ended or somebody else traces it.
 */
static int hold(pid_t pid)
{
	const struct timespec step = { .tv_nsec = 100000 };
	uint64_t give_up = clock_now_ns() + STOP_WAIT_MS * 1000000ULL;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		return -1;
	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	while (clock_now_ns() < give_up) {
		pid_t got = waitpid(pid, &status, __WALL | WNOHANG);

		if (got == pid && WIFSTOPPED(status))
			return status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
		if (got == pid || got < 0)
			break;
		nanosleep(&step, NULL);
	}
	return -1;
}

/* A child may have come to its lock before we have: what it holds is not known. */
static void on_exec_child(struct lock_search *search, const struct news *news)
{
	const struct tracer_lock lock = { .pid = (pid_t)news->pid, .tgid = news->tgid,
					  .exec_ns = news->t_ns };
	uint64_t began = clock_now_ns();
	int signal;

	if (search->wish.none)
		return;
	signal = hold(lock.pid);
	/* If its lock cannot be found, the lock watched before stays. */
	if (find_and_watch(search, &lock) == 0)
		search->found = true;
	if (signal < 0)
		return;
	ptrace(PTRACE_DETACH, lock.pid, NULL, (void *)(intptr_t)signal);
	search->stopped_ns += clock_now_ns() - began;
}

void lock_search__on_news(struct lock_search *search)
{
	struct news news;

	while (tracer__next_news(search->tracer, &news)) {
		switch (news.kind) {
		case NEWS_EXEC: on_exec(search, &news); break;
		case NEWS_EXEC_CHILD: on_exec_child(search, &news); break;
		case NEWS_FUTEX: lock_search__look_at_modules(search, (pid_t)news.pid); break;
		default: break;
		}
	}
}

int lock_search__in_running(struct lock_search *search, pid_t pid)
{
	const struct tracer_lock lock = { .pid = pid };
	int err = find_and_watch(search, &lock);

	lock_search__look_at_modules(search, pid);
	if (!search->wish.acquire && (err == -ENOENT || err == -ENODATA || err == -ENOTSUP))
		return 0;
	return err;
}

void lock_search__look_at_modules(struct lock_search *search, pid_t pid)
{
	struct modules modules;

	if (search->has_modules && clock_now_ns() < search->looked_ns + LOOK_AGAIN_NS)
		return;
	if (modules__read(pid, &modules))
		return;
	if (search->has_modules)
		modules__free(&search->modules);
	search->modules = modules;
	search->has_modules = true;
	search->looked_ns = clock_now_ns();
}

void lock_search__name(const struct lock_search *search, const struct lock_sites *sites,
		       char *name, size_t size)
{
	if (search->wish.acquire)
		snprintf(name, size, "%s:%s", search->wish.acquire, search->wish.release);
	else
		snprintf(name, size, "%s-%s", sites->interpreter->name, sites->version);
}
