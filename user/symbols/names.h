/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names - what is called how at which address: a table, sorted once and searched often. */
#ifndef SWITCHTAX_NAMES_H
#define SWITCHTAX_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct name {
	uint64_t address;
	uint64_t size;		/* 0: not known */
	size_t at;		/* where it begins in the text */
};

struct names {
	struct name *list;	/* by address, each address once */
	size_t count;
	char *text;		/* of all names, each ended by a zero */
};

/* Of several names for one address, which is kept? */
enum names_of_one {
	NAMES_FIRST,		/* in the text, of those with a size if there are such */
	NAMES_LAST,
};

/* Put one behind the others; the table is to be sorted then. Returns 0 or -ENOMEM. */
int names__add(struct names *names, const struct name *name);
void names__sort(struct names *names, enum names_of_one kept);
void names__free(struct names *names);

/* The last that begins at an address or before it, or NULL. */
const struct name *names__before(const struct names *names, uint64_t address);

#endif
