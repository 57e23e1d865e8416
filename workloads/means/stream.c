// SPDX-License-Identifier: GPL-2.0-or-later
// pipe and unix: a stream of bytes through the kernel, by write(2) and read(2).
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "means/means.h"

static void stream_close(struct channel *channel)
{
	for (int way = 0; way < WAYS; way++) {
		if (channel->out[way] > 0)
			close(channel->out[way]);
		if (channel->in[way] > 0)
			close(channel->in[way]);
	}
}

static int pipe_open(struct channel *channel)
{
	for (int way = 0; way < WAYS; way++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC))
			return -errno;
		channel->in[way] = ends[0];
		channel->out[way] = ends[1];
	}
	return 0;
}

/* One pair carries both ways; each end is kept twice, so that closing is simple. */
static int unix_open(struct channel *channel)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	channel->out[THERE] = ends[0];
	channel->in[THERE] = ends[1];
	channel->out[BACK] = dup(ends[1]);
	channel->in[BACK] = dup(ends[0]);
	return channel->out[BACK] < 0 || channel->in[BACK] < 0 ? -errno : 0;
}

static int stream_send(struct channel *channel, enum way way, uint64_t *message)
{
	for (size_t done = 0; done < channel->bytes;) {
		ssize_t wrote = write(channel->out[way], (char *)message + done,
				      channel->bytes - done);

		if (wrote < 0 && errno != EINTR)
			return -errno;
		if (wrote > 0)
			done += (size_t)wrote;
	}
	return 0;
}

static int stream_receive(struct channel *channel, enum way way, uint64_t **message)
{
	for (size_t done = 0; done < channel->bytes;) {
		ssize_t got = read(channel->in[way], (char *)*message + done,
				   channel->bytes - done);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return -EPIPE;
		if (got > 0)
			done += (size_t)got;
	}
	return 0;
}

const struct means means_pipe = {
	.name = "pipe",
	.open = pipe_open,
	.close = stream_close,
	.send = stream_send,
	.receive = stream_receive,
};

const struct means means_unix = {
	.name = "unix",
	.open = unix_open,
	.close = stream_close,
	.send = stream_send,
	.receive = stream_receive,
};
