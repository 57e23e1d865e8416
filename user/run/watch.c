// SPDX-License-Identifier: GPL-2.0-or-later
// What is done while a run goes on: events, samples, news and the onlooker.
#include "run/drive.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "include/clock.h"
#include "run/accounts.h"
#include "run/lock_news.h"
#include "timeline/format.h"

/* How often the ring buffer of the timeline is emptied. */
#define DRAIN_MS 20

/* How often samples are fetched; see tracer__drain_samples(). */
#define SAMPLES_MS 200

/* How often a program of others is looked at for what it has mapped since. */
#define LOOK_MS 500

int run_session__fail_timeline(const struct run_session *session, int err)
{
	struct run *run = session->run;
	char name[sizeof(run->row.run_id) + sizeof(TIMELINE_SUFFIX)];

	snprintf(name, sizeof(name), "%s" TIMELINE_SUFFIX, run->row.run_id);
	results__explain(session->spec->timeline, name, err, run->error, sizeof(run->error));
	return err;
}

static void keep_handoff(const struct handoff_event *event, struct run_handoffs *handoffs)
{
	if (list__append(handoffs->events, handoffs->count, *event))
		handoffs->dropped++;
}

static void on_event(const void *event, size_t size, void *arg)
{
	struct run_session *session = arg;
	const struct handoff_event *taken = event;

	if (session->run->timeline)
		timeline_writer__event(session->run->timeline, event, size);
	if (session->spec->keep_handoffs && size >= sizeof(*taken) &&
	    taken->kind == STREAM_TAKE && taken->from_slot && taken->from_slot != taken->to_slot)
		keep_handoff(taken, &session->run->handoffs);
}

bool run_session__streams(const struct run_session *session)
{
	return session->tracer && (session->spec->keep_handoffs || session->spec->timeline);
}

void run_session__drain(struct run_session *session)
{
	if (run_session__streams(session))
		tracer__drain(session->tracer, on_event, session);
}

int run_session__open_timeline(struct run_session *session)
{
	struct run *run = session->run;
	int err;

	if (!session->tracer || !session->spec->timeline)
		return 0;
	err = timeline_writer__open(&run->timeline, session->spec->timeline->dirfd,
				    run->row.run_id, tracer__clock_ns(session->tracer));
	return err ? run_session__fail_timeline(session, err) : 0;
}

void run_session__drain_samples(struct run_session *session)
{
	if (run_session__samples(session))
		tracer__drain_samples(session->tracer, run_samples__keep, &session->run->samples);
}

static int on_ended(const struct trace_ended *ended, void *arg)
{
	struct run *run = arg;

	return ledger_ended__add(&run->ended, ended);
}

/* For want of memory, places fill up, and the run is not valid in the end. */
static void collect_ended(struct run_session *session)
{
	if (session->tracer)
		tracer__collect(session->tracer, on_ended, session->run);
}

static void on_news(void *arg)
{
	struct run_session *session = arg;
	struct news ignored;

	if (run_session__searches(session))
		lock_news__deal(&session->search);
	else	/* that threads have ended: it has done its part by waking us */
		while (tracer__next_news(session->tracer, &ignored))
			;
	collect_ended(session);
	/* A program of ours ends then, others go on. */
	if (!session->target.foreign && lock_search__is_in_vain(&session->search))
		session->enough = true;
}

static void let_look(struct run_session *session)
{
	const struct run_onlooker *onlooker = session->spec->onlooker;

	if (!onlooker || !session->tracer)
		return;
	run_accounts__note_lock(session);
	if (!onlooker->look(session->tracer, session->run, onlooker->arg))
		session->enough = true;
}

static void on_tick(void *arg)
{
	struct run_session *session = arg;

	run_session__drain(session);
	run_session__drain_samples(session);
	collect_ended(session);
	lock_news__on_tick(&session->search);
	quota_watch__look(&session->quota);
	if (run_session__searches(session) && session->search.has_modules)
		lock_search__look_at_modules(&session->search, session->target.pid);
	if (session->spec->on_tick)
		session->spec->on_tick(session->spec->tick_arg);
	let_look(session);
}

static int shorter(int ms, int than_ms)
{
	return ms && ms < than_ms ? ms : than_ms;
}

/* The shortest of the intervals that are wanted; 0: none is. */
static int tick_ms(const struct run_session *session)
{
	const struct run_spec *spec = session->spec;
	int ms = spec->tick_ms;

	if (run_session__streams(session))
		ms = shorter(ms, DRAIN_MS);
	if (run_session__samples(session))
		ms = shorter(ms, SAMPLES_MS);
	if (spec->onlooker)
		ms = shorter(ms, spec->onlooker->every_ms);
	return ms || !run_session__searches(session) ? ms : LOOK_MS;
}

/* The tracer's news, or what was heard of them; -1: there are none. */
static int news_fd(const struct run_session *session)
{
	if (!session->tracer)
		return -1;
	return run_session__searches(session) ? lock_news__fd(&session->search)
					      : tracer__news_fd(session->tracer);
}

/* It has not ended by itself: a last look at what it hangs on. */
static void before_end(void *arg)
{
	struct run_session *session = arg;

	if (run_session__searches(session))
		owners__look(&session->owners, session->tracer);
}

struct target_watch run_session__watch(struct run_session *session)
{
	const struct run_onlooker *onlooker = session->spec->onlooker;

	return (struct target_watch){
		.timeout_ms = session->spec->timeout_ms,
		.tick_ms = tick_ms(session),
		.on_tick = on_tick,
		.watch_fd = session->tracer != NULL,
		.fd = news_fd(session),
		.on_readable = on_news,
		.watch_keys = onlooker != NULL,
		.keys_fd = onlooker ? onlooker->keys_fd : -1,
		.enough = &session->enough,
		.before_end = before_end,
		.arg = session,
	};
}
