// SPDX-License-Identifier: GPL-2.0-or-later
// Looks at processes while they live, and asks for the names of code that they make.
#define _GNU_SOURCE 1
#include "symbols/processes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/proctext.h"
#include "include/clock.h"
#include "symbols/perf_map.h"

#define MOST_PROCESSES 256

/* When to look again: libraries come early, and each look costs a millisecond. */
#define FIRST_LOOK_NS 200000000ULL
#define LAST_LOOK_NS 10000000000ULL

void processes__forget(struct processes *processes)
{
	for (size_t i = 0; i < processes->count; i++) {
		struct process *process = &processes->items[i];

		if (process->has_modules)
			modules__free(&process->modules);
		names__free(&process->map);
	}
	free(processes->items);
	processes->items = NULL;
	processes->count = 0;
}

struct process *processes__of(struct processes *processes, pid_t pid)
{
	const struct process fresh = { .pid = pid, .own_pid = pid, .uid = processes->uid };

	for (size_t i = 0; i < processes->count; i++)
		if (processes->items[i].pid == pid)
			return &processes->items[i];
	if (processes->count == MOST_PROCESSES ||
	    list__append(processes->items, processes->count, fresh))
		return NULL;
	return &processes->items[processes->count - 1];
}

/* Whose it is, and what it calls itself: the last of NSpid, its innermost namespace's. */
static void read_identity(struct process *process)
{
	char path[64], *text;
	const char *pids;
	struct stat st;
	uint64_t pid;

	snprintf(path, sizeof(path), "/proc/%d", (int)process->pid);
	if (!stat(path, &st))
		process->uid = st.st_uid;
	text = proctext__read_of(process->pid, "status");
	pids = proctext__after_line_start(text, "NSpid:");
	while (pids && (pids = proctext__skip_blanks(pids), proctext__take_number(&pids, &pid)))
		process->own_pid = (pid_t)pid;
	free(text);
}

const struct modules *processes__look(struct processes *processes, pid_t pid)
{
	struct process *process = processes__of(processes, pid);
	uint64_t now = clock_now_ns();
	struct modules modules;

	if (!process || now < process->looked_ns + process->look_again_ns)
		return NULL;
	process->looked_ns = now;
	process->look_again_ns = process->look_again_ns ? 2 * process->look_again_ns
							 : FIRST_LOOK_NS;
	if (process->look_again_ns > LAST_LOOK_NS)
		process->look_again_ns = LAST_LOOK_NS;
	if (modules__read(pid, &modules))
		return NULL;
	if (process->has_modules)
		modules__free(&process->modules);
	process->modules = modules;
	process->has_modules = true;
	read_identity(process);
	return &process->modules;
}

/* ---- code made at run time ---- */

static struct perf_map_owner owner_of(const struct processes *processes,
				      const struct process *process, int our_root)
{
	return (struct perf_map_owner){
		.root = process->has_modules ? process->modules.root : our_root,
		.pid = process->own_pid,
		.uid = process->uid,
		.since = processes->since,
	};
}

void processes__ask_map(const struct processes *processes, struct process *process)
{
	struct perf_map_owner owner;
	int our_root;

	if (process->asked_map)
		return;
	our_root = open("/", O_PATH | O_CLOEXEC);
	owner = owner_of(processes, process, our_root);
	process->asked_map = true;
	(void)perf_map__read(&owner, &process->map);
	if (our_root >= 0)
		close(our_root);
}

static bool is_made(const struct modules *modules, uint64_t word)
{
	const struct mapping *mapping = modules__mapping_at(modules, word);

	return mapping && mapping->code && mapping->module < 0 && mapping->label[0] != '[';
}

/*
 * CPython's trampoline (Python/asm_trampoline.S) moves the stack pointer by one word, in whatever
 * way, so the word behind that is its own return address, into the interpreter. This sorts out
 * many of the addresses that are left over from calls which have returned.
 */
static bool is_called(const struct modules *modules, const uint64_t *words, size_t count)
{
#if defined(__x86_64__)
	const struct mapping *mapping = count > 2 ? modules__mapping_at(modules, words[2]) : NULL;

	return mapping && mapping->code && mapping->module >= 0;
#else
	(void)modules;
	(void)words;
	return count > 0;
#endif
}

size_t processes__keep_code(const struct processes *processes, pid_t pid, const uint64_t *words,
			    size_t count, uint64_t *kept, size_t most)
{
	const struct process *process = NULL;
	size_t found = 0;

	for (size_t i = 0; count && i < processes->count; i++)
		if (processes->items[i].pid == pid && processes->items[i].has_modules)
			process = &processes->items[i];
	for (size_t i = 0; process && i < count && found < most; i++)
		if (is_made(&process->modules, words[i]) &&
		    is_called(&process->modules, words + i, count - i))
			kept[found++] = words[i];
	return found;
}

void processes__forget_maps(struct processes *processes)
{
	for (size_t i = 0; i < processes->count; i++) {
		names__free(&processes->items[i].map);
		processes->items[i].asked_map = false;
	}
}

void processes__remove_maps(const struct processes *processes)
{
	int our_root = open("/", O_PATH | O_CLOEXEC);

	for (size_t i = 0; i < processes->count; i++) {
		struct perf_map_owner owner = owner_of(processes, &processes->items[i], our_root);

		perf_map__remove(&owner);
	}
	if (our_root >= 0)
		close(our_root);
}
