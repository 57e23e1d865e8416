// SPDX-License-Identifier: GPL-2.0-or-later
// From a run under way to the screen: look, settle, show; and the keys.
#include "live/watch.h"

#include <stdio.h>
#include <string.h>

#include "live/screen.h"
#include "base/proctext.h"
#include "include/clock.h"

/* How often is looked whether it is time: the signal of a new size of the screen wakes us, too. */
#define EVERY_MS 50

static const struct ledger_bounds unknown = { 0, UINT64_MAX, UINT64_MAX };

/* For the second line: which lock, and where; or why there is none. */
static void describe_lock(const struct run *run, bool seen, char *text, size_t size)
{
	const struct lock_sites *sites = &run->lock.sites;

	if (!run->lock.found)
		snprintf(text, size, "%.500s", run->lock.why[0] ? run->lock.why
			 : "none is known, threads only (--lock-symbols names one)");
	else
		snprintf(text, size, "%s%s in %.200s: %s, %s", run->row.lock,
			 seen ? "" : " (neither taken nor let go of so far)", sites->module,
			 sites->acquire[0].function, sites->release[0].function);
}

/* Threads may have taken another name since they were first seen: those on show are asked. */
static void refresh_names(struct live_stretch *stretch, size_t offset, size_t page)
{
	for (size_t i = offset; i < stretch->nthreads && i < offset + page; i++) {
		struct live_thread *thread = &stretch->threads[i];

		proctext__comm((pid_t)thread->tid, thread->comm, sizeof(thread->comm));
	}
}

/* A look that fails, for want of memory, leaves the last one on show. */
static void take(struct live_watch *watch, struct tracer *tracer, const struct run *run)
{
	struct ledger ledger;
	struct trace trace;
	int err;

	if (tracer__peek(tracer, &trace))
		return;
	trace.ended = &run->ended;
	err = ledger__settle(&trace, &unknown, &ledger);
	trace__free(&trace);
	if (err)
		return;
	describe_lock(run, ledger.has_lock, watch->view.lock, sizeof(watch->view.lock));
	live__look(&watch->live, &ledger);
}

static void show(struct live_watch *watch)
{
	struct live_stretch *threads = live_view__threads(&watch->view, &watch->live);
	size_t page = live_screen__page(&watch->view, &watch->live);

	/* There may be fewer threads than before, or more room. */
	live_view__key(&watch->view, LIVE_KEY_NONE, page, threads->nthreads);
	live__sort(threads, watch->view.sort);
	refresh_names(threads, watch->view.offset, page);
	live_screen__draw(&watch->view, &watch->live);
}

/* Returns true if there was any. */
static bool take_keys(struct live_watch *watch)
{
	enum live_key key;
	bool any = false;

	while ((key = live_screen__key()) != LIVE_KEY_NONE) {
		size_t nthreads = live_view__threads(&watch->view, &watch->live)->nthreads;

		live_view__key(&watch->view, key, live_screen__page(&watch->view, &watch->live),
			       nthreads);
		any = true;
	}
	watch->live.paused = watch->view.paused;
	return any;
}

static bool look(struct tracer *tracer, const struct run *run, void *arg)
{
	struct live_watch *watch = arg;
	bool any = take_keys(watch);
	uint64_t now = clock_now_ns();

	if (watch->view.quit)
		return false;
	if (!watch->looked_ns || now - watch->looked_ns >= watch->refresh_ns) {
		watch->looked_ns = now;
		take(watch, tracer, run);
		any = true;
	}
	if (any)
		show(watch);
	return true;
}

int live_watch__begin(struct live_watch *watch, const char *program, double refresh_s, char *why,
		      size_t why_size)
{
	int err;

	*watch = (struct live_watch){
		.view = { .refresh_s = refresh_s, .sort = LIVE_BY_CPU },
		.refresh_ns = (uint64_t)(refresh_s * 1e9),
	};
	snprintf(watch->view.program, sizeof(watch->view.program), "%s", program);
	err = live_screen__open(why, why_size);
	watch->onlooker = (struct run_onlooker){ .every_ms = EVERY_MS, .look = look, .arg = watch,
						 .keys_fd = live_screen__keys_fd() };
	return err;
}

void live_watch__end(struct live_watch *watch)
{
	live_screen__close();
	live__free(&watch->live);
}

bool live_watch__quit(const struct live_watch *watch)
{
	return watch->view.quit;
}
