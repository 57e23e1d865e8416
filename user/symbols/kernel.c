// SPDX-License-Identifier: GPL-2.0-or-later
// The names stay where the kernel wrote them: one allocation for all the text.
#include "symbols/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/proctext.h"

/* No function is this long: beyond its last one a module's memory has no names. */
#define LONGEST_FUNCTION 0x100000

/* "ffffffff81000000 T _stext" or "ffffffffc0000000 t f\t[module]", ended by a zero. */
static int parse_line(char *line, struct kernel_symbol *symbol)
{
	char *end;

	symbol->address = strtoull(line, &end, 16);
	if (end == line || !symbol->address || *end != ' ' || !end[1] || end[2] != ' ')
		return -EINVAL;
	if (!strchr("tTwW", end[1]))
		return -EINVAL;
	symbol->name = end + 3;
	end[3 + strcspn(end + 3, " \t")] = '\0';
	return *symbol->name ? 0 : -EINVAL;
}

/* Of several names for one address the first, as the kernel itself takes it. */
static int by_address(const void *a, const void *b)
{
	const struct kernel_symbol *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->name < right->name ? -1 : left->name > right->name;
}

static void sort(struct kernel_symbols *symbols)
{
	size_t kept = 0;

	if (symbols->count)
		qsort(symbols->list, symbols->count, sizeof(*symbols->list), by_address);
	for (size_t i = 0; i < symbols->count; i++)
		if (!kept || symbols->list[kept - 1].address != symbols->list[i].address)
			symbols->list[kept++] = symbols->list[i];
	symbols->count = kept;
}

int kernel_symbols__parse(char *text, struct kernel_symbols *symbols)
{
	size_t lines = 1;
	char *rest = text, *line;

	*symbols = (struct kernel_symbols){ .text = text };
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	symbols->list = calloc(lines, sizeof(*symbols->list));
	if (!symbols->list) {
		kernel_symbols__free(symbols);
		return -ENOMEM;
	}
	while ((line = strsep(&rest, "\n")) != NULL)
		if (parse_line(line, &symbols->list[symbols->count]) == 0)
			symbols->count++;
	sort(symbols);
	return 0;
}

int kernel_symbols__read(struct kernel_symbols *symbols)
{
	char *text = proctext__read("/proc/kallsyms");

	*symbols = (struct kernel_symbols){ 0 };
	return text ? kernel_symbols__parse(text, symbols) : -EIO;
}

void kernel_symbols__free(struct kernel_symbols *symbols)
{
	free(symbols->list);
	free(symbols->text);
	*symbols = (struct kernel_symbols){ 0 };
}

const char *kernel_symbols__at(const struct kernel_symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - symbols->list[low - 1].address >= LONGEST_FUNCTION)
		return NULL;
	return symbols->list[low - 1].name;
}
