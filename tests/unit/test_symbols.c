// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_symbols - what is read from ELF files, sound, stripped and damaged ones.
 *
 * The files are made by cc, strip and objcopy in a fresh folder, which is the working
 * folder of every test.
 */
#define _GNU_SOURCE 1
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../user/symbols/debug_file.h"
#include "../../user/symbols/elf_file.h"
#include "../../user/symbols/symbols.h"
#include "skip_for.h"

static char home[PATH_MAX];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(home, sizeof(home), "%s/switchtax-test-XXXXXX", tmp ? tmp : "/tmp");
	umask(022);
	return mkdtemp(home) && !chdir(home) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	if (chdir("/"))
		return -1;
	return nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

/* A file in memory, for those that are many. */
static int memory;
static char memory_path[32];

static void write_memory(const void *bytes, size_t size)
{
	assert_int_equal(ftruncate(memory, (off_t)size), 0);
	assert_int_equal(pwrite(memory, bytes, size, 0), size);
}

static unsigned char *read_whole(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY);
	unsigned char *bytes;
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*size = (size_t)st.st_size;
	return bytes;
}

static void build(const char *source, const char *commands)
{
	int status;

	write_file("prog.c", source, strlen(source));
	status = system(commands); /* NOLINT(cert-env33-c) */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		skip_for("no compiler");
	assert_int_equal(status, 0);
}

/* ---- functions ---- */

static const char clones[] =
	"#define MAKE(c, name) void c(void) __asm__(name); \\\n"
	"	__attribute__((noinline)) void c(void) \\\n"
	"	{ __asm__ volatile(\"\" :: \"i\"(__LINE__)); }\n"
	"MAKE(a, \"f\")\n"
	"MAKE(b, \"f.constprop.0\")\n"
	"MAKE(c, \"f.isra.0.part.1\")\n"
	"MAKE(d, \"f.lto_priv.0\")\n"
	"MAKE(e, \"f.coldest.0\")\n"
	"MAKE(no1, \"f.cold\")\n"
	"MAKE(no2, \"f.cold.3\")\n"
	"MAKE(no3, \"f.lto_priv.0.cold\")\n"
	"MAKE(no4, \"ff\")\n"
	"MAKE(no5, \"f_more.part.0\")\n"
	"int data __asm__(\"f.data\") = 1;\n"
	"void alias(void) __attribute__((alias(\"f\")));\n"
	"extern void undefined(void) __asm__(\"f.undefined\");\n"
	"#pragma weak undefined\n"
	"int main(void) { if (undefined) undefined(); return data; }\n";

static void has(const struct symbols *found, const char *name)
{
	for (size_t i = 0; i < found->count; i++)
		if (!strcmp(found->list[i].name, name))
			return;
	fail_msg("no %s", name);
}

static void clones_count_and_cold_parts_do_not(void **state)
{
	struct symbols found = { .count = 0 };
	struct elf_file file;

	(void)state;
	build(clones, "cc -O0 -o prog prog.c");
	assert_int_equal(elf_file__open(&file, "prog"), 0);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, "f", &found), 0);
	assert_int_equal(found.count, 5);
	has(&found, "f");
	has(&found, "f.constprop.0");
	has(&found, "f.isra.0.part.1");
	has(&found, "f.lto_priv.0");
	has(&found, "f.coldest.0");
	/* another look adds what is there already: each address once */
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, "f", &found), 0);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, "alias", &found), 0);
	assert_int_equal(found.count, 5);
	symbols__free(&found);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, "f.isra.0", &found), 0);
	assert_int_equal(found.count, 1);
	symbols__free(&found);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, "g", &found), 0);
	assert_int_equal(found.count, 0);
	symbols__free(&found);
	elf_file__close(&file);
	assert_true(symbols__defines("prog", "f"));
	assert_false(symbols__defines("prog", "f.undefined"));
	assert_false(symbols__defines("prog", "f.data"));
}

