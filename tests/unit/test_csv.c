// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_csv - what is written reads back the same, and a file is whole or not there.
 *
 * Every test runs in a fresh folder under $TMPDIR or /tmp, as working directory.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <float.h>
#include <ftw.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/results/csv.h"
#include "../../user/results/rows.h"
#include "emulated.h"
#include "skip_for.h"

#define ROWS 300
#define KILLS 300

static char home[PATH_MAX];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(home, sizeof(home), "%s/switchtax-test-XXXXXX", tmp ? tmp : "/tmp");
	umask(022);
	return mkdtemp(home) && !chdir(home) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	if (chdir("/"))
		return -1;
	return nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The file as a string that the caller frees. */
static char *content(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	char *text;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	text = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(text);
	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	close(fd);
	return text;
}

static void holds(const char *path, const char *want)
{
	char *text = content(path);

	assert_string_equal(text, want);
	free(text);
}

/* ---- tables ---- */

static const struct table *const tables[] = { &rows__runs,	&rows__threads,
					      &rows__ledger,	&rows__handoffs,
					      &rows__histograms, &rows__verdict,
					      &rows__futexes };

/* Straight from the interface, since checks outside the project read these names. */
static const char *const headers[] = {
	"schema_version,run_id,experiment,arm,block,order,traced,valid,reason,workers,objects,"
	"lock,interval_us,cpus,seed,wall_ns,user_ns,sys_ns,switches_voluntary,"
	"switches_involuntary,migrations,handoffs,handoffs_forced,faults_minor,faults_major,"
	"max_rss_bytes,steal_ns,events_lost,exit_status,other_cpu_ns,window_ns,bpf_ns,acquisitions,"
	"arrivals_unseen,releases,half_seen,stopped_ns,disturbed,lock_reason,"
	"throttled_ns,group_throttled_ns,group_throttled\n",
	"run_id,thread,tid,comm,life_ns,cpu_ns,ready_ns,lock_wait_ns,blocked_ns,"
	"switches_voluntary,switches_involuntary,kernel_voluntary,kernel_involuntary,"
	"acquisitions,handoffs_in,threads\n",
	"run_id,state,ns,count,lock,parent\n",
	"run_id,t_ns,from_tid,to_tid,from_cpu,to_cpu,forced,signal_ns,queue_ns,take_ns\n",
	"run_id,histogram,low_ns,high_ns,count\n",
	"experiment,method,component,excess_ms,low_ms,high_ms,share,share_low,share_high\n",
	"run_id,address,name,waiter_tid,waker_tid,waits,wait_ns,pid,handoffs,threads,owner_tid\n",
};

static void headers_are_the_interface(void **state)
{
	struct csv csv;

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		assert_int_equal(csv__open(&csv, AT_FDCWD, tables[i]->file, tables[i]), 0);
		assert_int_equal(access(tables[i]->file, F_OK), -1);
		assert_int_equal(csv__commit(&csv), 0);
		holds(tables[i]->file, headers[i]);
	}
}

static void columns_are_found_by_their_names(void **state)
{
	(void)state;
	assert_string_equal(columns__find(&rows__runs, "wall_ns")->name, "wall_ns");
	assert_null(columns__find(&rows__runs, "wall"));
}

/* ---- values ---- */

static void missing_is_empty_and_zero_is_zero(void **state)
{
	struct handoff_row row;
	struct csv csv;

	(void)state;
	columns__clear(&rows__handoffs, &row);
	for (size_t i = 0; i < rows__handoffs.count; i++)
		assert_true(columns__missing(&rows__handoffs.columns[i], &row));
	assert_int_equal(csv__open(&csv, AT_FDCWD, "h.csv", &rows__handoffs), 0);
	assert_int_equal(csv__append(&csv, &row), 0);
	memset(&row, 0, sizeof(row));
	assert_int_equal(csv__append(&csv, &row), 0);
	assert_int_equal(csv__commit(&csv), 0);
	char *text = content("h.csv");
	assert_string_equal(strchr(text, '\n') + 1, ",,,,,,,,,\n,0,0,0,0,0,0,0,0,0\n");
	free(text);
}

