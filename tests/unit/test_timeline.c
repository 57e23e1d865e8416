// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_timeline - what goes into a timeline comes out of it; what is damaged does not.
 *
 * Every test runs in a fresh folder, as working directory.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/ledger/ledger.h"
#include "../../user/timeline/timeline.h"
#include "../../user/timeline/format.h"
#include "../../user/timeline/intervals.h"
#include "../../user/timeline/layout.h"
#include "../../user/timeline/writer.h"
#include "../../user/timeline/varint.h"
#include "include/clock.h"
#include "include/wait.h"

#define RUN "001-01-threads-traced"
#define FILE_NAME RUN TIMELINE_SUFFIX

static char home[PATH_MAX];
static char why[TIMELINE_WHY_SIZE];

/* A run of 1000 ns that begins a while after the file. */
static uint64_t start;
static struct thread_record records[2];
static struct ledger_thread rows[2];
static struct trace trace;
static struct ledger_lock lock;
static struct ledger ledger;

static int enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(home, sizeof(home), "%s/switchtax-test-XXXXXX", tmp ? tmp : "/tmp");
	why[0] = '\0';
	return mkdtemp(home) && !chdir(home) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	unlink(FILE_NAME);
	if (chdir("/"))
		return -1;
	return rmdir(home);
}

/* Units of 32 ns of a wait, of which a thread of the run had the CPU. */
#define SELF(units)	((units) << 1)
#define SELF_IDLE(units) ((units) << 1 | 1)

/* Thread 1 holds the lock, is pre-empted and lets go; thread 2 waits for it, and ends. */
static const struct stretch_event stretches[] = {
	{ .kind = STREAM_STRETCH, .slot = 1, .state = THREAD_READY, .hold = STRETCH_KEPT,
	  .cpu_left = 0, .cpu = 1, .off = { 100, 100, 200, 0, SELF(2) } },
	{ .kind = STREAM_STRETCH, .slot = 2, .state = THREAD_LOCK_WAIT, .cpu_left = 300, .cpu = 300,
	  .off = { 50, 420, 450, 0, SELF_IDLE(0) } },
	{ .kind = STREAM_STRETCH, .slot = 1, .state = THREAD_BLOCKED, .cpu_left = 1, .cpu = 1,
	  .off = { 600, 700, 800 } },
};

static const struct handoff_event takes[] = {
	{ .kind = STREAM_TAKE, .t_ns = 20, .wanted_ns = 20, .to_slot = 1 },
	{ .kind = STREAM_TAKE, .t_ns = 460, .released_ns = 400, .wanted_ns = 400, .forced = 1,
	  .from_slot = 1, .to_slot = 2 },
};

static void fill_run(void)
{
	records[0] = (struct thread_record){ .slot = 1, .tid = 71, .state = THREAD_CPU, .cpu = 1,
					     .born_ns = start - 10, .since_ns = start + 800,
					     .comm = "first" };
	records[1] = (struct thread_record){ .slot = 2, .tid = 72, .state = THREAD_DEAD, .cpu = 300,
					     .born_ns = start + 40, .died_ns = start + 900,
					     .comm = "second" };
	rows[0] = (struct ledger_thread){ .slot = 1 };
	rows[1] = (struct ledger_thread){ .slot = 2 };
	trace = (struct trace){ .start_ns = start, .end_ns = start + 1000, .opened = true,
				.closed = true, .threads = records, .nthreads = 2,
				.streamed_lock = ANNOUNCED_LOCK };
	lock = (struct ledger_lock){ .index = ANNOUNCED_LOCK, .handoffs = 1,
				     .ns = { [HELD_RUNNING] = 340 } };
	ledger = (struct ledger){ .has_lock = true, .valid = true, .threads = rows, .nthreads = 2,
				  .locks = &lock, .nlocks = 1, .switches = { 3, 1 } };
}

static void stream_stretch(struct timeline_writer *writer, struct stretch_event event)
{
	event.off.off_ns += start;
	event.off.ready_ns += start;
	event.off.on_ns += start;
	timeline_writer__event(writer, &event, sizeof(event));
}

static void stream_take(struct timeline_writer *writer, struct handoff_event event)
{
	event.t_ns += start;
	event.wanted_ns += start;
	if (event.released_ns)
		event.released_ns += start;
	timeline_writer__event(writer, &event, sizeof(event));
}

static struct timeline_writer *begin_file(void)
{
	struct timeline_writer *writer;

