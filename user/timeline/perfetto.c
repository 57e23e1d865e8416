// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timeline_perfetto - writes the Trace Event Format ("Trace Event Format", Google, 2016; Perfetto
 * reads it, see "External trace formats" of its documentation).
 *
 * Threads are tracks of one process, their states complete events ("X"); the lock is a process
 * of its own with one track. A hand-off is a flow: "s" binds to the slice around it, which is
 * that of the releasing thread, and "f" with bp "e" to the one around it, that of the acquiring
 * thread. Times are microseconds, with the nanoseconds behind the point.
 *
 * Event by event, since a run has millions, which do not fit into memory as a tree.
 */
#include "timeline/perfetto.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/interrupt.h"
#include "base/json.h"
#include "ledger/ledger.h"
#include "results/file.h"

/* Threads go by their number, at most 65535; Perfetto takes a tid for one thread of the machine. */
enum { PID_THREADS = 1, PID_LOCK = 100000, TID_LOCK = 100000 };

struct writing {
	const struct timeline *timeline;
	const struct timeline_intervals *intervals;
	gzFile file;
	uint64_t events;
	uint64_t flows;
	int err;
};

static void put_text(struct writing *writing, const char *text)
{
	if (!writing->err && gzputs(writing->file, text) < 0)
		writing->err = -EIO;
}

/* The event goes out, and is freed. NULL: there was no memory for it. */
static void put_event(struct writing *writing, cJSON *event)
{
	char *text = event ? json__print_line(event) : NULL;

	if (!text && !writing->err)
		writing->err = -ENOMEM;
	if (interrupt__pending() && !writing->err)
		writing->err = -EINTR;
	put_text(writing, writing->events++ ? ",\n" : "\n");
	if (text)
		put_text(writing, text);
	free(text);
	cJSON_Delete(event);
}

static cJSON *new_event(const char *phase, const char *name, int pid, uint64_t tid)
{
	cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "ph", phase);
	cJSON_AddStringToObject(event, "name", name);
	cJSON_AddNumberToObject(event, "pid", pid);
	cJSON_AddNumberToObject(event, "tid", (double)tid);
	return event;
}

static void add_us(cJSON *event, const char *key, uint64_t ns)
{
	cJSON_AddNumberToObject(event, key, (double)ns / 1e3);
}

/* What a track is called, or where it stands. */
static void put_metadata(struct writing *writing, const char *what, int pid, uint64_t tid,
			 const char *name, uint64_t position)
{
	cJSON *event = new_event("M", what, pid, tid);
	cJSON *args = cJSON_AddObjectToObject(event, "args");

	if (name)
		cJSON_AddStringToObject(args, "name", name);
	else
		cJSON_AddNumberToObject(args, "sort_index", (double)position);
	put_event(writing, event);
}

static void put_tracks(struct writing *writing)
{
	const struct timeline *timeline = writing->timeline;
	char name[256];

	snprintf(name, sizeof(name), "threads of %.100s", timeline->run_id);
	put_metadata(writing, "process_name", PID_THREADS, 1, name, 0);
	put_metadata(writing, "process_sort_index", PID_THREADS, 1, NULL, 1);
	for (size_t i = 0; i < timeline->nthreads; i++) {
		snprintf(name, sizeof(name), "%s %" PRIu32, timeline->threads[i].comm,
			 timeline->threads[i].tid);
		put_metadata(writing, "thread_name", PID_THREADS, i + 1, name, 0);
		put_metadata(writing, "thread_sort_index", PID_THREADS, i + 1, NULL, i + 1);
	}
	if (!timeline->has_lock)
		return;
	put_metadata(writing, "process_name", PID_LOCK, TID_LOCK, "the lock", 0);
	put_metadata(writing, "process_sort_index", PID_LOCK, TID_LOCK, NULL, 0);
	put_metadata(writing, "thread_name", PID_LOCK, TID_LOCK, "state", 0);
}

static void put_slice(struct writing *writing, const struct timeline_interval *interval)
{
	bool of_lock = interval->kind == TIMELINE_OF_LOCK;
	cJSON *event = new_event("X", timeline_intervals__state(interval),
				 of_lock ? PID_LOCK : PID_THREADS,
				 of_lock ? TID_LOCK : interval->thread);
	cJSON *args;

	cJSON_AddStringToObject(event, "cat", of_lock ? "lock" : "thread");
	add_us(event, "ts", interval->start_ns);
	add_us(event, "dur", interval->end_ns - interval->start_ns);
	if (of_lock && interval->thread) {
		args = cJSON_AddObjectToObject(event, "args");
		cJSON_AddNumberToObject(args, "thread", interval->thread);
	} else if (interval->cpu != TIMELINE_NO_CPU) {
		args = cJSON_AddObjectToObject(event, "args");
		cJSON_AddNumberToObject(args, "cpu", interval->cpu);
	}
	put_event(writing, event);
}

/* The thread's slice around this moment, for a flow to bind to; NULL: there is none. */
static const struct timeline_interval *slice_at(const struct timeline_intervals *intervals,
						uint32_t thread, uint64_t ns)
{
	size_t at = thread ? timeline_intervals__after(intervals, thread, ns) : 0;

	return thread && at < intervals->of_thread[thread] &&
	       intervals->items[at].start_ns <= ns ? &intervals->items[at] : NULL;
}

