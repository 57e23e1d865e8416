// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpython - what the file of a CPython says of itself, read without the process.
 *
 * 3.11 and later export Py_Version (Python/getversion.c); 3.13 and later begin _PyRuntime
 * with _Py_DebugOffsets, made for debuggers that look in from outside, and fill it in at
 * compile time (Include/internal/pycore_debug_offsets.h; pycore_runtime.h in 3.13).
 */
#include "lock/interpreters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/elf_file.h"
#include "symbols/symbols.h"

#define COOKIE "xdebugpy"

/* Where take_gil() finds the interpreter in its PyThreadState since 3.12. */
#define INTERP_OFFSET 16

/*
 * Of ceval.gil in 3.12's struct _is, on any 64-bit machine and with Py_DEBUG as without
 * (offsetof() over 3.12.1's headers, and seen in a running 3.12.1). Fields before it have
 * been the same since 3.12.0: debuggers such as pystack read all of 3.12 by one layout.
 */
#define GIL_OFFSET_3_12 384

/*
 * struct _gil_runtime_state (Include/internal/pycore_gil.h), two mutexes and two condition
 * variables, has 208 bytes; until 3.11 it is ceval.gil in _PyRuntime, at 352 to 1152 (offsetof()
 * over the headers of 3.8 to 3.11).
 */
#define GIL_BYTES 256
#define RUNTIME_BYTES 4096

/* The start of _Py_DebugOffsets, as far as 3.13 and 3.14 agree. */
struct debug_offsets {
	char cookie[8];
	uint64_t version;
	uint64_t free_threaded;
	uint64_t runtime_state[3];
	uint64_t interpreter_state[32];	/* and what follows it */
};

/*
 * Words from the start of interpreter_state. 3.14 has put threads_main before gc, and
 * code_object_generation and tlbc_generation at the end. Another version may differ.
 */
struct offsets_layout {
	unsigned int minor;
	unsigned int ceval_gil;
	unsigned int thread_interp;
};

static const struct offsets_layout layouts[] = {
	{ .minor = 13, .ceval_gil = 8, .thread_interp = 13 + 3 },
	{ .minor = 14, .ceval_gil = 9, .thread_interp = 16 + 3 },
};

struct cpython {
	char version[LOCK_VERSION_SIZE];	/* "3.12.1", "3.9", "3" */
	unsigned int minor;	/* of 3.x; 0: unknown */
	bool free_threaded;	/* a build without the global lock */
	struct lock_key key;
	struct lock_words words;
};

/* PY_VERSION_HEX: 0x030d00f0 is 3.13.0, 0x030e00b2 is 3.14.0b2 (Include/patchlevel.h). */
static bool take_version(struct cpython *python, uint64_t hex)
{
	unsigned int micro = hex >> 8 & 0xff, level = hex >> 4 & 0xf, serial = hex & 0xf;
	int len;

	if (hex >> 24 != 3)
		return false;
	python->minor = hex >> 16 & 0xff;
	len = snprintf(python->version, sizeof(python->version), "3.%u.%u", python->minor, micro);
	if (level != 0xf)
		snprintf(python->version + len, sizeof(python->version) - (size_t)len, "%s%u",
			 level == 0xa ? "a" : level == 0xb ? "b" : "rc", serial);
	return true;
}

/* "libpython3.6m.so.1.0", "python3.13t": "3.MINOR" and ABI flags, 't' for free-threaded. */
static void read_name(struct cpython *python, const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *at = strstr(base, "python3.");
	unsigned long minor;
	char *end;

	snprintf(python->version, sizeof(python->version), "3");
	if (!at)
		return;
	at += strlen("python3.");
	minor = strtoul(at, &end, 10);
	if (end == at || minor > 99)
		return;
	python->minor = (unsigned int)minor;
	snprintf(python->version, sizeof(python->version), "3.%lu", minor);
	python->free_threaded = memchr(end, 't', strspn(end, "dmut")) != NULL;
}

/* In a PyThreadState the interpreter, and in that its ceval.gil. */
static void set_key(struct cpython *python, uint32_t gil_offset)
{
	python->key = (struct lock_key){ .known = true, .outer = INTERP_OFFSET,
					 .inner = gil_offset };
	python->words = (struct lock_words){ .size = GIL_BYTES };
}

/* Until 3.11 the lock is a part of the runtime (ceval.gil). */
static void set_words(const struct elf_file *file, struct cpython *python)
{
	uint64_t address;

	if (symbols__find_data(file, "_PyRuntime", &address))
		python->words = (struct lock_words){ RUNTIME_BYTES, address };
}

static void read_debug_offsets(const struct elf_file *file, struct cpython *python)
{
	struct debug_offsets offsets;
	uint64_t address, gil;

	if (!symbols__find_data(file, "_PyRuntime", &address) ||
	    !elf_file__read(file, address, &offsets, sizeof(offsets)) ||
	    memcmp(offsets.cookie, COOKIE, sizeof(offsets.cookie)) != 0)
		return;
	python->free_threaded = offsets.free_threaded != 0;
	if (!take_version(python, offsets.version))
		return;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].minor != python->minor ||
		    offsets.interpreter_state[layouts[i].thread_interp] != INTERP_OFFSET)
			continue;
		gil = offsets.interpreter_state[layouts[i].ceval_gil];
		if (gil < UINT32_MAX && gil % sizeof(void *) == 0)
			set_key(python, (uint32_t)gil);
	}
}

static void read_file(const struct elf_file *file, const char *path, struct cpython *python)
{
	uint64_t address, hex;

	read_name(python, path);
	if (symbols__find_data(file, "Py_Version", &address) &&
	    elf_file__read(file, address, &hex, sizeof(hex)))
		take_version(python, hex);
	if (python->minor && python->minor < 12)
		set_words(file, python);
	if (python->minor == 12)
		set_key(python, GIL_OFFSET_3_12);
	else if (python->minor == 0 || python->minor > 12)
		read_debug_offsets(file, python);
}

interpreter_describe cpython__describe;

void cpython__describe(const struct elf_file *file, const char *path,
		       struct interpreter_facts *facts)
{
	struct cpython python = { .minor = 0 };

	if (symbols__table_defines(file, SHT_DYNSYM, "PyString_FromString")) {
		snprintf(facts->version, sizeof(facts->version), "2");
		snprintf(facts->unfit, sizeof(facts->unfit), "CPython 2: its global lock is of "
			 "another kind (Python/ceval.c, interpreter_lock); 3.2 and later can be "
			 "measured");
		return;
	}
	read_file(file, path, &python);
	memcpy(facts->version, python.version, sizeof(facts->version));
	facts->key = python.key;
	facts->words = python.words;
	if (python.free_threaded)
		snprintf(facts->unfit, sizeof(facts->unfit), "a free-threaded build of CPython "
			 "%s: it has no global lock", python.version);
	snprintf(facts->debug_package, sizeof(facts->debug_package), "python3.%.0d%s-dbg",
		 (int)python.minor, python.minor ? "" : "X");
}
