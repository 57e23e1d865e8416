// SPDX-License-Identifier: GPL-2.0-or-later
// A list of places, and a shorter one of what they share.
#include "run/finds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/proctext.h"

static bool same_places(const struct lock_site *a, const struct lock_site *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i].offset != b[i].offset || strcmp(a[i].function, b[i].function) != 0)
			return false;
	return true;
}

/* The same functions of the same file. */
static bool are_same(const struct lock_sites *a, const struct lock_sites *b)
{
	return strcmp(a->path, b->path) == 0 && strcmp(a->module, b->module) == 0 &&
	       a->interpreter == b->interpreter && a->nacquire == b->nacquire &&
	       a->nrelease == b->nrelease && same_places(a->acquire, b->acquire, a->nacquire) &&
	       same_places(a->release, b->release, a->nrelease);
}

/* NULL: they are new. */
static const struct lock_sites *known(const struct finds *finds, const struct lock_sites *sites)
{
	for (size_t i = 0; i < finds->nsites; i++)
		if (are_same(finds->sites[i], sites))
			return finds->sites[i];
	return NULL;
}

bool finds__know(const struct finds *finds, const struct lock_sites *sites)
{
	return known(finds, sites);
}

static const struct lock_sites *share(struct finds *finds, const struct lock_sites *sites)
{
	const struct lock_sites *before = known(finds, sites);
	struct lock_sites **list, *copy;

	if (before)
		return before;
	list = list__grow(finds->sites, finds->nsites, sizeof(struct lock_sites *));
	if (!list)
		return NULL;
	finds->sites = list;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	memcpy(copy, sites, sizeof(*copy));
	finds->sites[finds->nsites++] = copy;
	return copy;
}

/* NULL: there is none. */
static struct find *find_at(const struct finds *finds, uint32_t place)
{
	for (size_t i = 0; i < finds->count; i++)
		if (finds->list[i].place == place)
			return &finds->list[i];
	return NULL;
}

/* NULL: no memory. */
static struct find *append(struct finds *finds)
{
	struct find *list = list__grow(finds->list, finds->count, sizeof(*list));

	if (!list)
		return NULL;
	finds->list = list;
	return &list[finds->count++];
}

int finds__add(struct finds *finds, uint32_t place, pid_t pid, const struct lock_sites *sites)
{
	const struct lock_sites *shared = share(finds, sites);
	struct find *find = find_at(finds, place);

	if (shared && !find)
		find = append(finds);
	if (!shared || !find)
		return -ENOMEM;
	*find = (struct find){ .place = place, .sites = shared };
	proctext__comm(pid, find->command, sizeof(find->command));
	return 0;
}

const struct lock_sites *finds__at(const struct finds *finds, uint32_t place)
{
	const struct find *find = find_at(finds, place);

	return find ? find->sites : NULL;
}

const char *finds__command(const struct finds *finds, uint32_t place)
{
	const struct find *find = find_at(finds, place);

	return find ? find->command : "";
}

void finds__free(struct finds *finds)
{
	for (size_t i = 0; i < finds->nsites; i++)
		free(finds->sites[i]);
	free(finds->sites);
	free(finds->list);
	*finds = (struct finds){ 0 };
}
