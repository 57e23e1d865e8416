// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the price list.
#include "report/prices.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/figures.h"
#include "base/json.h"
#include "report/parts.h"

/* Fewer rounds give no interval of 95 % (stats.h). */
#define FEWEST 6

static void print_row(FILE *out, const struct price_row *row)
{
	fprintf(out, "    %-16s %12.1f", row->variant, row->median_ns);
	if (isfinite(row->low_ns))
		fprintf(out, "  [%.1f, %.1f]", row->low_ns, row->high_ns);
	fputc('\n', out);
}

static void print_price(FILE *out, const char *price)
{
	fprintf(out, "\n%s\n", price);
	report_parts__wrapped(out, prices__meaning(price));
}

static void print_list(FILE *out, const struct prices *prices)
{
	for (size_t i = 0; i < prices->count; i++) {
		const struct price_row *row = &prices->rows[i];

		if (!i || strcmp(row->price, row[-1].price) != 0)
			print_price(out, row->price);
		print_row(out, row);
	}
}

void report_prices__text(FILE *out, const struct report_prices *report)
{
	char text[FIGURES_SIZE];

	fprintf(out, "Prices on this machine in nanoseconds, median [%s] over %" PRIu64
		" rounds\n", report->rounds < FEWEST ? "least, greatest" : "95 % interval",
		report->rounds);
	print_list(out, report->prices);
	fputc('\n', out);
	if (report->against_perf.n)
		fprintf(out, "switch thread / perf_switch: %s\n",
			figures__ratio(text, &report->against_perf));
	for (size_t i = 0; i < report->nmissing; i++)
		fprintf(out, "Not measured: %s\n", report->missing[i]);
	fprintf(out, "Ended: %s.\n", report->stop_reason);
	fprintf(out, "Files: %s\n", report->folder);
}

static void add_number(cJSON *item, const char *name, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(item, name, value);
	else
		cJSON_AddNullToObject(item, name);
}

static cJSON *new_row(const struct price_row *row)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddStringToObject(item, "price", row->price);
	cJSON_AddStringToObject(item, "variant", row->variant);
	add_number(item, "median_ns", row->median_ns);
	add_number(item, "low_ns", row->low_ns);
	add_number(item, "high_ns", row->high_ns);
	add_number(item, "samples", (double)row->samples);
	return item;
}

void report_prices__json(FILE *out, const struct report_prices *report)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(root, "prices");
	cJSON *missing;
	char *text;

	for (size_t i = 0; i < report->prices->count; i++)
		cJSON_AddItemToArray(list, new_row(&report->prices->rows[i]));
	add_number(root, "switch_against_perf",
		   report->against_perf.n ? report->against_perf.mid : NAN);
	add_number(root, "rounds", (double)report->rounds);
	missing = cJSON_AddArrayToObject(root, "not_measured");
	for (size_t i = 0; i < report->nmissing; i++)
		cJSON_AddItemToArray(missing, cJSON_CreateString(report->missing[i]));
	text = json__print(root);
	cJSON_Delete(root);
	fprintf(out, "%s\n", text ? text : "{}");
	cJSON_free(text);
}
