// SPDX-License-Identifier: GPL-2.0-or-later
// Looks up functions in ELF symbol tables; every offset is checked by libelf.
#include "symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_function(Elf *elf, const GElf_Shdr *table, const GElf_Sym *symbol,
			const char *function)
{
	const char *name;

	if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF)
		return false;
	name = elf_strptr(elf, table->sh_link, symbol->st_name);
	return name && strcmp(name, function) == 0;
}

static bool table_defines(Elf *elf, Elf_Scn *section, const GElf_Shdr *table,
			  const char *function)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	if (!data || !table->sh_entsize)
		return false;
	for (size_t i = 0; i < table->sh_size / table->sh_entsize && i < INT_MAX; i++)
		if (gelf_getsym(data, (int)i, &symbol) &&
		    is_function(elf, table, &symbol, function))
			return true;
	return false;
}

static bool elf_defines(Elf *elf, const char *function)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	if (elf_kind(elf) != ELF_K_ELF)
		return false;
	while ((section = elf_nextscn(elf, section)) != NULL) {
		if (!gelf_getshdr(section, &header) ||
		    (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
			continue;
		if (table_defines(elf, section, &header, function))
			return true;
	}
	return false;
}

bool symbols__defines(const char *path, const char *function)
{
	bool found = false;
	Elf *elf;
	int fd;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf) {
		found = elf_defines(elf, function);
		elf_end(elf);
	}
	close(fd);
	return found;
}

static int check_program(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return -ENOENT;
	return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : -EACCES;
}

static int copy_path(char *path, size_t size, const char *folder, size_t length, const char *name)
{
	int written = length ? snprintf(path, size, "%.*s/%s", (int)length, folder, name)
			     : snprintf(path, size, "%s", name);

	return written < 0 || (size_t)written >= size ? -ENAMETOOLONG : 0;
}

int symbols__find_program(const char *name, char *path, size_t size)
{
	const char *folder = getenv("PATH");
	int found = -ENOENT;

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/')) {
		int err = copy_path(path, size, "", 0, name);

		return err ? err : check_program(path);
	}
	while (folder && *folder) {
		size_t length = strcspn(folder, ":");
		int err = copy_path(path, size, folder, length, name);

		err = err ? err : check_program(path);
		if (!err)
			return 0;
		if (err == -EACCES)
			found = err;
		folder += length + (folder[length] == ':');
	}
	return found;
}