	assert_int_equal(timeline_writer__open(&writer, AT_FDCWD, RUN, 0), 0);
	start = clock_now_ns() + 1000;
	fill_run();
	return writer;
}

static void write_file(void)
{
	const struct lock_event release = { .kind = STREAM_RELEASE, .slot = 2 };
	struct timeline_writer *writer = begin_file();
	struct lock_event moved = release;

	stream_take(writer, takes[0]);
	stream_stretch(writer, stretches[0]);
	stream_stretch(writer, stretches[1]);
	stream_take(writer, takes[1]);
	stream_stretch(writer, stretches[2]);
	moved.t_ns = start + 850;
	timeline_writer__event(writer, &moved, sizeof(moved));
	assert_int_equal(timeline_writer__finish(writer, &trace, &ledger), 0);
	assert_int_equal(access(FILE_NAME, F_OK), -1);
	assert_int_equal(timeline_writer__commit(writer), 0);
	timeline_writer__free(writer);
	assert_int_equal(access(FILE_NAME, F_OK), 0);
}

static size_t file_bytes(uint8_t *data, size_t size)
{
	int fd = open(FILE_NAME, O_RDONLY);
	ssize_t got = read(fd, data, size);

	close(fd);
	assert_true(got > TIMELINE_HEAD_SIZE && got < (ssize_t)size);
	return (size_t)got;
}

static int parse(const uint8_t *data, size_t len, struct timeline *timeline)
{
	/* An exact copy lets a sanitizer see what is read behind it. */
	uint8_t *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, data, len);
	err = timeline__parse(copy, len, "x", timeline, why, sizeof(why));
	free(copy);
	return err;
}

static void numbers_of_any_size_come_back(void **state)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX,
					   1ULL << 62, 1ULL << 63, UINT64_MAX };
	uint8_t bytes[VARINT_MAX_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		size_t len = varint__put(bytes, values[i]);
		const uint8_t *at = bytes;
		uint64_t value;

		assert_true(len <= VARINT_MAX_BYTES);
		assert_int_equal(varint__get(&at, bytes + len - 1, &value), -ENODATA);
		assert_ptr_equal(at, bytes);
		assert_int_equal(varint__get(&at, bytes + len, &value), 0);
		assert_ptr_equal(at, bytes + len);
		assert_true(value == values[i]);
		assert_true(varint__zigzag(varint__unzigzag(value)) == value);
	}
	assert_int_equal(varint__zigzag(-1), 1);
	assert_int_equal(varint__zigzag(1), 2);
	assert_true(varint__unzigzag(varint__zigzag(INT64_MIN)) == INT64_MIN);
}

static void numbers_that_nobody_writes_are_refused(void **state)
{
	static const uint8_t longer[] = { 0x80, 0x00 };
	static const uint8_t large[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 };
	const uint8_t *at = longer;
	uint64_t value;

	(void)state;
	assert_int_equal(varint__get(&at, longer + sizeof(longer), &value), -EBADMSG);
	at = large;
	assert_int_equal(varint__get(&at, large + sizeof(large), &value), -EBADMSG);
}

static void what_was_written_is_read(void **state)
{
	struct timeline timeline;

	(void)state;
	write_file();
	assert_int_equal(timeline__read(AT_FDCWD, FILE_NAME, &timeline, why, sizeof(why)), 0);
	assert_string_equal(timeline.run_id, RUN);
	assert_true(timeline.start_ns == start && timeline.end_ns == start + 1000);
	assert_int_equal(timeline.nthreads, 2);
	assert_string_equal(timeline.threads[1].comm, "second");
	assert_int_equal(timeline.threads[0].nstretches, 2);
	assert_int_equal(wait__self_until(&timeline.threads[0].stretches[0].off), 164 + start);
	assert_int_equal(timeline.threads[0].stretches[0].cpu_left, 0);
	assert_int_equal(timeline.threads[1].stretches[0].cpu, 300);
	assert_true(timeline.threads[1].died_ns == start + 900);
	assert_int_equal(timeline.nlocks, 3);
	assert_true(timeline.locks[1].forced && timeline.locks[1].handoff);
	assert_true(timeline.locks[1].released_ns == start + 400);
	assert_int_equal(timeline.switches[VOLUNTARY], 3);
	assert_int_equal(timeline.lock_ns[HELD_RUNNING], 340);
	assert_int_equal(timeline.lost, 0);
	assert_true(timeline.valid && timeline.has_lock && !timeline.called);
	timeline__free(&timeline);
}

