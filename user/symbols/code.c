// SPDX-License-Identifier: GPL-2.0-or-later
// Function symbols, sorted once. Names are kept in one piece of memory.
#include "symbols/code.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/debug_file.h"
#include "symbols/elf_file.h"

/* Far more than a browser has; a file made to harm could have any number. */
#define MOST_SYMBOLS (4UL << 20)
#define MOST_NAME 255

struct collection {
	struct code_symbols *symbols;
	size_t room;
	FILE *names;
	size_t end;		/* of the names, so far */
};

static int collect(const GElf_Sym *symbol, const char *name, void *arg)
{
	struct collection *in = arg;
	struct code_symbols *symbols = in->symbols;
	int type = GELF_ST_TYPE(symbol->st_info);
	size_t length = strcspn(name, "@");	/* f@VERSION is f */

	if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol->st_shndx == SHN_UNDEF ||
	    !length || symbols->count == MOST_SYMBOLS)
		return 0;
	if (symbols->count == in->room) {
		size_t room = in->room ? 2 * in->room : 256;
		void *list = reallocarray(symbols->list, room, sizeof(*symbols->list));

		if (!list)
			return -ENOMEM;
		symbols->list = list;
		in->room = room;
	}
	if (length > MOST_NAME)
		length = MOST_NAME;
	symbols->list[symbols->count++] = (struct code_symbol){ symbol->st_value, symbol->st_size,
								in->end };
	fprintf(in->names, "%.*s%c", (int)length, name, '\0');
	in->end += length + 1;
	return 0;
}

/* Of several names for one address the one with a size, then the first. */
static int by_address(const void *a, const void *b)
{
	const struct code_symbol *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	if (!left->size != !right->size)
		return left->size ? -1 : 1;
	return left->name < right->name ? -1 : left->name > right->name;
}

static void sort(struct code_symbols *symbols)
{
	size_t kept = 0;

	if (symbols->count)
		qsort(symbols->list, symbols->count, sizeof(*symbols->list), by_address);
	for (size_t i = 0; i < symbols->count; i++)
		if (!kept || symbols->list[kept - 1].address != symbols->list[i].address)
			symbols->list[kept++] = symbols->list[i];
	symbols->count = kept;
}

static int collect_all(const struct elf_file *file, const char *root, const char *path,
		       struct collection *in)
{
	char debug_path[PATH_MAX];
	struct elf_file debug;
	int err = elf_file__each_symbol(file, SHT_SYMTAB, collect, in);

	if (!in->symbols->count && err != -ENOMEM &&
	    debug_file__open(&debug, debug_path, sizeof(debug_path), file, root, path) == 0) {
		err = elf_file__each_symbol(&debug, SHT_SYMTAB, collect, in);
		elf_file__close(&debug);
	}
	if (err != -ENOMEM)
		err = elf_file__each_symbol(file, SHT_DYNSYM, collect, in);
	return err == -ENOMEM ? err : 0;
}

int code_symbols__read(const struct elf_file *file, const char *root, const char *path,
		       struct code_symbols *symbols)
{
	struct collection in = { .symbols = symbols };
	size_t size;
	int err;

	*symbols = (struct code_symbols){ 0 };
	in.names = open_memstream(&symbols->names, &size);
	if (!in.names)
		return -ENOMEM;
	err = collect_all(file, root, path, &in);
	if (fclose(in.names) || size < in.end)
		err = -ENOMEM;
	if (err)
		code_symbols__free(symbols);
	else
		sort(symbols);
	return err;
}

void code_symbols__free(struct code_symbols *symbols)
{
	free(symbols->list);
	free(symbols->names);
	*symbols = (struct code_symbols){ 0 };
}

const char *code_symbols__at(const struct code_symbols *symbols, uint64_t vaddr)
{
	const struct code_symbol *symbol;
	size_t low = 0, high = symbols->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].address <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	symbol = &symbols->list[low - 1];
	if (symbol->size && vaddr - symbol->address >= symbol->size)
		return NULL;
	return symbols->names + symbol->name;
}
