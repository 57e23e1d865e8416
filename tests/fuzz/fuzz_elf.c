// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_elf - the readers of ELF files must survive anything, and say nothing untrue.
 *
 * Random bytes rarely make an ELF file. So an input that starts with an ELF file's magic is
 * the file itself, and any other is a list of changes to a small sound file: records of an
 * offset, a width and a value, which is relative to the file's size if its top bit is set.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined fuzz_elf.c \
 *         ../../USER_ARCHIVE -ldw -lelf -lz
 *   cc -DFUZZ_MAIN ...   the same on the files given as arguments
 */
#define _GNU_SOURCE 1
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/lock/interpreters.h"
#include "../../user/symbols/debug_file.h"
#include "../../user/symbols/elf_file.h"
#include "../../user/symbols/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a sound file ---- */

enum { NONE, TEXT, DATA, BSS, SYMTAB, STRTAB, DYNSYM, DYNSTR, DYNAMIC, NOTE, LINK, NAMES, COUNT };

static const char strings[] = "\0take_gil\0take_gil.constprop.0\0drop_gil\0room\0quiet\0"
			      "PyEval_SaveThread\0_PyRuntime\0Py_Version\0"
			      "libpython3.so\0/lib:$ORIGIN";
static const char names[] = "\0.gnu_debuglink\0.symtab";

struct sound {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	unsigned char text[64];
	unsigned char data[512];
	Elf64_Sym symbols[9];
	char strings[sizeof(strings)];
	Elf64_Dyn dynamic[5];
	struct {
		Elf64_Nhdr header;
		char owner[4];
		unsigned char id[20];
	} note;
	struct {
		char name[12];
		uint32_t crc;
	} link;
	char names[sizeof(names)];
	Elf64_Shdr sections[COUNT];
};

static uint32_t string(const char *text)
{
	return (uint32_t)((const char *)memmem(strings, sizeof(strings), text, strlen(text) + 1) -
			  strings);
}

static void add_symbol(struct sound *file, size_t i, const char *name, int type, uint64_t value,
		       uint64_t size)
{
	file->symbols[i] = (Elf64_Sym){
		.st_name = string(name), .st_shndx = TEXT, .st_value = value, .st_size = size,
		.st_info = (unsigned char)ELF64_ST_INFO(STB_GLOBAL, type),
	};
}

static void add_section(struct sound *file, size_t i, uint32_t type, size_t offset, size_t size,
			uint64_t entry)
{
	file->sections[i] = (Elf64_Shdr){
		.sh_type = type, .sh_offset = offset, .sh_size = size, .sh_entsize = entry,
		.sh_link = i == SYMTAB ? STRTAB : DYNSTR, .sh_addralign = 1,
	};
}

#define PLACE(field) offsetof(struct sound, field), sizeof(((struct sound *)0)->field)
#define BASE 0x1000UL
#define AT(field) (BASE + offsetof(struct sound, field))

static void make_sections(struct sound *file)
{
	add_section(file, TEXT, SHT_PROGBITS, PLACE(text), 0);
	add_section(file, DATA, SHT_PROGBITS, PLACE(data), 0);
	add_section(file, BSS, SHT_NOBITS, PLACE(sections), 0);
	add_section(file, SYMTAB, SHT_SYMTAB, PLACE(symbols), sizeof(Elf64_Sym));
	add_section(file, STRTAB, SHT_STRTAB, PLACE(strings), 0);
	add_section(file, DYNSYM, SHT_DYNSYM, PLACE(symbols), sizeof(Elf64_Sym));
	add_section(file, DYNSTR, SHT_STRTAB, PLACE(strings), 0);
	add_section(file, DYNAMIC, SHT_DYNAMIC, PLACE(dynamic), sizeof(Elf64_Dyn));
	add_section(file, NOTE, SHT_NOTE, PLACE(note), 0);
	add_section(file, LINK, SHT_PROGBITS, PLACE(link), 0);
	add_section(file, NAMES, SHT_STRTAB, PLACE(names), 0);
	file->sections[NOTE].sh_addralign = 4;
	file->sections[LINK].sh_name = 1;
}

static void make_symbols(struct sound *file)
{
	static const uint64_t offsets[] = { 0x030d00f0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16 };

	add_symbol(file, 1, "take_gil", STT_FUNC, AT(text), 16);
	add_symbol(file, 2, "take_gil.constprop.0", STT_FUNC, AT(text) + 16, 16);
	add_symbol(file, 3, "drop_gil", STT_FUNC, AT(text) + 32, 16);
	add_symbol(file, 4, "PyEval_SaveThread", STT_FUNC, AT(text) + 48, 16);
	add_symbol(file, 5, "room", STT_OBJECT, AT(data) + 400, 64);
	add_symbol(file, 6, "quiet", STT_OBJECT, BASE + sizeof(*file), 4096);
	add_symbol(file, 7, "_PyRuntime", STT_OBJECT, AT(data), 400);
	add_symbol(file, 8, "Py_Version", STT_OBJECT, AT(data) + 8, 8);
	memcpy(file->data, "xdebugpy", 8);
	memcpy(file->data + 8, offsets, sizeof(offsets));
	file->data[48 + 8 * 16] = 16;
	memcpy(file->text, "\xf3\x0f\x1e\xfa\x55", 5);
}

