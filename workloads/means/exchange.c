// SPDX-License-Identifier: GPL-2.0-or-later
// Ping-pong and stream between two parties, which are processes or threads.
#include "means/exchange.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/clock.h"

/* One more than the means hold: the message being written is in nobody's hands yet. */
#define BUFFERS (MEANS_SLOTS + 1)

/* Round trips that latency is the median of. */
#define BATCH 100

/* What one party has to say; its own cache line. */
struct tally {
	_Alignas(64) uint64_t sent;
	uint64_t received;
	uint64_t sent_sum;	/* of all words of all messages */
	uint64_t received_sum;
	uint64_t stream_ns;	/* when its part of the stream began (sender) or ended */
};

struct meeting {
	struct tally tallies[WAYS];	/* by the way in which the party sends */
	uint64_t round_trip_ns[];
};

struct exchange {
	const struct means *means;
	struct channel *channel;
	uint64_t messages;
	struct meeting *meeting;
};

struct party {
	const struct exchange *exchange;
	struct tally *tally;
	uint64_t *buffers;	/* BUFFERS to write in, and one to receive in */
	enum way sends, receives;
	uint64_t written;
	int error;
	pthread_t thread;
};

static size_t words_of(const struct party *party)
{
	return party->exchange->channel->bytes / sizeof(uint64_t);
}

/* The next message: its number, then words that depend on it. */
static uint64_t *write_message(struct party *party)
{
	const struct exchange *exchange = party->exchange;
	size_t words = words_of(party);
	uint64_t number = party->written++;
	uint64_t *message = exchange->means->place ?
			    exchange->means->place(exchange->channel, party->sends) :
			    party->buffers + number % BUFFERS * words;
	uint64_t sum = number, word = number * 0x9e3779b97f4a7c15;

	message[0] = number;
	for (size_t i = 1; i < words; i++) {
		message[i] = word + i;
		sum += word + i;
	}
	party->tally->sent_sum += sum;
	return message;
}

static int send_message(struct party *party, uint64_t *message)
{
	const struct exchange *exchange = party->exchange;
	int err = exchange->means->send(exchange->channel, party->sends, message);

	if (!err)
		party->tally->sent++;
	return err;
}

/* Receive the next one and read all of it. */
static int read_message(struct party *party)
{
	const struct exchange *exchange = party->exchange;
	size_t words = words_of(party);
	uint64_t *message = party->buffers + BUFFERS * words, sum = 0;
	int err = exchange->means->receive(exchange->channel, party->receives, &message);

	if (err)
		return err;
	for (size_t i = 0; i < words; i++)
		sum += message[i];
	if (message[0] != party->tally->received)
		return -EBADMSG;
	if (exchange->means->done)
		exchange->means->done(exchange->channel, party->receives);
	party->tally->received++;
	party->tally->received_sum += sum;
	return 0;
}

static int ping_and_stream(struct party *party)
{
	const struct exchange *exchange = party->exchange;
	int err = 0;

	for (uint64_t i = 0; i < exchange->messages && !err; i++) {
		uint64_t *message = write_message(party), left_ns = clock_now_ns();

		err = send_message(party, message);
		err = err ? err : read_message(party);
		exchange->meeting->round_trip_ns[i] = clock_now_ns() - left_ns;
	}
	party->tally->stream_ns = clock_now_ns();
	for (uint64_t i = 0; i < exchange->messages && !err; i++)
		err = send_message(party, write_message(party));
	return err;
}

/* The answer is written before the question arrives: writing is no part of the latency. */
static int pong_and_sink(struct party *party)
{
	const struct exchange *exchange = party->exchange;
	int err = 0;

	for (uint64_t i = 0; i < exchange->messages && !err; i++) {
		uint64_t *message = write_message(party);

		err = read_message(party);
		err = err ? err : send_message(party, message);
	}
	for (uint64_t i = 0; i < exchange->messages && !err; i++)
		err = read_message(party);
	party->tally->stream_ns = clock_now_ns();
	return err;
}

