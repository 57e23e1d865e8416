// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * symbols - what an ELF file defines: functions by name, data by address.
 *
 * A compiler may split a static function into clones, each with machine code of its own,
 * and adds a suffix a clone: ".constprop.0", ".isra.0", ".part.0", ".lto_priv.0", also
 * several (gcc/cgraphclones.cc, clone_function_name(); ".llvm.N" by clang's ThinLTO). What
 * runs through a clone does not run through the function, so all of them count. A ".cold"
 * part is no clone: it is jumped to from the middle of its function, never called.
 */
#include "symbols/symbols.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "symbols/debug_file.h"
#include "symbols/elf_file.h"

static bool is_function(const GElf_Sym *symbol)
{
	return GELF_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF;
}

/* ---- functions ---- */

static int same_function(const GElf_Sym *symbol, const char *name, void *arg)
{
	return is_function(symbol) && strcmp(name, arg) == 0;
}

bool symbols__table_defines(const struct elf_file *file, uint32_t table, const char *function)
{
	return elf_file__each_symbol(file, table, same_function, (void *)function) == 1;
}

bool symbols__defines(const char *path, const char *function)
{
	struct elf_file file;
	bool found;

	if (elf_file__open(&file, path))
		return false;
	found = symbols__table_defines(&file, SHT_SYMTAB, function) ||
		symbols__table_defines(&file, SHT_DYNSYM, function);
	elf_file__close(&file);
	return found;
}

/* Is there ".cold" among the suffixes, as in "f.cold", "f.cold.1" or "f.isra.0.cold"? */
static bool is_cold(const char *suffix)
{
	for (; (suffix = strstr(suffix, ".cold")) != NULL; suffix++)
		if (suffix[5] == '\0' || suffix[5] == '.')
			return true;
	return false;
}

/* "f@VERSION" and "f@@VERSION" in a .symtab are f (GNU ld writes versions since 2.35). */
static bool is_clone(const char *symbol, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(symbol, name, len) != 0)
		return false;
	symbol += len;
	return *symbol == '\0' || *symbol == '@' || (*symbol == '.' && !is_cold(symbol));
}

/* Far more than can be probed; a file made to harm could name millions. */
#define MOST_FUNCTIONS 65536

struct collection {
	const char *name;
	struct symbols *found;
};

static int collect(const GElf_Sym *symbol, const char *name, void *arg)
{
	struct collection *in = arg;
	struct symbols *found = in->found;
	struct symbol one = { .address = symbol->st_value, .size = symbol->st_size };

	if (!is_function(symbol) || !is_clone(name, in->name) || found->count == MOST_FUNCTIONS)
		return 0;
	snprintf(one.name, sizeof(one.name), "%.*s", (int)strcspn(name, "@"), name);
	return list__append(found->list, found->count, one);
}

/* Of two names for one address the shorter: it is the one people know. */
static int by_address(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return (int)strlen(left->name) - (int)strlen(right->name);
}

static void drop_doubles(struct symbols *found)
{
	size_t kept = 0;

	if (found->count)
		qsort(found->list, found->count, sizeof(*found->list), by_address);
	for (size_t i = 0; i < found->count; i++)
		if (!kept || found->list[kept - 1].address != found->list[i].address)
			found->list[kept++] = found->list[i];
	found->count = kept;
}

int symbols__add_functions(const struct elf_file *file, uint32_t table, const char *name,
			   struct symbols *found)
{
	struct collection in = { .name = name, .found = found };
	int err = elf_file__each_symbol(file, table, collect, &in);

	drop_doubles(found);
	return err;
}

int symbols__add(struct symbols *found, const struct symbol *symbol)
{
	int err = list__append(found->list, found->count, *symbol);

	drop_doubles(found);
	return err;
}

void symbols__free(struct symbols *found)
{
	if (!found)
		return;
	free(found->list);
	*found = (struct symbols){ .list = NULL };
}

/* ---- data ---- */

struct data_name {
	const char *name;
	uint64_t address;
};

static bool is_data(const GElf_Sym *symbol)
{
	return GELF_ST_TYPE(symbol->st_info) == STT_OBJECT && symbol->st_shndx != SHN_UNDEF;
}

static int same_data(const GElf_Sym *symbol, const char *name, void *arg)
{
	struct data_name *wanted = arg;

	if (!is_data(symbol) || strcmp(name, wanted->name) != 0)
		return 0;
	wanted->address = symbol->st_value;
	return 1;
}

bool symbols__find_data(const struct elf_file *file, const char *name, uint64_t *address)
{
	struct data_name wanted = { .name = name };
	bool found = elf_file__each_symbol(file, SHT_SYMTAB, same_data, &wanted) == 1 ||
		     elf_file__each_symbol(file, SHT_DYNSYM, same_data, &wanted) == 1;

	*address = wanted.address;
	return found;
}

struct cover {
	uint64_t vaddr;
	uint64_t size;		/* of the symbol that covers it; the smallest one counts */
	char *name;
	size_t name_size;
	bool found;
};

static int covers(const GElf_Sym *symbol, const char *name, void *arg)
{
	struct cover *cover = arg;
	uint64_t in = cover->vaddr - symbol->st_value;

	if (!is_data(symbol) || !*name || cover->vaddr < symbol->st_value ||
	    (in && in >= symbol->st_size) || (cover->found && symbol->st_size >= cover->size))
		return 0;
	if (in)
		snprintf(cover->name, cover->name_size, "%s+0x%jx", name, (uintmax_t)in);
	else
		snprintf(cover->name, cover->name_size, "%s", name);
	cover->size = symbol->st_size;
	cover->found = true;
	return 0;
}

static bool cover_in_tables(const struct elf_file *file, struct cover *cover)
{
	/* a damaged table leaves what it named before the damage */
	(void)elf_file__each_symbol(file, SHT_SYMTAB, covers, cover);
	if (!cover->found)
		(void)elf_file__each_symbol(file, SHT_DYNSYM, covers, cover);
	return cover->found;
}

int symbols__cover(const struct elf_file *file, const char *root, const char *path,
		   uint64_t file_vaddr, char *name, size_t size)
{
	struct cover cover = { .vaddr = file_vaddr, .name = name, .name_size = size };
	char debug_path[PATH_MAX];
	struct elf_file debug;

	if (cover_in_tables(file, &cover))
		return 0;
	if (debug_file__open(&debug, debug_path, sizeof(debug_path), file, root, path))
		return -ENOENT;
	(void)cover_in_tables(&debug, &cover);
	elf_file__close(&debug);
	return cover.found ? 0 : -ENOENT;
}