static void make_sound(struct sound *file)
{
	*file = (struct sound){
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				     EV_CURRENT },
			.e_type = ET_DYN, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_phoff = offsetof(struct sound, segments), .e_phnum = 2,
			.e_phentsize = sizeof(Elf64_Phdr), .e_ehsize = sizeof(Elf64_Ehdr),
			.e_shoff = offsetof(struct sound, sections), .e_shnum = COUNT,
			.e_shentsize = sizeof(Elf64_Shdr), .e_shstrndx = NAMES,
		},
		.segments[0] = {
			.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE,
			.p_filesz = sizeof(*file), .p_memsz = sizeof(*file) + 8192,
		},
		.dynamic = {
			{ .d_tag = DT_NEEDED, .d_un.d_val = string("libpython3.so") },
			{ .d_tag = DT_RUNPATH, .d_un.d_val = string("/lib:$ORIGIN") },
		},
		.note = {
			.header = { 4, 20, NT_GNU_BUILD_ID }, .owner = ELF_NOTE_GNU,
			.id = { 0xfe, 0xed },
		},
		.link = { .name = "fuzz.debug", .crc = 1 },
	};
	memcpy(file->strings, strings, sizeof(strings));
	memcpy(file->names, names, sizeof(names));
	make_symbols(file);
	make_sections(file);
}

/* ---- what is done to it ---- */

struct change {
	uint16_t offset;
	uint16_t width;
	uint64_t value;
} __attribute__((packed));

static size_t make_file(unsigned char *to, size_t room, const uint8_t *data, size_t size)
{
	struct sound file;
	struct change change;
	size_t len = sizeof(file);

	if (size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG)) {
		len = size < room ? size : room;
		memcpy(to, data, len);
		return len;
	}
	make_sound(&file);
	memcpy(to, &file, len);
	for (; size >= sizeof(change); data += sizeof(change), size -= sizeof(change)) {
		memcpy(&change, data, sizeof(change));
		change.width = 1 << change.width % 4;
		if (change.value >> 63 && change.width > 1)
			change.value = sizeof(file) + (uint64_t)(int16_t)change.value;
		if (change.offset < sizeof(file))
			memcpy(to + change.offset % (sizeof(file) - 7), &change.value,
			       change.width);
		else
			len = change.value % (sizeof(file) + 1); /* cut short */
	}
	return len;
}

/* ---- what is read from it ---- */

static void check_functions(const struct elf_file *file, const char *name)
{
	struct symbols found = { .count = 0 };
	unsigned char code[8];
	GElf_Phdr segment;
	uint64_t offset;

	symbols__add_functions(file, SHT_SYMTAB, name, &found);
	symbols__add_functions(file, SHT_DYNSYM, name, &found);
	for (size_t i = 0; i < found.count; i++) {
		if (strncmp(found.list[i].name, name, strlen(name)) != 0 ||
		    (i && found.list[i].address <= found.list[i - 1].address))
			abort();
		if (elf_file__offset(file, found.list[i].address, &segment, &offset) &&
		    offset >= file->size)
			abort();
		elf_file__read(file, found.list[i].address, code, sizeof(code));
	}
	symbols__free(&found);
}

static void check_debug(const struct elf_file *file, const char *path)
{
	char found[PATH_MAX], link[NAME_MAX + 1];
	struct elf_build_id id;
	struct elf_file debug;
	uint32_t crc;

	if (elf_file__build_id(file, &id) && (!id.size || id.size > sizeof(id.bytes)))
		abort();
	if (elf_file__debuglink(file, link, sizeof(link), &crc) && strchr(link, '/'))
		abort();
	if (!debug_file__open(&debug, found, sizeof(found), file, "", path))
		elf_file__close(&debug);
}

static void check_file(const char *path)
{
	struct interpreter_facts facts = { .version = "" };
	struct elf_file file;
	char name[64];

	symbols__defines(path, "drop_gil");
	if (elf_file__open(&file, path))
		return;
	symbols__cover(&file, "", path, AT(data) + 410, name, sizeof(name));
	symbols__cover(&file, "", path, BASE + sizeof(struct sound) + 4000, name, sizeof(name));
	check_functions(&file, "take_gil");
	check_functions(&file, "f");
	check_debug(&file, path);
	for (size_t i = 0; i < 100 && elf_file__dynamic(&file, DT_NEEDED, i); i++)
		;
	elf_file__dynamic(&file, DT_RUNPATH, 0);
	interpreters__of(&file);
	interpreters[0].describe(&file, "/usr/lib/libpython3.so", &facts);
	elf_file__close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char bytes[1 << 20];
	static char path[32];
	static int fd = -1;
	size_t len;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	len = make_file(bytes, sizeof(bytes), data, size);
	if (ftruncate(fd, (off_t)len) || pwrite(fd, bytes, len, 0) != (ssize_t)len)
		return 0;
	check_file(path);
	return 0;
}

#ifdef FUZZ_MAIN
static int run_file(const char *name)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(name, "rb");
	size_t size;

	if (!file) {
		perror(name);
		return 1;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	return LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	return failed;
}
#endif
