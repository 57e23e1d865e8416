// SPDX-License-Identifier: GPL-2.0-or-later
// A thread that waits for news, and a queue from it to the one that answers them.
#include "run/holder.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "base/urgent.h"
#include "include/clock.h"

/* One that has run for so long may have been at its lock, and gains nothing by standing still. */
#define YOUNG_NS 2000000000ULL

/* Items that are ready, each with its thread: as many as may come at once on a busy day. */
#define SPARES 16

struct holder {
	struct tracer *tracer;
	const bool *follows;
	pthread_t thread;
	struct urgency usual;		/* how threads of ours are scheduled */
	pthread_mutex_t mutex;		/* of the queue, and the spares */
	struct holder_item *spares;
	int nspares;
	struct holder_item *first;
	struct holder_item **last;
	int ready_fd;
	int stop_fd;
};

static bool concerns_process(const struct news *news)
{
	return news->kind == NEWS_EXEC || news->kind == NEWS_EXEC_CHILD ||
	       news->kind == NEWS_FILE || news->kind == NEWS_FORK;
}

static void try_to_hold(struct holder *holder, struct holder_item *item)
{
	const struct news *news = &item->news;
	bool others = news->kind == NEWS_EXEC && __atomic_load_n(holder->follows, __ATOMIC_SEQ_CST);
	int err;

	item->began_ns = clock_now_ns();
	if (!concerns_process(news) || others ||
	    tracer__clock_ns(holder->tracer) >= news->t_ns + YOUNG_NS)
		return;
	item->tried = true;
	tracer__hold_begins(holder->tracer, news->tgid);
	err = hold__soon(&item->hold, (pid_t)news->pid);
	if (err)
		log__debug("process %d runs on: %s", (int)news->pid, strerror(-err));
}

static void append(struct holder *holder, struct holder_item *item)
{
	uint64_t one = 1;

	pthread_mutex_lock(&holder->mutex);
	*holder->last = item;
	holder->last = &item->next;
	pthread_mutex_unlock(&holder->mutex);
	if (write(holder->ready_fd, &one, sizeof(one)) < 0)
		log__debug("the news cannot be passed on: %s", strerror(errno));
}

/* NULL: no memory. */
static struct holder_item *make_item(const struct holder *holder)
{
	struct holder_item *item = calloc(1, sizeof(*item));

	if (!item || hold__prepare(&item->hold, &holder->usual)) {
		free(item);
		return NULL;
	}
	return item;
}

static struct holder_item *take_spare(struct holder *holder)
{
	struct holder_item *item;

	pthread_mutex_lock(&holder->mutex);
	item = holder->spares;
	if (item) {
		holder->spares = item->next;
		holder->nspares--;
		item->next = NULL;
	}
	pthread_mutex_unlock(&holder->mutex);
	return item ? item : make_item(holder);
}

static void hear(struct holder *holder)
{
	struct news news;

	while (tracer__next_news(holder->tracer, &news)) {
		struct holder_item *item = take_spare(holder);

		if (!item)
			continue;
		item->news = news;
		try_to_hold(holder, item);
		append(holder, item);
	}
}

/* There may be enough, or no memory: then one is made when it is needed. */
static void add_spare(struct holder *holder)
{
	struct holder_item *item = make_item(holder);

	if (!item)
		return;
	pthread_mutex_lock(&holder->mutex);
	item->next = holder->spares;
	holder->spares = item;
	holder->nspares++;
	pthread_mutex_unlock(&holder->mutex);
}

/* Whoever has the mutex comes before others as long as the thread waits for it. */
static void init_mutex(struct holder *holder)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&holder->mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static void *listen(void *arg)
{
	struct holder *holder = arg;
	struct pollfd fds[] = { { .fd = tracer__news_fd(holder->tracer), .events = POLLIN },
				{ .fd = holder->stop_fd, .events = POLLIN } };

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) > 0 && fds[0].revents)
			hear(holder);
	}
	return NULL;
}

static int start_thread(struct holder *holder)
{
	int err;

	urgent__begin(&holder->usual);
	err = thread__start(&holder->thread, listen, holder);
	urgent__end(&holder->usual);
	return err;
}

static void free_holder(struct holder *holder)
{
	if (holder->ready_fd >= 0)
		close(holder->ready_fd);
	if (holder->stop_fd >= 0)
		close(holder->stop_fd);
	pthread_mutex_destroy(&holder->mutex);
	free(holder);
}

int holder__start(struct holder **out, struct tracer *tracer, const bool *follows)
{
	struct holder *holder = calloc(1, sizeof(*holder));
	int err = 0;

	*out = NULL;
	if (!holder)
		return -ENOMEM;
	holder->tracer = tracer;
	holder->follows = follows;
	holder->last = &holder->first;
	init_mutex(holder);
	holder->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	holder->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (holder->ready_fd < 0 || holder->stop_fd < 0)
		err = -errno;
	err = err ? err : start_thread(holder);
	if (err) {
		free_holder(holder);
		return err;
	}
	for (int i = 0; i < SPARES; i++)
		add_spare(holder);
	*out = holder;
	return 0;
}

int holder__fd(const struct holder *holder)
{
	return holder->ready_fd;
}

struct holder_item *holder__next(struct holder *holder)
{
	struct holder_item *item;
	uint64_t count;

	/* Before the queue: what joins it after that makes it readable again. */
	if (read(holder->ready_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log__debug("the news cannot be read: %s", strerror(errno));
	pthread_mutex_lock(&holder->mutex);
	item = holder->first;
	if (item)
		holder->first = item->next;
	if (!holder->first)
		holder->last = &holder->first;
	pthread_mutex_unlock(&holder->mutex);
	return item;
}

bool holder__stands(struct holder_item *item)
{
	bool stands = hold__await(&item->hold);

	if (item->hold.begun && !stands)
		log__debug("process %d runs on: %s", (int)item->news.pid,
			   strerror(-item->hold.err));
	return stands;
}

static uint64_t let_go(struct holder *holder, struct holder_item *item)
{
	uint64_t ns = 0;

	hold__end(&item->hold);
	if (item->tried) {
		tracer__hold_ends(holder->tracer, item->news.tgid);
		ns = clock_now_ns() - item->began_ns;
	}
	free(item);
	return ns;
}

uint64_t holder__done(struct holder *holder, struct holder_item *item)
{
	uint64_t ns = let_go(holder, item);

	if (__atomic_load_n(&holder->nspares, __ATOMIC_RELAXED) < SPARES)
		add_spare(holder);
	return ns;
}

void holder__stop(struct holder *holder)
{
	struct holder_item *item;
	uint64_t one = 1;

	if (!holder)
		return;
	if (write(holder->stop_fd, &one, sizeof(one)) < 0)
		log__debug("the thread cannot be told to end: %s", strerror(errno));
	pthread_join(holder->thread, NULL);
	while ((item = holder__next(holder)))
		let_go(holder, item);
	while (holder->spares) {
		item = take_spare(holder);
		let_go(holder, item);
	}
	free_holder(holder);
}
