// SPDX-License-Identifier: GPL-2.0-or-later
// Stands in for the headline workload: the same command line and the same arms, but every cost is
// planted, so that it is known what the ledger, the ladder and the dose should find.
//
// All tasks together work for WORK_NS. With all of them alive at once (every arm but `sequential`)
// each first pays for its memory: it touches fresh pages, and is slowed down by a time of fixed
// length. Under the lock the tasks take turns. At each hand-off the lock stays free for DEAD_NS
// before the next owner is woken, and the next owner then loses REFILL_NS while it holds the
// lock, as to cold caches. The switch interval says how many hand-offs there are.
//
// What each phase really took, by the program's own clock, is appended as one line of "KEY NUMBER"
// pairs to the file that $PLANTED_LOG names. Phases follow each other without a gap.
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
#include <sys/syscall.h>
#include <unistd.h>

#include "../../workloads/kit/arguments.h"
#include "../../workloads/kit/cpu.h"
#include "../../workloads/kit/evidence.h"

#define WORK_NS		(60000 * NSEC_PER_USEC)
#define DEAD_NS		(150 * NSEC_PER_USEC)
#define REFILL_NS	(150 * NSEC_PER_USEC)
#define SET_NS		(20000 * NSEC_PER_USEC)
#define PAGES		5000

/* So many hand-offs at this switch interval, twice as many at a fourth of it. */
#define HANDOFFS	100ULL
#define INTERVAL_US	5000ULL

#define MAX_WORKERS	64

enum arm { SEQUENTIAL, INTERLEAVED, ONE_CPU, THREADS };

static const char *const arm_names[] = {
	[SEQUENTIAL] = "sequential", [INTERLEAVED] = "interleaved", [ONE_CPU] = "threads-1cpu",
	[THREADS] = "threads",
};

struct options {
	enum arm arm;
	uint32_t workers;
	uint64_t interval_ns;
	int cpu;
};

/* What was planted: written by whoever holds the lock. Pairs are bounds. */
struct account {
	uint64_t work_ns, refill_ns, set_ns, fault_ns, again_ns;
	uint64_t dead_ns[2], signal_ns[2];
};

struct player {
	struct announce_seat seat;
	struct planted *planted;
	pthread_t thread;
	uint32_t number;
	atomic_uint woken;		/* a futex: times it was this player's turn */
	uint64_t let_go_ns[2];		/* of the last owner: before and after its release */
	uint64_t wake_ns;		/* before the call that wakes this one */
};

struct planted {
	struct lock lock;
	struct options options;
	uint32_t handoffs;
	struct account account;
	struct player players[MAX_WORKERS];
};

static void futex(atomic_uint *word, int what, unsigned int value)
{
	syscall(SYS_futex, word, what, value, NULL, NULL, 0);
}

static void spin_until(uint64_t ns)
{
	while (clock_now_ns() < ns)
		;
}

/* A task's own memory; every page of it is still to be had. */
static volatile char *fresh_pages(size_t bytes)
{
	volatile char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED) {
		fprintf(stderr, "planted: %s\n", strerror(errno));
		exit(1);
	}
	madvise((void *)pages, bytes, MADV_NOHUGEPAGE); /* an rt kernel has none: EINVAL */
	return pages;
}

/* The phases of a turn. Each gets the clock at its start and returns it at its end. */
static uint64_t refill(struct planted *planted, uint64_t now)
{
	uint64_t end;

	spin_until(now + REFILL_NS);
	end = clock_now_ns();
	planted->account.refill_ns += end - now;
	return end;
}

/*
 * Pages are touched once more when they are there, with a system call for each that does nothing:
 * what that takes is the most that is not the faults' own of the first round (the way into the
 * kernel and back may count as theirs or not). It is a part of what the larger set costs.
 */
static uint64_t pay_for_memory(struct planted *planted, uint64_t now)
{
	size_t step = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = PAGES / planted->options.workers * step;
	volatile char *pages = fresh_pages(bytes);
	uint64_t touched, again, end;

	for (size_t at = 0; at < bytes; at += step)
		pages[at] = 1;
	touched = clock_now_ns();
	for (size_t at = 0; at < bytes; at += step)
		pages[at] = (char)syscall(SYS_getppid);
	again = clock_now_ns();
	spin_until(touched + SET_NS / planted->options.workers);
	end = clock_now_ns();
	planted->account.fault_ns += touched - now;
	planted->account.again_ns += again - touched;
	planted->account.set_ns += end - touched;
	return end;
}

