// SPDX-License-Identifier: GPL-2.0-or-later
// Sentences about those who slept on something that another thread had.
#include "report/waits.h"

#include <inttypes.h>
#include <string.h>

#include "ledger/deadlocks.h"

/* More than these are only in futexes.csv. */
#define MOST_WAITS 10

/* "worker (4711)", or the number alone. */
static void describe_thread(const struct run *run, uint32_t tid, char *text, size_t size)
{
	snprintf(text, size, "thread %" PRIu32, tid);
	for (size_t i = 0; i < run->ledger.nthreads; i++)
		if (run->ledger.threads[i].tid == tid)
			snprintf(text, size, "%s (%" PRIu32 ")", run->ledger.threads[i].comm, tid);
}

static void describe_lock(const struct futex_wait *wait, char *text, size_t size)
{
	if (wait->name[0] && wait->name[0] != '[')
		snprintf(text, size, "%s", wait->name);
	else
		snprintf(text, size, "0x%" PRIx64, wait->address);
}

static void print_deadlock(FILE *out, size_t count)
{
	if (count == 1)
		fprintf(out, "  DEADLOCK of 1 thread with itself: it cannot go on\n");
	else
		fprintf(out, "  DEADLOCK of %zu threads: none of them can go on\n", count);
}

/* The owner of what is waited for is named, unless what is waited for is its end. */
static void print_wait(FILE *out, const struct run *run, const struct futex_wait *wait)
{
	char lock[FUTEX_NAME_SIZE], owner[64], waiter[64];

	describe_thread(run, wait->waiter_tid, waiter, sizeof(waiter));
	describe_thread(run, wait->owner_tid, owner, sizeof(owner));
	describe_lock(wait, lock, sizeof(lock));
	if (wait->owner_tid == wait->waiter_tid)
		fprintf(out, "%s waits for %s, which it holds itself", waiter, lock);
	else if (strncmp(lock, "the end of ", 11) == 0)
		fprintf(out, "%s waits for the end of %s", waiter, owner);
	else
		fprintf(out, "%s waits for %s, held by %s", waiter, lock, owner);
}

static void print_deadlocks(FILE *out, const struct run *run)
{
	const struct futex_wait *waits[DEADLOCK_MOST];
	size_t position = 0, count;

	while ((count = deadlocks__next(&run->futexes, &position, waits))) {
		print_deadlock(out, count);
		for (size_t i = 0; i < count; i++) {
			fprintf(out, "    ");
			print_wait(out, run, waits[i]);
			fputc('\n', out);
		}
	}
}

void report_waits__text(FILE *out, const struct run *run)
{
	size_t printed = 0, others = 0, all = 0;

	for (size_t i = 0; i < run->futexes.count; i++)
		all += run->futexes.items[i].owner_tid != 0;
	if (!all)
		return;
	fprintf(out, "\nWho waited for whom at the end\n");
	print_deadlocks(out, run);
	for (size_t i = 0; i < run->futexes.count; i++) {
		const struct futex_wait *wait = &run->futexes.items[i];

		if (!wait->owner_tid || deadlocks__has(&run->futexes, wait))
			continue;
		if (++printed > MOST_WAITS) {
			others++;
			continue;
		}
		fprintf(out, "  ");
		print_wait(out, run, wait);
		fputc('\n', out);
	}
	if (others)
		fprintf(out, "  ... and %zu more in futexes.csv\n", others);
}

void report_waits__json(cJSON *root, const struct futexes *futexes)
{
	cJSON *array = cJSON_AddArrayToObject(root, "waits_at_end");

	for (size_t i = 0; i < futexes->count; i++) {
		const struct futex_wait *wait = &futexes->items[i];
		cJSON *item;
		char lock[FUTEX_NAME_SIZE];

		if (!wait->owner_tid)
			continue;
		describe_lock(wait, lock, sizeof(lock));
		item = cJSON_CreateObject();
		cJSON_AddNumberToObject(item, "waiter_tid", wait->waiter_tid);
		cJSON_AddStringToObject(item, "for", lock);
		cJSON_AddNumberToObject(item, "owner_tid", wait->owner_tid);
		cJSON_AddBoolToObject(item, "deadlock", deadlocks__has(futexes, wait));
		cJSON_AddItemToArray(array, item);
	}
}
