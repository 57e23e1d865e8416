/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json - a tree of cJSON as text.
 *
 * cJSON itself passes on bytes that are no UTF-8, and characters that only a terminal minds.
 */
#ifndef SWITCHTAX_JSON_H
#define SWITCHTAX_JSON_H

#include <cjson/cJSON.h>

/*
 * In lines, or in one; UTF-8, and tame as text.h has it. A new text, to be freed, or NULL: no
 * memory, or no @item.
 */
char *json__print(cJSON *item);
char *json__print_line(cJSON *item);

/* Every text and key in the tree of @item (NULL: none), which others have written, is made tame. */
void json__tame(cJSON *item);

#endif
