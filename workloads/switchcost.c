// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What it costs to switch from one thread or process to another.
 *
 * lmbench's method (McVoy and Staelin, lmbench: Portable Tools for Performance Analysis,
 * USENIX 1996, section 6.6; its lat_ctx): a token goes round a ring of two through pipes, and
 * each sums its working set before it passes the token on. The same work without a switch is
 * timed too, one task passing the token to itself, and subtracted. Both are timed in turn, batch
 * by batch, in the same task: what the machine does in between happens to both.
 *
 * With a working set, a switch holds the refill of the caches too: the set that was summed alone
 * is warm, and the one that comes after the other task's is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "kit/arguments.h"
#include "include/clock.h"
#include "kit/evidence.h"
#include "kit/vector.h"

#define MAX_BATCHES 1001
#define MAX_BYTES (256ULL << 20)

/*
 * A batch takes less than a millisecond: on a busy machine most then see nobody else's time
 * slice, and the median is one of those. Fewer round trips where each takes longer.
 */
#define BATCHES 151
#define ROUNDS 100
#define BYTES_PER_ROUND 16384
#define MIN_ROUNDS 4

enum token { TOKEN_PASS, TOKEN_REPORT, TOKEN_END };

struct options {
	bool process;
	bool vector;
	bool cross;
	uint64_t bytes;
	uint64_t rounds;	/* round trips in a batch; 0: by the working set */
	uint64_t batches;
	int cpus[2];		/* of the two tasks; -1: not said */
};

struct pipe_ends {
	int from;
	int to;
};

/* One of the two. The one that answers may be another process: it writes here only. */
struct task {
	const struct options *options;
	struct pipe_ends ring;
	enum vector vector;
	int cpu;
	uint64_t *data;
	size_t words;
	uint64_t switches;	/* at the last report */
	int err;
};

/* What one batch took, per pass of the token. */
struct batches {
	double raw_ns[MAX_BATCHES];
	double overhead_ns[MAX_BATCHES];
	double switch_ns[MAX_BATCHES];
};

static volatile uint64_t sink;

static const struct argp_option argp_options[] = {
	{ "mode", 'm', "MODE", 0, "what is switched between: thread or process (default: thread)",
	  0 },
	{ "bytes", 'b', "N", 0, "working set that each reads between two switches (default: 0)",
	  0 },
	{ "vector", 'v', "yes|no", 0, "leave data in the vector registers (default: no)", 0 },
	{ "cross", 'x', NULL, 0, "the two on different CPUs", 0 },
	{ "cpus", 'C', "A,B", 0, "those CPUs (default: the first two)", 0 },
	{ "cpu", 'c', "N", 0, "the CPU of both (default: the last)", 0 },
	{ "rounds", 'r', "N", 0, "round trips in a batch (default: 100, fewer with large sets)",
	  0 },
	{ "batches", 'n', "N", 0, "batches, of which the median counts (default: 151)", 0 },
	{ 0 },
};

static bool parse_choice(struct argp_state *state, const char *name, const char *text,
			 const char *no, const char *yes)
{
	if (strcmp(text, yes) && strcmp(text, no))
		argp_error(state, "--%s: '%s' is not one of %s, %s", name, text, no, yes);
	return strcmp(text, yes) == 0;
}

static void parse_cpus(struct argp_state *state, struct options *options, const char *text)
{
	char first[32];
	const char *comma = strchr(text, ',');

	if (!comma || (size_t)(comma - text) >= sizeof(first)) {
		argp_error(state, "--cpus: '%s' is not two CPUs as 0,1", text);
		return;
	}
	snprintf(first, sizeof(first), "%.*s", (int)(comma - text), text);
	options->cpus[0] = argument_cpu(state, "cpus", first);
	options->cpus[1] = argument_cpu(state, "cpus", comma + 1);
	if (options->cpus[0] == options->cpus[1])
		argp_error(state, "--cpus: '%s' names one CPU twice", text);
	options->cross = true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'm': options->process = parse_choice(state, "mode", arg, "thread", "process"); break;
	case 'v': options->vector = parse_choice(state, "vector", arg, "no", "yes"); break;
	case 'b': options->bytes = argument_number(state, "bytes", arg, 0, MAX_BYTES); break;
	case 'r': options->rounds = argument_number(state, "rounds", arg, 1, 1000000); break;
	case 'n': options->batches = argument_number(state, "batches", arg, 1, MAX_BATCHES); break;
	case 'x': options->cross = true; break;
	case 'C': parse_cpus(state, options, arg); break;
	case 'c':
		options->cpus[0] = argument_cpu(state, "cpu", arg);
		options->cpus[1] = options->cpus[0];
		break;
	case ARGP_KEY_END:
		if (options->cross && options->cpus[0] >= 0 &&
		    options->cpus[0] == options->cpus[1])
			argp_error(state, "--cpu is for one CPU, --cross for two: give --cpus A,B");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The CPUs that were not said. Returns 0, or -ENODEV if there is only one and two are wanted. */
static int choose_cpus(struct options *options)
{
	int first = -1, second = -1, last = -1;
	cpu_set_t set;

	if (options->cpus[0] >= 0)
		return 0;
	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		second = first >= 0 && second < 0 ? cpu : second;
		first = first < 0 ? cpu : first;
		last = cpu;
	}
	options->cpus[0] = options->cross ? first : last;
	options->cpus[1] = options->cross ? second : last;
	return options->cpus[1] < 0 ? -ENODEV : 0;
}

