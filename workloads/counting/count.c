// SPDX-License-Identifier: GPL-2.0-or-later
// The list of counting schemes, and the type whose objects go with their last reference.
#include "counting/count.h"

#include <string.h>

const struct count_scheme *const count_schemes[] = {
	&count_plain, &count_lock, &count_atomic, &count_biased, &count_global, NULL,
};

const struct count_scheme *count_scheme_find(const char *name)
{
	for (size_t i = 0; count_schemes[i]; i++)
		if (strcmp(count_schemes[i]->name, name) == 0)
			return count_schemes[i];
	return NULL;
}
