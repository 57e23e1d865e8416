/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * processes - what was seen of the processes of a run while they lived: the files that they had
 * mapped, and what they call the code that they made at run time.
 */
#ifndef SWITCHTAX_PROCESSES_H
#define SWITCHTAX_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "symbols/modules.h"
#include "symbols/names.h"

struct process {
	pid_t pid;
	pid_t own_pid;			/* as its own PID namespace has it */
	uid_t uid;
	bool has_modules;
	struct modules modules;
	uint64_t looked_ns;
	uint64_t look_again_ns;		/* after so long */
	bool asked_map;			/* map is what there is */
	struct names map;
};

struct processes {
	struct process *items;
	size_t count;
	uid_t uid;			/* whose they are, unless they turn out not to be */
	time_t since;			/* of the run */
};

/* All of them. */
void processes__forget(struct processes *processes);

/* The process, which is new if it was not known. NULL: no memory, or too many. */
struct process *processes__of(struct processes *processes, pid_t pid);

/* Look at what it has mapped, unless that is known well enough. NULL: nothing new. */
const struct modules *processes__look(struct processes *processes, pid_t pid);

/* See symbolizer__keep_code(). */
size_t processes__keep_code(const struct processes *processes, pid_t pid, const uint64_t *words,
			    size_t count, uint64_t *kept, size_t most);

/* Read the names of code made at run time into process->map, unless they are there. */
void processes__ask_map(const struct processes *processes, struct process *process);

/* They may have changed. */
void processes__forget_maps(struct processes *processes);

/* Remove the files with such names. */
void processes__remove_maps(const struct processes *processes);

#endif
