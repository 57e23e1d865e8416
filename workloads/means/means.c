// SPDX-License-Identifier: GPL-2.0-or-later
// The list of means.
#include "means/means.h"

#include <string.h>

static const struct means *const all_means[] = { &means_pipe, &means_unix, &means_mq, &means_shm,
						 &means_in_place, &means_pointer, NULL };

const struct means *means_find(const char *name)
{
	for (size_t i = 0; all_means[i]; i++)
		if (strcmp(all_means[i]->name, name) == 0)
			return all_means[i];
	return NULL;
}
