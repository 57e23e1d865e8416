// SPDX-License-Identifier: GPL-2.0-or-later
// Function symbols of a file and of its debug file, within bounds.
#include "symbols/code.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "symbols/debug_file.h"
#include "symbols/elf_file.h"

/* Far more than a browser has; a file made to harm could have any number. */
#define MOST_SYMBOLS (4UL << 20)
#define MOST_NAME 255

struct collection {
	struct names *names;
	FILE *text;
	size_t end;		/* of the text, so far */
};

static int collect(const GElf_Sym *symbol, const char *name, void *arg)
{
	struct collection *in = arg;
	const struct name found = { symbol->st_value, symbol->st_size, in->end };
	int type = GELF_ST_TYPE(symbol->st_info);
	size_t length = strcspn(name, "@");	/* f@VERSION is f */

	if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol->st_shndx == SHN_UNDEF ||
	    !length || in->names->count == MOST_SYMBOLS)
		return 0;
	if (length > MOST_NAME)
		length = MOST_NAME;
	fprintf(in->text, "%.*s%c", (int)length, name, '\0');
	in->end += length + 1;
	return names__add(in->names, &found);
}

static int collect_all(const struct elf_file *file, const char *root, const char *path,
		       struct collection *in)
{
	char debug_path[PATH_MAX];
	struct elf_file debug;
	int err = elf_file__each_symbol(file, SHT_SYMTAB, collect, in);

	if (!in->names->count && err != -ENOMEM &&
	    debug_file__open(&debug, debug_path, sizeof(debug_path), file, root, path) == 0) {
		err = elf_file__each_symbol(&debug, SHT_SYMTAB, collect, in);
		elf_file__close(&debug);
	}
	if (err != -ENOMEM)
		err = elf_file__each_symbol(file, SHT_DYNSYM, collect, in);
	return err == -ENOMEM ? err : 0;
}

int code_symbols__read(const struct elf_file *file, const char *root, const char *path,
		       struct names *names)
{
	struct collection in = { .names = names };
	size_t size;
	int err;

	*names = (struct names){ 0 };
	in.text = open_memstream(&names->text, &size);
	if (!in.text)
		return -ENOMEM;
	err = collect_all(file, root, path, &in);
	if (fclose(in.text) || size < in.end)
		err = -ENOMEM;
	if (err)
		names__free(names);
	else
		names__sort(names, NAMES_FIRST);
	return err;
}

const char *code_symbols__at(const struct names *names, uint64_t vaddr)
{
	const struct name *name = names__before(names, vaddr);

	if (!name || (name->size && vaddr - name->address >= name->size))
		return NULL;
	return names->text + name->at;
}
