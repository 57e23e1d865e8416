// SPDX-License-Identifier: GPL-2.0-or-later
// Prints verdicts, and the observations that they rest on.
#include "report/lab.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/figures.h"
#include "base/json.h"

#define WIDTH 96

/* The lab sheet, in short; the article is a Korean one on Python's reference counts. */
static const struct {
	const char *claim;
	const char *sentence;
} sentences[] = {
	{ "C1", "a count goes up with each reference and down when one is dropped (2 3 4 3 2)" },
	{ "C2", "the runtime frees memory; unreachable objects are collected" },
	{ "C3", "threads that share an object need a lock for its count" },
	{ "C4", "one lock per object is inefficient; one global lock solves it for all" },
	{ "C5", "five tasks take longer in five threads than in one" },
	{ "C6", "threads bring no gain for CPU-bound work under the lock" },
	{ "C7", "the difference is the cost of context switching" },
	{ "C8", "with scheduling, processes share one CPU" },
	{ "C9", "the scheduler mixes priorities with round robin" },
	{ "C10", "the scheduler runs at every time slice" },
	{ "C11", "it also runs when processes are created and when they end" },
	{ "C12", "schedulers run at intervals of about 15 to 20 ms" },
	{ "C13", "a switch saves registers and loads the next ones, and that costs" },
	{ "C14", "processes need IPC to share data, and it costs" },
	{ "C15", "IPC brings synchronisation problems" },
	{ "C16", "for blocking calls processes have no advantage over threads" },
	{ "C17", "an I/O thread beside a CPU thread suffers under the lock" },
};

const char *report_lab__sentence(const char *claim)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(sentences[i].claim, claim) == 0)
			return sentences[i].sentence;
	return "";
}

/* A figure as people read it, in its unit: "1.088 [1.032, 1.218] ratio". */
static void figure(char text[FIGURES_SIZE], const struct claim_row *row)
{
	if (isnan(row->figure))
		snprintf(text, FIGURES_SIZE, "-");
	else if (row->low == row->high || isnan(row->low))	/* one value has no interval */
		snprintf(text, FIGURES_SIZE, "%.4g %s", row->figure, row->unit);
	else
		snprintf(text, FIGURES_SIZE, "%.4g [%.4g, %.4g] %s", row->figure, row->low,
			 row->high, row->unit);
}

/* A paragraph, broken between words. */
static void paragraph(FILE *out, const char *indent, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column && column + 1 + word > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%.*s", column ? " " : indent, (int)word, text);
		text += word + strspn(text + word, " ");
	}
	fputc('\n', out);
}

static void print_claim(FILE *out, const struct claim_row *row)
{
	char text[FIGURES_SIZE];

	figure(text, row);
	fprintf(out, "%-4s %-10s %s\n", row->claim, row->verdict,
		report_lab__sentence(row->claim));
	fprintf(out, "                %s: %s\n", row->experiment, text);
	paragraph(out, "                ", row->reason);
}

/* C9 comes before C10; a claim's verdicts stay in the order in which they were reached. */
static int by_claim(const void *a, const void *b)
{
	const struct claim_row *x = *(const struct claim_row *const *)a;
	const struct claim_row *y = *(const struct claim_row *const *)b;
	int order = strverscmp(x->claim, y->claim);

	return order ? order : (x > y) - (x < y);
}

void report_lab__scoreboard(FILE *out, const struct claims *claims)
{
	const struct claim_row *rows[CLAIMS_MAX] = { NULL };
	size_t counts[3] = { 0 };

	for (size_t i = 0; i < claims->count; i++)
		rows[i] = &claims->rows[i];
	qsort(rows, claims->count, sizeof(rows[0]), by_claim);
	for (size_t i = 0; i < claims->count; i++) {
		print_claim(out, rows[i]);
		for (int word = 0; word < 3; word++)
			counts[word] += strcmp(rows[i]->verdict, claims__word(word)) == 0;
	}
	fprintf(out, "\n%zu verdicts: %zu supported, %zu refuted, %zu cannot be decided here\n",
		claims->count, counts[CLAIM_SUPPORTED], counts[CLAIM_REFUTED],
		counts[CLAIM_UNDECIDED]);
}

