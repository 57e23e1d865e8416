// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a function from its first instruction to its last, then the parts that it jumps to: its own
// cold one, and other functions. That these are called by others too does not matter: who
// is at their return is told by its stack (bpf/probes.bpf.c).
#include "lock/returns.h"

#include <errno.h>
#include <string.h>

#include "lock/flow.h"
#include "symbols/elf_file.h"
#include "symbols/names.h"

#define MAX_PARTS 16
#define LARGEST_PART (1 << 20)

/* A stretch of code. */
struct part {
	uint64_t from;
	uint64_t to;
};

struct reading {
	const struct elf_file *file;
	struct names functions;		/* by all symbols of names */
	struct part parts[MAX_PARTS];
	size_t nparts;
	struct returns *returns;
};

static int keep_function(const GElf_Sym *symbol, const char *name, void *arg)
{
	const struct name function = { symbol->st_value, symbol->st_size, 0 };

	(void)name;
	if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF ||
	    !symbol->st_size)
		return 0;
	return names__add(arg, &function);
}

static int read_functions(struct reading *reading, const struct elf_file *names)
{
	int err = elf_file__each_symbol(names, SHT_SYMTAB, keep_function, &reading->functions);

	if (!err)
		err = elf_file__each_symbol(reading->file, SHT_DYNSYM, keep_function,
					    &reading->functions);
	names__sort(&reading->functions, NAMES_FIRST);
	return err;
}

static int add_part(struct reading *reading, uint64_t from, uint64_t size)
{
	if (reading->nparts == MAX_PARTS)
		return -E2BIG;
	if (!size || size > LARGEST_PART)
		return -ENODATA;
	reading->parts[reading->nparts++] = (struct part){ from, from + size };
	return 0;
}

/* Is it read, or going to be? If not, it is part of a function; else nobody can say. */
static int follow(struct reading *reading, uint64_t target)
{
	const struct name *function;

	for (size_t i = 0; i < reading->nparts; i++)
		if (target >= reading->parts[i].from && target < reading->parts[i].to)
			return 0;
	function = names__before(&reading->functions, target);
	if (!function || target >= function->address + function->size)
		return -ENODATA;
	return add_part(reading, function->address, function->size);
}

static int add_return(struct returns *returns, uint64_t address)
{
	for (size_t i = 0; i < returns->count; i++)
		if (returns->list[i] == address)
			return 0;
	if (returns->count == RETURNS_MAX)
		return -E2BIG;
	returns->list[returns->count++] = address;
	return 0;
}

/* One instruction, of which no byte lies beyond the part. */
static int read_one(struct reading *reading, uint64_t *at, uint64_t to)
{
	unsigned char code[FLOW_LONGEST] = { 0 };
	size_t left = to - *at < sizeof(code) ? (size_t)(to - *at) : sizeof(code);
	struct flow flow;
	uint64_t address = *at;

	if (!elf_file__read(reading->file, address, code, left))
		return -EBADMSG;
	flow = flow__of(reading->file->header.e_machine, code, address);
	if (!flow.length || flow.length > left)
		return -ENODATA;
	*at += flow.length;
	switch (flow.kind) {
	case FLOW_RETURN: return add_return(reading->returns, address);
	case FLOW_AWAY: return -ENODATA;
	case FLOW_JUMP:
	case FLOW_BRANCH: return follow(reading, flow.target);
	default: return 0;
	}
}

static int read_all(struct reading *reading)
{
	int err = 0;

	for (size_t i = 0; i < reading->nparts && !err; i++)
		for (uint64_t at = reading->parts[i].from; at < reading->parts[i].to && !err;)
			err = read_one(reading, &at, reading->parts[i].to);
	return err;
}

int returns__find(const struct elf_file *file, const struct elf_file *names,
		  const struct symbol *function, struct returns *returns)
{
	struct reading reading = { .file = file, .returns = returns };
	size_t before = returns->count;
	int err = read_functions(&reading, names);

	if (!err)
		err = add_part(&reading, function->address, function->size);
	if (!err)
		err = read_all(&reading);
	names__free(&reading.functions);
	return !err && returns->count == before ? -ENODATA : err;
}