/* The memory is touched before anything is timed. */
static int take_part(struct party *party, const struct exchange *exchange, enum way sends)
{
	size_t words = exchange->channel->bytes / sizeof(uint64_t);

	*party = (struct party){ .exchange = exchange, .sends = sends,
				 .receives = sends == THERE ? BACK : THERE,
				 .tally = &exchange->meeting->tallies[sends] };
	party->buffers = calloc((BUFFERS + 1) * words, sizeof(uint64_t));
	if (!party->buffers)
		return -ENOMEM;
	for (size_t i = 0; i < (BUFFERS + 1) * words; i++)
		((volatile uint64_t *)party->buffers)[i] = 0;
	return 0;
}

static void run_party(struct party *party)
{
	party->error = party->sends == THERE ? ping_and_stream(party) : pong_and_sink(party);
}

static int process_main(void *arg, uint32_t index)
{
	struct party party;
	int err = take_part(&party, arg, index == 0 ? THERE : BACK);

	if (err)
		return err;
	run_party(&party);
	return party.error;	/* and its memory ends with the process */
}

static int run_processes(struct exchange *exchange)
{
	struct family family = { 0 };
	int err = 0;

	for (int way = 0; way < WAYS && !err; way++)
		err = family_start(&family, process_main, exchange);
	if (err)
		family_kill(&family);
	return err ? err : family_wait(&family, 0);
}

/* The other party would wait for ever; processes have their family to see to that. */
static void *thread_main(void *arg)
{
	struct party *party = arg;

	run_party(party);
	if (party->error) {
		fprintf(stderr, "ipc: handing over: %s\n", strerror(-party->error));
		_exit(1);
	}
	return NULL;
}

/*
 * The buffers outlive both threads: the other one may still be reading. If only the first can
 * be started it waits for ever, and ends with the process.
 */
static int run_threads(struct exchange *exchange)
{
	static struct party parties[WAYS];
	int err = 0;

	for (int way = 0; way < WAYS && !err; way++)
		err = take_part(&parties[way], exchange, way);
	for (int way = 0; way < WAYS && !err; way++)
		err = -pthread_create(&parties[way].thread, NULL, thread_main, &parties[way]);
	if (err)
		return err;
	for (int way = 0; way < WAYS; way++)
		pthread_join(parties[way].thread, NULL);
	for (int way = 0; way < WAYS; way++)
		free(parties[way].buffers);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/*
 * The median round trip of the least disturbed batch: whoever else wants the CPU only adds, and
 * may do so for longer than half of a run.
 */
static uint64_t best_median(uint64_t *times, uint64_t count)
{
	uint64_t batch = count < BATCH ? count : BATCH, best = UINT64_MAX;

	for (uint64_t i = 0; i + batch <= count; i += batch) {
		qsort(times + i, batch, sizeof(*times), by_size);
		if (times[i + batch / 2] < best)
			best = times[i + batch / 2];
	}
	return best;
}

static int settle(const struct exchange *exchange, struct exchange_result *result)
{
	const struct tally *there = &exchange->meeting->tallies[THERE];
	const struct tally *back = &exchange->meeting->tallies[BACK];
	double stream_ns = (double)(back->stream_ns - there->stream_ns);

	result->latency_ns =
		(double)best_median(exchange->meeting->round_trip_ns, exchange->messages) / 2;
	result->bytes_per_s = (double)exchange->messages * (double)exchange->channel->bytes /
			      stream_ns * (double)NSEC_PER_SEC;
	result->sent = there->sent + back->sent;
	result->received = there->received + back->received;
	if (there->sent_sum != back->received_sum || back->sent_sum != there->received_sum)
		return -EBADMSG;
	return 0;
}

int exchange_run(const struct means *means, struct channel *channel, uint64_t messages,
		 struct exchange_result *result)
{
	size_t bytes = sizeof(struct meeting) + messages * sizeof(uint64_t);
	struct exchange exchange = { means, channel, messages, family_memory(bytes) };
	int err;

	if (!exchange.meeting)
		return -errno;
	err = means->threads ? run_threads(&exchange) : run_processes(&exchange);
	err = err ? err : settle(&exchange, result);
	family_forget(exchange.meeting, bytes);
	return err;
}