static uint64_t work(struct planted *planted, uint64_t now, uint64_t ns)
{
	uint64_t end;

	spin_until(now + ns);
	end = clock_now_ns();
	planted->account.work_ns += end - now;
	return end;
}

static void wait_for_turn(struct player *player, unsigned int nth)
{
	struct lock *lock = &player->planted->lock;
	unsigned int now;

	lock_wait_begins(lock, &player->seat);
	while ((now = atomic_load(&player->woken)) < nth)
		futex(&player->woken, FUTEX_WAIT_PRIVATE, now);
	lock_wait_ends(lock);
}

/* Returns the clock after the lock was taken, where the hold's phases begin. */
static uint64_t take(struct player *player)
{
	struct account *account = &player->planted->account;
	uint64_t before = clock_now_ns(), after;

	lock_taken(&player->planted->lock, &player->seat);
	after = clock_now_ns();
	account->dead_ns[0] += before - player->let_go_ns[1];
	account->dead_ns[1] += after - player->let_go_ns[0];
	account->signal_ns[0] += player->wake_ns - player->let_go_ns[1];
	account->signal_ns[1] += before - player->let_go_ns[0];
	return after;
}

/* now: the end of the hold's last phase. */
static void pass_on(struct player *player, uint64_t now)
{
	struct planted *planted = player->planted;
	struct player *next = &planted->players[(player->number + 1) % planted->options.workers];

	lock_letting_go(&planted->lock, &player->seat, planted->options.workers - 1, true);
	next->let_go_ns[0] = now;
	next->let_go_ns[1] = clock_now_ns();
	spin_until(next->let_go_ns[1] + DEAD_NS);
	next->wake_ns = clock_now_ns();
	atomic_fetch_add(&next->woken, 1);
	futex(&next->woken, FUTEX_WAKE_PRIVATE, 1);
}

static void *play(void *arg)
{
	struct player *player = arg;
	struct planted *planted = player->planted;
	uint32_t workers = planted->options.workers, turns = planted->handoffs + 1;

	announce(ANNOUNCE_SEAT, &player->seat);
	for (uint32_t turn = player->number; turn < turns; turn += workers) {
		uint64_t now;

		if (turn) {
			wait_for_turn(player, turn / workers + (player->number != 0));
			now = refill(planted, take(player));
		} else {
			lock_taken(&planted->lock, &player->seat);
			now = clock_now_ns();
		}
		if (turn < workers)
			now = pay_for_memory(planted, now);
		now = work(planted, now, WORK_NS / turns);
		if (turn + 1 < turns)
			pass_on(player, now);
		else
			lock_letting_go(&planted->lock, &player->seat, 0, false);
	}
	return NULL;
}

/* One task after the other, or all alive at once without any lock. */
static void *play_alone(void *arg)
{
	struct player *player = arg;
	struct planted *planted = player->planted;
	bool locked = planted->options.arm == SEQUENTIAL;
	uint64_t now;

	announce(ANNOUNCE_SEAT, &player->seat);
	if (locked)
		lock_taken(&planted->lock, &player->seat);
	now = clock_now_ns();
	for (uint32_t i = 0; i < planted->options.workers && !locked; i++)
		now = pay_for_memory(planted, now);
	work(planted, now, WORK_NS);
	if (locked)
		lock_letting_go(&planted->lock, &player->seat, 0, false);
	return NULL;
}

static void run(struct planted *planted)
{
	bool alone = planted->options.arm < ONE_CPU;
	uint32_t threads = alone ? 1 : planted->options.workers;

	/* The first player comes last: the others wait for it already. */
	for (uint32_t i = threads; i-- > 0;) {
		struct player *player = &planted->players[i];

		player->planted = planted;
		player->number = i;
		if (pthread_create(&player->thread, NULL, alone ? play_alone : play, player)) {
			fprintf(stderr, "planted: cannot start a thread\n");
			exit(1);
		}
	}
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(planted->players[i].thread, NULL);
}