/* "thread", "process-vector", "thread-cross", "thread-65536" */
static void name_variant(const struct options *options, char *name, size_t size)
{
	char bytes[24] = "";

	if (options->bytes)
		snprintf(bytes, sizeof(bytes), "-%lu", options->bytes);
	snprintf(name, size, "%s%s%s%s", options->process ? "process" : "thread",
		 options->vector ? "-vector" : "", options->cross ? "-cross" : "", bytes);
}

/* On its CPU, with its working set in memory of its own. Returns 0 or -errno. */
static int settle(struct task *task)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(task->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return -errno;
	task->words = task->options->bytes / sizeof(*task->data);
	if (!task->words)
		return 0;
	task->data = aligned_alloc(4096, (task->options->bytes + 4095) / 4096 * 4096);
	if (!task->data)
		return -ENOMEM;
	for (size_t i = 0; i < task->words; i++)
		task->data[i] = i;
	return 0;
}

static inline void work(const struct task *task)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < task->words; i++)
		sum += task->data[i];
	sink = sum;
	vector_dirty(task->vector);
}

/* The kernel's own count for the calling thread, both kinds: a waker may be pre-empted. */
static uint64_t switches_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

static int get(int fd, int *token)
{
	ssize_t got = read(fd, token, sizeof(*token));

	return got == (ssize_t)sizeof(*token) ? 0 : got < 0 ? -errno : -EPIPE;
}

static int put(int fd, int token)
{
	return write(fd, &token, sizeof(token)) == (ssize_t)sizeof(token) ? 0 : -errno;
}

/* The one that answers: passes each token back until the last one. */
static void answer(struct task *task)
{
	int token = TOKEN_PASS;

	task->err = settle(task);
	while (!task->err && token != TOKEN_END) {
		task->err = get(task->ring.from, &token);
		if (token == TOKEN_REPORT)
			task->switches = switches_now();
		else
			work(task);
		if (!task->err)
			task->err = put(task->ring.to, task->err ? TOKEN_END : token);
	}
	/* Whoever still waits for an answer is told that there is none. */
	if (task->err)
		put(task->ring.to, TOKEN_END);
	free(task->data);
}

static int pass(const struct task *task, const struct pipe_ends *ends, int token)
{
	int answered = -1;
	int err = put(ends->to, token);

	if (!err)
		err = get(ends->from, &answered);
	work(task);
	return err ? err : answered == token ? 0 : -EPIPE;
}

/* The time of n passes through these ends, each, in ns. */
static int time_passes(const struct task *task, const struct pipe_ends *ends, uint64_t n,
		       double *each_ns)
{
	uint64_t start = clock_now_ns();
	int err = 0;

	for (uint64_t i = 0; i < n && !err; i++)
		err = pass(task, ends, TOKEN_PASS);
	*each_ns = (double)(clock_now_ns() - start) / (double)n;
	return err;
}

/* A round trip is two passes with a switch each; a pass to oneself has none. */
static int time_batch(const struct task *task, const struct pipe_ends *own, uint64_t rounds,
		      struct batches *batches, size_t i)
{
	double trip_ns = 0;
	int err = time_passes(task, own, 2 * rounds, &batches->overhead_ns[i]);

	if (!err)
		err = time_passes(task, &task->ring, rounds, &trip_ns);
	batches->raw_ns[i] = trip_ns / 2;
	batches->switch_ns[i] = batches->raw_ns[i] - batches->overhead_ns[i];
	return err;
}

struct race {
	const struct options *options;
	struct task *asker;
	struct task *answerer;
	struct pipe_ends own;
	uint64_t rounds;
	uint64_t counted;
	struct batches *batches;
};

/* The one that asks, and looks at the clock. The first round trips wake everything up. */
static int ask(struct race *race)
{
	struct task *task = race->asker;
	uint64_t before, own_before;
	int err = settle(task);

	for (int i = 0; i < 10 && !err; i++)
		err = pass(task, &task->ring, TOKEN_PASS);
	if (!err)
		err = pass(task, &task->ring, TOKEN_REPORT);
	before = race->answerer->switches;
	own_before = switches_now();
	for (uint64_t i = 0; i < race->options->batches && !err; i++)
		err = time_batch(task, &race->own, race->rounds, race->batches, i);
	race->counted = switches_now() - own_before;
	if (!err)
		err = pass(task, &task->ring, TOKEN_REPORT);
	race->counted += race->answerer->switches - before;
	if (!err)
		err = pass(task, &task->ring, TOKEN_END);
	free(task->data);
	return err;
}

static void *answer_in_thread(void *arg)
{
	answer(arg);
	return NULL;
}

