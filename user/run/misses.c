// SPDX-License-Identifier: GPL-2.0-or-later
// A reason, a count, and a list of files whose processes will count once they are known.
#include "run/misses.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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

void misses__say(const struct misses *misses, char *text, size_t size)
{
	int at = 0;

	text[0] = '\0';
	if (misses->ended)
		at = snprintf(text, size, "the locks of %zu process%s that ended before they could "
			      "be watched%s", misses->ended, misses->ended == 1 ? "" : "es",
			      misses->why[0] ? "; and " : "");
	if (at >= 0 && (size_t)at < size)
		snprintf(text + at, size - (size_t)at, "%s", misses->why);
}

void misses__free(struct misses *misses)
{
	free(misses->unsure);
	*misses = (struct misses){ .ended = 0 };
}
