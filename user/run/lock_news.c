// SPDX-License-Identifier: GPL-2.0-or-later
// A fork copies a lock, an exec may bring one, and so may code that is mapped.
#include "run/lock_news.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/proctext.h"
#include "include/clock.h"
#include "lock/sites.h"

/* Between two looks at the code of processes, as many times as long as a look takes. */
#define LOOKS_PAUSE 50

/*
 * A copy of a process has copies of its locks, at the same places of the same file. What its one
 * thread had, it has.
 */
static void on_fork(struct lock_search *search, const struct news *news, const struct hold *hold)
{
	const struct tracer_lock lock = { .pid = (pid_t)news->pid, .tgid = news->tgid,
					  .whole = hold && hold->unmoved, .exec_ns = news->t_ns };
	const struct lock_sites *sites = finds__at(&search->finds, news->watched);
	int err = sites ? lock_search__watch(search, sites, &lock) : 0;

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
		lock_search__end_first(search);
		return false;
	}
	lock_search__look_at_first(search, lock);
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
	if (lock_search__find_and_watch(search, lock, hold) == -ENOENT && !has_program(lock->pid))
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
	int err = lock_search__find_and_watch(search, &lock, NULL);

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
	tracer__hear_of_code_in(search->tracer,
				pause < LOCK_SEARCH_AGAIN_NS ? pause : LOCK_SEARCH_AGAIN_NS);
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

int lock_news__listen(struct lock_search *search)
{
	return search->wish.none ? 0 : holder__start(&search->holder, search->tracer,
						     &search->first.follows);
}

int lock_news__fd(const struct lock_search *search)
{
	return search->holder ? holder__fd(search->holder) : tracer__news_fd(search->tracer);
}

void lock_news__deal(struct lock_search *search)
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
void lock_news__on_tick(struct lock_search *search)
{
	struct tracer_lock lock = { .pid = search->first.pid };

	if (!search->first.begun)
		return;
	lock_news__deal(search);
	if (hold__is_over(&search->first)) {
		lock_search__end_first(search);
	} else if (search->first.begun && search->first.stands) {
		lock_search__look_at_first(search, &lock);
		lock_search__let_go(search);
	}
}