static void write_log(const struct planted *planted, const struct window *window)
{
	const struct account *account = &planted->account;
	const char *path = getenv("PLANTED_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	dprintf(fd, "handoffs %u work %lu set %lu faults %lu again %lu refill %lu dead_low %lu "
		"dead_high %lu signal_low %lu signal_high %lu wall %lu\n", planted->handoffs,
		account->work_ns, account->set_ns, account->fault_ns, account->again_ns,
		account->refill_ns, account->dead_ns[0], account->dead_ns[1],
		account->signal_ns[0], account->signal_ns[1], window->usage.wall_ns);
	close(fd);
}

static void print_result(const struct planted *planted, const struct window *window)
{
	window_print(window);
	printf("acquisitions %llu\nreleases %llu\nhandoffs %llu\n",
	       planted->lock.page.acquisitions, planted->lock.page.releases,
	       planted->lock.page.handoffs);
	printf("max_rss_bytes %lu\ntasks_done %u\nobjects_allocated 0\nobjects_freed 0\n",
	       usage_peak_rss_bytes(), planted->options.workers);
}

/* --- the lock: a turn that is passed on -------------------------------------- */

static int ring_init(struct lock *lock)
{
	(void)lock;
	return 0;
}

static void ring_destroy(struct lock *lock)
{
	(void)lock;
}

static const struct lock_kind ring = {
	.name = "ring",
	.summary = "planted's: each owner chooses the next",
	.shared = true,
	.stamps_always = true,
	.bytes = sizeof(struct planted),
	.init = ring_init,
	.destroy = ring_destroy,
};

/* --- the command line ---------------------------------------------------------- */

static const struct argp_option argp_options[] = {
	{ "arm", 'a', "NAME", 0, "sequential, interleaved, threads-1cpu, threads", 0 },
	{ "workers", 'w', "N", 0, "number of tasks", 0 },
	{ "interval-us", 'i', "N", 0, "the more hand-offs the shorter", 0 },
	{ "cpu", 'c', "N", 0, "the CPU of threads-1cpu", 0 },
	{ "lock", 'l', "NAME", 0, "ignored", 0 },
	{ "objects", 'n', "N", 0, "ignored", 0 },
	{ "seed", 's', "N", 0, "ignored", 0 },
	{ 0 },
};

static void parse_arm(struct argp_state *state, struct options *options, const char *name)
{
	for (int arm = SEQUENTIAL; arm <= THREADS; arm++) {
		if (strcmp(arm_names[arm], name) == 0) {
			options->arm = (enum arm)arm;
			return;
		}
	}
	argp_error(state, "--arm: '%s' is not an arm", name);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'a': parse_arm(state, options, arg); break;
	case 'w':
		options->workers = (uint32_t)argument_number(state, "workers", arg, 2, MAX_WORKERS);
		break;
	case 'i': options->interval_ns = argument_interval_ns(state, arg); break;
	case 'c': options->cpu = (int)argument_number(state, "cpu", arg, 0, CPU_SETSIZE - 1); break;
	case 'l':
	case 'n':
	case 's': break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static uint32_t handoffs_of(const struct options *options)
{
	uint64_t most = HANDOFFS * HANDOFFS * (INTERVAL_US * NSEC_PER_USEC / options->interval_ns);
	uint32_t handoffs = options->workers;

	if (options->arm < ONE_CPU)
		return 0;
	while ((uint64_t)handoffs * handoffs < most)
		handoffs++;
	return handoffs;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Plant known costs in the arms of the headline experiment.", NULL, NULL, NULL };
	struct options options = { .arm = THREADS, .workers = 5,
				   .interval_ns = INTERVAL_US * NSEC_PER_USEC };
	struct lock *lock = lock_new(&ring, 0);
	struct planted *planted = (struct planted *)lock;
	struct window window;
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (!lock)
		return 1;
	err = options.arm == ONE_CPU ? cpu_confine(options.cpu) : 0;
	if (err) {
		fprintf(stderr, "planted: CPU %d: %s\n", options.cpu, strerror(-err));
		return 1;
	}
	planted->options = options;
	planted->handoffs = handoffs_of(&options);
	window_open(&window, options.arm == INTERLEAVED ? NULL : lock_page(lock));
	run(planted);
	window_close(&window);
	print_result(planted, &window);
	write_log(planted, &window);
	lock_free(lock);
	return 0;
}