struct expected {
	enum timeline_kind kind;
	int thread;
	const char *state;
	int from;
	int to;
	int cpu;	/* -1: none */
};

static const struct expected expected[] = {
	{ TIMELINE_OF_THREAD, 1, "cpu", 0, 100, 0 },
	{ TIMELINE_OF_THREAD, 1, "ready", 100, 200, -1 },
	{ TIMELINE_OF_THREAD, 1, "cpu", 200, 600, 1 },
	{ TIMELINE_OF_THREAD, 1, "blocked", 600, 700, -1 },
	{ TIMELINE_OF_THREAD, 1, "ready", 700, 800, -1 },
	{ TIMELINE_OF_THREAD, 1, "cpu", 800, 1000, 1 },
	{ TIMELINE_OF_THREAD, 2, "cpu", 40, 50, 300 },
	{ TIMELINE_OF_THREAD, 2, "lock_wait", 50, 420, -1 },
	{ TIMELINE_OF_THREAD, 2, "ready", 420, 450, -1 },
	{ TIMELINE_OF_THREAD, 2, "cpu", 450, 900, 300 },
	{ TIMELINE_OF_LOCK, 0, "free_idle", 0, 20, -1 },
	{ TIMELINE_OF_LOCK, 1, "held_running", 20, 100, -1 },
	{ TIMELINE_OF_LOCK, 1, "held_preempted_self", 100, 164, -1 },
	{ TIMELINE_OF_LOCK, 1, "held_preempted_other", 164, 200, -1 },
	{ TIMELINE_OF_LOCK, 1, "held_running", 200, 400, -1 },
	{ TIMELINE_OF_LOCK, 2, "handoff_signal", 400, 420, -1 },
	{ TIMELINE_OF_LOCK, 2, "handoff_queue", 420, 450, -1 },
	{ TIMELINE_OF_LOCK, 2, "handoff_take", 450, 460, -1 },
	{ TIMELINE_OF_LOCK, 2, "held_running", 460, 850, -1 },
	{ TIMELINE_OF_LOCK, 0, "free_idle", 850, 1000, -1 },
	{ TIMELINE_OF_HANDOFF, 2, "forced", 400, 460, 300 },
};

static void events_become_intervals(void **state)
{
	size_t count = sizeof(expected) / sizeof(expected[0]);
	struct timeline_intervals intervals;
	struct timeline timeline;

	(void)state;
	write_file();
	assert_int_equal(timeline__read(AT_FDCWD, FILE_NAME, &timeline, why, sizeof(why)), 0);
	assert_int_equal(timeline_layout__make(&timeline, &intervals), 0);
	assert_int_equal(intervals.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct timeline_interval *interval = &intervals.items[i];

		assert_int_equal(interval->kind, expected[i].kind);
		assert_int_equal(interval->thread, expected[i].thread);
		assert_string_equal(timeline_intervals__state(interval), expected[i].state);
		assert_int_equal(interval->start_ns, expected[i].from);
		assert_int_equal(interval->end_ns, expected[i].to);
		assert_int_equal((int)interval->cpu, expected[i].cpu);
	}
	assert_int_equal(intervals.items[count - 1].from, 1);
	assert_int_equal(intervals.missing, 0);
	timeline_intervals__free(&intervals);
	timeline__free(&timeline);
}

/* Held and asleep, woken without quota; then asleep, woken, and kept waiting by all three. */
static const struct stretch_event waits[] = {
	{ .kind = STREAM_STRETCH, .slot = 1, .state = THREAD_BLOCKED, .hold = STRETCH_KEPT,
	  .off = { 100, 200, 300, 2, 0 } },
	{ .kind = STREAM_STRETCH, .slot = 2, .state = THREAD_LOCK_WAIT,
	  .off = { 50, 420, 720, 3, SELF(2) } },
};

