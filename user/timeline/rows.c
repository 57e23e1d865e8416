// SPDX-License-Identifier: GPL-2.0-or-later
// Prints intervals. One list of columns serves both formats.
#include "timeline/rows.h"

#include <inttypes.h>
#include <string.h>

#include "ledger/ledger.h"
#include "results/csv.h"
#include "results/rows.h"

/* Rows that are printed at once. */
#define CHUNK 64

static void fill(struct timeline_row *row, const struct timeline *timeline,
		 const struct timeline_interval *interval)
{
	columns__clear(&rows__timeline, row);
	columns__set_text(row->kind, sizeof(row->kind),
			  timeline_intervals__kind(interval->kind));
	columns__set_text(row->state, sizeof(row->state), timeline_intervals__state(interval));
	row->start_ns = interval->start_ns;
	row->end_ns = interval->end_ns;
	if (interval->thread) {
		const struct timeline_thread *thread = &timeline->threads[interval->thread - 1];

		row->thread = interval->thread;
		row->tid = thread->tid;
		columns__set_text(row->comm, sizeof(row->comm), thread->comm);
	}
	if (interval->cpu != TIMELINE_NO_CPU)
		row->cpu = interval->cpu;
	if (interval->from)
		row->from_thread = interval->from;
}

int timeline_rows__csv(FILE *out, const struct timeline *timeline,
		       const struct timeline_intervals *intervals)
{
	struct timeline_row rows[CHUNK];
	int err = csv__print(out, &rows__timeline, NULL, 0);

	for (size_t at = 0; at < intervals->count && !err;) {
		size_t count = 0;

		while (count < CHUNK && at < intervals->count)
			fill(&rows[count++], timeline, &intervals->items[at++]);
		err = csv__print_rows(out, &rows__timeline, rows, count);
	}
	return err;
}

/* RFC 8259, section 7; the text is UTF-8 already. */
static void print_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", (unsigned char)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void print_object(FILE *out, const struct timeline_row *row)
{
	char text[256];

	fputs("{", out);
	for (size_t i = 0; i < rows__timeline.count; i++) {
		const struct column *column = &rows__timeline.columns[i];

		columns__format(column, row, text);
		fprintf(out, "%s\"%s\":", i ? "," : "", column->name);
		if (columns__missing(column, row))
			fputs("null", out);
		else if (column->type == COLUMN_TEXT)
			print_string(out, text);
		else
			fputs(text, out);
	}
	fputs("}", out);
}

static void print_head(FILE *out, const struct timeline *timeline,
		       const struct timeline_intervals *intervals)
{
	fputs("{\n\"schema_version\": 1,\n\"run_id\": ", out);
	print_string(out, timeline->run_id);
	fprintf(out, ",\n\"window_ns\": %" PRIu64 ",\n\"switches\": %" PRIu64
		",\n\"handoffs\": %" PRIu64 ",\n\"lost\": %" PRIu64 ",\n\"valid\": %s,\n"
		"\"gaps\": %" PRIu64 ",\n\"ledger_ns\": ",
		timeline->end_ns - timeline->start_ns,
		timeline->switches[VOLUNTARY] + timeline->switches[INVOLUNTARY],
		timeline->handoffs, timeline->lost, timeline->valid ? "true" : "false",
		intervals->missing);
	if (!timeline->has_lock)
		fputs("null", out);
	for (int state = 0; timeline->has_lock && state < LOCK_STATES; state++)
		fprintf(out, "%s\"%s\": %" PRIu64, state ? ", " : "{ ", ledger__lock_state(state),
			timeline->lock_ns[state]);
	fprintf(out, "%s,\n\"intervals\": [", timeline->has_lock ? " }" : "");
}

/* Row by row: there may be millions, too many to be built in memory first. */
void timeline_rows__json(FILE *out, const struct timeline *timeline,
			 const struct timeline_intervals *intervals)
{
	print_head(out, timeline, intervals);
	for (size_t at = 0; at < intervals->count; at++) {
		struct timeline_row row;

		fill(&row, timeline, &intervals->items[at]);
		fputs(at ? ",\n" : "\n", out);
		print_object(out, &row);
	}
	fputs("\n]\n}\n", out);
}
