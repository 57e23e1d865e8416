// SPDX-License-Identifier: GPL-2.0-or-later
// One ledger per lock: what its record says, its last state up to the end, and identity L1.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/parts.h"

/* More than one in so many parts of a process's time is too much to go unseen. */
#define UNSEEN_SHARE 20

/* One lock's accounts on the way. */
struct account {
	const struct trace *trace;
	const struct lock_record *record;
	const struct watched_process *watched;	/* NULL: announced */
	uint64_t end_ns;			/* of the lock's own window */
	struct ledger *ledger;
	struct ledger_lock *lock;
};

/* The part of [from, to] that lies in the lock's window. */
static uint64_t part(const struct account *account, uint64_t from, uint64_t to)
{
	if (from < account->record->since_ns)
		from = account->record->since_ns;
	if (to > account->end_ns)
		to = account->end_ns;
	return overlap(account->trace, from, to);
}

static const struct thread_record *thread_at(const struct trace *trace, uint32_t slot)
{
	return slot && slot <= trace->nthreads ? &trace->threads[slot - 1] : NULL;
}

static const struct lock_seat *seat_at(const struct thread_record *thread, uint32_t lock)
{
	for (int i = 0; i < LOCK_SEATS; i++)
		if (thread->seats[i].lock == lock)
			return &thread->seats[i];
	return &thread->seats[0];
}

/* --- its last state ------------------------------------------------------------- */

/* Taken for granted at the end: its thread is on a CPU, or it would have been settled. */
static void close_claim(struct account *account, const struct lock_seat *seat)
{
	const struct lock_record *record = account->record;
	uint64_t since = seat->call_since_ns;

	if (since < record->free_since_ns)
		since = record->free_since_ns;
	account->lock->ns[FREE_IDLE] += part(account, record->free_since_ns, since);
	account->lock->ns[HELD_RUNNING] += part(account, since, account->end_ns);
}

static void close_free(struct account *account)
{
	const struct lock_record *record = account->record;
	uint64_t wanted = record->wanted_since_ns ? record->wanted_since_ns : account->end_ns;

	account->lock->ns[FREE_IDLE] += part(account, record->free_since_ns, wanted);
	account->lock->ns[HANDOFF_SIGNAL] += part(account, wanted, account->end_ns);
}

/* Off its CPU, and whose that is nobody has told yet. */
static enum lock_state held_state(const struct thread_record *holder)
{
	if (holder->state != THREAD_READY)
		return HELD_BLOCKED;
	return holder->throttled ? HELD_THROTTLED : HELD_PREEMPTED_OTHER;
}

static void close_held(struct account *account, const struct thread_record *holder,
		       const struct lock_seat *seat)
{
	uint64_t *ns = account->lock->ns;

	if (holder->state == THREAD_CPU)
		ns[HELD_RUNNING] += part(account, seat->hold_since_ns, account->end_ns);
	else
		ns[held_state(holder)] += part(account, holder->since_ns, account->end_ns);
}

/* Known by calls: what its last state was, up to the window's end. */
static void close_called(struct account *account)
{
	const struct lock_record *record = account->record;
	const struct thread_record *holder = thread_at(account->trace,
						       HOLDER_SLOT(record->holder));

	if (!holder) {
		close_free(account);
		return;
	}
	account->ledger->open++;
	account->lock->owner_tid = holder->tid;
	if (record->holder & CLAIM)
		close_claim(account, seat_at(holder, record->index));
	else
		close_held(account, holder, seat_at(holder, record->index));
}

/* --- do its accounts hold? ------------------------------------------------------ */

/* L1: the states sum to the lock's window; if that is the run's, to what the program saw. */
static void check_l1(struct account *account, const struct ledger_bounds *bounds)
{
	const struct ledger_lock *lock = account->lock;
	struct ledger *ledger = account->ledger;
	uint64_t sum = 0;

	for (int state = 0; state < LOCK_STATES; state++) {
		if (lock->ns[state] > INT64_MAX)
			invalid(ledger, "L1: %s is negative", ledger__lock_state(state));
		sum += lock->ns[state];
	}
	if (!about_equal(sum, lock->window_ns))
		invalid(ledger, "L1: lock states sum to %" PRIu64 " ns, the window is %"
				PRIu64 " ns", sum, lock->window_ns);
	if (!account->watched && (sum + tolerance(sum) < bounds->low_ns ||
				  sum - tolerance(sum) > bounds->high_ns))
		invalid(ledger, "L1: lock states sum to %" PRIu64 " ns, the clock "
				"beside it says %" PRIu64 " to %" PRIu64 " ns", sum,
				bounds->low_ns, bounds->high_ns);
}

