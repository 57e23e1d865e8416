// SPDX-License-Identifier: GPL-2.0-or-later
// The oracle: plants what a tracer should find, and measures it without the tracer.
//
// Whatever it prints comes from the threads' own reads of CLOCK_MONOTONIC and from
// the kernel's counters, never from a plan: a noisy machine changes the truth, and
// the oracle sees that too. Where two clock reads enclose an instant and cannot meet
// it, both are kept, and the truth is a pair: *_low_ns and *_high_ns.
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../workloads/locks/lock.h"

/* A stretch without a clock read: worth a look, and long enough to be counted. */
#define LOOK_NS	5000
#define GAP_NS	50000

/* What the holder gets between two bursts of its sibling. */
#define PAUSE_NS 1000000

/* preempt-other gives up if nobody takes the CPU away. */
#define PATIENCE_NS (10 * NSEC_PER_SEC)

enum where { ASLEEP, RUNNABLE, RUNNING };

struct plan;

struct options {
	const struct plan *plan;
	uint64_t count;
	uint64_t dead_ns;	/* or the length of a sleep or a burst */
	enum where where;
	int cpu;
};

/* One hand-off by the clocks of its two threads. Each field has one writer. */
struct handover {
	uint64_t let_go[2];	/* before and after the release's stamp */
	uint64_t woke[2];	/* before and after the call that wakes the next owner */
	uint64_t back;		/* the next owner runs again */
	uint64_t taken[2];	/* before and after the next owner's announcement */
	uint64_t off_ns[2];	/* switched out while it spun for the lock */
};

/* Keeps one CPU busy when told to. */
struct burner {
	pthread_t thread;
	int cpu;
	atomic_uint orders;	/* a futex: bursts asked for */
	atomic_bool burning;
	atomic_bool stop;
	_Atomic uint64_t until_ns;
};

struct oracle {
	struct lock lock;
	struct options options;
	bool pinned;
	bool rt;			/* SCHED_FIFO is allowed */
	_Alignas(64) atomic_uint turn;	/* a futex: hand-offs so far */
	atomic_uint holding;		/* a futex: the single holder has the lock */
	atomic_bool done;
	struct handover *handovers;
	struct player *players;
	struct burner burners[2];
	uint64_t wanted_gaps;
	/* the single holder's and its sibling's account */
	uint64_t gaps, bursts, burst_ns;
	uint64_t gap_ns[2], slept_ns[2], ran_ns[2], held_ns[2], faulted_ns[2];
};

struct player {
	struct announce_seat seat;
	struct oracle *oracle;
	pthread_t thread;
	unsigned int number;
	int cpu;
	int stat_fd;			/* /proc/self/task/TID/stat */
	atomic_bool ready;
};

struct plan {
	const char *name;
	void (*run)(struct oracle *oracle);
};

