// SPDX-License-Identifier: GPL-2.0-or-later
// Which files are known, and what they call an offset.
#define _GNU_SOURCE 1
#include "symbols/files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "symbols/code.h"
#include "symbols/elf_file.h"

/* Each keeps a descriptor, of which a process has some 1,024. */
#define MOST_FILES 256
#define MOST_SEGMENTS 16

struct symbol_file {
	uint64_t device;
	uint64_t inode;
	struct elf_build_id id;		/* size 0: none */
	char *name;			/* path in the root of its process */
	int fd;				/* O_PATH */
	bool read;			/* what follows is there */
	struct names symbols;
	GElf_Phdr segments[MOST_SEGMENTS];
	size_t nsegments;
};

static int open_elf(const struct symbol_file *file, struct elf_file *elf)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	return elf_file__open(elf, path);
}

static void free_file(struct symbol_file *file)
{
	names__free(&file->symbols);
	if (file->fd >= 0)
		close(file->fd);
	free(file->name);
	free(file);
}

static struct symbol_file *make_file(const struct module *module)
{
	struct symbol_file *file = calloc(1, sizeof(*file));
	struct elf_file elf;

	if (!file)
		return NULL;
	file->device = module->device;
	file->inode = module->inode;
	file->name = strdup(module->name);
	file->fd = fcntl(module->fd, F_DUPFD_CLOEXEC, 0);
	if (!file->name || file->fd < 0 || open_elf(file, &elf)) {
		free_file(file);
		return NULL;
	}
	if (!elf_file__build_id(&elf, &file->id))
		file->id.size = 0;
	elf_file__close(&elf);
	return file;
}

static void learn(struct symbol_files *files, const struct module *module)
{
	struct symbol_file *file;

	if (module->fd < 0 || !module->code || files->count == MOST_FILES ||
	    symbol_files__of_module(files, module))
		return;
	file = make_file(module);
	if (file && list__append(files->list, files->count, file))
		free_file(file);
}

void symbol_files__learn(struct symbol_files *files, const struct modules *modules)
{
	for (size_t i = 0; i < modules->nfiles; i++)
		learn(files, &modules->files[i]);
}

struct symbol_file *symbol_files__by_id(const struct symbol_files *files,
					const unsigned char id[20])
{
	for (size_t i = 0; i < files->count; i++) {
		const struct elf_build_id *its = &files->list[i]->id;
		size_t size = its->size < 20 ? its->size : 20;
		static const unsigned char zeros[20];

		if (size && !memcmp(its->bytes, id, size) && !memcmp(id + size, zeros, 20 - size))
			return files->list[i];
	}
	return NULL;
}

struct symbol_file *symbol_files__of_module(const struct symbol_files *files,
					    const struct module *module)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->list[i]->inode == module->inode &&
		    files->list[i]->device == module->device)
			return files->list[i];
	return NULL;
}

/* Where nothing can be read, the kernel's word that code ran there must do. */
static bool is_code(const struct symbol_file *file, uint64_t offset)
{
	for (size_t i = 0; i < file->nsegments; i++) {
		const GElf_Phdr *segment = &file->segments[i];

		if (segment->p_flags & PF_X && offset >= segment->p_offset &&
		    offset - segment->p_offset < segment->p_filesz)
			return true;
	}
	return !file->nsegments;
}

/* Errors leave it without symbols: then its frames have offsets for names. */
static void read_file(struct symbol_file *file)
{
	struct elf_file elf;

	file->read = true;
	if (open_elf(file, &elf))
		return;
	while (file->nsegments < MOST_SEGMENTS &&
	       elf_file__segment(&elf, file->nsegments, &file->segments[file->nsegments]))
		file->nsegments++;
	(void)code_symbols__read(&elf, "", file->name, &file->symbols);
	elf_file__close(&elf);
}

static uint64_t vaddr_of(const struct symbol_file *file, uint64_t offset)
{
	for (size_t i = 0; i < file->nsegments; i++) {
		const GElf_Phdr *segment = &file->segments[i];

		if (offset >= segment->p_offset && offset - segment->p_offset < segment->p_filesz)
			return segment->p_vaddr + (offset - segment->p_offset);
	}
	return offset;
}

bool symbol_files__name(struct symbol_file *file, uint64_t offset, char *name, size_t size)
{
	const char *function;
	uint64_t vaddr;

	if (!file->read)
		read_file(file);
	if (!is_code(file, offset))
		return false;
	vaddr = vaddr_of(file, offset);
	function = code_symbols__at(&file->symbols, vaddr);
	if (function)
		snprintf(name, size, "%s", function);
	else
		snprintf(name, size, "[%s+0x%" PRIx64 "]", basename(file->name), vaddr);
	return true;
}

void symbol_files__free(struct symbol_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free_file(files->list[i]);
	free(files->list);
	*files = (struct symbol_files){ 0 };
}