static void exported_functions_survive_strip(void **state)
{
	struct symbols found = { .count = 0 };
	struct elf_file file;

	(void)state;
	build(clones, "cc -O0 -fPIC -shared -o prog.so prog.c && strip prog.so");
	assert_int_equal(elf_file__open(&file, "prog.so"), 0);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, "f", &found), 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(symbols__add_functions(&file, SHT_DYNSYM, "f", &found), 0);
	assert_int_equal(found.count, 5);
	symbols__free(&found);
	elf_file__close(&file);
	assert_true(symbols__defines("prog.so", "f.constprop.0"));
}

/* ---- data ---- */

static const char data[] =
	"int lone = 7;\n"
	"static int room[10] = { 1 };\n"
	"static long quiet[1000];\n"
	"struct { char head[16]; char tail[48]; } outer;\n"
	"int main(void) { return room[lone] + quiet[3] + outer.head[1]; }\n";

static void is_named(const char *path, uint64_t address, const char *want)
{
	struct elf_file file;
	char name[64];
	int err;

	assert_int_equal(elf_file__open(&file, path), 0);
	err = symbols__cover(&file, "", path, address, name, sizeof(name));
	elf_file__close(&file);
	if (!want) {
		assert_int_equal(err, -ENOENT);
		return;
	}
	assert_int_equal(err, 0);
	assert_string_equal(name, want);
}

static uint64_t address_of(const char *path, const char *symbol)
{
	struct elf_file file;
	uint64_t address;

	assert_int_equal(elf_file__open(&file, path), 0);
	assert_true(symbols__find_data(&file, symbol, &address));
	assert_false(symbols__find_data(&file, "no_such_symbol", &(uint64_t){ 0 }));
	elf_file__close(&file);
	return address;
}

static void data_is_named_bss_too(void **state)
{
	uint64_t at;

	(void)state;
	build(data, "cc -O0 -o prog prog.c");
	at = address_of("prog", "room");
	is_named("prog", at, "room");
	is_named("prog", at + 1, "room+0x1");
	is_named("prog", at + 39, "room+0x27");
	at = address_of("prog", "quiet");
	is_named("prog", at, "quiet");
	is_named("prog", at + 7999, "quiet+0x1f3f");
	at = address_of("prog", "outer");
	is_named("prog", at + 0x20, "outer+0x20");
	is_named("prog", 0x7fffffff, NULL);
	is_named("prog", UINT64_MAX, NULL);
}

/* ---- debug files ---- */

static int open_debug(const char *file_path, const char *root, const char *name, char *path)
{
	struct elf_file file, debug;
	int err;

	assert_int_equal(elf_file__open(&file, file_path), 0);
	err = debug_file__open(&debug, path, PATH_MAX, &file, root, name);
	if (!err)
		elf_file__close(&debug);
	elf_file__close(&file);
	return err;
}

static void debug_files_are_found_by_link(void **state)
{
	char path[PATH_MAX], want[PATH_MAX + 32], name[PATH_MAX + 8];
	uint64_t at;

	(void)state;
	build(data, "cc -O0 -Wl,--build-id=none -o prog prog.c && cp prog whole && "
		    "objcopy --only-keep-debug prog prog.dbg && strip prog && "
		    "objcopy --add-gnu-debuglink=prog.dbg prog");
	at = address_of("whole", "room");
	is_named("prog", at + 4, "room+0x4");
	assert_int_equal(open_debug("prog", "", "prog", path), 0);
	assert_string_equal(path, "prog.dbg");
	assert_int_equal(system("mkdir .debug && mv prog.dbg .debug"), 0);
	is_named("prog", at + 4, "room+0x4");
	assert_int_equal(open_debug("prog", "", "prog", path), 0);
	assert_string_equal(path, ".debug/prog.dbg");
	/* /usr/lib/debug/FOLDER of another root, which comes before our own */
	assert_int_equal(system("mkdir -p root/usr/lib/debug/opt && "
				"mv .debug/prog.dbg root/usr/lib/debug/opt"), 0);
	snprintf(name, sizeof(name), "%s/root", home);
	assert_int_equal(open_debug("prog", name, "/opt/prog", path), 0);
	snprintf(want, sizeof(want), "%s/root/usr/lib/debug/opt/prog.dbg", home);
	assert_string_equal(path, want);
	is_named("prog", at + 4, NULL);
	/* a link without a build-id proves itself by its CRC alone */
	assert_int_equal(system("cp root/usr/lib/debug/opt/prog.dbg . && echo >>prog.dbg"), 0);
	assert_int_equal(open_debug("prog", "", "prog", path), -ENOENT);
	is_named("prog", at + 4, NULL);
}