static void futex_wait(atomic_uint *word, unsigned int value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void sleep_until(uint64_t ns)
{
	struct timespec until = clock_timespec(ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static void spin_until(uint64_t ns)
{
	while (clock_now_ns() < ns)
		;
}

/* A difference of two clock reads that noise may have put in the other order. */
static uint64_t since(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static void start(pthread_t *thread, void *(*body)(void *), void *arg)
{
	if (pthread_create(thread, NULL, body, arg)) {
		fprintf(stderr, "oracle: cannot start a thread\n");
		exit(1);
	}
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		fprintf(stderr, "oracle: CPU %d: %s\n", cpu, strerror(errno));
		exit(1);
	}
}

/* The first or the second CPU this process may use; one if there is only one. */
static int nth_cpu(int n)
{
	cpu_set_t set;
	int found = 0;

	sched_getaffinity(0, sizeof(set), &set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		found = cpu;
		if (n-- == 0)
			break;
	}
	return found;
}

/* The calling thread is to win its CPU from the others; if not allowed, they yield. */
static bool try_fifo(bool on)
{
	struct sched_param param = { .sched_priority = on ? 1 : 0 };

	return sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &param) == 0;
}

static void lower_priority(const struct oracle *oracle)
{
	if (!oracle->rt && setpriority(PRIO_PROCESS, 0, 19))
		fprintf(stderr, "oracle: nice: %s\n", strerror(errno));
}

/*
 * Was this thread switched out against its will? It reads the clock all the time; a
 * gap that the kernel's counter does not explain was the hypervisor's or an interrupt.
 * A gap that it does explain has interrupts in it as well (a timer tick costs up to
 * 0.1 ms on a virtual machine, and the thread stays on its CPU meanwhile), so the
 * gap is the most that was taken. The least: the gap less what the thread's CPU clock went
 * on, and no more than the thread has waited in a run queue.
 */
struct poller {
	uint64_t last_ns;
	uint64_t cpu_ns[2];	/* the CPU clock after the last two looks */
	uint64_t waited_ns;	/* when the counter last moved */
	long switches;
};

struct gap {
	uint64_t from_ns, to_ns;	/* equal: there was none */
	uint64_t on_cpu_ns;
	uint64_t waited_ns;
};

static uint64_t thread_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

/*
 * What the calling thread has waited on run queues so far, by the kernel's account
 * (Documentation/scheduler/sched-stats.rst); UINT64_MAX if it keeps none. A gap may also
 * hold time that the hypervisor stole while the thread was on its CPU, and the thread's
 * CPU clock stands still then; this does not count it.
 */
static uint64_t waited_ns(void)
{
	FILE *file = fopen("/proc/thread-self/schedstat", "re");
	unsigned long waited;
	bool known;

	if (!file)
		return UINT64_MAX;
	known = fscanf(file, "%*u %lu", &waited) == 1;
	fclose(file);
	return known ? waited : UINT64_MAX;
}

static long involuntary(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

static struct poller poller_start(void)
{
	struct poller poller = { .switches = involuntary(), .waited_ns = waited_ns() };

	poller.cpu_ns[0] = thread_cpu_ns();
	poller.cpu_ns[1] = poller.cpu_ns[0];
	poller.last_ns = clock_now_ns();
	return poller;
}

/*
 * The gap that has just ended, if one has. No switch lies between counter and clock: a
 * kernel that pre-empts on its way back only lets go of the CPU right after the counter
 * has been read, and the gap would be seen by the clock alone.
 */
static struct gap poller_look(struct poller *poller)
{
	uint64_t last = poller->last_ns, now = clock_now_ns();
	long switches = poller->switches;
	struct gap gap;

	if (now - last >= LOOK_NS)
		do {
			switches = involuntary();
			now = clock_now_ns();
		} while (involuntary() != switches);
	gap.from_ns = switches != poller->switches && now - last >= GAP_NS ? last : now;
	gap.to_ns = now;
	gap.waited_ns = 0;
	if (switches != poller->switches) {
		gap.waited_ns = waited_ns() - poller->waited_ns;
		poller->waited_ns += gap.waited_ns;
	}
	poller->last_ns = now;
	poller->switches = switches;
	now = thread_cpu_ns();
	gap.on_cpu_ns = now - poller->cpu_ns[0];
	poller->cpu_ns[0] = poller->cpu_ns[1];
	poller->cpu_ns[1] = now;
	return gap;
}

/* Add a gap to a pair, but only what lies after from. */
static void add_gap(uint64_t off_ns[2], const struct gap *gap, uint64_t from)
{
	uint64_t length = since(from > gap->from_ns ? from : gap->from_ns, gap->to_ns);
	uint64_t least = since(gap->on_cpu_ns, length);

	off_ns[0] += least < gap->waited_ns ? least : gap->waited_ns;
	off_ns[1] += length;
}

/* --- the lock: a turn that is passed on ------------------------------------- */

static int baton_init(struct lock *lock)
{
	(void)lock;
	return 0;
}

static void baton_destroy(struct lock *lock)
{
	(void)lock;
}

/* For the plans with a single holder. */
static void baton_acquire(struct lock *lock, struct announce_seat *seat)
{
	lock_taken(lock, seat);
}

static void baton_release(struct lock *lock, struct announce_seat *seat)
{
	lock_letting_go(lock, seat, 0, false);
}

static const struct lock_kind baton = {
	.name = "baton",
	.summary = "the oracle's: every phase of a hand-off is under control",
	.shared = true,
	.stamps_always = true,
	.bytes = sizeof(struct oracle),
	.init = baton_init,
	.destroy = baton_destroy,
	.acquire = baton_acquire,
	.release = baton_release,
};

/* --- two players ------------------------------------------------------------- */

/* Spin for the turn, and then until the planted time was really spent on a CPU. */
static void wait_running(struct oracle *oracle, struct handover *handover, unsigned int turn,
			 struct poller *poller)
{
	uint64_t from = UINT64_MAX, until = UINT64_MAX;

	while (since(handover->off_ns[1], poller->last_ns) < until) {
		struct gap gap = poller_look(poller);

		/* After the look: of a gap that hid the release, only the rest is dead time. */
		if (from == UINT64_MAX && atomic_load(&oracle->turn) == turn) {
			from = handover->let_go[1];
			until = from + oracle->options.dead_ns;
		}
		add_gap(handover->off_ns, &gap, from);
	}
}

static void wait_asleep(struct oracle *oracle, unsigned int turn)
{
	unsigned int now;

	while ((now = atomic_load(&oracle->turn)) != turn)
		futex_wait(&oracle->turn, now);
}

static void take(struct player *player, struct handover *handover, unsigned int turn)
{
	struct oracle *oracle = player->oracle;
	struct poller poller = poller_start();
	uint64_t edge[2] = { 0 };
	struct gap gap;

	player->seat.state = SEAT_WAITING;
	atomic_fetch_add(&oracle->lock.waiters, 1);
	if (oracle->options.where == RUNNING)
		wait_running(oracle, handover, turn, &poller);
	else
		wait_asleep(oracle, turn);
	atomic_fetch_sub(&oracle->lock.waiters, 1);
	handover->back = clock_now_ns();
	handover->taken[0] = handover->back;
	lock_taken(&oracle->lock, &player->seat);
	handover->taken[1] = clock_now_ns();
	if (oracle->options.where != RUNNING)
		return;
	/* A gap over this edge may be the wait's, the announcement's or the hold's. */
	gap = poller_look(&poller);
	add_gap(edge, &gap, 0);
	handover->off_ns[1] += edge[1];
}

/* 'S' in its stat file: it has really gone to sleep. */
static bool is_asleep(const struct player *player)
{
	char text[256], *end;
	ssize_t got = pread(player->stat_fd, text, sizeof(text) - 1, 0);

	if (got <= 0)
		return true;
	text[got] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' && end[2] == 'S';
}

/* Under the lock: only a hand-off that finds the other waiting is planted right. */
static void wait_for_waiter(struct oracle *oracle, const struct player *other)
{
	while (!atomic_load(&oracle->lock.waiters))
		;
	while (oracle->options.where != RUNNING && !is_asleep(other))
		;
}

static void *burn(void *arg)
{
	struct burner *burner = arg;
	unsigned int orders = 0;

	pin_to(burner->cpu);
	try_fifo(true);
	for (;;) {
		while (atomic_load(&burner->orders) == orders)
			futex_wait(&burner->orders, orders);
		if (atomic_load(&burner->stop))
			return NULL;
		orders++;
		atomic_store(&burner->burning, true);
		while (clock_now_ns() < atomic_load(&burner->until_ns))
			;
		atomic_store(&burner->burning, false);
	}
}

static void order_burst(struct burner *burner)
{
	while (atomic_load(&burner->burning))
		;
	atomic_store(&burner->until_ns, UINT64_MAX);
	atomic_fetch_add(&burner->orders, 1);
	futex_wake(&burner->orders);
	while (!atomic_load(&burner->burning))
		;
}

/* Free, and the next owner sleeps: by turns the old one sleeps meanwhile, or does not. */
static void stay_dead(const struct oracle *oracle, unsigned int turn, uint64_t since)
{
	if (turn % 2)
		sleep_until(since + oracle->options.dead_ns);
	else
		spin_until(since + oracle->options.dead_ns);
}

static void give(struct player *player, struct handover *handover, unsigned int turn)
{
	struct oracle *oracle = player->oracle;
	struct burner *burner = &oracle->burners[!player->number];
	bool planted = oracle->options.dead_ns > 0;

	if (planted)
		wait_for_waiter(oracle, &oracle->players[!player->number]);
	if (planted && oracle->options.where == RUNNABLE)
		order_burst(burner);
	handover->let_go[0] = clock_now_ns();
	lock_letting_go(&oracle->lock, &player->seat, atomic_load(&oracle->lock.waiters), false);
	handover->let_go[1] = clock_now_ns();
	if (planted && oracle->options.where == ASLEEP)
		stay_dead(oracle, turn / 2, handover->let_go[1]);
	if (planted && oracle->options.where == RUNNABLE)
		atomic_store(&burner->until_ns, handover->let_go[1] + oracle->options.dead_ns);
	handover->woke[0] = clock_now_ns();
	atomic_store(&oracle->turn, turn + 1);
	futex_wake(&oracle->turn);
	handover->woke[1] = clock_now_ns();
}

static void *play(void *arg)
{
	struct player *player = arg;
	struct oracle *oracle = player->oracle;
	unsigned int count = (unsigned int)oracle->options.count;

	if (oracle->pinned)
		pin_to(player->cpu);
	if (oracle->options.where == RUNNABLE && oracle->options.dead_ns)
		lower_priority(oracle);
	announce(ANNOUNCE_SEAT, &player->seat);
	player->stat_fd = open("/proc/thread-self/stat", O_RDONLY | O_CLOEXEC);
	atomic_store(&player->ready, true);
	while (!atomic_load(&oracle->players[!player->number].ready))
		sched_yield();
	for (unsigned int turn = player->number; turn <= count; turn += 2) {
		if (turn)
			take(player, &oracle->handovers[turn - 1], turn);
		else
			lock_acquire(&oracle->lock, &player->seat);
		if (turn < count)
			give(player, &oracle->handovers[turn], turn);
		else
			lock_release(&oracle->lock, &player->seat);
	}
	return NULL;
}

static void start_burners(struct oracle *oracle)
{
	for (int i = 0; i < 2; i++) {
		oracle->burners[i].cpu = oracle->players[i].cpu;
		start(&oracle->burners[i].thread, burn, &oracle->burners[i]);
	}
}

static void stop_burners(struct oracle *oracle)
{
	for (int i = 0; i < 2; i++) {
		atomic_store(&oracle->burners[i].stop, true);
		atomic_fetch_add(&oracle->burners[i].orders, 1);
		futex_wake(&oracle->burners[i].orders);
		pthread_join(oracle->burners[i].thread, NULL);
	}
}

static void play_both(struct oracle *oracle)
{
	struct player players[2] = { { .number = 0, .cpu = nth_cpu(0) },
				     { .number = 1, .cpu = nth_cpu(1) } };
	bool burners = oracle->options.where == RUNNABLE && oracle->options.dead_ns;

	oracle->players = players;
	oracle->handovers = calloc(oracle->options.count, sizeof(*oracle->handovers));
	if (!oracle->handovers) {
		fprintf(stderr, "oracle: %s\n", strerror(errno));
		exit(1);
	}
	if (burners)
		start_burners(oracle);
	for (int i = 0; i < 2; i++) {
		players[i].oracle = oracle;
		start(&players[i].thread, play, &players[i]);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(players[i].thread, NULL);
		close(players[i].stat_fd);
	}
	if (burners)
		stop_burners(oracle);
}

struct truth {
	uint64_t dead[2], signal[2], queue[2], take[2];
};

static void add_truth(struct truth *truth, const struct handover *it, enum where where)
{
	uint64_t dead[2] = { since(it->let_go[1], it->taken[0]),
			     since(it->let_go[0], it->taken[1]) };
	uint64_t woken = it->woke[1] < it->back ? it->woke[1] : it->back;

	for (int i = 0; i < 2; i++)
		truth->dead[i] += dead[i];
	if (where == RUNNING) {
		for (int i = 0; i < 2; i++) {
			truth->take[i] += since(it->off_ns[!i], dead[i]);
			truth->queue[i] += it->off_ns[i];
		}
		return;
	}
	truth->signal[0] += since(it->let_go[1], it->woke[0]);
	truth->queue[1] += since(it->woke[0], it->taken[1]);
	truth->take[1] += since(it->back, it->taken[1]);
	/*
	 * The wake-up call may return before the other CPU has put the thread in its
	 * queue (ttwu_queue_wakelist()). One that runs a burner does so at once.
	 */
	if (where == ASLEEP) {
		truth->signal[1] += since(it->let_go[0], it->back);
		return;
	}
	truth->signal[1] += since(it->let_go[0], woken);
	truth->queue[0] += since(it->woke[1], it->back);
}

static void print_pair(const char *name, const uint64_t pair[2])
{
	printf("%s_low_ns %lu\n%s_high_ns %lu\n", name, pair[0], name, pair[1]);
}

static void print_handovers(const struct oracle *oracle)
{
	struct truth truth = { 0 };

	for (uint64_t i = 0; i < oracle->options.count; i++)
		add_truth(&truth, &oracle->handovers[i], oracle->options.where);
	printf("handoffs %lu\n", oracle->options.count);
	print_pair("dead", truth.dead);
	print_pair("signal", truth.signal);
	print_pair("queue", truth.queue);
	print_pair("take", truth.take);
}

static void run_handoffs(struct oracle *oracle)
{
	oracle->options.dead_ns = 0;
	oracle->options.where = ASLEEP;
	play_both(oracle);
	print_handovers(oracle);
}

static void run_dead(struct oracle *oracle)
{
	oracle->pinned = oracle->options.where != ASLEEP;
	play_both(oracle);
	print_handovers(oracle);
}

/* --- one holder -------------------------------------------------------------- */

/*
 * A sleep to a point in time ends at that point or later: the thread was asleep at
 * least until then, and at most until it read the clock again.
 */
static void *sleep_holding(void *arg)
{
	struct player *player = arg;
	struct oracle *oracle = player->oracle;

	prctl(PR_SET_TIMERSLACK, 1);
	announce(ANNOUNCE_SEAT, &player->seat);
	lock_acquire(&oracle->lock, &player->seat);
	for (uint64_t i = 0; i < oracle->options.count; i++) {
		uint64_t before = clock_now_ns(), until = before + oracle->options.dead_ns;

		sleep_until(until);
		oracle->slept_ns[0] += until - before;
		oracle->slept_ns[1] += clock_now_ns() - before;
	}
	lock_release(&oracle->lock, &player->seat);
	return NULL;
}

/* A gap over an edge of the hold: nobody knows how much of it the lock was held. */
static void add_edge(struct oracle *oracle, struct poller *poller)
{
	struct gap gap = poller_look(poller);
	uint64_t off_ns[2] = { 0 };

	add_gap(off_ns, &gap, 0);
	oracle->gap_ns[1] += off_ns[1];
}

/* Polls with the lock held; counts what was taken from it. */
static void *poll_holding(void *arg)
{
	struct player *player = arg;
	struct oracle *oracle = player->oracle;
	uint64_t give_up;
	struct poller poller;
	bool done;

	pin_to(player->cpu);
	lower_priority(oracle);
	announce(ANNOUNCE_SEAT, &player->seat);
	poller = poller_start();
	lock_acquire(&oracle->lock, &player->seat);
	add_edge(oracle, &poller);
	atomic_store(&oracle->holding, 1);
	futex_wake(&oracle->holding);
	give_up = poller.last_ns + PATIENCE_NS;
	do {
		struct gap gap;

		/* Before the look: it must see the gap in which the sibling finished. */
		done = atomic_load(&oracle->done);
		gap = poller_look(&poller);
		add_gap(oracle->gap_ns, &gap, 0);
		oracle->gaps += gap.to_ns > gap.from_ns;
	} while (!done && oracle->gaps < oracle->wanted_gaps && poller.last_ns < give_up);
	lock_release(&oracle->lock, &player->seat);
	add_edge(oracle, &poller);
	atomic_store(&oracle->holding, 0);
	futex_wake(&oracle->holding);
	return NULL;
}

/* One burst by its own clock, without what others may have taken from it in turn. */
static uint64_t burst(uint64_t ns)
{
	struct poller poller = poller_start();
	uint64_t from = poller.last_ns, lost[2] = { 0 };

	while (poller.last_ns - from < ns) {
		struct gap gap = poller_look(&poller);

		add_gap(lost, &gap, from);
	}
	return poller.last_ns - from - lost[1];
}

/* The sibling: takes the holder's CPU again and again. */
static void *pre_empt(void *arg)
{
	struct player *player = arg;
	struct oracle *oracle = player->oracle;

	pin_to(player->cpu);
	if (!try_fifo(true) && setpriority(PRIO_PROCESS, 0, -20))
		fprintf(stderr, "oracle: no priority for the sibling: %s\n", strerror(errno));
	while (!atomic_load(&oracle->holding))
		futex_wait(&oracle->holding, 0);
	for (uint64_t i = 0; i < oracle->options.count; i++) {
		sleep_until(clock_now_ns() + PAUSE_NS);
		oracle->burst_ns += burst(oracle->options.dead_ns);
		oracle->bursts++;
	}
	atomic_store(&oracle->done, true);
	/* Its end takes time too, and is not planted: it waits for the release. */
	while (atomic_load(&oracle->holding))
		futex_wait(&oracle->holding, 1);
	return NULL;
}

static void run_alone(struct oracle *oracle, void *(*body)(void *))
{
	struct player player = { .oracle = oracle, .cpu = oracle->options.cpu };

	start(&player.thread, body, &player);
	pthread_join(player.thread, NULL);
}

static void run_sleep(struct oracle *oracle)
{
	run_alone(oracle, sleep_holding);
	printf("sleeps %lu\n", oracle->options.count);
	print_pair("slept", oracle->slept_ns);
}

static void run_preempt_self(struct oracle *oracle)
{
	struct player sibling = { .oracle = oracle, .cpu = oracle->options.cpu };

	oracle->wanted_gaps = UINT64_MAX;
	start(&sibling.thread, pre_empt, &sibling);
	run_alone(oracle, poll_holding);
	pthread_join(sibling.thread, NULL);
	printf("bursts %lu\nburst_ns %lu\n", oracle->bursts, oracle->burst_ns);
	printf("gaps %lu\n", oracle->gaps);
	print_pair("gap", oracle->gap_ns);
}

static void run_preempt_other(struct oracle *oracle)
{
	oracle->rt = true;	/* nobody's priority is touched */
	oracle->wanted_gaps = oracle->options.count;
	run_alone(oracle, poll_holding);
	printf("gaps %lu\n", oracle->gaps);
	print_pair("gap", oracle->gap_ns);
}

/* The calling thread's clocks, read in this order. */
struct clocks {
	uint64_t wall, cpu, waited;
};

static struct clocks clocks_now(void)
{
	struct clocks now;

	now.wall = clock_now_ns();
	now.cpu = thread_cpu_ns();
	now.waited = waited_ns();
	return now;
}

/*
 * The most it can have been on a CPU since then: what it has not waited in a run queue. Its CPU
 * clock shows the least, since that may leave interrupts and the hypervisor's time out.
 */
static uint64_t most_on_cpu(const struct clocks *from)
{
	uint64_t waited = waited_ns() - from->waited;

	/* Read last: a wait between the two reads belongs to neither, or to this one alone. */
	return since(waited, clock_now_ns() - from->wall);
}

/* Holds the lock until it has been on a CPU for so long. */
static void *work_holding(void *arg)
{
	struct player *player = arg;
	struct oracle *oracle = player->oracle;
	struct clocks from;

	announce(ANNOUNCE_SEAT, &player->seat);
	from = clocks_now();
	lock_acquire(&oracle->lock, &player->seat);
	from.cpu = thread_cpu_ns();
	while (thread_cpu_ns() - from.cpu < oracle->options.count * oracle->options.dead_ns)
		;
	oracle->ran_ns[0] = thread_cpu_ns() - from.cpu;
	lock_release(&oracle->lock, &player->seat);
	oracle->ran_ns[1] = most_on_cpu(&from);
	return NULL;
}

static void run_work(struct oracle *oracle)
{
	run_alone(oracle, work_holding);
	print_pair("ran", oracle->ran_ns);
}

/* Nobody wants the lock between two holds, in which nothing happens. */
static void *leave_alone(void *arg)
{
	struct player *player = arg;
	struct oracle *oracle = player->oracle;

	announce(ANNOUNCE_SEAT, &player->seat);
	for (uint64_t i = 0; i < oracle->options.count; i++) {
		uint64_t edge[4];

		edge[0] = clock_now_ns();
		lock_acquire(&oracle->lock, &player->seat);
		edge[1] = clock_now_ns();
		edge[2] = clock_now_ns();
		lock_release(&oracle->lock, &player->seat);
		edge[3] = clock_now_ns();
		oracle->held_ns[0] += edge[2] - edge[1];
		oracle->held_ns[1] += edge[3] - edge[0];
		sleep_until(edge[3] + oracle->options.dead_ns);
	}
	return NULL;
}

static void run_idle(struct oracle *oracle)
{
	run_alone(oracle, leave_alone);
	print_pair("held", oracle->held_ns);
}

/*
 * Touches fresh pages with the lock held, all of them and then once more, with a system call for
 * each that does nothing. The first round's CPU time less the second's is the least that its page
 * faults took: the way into the kernel and back is neither clearly theirs nor the program's, and
 * who samples finds it on both sides.
 */
static void *fault_holding(void *arg)
{
	struct player *player = arg;
	struct oracle *oracle = player->oracle;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = oracle->options.count * size;
	volatile char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct clocks first, second;

	if (pages == MAP_FAILED) {
		fprintf(stderr, "oracle: %s\n", strerror(errno));
		exit(1);
	}
	madvise((void *)pages, bytes, MADV_NOHUGEPAGE); /* an rt kernel has none: EINVAL */
	announce(ANNOUNCE_SEAT, &player->seat);
	lock_acquire(&oracle->lock, &player->seat);
	first = clocks_now();
	for (size_t at = 0; at < bytes; at += size)
		pages[at] = 1;
	oracle->faulted_ns[1] = most_on_cpu(&first);
	second = clocks_now();
	for (size_t at = 0; at < bytes; at += size)
		pages[at] = (char)syscall(SYS_getppid);
	oracle->faulted_ns[0] = since(thread_cpu_ns() - second.cpu, second.cpu - first.cpu);
	lock_release(&oracle->lock, &player->seat);
	munmap((void *)pages, bytes);
	return NULL;
}

static void run_faults(struct oracle *oracle)
{
	run_alone(oracle, fault_holding);
	printf("pages %lu\n", oracle->options.count);
	print_pair("faulted", oracle->faulted_ns);
}

/* --- the command line -------------------------------------------------------- */

static const struct plan plans[] = {
	{ "handoffs", run_handoffs },
	{ "dead", run_dead },
	{ "sleep", run_sleep },
	{ "preempt-self", run_preempt_self },
	{ "preempt-other", run_preempt_other },
	{ "work", run_work },
	{ "idle", run_idle },
	{ "faults", run_faults },
};

static const char *const wheres[] = {
	[ASLEEP] = "asleep", [RUNNABLE] = "runnable", [RUNNING] = "running",
};

static const struct argp_option argp_options[] = {
	{ "plan", 'p', "NAME", 0, "handoffs, dead, sleep, preempt-self, preempt-other, work, "
	  "idle, faults", 0 },
	{ "count", 'n', "N", 0, "how many times (default: 20)", 0 },
	{ "us", 'u', "N", 0, "microseconds each (default: 2000)", 0 },
	{ "where", 'w', "STATE", 0, "dead: the next owner is asleep, runnable or running", 0 },
	{ "cpu", 'c', "N", 0, "the holder's CPU (default: the first allowed)", 0 },
	{ 0 },
};

static uint64_t number(struct argp_state *state, const char *text, uint64_t low, uint64_t high)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || end == text || value < low || value > high)
		argp_error(state, "'%s' is not a whole number from %lu to %lu", text, low, high);
	return value;
}

static void parse_plan(struct argp_state *state, struct options *options, const char *name)
{
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		if (strcmp(plans[i].name, name) == 0)
			options->plan = &plans[i];
	if (!options->plan)
		argp_error(state, "--plan: '%s' is not a plan", name);
}

static void parse_where(struct argp_state *state, struct options *options, const char *name)
{
	for (int i = ASLEEP; i <= RUNNING; i++) {
		if (strcmp(wheres[i], name) == 0) {
			options->where = (enum where)i;
			return;
		}
	}
	argp_error(state, "--where: '%s' is not asleep, runnable or running", name);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'p': parse_plan(state, options, arg); break;
	case 'n': options->count = number(state, arg, 1, 1000000); break;
	case 'u': options->dead_ns = NSEC_PER_USEC * number(state, arg, 1, 1000000); break;
	case 'w': parse_where(state, options, arg); break;
	case 'c': options->cpu = (int)number(state, arg, 0, CPU_SETSIZE - 1); break;
	case ARGP_KEY_END:
		if (!options->plan)
			argp_error(state, "--plan is missing");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Plant what a tracer should find, and print what was really planted.",
		NULL, NULL, NULL };
	struct options options = { .count = 20, .dead_ns = 2000 * NSEC_PER_USEC, .cpu = -1 };
	struct lock *lock = lock_new(&baton, 0);
	struct oracle *oracle = (struct oracle *)lock;
	uint64_t outer, began, wall;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (!lock)
		return 1;
	if (options.cpu < 0)
		options.cpu = nth_cpu(0);
	oracle->options = options;
	oracle->rt = try_fifo(true) && try_fifo(false);
	outer = clock_now_ns();
	announce(ANNOUNCE_WINDOW_OPEN, lock_page(lock));
	began = clock_now_ns();
	options.plan->run(oracle);
	wall = clock_now_ns() - began;
	announce(ANNOUNCE_WINDOW_CLOSE, lock_page(lock));
	outer = clock_now_ns() - outer;
	printf("wall_ns %lu\nwall_outer_ns %lu\nrt %d\n", wall, outer, oracle->rt);
	free(oracle->handovers);
	lock_free(lock);
	return 0;
}
