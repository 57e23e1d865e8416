// SPDX-License-Identifier: GPL-2.0-or-later
// A page of code that was never run is not there: the kernel maps it when it is first touched.
#include "lock/untouched.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "symbols/modules.h"

/* Documentation/admin-guide/mm/pagemap.rst: of each page's word, in memory or swapped out. */
#define PAGE_IS_THERE (3ULL << 62)

static bool is_there(int pagemap, uint64_t address)
{
	uint64_t word, page = (uint64_t)sysconf(_SC_PAGESIZE);
	ssize_t got = pread(pagemap, &word, sizeof(word),
			    (off_t)(address / page * sizeof(word)));

	return got != sizeof(word) || (word & PAGE_IS_THERE);
}

static bool holds_site(const struct mapping *mapping, const struct lock_sites *sites, size_t i)
{
	uint64_t offset = sites->acquire[i].offset;

	return offset >= mapping->offset &&
	       offset - mapping->offset < mapping->end - mapping->start &&
	       strcmp(mapping->label, sites->module) == 0;
}

static bool touched(const struct modules *modules, int pagemap, const struct lock_sites *sites)
{
	for (size_t m = 0; m < modules->nmappings; m++) {
		const struct mapping *mapping = &modules->mappings[m];

		for (size_t i = 0; i < sites->nacquire; i++)
			if (holds_site(mapping, sites, i) &&
			    is_there(pagemap, mapping->start + sites->acquire[i].offset -
					      mapping->offset))
				return true;
	}
	return false;
}

bool lock_untouched(pid_t pid, const struct lock_sites *sites)
{
	struct modules modules;
	char path[64];
	bool untouched;
	int pagemap;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return false;
	untouched = modules__read(pid, &modules) == 0;
	if (untouched) {
		untouched = !touched(&modules, pagemap, sites);
		modules__free(&modules);
	}
	close(pagemap);
	return untouched;
}
