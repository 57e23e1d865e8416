/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows - what a row of each CSV file holds.
 *
 * Start a row with columns__clear(&rows__runs, &row) and fill what was measured; what
 * stays untouched is written as an empty field. Fields come in the order of the columns,
 * which is public: new ones join at the end.
 */
#ifndef SWITCHTAX_ROWS_H
#define SWITCHTAX_ROWS_H

#include <stdint.h>

#include "results/columns.h"

#define ROWS_SCHEMA_VERSION 1

#define ROWS_NAME_SIZE 64	/* run_id, experiment, arm, lock, state, histogram, component */
#define ROWS_COMM_SIZE 16	/* TASK_COMM_LEN */
#define ROWS_CPUS_SIZE 1024	/* a list of CPUs, as 0-3,8 */
#define ROWS_REASON_SIZE 256
#define ROWS_LOCK_REASON_SIZE 1024	/* may name files */
#define ROWS_CLAIM_REASON_SIZE 384	/* several figures, with their intervals */
#define ROWS_UNIT_SIZE 24

/* runs.csv: one run of one arm */
struct run_row {
	uint64_t schema_version;
	char run_id[ROWS_NAME_SIZE];
	char experiment[ROWS_NAME_SIZE];
	char arm[ROWS_NAME_SIZE];
	uint64_t block;
	uint64_t order;
	int8_t traced;
	int8_t valid;
	char reason[ROWS_REASON_SIZE];
	uint64_t workers;
	uint64_t objects;
	char lock[ROWS_NAME_SIZE];
	uint64_t interval_us;
	char cpus[ROWS_CPUS_SIZE];
	uint64_t seed;
	uint64_t wall_ns;
	uint64_t user_ns;
	uint64_t sys_ns;
	uint64_t switches_voluntary;
	uint64_t switches_involuntary;
	uint64_t migrations;
	uint64_t handoffs;
	uint64_t handoffs_forced;
	uint64_t faults_minor;
	uint64_t faults_major;
	uint64_t max_rss_bytes;
	uint64_t steal_ns;
	uint64_t events_lost;
	int64_t exit_status;
	uint64_t other_cpu_ns;	/* CPU time that processes outside the run used during it */
	uint64_t window_ns;	/* the traced window */
	uint64_t bpf_ns;	/* run time of our BPF programs, if it was measured */
	uint64_t acquisitions;	/* of the lock, by its own count */
	uint64_t arrivals_unseen;	/* switches in that the kernel left out, made up for */
	uint64_t releases;	/* of the lock */
	uint64_t half_seen;	/* lock intervals that had begun before the window */
	uint64_t stopped_ns;	/* stopped while we looked for its lock; not in wall_ns */
	char disturbed[ROWS_REASON_SIZE];	/* by whom, and how much; "": it was not */
	char lock_reason[ROWS_LOCK_REASON_SIZE];	/* why no lock of it was watched */
};

/*
 * locks.csv: one lock of one traced run, and how it was found. The first is the ledger's; of the
 * others (interpreters with locks of their own) only the calls are known. Functions: all sites,
 * with ';' between them.
 */
#define ROWS_FUNCTIONS_SIZE 2048

struct lock_row {
	char run_id[ROWS_NAME_SIZE];
	uint64_t lock;			/* from 1 */
	uint64_t pid;			/* of its process; missing: not known */
	char name[ROWS_NAME_SIZE];
	char kind[ROWS_UNIT_SIZE];	/* announced, named, interpreter, or that of a runtime: cpython */
	char module[ROWS_LOCK_REASON_SIZE];	/* file with the functions, as the process knows it */
	char acquire[ROWS_FUNCTIONS_SIZE];
	char release[ROWS_FUNCTIONS_SIZE];
	char found_by[ROWS_LOCK_REASON_SIZE];	/* file that names the functions */
	uint64_t acquisitions;
	uint64_t releases;
	uint64_t handoffs;
	uint64_t handoffs_forced;
	uint64_t lost_claims;		/* acquisitions timed by the thread's arrival on a CPU */
};

/* losses.csv: what a run could not keep, by cause; only what there is */
struct loss_row {
	char run_id[ROWS_NAME_SIZE];
	char cause[ROWS_NAME_SIZE];
	uint64_t count;
};

