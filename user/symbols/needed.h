/* SPDX-License-Identifier: GPL-2.0-or-later */
/* needed - the libraries that a program will load, before the dynamic linker has run. */
#ifndef SWITCHTAX_NEEDED_H
#define SWITCHTAX_NEEDED_H

#include "symbols/modules.h"

/*
 * Add to a process's modules the libraries that its executable needs, and those that they
 * need, if their names start with @prefix ("": all). What cannot be found is left out.
 */
void needed__add(struct modules *modules, const char *prefix);

#endif
