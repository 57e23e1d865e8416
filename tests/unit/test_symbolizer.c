// SPDX-License-Identifier: GPL-2.0-or-later
// Names for addresses: of the kernel, of code made at run time, of files, of this very process.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/symbols/code.h"
#include "../../user/symbols/elf_file.h"
#include "../../user/symbols/kernel.h"
#include "../../user/symbols/perf_map.h"
#include "../../user/symbols/symbolizer.h"
#include "../../user/symbols/symbols.h"
#include "emulated.h"
#include "skip_for.h"

static void parse_kernel(struct names *symbols, const char *text)
{
	assert_int_equal(kernel_symbols__parse(strdup(text), symbols), 0);
}

static void kernel_functions_are_found_by_address(void **state)
{
	struct names symbols;

	(void)state;
	parse_kernel(&symbols, "ffffffff81000200 T second\n"
			       "ffffffff81000100 t first\n"
			       "ffffffff81000100 T first_alias\n"
			       "ffffffff81000180 d data\n"
			       "ffffffffc0000000 t of_module\t[some_module]\n");
	assert_string_equal(kernel_symbols__at(&symbols, 0xffffffff81000100), "first");
	assert_string_equal(kernel_symbols__at(&symbols, 0xffffffff810001ff), "first");
	assert_string_equal(kernel_symbols__at(&symbols, 0xffffffff81000200), "second");
	assert_string_equal(kernel_symbols__at(&symbols, 0xffffffffc0000010), "of_module");
	assert_null(kernel_symbols__at(&symbols, 0xffffffff810000ff));
	assert_null(kernel_symbols__at(&symbols, 0xffffffff91000200));
	assert_int_equal(symbols.count, 3);
	names__free(&symbols);
}

static void what_the_kernel_hides_or_garbles_is_left_out(void **state)
{
	static const char *const texts[] = {
		"", "\n\n", "0000000000000000 T hidden\n", "ffffffff81000100\n",
		"ffffffff81000100 T\n", "ffffffff81000100 T \n", "no address T x\n",
		"ffffffff81000100TT x\n", "ffffffff81000100 ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct names symbols;

		parse_kernel(&symbols, texts[i]);
		assert_int_equal(symbols.count, 0);
		assert_null(kernel_symbols__at(&symbols, 0xffffffff81000100));
		names__free(&symbols);
	}
}

static void parse_map(struct names *map, const char *text, size_t size)
{
	char *copy = malloc(size + 1);

	memcpy(copy, text, size);
	copy[size] = '\0';
	assert_int_equal(perf_map__parse(copy, size, map), 0);
}

#define PARSE_MAP(map, text) parse_map(map, text, sizeof(text) - 1)

static void code_made_at_run_time_has_the_names_of_its_map(void **state)
{
	struct names map;

	(void)state;
	PARSE_MAP(&map, "2000 20 py::f:/x y.py\n1000 10 first\n0x3000 0x8 prefixed\n"
			"1000 20 again\nffff00 10 no line end");
	assert_string_equal(perf_map__at(&map, 0x2000), "py::f:/x y.py");
	assert_string_equal(perf_map__at(&map, 0x201f), "py::f:/x y.py");
	assert_string_equal(perf_map__at(&map, 0x1000), "again"); /* the last line counts */
	assert_string_equal(perf_map__at(&map, 0xffff0f), "no line end");
	assert_null(perf_map__at(&map, 0x2020));
	assert_null(perf_map__at(&map, 0xfff));
	names__free(&map);
}

static void lines_that_are_none_are_left_out(void **state)
{
	struct names map;

	(void)state;
	PARSE_MAP(&map, "\nzz 10 f\n10 zz f\n10 10\n10 10 \n10 0 empty\n-10 10 f\n 10 10 f\n"
			"ffffffffffffffff 2 wraps\n11111111111111111 1 too long\n10 10\0 zero\n"
			"0x 10 f\n");
	assert_int_equal(map.count, 0);
	names__free(&map);
}

static void code_inside_of_other_code_is_nearer(void **state)
{
	struct names map;

	(void)state;
	PARSE_MAP(&map, "1000 1000 outer\n1100 10 inner\n");
	assert_string_equal(perf_map__at(&map, 0x1105), "inner");
	assert_string_equal(perf_map__at(&map, 0x1110), "outer");
	names__free(&map);
}

/* A root of its own, with a tmp: nothing of the machine's is touched. */
struct place {
	char root[64];
	struct perf_map_owner owner;
};

static void make_place(struct place *place)
{
	char path[128];

	snprintf(place->root, sizeof(place->root), "/tmp/test_symbolizer.XXXXXX");
	assert_non_null(mkdtemp(place->root));
	snprintf(path, sizeof(path), "%s/tmp", place->root);
	assert_int_equal(mkdir(path, 0755), 0);
	place->owner = (struct perf_map_owner){
		.root = open(place->root, O_PATH | O_CLOEXEC), .pid = 7, .uid = geteuid(),
	};
	assert_true(place->owner.root >= 0);
}