static void debug_files_are_found_by_build_id(void **state)
{
	static const char id[] = "root/usr/lib/debug/.build-id/12";
	char path[PATH_MAX], root[PATH_MAX + 8], want[PATH_MAX + 64];

	(void)state;
	build(data, "cc -O0 -Wl,--build-id=0x123456789abcdef0 -o prog prog.c && "
		    "objcopy --only-keep-debug prog prog.dbg && strip prog && "
		    "mkdir -p root/usr/lib/debug/.build-id/12 && "
		    "cp prog.dbg root/usr/lib/debug/.build-id/12/3456789abcdef0.debug");
	snprintf(root, sizeof(root), "%s/root", home);
	snprintf(want, sizeof(want), "%s/%s/3456789abcdef0.debug", home, id);
	assert_int_equal(open_debug("prog", root, "/opt/prog", path), 0);
	assert_string_equal(path, want);
	assert_int_equal(open_debug("prog", "", "/opt/prog", path), -ENOENT);
	/* another build in its place is refused, by either way */
	build(data, "cc -O0 -Wl,--build-id=0x123456789abcdeff -o other prog.c && "
		    "cp other root/usr/lib/debug/.build-id/12/3456789abcdef0.debug");
	assert_int_equal(open_debug("prog", root, "/opt/prog", path), -ENOENT);
	assert_int_equal(system("objcopy --add-gnu-debuglink=other prog"), 0);
	assert_int_equal(open_debug("prog", "", "prog", path), -ENOENT);
}

/* ---- damage ---- */

static int no_opinion(const GElf_Sym *symbol, const char *name, void *arg)
{
	*(uint64_t *)arg += symbol->st_value + strlen(name);
	return 0;
}

/* Everything that reads an ELF file, to see that it survives; the error of opening it. */
static int survive(const char *path)
{
	struct symbols found = { .count = 0 };
	char text[PATH_MAX], bytes[64];
	struct elf_build_id id;
	struct elf_file file;
	uint64_t sum = 0;
	uint32_t crc;
	int err = elf_file__open(&file, path);

	if (err)
		return err;
	elf_file__each_symbol(&file, SHT_SYMTAB, no_opinion, &sum);
	elf_file__each_symbol(&file, SHT_DYNSYM, no_opinion, &sum);
	symbols__add_functions(&file, SHT_SYMTAB, "main", &found);
	for (size_t i = 0; i < found.count; i++)
		elf_file__read(&file, found.list[i].address, bytes, sizeof(bytes));
	symbols__free(&found);
	for (size_t i = 0; elf_file__dynamic(&file, DT_NEEDED, i); i++)
		sum += i;
	elf_file__build_id(&file, &id);
	elf_file__debuglink(&file, text, sizeof(text), &crc);
	symbols__cover(&file, "", path, 0x2000, text, sizeof(text));
	elf_file__close(&file);
	symbols__defines(path, "main");
	return 0;
}

static void build_small(void)
{
	build("int room[4] = { 1 };\n"
	      "void main_(void) __asm__(\"main\");\n"
	      "void main_(void) { room[1]++; }\n"
	      "void _start(void) { main_(); for (;;); }\n",
	      "cc -O1 -nostdlib -static -Wl,-z,noseparate-code,--build-id -o prog prog.c && "
	      "strip -R .comment -R .eh_frame -R .note.gnu.property -K main -K room prog");
}

static void truncation_at_every_length_is_survived(void **state)
{
	unsigned char *bytes;
	size_t size;

	(void)state;
	build_small();
	bytes = read_whole("prog", &size);
	assert_int_equal(survive("prog"), 0);
	assert_true(symbols__defines("prog", "main"));
	for (size_t len = 0; len < size; len++) {
		int err;

		write_memory(bytes, len);
		err = survive(memory_path);
		assert_true(err == -EBADMSG || (len < SELFMAG && err == -ENOEXEC));
		assert_false(symbols__defines(memory_path, "main"));
	}
	free(bytes);
}