/* threads.csv: one thread of one run */
struct thread_row {
	char run_id[ROWS_NAME_SIZE];
	uint64_t thread;
	uint64_t tid;
	char comm[ROWS_COMM_SIZE];
	uint64_t life_ns;
	uint64_t cpu_ns;
	uint64_t ready_ns;
	uint64_t lock_wait_ns;
	uint64_t blocked_ns;
	uint64_t switches_voluntary;
	uint64_t switches_involuntary;
	uint64_t kernel_voluntary;
	uint64_t kernel_involuntary;
	uint64_t acquisitions;
	uint64_t handoffs_in;
};

/* ledger.csv: one state of one run */
struct ledger_row {
	char run_id[ROWS_NAME_SIZE];
	char state[ROWS_NAME_SIZE];
	uint64_t ns;
	uint64_t count;
};

/* handoffs.csv: one hand-off */
struct handoff_row {
	char run_id[ROWS_NAME_SIZE];
	uint64_t t_ns;
	uint64_t from_tid;
	uint64_t to_tid;
	uint64_t from_cpu;
	uint64_t to_cpu;
	int8_t forced;
	uint64_t signal_ns;
	uint64_t queue_ns;
	uint64_t take_ns;
};

/*
 * futexes.csv: the sleeps of one thread on one futex that one other thread has ended;
 * waker_tid missing: ended by a time-out, a signal or a program outside, or not ended
 */
struct futex_row {
	char run_id[ROWS_NAME_SIZE];
	char address[24];		/* hexadecimal */
	char name[ROWS_REASON_SIZE];	/* symbol that covers it, or its mapping */
	uint64_t waiter_tid;
	uint64_t waker_tid;
	uint64_t waits;
	uint64_t wait_ns;		/* asleep, inside the window */
	uint64_t pid;			/* process: addresses are its own */
};

/* histograms.csv: one bucket of one histogram of one run, low_ns <= value < high_ns */
struct histogram_row {
	char run_id[ROWS_NAME_SIZE];
	char histogram[ROWS_NAME_SIZE];
	uint64_t low_ns;
	uint64_t high_ns;
	uint64_t count;
};

/* verdict.csv: one component of the excess with its 95 % interval */
struct verdict_row {
	char experiment[ROWS_NAME_SIZE];
	char method[ROWS_NAME_SIZE];
	char component[ROWS_NAME_SIZE];
	double excess_ms;
	double low_ms;
	double high_ms;
	double share;
	double share_low;
	double share_high;
};

/* observations.csv: one thing that a workload observed in one run */
struct observation_row {
	char run_id[ROWS_NAME_SIZE];
	char experiment[ROWS_NAME_SIZE];
	char arm[ROWS_NAME_SIZE];
	uint64_t block;
	char metric[ROWS_NAME_SIZE];
	char variant[ROWS_NAME_SIZE];	/* "-": the metric has none */
	double value;
	char unit[ROWS_UNIT_SIZE];
};

/* labs.csv: one claim of the lab sheet, and what the measurements say of it */
struct claim_row {
	char claim[ROWS_UNIT_SIZE];
	char experiment[ROWS_NAME_SIZE];
	char verdict[ROWS_UNIT_SIZE];	/* supported, refuted, undecided */
	double figure;
	double low;
	double high;
	char unit[ROWS_UNIT_SIZE];
	char reason[ROWS_CLAIM_REASON_SIZE];
};

/* prices.csv: what one thing costs on this machine, with its 95 % interval over rounds */
struct price_row {
	char price[ROWS_NAME_SIZE];
	char variant[ROWS_NAME_SIZE];
	double median_ns;
	double low_ns;
	double high_ns;
	uint64_t samples;
};

/* stacks.csv: one line of names that samples of one run's holder have found */
#define ROWS_STACK_SIZE 16384

struct stack_row {
	char run_id[ROWS_NAME_SIZE];
	char kind[ROWS_UNIT_SIZE];	/* user, fault, syscall, interrupt */
	char stack[ROWS_STACK_SIZE];	/* frames root first, with ';' between them */
	uint64_t samples;
};

extern const struct table rows__runs;
extern const struct table rows__threads;
extern const struct table rows__locks;
extern const struct table rows__losses;
extern const struct table rows__ledger;
extern const struct table rows__futexes;
extern const struct table rows__handoffs;
extern const struct table rows__histograms;
extern const struct table rows__verdict;
extern const struct table rows__observations;
extern const struct table rows__labs;
extern const struct table rows__prices;
extern const struct table rows__stacks;

#endif
