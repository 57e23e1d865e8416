// SPDX-License-Identifier: GPL-2.0-or-later
// By the mappings: the symbols of an installed program may have been stripped.
#include "tracer/own_code.h"

#include <elf.h>
#include <stdio.h>

#include "lock/instructions.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_NONE
#endif

bool own_code__offset(void (*function)(void), uint64_t *offset)
{
	uint64_t address = (uint64_t)(uintptr_t)function, start, end, at;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	while (maps && !found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &at) == 3 &&
		    address >= start && address < end) {
			*offset = address - start + at +
				  instructions__landing(MACHINE, (const unsigned char *)function);
			found = true;
		}
	}
	if (maps)
		fclose(maps);
	return found;
}