/* The lock counts by itself, and what we have seen must be that. */
static void check_announced(struct account *account)
{
	const struct lock_record *record = account->record;

	if (record->acquisitions - record->releases > 1)
		invalid(account->ledger, "acquisitions (%" PRIu64 ") and releases (%" PRIu64
				") differ", (uint64_t)record->acquisitions,
				(uint64_t)record->releases);
	if (record->handoffs != record->own_handoffs)
		invalid(account->ledger, "%" PRIu64 " hand-offs seen, the lock counts %"
				PRIu64, (uint64_t)record->handoffs, (uint64_t)record->own_handoffs);
}

/*
 * Known by calls: each thread may have been caught between its two functions. More means
 * that some calls are not seen (a part was inlined), or that it is no lock's functions.
 */
static void check_called(struct account *account)
{
	static const char remedy[] = ", and which of several they are about is not known; built "
				     "with -g, the program says it, if their first argument does";
	uint64_t a = account->record->acquisitions, r = account->record->releases;

	if ((a > r ? a - r : r - a) > account->ledger->lived)
		invalid(account->ledger, "acquisitions (%" PRIu64 ") and releases (%"
				PRIu64 ") differ by more than one per thread: not every call is "
				"seen%s", a, r, account->watched->keys == KEY_NONE ? remedy : "");
	if (account->record->overlaps)
		invalid(account->ledger, "two threads held the lock at once, %" PRIu64
				" times: the functions are not those of one lock%s",
				(uint64_t)account->record->overlaps,
				account->watched->keys == KEY_NONE ? remedy : "");
}

static void check_thread_acquisitions(struct ledger *ledger)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ledger->nthreads; i++)
		sum += ledger->threads[i].acquisitions;
	if (sum != ledger->acquisitions)
		invalid(ledger, "threads acquired %" PRIu64 " times, the locks count %"
				PRIu64, sum, ledger->acquisitions);
}

/* --- one by one ----------------------------------------------------------------- */

static void copy(const struct lock_record *record, struct ledger_lock *lock)
{
	lock->index = record->index;
	lock->watched = record->watched;
	lock->key = record->key;
	lock->threads = record->reseated ? 0 : record->threads;
	memcpy(lock->ns, record->ns, sizeof(lock->ns));
	lock->wait_ns = record->wait_ns;
	lock->acquisitions = record->acquisitions;
	lock->releases = record->releases;
	lock->handoffs = record->handoffs;
	lock->handoffs_forced = record->handoffs_forced;
	lock->half_seen = record->half_seen;
	lock->lost_claims = record->lost_claims;
}

static void add_up(struct ledger *ledger, const struct ledger_lock *lock)
{
	ledger->acquisitions += lock->acquisitions;
	ledger->releases += lock->releases;
	ledger->handoffs += lock->handoffs;
	ledger->handoffs_forced += lock->handoffs_forced;
	ledger->half_seen += lock->half_seen;
	ledger->lost_claims += lock->lost_claims;
}

/* The process is gone before the window ends, or is another program by then. */
static uint64_t end_of(const struct trace *trace, const struct watched_process *watched)
{
	return watched && watched->ended_ns && watched->ended_ns < trace->end_ns
	       ? watched->ended_ns : trace->end_ns;
}

/*
 * How long its program ran before its books begin. If it was watched before it ran, and they
 * begin then, there was nothing to be seen.
 */
static uint64_t unseen(const struct account *account)
{
	const struct watched_process *watched = account->watched;
	uint64_t since = account->record->since_ns;

	if (!watched || since <= watched->began_ns ||
	    (watched->whole && since <= watched->since_ns))
		return 0;
	return overlap(account->trace, watched->began_ns, since);
}

static void settle_lock(const struct trace *trace, const struct lock_record *record,
			const struct ledger_bounds *bounds, struct ledger *ledger)
{
	const struct watched_process *watched = record->watched && record->watched <= trace->nwatched
						? &trace->watched[record->watched - 1] : NULL;
	struct account account = { trace, record, watched, end_of(trace, watched), ledger,
				   &ledger->locks[ledger->nlocks++] };

	copy(record, account.lock);
	account.lock->pid = watched ? watched->pid : 0;
	account.lock->whole = !watched || watched->whole;
	account.lock->window_ns = part(&account, 0, account.end_ns);
	account.lock->unseen_ns = unseen(&account);
	ledger->open += record->open_holds;
	add_up(ledger, account.lock);
	/* Calls that were not seen break L1 too, and are the reason to be told. */
	if (watched) {
		close_called(&account);
		check_called(&account);
	} else {
		check_announced(&account);
	}
	check_l1(&account, bounds);
}

