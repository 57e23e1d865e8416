// SPDX-License-Identifier: GPL-2.0-or-later
// One sort and one search for all that has names: files, the kernel, code made at run time.
#include "symbols/names.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"

int names__add(struct names *names, const struct name *name)
{
	return list__append(names->list, names->count, *name);
}

static int first_first(const void *a, const void *b)
{
	const struct name *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	if (!left->size != !right->size)
		return left->size ? -1 : 1;
	return left->at < right->at ? -1 : left->at > right->at;
}

static int last_first(const void *a, const void *b)
{
	const struct name *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->at > right->at ? -1 : left->at < right->at;
}

void names__sort(struct names *names, enum names_of_one kept)
{
	size_t count = 0;

	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list),
		      kept == NAMES_FIRST ? first_first : last_first);
	for (size_t i = 0; i < names->count; i++)
		if (!count || names->list[count - 1].address != names->list[i].address)
			names->list[count++] = names->list[i];
	names->count = count;
}

void names__free(struct names *names)
{
	free(names->list);
	free(names->text);
	*names = (struct names){ 0 };
}

const struct name *names__before(const struct names *names, uint64_t address)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (names->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &names->list[low - 1] : NULL;
}
