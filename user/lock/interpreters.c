// SPDX-License-Identifier: GPL-2.0-or-later
// The rows, and which one a file is of.
#include "lock/interpreters.h"

#include <libelf.h>
#include <string.h>

#include "symbols/symbols.h"

/* Each in a file of its name. */
interpreter_describe cpython__describe;

const struct interpreter interpreters[] = {
	{
		/* Python/ceval_gil.c; ceval_gil.h before 3.12 */
		.name = "cpython",
		.title = "CPython",
		.library = "libpython",
		/* not _PyRuntime: a program without PIE that uses it has a copy (R_*_COPY) */
		.exported = { "PyEval_SaveThread", "Py_BytesMain" },
		.acquire = "take_gil",
		/*
		 * 3.13 has split drop_gil_impl() off drop_gil(), which alone calls it (but in
		 * free-threaded builds), so it is inlined unless nothing is optimised. Probing
		 * both would count a release twice; it stands in only where the compiler has
		 * inlined drop_gil() itself away.
		 */
		.release = { "drop_gil", "drop_gil_impl" },
		.callers = { "PyEval_SaveThread", "PyEval_ReleaseThread", "PyEval_ReleaseLock",
			     "_PyEval_ReleaseLock" },
		.asks = true,	/* gil_drop_request */
		.no_guess = "the exported PyEval_SaveThread and PyEval_RestoreThread miss every "
			    "forced switch",
		.describe = cpython__describe,
	},
	{ .name = NULL },
};

static bool is_of(const struct elf_file *file, const struct interpreter *interpreter)
{
	if (symbols__table_defines(file, SHT_SYMTAB, interpreter->acquire))
		return true;
	for (const char *const *name = interpreter->exported; *name; name++)
		if (symbols__table_defines(file, SHT_DYNSYM, *name))
			return true;
	return false;
}

const struct interpreter *interpreters__of(const struct elf_file *file)
{
	for (const struct interpreter *each = interpreters; each->name; each++)
		if (is_of(file, each))
			return each;
	return NULL;
}

const struct interpreter *interpreters__named(const char *name)
{
	for (const struct interpreter *row = interpreters; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}
