// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * elf_file - one ELF file, opened through libelf after a look at what libelf trusts.
 *
 * libelf allocates what a header asks for before it reads; the checks here bound every size
 * by the file's own.
 */
#define _GNU_SOURCE 1
#include "symbols/elf_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_SECTION (1ULL << 30)	/* Chromium's debug symbols have a .strtab of 300 MB */
#define MOST_SEGMENTS 1170		/* 64 KiB: load_elf_phdrs(), fs/binfmt_elf.c */

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define OUR_DATA ELFDATA2LSB
#else
#define OUR_DATA ELFDATA2MSB
#endif

static bool fits(uint64_t offset, uint64_t count, uint64_t each, uint64_t size)
{
	return offset <= size && (count == 0 || each <= (size - offset) / count);
}

/* libelf sizes its tables by these before it reads them. */
static bool tables_fit(const GElf_Ehdr *header, size_t shdr, size_t phdr, uint64_t size)
{
	if (header->e_phoff && (header->e_phentsize != phdr || header->e_phnum > MOST_SEGMENTS ||
				!fits(header->e_phoff, header->e_phnum, phdr, size)))
		return false;
	/*
	 * More than 65,279 sections are counted in section 0 (e_shnum is 0 then). Only
	 * object files of -ffunction-sections have so many.
	 */
	return !header->e_shoff ||
	       (header->e_shentsize == shdr && header->e_shnum &&
		header->e_shstrndx != SHN_XINDEX &&
		fits(header->e_shoff, header->e_shnum, shdr, size));
}

static int check_header(int fd, uint64_t size)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr narrow;
		Elf64_Ehdr wide;
	} is = { .ident = { 0 } };
	ssize_t got = pread(fd, &is, sizeof(is), 0);
	GElf_Ehdr header;

	if (got < 0)
		return -errno;
	if (got < SELFMAG || memcmp(is.ident, ELFMAG, SELFMAG))
		return -ENOEXEC;
	if (got < (ssize_t)sizeof(is.narrow) || is.ident[EI_DATA] != OUR_DATA)
		return -EBADMSG;
	if (is.ident[EI_CLASS] == ELFCLASS32) {
		header = (GElf_Ehdr){
			.e_phoff = is.narrow.e_phoff, .e_phnum = is.narrow.e_phnum,
			.e_phentsize = is.narrow.e_phentsize, .e_shoff = is.narrow.e_shoff,
			.e_shnum = is.narrow.e_shnum, .e_shentsize = is.narrow.e_shentsize,
			.e_shstrndx = is.narrow.e_shstrndx,
		};
		return tables_fit(&header, sizeof(Elf32_Shdr), sizeof(Elf32_Phdr), size) ?
			       0 : -EBADMSG;
	}
	if (is.ident[EI_CLASS] != ELFCLASS64 || got < (ssize_t)sizeof(is.wide))
		return -EBADMSG;
	return tables_fit(&is.wide, sizeof(Elf64_Shdr), sizeof(Elf64_Phdr), size) ? 0 : -EBADMSG;
}

static int open_elf(struct elf_file *file)
{
	struct stat st;
	int err;

	if (fstat(file->fd, &st))
		return -errno;
	file->size = (uint64_t)st.st_size;
	err = check_header(file->fd, file->size);
	if (err)
		return err;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOTSUP;
	file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
	if (!file->elf)
		return -EBADMSG;
	if (elf_kind(file->elf) == ELF_K_ELF && gelf_getehdr(file->elf, &file->header))
		return 0;
	elf_end(file->elf);
	return -EBADMSG;
}

int elf_file__open(struct elf_file *file, const char *path)
{
	struct stat st;
	int err;

	if (stat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC; /* opening a device can do things */
	/* O_NONBLOCK: a FIFO that takes its place now must not hang us */
	*file = (struct elf_file){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
							    O_NOCTTY) };
	if (file->fd < 0)
		return -errno;
	err = open_elf(file);
	if (err)
		close(file->fd);
	return err;
}

void elf_file__close(struct elf_file *file)
{
	elf_end(file->elf);
	close(file->fd);
}

bool elf_file__is_32bit(const struct elf_file *file)
{
	return file->header.e_ident[EI_CLASS] == ELFCLASS32;
}

/* ---- sections ---- */

/* A compressed section is refused: its true size is only what it claims. */
static bool is_sound(const struct elf_file *file, const GElf_Shdr *header)
{
	return header->sh_type != SHT_NOBITS && header->sh_type != SHT_NULL &&
	       !(header->sh_flags & SHF_COMPRESSED) && header->sh_size <= MOST_SECTION &&
	       fits(header->sh_offset, 1, header->sh_size, file->size);
}

static bool has_strings(const struct elf_file *file, uint32_t index)
{
	Elf_Scn *section = elf_getscn(file->elf, index);
	GElf_Shdr header;

	return section && gelf_getshdr(section, &header) && header.sh_type == SHT_STRTAB &&
	       is_sound(file, &header);
}

static Elf_Data *section_data(const struct elf_file *file, Elf_Scn *section,
			      const GElf_Shdr *header)
{
	return is_sound(file, header) ? elf_getdata(section, NULL) : NULL;
}

