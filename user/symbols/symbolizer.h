/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbolizer - from the addresses of a sample to a line of names, and to what it was doing.
 *
 * Lives as long as the experiment: the kernel's symbols and those of each file are read once,
 * and only when a sample needs them. User frames are found by the build-id of their file, so
 * the process may be gone; where there is none (made at run time, the vDSO, a file without a
 * build-id), by what the process had mapped when it was last looked at.
 */
#ifndef SWITCHTAX_SYMBOLIZER_H
#define SWITCHTAX_SYMBOLIZER_H

#include <stdint.h>
#include <sys/types.h>

#include "include/abi.h"
#include "symbols/modules.h"
#include "symbols/sample_kind.h"

/* A line of names; what does not fit is left out at the root, where "[...]" stands for it. */
#define SYMBOLIZER_TEXT_SIZE 16384

struct symbolizer;

/* What a sample was, without the unused room of struct stack_sample. */
struct symbolizer_sample {
	pid_t pid;
	uint32_t flags;				/* SAMPLE_USER_MODE, SAMPLE_SYSCALL */
	const uint64_t *kernel;			/* leaf first */
	size_t nkernel;
	const struct sample_frame *user;	/* leaf first */
	size_t nuser;
	const uint64_t *words;			/* of the stack, from its top (lowest address) on */
	size_t nwords;				/* 0: the stack was not sampled */
};

/* Returns 0 or -ENOMEM. */
int symbolizer__open(struct symbolizer **symbolizer);
void symbolizer__close(struct symbolizer *symbolizer);

/*
 * A run begins: what is known of the last one's processes is forgotten, files are not. Maps
 * of code made at run time must be uid's, unless a process turns out to be somebody else's.
 */
void symbolizer__begin(struct symbolizer *symbolizer, uid_t uid);

/* Remember what a process has mapped, unless that is known well enough. Errors are no harm. */
void symbolizer__look(struct symbolizer *symbolizer, pid_t pid);

/* Know the files of a snapshot, which is borrowed; or of a program and the libraries it needs. */
void symbolizer__learn(struct symbolizer *symbolizer, const struct modules *modules);
void symbolizer__learn_program(struct symbolizer *symbolizer, const char *path);

/*
 * Copy those of a stack's words that may be addresses of code made at run time, as far as the
 * process has been looked at. Returns how many, at most `most`.
 */
size_t symbolizer__keep_code(const struct symbolizer *symbolizer, pid_t pid,
			     const uint64_t *words, size_t count, uint64_t *kept, size_t most);

/* Code made at run time may have got names since: ask for them again. */
void symbolizer__refresh(struct symbolizer *symbolizer);

/*
 * The names of a sample, root first, with ';' between them; the kernel's end in "_[k]". What
 * has no name is "[file+0x1234]" or "[unknown]"; "[broken]" is where the chain of frame pointers
 * is lost. If it is, and the stack was sampled, the callers are what is found in it of code
 * made at run time: a Python's functions, also where the interpreter itself has no frame
 * pointers. text has SYMBOLIZER_TEXT_SIZE bytes.
 */
enum sample_kind symbolizer__name(struct symbolizer *symbolizer,
				  const struct symbolizer_sample *sample, char *text);

/* Remove the maps that Pythons wrote because we asked them to. At the end of a run. */
void symbolizer__remove_perf_maps(struct symbolizer *symbolizer);

#endif
