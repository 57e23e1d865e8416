// SPDX-License-Identifier: GPL-2.0-or-later
// The call in which a thread sleeps is read from /proc, before its futex is and again after: what
// is said of a thread that has gone on meanwhile is not used.
#include "run/owners.h"

#include <dirent.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/list.h"
#include "base/proctext.h"

#ifndef FUTEX_LOCK_PI2	/* since Linux 5.14 */
#define FUTEX_LOCK_PI2 13
#endif

/* From a thread's stack to its own data, which glibc keeps behind it in one mapping. */
#define MOST_OF_A_STACK (1ULL << 30)

/* glibc's pthread_mutex_t (sysdeps/nptl/bits/struct_mutex.h), as on every 64-bit machine. */
struct mutex {
	uint32_t lock;
	uint32_t count;
	uint32_t owner;
	uint32_t users;
	uint32_t kind;
};

#define LOCKED_WITH_WAITERS 2
#define KIND_ROBUST 16U
/* What kinds may have beside: recursive or checking, shared, elision forbidden or allowed. */
#define KIND_PLAIN (3U | 128U | 256U | 512U)

/* As /proc/TID/syscall has it. */
struct call {
	uint64_t number;
	uint64_t arguments[6];
	uint64_t stack;
	uint64_t at;
};

/* False: it runs, or is in no call. */
static bool read_call(uint32_t tid, struct call *call)
{
	char *text = proctext__read_of((pid_t)tid, "syscall");
	uint64_t *a = call->arguments;
	bool is_call = text && sscanf(text, "%" SCNu64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
				      " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
				      &call->number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5],
				      &call->stack, &call->at) == 9;

	free(text);
	return is_call;
}

static bool read_mutex(uint32_t tid, uint64_t address, struct mutex *mutex)
{
	struct iovec to = { mutex, sizeof(*mutex) };
	struct iovec from = { (void *)(uintptr_t)address, sizeof(*mutex) };

	return process_vm_readv((pid_t)tid, &to, 1, &from, 1, 0) >= (ssize_t)sizeof(mutex->lock);
}

/* What a thread calls itself: the last of NSpid, its innermost namespace's. 0: it is gone. */
static uint32_t own_tid(pid_t tid)
{
	char *text = proctext__read_of(tid, "status");
	const char *numbers = proctext__after_line_start(text, "NSpid:");
	uint64_t number = 0;

	while (numbers && (numbers = proctext__skip_blanks(numbers),
			   proctext__take_number(&numbers, &number)))
		;
	free(text);
	return (uint32_t)number;
}

/* The living thread of the waiter's process that calls itself so, as we call it; 0: none does. */
static uint32_t thread_called(uint32_t waiter, uint32_t name)
{
	const struct dirent *entry;
	uint32_t found = 0;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/task", waiter);
	tasks = name ? opendir(path) : NULL;
	while (tasks && !found && (entry = readdir(tasks))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && own_tid(tid) == name)
			found = (uint32_t)tid;
	}
	if (tasks)
		closedir(tasks);
	return found;
}

/* The owner by the mutex's own fields, which all agree; 0: it is none, or they do not. */
static uint32_t owner_by_mutex(const struct mutex *mutex)
{
	if (mutex->lock == LOCKED_WITH_WAITERS)
		return mutex->users == 1 && !(mutex->kind & ~KIND_PLAIN) ? mutex->owner : 0;
	if ((mutex->lock & FUTEX_WAITERS) && (mutex->kind & KIND_ROBUST) &&
	    (mutex->lock & FUTEX_TID_MASK) == mutex->owner)
		return mutex->owner;
	return 0;
}

/*
 * pthread_join(3) sleeps on the number of the thread, which the kernel clears when that has ended:
 * it lies in the thread's own data, behind its stack.
 */
static uint32_t ending_thread(uint32_t waiter, const struct call *call, uint32_t word)
{
	uint32_t tid = call->arguments[1] & FUTEX_PRIVATE_FLAG ? 0 : thread_called(waiter, word);
	uint64_t address = call->arguments[0];
	struct call its = { .number = 0 };

	if (!tid || tid == waiter || !read_call(tid, &its) || its.stack > address ||
	    address - its.stack > MOST_OF_A_STACK)
		return 0;
	return tid;
}

/* Fills in the owner; false: nothing is certain. */
static bool find_owner(struct owner *owner, const struct call *call)
{
	uint32_t operation = (uint32_t)call->arguments[1] & FUTEX_CMD_MASK;
	uint32_t expected = (uint32_t)call->arguments[2];
	struct mutex mutex = { 0 };

	if (!read_mutex(owner->waiter_tid, owner->address, &mutex))
		return false;
	if (operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2) {
		owner->tid = thread_called(owner->waiter_tid, mutex.lock & FUTEX_TID_MASK);
	} else if ((operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET) &&
		   mutex.lock == expected) {
		owner->tid = thread_called(owner->waiter_tid, owner_by_mutex(&mutex));
		if (!owner->tid) {
			owner->tid = ending_thread(owner->waiter_tid, call, mutex.lock);
			owner->ends = owner->tid != 0;
		}
	}
	return owner->tid != 0;
}

/* A wait with a time-out is none for ever. */
static bool waits_on(const struct call *call, uint64_t address)
{
	return call->number == SYS_futex && call->arguments[0] == address && !call->arguments[3];
}

static void look_at(struct owners *owners, const struct thread_record *thread)
{
	struct owner owner = { .waiter_tid = thread->tid, .address = thread->futex };
	struct call before = { .number = 0 }, after = { .number = 0 };

	if (!read_call(owner.waiter_tid, &before) || !waits_on(&before, owner.address) ||
	    !find_owner(&owner, &before))
		return;
	if (!read_call(owner.waiter_tid, &after) || memcmp(&before, &after, sizeof(after)) != 0)
		return;
	/* Without memory it is one that was not found. */
	(void)list__append(owners->list, owners->count, owner);
}

void owners__look(struct owners *owners, struct tracer *tracer)
{
	struct trace trace;

	if (tracer__peek(tracer, &trace))
		return;
	for (size_t i = 0; i < trace.nthreads; i++) {
		const struct thread_record *thread = &trace.threads[i];

		if (thread->futex && (thread->state == THREAD_BLOCKED ||
				      thread->state == THREAD_LOCK_WAIT))
			look_at(owners, thread);
	}
	trace__free(&trace);
}

/* Of a program that we have ended after the look, a signal has ended its waits. */
static struct futex_wait *wait_of(const struct futexes *futexes, const struct owner *owner)
{
	struct futex_wait *wait = futexes__open_of(futexes, owner->waiter_tid);

	if (wait)
		return wait->address == owner->address ? wait : NULL;
	for (size_t i = 0; i < futexes->count; i++) {
		wait = &futexes->items[i];
		if (wait->waiter_tid == owner->waiter_tid && wait->address == owner->address &&
		    !wait->waker_tid)
			return wait;
	}
	return NULL;
}

void owners__settle(const struct owners *owners, struct futexes *futexes)
{
	for (size_t i = 0; i < owners->count; i++) {
		const struct owner *owner = &owners->list[i];
		struct futex_wait *wait = wait_of(futexes, owner);

		if (!wait)
			continue;
		wait->open = true;
		wait->owner_tid = owner->tid;
		if (owner->ends)
			snprintf(wait->name, sizeof(wait->name), "the end of thread %" PRIu32,
				 owner->tid);
	}
}

void owners__free(struct owners *owners)
{
	free(owners->list);
	*owners = (struct owners){ 0 };
}
