// SPDX-License-Identifier: GPL-2.0-or-later
// The names stay where the kernel wrote them: one allocation for all the text.
#include "symbols/kernel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/proctext.h"

/* No function is this long: beyond its last one a module's memory has no names. */
#define LONGEST_FUNCTION 0x100000

/* "ffffffff81000000 T _stext" or "ffffffffc0000000 t f\t[module]", ended by a zero. */
static bool parse_line(const char *text, char *line, struct name *name)
{
	char *end;

	name->address = strtoull(line, &end, 16);
	if (end == line || !name->address || *end != ' ' || !end[1] || end[2] != ' ')
		return false;
	if (!strchr("tTwW", end[1]))
		return false;
	name->at = (size_t)(end + 3 - text);
	end[3 + strcspn(end + 3, " \t")] = '\0';
	return end[3] != '\0';
}

int kernel_symbols__parse(char *text, struct names *names)
{
	struct name name = { .size = 0 };
	char *rest = text, *line;
	int err = 0;

	*names = (struct names){ .text = text };
	while (!err && (line = strsep(&rest, "\n")) != NULL)
		if (parse_line(text, line, &name))
			err = names__add(names, &name);
	names__sort(names, NAMES_FIRST); /* as the kernel itself takes it */
	if (err)
		names__free(names);
	return err;
}

int kernel_symbols__read(struct names *names)
{
	char *text = proctext__read("/proc/kallsyms");

	*names = (struct names){ 0 };
	return text ? kernel_symbols__parse(text, names) : -EIO;
}

const char *kernel_symbols__at(const struct names *names, uint64_t address)
{
	const struct name *name = names__before(names, address);

	return name && address - name->address < LONGEST_FUNCTION ? names->text + name->at : NULL;
}
