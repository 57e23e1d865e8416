// SPDX-License-Identifier: GPL-2.0-or-later
// A page of code that was never run is not there: the kernel maps it when it is first touched. Or when
// somebody puts a breakpoint there; so of a program's own lock the page where it begins will do, too.
#include "lock/untouched.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "symbols/modules.h"

/* The kernel's answers to a program about itself are some twenty. */
#define ANSWERS_MAX 64

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

/* /proc/PID/NAME; -1: it cannot be read. */
static int open_of(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Where the program's own code begins, as the kernel told it; 0: not known. */
static uint64_t entry_of(pid_t pid)
{
	Elf64_auxv_t answers[ANSWERS_MAX];
	int fd = open_of(pid, "auxv");
	ssize_t got;

	if (fd < 0)
		return 0;
	got = read(fd, answers, sizeof(answers));
	close(fd);
	for (ssize_t i = 0; i < got / (ssize_t)sizeof(answers[0]); i++)
		if (answers[i].a_type == AT_ENTRY)
			return answers[i].a_un.a_val;
	return 0;
}

/* What the dynamic linker runs before, functions of libraries, are at no interpreter's lock. */
static bool has_begun(pid_t pid, int pagemap, const struct lock_sites *sites)
{
	uint64_t entry = sites->interpreter ? entry_of(pid) : 0;

	return !entry || is_there(pagemap, entry);
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
	int pagemap = open_of(pid, "pagemap");
	struct modules modules;
	bool untouched;

	if (pagemap < 0)
		return false;
	untouched = modules__read(pid, &modules) == 0;
	if (untouched) {
		untouched = !touched(&modules, pagemap, sites) || !has_begun(pid, pagemap, sites);
		modules__free(&modules);
	}
	close(pagemap);
	return untouched;
}
