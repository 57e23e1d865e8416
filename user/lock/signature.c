// SPDX-License-Identifier: GPL-2.0-or-later
// One function among the units of a DWARF.
#include "lock/signature.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <string.h>

#include "symbols/elf_file.h"

/* Names for names for a type: deeper than this is no program. */
#define MAX_NAMES 20

struct search {
	uint64_t address;
	bool found;
	Dwarf_Die function;
};

static int look_at_function(Dwarf_Die *die, void *arg)
{
	struct search *search = arg;
	Dwarf_Addr address;

	if (dwarf_lowpc(die, &address) || address != search->address)
		return DWARF_CB_OK;
	search->found = true;
	search->function = *die;
	return DWARF_CB_ABORT;
}

static void look_at_unit(Dwarf_Die *unit, struct search *search)
{
	if (dwarf_tag(unit) == DW_TAG_compile_unit && dwarf_haspc(unit, search->address) == 1)
		dwarf_getfuncs(unit, look_at_function, search, 0);
}

/* The type of a parameter, or what a function returns. False: it has none, which is void. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attribute;

	return dwarf_attr_integrate(die, DW_AT_type, &attribute) &&
	       dwarf_formref_die(&attribute, type);
}

/* What is behind names and qualifiers. False: void. */
static bool strip(Dwarf_Die *type)
{
	for (int i = 0; i < MAX_NAMES; i++) {
		switch (dwarf_tag(type)) {
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type: break;
		default: return true;
		}
		if (!type_of(type, type))
			return false;
	}
	return true;
}

static void describe_pointer(Dwarf_Die *pointer, struct signature *signature)
{
	const char *name = "void";
	Dwarf_Die type;

	if (type_of(pointer, &type) && strip(&type))
		name = dwarf_diename(&type);
	if (!name)
		return;
	signature->first = FIRST_POINTER;
	snprintf(signature->points_to, sizeof(signature->points_to), "%s", name);
}

static void describe_first(Dwarf_Die *function, struct signature *signature)
{
	Dwarf_Die child, type;
	bool more = dwarf_child(function, &child) == 0;

	signature->first = FIRST_NONE;
	while (more && dwarf_tag(&child) != DW_TAG_formal_parameter &&
	       dwarf_tag(&child) != DW_TAG_unspecified_parameters)
		more = dwarf_siblingof(&child, &child) == 0;
	if (!more)
		return;
	signature->first = FIRST_OTHER;
	if (dwarf_tag(&child) != DW_TAG_formal_parameter || !type_of(&child, &type) ||
	    !strip(&type))
		return;
	if (dwarf_tag(&type) == DW_TAG_pointer_type || dwarf_tag(&type) == DW_TAG_reference_type)
		describe_pointer(&type, signature);
}

static bool is_bool(Dwarf_Die *type)
{
	Dwarf_Attribute attribute;
	Dwarf_Word encoding;

	return dwarf_tag(type) == DW_TAG_base_type &&
	       !dwarf_formudata(dwarf_attr(type, DW_AT_encoding, &attribute), &encoding) &&
	       encoding == DW_ATE_boolean;
}

/* An object may be returned where a hidden first argument says: then nothing is known. */
static bool is_object(Dwarf_Die *type)
{
	switch (dwarf_tag(type)) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type: return true;
	default: return false;
	}
}

static void describe(Dwarf_Die *function, struct signature *signature)
{
	Dwarf_Die type;

	signature->returns = RETURN_NOTHING;
	if (type_of(function, &type) && strip(&type)) {
		signature->returns = is_bool(&type) ? RETURN_BOOL : RETURN_OTHER;
		if (is_object(&type))
			return;
	}
	describe_first(function, signature);
}

struct signature signature__of(const struct elf_file *names, uint64_t address)
{
	struct signature signature = { .first = FIRST_UNKNOWN };
	struct search search = { .address = address };
	Dwarf *dwarf = dwarf_begin_elf(names->elf, DWARF_C_READ, NULL);
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;

	if (!dwarf)
		return signature;
	while (!search.found &&
	       dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
		look_at_unit(&die, &search);
	if (search.found)
		describe(&search.function, &signature);
	dwarf_end(dwarf);
	return signature;
}