static const struct expected states_of_waits[] = {
	{ TIMELINE_OF_LOCK, 1, "held_running", 20, 100, -1 },
	{ TIMELINE_OF_LOCK, 1, "held_blocked", 100, 200, -1 },
	{ TIMELINE_OF_LOCK, 1, "held_throttled", 200, 264, -1 },
	{ TIMELINE_OF_LOCK, 1, "held_waking", 264, 300, -1 },
	{ TIMELINE_OF_LOCK, 1, "held_running", 300, 400, -1 },
	{ TIMELINE_OF_LOCK, 2, "handoff_signal", 400, 420, -1 },
	{ TIMELINE_OF_LOCK, 2, "handoff_throttled", 420, 516, -1 },
	{ TIMELINE_OF_LOCK, 2, "handoff_queue_self", 516, 580, -1 },
	{ TIMELINE_OF_LOCK, 2, "handoff_queue_other", 580, 720, -1 },
	{ TIMELINE_OF_LOCK, 2, "handoff_take", 720, 730, -1 },
};

static void a_wait_for_a_cpu_has_its_parts(void **state)
{
	struct timeline_writer *writer = begin_file();
	struct handoff_event taken = takes[1];
	struct timeline_intervals intervals;
	struct timeline timeline;

	(void)state;
	taken.t_ns = 730;
	stream_take(writer, takes[0]);
	stream_stretch(writer, waits[0]);
	stream_stretch(writer, waits[1]);
	stream_take(writer, taken);
	assert_int_equal(timeline_writer__finish(writer, &trace, &ledger), 0);
	assert_int_equal(timeline_writer__commit(writer), 0);
	timeline_writer__free(writer);
	assert_int_equal(timeline__read(AT_FDCWD, FILE_NAME, &timeline, why, sizeof(why)), 0);
	assert_int_equal(timeline_layout__make(&timeline, &intervals), 0);
	for (size_t i = 0; i < sizeof(states_of_waits) / sizeof(states_of_waits[0]); i++) {
		const struct timeline_interval *interval =
			&intervals.items[intervals.first[TIMELINE_OF_LOCK] + 1 + i];

		assert_string_equal(timeline_intervals__state(interval), states_of_waits[i].state);
		assert_int_equal(interval->start_ns, states_of_waits[i].from);
		assert_int_equal(interval->end_ns, states_of_waits[i].to);
	}
	timeline_intervals__free(&intervals);
	timeline__free(&timeline);
}

/* The parts of a wait are kept in units, and never come to more than the wait. */
static void parts_of_a_wait_never_exceed_it(void **state)
{
	static const uint64_t lengths[] = { 0, 1, 31, 32, 33, 1000, 300ULL * 1000000000 };
	size_t count = sizeof(lengths) / sizeof(lengths[0]);

	(void)state;
	for (size_t i = 0; i < count * count * count; i++) {
		uint64_t throttled = lengths[i % count], self = lengths[i / count % count];
		uint64_t whole = throttled + self + lengths[i / count / count];
		struct off_stretch off = { 5, 7, 7 + whole, 0, 0 };

		wait__set(&off, throttled, self, i % 2);
		assert_true(wait__throttled_until(&off) <= wait__self_until(&off));
		assert_true(wait__self_until(&off) <= off.on_ns);
		assert_int_equal(wait__was_idle(&off), i % 2);
		/* Up to 68 s, what is all of one kind stays so. */
		if (self == whole && whole < 68000000000ULL)
			assert_true(wait__self_until(&off) == off.on_ns);
		if (!self && !throttled)
			assert_true(wait__self_until(&off) == off.ready_ns);
	}
}

/* The third stretch of thread 1 tells that two before it found no room. */
static void losses_leave_a_gap(void **state)
{
	struct timeline_writer *writer = begin_file();
	struct stretch_event late = stretches[2];
	struct timeline_intervals intervals;
	struct timeline timeline;

	(void)state;
	late.lost = 2;
	trace.losses[LOSS_STREAM] = 2;
	ledger.has_lock = ledger.valid = false;
	ledger.nlocks = 0;
	stream_stretch(writer, stretches[0]);
	stream_stretch(writer, late);
	assert_int_equal(timeline_writer__finish(writer, &trace, &ledger), 0);
	assert_int_equal(timeline_writer__commit(writer), 0);
	timeline_writer__free(writer);
	assert_int_equal(timeline__read(AT_FDCWD, FILE_NAME, &timeline, why, sizeof(why)), 0);
	assert_int_equal(timeline.lost, 2);
	assert_false(timeline.valid);
	assert_int_equal(timeline_layout__make(&timeline, &intervals), 0);
	assert_int_equal(intervals.missing, 1);
	/* From 200, when it came back, to 600 nobody knows. */
	assert_int_equal(intervals.items[1].end_ns, 200);
	assert_int_equal(intervals.items[2].start_ns, 600);
	assert_string_equal(timeline_intervals__state(&intervals.items[2]), "blocked");
	assert_int_equal(intervals.first[TIMELINE_OF_LOCK], intervals.count);
	timeline_intervals__free(&intervals);
	timeline__free(&timeline);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
	uint8_t data[4096];
	size_t len;

	(void)state;
	write_file();
	len = file_bytes(data, sizeof(data));
	for (size_t cut = 0; cut < len; cut++) {
		struct timeline timeline;

		why[0] = '\0';
		assert_int_equal(parse(data, cut, &timeline), -EBADMSG);
		assert_non_null(strstr(why, "x: it is truncated"));
		assert_null(timeline.threads);
	}
}

