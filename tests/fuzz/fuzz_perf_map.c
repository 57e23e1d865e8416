// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_perf_map - a map that a hostile program has written must do no harm: every entry lies
 * in the text, none wraps around, they are sorted, and each can be found by its address.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined fuzz_perf_map.c USER_ARCHIVE
 */
#include "../../user/symbols/perf_map.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct names *map, size_t size)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct name *entry = &map->list[i];

		if (entry->at > size || strchr(map->text + entry->at, '\n') ||
		    !map->text[entry->at])
			abort();
		if (!entry->size || entry->address + entry->size < entry->address)
			abort();
		if (i && map->list[i - 1].address >= entry->address)
			abort();
		if (perf_map__at(map, entry->address) != map->text + entry->at)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct names map;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (perf_map__parse(text, size, &map) == 0) {
		check(&map, size);
		names__free(&map);
	}
	return 0;
}