static void write_in(const struct place *place, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tmp/%s", place->root, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void remove_place(struct place *place)
{
	static const char *const names[] = { "tmp/perf-7.map", "tmp/real", "tmp", "" };
	char path[128];

	close(place->owner.root);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", place->root, names[i]);
		remove(path);
	}
}

static void a_map_is_read_and_removed(void **state)
{
	struct place place;
	struct names map;

	(void)state;
	make_place(&place);
	assert_int_equal(perf_map__read(&place.owner, &map), -ENOENT);
	write_in(&place, "perf-7.map", "10 10 f\n");
	assert_int_equal(perf_map__read(&place.owner, &map), 0);
	assert_string_equal(perf_map__at(&map, 0x10), "f");
	names__free(&map);
	perf_map__remove(&place.owner);
	assert_int_equal(perf_map__read(&place.owner, &map), -ENOENT);
	remove_place(&place);
}

static void only_the_process_s_own_new_file_is_a_map(void **state)
{
	struct place place;
	struct names map;

	(void)state;
	make_place(&place);
	write_in(&place, "perf-7.map", "10 10 f\n");
	place.owner.uid = geteuid() + 1;
	assert_int_equal(perf_map__read(&place.owner, &map), -EPERM);
	perf_map__remove(&place.owner);
	place.owner.uid = geteuid();
	place.owner.since = time(NULL) + 1000;
	assert_int_equal(perf_map__read(&place.owner, &map), -EPERM);
	place.owner.since = 0;
	assert_int_equal(perf_map__read(&place.owner, &map), 0);
	names__free(&map);
	remove_place(&place);
}

