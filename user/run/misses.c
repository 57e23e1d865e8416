// SPDX-License-Identifier: GPL-2.0-or-later
// A reason, a count, and a list of files whose processes will count once they are known.
#include "run/misses.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"

void misses__failed(struct misses *misses, int err, const char *why)
{
	if (err && err != -ENOENT && err != -ESRCH && !misses->why[0])
		snprintf(misses->why, sizeof(misses->why), "%s", why);
}

void misses__ended(struct misses *misses, uint64_t file, enum file_verdict verdict)
{
	if (verdict == FILE_HAS_LOCK)
		misses->ended++;
	else if (file && verdict == FILE_UNKNOWN &&
		 list__append(misses->unsure, misses->nunsure, file))
		log__debug("a process that has ended is forgotten: no memory");
}

void misses__has_lock(struct misses *misses, uint64_t file)
{
	size_t kept = 0;

	for (size_t i = 0; i < misses->nunsure; i++) {
		if (misses->unsure[i] == file)
			misses->ended++;
		else
			misses->unsure[kept++] = misses->unsure[i];
	}
	misses->nunsure = kept;
}

void misses__late(struct misses *misses)
{
	misses->late++;
}

/* One more, behind those that stand there. */
static void add(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len && *more ? "; and " : "", more);
}

void misses__say(const struct misses *misses, char *text, size_t size)
{
	char more[128];

	text[0] = '\0';
	if (misses->ended) {
		snprintf(more, sizeof(more), "the locks of %zu process%s that ended before they "
			 "could be watched", misses->ended, misses->ended == 1 ? "" : "es");
		add(text, size, more);
	}
	if (misses->late) {
		snprintf(more, sizeof(more), "the first calls, if any, of %zu process%s that could "
			 "not be held in time", misses->late, misses->late == 1 ? "" : "es");
		add(text, size, more);
	}
	add(text, size, misses->why);
}

void misses__free(struct misses *misses)
{
	free(misses->unsure);
	*misses = (struct misses){ .ended = 0 };
}
