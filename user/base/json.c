// SPDX-License-Identifier: GPL-2.0-or-later
// The only place that has cJSON print, and the walk through a tree that was read.
#include "base/json.h"

#include "base/text.h"

/*
 * What is escaped in the printed text cannot be seen any more. A text of ours may have lines, as a
 * command does.
 */
static void tame(cJSON *item, char line_end)
{
	for (; item; item = item->next) {
		if (item->string && !(item->type & cJSON_StringIsConst))
			text__tame(item->string, line_end);
		if (cJSON_IsString(item) && item->valuestring)
			text__tame(item->valuestring, line_end);
		tame(item->child, line_end);
	}
}

void json__tame(cJSON *item)
{
	tame(item, '?');
}

char *json__print(cJSON *item)
{
	tame(item, '\n');
	return cJSON_Print(item);
}

char *json__print_line(cJSON *item)
{
	tame(item, '\n');
	return cJSON_PrintUnformatted(item);
}
