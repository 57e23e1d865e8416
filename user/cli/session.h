/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session - what `run`, `compare` and `trace` share: a tracer if there can be one, a results
 * folder with its files, and the environment written at the end.
 */
#ifndef SWITCHTAX_SESSION_H
#define SWITCHTAX_SESSION_H

#include <stdbool.h>
#include <time.h>

#include "base/exits.h"
#include "cli/options.h"
#include "machine/environment.h"
#include "record/record.h"
#include "results/folder.h"
#include "symbols/symbolizer.h"
#include "tracer/tracer.h"

#define SESSION_MAX_NOTES OPTIONS_MAX_LABS

struct session {
	const struct options *options;
	const char *name;		/* of the experiment */
	struct tracer *tracer;		/* NULL: untraced */
	struct symbolizer *symbolizer;	/* NULL: no samples are taken */
	const char *untraced_reason;	/* NULL: traced */
	struct results results;
	struct record record;
	time_t started;
	const char *program;		/* of trace, attach: what people know it by; or NULL */
	/* What environment.json says beside, under that name: session__note(). */
	const char *notes_name;
	struct environment_parameter notes[SESSION_MAX_NOTES];
	char note_names[SESSION_MAX_NOTES][64];
	char note_texts[SESSION_MAX_NOTES][256];
	size_t nnotes;
};

/*
 * Open everything. EXIT_MEASURED, or the exit status to end with; the reason has been
 * printed. A build without BPF falls back to untraced runs where fallback is true, and
 * says so once.
 */
enum exit_status session__open(struct session *session, const struct options *options,
			       const char *name, bool fallback);

/*
 * Name the files and write environment.json; then close everything. A folder in which
 * nothing was kept is removed. Returns 0, or -errno with the reason printed.
 */
int session__commit(struct session *session, const char *stop_reason);

/* One more text for environment.json, in the object of that name; one object a session. */
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
