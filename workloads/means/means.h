/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways of handing a message from one task to another: five between processes, and one between
 * threads to hold them against.
 *
 * A message goes from memory of the sender's own to where the receiver may look. Between
 * processes it is copied twice on the way (into the kernel or into shared memory, and out of
 * it); between threads only its address changes hands. A program that builds its messages in
 * shared memory in the first place (in-place) needs no copy either. Every means holds a bounded
 * number of messages: who sends more waits.
 */
#ifndef SWITCHTAX_MEANS_H
#define SWITCHTAX_MEANS_H

#include <mqueue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages that the means with slots (all but pipe and unix) hold: mq may by default. */
#define MEANS_SLOTS 8

enum way { THERE, BACK, WAYS };

struct ring;

/* Made before the two parties exist, and used by both. */
struct channel {
	size_t bytes;			/* of every message */
	int out[WAYS], in[WAYS];	/* pipe, unix */
	mqd_t queue[WAYS];		/* mq */
	struct ring *ring[WAYS];	/* shm, in-place, pointer */
	char problem[200];		/* why the machine refuses, and what to do; or "" */
};

struct means {
	const char *name;
	bool threads;		/* the parties are threads of one process */

	/* 0 or -errno; with channel->problem set it is the machine that refuses. */
	int (*open)(struct channel *channel);
	void (*close)(struct channel *channel);
	/* Where to write the next message. NULL: in memory of the sender's own. */
	uint64_t *(*place)(struct channel *channel, enum way way);
	int (*send)(struct channel *channel, enum way way, uint64_t *message);
	/* *message is the receiver's own buffer, or is made to point to the message. */
	int (*receive)(struct channel *channel, enum way way, uint64_t **message);
	/* The receiver has read it. NULL: nobody waits for that. */
	void (*done)(struct channel *channel, enum way way);
};

extern const struct means means_pipe, means_unix, means_mq, means_shm, means_in_place,
	means_pointer;

/* The means of that name, or NULL. */
const struct means *means_find(const char *name);

#endif