/* Has it been used? */
static bool is_known(const struct lock_record *record)
{
	return record->index && (record->watched ? record->known : record->page != 0);
}

/*
 * A run's only lock has the run's window: before its process was there, and after, it was free.
 * Not if that process ran before: then nobody knows.
 */
static void extend_only(struct ledger *ledger)
{
	struct ledger_lock *lock = &ledger->locks[0];

	if (ledger->nlocks != 1 || ledger->window_ns < lock->window_ns || !lock->whole ||
	    lock->unseen_ns)
		return;
	lock->ns[FREE_IDLE] += ledger->window_ns - lock->window_ns;
	lock->window_ns = ledger->window_ns;
}

static void settle_folded(const struct trace *trace, struct ledger *ledger)
{
	struct ledger_lock *lock;

	if (!trace->others.acquisitions && !trace->others.releases)
		return;
	lock = &ledger->locks[ledger->nlocks++];
	copy(&trace->others, lock);
	lock->index = OTHER_LOCKS;
	lock->folded = true;
	add_up(ledger, lock);
}

uint64_t ledger__held_ns(const struct ledger_lock *lock)
{
	uint64_t ns = 0;

	for (int state = HELD_RUNNING; state < HANDOFF_SIGNAL; state++)
		ns += lock->ns[state];
	return ns;
}

bool ledger__is_seen(uint64_t unseen_ns, uint64_t window_ns)
{
	return unseen_ns <= (unseen_ns + window_ns) / UNSEEN_SHARE;
}

static int order(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

/* What was waited for longest comes first; then what was held longest. Sums of many come last. */
static int by_cost(const void *a, const void *b)
{
	const struct ledger_lock *left = a, *right = b;
	int by = left->folded - right->folded;

	by = by ? by : order(left->wait_ns, right->wait_ns);
	by = by ? by : order(ledger__held_ns(left), ledger__held_ns(right));
	return by ? by : order(right->index, left->index);
}

/* As much of all waiting, and so long, may be something else than waiting for a lock. */
#define ALONE_SHARE 10
#define ALONE_NS 200000

/* Is the lock known by an argument that is only likely to be it? */
static bool is_guessed(const struct trace *trace, const struct ledger_lock *lock)
{
	return lock->watched && lock->watched <= trace->nwatched &&
	       trace->watched[lock->watched - 1].keys == KEY_ARGUMENT;
}

/*
 * Nobody waits for a lock that nobody else takes: what the functions have as their first argument
 * leads to the lock (a thread's own record, say) and is none.
 */
static void check_arguments(const struct trace *trace, struct ledger *ledger)
{
	uint64_t all = 0, alone = 0;

	for (size_t i = 0; i < ledger->nlocks; i++) {
		const struct ledger_lock *lock = &ledger->locks[i];

		if (!is_guessed(trace, lock))
			continue;
		all += lock->wait_ns;
		alone += lock->threads == 1 ? lock->wait_ns : 0;
	}
	if (alone > ALONE_NS && alone > all / ALONE_SHARE)
		invalid(ledger, "threads waited %" PRIu64 " ns for locks that no other "
				"thread takes: the first argument of the functions is not the lock",
				alone);
}

int ledger_part__locks(const struct trace *trace, const struct ledger_bounds *bounds,
		       struct ledger *ledger)
{
	ledger->locks = calloc(trace->nlocks + 1, sizeof(*ledger->locks));
	if (!ledger->locks)
		return -ENOMEM;
	ledger->called = trace->nwatched > 0;
	for (size_t i = 0; i < trace->nlocks; i++)
		if (is_known(&trace->locks[i]))
			settle_lock(trace, &trace->locks[i], bounds, ledger);
	extend_only(ledger);
	settle_folded(trace, ledger);
	ledger->has_lock = ledger->nlocks > 0;
	if (!ledger->has_lock)
		return 0;
	qsort(ledger->locks, ledger->nlocks, sizeof(*ledger->locks), by_cost);
	memcpy(ledger->lock_ns, ledger->locks[0].ns, sizeof(ledger->lock_ns));
	check_thread_acquisitions(ledger);
	check_arguments(trace, ledger);
	return 0;
}
