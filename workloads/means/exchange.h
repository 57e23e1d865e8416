/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two parties exchange messages by some means: first one message at a time there and back,
 * then a stream one way. Every message is written anew, read whole, and checked.
 */
#ifndef SWITCHTAX_EXCHANGE_H
#define SWITCHTAX_EXCHANGE_H

#include <stdint.h>

#include "crowd/family.h"
#include "means/means.h"

struct exchange_result {
	double latency_ns;	/* one way: half of the median round trip of the best batch */
	double bytes_per_s;	/* of the stream */
	uint64_t sent;		/* messages, both phases and both ways */
	uint64_t received;	/* of these; whole, in order, and with the right contents */
};

/*
 * messages there and back, and then as many one way, of channel->bytes each (a whole multiple
 * of 8). Latency is from a message's leaving until the other party has read all of it; a round
 * trip holds two. Returns 0, -EBADMSG (contents or order wrong) or another -errno.
 */
int exchange_run(const struct means *means, struct channel *channel, uint64_t messages,
		 struct exchange_result *result);

#endif