static void *ask_in_thread(void *arg)
{
	struct race *race = arg;

	race->asker->err = ask(race);
	return NULL;
}

static int between_threads(struct race *race)
{
	pthread_t threads[2];
	int err = -pthread_create(&threads[0], NULL, answer_in_thread, race->answerer);

	if (err)
		return err;
	err = -pthread_create(&threads[1], NULL, ask_in_thread, race);
	if (err)
		put(race->asker->ring.to, TOKEN_END);
	else
		pthread_join(threads[1], NULL);
	pthread_join(threads[0], NULL);
	return err ? err : race->asker->err ? race->asker->err : race->answerer->err;
}

static int between_processes(struct race *race)
{
	pid_t parent = getpid(), child = fork();
	int err, status = 0;

	if (child < 0)
		return -errno;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			answer(race->answerer);
		_exit(race->answerer->err ? 1 : 0);
	}
	err = ask(race);
	if (err)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return race->answerer->err ? race->answerer->err : err;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Reorders the values. */
static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/*
 * 1: entries of the TLB bear the process's number (PCID; the kernel uses it if it shows it), so
 * that a switch between processes need not drop them. Elsewhere than on x86 that is always so.
 */
static int tlb_is_tagged(void)
{
#if defined(__x86_64__)
	FILE *info = fopen("/proc/cpuinfo", "re");
	char line[8192];
	int tagged = 0;

	while (info && !tagged && fgets(line, sizeof(line), info))
		tagged = strncmp(line, "flags", 5) == 0 && strstr(line, " pcid ");
	if (info)
		fclose(info);
	return tagged;
#else
	return 1;
#endif
}

static void report(struct race *race)
{
	const struct options *options = race->options;
	struct batches *batches = race->batches;
	size_t count = options->batches;
	char variant[64];

	name_variant(options, variant, sizeof(variant));
	evidence("switch_ns", variant, median(batches->switch_ns, count), "ns");
	evidence("switch_raw_ns", variant, median(batches->raw_ns, count), "ns");
	evidence("overhead_ns", variant, median(batches->overhead_ns, count), "ns");
	evidence("switches_expected", variant, (double)(2 * race->rounds * count), "count");
	evidence("switches_counted", variant, (double)race->counted, "count");
	evidence("working_set_bytes", variant, (double)options->bytes, "bytes");
	if (options->process)
		evidence("tlb_tagged", variant, tlb_is_tagged(), "count");
	if (options->vector)
		evidence("vector_bytes", variant, (double)vector_bytes(race->asker->vector),
			 "bytes");
}

/* Three pipes: there, back, and to oneself. */
static int open_pipes(struct race *race)
{
	int fds[3][2];

	for (int i = 0; i < 3; i++)
		if (pipe2(fds[i], O_CLOEXEC))
			return -errno;
	race->asker->ring = (struct pipe_ends){ .from = fds[1][0], .to = fds[0][1] };
	race->answerer->ring = (struct pipe_ends){ .from = fds[0][0], .to = fds[1][1] };
	race->own = (struct pipe_ends){ .from = fds[2][0], .to = fds[2][1] };
	return 0;
}

static uint64_t rounds_of(const struct options *options)
{
	/* Waking another CPU takes many times as long as a switch. */
	uint64_t most = options->cross ? ROUNDS / 5 : ROUNDS;
	uint64_t rounds = most / (1 + options->bytes / BYTES_PER_ROUND);

	if (options->rounds)
		return options->rounds;
	return rounds < MIN_ROUNDS ? MIN_ROUNDS : rounds;
}

static int run(const struct options *options, struct window *window)
{
	static struct batches batches;
	/* Shared, so that the answers of another process are seen. */
	struct task *tasks = mmap(NULL, 2 * sizeof(*tasks), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct race race = { .options = options, .rounds = rounds_of(options),
			     .batches = &batches };
	int err;

	if (tasks == MAP_FAILED)
		return -errno;
	for (int i = 0; i < 2; i++)
		tasks[i] = (struct task){ .options = options, .cpu = options->cpus[i],
					  .vector = options->vector ? vector_widest()
								    : VECTOR_NONE };
	race.asker = &tasks[0];
	race.answerer = &tasks[1];
	err = open_pipes(&race);
	if (err)
		return err;
	window_open(window, NULL);
	err = options->process ? between_processes(&race) : between_threads(&race);
	window_close(window);
	if (!err)
		report(&race);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Time the switch between two threads or processes.", NULL, NULL, NULL };
	struct options options = { .batches = BATCHES, .cpus = { -1, -1 } };
	struct window window;
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (choose_cpus(&options)) {
		fputs("switchcost: --cross needs two CPUs, and only one can be used\n", stderr);
		return 3;
	}
	if (options.vector && vector_widest() == VECTOR_NONE) {
		fputs("switchcost: --vector: this CPU has no vector registers that we know "
		      "(AVX); leave the option out\n", stderr);
		return 3;
	}
	err = run(&options, &window);
	if (err)
		fprintf(stderr, "switchcost: %s\n", strerror(-err));
	else
		window_print(&window);
	return err ? 1 : 0;
}
