// SPDX-License-Identifier: GPL-2.0-or-later
// Asks the debug information, or else follows direct calls in machine code.
#include "lock/inlined.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lock/interpreters.h"
#include "symbols/elf_file.h"
#include "symbols/names.h"

/* --- by debug information -------------------------------------------------------- */

/* Blocks and calls inside of calls: deeper than this is no program. */
#define MAX_NESTING 200

struct copies {
	const char *function;
	struct symbols *release;
	int err;
};

/* A copy of the function, as a symbol called "drop_gil (inlined)". */
static void keep_copy(struct copies *copies, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die origin;
	Dwarf_Addr address;
	const char *name;
	struct symbol symbol = { .address = 0 };

	if (!dwarf_attr(die, DW_AT_abstract_origin, &attribute) ||
	    !dwarf_formref_die(&attribute, &origin))
		return;
	name = dwarf_diename(&origin);
	if (!name || strcmp(name, copies->function) != 0 || dwarf_entrypc(die, &address))
		return;
	symbol.address = address;
	snprintf(symbol.name, sizeof(symbol.name), "%s (inlined)", name);
	copies->err = symbols__add(copies->release, &symbol);
}

/* NOLINTNEXTLINE(misc-no-recursion): MAX_NESTING is the limit */
static void walk(struct copies *copies, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;

	if (depth > MAX_NESTING || dwarf_child(parent, &die))
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			keep_copy(copies, &die);
		walk(copies, &die, depth + 1);
	} while (!copies->err && dwarf_siblingof(&die, &die) == 0);
}

/* Returns 1 if there is debug information, else 0, or -ENOMEM. */
static int add_by_dwarf(const char *function, const struct elf_file *names,
			struct symbols *release)
{
	struct copies copies = { .function = function, .release = release };
	Dwarf *dwarf = dwarf_begin_elf(names->elf, DWARF_C_READ, NULL);
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	bool any = false;

	if (!dwarf)
		return 0;
	while (!copies.err && dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0) {
		any = true;
		walk(&copies, &die, 0);
	}
	dwarf_end(dwarf);
	return copies.err ? copies.err : any;
}

/* --- by machine code ------------------------------------------------------------- */

/* drop_gil() locks, signals and unlocks: a copy of it takes more than this, a jump less. */
#define SMALLEST_COPY 100
#define LARGEST_CALLER 4096

/* SaveThread, _PyThreadState_Detach, _PyEval_ReleaseLock, drop_gil: 3.13 is the longest. */
#define MAX_DEPTH 3

struct code {
	const struct elf_file *file;
	const struct symbols *release;
	struct names functions;
};

static int keep_function(const GElf_Sym *symbol, const char *name, void *arg)
{
	struct code *code = arg;
	const struct name function = { symbol->st_value, symbol->st_size, 0 };

	(void)name;
	if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF ||
	    !symbol->st_size)
		return 0;
	return names__add(&code->functions, &function);
}

static const struct name *function_at(const struct code *code, uint64_t address)
{
	const struct name *function = names__before(&code->functions, address);

	return function && function->address == address ? function : NULL;
}

static bool is_release(const struct code *code, uint64_t address)
{
	for (size_t i = 0; i < code->release->count; i++)
		if (code->release->list[i].address == address)
			return true;
	return false;
}

static bool reaches_release(const struct code *code, const struct name *from, int depth);

/* Of x86-64 the shortest, where the next may begin; calls are longer. */
static size_t step_of(const struct code *code)
{
	return code->file->header.e_machine == EM_AARCH64 ? 4 : 1;
}

/*
 * Where call rel32, jmp rel32, bl and b lead; 0: it is none. On x86-64, bytes inside of other
 * instructions may look like one, but hit the first byte of a function by chance only.
 */
static uint64_t target_of(const struct code *code, const unsigned char *at, size_t left,
			  uint64_t address)
{
	int32_t distance;
	uint32_t word;

	if (code->file->header.e_machine == EM_AARCH64) {
		if (left < sizeof(word))
			return 0;
		memcpy(&word, at, sizeof(word));
		if ((word & 0x7c000000) != 0x14000000)
			return 0;
		return address + (uint64_t)((int64_t)((uint64_t)word << 38) >> 36);
	}
	if (left < 1 + sizeof(distance) || (at[0] != 0xe8 && at[0] != 0xe9))
		return 0;
	memcpy(&distance, at + 1, sizeof(distance));
	return address + 5 + (uint64_t)(int64_t)distance;
}

static bool leads_to_release(const struct code *code, const struct name *from,
			     uint64_t target, int depth)
{
	const struct name *to;

	if (is_release(code, target))
		return true;
	to = depth < MAX_DEPTH ? function_at(code, target) : NULL;
	return to && to->address != from->address && reaches_release(code, to, depth + 1);
}

/* NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH is the limit */
static bool reaches_release(const struct code *code, const struct name *from, int depth)
{
	unsigned char bytes[LARGEST_CALLER];
	size_t size = from->size < sizeof(bytes) ? from->size : sizeof(bytes);

	if (!elf_file__read(code->file, from->address, bytes, size))
		return false;
	for (size_t i = 0; i < size; i += step_of(code)) {
		uint64_t target = target_of(code, bytes + i, size - i, from->address + i);

		if (target && leads_to_release(code, from, target, depth))
			return true;
	}
	return false;
}

/* Has this function a copy of the release in it? */
static bool has_copy(const struct code *code, uint64_t address)
{
	const struct name *function = function_at(code, address);

	return function && function->size >= SMALLEST_COPY &&
	       function->size <= LARGEST_CALLER && !reaches_release(code, function, 1);
}

static int add_callers(const struct code *code, const char *const *callers,
		       const struct elf_file *names, struct symbols *release)
{
	int err = 0;

	for (size_t i = 0; callers[i] && !err; i++) {
		struct symbols found = { .count = 0 };

		err = symbols__add_functions(names, SHT_SYMTAB, callers[i], &found);
		if (!err && found.count == 1 && has_copy(code, found.list[0].address))
			err = symbols__add(release, &found.list[0]);
		symbols__free(&found);
	}
	return err;
}

static int add_by_code(const char *const *callers, const struct elf_file *file,
		       const struct elf_file *names, struct symbols *release)
{
	struct symbols before = *release, copies = { .count = 0 };
	struct code code = { .file = file, .release = &before };
	int err;

	if (file->header.e_machine != EM_X86_64 && file->header.e_machine != EM_AARCH64)
		return 0;
	err = elf_file__each_symbol(names, SHT_SYMTAB, keep_function, &code);
	if (!err) {
		names__sort(&code.functions, NAMES_FIRST);
		err = add_callers(&code, callers, names, &copies);
	}
	for (size_t i = 0; i < copies.count && !err; i++)
		err = symbols__add(release, &copies.list[i]);
	symbols__free(&copies);
	names__free(&code.functions);
	return err;
}

int inlined__add(const struct interpreter *interpreter, const struct elf_file *file,
		 const struct elf_file *names, struct symbols *release)
{
	int known = 1;

	if (release->count)
		known = add_by_dwarf(interpreter->release[0], names, release);
	if (known)
		return known < 0 ? known : 0;
	return add_by_code(interpreter->callers, file, names, release);
}
