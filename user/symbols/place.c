// SPDX-License-Identifier: GPL-2.0-or-later
// From an address to the file that is mapped there, and to a symbol of that file.
#include "symbols/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "symbols/elf_file.h"
#include "symbols/symbols.h"

/*
 * The file's own address of what is mapped @at bytes from the file's start. What a segment
 * has behind the part from the file is its .bss; its begin shares the last page.
 */
static bool find_vaddr(const struct elf_file *file, uint64_t at, bool only_bss, uint64_t *vaddr)
{
	bool found = false;
	GElf_Phdr segment;

	for (size_t i = 0; elf_file__segment(file, i, &segment); i++) {
		uint64_t in = at - segment.p_offset;

		if (at < segment.p_offset || in >= segment.p_memsz ||
		    (in < segment.p_filesz ? only_bss : found))
			continue;
		*vaddr = segment.p_vaddr + in;
		found = true;
		if (in < segment.p_filesz)
			break;
	}
	return found;
}

static int name_in_file(const struct modules *modules, size_t module, uint64_t at, bool only_bss,
			char *name, size_t size)
{
	const char *path = modules->files[module].name;
	char opened[MODULES_PATH_SIZE], root[64], symbol[256];
	struct elf_file file;
	uint64_t vaddr = at;
	int err = 0;

	modules__path(modules, module, opened, sizeof(opened));
	if (elf_file__open(&file, opened)) {
		snprintf(name, size, "%s+0x%" PRIx64, basename(path), at);
		return only_bss ? -ENOENT : 0;
	}
	snprintf(root, sizeof(root), "/proc/self/fd/%d", modules->root);
	if (!find_vaddr(&file, at, only_bss, &vaddr) && only_bss)
		err = -ENOENT;
	else if (!symbols__cover(&file, root, path, vaddr, symbol, sizeof(symbol)))
		snprintf(name, size, "%s (%s)", symbol, basename(path));
	else
		snprintf(name, size, "%s+0x%" PRIx64, basename(path), vaddr);
	elf_file__close(&file);
	return err;
}

/*
 * The .bss beyond the data's last page is an anonymous mapping behind the file's, and one
 * with the heap if nothing lies between (without address randomisation).
 */
static int name_in_bss(const struct modules *modules, const struct mapping *map,
		       uint64_t address, char *name, size_t size)
{
	while (map > modules->mappings && map->module < 0 && map[-1].end == map->start)
		map--;
	if (map->module < 0)
		return -ENOENT;
	return name_in_file(modules, (size_t)map->module, map->offset + (address - map->start),
			    true, name, size);
}

int place__name(const struct modules *modules, uint64_t address, char *name, size_t size)
{
	const struct mapping *map = modules__mapping_at(modules, address);

	if (!map)
		return -ENOENT;
	if (map->module >= 0)
		return name_in_file(modules, (size_t)map->module,
				    map->offset + (address - map->start), false, name, size);
	if (name_in_bss(modules, map, address, name, size))
		snprintf(name, size, "%s", *map->label ? map->label : "[anon]");
	return 0;
}
