/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample_kind - what a sampled thread was doing: its own work, or which of the kernel's. */
#ifndef SWITCHTAX_SAMPLE_KIND_H
#define SWITCHTAX_SAMPLE_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum sample_kind {
	SAMPLE_KIND_USER,
	SAMPLE_KIND_FAULT,	/* a page fault, also one that a system call met */
	SAMPLE_KIND_SYSCALL,
	SAMPLE_KIND_INTERRUPT,	/* hard or soft; and the traps that are neither of the above */
	SAMPLE_KINDS,
};

/* user, fault, syscall, interrupt: as files and reports name them. */
const char *sample_kind__name(enum sample_kind kind);

/*
 * Of a sample in the kernel, by the functions of its kernel stack, leaf first (NULL: one
 * without a name). Where none of them is a way into the kernel that is known,
 * in_system_call decides.
 */
enum sample_kind sample_kind__of(const char *const *functions, size_t count, bool in_system_call);

#endif
