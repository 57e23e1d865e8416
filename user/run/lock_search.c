// SPDX-License-Identifier: GPL-2.0-or-later
// From a process to its lock's sites, and from there to the tracer; and the first program, which stands
// still for that.
#include "run/lock_search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "include/clock.h"
#include "lock/interpreters.h"
#include "lock/sites.h"
#include "lock/untouched.h"

void lock_search__init(struct lock_search *search, struct tracer *tracer,
		       const struct lock_wish *wish)
{
	*search = (struct lock_search){ .tracer = tracer, .wish = *wish };
}

void lock_search__free(struct lock_search *search)
{
	lock_search__stop(search);
	if (search->has_modules)
		modules__free(&search->modules);
	search->has_modules = false;
	finds__free(&search->finds);
	misses__free(&search->misses);
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
	for (size_t i = 0; i < sites->nreturns; i++)
		stepped |= sites->returns[i].stepped;
	if (stepped)
		log__warn("%s: a lock function begins%s with an instruction that the kernel must "
			  "single-step, so each call costs some ten times the usual probe",
			  sites->module, sites->nreturns ? " or ends" : "");
#else
	(void)sites;
#endif
}

/* What may end the program is said before. */
static void warn_of_unwinding(const struct lock_sites *sites)
{
	if (sites->breaks_unwinding)
		log__warn("%s: where %s returns cannot be seen in its code, so its return address "
			  "is probed: an exception that passes through it, or a cancellation of "
			  "its thread, will end the program by SIGABRT", sites->module,
			  sites->acquire[0].function);
}

int lock_search__watch(struct lock_search *search, const struct lock_sites *sites,
		 const struct tracer_lock *lock)
{
	uint32_t place;
	int err;

	if (!finds__know(&search->finds, sites)) {
		warn_of_stepping(sites);
		warn_of_unwinding(sites);
	}
	search->breaks_unwinding |= sites->breaks_unwinding;
	err = tracer__attach_lock(search->tracer, sites, lock, &place, search->why,
				  sizeof(search->why));
	if (!err && place)
		err = finds__add(&search->finds, place, lock->pid, sites);
	return err;
}

int lock_search__find_and_watch(struct lock_search *search, struct tracer_lock *lock,
			  const struct hold *hold)
{
	struct lock_sites sites;
	int err = find(search, lock->pid, &sites);

	if (!err) {
		lock->fresh = hold && (hold->unmoved || lock_untouched(lock->pid, &sites));
		lock->whole = lock->fresh;
		err = lock_search__watch(search, &sites, lock);
	}
	search->err = err;
	if (err) {
		misses__failed(&search->misses, err, search->why);
		return err;
	}
	search->sites = sites;
	search->found = true;
	log__debug("lock: %s and %s of %s%s", sites.acquire[0].function, sites.release[0].function,
		   sites.module, lock->fresh ? "" : ", under way");
	return 0;
}

/* A program that lacks the functions may be on its way to another, as env(1) is. */
bool lock_search__is_in_vain(const struct lock_search *search)
{
	return search->wish.acquire && !search->found && search->err &&
	       search->err != -ENOENT && search->err != -ESRCH;
}

void lock_search__before_exec(struct lock_search *search, pid_t pid)
{
	int err;

	if (search->wish.none)
		return;
	search->held_since_ns = clock_now_ns();
	tracer__hold_begins(search->tracer, 0);
	err = hold__at_exec(&search->first, pid);
	if (!err)
		return;
	log__debug("the program cannot be held at its start: %s", strerror(-err));
	tracer__hold_ends(search->tracer, 0);
	tracer__report_execs(search->tracer);
}

void lock_search__look_at_first(struct lock_search *search, struct tracer_lock *lock)
{
	bool still = hold__await(&search->first);

	if (still || search->first.err == -ETIMEDOUT)
		lock_search__find_and_watch(search, lock, still ? &search->first : NULL);
}

void lock_search__after_exec(struct lock_search *search, pid_t pid)
{
	struct tracer_lock lock = { .pid = pid };

	if (!search->first.begun)
		return;
	lock_search__look_at_first(search, &lock);
	tracer__report_execs(search->tracer);
}

void lock_search__end_first(struct lock_search *search)
{
	hold__end(&search->first);
	tracer__hold_ends(search->tracer, 0);
	search->held_ns += clock_now_ns() - search->held_since_ns;
}

/*
 * A program that lacks the user's functions may be on its way to another, as nice(1) is, and that
 * one may call them at once. An interpreter takes its time to start, so there we need not follow:
 * a program is not to find a tracer.
 */
void lock_search__let_go(struct lock_search *search)
{
	if (!search->first.begun)
		return;
	if (search->wish.acquire && !search->found && !search->first.err)
		hold__follow(&search->first);
	else
		lock_search__end_first(search);
}

void lock_search__stop(struct lock_search *search)
{
	if (search->first.begun)
		lock_search__end_first(search);
	holder__stop(search->holder);
	search->holder = NULL;
}

int lock_search__in_running(struct lock_search *search, pid_t pid)
{
	struct tracer_lock lock = { .pid = pid };
	int err = lock_search__find_and_watch(search, &lock, NULL);

	if (!search->wish.none)
		tracer__report_execs(search->tracer);
	lock_search__look_at_modules(search, pid);
	if (!search->wish.acquire && (err == -ENOENT || err == -ENODATA || err == -ENOTSUP))
		return 0;
	return err;
}

void lock_search__look_at_modules(struct lock_search *search, pid_t pid)
{
	struct modules modules;

	if (search->has_modules && clock_now_ns() < search->looked_ns + LOCK_SEARCH_AGAIN_NS)
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