/* Some bits mean nothing: those between the end of the compressed data and its checksum. */
static void is_the_same(struct timeline *timeline)
{
	assert_string_equal(timeline->run_id, RUN);
	assert_int_equal(timeline->nthreads, 2);
	assert_int_equal(timeline->nstretches, 3);
	assert_int_equal(timeline->nlocks, 3);
	timeline__free(timeline);
}

static void a_bit_that_is_wrong_anywhere_is_found(void **state)
{
	uint8_t data[4096];
	size_t len, accepted = 0;

	(void)state;
	write_file();
	len = file_bytes(data, sizeof(data));
	for (size_t bit = 0; bit < 8 * len; bit++) {
		struct timeline timeline;

		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (parse(data, len, &timeline) == 0) {
			is_the_same(&timeline);
			accepted++;
		}
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(accepted < 8);
	data[len] = 0;
	assert_int_equal(parse(data, len + 1, &(struct timeline){ .run_id = "" }), -EBADMSG);
	assert_non_null(strstr(why, "behind its end"));
}

static void files_of_others_and_of_the_future_are_named(void **state)
{
	uint8_t data[4096];
	struct timeline timeline;
	size_t len;

	(void)state;
	write_file();
	len = file_bytes(data, sizeof(data));
	data[TIMELINE_MAGIC_SIZE] = 7;
	assert_int_equal(parse(data, len, &timeline), -ENOTSUP);
	assert_non_null(strstr(why, "version 7"));
	data[0] = 'X';
	assert_int_equal(parse(data, len, &timeline), -EBADMSG);
	assert_non_null(strstr(why, "no timeline of switchtax"));
	assert_int_equal(timeline__read(AT_FDCWD, ".", &timeline, why, sizeof(why)), -EINVAL);
	assert_int_equal(timeline__read(AT_FDCWD, "none", &timeline, why, sizeof(why)), -ENOENT);
}

static void nothing_is_overwritten_and_nothing_left(void **state)
{
	struct timeline_writer *writer;

	(void)state;
	assert_int_equal(symlink("elsewhere", FILE_NAME ".partial"), 0);
	assert_int_equal(timeline_writer__open(&writer, AT_FDCWD, RUN, 0), -EEXIST);
	assert_null(writer);
	assert_int_equal(access("elsewhere", F_OK), -1);
	assert_int_equal(unlink(FILE_NAME ".partial"), 0);
	assert_int_equal(timeline_writer__open(&writer, AT_FDCWD, RUN, 0), 0);
	assert_int_equal(access(FILE_NAME ".partial", F_OK), 0);
	timeline_writer__free(writer);
	assert_int_equal(access(FILE_NAME ".partial", F_OK), -1);
	timeline_writer__free(NULL);
	assert_int_equal(timeline_writer__commit(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_any_size_come_back),
		cmocka_unit_test(numbers_that_nobody_writes_are_refused),
		cmocka_unit_test_setup_teardown(what_was_written_is_read, enter, leave),
		cmocka_unit_test_setup_teardown(events_become_intervals, enter, leave),
		cmocka_unit_test_setup_teardown(a_wait_for_a_cpu_has_its_parts, enter, leave),
		cmocka_unit_test(parts_of_a_wait_never_exceed_it),
		cmocka_unit_test_setup_teardown(losses_leave_a_gap, enter, leave),
		cmocka_unit_test_setup_teardown(a_file_cut_anywhere_is_refused, enter, leave),
		cmocka_unit_test_setup_teardown(a_bit_that_is_wrong_anywhere_is_found, enter,
						leave),
		cmocka_unit_test_setup_teardown(files_of_others_and_of_the_future_are_named, enter,
						leave),
		cmocka_unit_test_setup_teardown(nothing_is_overwritten_and_nothing_left, enter,
						leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
