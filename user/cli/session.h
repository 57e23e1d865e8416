/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session - what all commands share that measure: a tracer if there can be one, a results
 * folder with its files, and the environment written at the end.
 */
#ifndef SWITCHTAX_SESSION_H
#define SWITCHTAX_SESSION_H

#include <stdbool.h>
#include <time.h>

#include "base/exits.h"
#include "cli/options.h"
#include "cli/parameters.h"
#include "machine/environment.h"
#include "record/record.h"
#include "results/folder.h"
#include "symbols/symbolizer.h"
#include "tracer/tracer.h"

#define SESSION_MAX_NOTES 32	/* more than two of each lab */

/* Is it to go on where nothing can be traced? By --no-bpf, always. */
enum session_untraced {
	UNTRACED_NEVER,
	UNTRACED_BY_BUILD,		/* if this switchtax can trace nowhere */
	UNTRACED_ANYWAY,		/* most of what it measures needs no probe */
};

/* What a command wants of its session. */
struct session_wish {
	enum session_untraced untraced;
	bool samples;			/* of the running holder, unless --no-samples */
	bool page;			/* report.html at the end, unless --no-html */
	struct record_wish files;	/* handoffs and stacks follow from the options */
};

struct session {
	const struct options *options;
	const struct session_wish *wish;
	const char *name;		/* of the experiment */
	struct parameters parameters;	/* the command adds its own to the CPUs */
	struct tracer *tracer;		/* NULL: untraced */
	struct symbolizer *symbolizer;	/* NULL: no samples are taken */
	const char *untraced_reason;	/* NULL: traced */
	struct results results;
	struct record record;
	time_t started;
	struct environment_note notes[SESSION_MAX_NOTES];	/* session__note() */
	char note_names[SESSION_MAX_NOTES][64];
	char note_texts[SESSION_MAX_NOTES][256];
	size_t nnotes;
};

/*
 * Open everything. EXIT_MEASURED, or the exit status to end with; the reason has been
 * printed, and so has why nothing is traced. The wish is borrowed.
 */
enum exit_status session__open(struct session *session, const struct options *options,
			       const struct session_wish *wish);

/* Write environment.json. Returns 0, or -errno with the reason printed. */
int session__write_environment(struct session *session, const char *stop_reason);

/*
 * Close everything; page: all files are there, so one can be made if it is wished. A folder in
 * which nothing was kept is removed.
 */
void session__close(struct session *session, bool page);

/* One more text for environment.json, in the object of that name (which is borrowed). */
void session__note(struct session *session, const char *object, const char *name,
		   const char *text);

/* Close without keeping anything. */
void session__abandon(struct session *session);

/* A file of the results folder. Returns 0, or -errno with the reason printed. */
int session__write(struct session *session, const char *name, const char *text, size_t size);

/* The same of a whole CSV file: count rows of the table, an array in memory. */
int session__write_rows(struct session *session, const struct table *table, const void *rows,
			size_t count);

#endif
