/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data in the vector registers, so that the kernel has to save and restore them.
 *
 * XSAVE leaves out what is in its initial state (Intel SDM volume 1, section 13.6), and a
 * program that never touches the wide registers switches without them.
 */
#ifndef SWITCHTAX_VECTOR_H
#define SWITCHTAX_VECTOR_H

#include <stddef.h>

enum vector { VECTOR_NONE, VECTOR_AVX, VECTOR_AVX512 };

/* The widest that this CPU and kernel let us use. */
enum vector vector_widest(void);

/* Fill all registers of that kind with ones. */
void vector_dirty(enum vector vector);

/* How much that is, in bytes. */
size_t vector_bytes(enum vector vector);

#endif