/* By metric, for that is what arms are compared by; numbers in names count as numbers. */
static int compare(const void *a, const void *b)
{
	const struct observation_row *x = *(const struct observation_row *const *)a;
	const struct observation_row *y = *(const struct observation_row *const *)b;
	int order = strverscmp(x->metric, y->metric);

	if (!order)
		order = strverscmp(x->arm, y->arm);
	return order ? order : strverscmp(x->variant, y->variant);
}

static void print_observation(FILE *out, const struct observations *observations,
			      const struct observation_row *row)
{
	const struct observation_key key = { row->arm, row->metric, row->variant };
	struct interval median;
	char name[2 * ROWS_NAME_SIZE];

	if (observations__median(observations, &key, &median))
		return;
	snprintf(name, sizeof(name), "%s%s%s", row->metric, strcmp(row->variant, "-") ? " " : "",
		 strcmp(row->variant, "-") ? row->variant : "");
	fprintf(out, "  %-30s %-26s %12.6g", name, row->arm, median.mid);
	if (isfinite(median.low) && median.low != median.high)
		fprintf(out, " [%.6g, %.6g]", median.low, median.high);
	fprintf(out, " %s\n", row->unit);
}

/* What the workloads themselves have said, by arm: medians over blocks. */
static void print_observations(FILE *out, const struct observations *observations)
{
	const struct observation_row **rows = calloc(observations->count + 1, sizeof(*rows));
	size_t count = 0;

	if (!rows)
		return;
	for (size_t i = 0; i < observations->count; i++)
		if (!observations->items[i].derived)
			rows[count++] = &observations->items[i].row;
	qsort(rows, count, sizeof(*rows), compare);
	fprintf(out, "\nObserved (median over blocks [95 %% interval])\n");
	for (size_t i = 0; i < count; i++)
		if (!i || compare(&rows[i - 1], &rows[i]))
			print_observation(out, observations, rows[i]);
	free(rows);
}

static void print_kernel(FILE *out, const struct report_lab *report)
{
	if (!report->traced_runs)
		return;
	fprintf(out, "\nAgainst the kernel: %" PRIu64 " context switches counted in %" PRIu64
		" traced runs, %" PRIu64 " by the kernel's own counters.\n", report->switches_seen,
		report->traced_runs, report->switches_kernel);
}

void report_lab__one(FILE *out, const struct report_lab *report, const struct claims *claims)
{
	const struct lab *lab = report->lab;

	fprintf(out, "%s: %s\n\n", lab->name, lab->question);
	for (size_t i = 0; i < claims->count; i++)
		if (strcmp(claims->rows[i].experiment, lab->name) == 0)
			print_claim(out, &claims->rows[i]);
	print_observations(out, &report->observations);
	print_kernel(out, report);
	fprintf(out, "%" PRIu64 " runs in %" PRIu64 " blocks, %" PRIu64 " not valid; %s.\n",
		report->runs, report->blocks, report->invalid, report->stop_reason);
}

static void add_figure(cJSON *item, const char *name, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(item, name, value);
	else
		cJSON_AddNullToObject(item, name);
}

void report_lab__json(FILE *out, const struct claims *claims)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(root, "claims");
	char *text;

	for (size_t i = 0; i < claims->count; i++) {
		const struct claim_row *row = &claims->rows[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "claim", row->claim);
		cJSON_AddStringToObject(item, "sentence", report_lab__sentence(row->claim));
		cJSON_AddStringToObject(item, "experiment", row->experiment);
		cJSON_AddStringToObject(item, "verdict", row->verdict);
		add_figure(item, "figure", row->figure);
		add_figure(item, "low", row->low);
		add_figure(item, "high", row->high);
		cJSON_AddStringToObject(item, "unit", row->unit);
		cJSON_AddStringToObject(item, "reason", row->reason);
		cJSON_AddItemToArray(list, item);
	}
	text = json__print(root);
	cJSON_Delete(root);
	fprintf(out, "%s\n", text ? text : "{}");
	cJSON_free(text);
}