static void double_is(double value, const char *want)
{
	const struct column *column = columns__find(&rows__verdict, "excess_ms");
	struct verdict_row row;
	char text[COLUMN_NUMBER_SIZE];

	row.excess_ms = value;
	assert_int_equal(columns__format(column, &row, text), strlen(want));
	assert_string_equal(text, want);
}

static void doubles_are_short_and_round_trip(void **state)
{
	const struct column *column = columns__find(&rows__verdict, "excess_ms");
	struct verdict_row row, again;
	char text[COLUMN_NUMBER_SIZE];
	uint64_t bits;

	(void)state;
	double_is(0.1, "0.1");
	double_is(1391.25, "1391.25");
	double_is(1.0 / 3, "0.3333333333333333");
	double_is(0.1 + 0.2, "0.30000000000000004");
	double_is(-0.0, "-0");
	double_is(100, "100");
	double_is(-DBL_MIN, "-2.2250738585072014e-308");
	double_is(NAN, "");
	double_is(INFINITY, "");
	double_is(-INFINITY, "");
	srandom(5);
	for (int i = 0; i < 20000; i++) {
		bits = (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
		memcpy(&row.excess_ms, &bits, sizeof(bits));
		if (!isfinite(row.excess_ms))
			continue;
		columns__format(column, &row, text);
		assert_null(columns__parse(column, &again, text));
		assert_memory_equal(&again.excess_ms, &row.excess_ms, sizeof(double));
	}
}

static void parses(const struct table *table, const char *name, const char *text, bool good)
{
	union {
		struct run_row run;
		struct verdict_row verdict;
	} row;
	const char *want;

	columns__clear(table, &row);
	want = columns__parse(columns__find(table, name), &row, text);
	if (good != !want)
		fail_msg("%s '%s' was %s", name, text, want ? "refused" : "accepted");
	if (!good && !columns__missing(columns__find(table, name), &row))
		fail_msg("%s '%s' was refused and stored", name, text);
}

static void parsing_is_strict(void **state)
{
	static const char *const no_u64[] = { " 1", "1 ", "+1", "-1", "1.0", "0x1", "1e3", "a",
					      "18446744073709551615", "18446744073709551616" };
	static const char *const no_i64[] = { "-", "--1", "+1", "1-", "9223372036854775808",
					      "-9223372036854775808" };
	static const char *const no_f64[] = { "inf",   "nan", "-inf", "0x1p3", "1e999", ".5",  "5.",
					      "1e",    "1e+", " 1",   "1 ",    "1,5",   "--1", "-",
					      "1.5.5", "+1" };
	static const char *const no_bool[] = { "2", "00", "true", "-1", " 1" };
	static const char *const f64[] = { "0", "-0", "1.5", "1e5", "1E-5", "1e+5", "007" };

	(void)state;
	for (size_t i = 0; i < sizeof(no_u64) / sizeof(*no_u64); i++)
		parses(&rows__runs, "wall_ns", no_u64[i], false);
	for (size_t i = 0; i < sizeof(no_i64) / sizeof(*no_i64); i++)
		parses(&rows__runs, "exit_status", no_i64[i], false);
	for (size_t i = 0; i < sizeof(no_f64) / sizeof(*no_f64); i++)
		parses(&rows__verdict, "share", no_f64[i], false);
	for (size_t i = 0; i < sizeof(no_bool) / sizeof(*no_bool); i++)
		parses(&rows__runs, "valid", no_bool[i], false);
	for (size_t i = 0; i < sizeof(f64) / sizeof(*f64); i++)
		parses(&rows__verdict, "share", f64[i], true);
	parses(&rows__runs, "wall_ns", "18446744073709551614", true);
	parses(&rows__runs, "exit_status", "-9223372036854775807", true);
	parses(&rows__runs, "valid", "1", true);
	parses(&rows__runs, "arm", "\xff", false);
	parses(&rows__runs, "arm", "\xc0\xaf", false);
	parses(&rows__runs, "arm", "\xed\xa0\x80", false);
	parses(&rows__runs, "arm", "\xf0\x9f\x98\x80", true);
}

static void text_is_cut_at_a_character(void **state)
{
	char field[6];

	(void)state;
	assert_int_equal(columns__set_text(field, 6, "abcde"), 0);
	assert_string_equal(field, "abcde");
	assert_int_equal(columns__set_text(field, 6, "abcdef"), -EOVERFLOW);
	assert_string_equal(field, "abcde");
	assert_int_equal(columns__set_text(field, 6, "abcd\xc3\xa9"), -EOVERFLOW);
	assert_string_equal(field, "abcd");
	assert_int_equal(columns__set_text(field, 6, "ab\xf0\x9f\x98\x80"), -EOVERFLOW);
	assert_string_equal(field, "ab");
	assert_int_equal(columns__set_text(field, 6, NULL), 0);
	assert_string_equal(field, "");
}

/* ---- round trip ---- */

static const char *const nasty[] = {
	"", ",", "\"", "\"\"", "a,b", "line\nline", "cr\r", "crlf\r\n", "\n", " lead", "trail ",
	"=1+1", "'", ";", "\t", "na\xc3\xafve", "\xf0\x9f\x98\x80", "a\"b\"c", "\",\"", "\r",
	"-", "NaN", "0", "null", "\\", "\"\n\",\"\r\n\"", "0123456789abcde",
};

static uint64_t random_u64(void)
{
	uint64_t value = (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();

	return value >> random() % 64;
}

static void randomize(const struct column *column, void *row)
{
	void *field = (char *)row + column->offset;
	const char *text = nasty[(size_t)random() % (sizeof(nasty) / sizeof(*nasty))];

	if (random() % 8 == 0)
		return; /* stays missing */
	switch (column->type) {
	case COLUMN_TEXT:
		columns__set_text(field, column->size, text);
		if (random() % 16 == 0) /* as long as it gets, and all of it to be doubled */
			memset(field, '"', column->size - 1);
		break;
	case COLUMN_U64:
		*(uint64_t *)field = random_u64();
		break;
	case COLUMN_I64:
		*(int64_t *)field = (int64_t)random_u64();
		break;
	case COLUMN_F64:
		*(double *)field = ldexp((double)random_u64(), (int)(random() % 200) - 150);
		break;
	case COLUMN_BOOL:
		*(int8_t *)field = (int8_t)(random() % 2);
		break;
	}
}

struct expected {
	const struct table *table;
	char *rows;
	size_t count;
	size_t seen;
};

static int compare_row(const void *row, void *arg)
{
	struct expected *e = arg;

	assert_true(e->seen < e->count);
	/* rows start zeroed, texts are padded with zeros, and NAN is one bit pattern */
	assert_memory_equal(row, e->rows + e->seen * e->table->row_size, e->table->row_size);
	e->seen++;
	return 0;
}

static void round_trip(const struct table *table)
{
	struct expected e = { .table = table, .count = ROWS };
	struct csv_error err;
	struct csv csv;

	e.rows = calloc(ROWS, table->row_size);
	assert_non_null(e.rows);
	assert_int_equal(csv__open(&csv, AT_FDCWD, table->file, table), 0);
	for (size_t i = 0; i < ROWS; i++) {
		columns__clear(table, e.rows + i * table->row_size);
		for (size_t c = 0; c < table->count; c++)
			randomize(&table->columns[c], e.rows + i * table->row_size);
		assert_int_equal(csv__append(&csv, e.rows + i * table->row_size), 0);
	}
	assert_int_equal(csv__commit(&csv), 0);
	if (csv__read(AT_FDCWD, table->file, table, compare_row, &e, &err))
		fail_msg("%s", err.text);
	assert_int_equal(e.seen, ROWS);
	free(e.rows);
}

static void random_rows_round_trip(void **state)
{
	(void)state;
	srandom(99);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		round_trip(tables[i]);
}

static void thread_names_that_are_no_utf8_do_not_spoil_the_file(void **state)
{
	struct thread_row row;
	struct csv csv;
	char *text;

	(void)state;
	columns__clear(&rows__threads, &row);
	memcpy(row.comm, "a\xff\xc3\xa9\xe2\x82", 6);
	assert_int_equal(csv__open(&csv, AT_FDCWD, "t.csv", &rows__threads), 0);
	assert_int_equal(csv__append(&csv, &row), 0);
	memset(row.comm, 'x', sizeof(row.comm)); /* no NUL at all */
	assert_int_equal(csv__append(&csv, &row), 0);
	assert_int_equal(csv__commit(&csv), 0);
	text = content("t.csv");
	assert_non_null(strstr(text, ",,,a?\xc3\xa9??,,"));
	assert_non_null(strstr(text, ",,,xxxxxxxxxxxxxxxx,,"));
	free(text);
}

/* ---- locale ---- */

/* A locale with a decimal comma: an installed one, or one made here. */
static bool comma_locale(void)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (setlocale(LC_ALL, names[i]))
			return true;
	if (system("localedef -c -i de_DE -f UTF-8 ./de_DE.UTF-8 >/dev/null 2>&1"))
		return false;
	setenv("LOCPATH", home, 1);
	return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

static void a_decimal_comma_changes_nothing(void **state)
{
	struct verdict_row row;
	char text[COLUMN_NUMBER_SIZE];
	const struct column *column = columns__find(&rows__verdict, "share");

	(void)state;
	if (!comma_locale())
		skip_for("no locale with a decimal comma, and none can be made");
	snprintf(text, sizeof(text), "%.1f", 1.5);
	assert_string_equal(text, "1,5"); /* so the locale is on */
	double_is(1234567.25, "1234567.25");
	assert_null(columns__parse(column, &row, "0.75"));
	assert_true(row.share == 0.75);
	assert_non_null(columns__parse(column, &row, "0,75"));
	snprintf(text, sizeof(text), "%.1f", 1.5);
	assert_string_equal(text, "1,5"); /* and the caller's is still */
	round_trip(&rows__verdict);
	setlocale(LC_ALL, "C");
	unsetenv("LOCPATH");
}

/* ---- reading what is wrong ---- */

static int count_row(const void *row, void *arg)
{
	(void)row;
	++*(int *)arg;
	return 0;
}

#define HEADER "run_id,state,ns,count\n"

static void bad_file(const char *text, size_t line, const char *column, const char *value,
		     const char *word)
{
	struct csv_error err;
	int rows = 0;
	int code = csv__parse(text, strlen(text), "l.csv", &rows__ledger, count_row, &rows, &err);

	if (code != -EBADMSG)
		fail_msg("'%s' gave %d", text, code);
	assert_int_equal(err.line, line);
	assert_string_equal(err.column, column);
	assert_string_equal(err.value, value);
	if (!strstr(err.text, word) || strncmp(err.text, "l.csv:", 6) ||
	    !strstr(err.text, column) || !strstr(err.text, value))
		fail_msg("'%s' lacks '%s'", err.text, word);
}

static void errors_name_line_column_and_value(void **state)
{
	(void)state;
	bad_file("", 1, "", "", "empty");
	bad_file("run_id,state,ns\n", 1, "count", "", "not in the header");
	bad_file("run_id,state,ns,count,ns\n", 1, "ns", "", "twice");
	bad_file("\xef\xbb\xbf" HEADER, 1, "run_id", "", "not in the header");
	bad_file(HEADER "a,b,1,2\na,b,x1,2\n", 3, "ns", "x1", "whole number");
	bad_file(HEADER "\"a\n\n\",b,1,2\na,b,1,-2\n", 5, "count", "-2", "whole number");
	bad_file(HEADER "a,b,1\n", 2, "", "", "3 fields where the header has 4");
	bad_file(HEADER "a,b,1,2,3\n", 2, "", "", "5 fields");
	bad_file(HEADER "\n", 2, "", "", "1 fields");
	bad_file(HEADER "a,b,1,2", 2, "", "", "cut off");
	bad_file(HEADER "a,b,1,\"2\"", 2, "", "", "cut off");
	bad_file(HEADER "a,b,1,", 2, "", "", "cut off");
	bad_file("run_id,state,ns,count", 1, "", "", "cut off");
	bad_file(HEADER "\"a,b,1,2\n", 2, "", "", "closing quote");
	bad_file(HEADER "\"a\"x,b,1,2\n", 2, "", "", "follows a closing quote");
	bad_file(HEADER "a\"x\",b,1,2\n", 2, "", "", "a quote");
	bad_file(HEADER "a\rx,b,1,2\n", 2, "", "", "carriage return");
	bad_file(HEADER "a,b,\x01\xff,2\n", 2, "ns", "??", "whole number");
}

static void limits_hold(void **state)
{
	size_t size = 4 * CSV_MAX_RECORD;
	char *text = malloc(size + 1);
	struct csv_error err;
	int rows = 0;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	text[size] = '\0';
	bad_file(text, 1, "", "", "longer than");
	memset(text, ',', size);
	bad_file(text, 1, "", "", "more than 256");
	memcpy(text, HEADER, strlen(HEADER));
	memset(text + strlen(HEADER), 'x', 200);
	strcpy(text + strlen(HEADER) + 200, ",b,1,2\n");
	assert_int_equal(csv__parse(text, strlen(text), "l", &rows__ledger, count_row, &rows,
				    &err), -EBADMSG);
	assert_string_equal(err.column, "run_id");
	assert_true(strlen(err.value) == sizeof(err.value) - 1);
	free(text);
	assert_int_equal(csv__parse(HEADER "a\0,b,1,2\n", sizeof(HEADER) + 8, "l", &rows__ledger,
				    count_row, &rows, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "NUL"));
	assert_int_equal(rows, 0);
	assert_int_equal(csv__parse("", 0, "l", &rows__ledger, count_row, &rows, NULL), -EBADMSG);
}

static int check_reordered(const void *row, void *arg)
{
	const struct ledger_row *ledger = row;

	assert_string_equal(ledger->run_id, "r");
	assert_string_equal(ledger->state, "s");
	assert_int_equal(ledger->ns, 7);
	assert_true(ledger->count == COLUMN_MISSING_U64);
	++*(int *)arg;
	return 0;
}

static void columns_are_found_by_name(void **state)
{
	static const char text[] = "count,future,ns,state,run_id\r\n"
				   ",\"any\r\nthing, \"\"\",7,s,\"r\"\r\n\"\",,7,s,r\n";
	struct csv_error err;
	int rows = 0;

	(void)state;
	if (csv__parse(text, sizeof(text) - 1, "l", &rows__ledger, check_reordered, &rows, &err))
		fail_msg("%s", err.text);
	assert_int_equal(rows, 2);
}

static int check_added(const void *row, void *arg)
{
	const struct run_row *run = row;

	assert_int_equal(run->exit_status, 3);
	assert_true(run->bpf_ns == COLUMN_MISSING_U64);
	++*(int *)arg;
	return 0;
}

static void files_from_before_a_column_joined_are_read(void **state)
{
	char text[1024];
	struct csv_error err;
	int rows = 0;

	(void)state;
	strcpy(text, headers[0]);
	strcpy(strstr(text, ",other_cpu_ns"), "\n,,,,,,,,,,,,,,,,,,,,,,,,,,,,3\n");
	if (csv__parse(text, strlen(text), "r", &rows__runs, check_added, &rows, &err))
		fail_msg("%s", err.text);
	assert_int_equal(rows, 1);
}

static int stop_here(const void *row, void *arg)
{
	(void)row;
	return ++*(int *)arg == 2 ? 77 : 0;
}

static void the_caller_can_stop(void **state)
{
	static const char text[] = HEADER "a,b,1,1\na,b,1,1\na,b,1,1\n";
	int rows = 0;

	(void)state;
	assert_int_equal(csv__parse(text, sizeof(text) - 1, "l", &rows__ledger, stop_here, &rows,
				    NULL),
			 77);
	assert_int_equal(rows, 2);
}

static void no_regular_file_is_an_error_and_no_hang(void **state)
{
	struct csv_error err;
	int rows = 0;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(csv__read(AT_FDCWD, "fifo", &rows__ledger, count_row, &rows, &err),
			 -EINVAL);
	assert_int_equal(csv__read(AT_FDCWD, ".", &rows__ledger, count_row, &rows, &err), -EINVAL);
	assert_int_equal(csv__read(AT_FDCWD, "none", &rows__ledger, count_row, &rows, &err),
			 -ENOENT);
	assert_string_equal(err.text, "none: No such file or directory");
}

/* ---- whole or not there ---- */

static void a_file_appears_only_when_complete(void **state)
{
	struct csv csv, second;

	(void)state;
	assert_int_equal(csv__open(&csv, AT_FDCWD, "l.csv", &rows__ledger), 0);
	assert_int_equal(csv__open(&second, AT_FDCWD, "l.csv", &rows__ledger), -EEXIST);
	assert_int_equal(access("l.csv.partial", F_OK), 0);
	csv__abandon(&csv);
	csv__abandon(&csv);
	csv__abandon(NULL);
	assert_int_equal(access("l.csv.partial", F_OK), -1);

	assert_int_equal(csv__open(&csv, AT_FDCWD, "l.csv", &rows__ledger), 0);
	assert_int_equal(csv__commit(&csv), 0);
	assert_true(csv__commit(&csv) < 0);
	csv__close(&csv);
	csv__close(NULL);
	assert_int_equal(access("l.csv.partial", F_OK), -1);

	assert_int_equal(csv__open(&csv, AT_FDCWD, "l.csv", &rows__ledger), 0);
	assert_int_equal(csv__commit(&csv), -EEXIST);
	holds("l.csv", "run_id,state,ns,count,lock,parent\n");
	holds("l.csv.partial", "run_id,state,ns,count,lock,parent\n");
}

static void links_are_not_followed(void **state)
{
	struct csv csv;
	int fd = open("victim", O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	assert_int_equal(symlink("victim", "a.csv.partial"), 0);
	assert_int_equal(symlink("unborn", "b.csv.partial"), 0);
	assert_int_equal(symlink("victim", "c.csv"), 0);
	assert_int_equal(csv__open(&csv, AT_FDCWD, "a.csv", &rows__ledger), -EEXIST);
	assert_int_equal(csv__open(&csv, AT_FDCWD, "b.csv", &rows__ledger), -EEXIST);
	assert_int_equal(csv__open(&csv, AT_FDCWD, "c.csv", &rows__ledger), 0);
	assert_int_equal(csv__commit(&csv), -EEXIST);
	assert_int_equal(csv__open(&csv, AT_FDCWD, "../d.csv", &rows__ledger), -EINVAL);
	assert_int_equal(csv__read(AT_FDCWD, "c.csv", &rows__ledger, NULL, NULL, NULL), -ELOOP);
	holds("victim", "mine");
	assert_int_equal(access("unborn", F_OK), -1);
}

/* A disk of two pages. */
static void a_full_disk_leaves_whole_rows(void **state)
{
	int scale = (int)sysconf(_SC_PAGESIZE) / 4096;
	char options[32];
	struct run_row row;
	struct csv_error err = { 0 };
	struct csv csv;
	int appended = 0, rows = 0, code, again, read, commit;

	(void)state;
	assert_int_equal(mkdir("disk", 0755), 0);
	snprintf(options, sizeof(options), "size=%dk", 8 * scale);
	if (mount("none", "disk", "tmpfs", 0, options))
		skip_for("cannot mount a tmpfs: %s", strerror(errno));
	columns__clear(&rows__runs, &row);
	memset(row.reason, ',', sizeof(row.reason) - 1);
	code = csv__open(&csv, open("disk", O_RDONLY | O_DIRECTORY), "r.csv", &rows__runs);
	while (!code && appended < 1000) {
		code = csv__append(&csv, &row);
		appended += !code;
	}
	again = csv__append(&csv, &row);
	read = csv__read(csv.dirfd, "r.csv.partial", &rows__runs, count_row, &rows, &err);
	commit = csv__commit(&csv);
	close(csv.dirfd);
	umount2("disk", MNT_DETACH);
	assert_int_equal(code, -ENOSPC);
	assert_int_equal(again, -ENOSPC);
	assert_int_equal(commit, -ENOSPC);
	assert_in_range(appended, 10 * scale, 30 * scale);
	if (read)
		fail_msg("%s", err.text);
	assert_int_equal(rows, appended);
}

static void endless_writer(void)
{
	struct run_row row;
	struct csv csv;

	columns__clear(&rows__runs, &row);
	memset(row.reason, '"', 200);
	if (csv__open(&csv, AT_FDCWD, "k.csv", &rows__runs))
		_exit(1);
	for (row.block = 0;; row.block++)
		if (csv__append(&csv, &row))
			_exit(1);
}

static int in_sequence(const void *row, void *arg)
{
	uint64_t *next = arg;

	return ((const struct run_row *)row)->block == (*next)++ ? 0 : 1;
}

/* A row on its way may outlive its writer for a moment; as a subreaper we can wait for it. */
static void kill_9_leaves_whole_rows(void **state)
{
	uint64_t most = 0;

	(void)state;
	if (emulated())
		skip_for("emulated: clone(2) without a signal is refused, and rows are not shielded");
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (int i = 0; i < KILLS; i++) {
		struct csv_error err;
		uint64_t next = 0;
		struct stat st;
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid)
			endless_writer();
		while (stat("k.csv.partial", &st) || st.st_size < 8192)
			usleep(100); /* some rows, however slow we run (valgrind) */
		usleep((useconds_t)(500 + 23 * i));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
			;
		assert_int_equal(access("k.csv", F_OK), -1);
		if (csv__read(AT_FDCWD, "k.csv.partial", &rows__runs, in_sequence, &next, &err))
			fail_msg("kill %d, row %ju: %s", i, (uintmax_t)next, err.text);
		most = next > most ? next : most;
		assert_int_equal(unlink("k.csv.partial"), 0);
	}
	assert_true(most > 10);
}

static volatile sig_atomic_t children;

static void on_child(int signal)
{
	(void)signal;
	children++;
}

/* The shielding process is nobody's business: no SIGCHLD, no zombie, no change of mask. */
static void writing_leaves_no_trace_in_the_process(void **state)
{
	struct sigaction act = { .sa_handler = on_child }, before;
	sigset_t mask_before, mask_after;
	struct csv csv;
	struct run_row row;

	(void)state;
	children = 0;
	memset(&mask_before, 0, sizeof(mask_before)); /* the kernel fills 8 of 128 bytes */
	memset(&mask_after, 0, sizeof(mask_after));
	sigaction(SIGCHLD, &act, &before);
	sigprocmask(SIG_SETMASK, NULL, &mask_before);
	columns__clear(&rows__runs, &row);
	assert_int_equal(csv__open(&csv, AT_FDCWD, "r.csv", &rows__runs), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(csv__append(&csv, &row), 0);
	assert_int_equal(csv__commit(&csv), 0);
	sigprocmask(SIG_SETMASK, NULL, &mask_after);
	sigaction(SIGCHLD, &before, NULL);
	assert_int_equal(children, 0);
	assert_memory_equal(&mask_before, &mask_after, sizeof(mask_before));
	assert_int_equal(waitpid(-1, NULL, __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(headers_are_the_interface),
		TEST(columns_are_found_by_their_names),
		TEST(missing_is_empty_and_zero_is_zero),
		TEST(doubles_are_short_and_round_trip),
		TEST(parsing_is_strict),
		TEST(text_is_cut_at_a_character),
		TEST(random_rows_round_trip),
		TEST(thread_names_that_are_no_utf8_do_not_spoil_the_file),
		TEST(a_decimal_comma_changes_nothing),
		TEST(errors_name_line_column_and_value),
		TEST(limits_hold),
		TEST(columns_are_found_by_name),
		TEST(files_from_before_a_column_joined_are_read),
		TEST(the_caller_can_stop),
		TEST(no_regular_file_is_an_error_and_no_hang),
		TEST(a_file_appears_only_when_complete),
		TEST(links_are_not_followed),
		TEST(a_full_disk_leaves_whole_rows),
		TEST(kill_9_leaves_whole_rows),
		TEST(writing_leaves_no_trace_in_the_process),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
