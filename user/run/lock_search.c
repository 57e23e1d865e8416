// SPDX-License-Identifier: GPL-2.0-or-later
// Between the tracer's news and the lock's sites.
#include "run/lock_search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proctext.h"
#include "include/clock.h"
#include "lock/interpreters.h"
#include "lock/sites.h"
#include "lock/untouched.h"

/* Libraries may come later, by dlopen(): look again, but not all the time. */
#define LOOK_AGAIN_NS 500000000ULL

/* Between two looks at the code of processes, as many times as long as a look takes. */
#define LOOKS_PAUSE 50

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

/* Returns 0 or -errno. */
static int watch(struct lock_search *search, const struct lock_sites *sites,
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

/* hold: it stands still, and may not have been at its lock yet; or NULL. */
static int find_and_watch(struct lock_search *search, struct tracer_lock *lock,
			  const struct hold *hold)
{
	struct lock_sites sites;
	int err = find(search, lock->pid, &sites);

	if (!err) {
		lock->fresh = hold && (hold->unmoved || lock_untouched(lock->pid, &sites));
		lock->whole = lock->fresh;
		err = watch(search, &sites, lock);
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

/* Not if its exec has come to nothing, and it is dead. */
static void look_at_first(struct lock_search *search, struct tracer_lock *lock)
{
	bool still = hold__await(&search->first);

	if (still || search->first.err == -ETIMEDOUT)
		find_and_watch(search, lock, still ? &search->first : NULL);
}

void lock_search__after_exec(struct lock_search *search, pid_t pid)
{
	struct tracer_lock lock = { .pid = pid };

	if (!search->first.begun)
		return;
	look_at_first(search, &lock);
	tracer__report_execs(search->tracer);
}

static void end_first(struct lock_search *search)
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
		end_first(search);
}

void lock_search__stop(struct lock_search *search)
{
	if (search->first.begun)
		end_first(search);
	holder__stop(search->holder);
	search->holder = NULL;
}

/*
 * A copy of a process has copies of its locks, at the same places of the same file. What its one
 * thread had, it has.
 */
static void on_fork(struct lock_search *search, const struct news *news, const struct hold *hold)
{
	const struct tracer_lock lock = { .pid = (pid_t)news->pid, .tgid = news->tgid,
					  .whole = hold && hold->unmoved, .exec_ns = news->t_ns };
	const struct lock_sites *sites = finds__at(&search->finds, news->watched);
	int err = sites ? watch(search, sites, &lock) : 0;

	misses__failed(&search->misses, err, search->why);
	if (err == -ESRCH)
		misses__ended(&search->misses, 0, FILE_HAS_LOCK);
	if (sites && !err && !lock.whole)
		misses__late(&search->misses);
}

/* A program that we follow stands still already, or is about to. */
static bool look_at_followed(struct lock_search *search, struct tracer_lock *lock)
{
	if (!hold__await(&search->first)) {
		end_first(search);
		return false;
	}
	look_at_first(search, lock);
	if (!lock_search__is_in_vain(search))
		lock_search__let_go(search);
	return true;
}

/* The process may be lacking what another has: that says nothing of the file. */
static enum file_verdict verdict_of(int err)
{
	switch (err) {
	case 0: return FILE_HAS_LOCK;
	case -ENODATA:
	case -ENOTSUP:
	case -EBADMSG:
	case -E2BIG: return FILE_PLAIN;
	default: return FILE_UNKNOWN;
	}
}

/* Who has executed something has a program until it ends. */
static bool has_program(pid_t pid)
{
	char path[64], name[1];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)proctext__living(pid));
	return readlink(path, name, sizeof(name)) >= 0;
}

/* The same after an exec: that it has no lock, as little as a program any more, is no find. */
static int find_in_new(struct lock_search *search, struct tracer_lock *lock,
		       const struct hold *hold)
{
	if (find_and_watch(search, lock, hold) == -ENOENT && !has_program(lock->pid))
		search->err = -ESRCH;
	return search->err;
}

static void on_exec(struct lock_search *search, const struct news *news,
		    const struct hold *hold)
{
	struct tracer_lock lock = { .pid = (pid_t)news->pid, .tgid = news->tgid,
				    .exec_ns = news->t_ns };
	bool follows = news->kind == NEWS_EXEC && search->first.begun;
	enum file_verdict verdict = news->file ? tracer__file(search->tracer, news->file)
					       : FILE_UNKNOWN;
	int err;

	if (verdict == FILE_PLAIN)
		return;
	if (follows && look_at_followed(search, &lock))
		return;
	err = find_in_new(search, &lock, hold);
	if (err == -ESRCH)
		misses__ended(&search->misses, news->file, verdict);
	else
		tracer__judge_file(search->tracer, news->file, verdict_of(err));
	if (err)
		return;
	misses__has_lock(&search->misses, news->file);
	if (!lock.whole)
		misses__late(&search->misses);
}

