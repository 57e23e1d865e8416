// SPDX-License-Identifier: GPL-2.0-or-later
// shm, in-place and pointer: a ring of slots between two semaphores (Dijkstra's bounded buffer).
//
// All are the same ring with the same semaphores, which sleep in futex(2). shm lies in memory
// that two processes share, and messages are copied into its slots and out of them; in-place
// has them written and read there; pointer lies in the memory of one process, and its slots
// hold the messages' addresses.
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "means/means.h"

struct ring {
	size_t mapped_bytes;	/* 0: from malloc */
	size_t sent;		/* touched by the sender only */
	_Alignas(64) size_t received;
	_Alignas(64) sem_t filled;
	_Alignas(64) sem_t empty;
	_Alignas(64) uint64_t slots[];
};

static void init_ring(struct ring *ring, size_t mapped_bytes)
{
	ring->mapped_bytes = mapped_bytes;
	sem_init(&ring->filled, mapped_bytes > 0, 0);
	sem_init(&ring->empty, mapped_bytes > 0, MEANS_SLOTS);
}

static int shm_open_both(struct channel *channel)
{
	size_t bytes = sizeof(struct ring) + MEANS_SLOTS * channel->bytes;

	for (int way = 0; way < WAYS; way++) {
		void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (memory == MAP_FAILED)
			return -errno;
		channel->ring[way] = memory;
		init_ring(memory, bytes);
	}
	return 0;
}

static int pointer_open(struct channel *channel)
{
	size_t bytes = sizeof(struct ring) + MEANS_SLOTS * sizeof(uint64_t *);

	for (int way = 0; way < WAYS; way++) {
		channel->ring[way] = aligned_alloc(64, (bytes + 63) / 64 * 64);
		if (!channel->ring[way])
			return -ENOMEM;
		memset(channel->ring[way], 0, bytes);
		init_ring(channel->ring[way], 0);
	}
	return 0;
}

static void ring_close(struct channel *channel)
{
	for (int way = 0; way < WAYS; way++) {
		struct ring *ring = channel->ring[way];

		if (ring && ring->mapped_bytes)
			munmap(ring, ring->mapped_bytes);
		else
			free(ring);
	}
}

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) && errno == EINTR)
		;
}

static void *shm_slot(const struct channel *channel, struct ring *ring, size_t number)
{
	return (char *)ring->slots + number % MEANS_SLOTS * channel->bytes;
}

static int shm_send(struct channel *channel, enum way way, uint64_t *message)
{
	struct ring *ring = channel->ring[way];

	wait_for(&ring->empty);
	memcpy(shm_slot(channel, ring, ring->sent++), message, channel->bytes);
	sem_post(&ring->filled);
	return 0;
}

static int shm_receive(struct channel *channel, enum way way, uint64_t **message)
{
	struct ring *ring = channel->ring[way];

	wait_for(&ring->filled);
	memcpy(*message, shm_slot(channel, ring, ring->received++), channel->bytes);
	sem_post(&ring->empty);
	return 0;
}

static uint64_t *in_place_next(struct channel *channel, enum way way)
{
	struct ring *ring = channel->ring[way];

	wait_for(&ring->empty);
	return shm_slot(channel, ring, ring->sent++);
}

static int in_place_send(struct channel *channel, enum way way, uint64_t *message)
{
	(void)message;
	sem_post(&channel->ring[way]->filled);
	return 0;
}

static int in_place_receive(struct channel *channel, enum way way, uint64_t **message)
{
	struct ring *ring = channel->ring[way];

	wait_for(&ring->filled);
	*message = shm_slot(channel, ring, ring->received++);
	return 0;
}

static uint64_t **pointer_slot(struct ring *ring, size_t number)
{
	return (uint64_t **)ring->slots + number % MEANS_SLOTS;
}

static int pointer_send(struct channel *channel, enum way way, uint64_t *message)
{
	struct ring *ring = channel->ring[way];

	wait_for(&ring->empty);
	*pointer_slot(ring, ring->sent++) = message;
	sem_post(&ring->filled);
	return 0;
}

static int pointer_receive(struct channel *channel, enum way way, uint64_t **message)
{
	struct ring *ring = channel->ring[way];

	wait_for(&ring->filled);
	*message = *pointer_slot(ring, ring->received++);
	return 0;
}

/* Only now may the sender write into that memory again. */
static void slot_done(struct channel *channel, enum way way)
{
	sem_post(&channel->ring[way]->empty);
}

const struct means means_shm = {
	.name = "shm",
	.open = shm_open_both,
	.close = ring_close,
	.send = shm_send,
	.receive = shm_receive,
};

const struct means means_in_place = {
	.name = "in-place",
	.open = shm_open_both,
	.close = ring_close,
	.place = in_place_next,
	.send = in_place_send,
	.receive = in_place_receive,
	.done = slot_done,
};

const struct means means_pointer = {
	.name = "pointer",
	.threads = true,
	.open = pointer_open,
	.close = ring_close,
	.send = pointer_send,
	.receive = pointer_receive,
	.done = slot_done,
};
