// SPDX-License-Identifier: GPL-2.0-or-later
// The verdict as JSON, for programs: report.json. No figure is computed here.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "verdict/agreement.h"
#include "report/report.h"
#include "report/compare.h"
#include "report/lines.h"
#include "report/machines.h"
#include "report/notes.h"

/* cJSON would print NAN as null by itself; an interval that is none is null as a whole. */
static void add_interval(cJSON *object, const char *name, const struct interval *x)
{
	cJSON *item;

	if (!x->n) {
		cJSON_AddNullToObject(object, name);
		return;
	}
	item = cJSON_AddObjectToObject(object, name);
	cJSON_AddNumberToObject(item, "median", x->mid);
	cJSON_AddNumberToObject(item, "low", x->low);
	cJSON_AddNumberToObject(item, "high", x->high);
	cJSON_AddNumberToObject(item, "blocks", (double)x->n);
}

static void add_text(cJSON *object, const char *name, const char *text)
{
	if (text)
		cJSON_AddStringToObject(object, name, text);
	else
		cJSON_AddNullToObject(object, name);
}

static void add_question(cJSON *root, const struct verdict_question *question)
{
	cJSON *item = cJSON_AddObjectToObject(root, "question");

	add_text(item, "base", question->base);
	add_text(item, "other", question->other);
	add_text(item, "memory", question->memory);
	add_text(item, "one_cpu", question->one_cpu);
}

static void add_arms(cJSON *root, const struct verdict *verdict)
{
	cJSON *arms = cJSON_AddArrayToObject(root, "arms");

	for (size_t i = 0; i < verdict->narms; i++) {
		const struct verdict_arm *arm = &verdict->arms[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "arm", arm->arm);
		add_interval(item, "wall_ms", &arm->wall_ms);
		add_interval(item, "ratio", &arm->ratio);
		add_interval(item, "to_other", &arm->to_other);
		add_interval(item, "overhead", &arm->overhead);
		cJSON_AddNumberToObject(item, "switches", arm->switches);
		cJSON_AddNumberToObject(item, "handoffs", arm->handoffs);
		cJSON_AddNumberToObject(item, "faults", arm->faults);
		cJSON_AddNumberToObject(item, "max_rss_mb", arm->max_rss_mb);
		cJSON_AddItemToArray(arms, item);
	}
}

static void add_component(cJSON *components, const struct report *report,
			  enum verdict_component component)
{
	const struct verdict *verdict = report->verdict;
	const struct verdict_question *question = &verdict->question;
	enum verdict_component parent = verdict__parent(question, component);
	cJSON *item = cJSON_CreateObject();

	cJSON_AddStringToObject(item, "method", verdict__method(component));
	cJSON_AddStringToObject(item, "component", verdict__component(question, component));
	cJSON_AddStringToObject(item, "label",
				report_lines__label(question, report->comparison != NULL,
						    component));
	add_text(item, "parent", parent == component ? NULL :
		 verdict__component(question, parent));
	add_interval(item, "excess_ms", &verdict->parts[component].ms);
	add_interval(item, "share", &verdict->parts[component].share);
	cJSON_AddItemToArray(components, item);
}

static void add_components(cJSON *root, const struct report *report)
{
	cJSON *components = cJSON_AddArrayToObject(root, "components");

	for (int i = 0; i < VERDICT_COMPONENTS; i++)
		add_component(components, report, i);
}

static void add_dose(cJSON *root, const struct verdict *verdict)
{
	cJSON *dose, *points;

	if (!verdict->dose.slope_us.n) {
		cJSON_AddNullToObject(root, "dose");
		return;
	}
	dose = cJSON_AddObjectToObject(root, "dose");
	add_interval(dose, "slope_us", &verdict->dose.slope_us);
	add_interval(dose, "intercept_ms", &verdict->dose.intercept_ms);
	points = cJSON_AddArrayToObject(dose, "points");
	for (size_t i = 0; i < verdict->points.count; i++) {
		const struct dose_point *point = &verdict->points.items[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddNumberToObject(item, "block", (double)point->block);
		cJSON_AddStringToObject(item, "arm", verdict->points.arms[i]);
		cJSON_AddNumberToObject(item, "handoffs", point->handoffs);
		cJSON_AddNumberToObject(item, "excess_ms", point->excess_ms);
		cJSON_AddItemToArray(points, item);
	}
}

static void add_prices(cJSON *root, const struct verdict_prices *prices)
{
	cJSON *item = cJSON_AddObjectToObject(root, "prices");

	cJSON_AddNumberToObject(item, "lock_operation_ns", prices->lock_operation_ns);
	cJSON_AddNumberToObject(item, "switch_ns", prices->switch_ns);
}

static void add_notes(cJSON *root, const struct report *report)
{
	cJSON *notes = cJSON_AddArrayToObject(root, "notes");
	char text[REPORT_NOTE_SIZE];

	for (size_t i = 0; report_notes__tracing(report, i, text); i++)
		cJSON_AddItemToArray(notes, cJSON_CreateString(text));
	for (size_t i = 0; report_notes__get(report, i, text); i++)
		cJSON_AddItemToArray(notes, cJSON_CreateString(text));
}

static void add_answer(cJSON *root, const struct report *report)
{
	char sentence[1024], agreement[AGREEMENT_TEXT_SIZE];

	report__sentence(sentence, sizeof(sentence), report);
	agreement__text(report->verdict, agreement);
	cJSON_AddNumberToObject(root, "schema_version", ROWS_SCHEMA_VERSION);
	add_text(root, "experiment", report->experiment);
	cJSON_AddStringToObject(root, "answer", sentence);
	cJSON_AddStringToObject(root, "agreement", agreement);
}

int report__json(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	cJSON *root = cJSON_CreateObject();
	char *text;

	add_answer(root, report);
	if (report->comparison)
		report_compare__add_programs(root, report->comparison);
	cJSON_AddBoolToObject(root, "slower", verdict->slower);
	add_question(root, &verdict->question);
	add_interval(root, "slowdown", &verdict->slowdown);
	add_interval(root, "slowdown_undisturbed", &verdict->slowdown_undisturbed);
	add_interval(root, "excess_ms", &verdict->excess_ms);
	add_arms(root, verdict);
	add_components(root, report);
	add_dose(root, verdict);
	add_prices(root, &verdict->prices);
	cJSON_AddNumberToObject(root, "runs", (double)verdict->runs);
	cJSON_AddNumberToObject(root, "runs_not_valid", (double)verdict->invalid);
	cJSON_AddNumberToObject(root, "disturbed_runs", (double)verdict->disturbed);
	report_machines__add(root, report->machines);
	add_text(root, "stop_reason", report->stop_reason);
	add_notes(root, report);
	text = json__print(root);
	cJSON_Delete(root);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}
