// SPDX-License-Identifier: GPL-2.0-or-later
// mq: POSIX message queues (mq_overview(7)), whole messages through the kernel.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "means/means.h"

#define LIMITS "/proc/sys/fs/mqueue/"

/* A limit of the kernel's; 0: it has no message queues, or keeps the limit to itself. */
static size_t limit(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t value = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%zu", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

/* Root could exceed the limits; what they say is kept to all the same. */
static int check_limits(struct channel *channel)
{
	size_t bytes = limit(LIMITS "msgsize_max");

	if (!bytes) {
		snprintf(channel->problem, sizeof(channel->problem), "%s",
			 "no POSIX message queues here (" LIMITS "msgsize_max cannot be read); "
			 "a kernel with CONFIG_POSIX_MQUEUE has them");
		return -ENOSYS;
	}
	if (channel->bytes > bytes) {
		snprintf(channel->problem, sizeof(channel->problem),
			 "a message of %zu bytes is more than the %zu of " LIMITS "msgsize_max; "
			 "raise that, or take fewer --bytes", channel->bytes, bytes);
		return -EMSGSIZE;
	}
	return 0;
}

/* The queue has a name for a moment only, and no signal to be caught falls into it. */
static mqd_t open_nameless(const char *name, struct mq_attr *attributes)
{
	sigset_t all, before;
	mqd_t queue;
	int err;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, attributes);
	err = errno;
	if (queue != (mqd_t)-1)
		mq_unlink(name);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return queue;
}

static int mq_open_both(struct channel *channel)
{
	size_t slots = limit(LIMITS "msg_max");
	struct mq_attr attributes = { .mq_msgsize = (long)channel->bytes };
	int err = check_limits(channel);

	attributes.mq_maxmsg = (long)(slots && slots < MEANS_SLOTS ? slots : MEANS_SLOTS);
	channel->queue[THERE] = channel->queue[BACK] = (mqd_t)-1;
	for (int way = 0; way < WAYS && !err; way++) {
		char name[64];

		snprintf(name, sizeof(name), "/switchtax-ipc-%d-%d", (int)getpid(), way);
		channel->queue[way] = open_nameless(name, &attributes);
		if (channel->queue[way] != (mqd_t)-1)
			continue;
		err = -errno;
		snprintf(channel->problem, sizeof(channel->problem),
			 "mq_open: %s; see the limits in " LIMITS " and `ulimit -q`, or take fewer "
			 "--bytes", strerror(errno));
	}
	return err;
}

static void mq_close_both(struct channel *channel)
{
	for (int way = 0; way < WAYS; way++)
		if (channel->queue[way] != (mqd_t)-1)
			mq_close(channel->queue[way]);
}

static int mq_send_one(struct channel *channel, enum way way, uint64_t *message)
{
	while (mq_send(channel->queue[way], (const char *)message, channel->bytes, 0))
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int mq_receive_one(struct channel *channel, enum way way, uint64_t **message)
{
	ssize_t got;

	do
		got = mq_receive(channel->queue[way], (char *)*message, channel->bytes, NULL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return (size_t)got == channel->bytes ? 0 : -EBADMSG;
}

const struct means means_mq = {
	.name = "mq",
	.open = mq_open_both,
	.close = mq_close_both,
	.send = mq_send_one,
	.receive = mq_receive_one,
};