/*
 * A release that nobody waited for may be known only by its thread's leaving the CPU: at the end
 * of a slice, which is outside of it. The thread was on the CPU when it let go.
 */
static uint64_t release_in_slice(const struct timeline_intervals *intervals,
				 const struct timeline_interval *handoff)
{
	const struct timeline_interval *slice, *before;
	uint64_t ns = handoff->start_ns;

	slice = slice_at(intervals, handoff->from, ns);
	before = ns ? slice_at(intervals, handoff->from, ns - 1) : NULL;
	if ((slice && slice->state == THREAD_CPU) || !before || before->state != THREAD_CPU)
		return ns;
	return ns - 1;
}

static void put_flow_end(struct writing *writing, const char *phase, uint32_t thread, uint64_t ns,
			 const char *name)
{
	cJSON *event = new_event(phase, name, PID_THREADS, thread);

	cJSON_AddStringToObject(event, "cat", "handoff");
	cJSON_AddNumberToObject(event, "id", (double)writing->flows);
	add_us(event, "ts", ns);
	if (*phase == 'f')
		cJSON_AddStringToObject(event, "bp", "e");
	put_event(writing, event);
}

static void put_flow(struct writing *writing, const struct timeline_interval *handoff)
{
	const char *name = timeline_intervals__state(handoff);
	uint64_t released = release_in_slice(writing->intervals, handoff);

	if (!slice_at(writing->intervals, handoff->from, released) ||
	    !slice_at(writing->intervals, handoff->thread, handoff->end_ns))
		return;
	writing->flows++;
	put_flow_end(writing, "s", handoff->from, released, name);
	put_flow_end(writing, "f", handoff->thread, handoff->end_ns, name);
}

/* What cannot be drawn, and who has made this. */
static void put_about(struct writing *writing)
{
	const struct timeline *timeline = writing->timeline;
	const struct timeline_intervals *intervals = writing->intervals;
	uint64_t handoffs = intervals->count - intervals->first[TIMELINE_OF_HANDOFF];
	cJSON *about = cJSON_CreateObject();
	char *text;

	cJSON_AddStringToObject(about, "made_by", "switchtax " SWITCHTAX_VERSION);
	cJSON_AddStringToObject(about, "run_id", timeline->run_id);
	cJSON_AddNumberToObject(about, "events_lost", (double)timeline->lost);
	cJSON_AddNumberToObject(about, "handoffs_without_flow",
				(double)(handoffs - writing->flows));
	text = json__print_line(about);
	if (!text && !writing->err)
		writing->err = -ENOMEM;
	put_text(writing, "\n],\n\"otherData\":");
	if (text)
		put_text(writing, text);
	put_text(writing, "}\n");
	free(text);
	cJSON_Delete(about);
}

static void put_all(struct writing *writing)
{
	const struct timeline_intervals *intervals = writing->intervals;

	put_text(writing, "{\"displayTimeUnit\":\"ns\",\n\"traceEvents\":[");
	put_tracks(writing);
	for (size_t i = 0; i < intervals->first[TIMELINE_OF_HANDOFF] && !writing->err; i++)
		put_slice(writing, &intervals->items[i]);
	for (size_t i = intervals->first[TIMELINE_OF_HANDOFF]; i < intervals->count; i++)
		if (!writing->err)
			put_flow(writing, &intervals->items[i]);
	put_about(writing);
}

/* Through a descriptor of its own, which zlib closes. */
static int write_compressed(int fd, struct writing *writing)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), status;

	if (copy < 0)
		return -errno;
	writing->file = gzdopen(copy, "wb6");
	if (!writing->file) {
		close(copy);
		return -ENOMEM;
	}
	errno = 0;
	put_all(writing);
	if (writing->err == -EIO && errno)
		writing->err = -errno;
	status = gzclose(writing->file);
	if (!writing->err && status != Z_OK)
		writing->err = status == Z_ERRNO && errno ? -errno : -EIO;
	return writing->err;
}

/* The folder of a path, opened, and the name in it. Returns the descriptor or -errno. */
static int open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;

	*name = slash ? slash + 1 : path;
	if (slash && (size_t)(slash - path) >= sizeof(folder))
		return -ENAMETOOLONG;
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_file(int dirfd, const char *name, struct writing *writing)
{
	struct stat status;
	int fd, err;

	if (*name && fstatat(dirfd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	fd = results_file__start(dirfd, name);
	if (fd < 0)
		return fd;
	err = write_compressed(fd, writing);
	if (!err)
		err = results_file__finish(dirfd, fd, name);
	if (err)
		results_file__drop(dirfd, name);
	close(fd);
	return err;
}

int timeline_perfetto__write(const char *path, const struct timeline *timeline,
			     const struct timeline_intervals *intervals, char *why, size_t why_size)
{
	struct writing writing = { .timeline = timeline, .intervals = intervals };
	const char *name;
	int dirfd = open_folder(path, &name);
	int err = dirfd < 0 ? dirfd : write_file(dirfd, name, &writing);

	if (dirfd >= 0)
		close(dirfd);
	if (err)
		snprintf(why, why_size, "--perfetto: %.300s: %s", path,
			 err == -EEXIST ? "it (or .partial of it) exists; give a new file" :
			 err == -EINVAL ? "this is not a file's name" : strerror(-err));
	return err;
}