static void no_link_pipe_or_folder_is_a_map(void **state)
{
	struct place place;
	struct names map;
	char path[128], real[128];

	(void)state;
	make_place(&place);
	write_in(&place, "real", "10 10 f\n");
	snprintf(path, sizeof(path), "%s/tmp/perf-7.map", place.root);
	snprintf(real, sizeof(real), "%s/tmp/real", place.root);
	assert_int_equal(symlink("real", path), 0);
	assert_int_equal(perf_map__read(&place.owner, &map), -ELOOP);
	remove(path);
	assert_int_equal(link(real, path), 0);
	assert_int_equal(perf_map__read(&place.owner, &map), -EPERM);
	remove(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(perf_map__read(&place.owner, &map), -EINVAL);
	remove(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(perf_map__read(&place.owner, &map), -EINVAL);
	remove_place(&place);
}

__attribute__((noinline, used)) static void a_function_of_ours(void)
{
	__asm__ volatile("");
}

static void functions_of_a_file_cover_their_addresses(void **state)
{
	struct names symbols;
	struct elf_file file;
	bool found = false;

	(void)state;
	assert_int_equal(elf_file__open(&file, "/proc/self/exe"), 0);
	assert_int_equal(code_symbols__read(&file, "", "/proc/self/exe", &symbols), 0);
	elf_file__close(&file);
	for (size_t i = 0; i < symbols.count; i++)
		if (strcmp(symbols.text + symbols.list[i].at, "a_function_of_ours") == 0) {
			const struct name *symbol = &symbols.list[i];

			found = true;
			assert_string_equal(code_symbols__at(&symbols, symbol->address),
					    "a_function_of_ours");
			assert_string_equal(code_symbols__at(&symbols, symbol->address +
							     symbol->size - 1),
					    "a_function_of_ours");
		}
	assert_true(found);
	assert_null(code_symbols__at(&symbols, 0));
	names__free(&symbols);
}

static enum sample_kind name(struct symbolizer *symbolizer, const struct sample_frame *user,
			     size_t nuser, char *text)
{
	const struct symbolizer_sample sample = {
		.pid = getpid(), .flags = SAMPLE_USER_MODE, .user = user, .nuser = nuser,
	};

	return symbolizer__name(symbolizer, &sample, text);
}

/* As the kernel would have sampled us: leaf first, callers by where they are returned to. */
static void a_stack_of_our_own_gets_our_names(void **state)
{
	const struct sample_frame frames[] = {
		{ SAMPLE_FRAME_ADDRESS, { 0 }, (uint64_t)(uintptr_t)a_function_of_ours },
		{ SAMPLE_FRAME_ADDRESS, { 0 }, (uint64_t)(uintptr_t)name + 1 },
		{ SAMPLE_FRAME_ADDRESS, { 0 }, 16 },
	};
	char *text = malloc(SYMBOLIZER_TEXT_SIZE);
	struct symbolizer *symbolizer;

	(void)state;
	assert_int_equal(symbolizer__open(&symbolizer), 0);
	symbolizer__begin(symbolizer, geteuid());
	symbolizer__look(symbolizer, getpid());
	assert_int_equal(name(symbolizer, frames, 3, text), SAMPLE_KIND_USER);
	assert_string_equal(text, "[unknown];name;a_function_of_ours");
	assert_int_equal(name(symbolizer, frames, 0, text), SAMPLE_KIND_USER);
	assert_string_equal(text, "[unknown]");
	symbolizer__close(symbolizer);
	free(text);
}

/* In the kernel: its frames come on top of the user's, and have names or not. */
static void the_kernel_s_frames_end_the_line(void **state)
{
	const struct sample_frame user = { SAMPLE_FRAME_ADDRESS, { 0 },
					   (uint64_t)(uintptr_t)a_function_of_ours };
	const uint64_t kernel = 16; /* nothing of the kernel's is there */
	const struct symbolizer_sample sample = {
		.pid = getpid(), .flags = SAMPLE_SYSCALL, .kernel = &kernel, .nkernel = 1,
		.user = &user, .nuser = 1,
	};
	char *text = malloc(SYMBOLIZER_TEXT_SIZE);
	struct symbolizer *symbolizer;

	(void)state;
	assert_int_equal(symbolizer__open(&symbolizer), 0);
	symbolizer__begin(symbolizer, geteuid());
	symbolizer__look(symbolizer, getpid());
	assert_int_equal(symbolizer__name(symbolizer, &sample, text), SAMPLE_KIND_SYSCALL);
	assert_string_equal(text, "a_function_of_ours;[unknown]_[k]");
	symbolizer__close(symbolizer);
	free(text);
}

/* What looks like a caller on the stack itself, or in data, shows that the chain is lost. */
static void data_is_no_caller(void **state)
{
	static int data = 1;
	const struct sample_frame in_data[] = {
		{ SAMPLE_FRAME_ADDRESS, { 0 }, (uint64_t)(uintptr_t)a_function_of_ours },
		{ SAMPLE_FRAME_ADDRESS, { 0 }, (uint64_t)(uintptr_t)&data + 2 },
		{ SAMPLE_FRAME_ADDRESS, { 0 }, (uint64_t)(uintptr_t)name + 1 },
	};
	struct sample_frame on_stack[2] = { in_data[0], in_data[1] };
	char *text = malloc(SYMBOLIZER_TEXT_SIZE);
	struct symbolizer *symbolizer;

	(void)state;
	on_stack[1].place = (uint64_t)(uintptr_t)on_stack;
	assert_int_equal(symbolizer__open(&symbolizer), 0);
	symbolizer__begin(symbolizer, geteuid());
	symbolizer__look(symbolizer, getpid());
	name(symbolizer, in_data, 3, text);
	assert_string_equal(text, "[broken];a_function_of_ours");
	name(symbolizer, on_stack, 2, text);
	assert_string_equal(text, "[broken];a_function_of_ours");
	symbolizer__close(symbolizer);
	free(text);
}

/* By build-id alone: nobody has looked at the process. */
static void a_file_is_known_by_its_build_id(void **state)
{
	struct sample_frame frame = { .status = SAMPLE_FRAME_FILE };
	char *text = malloc(SYMBOLIZER_TEXT_SIZE);
	struct symbolizer *symbolizer;
	char path[PATH_MAX] = "";
	struct symbols found = { .count = 0 };
	struct elf_build_id id;
	struct elf_file file;
	GElf_Phdr segment;
	uint64_t offset;
	bool has_id;

	(void)state;
	assert_int_equal(elf_file__open(&file, "/proc/self/exe"), 0);
	has_id = elf_file__build_id(&file, &id);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, "main", &found), 0);
	assert_int_equal(found.count, 1);
	assert_true(elf_file__offset(&file, found.list[0].address, &segment, &offset));
	frame.place = offset;
	symbols__free(&found);
	elf_file__close(&file);
	if (!has_id || id.size > sizeof(frame.build_id) || emulated()) { /* "/" is another */
		free(text);
		skip_for("no build-id, or emulated");
	}
	memcpy(frame.build_id, id.bytes, id.size);
	assert_int_equal(symbolizer__open(&symbolizer), 0);
	symbolizer__begin(symbolizer, geteuid());
	name(symbolizer, &frame, 1, text);
	assert_string_equal(text, "[unknown]");
	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	symbolizer__learn_program(symbolizer, path);
	name(symbolizer, &frame, 1, text);
	assert_string_equal(text, "main");
	symbolizer__close(symbolizer);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_functions_are_found_by_address),
		cmocka_unit_test(what_the_kernel_hides_or_garbles_is_left_out),
		cmocka_unit_test(code_made_at_run_time_has_the_names_of_its_map),
		cmocka_unit_test(lines_that_are_none_are_left_out),
		cmocka_unit_test(code_inside_of_other_code_is_nearer),
		cmocka_unit_test(a_map_is_read_and_removed),
		cmocka_unit_test(only_the_process_s_own_new_file_is_a_map),
		cmocka_unit_test(no_link_pipe_or_folder_is_a_map),
		cmocka_unit_test(functions_of_a_file_cover_their_addresses),
		cmocka_unit_test(a_stack_of_our_own_gets_our_names),
		cmocka_unit_test(the_kernel_s_frames_end_the_line),
		cmocka_unit_test(data_is_no_caller),
		cmocka_unit_test(a_file_is_known_by_its_build_id),
	};

	return cmocka_run_group_tests_name("symbolizer", tests, NULL, NULL);
}
