/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signature - what a function takes first, and what it returns, by its debug information. */
#ifndef SWITCHTAX_SIGNATURE_H
#define SWITCHTAX_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

struct elf_file;

enum first_parameter {
	FIRST_UNKNOWN,
	FIRST_NONE,		/* it has no parameter */
	FIRST_POINTER,		/* a pointer or a reference; of a C++ member: this */
	FIRST_OTHER,
};

enum return_kind {
	RETURN_UNKNOWN,
	RETURN_NOTHING,
	RETURN_BOOL,
	RETURN_OTHER,
};

struct signature {
	enum first_parameter first;
	enum return_kind returns;
	char points_to[128];	/* FIRST_POINTER: the type's name, "void" */
};

/*
 * Of the function that begins at an address. A file without debug information, or without
 * such a function in it, leaves all unknown. Meant to be called apart (base/apart.h).
 */
struct signature signature__of(const struct elf_file *names, uint64_t address);

#endif