/* The next section of a type behind @section, or NULL. */
static Elf_Scn *next_of_type(const struct elf_file *file, Elf_Scn *section, uint32_t type,
			     GElf_Shdr *header)
{
	while ((section = elf_nextscn(file->elf, section)) != NULL)
		if (gelf_getshdr(section, header) && header->sh_type == type)
			return section;
	return NULL;
}

static int walk_table(const struct elf_file *file, Elf_Scn *section, const GElf_Shdr *header,
		      elf_symbol_visit *visit, void *arg)
{
	size_t each = gelf_fsize(file->elf, ELF_T_SYM, 1, EV_CURRENT);
	Elf_Data *data = NULL;
	GElf_Sym symbol;
	const char *name;
	int ended = 0;

	if (header->sh_entsize == each && has_strings(file, header->sh_link))
		data = section_data(file, section, header);
	if (!data)
		return -EBADMSG;
	for (size_t i = 0; i < header->sh_size / each && !ended; i++) {
		if (!gelf_getsym(data, (int)i, &symbol))
			return -EBADMSG;
		name = elf_strptr(file->elf, header->sh_link, symbol.st_name);
		if (name)
			ended = visit(&symbol, name, arg);
	}
	return ended;
}

int elf_file__each_symbol(const struct elf_file *file, uint32_t table, elf_symbol_visit *visit,
			  void *arg)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	int ended = 0;

	while (!ended && (section = next_of_type(file, section, table, &header)) != NULL)
		ended = walk_table(file, section, &header, visit, arg);
	return ended;
}

const char *elf_file__dynamic(const struct elf_file *file, int64_t tag, size_t nth)
{
	GElf_Shdr header;
	Elf_Scn *section = next_of_type(file, NULL, SHT_DYNAMIC, &header);
	Elf_Data *data = section ? section_data(file, section, &header) : NULL;
	GElf_Dyn entry;

	if (!data || !has_strings(file, header.sh_link))
		return NULL;
	for (int i = 0; gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		if (entry.d_tag == tag && nth-- == 0)
			return elf_strptr(file->elf, header.sh_link, entry.d_un.d_val);
	return NULL;
}

static bool note_build_id(Elf_Data *data, struct elf_build_id *id)
{
	size_t at = 0, name, desc;
	GElf_Nhdr note;

	while ((at = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
		const char *bytes = data->d_buf;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof(ELF_NOTE_GNU) ||
		    memcmp(bytes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) ||
		    note.n_descsz < 2 || note.n_descsz > sizeof(id->bytes))
			continue;
		id->size = note.n_descsz;
		memcpy(id->bytes, bytes + desc, id->size);
		return true;
	}
	return false;
}

bool elf_file__build_id(const struct elf_file *file, struct elf_build_id *id)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = next_of_type(file, section, SHT_NOTE, &header)) != NULL) {
		Elf_Data *data = section_data(file, section, &header);

		if (data && note_build_id(data, id))
			return true;
	}
	return false;
}

/* NAME, NUL, padding to 4 bytes, CRC: binutils' bfd/opncls.c, get_debug_link_info_1(). */
static bool parse_debuglink(const Elf_Data *data, char *name, size_t size, uint32_t *crc)
{
	size_t len = data->d_buf ? strnlen(data->d_buf, data->d_size) : 0;
	size_t at = (len + 4) / 4 * 4;

	if (!len || len >= size || at > data->d_size || data->d_size - at < sizeof(*crc))
		return false;
	memcpy(name, data->d_buf, len + 1);
	memcpy(crc, (const char *)data->d_buf + at, sizeof(*crc));
	return !strchr(name, '/');
}

bool elf_file__debuglink(const struct elf_file *file, char *name, size_t size, uint32_t *crc)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t strings;

	if (elf_getshdrstrndx(file->elf, &strings) || !has_strings(file, (uint32_t)strings))
		return false;
	while ((section = next_of_type(file, section, SHT_PROGBITS, &header)) != NULL) {
		const char *called = elf_strptr(file->elf, strings, header.sh_name);
		Elf_Data *data;

		if (!called || strcmp(called, ".gnu_debuglink"))
			continue;
		data = section_data(file, section, &header);
		return data && parse_debuglink(data, name, size, crc);
	}
	return false;
}

/* ---- segments ---- */

bool elf_file__segment(const struct elf_file *file, size_t nth, GElf_Phdr *segment)
{
	for (int i = 0; i < file->header.e_phnum; i++)
		if (gelf_getphdr(file->elf, i, segment) && segment->p_type == PT_LOAD &&
		    nth-- == 0)
			return true;
	return false;
}

bool elf_file__offset(const struct elf_file *file, uint64_t vaddr, GElf_Phdr *segment,
		      uint64_t *offset)
{
	for (size_t i = 0; elf_file__segment(file, i, segment); i++) {
		uint64_t in = vaddr - segment->p_vaddr;

		if (vaddr < segment->p_vaddr || in >= segment->p_filesz)
			continue;
		*offset = segment->p_offset + in;
		return segment->p_offset < file->size && in < file->size - segment->p_offset;
	}
	return false;
}

bool elf_file__read(const struct elf_file *file, uint64_t vaddr, void *to, size_t size)
{
	GElf_Phdr segment;
	uint64_t offset;

	if (!elf_file__offset(file, vaddr, &segment, &offset) ||
	    size > segment.p_filesz - (vaddr - segment.p_vaddr))
		return false;
	return pread(file->fd, to, size, (off_t)offset) == (ssize_t)size;
}