static void damage_of_every_byte_is_survived(void **state)
{
	static const unsigned char with[] = { 0x00, 0x01, 0x7f, 0xff };
	unsigned char *bytes;
	size_t size;

	(void)state;
	build_small();
	bytes = read_whole("prog", &size);
	for (size_t i = 0; i < size; i++) {
		unsigned char good = bytes[i];

		for (size_t j = 0; j < sizeof(with); j++) {
			bytes[i] = with[j];
			write_memory(bytes, size);
			survive(memory_path);
		}
		bytes[i] = good;
	}
	free(bytes);
}

static void other_files_are_no_elf(void **state)
{
	struct elf_file file;

	(void)state;
	write_file("script", "#!/bin/sh\n", 10);
	write_file("empty", "", 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(elf_file__open(&file, "script"), -ENOEXEC);
	assert_int_equal(elf_file__open(&file, "empty"), -ENOEXEC);
	assert_int_equal(elf_file__open(&file, "fifo"), -ENOEXEC);
	assert_int_equal(elf_file__open(&file, "/dev/zero"), -ENOEXEC);
	assert_int_equal(elf_file__open(&file, "."), -ENOEXEC);
	assert_int_equal(elf_file__open(&file, "missing"), -ENOENT);
}

static void narrow_files_are_told_apart(void **state)
{
	Elf32_Ehdr narrow = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf32_Ehdr),
	};
	struct elf_file file;

	(void)state;
	write_file("narrow", &narrow, sizeof(narrow));
	assert_int_equal(elf_file__open(&file, "narrow"), 0);
	assert_true(elf_file__is_32bit(&file));
	elf_file__close(&file);
	narrow.e_ident[EI_CLASS] = 9;
	write_file("strange", &narrow, sizeof(narrow));
	assert_int_equal(elf_file__open(&file, "strange"), -EBADMSG);
	narrow.e_ident[EI_CLASS] = ELFCLASS64;
	write_file("short", &narrow, sizeof(narrow));
	assert_int_equal(elf_file__open(&file, "short"), -EBADMSG);
}

/* Counts that ask for gigabytes of a file that has none. */
static void greed_is_refused(void **state)
{
	struct elf_file file;
	unsigned char *bytes;
	Elf64_Ehdr *header;
	size_t size;

	(void)state;
	build_small();
	bytes = read_whole("prog", &size);
	header = (Elf64_Ehdr *)(void *)bytes;
	header->e_shnum = 0; /* the count is in section 0 */
	((Elf64_Shdr *)(void *)(bytes + header->e_shoff))->sh_size = UINT32_MAX;
	write_file("many", bytes, size);
	assert_int_equal(elf_file__open(&file, "many"), -EBADMSG);
	header->e_shnum = 5000;
	write_file("many", bytes, size);
	assert_int_equal(elf_file__open(&file, "many"), -EBADMSG);
	header->e_shnum = 1;
	header->e_phnum = PN_XNUM;
	write_file("many", bytes, size);
	assert_int_equal(elf_file__open(&file, "many"), -EBADMSG);
	free(bytes);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(clones_count_and_cold_parts_do_not),
		IN_FOLDER(exported_functions_survive_strip),
		IN_FOLDER(data_is_named_bss_too),
		IN_FOLDER(debug_files_are_found_by_link),
		IN_FOLDER(debug_files_are_found_by_build_id),
		IN_FOLDER(truncation_at_every_length_is_survived),
		IN_FOLDER(damage_of_every_byte_is_survived),
		IN_FOLDER(other_files_are_no_elf),
		IN_FOLDER(narrow_files_are_told_apart),
		IN_FOLDER(greed_is_refused),
	};

	memory = memfd_create("test", MFD_CLOEXEC);
	snprintf(memory_path, sizeof(memory_path), "/proc/self/fd/%d", memory);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
