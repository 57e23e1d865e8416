// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_perf_map - a map that a hostile program has written must do no harm: every entry lies
 * in the text, none wraps around, they are sorted, and each can be found by its address.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined fuzz_perf_map.c ../../user/symbols/perf_map.c
 */
#include "../../user/symbols/perf_map.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct perf_map *map, size_t size)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct perf_map_entry *entry = &map->list[i];

		if (entry->name < map->text || entry->name > map->text + size ||
		    strchr(entry->name, '\n') || !*entry->name)
			abort();
		if (!entry->size || entry->start + entry->size < entry->start)
			abort();
		if (i && map->list[i - 1].start >= entry->start)
			abort();
		if (perf_map__at(map, entry->start) != entry->name)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct perf_map map;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (perf_map__parse(text, size, &map) == 0) {
		check(&map, size);
		perf_map__free(&map);
	}
	return 0;
}
