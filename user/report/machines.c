// SPDX-License-Identifier: GPL-2.0-or-later
// Prints a line per machine. No figure is computed here.
#include "report/machines.h"

#include <inttypes.h>

#include "base/figures.h"

static bool apart(const struct interval *a, const struct interval *b)
{
	return a->n && b->n && (a->high < b->low || b->high < a->low);
}

bool report_machines__differ(const struct report_machines *machines)
{
	for (size_t i = 0; i < machines->count; i++)
		for (size_t j = 0; j < i; j++)
			if (apart(&machines->items[i].slowdown, &machines->items[j].slowdown))
				return true;
	return false;
}

void report_machines__text(FILE *out, const struct report_machines *machines)
{
	if (!machines)
		return;
	fprintf(out, "\nMachines, each of which weighs the same\n  %-4s %6s  %-21s %-20s %s\n", "",
		"blocks", "slowdown", "excess ms", "% switching (ledger)");
	for (size_t i = 0; i < machines->count; i++) {
		const struct report_machine *machine = &machines->items[i];
		char slowdown[FIGURES_SIZE], ms[FIGURES_SIZE], switching[FIGURES_SIZE];

		fprintf(out, "  %-4zu %6" PRIu64 "  %-21s %-20s %s\n", i + 1, machine->blocks,
			figures__ratio(slowdown, &machine->slowdown),
			figures__ms(ms, &machine->excess_ms),
			figures__percent(switching, &machine->switching));
	}
	for (size_t i = 0; i < machines->count; i++)
		fprintf(out, "  %zu: %s (%zu folder%s)\n", i + 1, machines->items[i].label,
			machines->items[i].folders, machines->items[i].folders == 1 ? "" : "s");
	if (report_machines__differ(machines))
		fprintf(out, "  THE MACHINES DIFFER: slowdowns lie apart, with all of their "
			"intervals. The mean\n  speaks of all machines together, and of none of "
			"them.\n");
}

static void add_interval(cJSON *item, const char *name, const struct interval *x)
{
	cJSON *object;

	if (!x->n) {
		cJSON_AddNullToObject(item, name);
		return;
	}
	object = cJSON_AddObjectToObject(item, name);
	cJSON_AddNumberToObject(object, "median", x->mid);
	cJSON_AddNumberToObject(object, "low", x->low);
	cJSON_AddNumberToObject(object, "high", x->high);
	cJSON_AddNumberToObject(object, "blocks", (double)x->n);
}

void report_machines__add(cJSON *root, const struct report_machines *machines)
{
	cJSON *array;

	if (!machines)
		return;
	array = cJSON_AddArrayToObject(root, "machines");
	for (size_t i = 0; i < machines->count; i++) {
		const struct report_machine *machine = &machines->items[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "machine", machine->label);
		cJSON_AddNumberToObject(item, "folders", (double)machine->folders);
		cJSON_AddNumberToObject(item, "blocks", (double)machine->blocks);
		add_interval(item, "slowdown", &machine->slowdown);
		add_interval(item, "excess_ms", &machine->excess_ms);
		add_interval(item, "switching_share", &machine->switching);
		cJSON_AddItemToArray(array, item);
	}
	cJSON_AddBoolToObject(root, "machines_differ", report_machines__differ(machines));
}