/* Why nothing was found, to be put back: of many processes, that one has no lock is no news. */
struct failure {
	int err;
	char why[LOCK_SITES_WHY_SIZE];
};

static struct failure failure_of(const struct lock_search *search)
{
	struct failure failure = { .err = search->err };

	memcpy(failure.why, search->why, sizeof(failure.why));
	return failure;
}

static void put_back(struct lock_search *search, const struct failure *failure)
{
	search->err = failure->err;
	memcpy(search->why, failure->why, sizeof(search->why));
}

/* A process that runs on meanwhile, as one that we attach to. */
static int find_later(struct lock_search *search, const struct news *news)
{
	struct tracer_lock lock = { .pid = (pid_t)news->pid, .tgid = news->tgid, .later = true };
	const struct failure before = failure_of(search);
	int err = find_and_watch(search, &lock, NULL);

	if (err == -ENOENT || err == -ESRCH)
		put_back(search, &before);
	return err;
}

/*
 * Functions of the user's may be any library's that the program needs: it is new, so that these are
 * known by that only. One that lacks them now lacks them when it is executed again.
 */
static void look_for_named(struct lock_search *search, const struct news *news,
			   const struct hold *hold)
{
	const struct failure before = failure_of(search);

	on_exec(search, news, hold);
	if (!search->err)
		return;
	if (search->err == -ENOENT)
		tracer__judge_file(search->tracer, news->file, FILE_PLAIN);
	put_back(search, &before);
}

/* A program whose name says nothing is looked into once a file. */
static void on_file(struct lock_search *search, const struct news *news,
		    const struct hold *hold)
{
	if (search->wish.none || tracer__file(search->tracer, news->file) == FILE_PLAIN)
		return;
	if (search->wish.acquire) {
		look_for_named(search, news, hold);
		return;
	}
	switch (lock_sites__in_program((pid_t)news->pid, &search->wish)) {
	case 0: tracer__judge_file(search->tracer, news->file, FILE_PLAIN); break;
	case 1: on_exec(search, news, hold); break;
	default: misses__ended(&search->misses, news->file, FILE_UNKNOWN); break;
	}
}

/*
 * Functions of the user's in a library that many map, as the C library's, are those of the first
 * that has it. A program that makes its code while it runs is not looked at all the time.
 */
static void on_code(struct lock_search *search, const struct news *news)
{
	uint64_t began = clock_now_ns(), pause = 0;

	if (!tracer__watches(search->tracer, news->tgid) &&
	    !(search->wish.acquire && search->found) && find_later(search, news))
		pause = (clock_now_ns() - began) * LOOKS_PAUSE;
	tracer__hear_of_code_in(search->tracer, pause < LOOK_AGAIN_NS ? pause : LOOK_AGAIN_NS);
}

/* hold: it stands still while this is dealt with; or NULL. */
static void deal_with(struct lock_search *search, const struct news *news,
		      const struct hold *hold)
{
	switch (news->kind) {
	case NEWS_EXEC:
	case NEWS_EXEC_CHILD: on_exec(search, news, hold); break;
	case NEWS_FORK: on_fork(search, news, hold); break;
	case NEWS_FILE: on_file(search, news, hold); break;
	case NEWS_CODE: on_code(search, news); break;
	case NEWS_FUTEX: lock_search__look_at_modules(search, (pid_t)news->pid); break;
	default: break;
	}
}

int lock_search__listen(struct lock_search *search)
{
	return search->wish.none ? 0 : holder__start(&search->holder, search->tracer,
						     &search->first.follows);
}

int lock_search__fd(const struct lock_search *search)
{
	return search->holder ? holder__fd(search->holder) : tracer__news_fd(search->tracer);
}

void lock_search__on_news(struct lock_search *search)
{
	struct holder_item *item;
	struct news news;

	while (search->holder && (item = holder__next(search->holder))) {
		deal_with(search, &item->news, holder__stands(item) ? &item->hold : NULL);
		search->held_ns += holder__done(search->holder, item);
	}
	while (!search->holder && tracer__next_news(search->tracer, &news))
		deal_with(search, &news, NULL);
}

/* An exec is told of before it is held, or the news found no room. */
void lock_search__on_tick(struct lock_search *search)
{
	struct tracer_lock lock = { .pid = search->first.pid };

	if (!search->first.begun)
		return;
	lock_search__on_news(search);
	if (hold__is_over(&search->first)) {
		end_first(search);
	} else if (search->first.begun && search->first.stands) {
		look_at_first(search, &lock);
		lock_search__let_go(search);
	}
}

int lock_search__in_running(struct lock_search *search, pid_t pid)
{
	struct tracer_lock lock = { .pid = pid };
	int err = find_and_watch(search, &lock, NULL);

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
