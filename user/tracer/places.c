// SPDX-License-Identifier: GPL-2.0-or-later
// Places for threads: how many there are, and how those of threads that have ended are used again.
//
// A program of ours that runs on another CPU may have found a thread just before it ended. So its
// place is not given back before every program that ran then is through: they run as readers of
// RCU, and membarrier(2) waits for those. That takes a few milliseconds, so many are given back at
// once. By then nothing names the place, but for two: a lock, whose (last) holder it may be; and
// the pid of a process that outlives its first thread. Those places are kept back.
#include "tracer/parts.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/list.h"
#include "machine/machine.h"

/* All maps that grow with it take this share of what memory there is. */
#define MEMORY_SHARE	64
#define PLACES_LEAST	4096

/* So many of all places wait to be given back together. */
#define DEAD_SHARE	32

/* Where the kernel does not tell when all programs are through: how long none takes. */
#define GRACE_NS	50000000

unsigned int tracer_places__count(void)
{
	uint64_t room = machine__available_bytes() / MEMORY_SHARE / sizeof(struct thread_record);

	if (!room || room > MAX_THREADS)
		return room ? MAX_THREADS : PLACES_LEAST;
	return room < PLACES_LEAST ? PLACES_LEAST : (unsigned int)room;
}

uint32_t tracer_places__used(const struct tracer *tracer)
{
	uint32_t used = tracer->skel->bss->threads_used;

	return used < tracer->places ? used : tracer->places - 1;
}

static uint64_t most_dead(const struct tracer *tracer)
{
	return tracer->places / DEAD_SHARE;
}

void tracer_places__clear(struct tracer *tracer, bool keep_all)
{
	struct switchtax *skel = tracer->skel;
	int free_fd = bpf_map__fd(skel->maps.free_places);
	uint32_t used = tracer_places__used(tracer), slot;

	for (slot = 1; slot <= used; slot++)
		__atomic_store_n(&tracer->pid_slots[tracer->threads[slot].pid], 0,
				 __ATOMIC_RELAXED);
	memset(tracer->threads, 0, (used + 1) * sizeof(*tracer->threads));
	while (bpf_map_lookup_and_delete_elem(free_fd, NULL, &slot) == 0)
		;
	tracer->keep_all = keep_all;
	skel->bss->threads_used = 0;
	skel->bss->threads_begun = 0;
	skel->bss->deaths = 0;
	skel->bss->deaths_awaited = keep_all ? 0 : most_dead(tracer);
}

static bool is_dead(const struct thread_record *thread)
{
	return *(const volatile uint32_t *)&thread->state == THREAD_DEAD && thread->number;
}

static void wait_for_programs(void)
{
	const struct timespec grace = { .tv_nsec = GRACE_NS };

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2 ||	/* the kernel would not wait at all */
	    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&grace, NULL);
}

/* As its (last) holder. */
static bool a_lock_names(const struct tracer *tracer, uint32_t slot)
{
	uint32_t used = tracer->skel->data->locks_used;

	for (uint32_t i = 1; i <= used && i < MAX_LOCKS; i++) {
		const volatile struct lock_record *lock = &tracer->locks[i];

		if (HOLDER_SLOT(lock->holder) == slot || lock->last == slot)
			return true;
	}
	return false;
}

/* Another thread of its process may still execute, and then has this one's pid. */
static bool process_goes_on(const struct thread_record *thread)
{
	return thread->pid == thread->tgid && thread->tid && kill((pid_t)thread->tid, 0) == 0;
}

/* The pid leads to nobody, unless it has another thread already. */
static bool forget_pid(struct tracer *tracer, const struct thread_record *thread)
{
	uint16_t *entry = &tracer->pid_slots[thread->pid], slot = (uint16_t)thread->slot;

	if (__atomic_load_n(entry, __ATOMIC_SEQ_CST) == slot && process_goes_on(thread))
		return false;
	__atomic_compare_exchange_n(entry, &slot, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return true;
}

static void give_back(struct tracer *tracer, uint32_t slot)
{
	struct thread_record *thread = &tracer->threads[slot];

	memset(thread, 0, sizeof(*thread));
	thread->state = THREAD_DEAD;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	bpf_map_update_elem(bpf_map__fd(tracer->skel->maps.free_places), NULL, &slot, BPF_ANY);
}

/* What it slept on leaves the map with it. Returns 0 or -ENOMEM. */
static int take_futexes(struct tracer *tracer, const struct thread_record *thread,
			struct trace_futex **futexes, size_t *count)
{
	int fd = bpf_map__fd(tracer->skel->maps.futex_waits);
	uint64_t address = thread->futex_last;

	while (address) {
		struct trace_futex futex = { .key = { .address = address,
						      .waiter = thread->slot } };
		struct trace_futex *list = list__grow(*futexes, *count, sizeof(**futexes));

		if (!list)
			return -ENOMEM;
		*futexes = list;
		if (bpf_map_lookup_and_delete_elem(fd, &futex.key, &futex.sleeps))
			break;
		list[(*count)++] = futex;
		address = futex.sleeps.previous;
	}
	return 0;
}

static int collect(struct tracer *tracer, uint32_t slot,
		   int (*on_ended)(const struct trace_ended *ended, void *arg), void *arg)
{
	struct trace_ended ended = {
		.thread = &tracer->threads[slot],
		.start_ns = tracer->skel->data->window_start_ns,
		.end_ns = tracer->skel->data->window_end_ns,
	};
	struct trace_futex *futexes = NULL;
	int err;

	if (a_lock_names(tracer, slot) || !forget_pid(tracer, ended.thread))
		return 0;
	err = take_futexes(tracer, ended.thread, &futexes, &ended.nfutexes);
	ended.futexes = futexes;
	err = err ? err : on_ended(&ended, arg);
	free(futexes);
	if (!err)
		give_back(tracer, slot);
	return err;
}

/* Those that are dead when this begins. Returns 0 or -ENOMEM. */
static int collect_all(struct tracer *tracer,
		       int (*on_ended)(const struct trace_ended *ended, void *arg), void *arg)
{
	uint32_t used = tracer_places__used(tracer), count = 0;
	uint32_t *slots = malloc((used + 1) * sizeof(*slots));
	int err = 0;

	if (!slots)
		return -ENOMEM;
	for (uint32_t slot = 1; slot <= used; slot++)
		if (is_dead(&tracer->threads[slot]))
			slots[count++] = slot;
	wait_for_programs();
	for (uint32_t i = 0; i < count && !err; i++)
		err = collect(tracer, slots[i], on_ended, arg);
	free(slots);
	return err;
}

static uint64_t deaths_so_far(const struct tracer *tracer)
{
	return __atomic_load_n(&tracer->skel->bss->deaths, __ATOMIC_SEQ_CST);
}

/* Whoever is kept back is looked at again when as many others have ended. */
int tracer__collect(struct tracer *tracer,
		    int (*on_ended)(const struct trace_ended *ended, void *arg), void *arg)
{
	__u64 *awaited = &tracer->skel->bss->deaths_awaited, deaths;
	int err = 0;

	if (tracer->keep_all)
		return 0;
	while (!err && (deaths = deaths_so_far(tracer)) >= *awaited) {
		err = collect_all(tracer, on_ended, arg);
		__atomic_store_n(awaited, deaths + most_dead(tracer), __ATOMIC_SEQ_CST);
	}
	return err;
}
