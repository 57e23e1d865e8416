// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names for samples: of a process whatever was seen of it while it lived, of files and the
 * kernel what they have.
 */
#define _GNU_SOURCE 1
#include "symbols/symbolizer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "symbols/kernel.h"
#include "symbols/needed.h"
#include "symbols/perf_map.h"
#include "symbols/processes.h"
#include "symbols/files.h"

#define NAME_SIZE 192
#define MOST_FRAMES (SAMPLE_USER_FRAMES + SAMPLE_KERNEL_FRAMES)
#define ROOT_CUT "[...]"

struct symbolizer {
	struct names kernel;
	bool has_kernel;
	struct symbol_files files;
	struct processes processes;
	char names[MOST_FRAMES][NAME_SIZE];	/* of one sample, leaf first */
};

int symbolizer__open(struct symbolizer **symbolizer)
{
	*symbolizer = calloc(1, sizeof(**symbolizer));
	return *symbolizer ? 0 : -ENOMEM;
}

void symbolizer__close(struct symbolizer *symbolizer)
{
	if (!symbolizer)
		return;
	processes__forget(&symbolizer->processes);
	symbol_files__free(&symbolizer->files);
	names__free(&symbolizer->kernel);
	free(symbolizer);
}

void symbolizer__begin(struct symbolizer *symbolizer, uid_t uid)
{
	processes__forget(&symbolizer->processes);
	symbolizer->processes.uid = uid;
	symbolizer->processes.since = time(NULL);
}

void symbolizer__look(struct symbolizer *symbolizer, pid_t pid)
{
	const struct modules *seen = processes__look(&symbolizer->processes, pid);

	if (seen)
		symbolizer__learn(symbolizer, seen);
}

void symbolizer__learn(struct symbolizer *symbolizer, const struct modules *modules)
{
	symbol_files__learn(&symbolizer->files, modules);
}

/* What we would load: for programs that end before anybody has looked at them. */
void symbolizer__learn_program(struct symbolizer *symbolizer, const char *path)
{
	struct modules modules = { .pid = getpid(), .root = open("/", O_PATH | O_CLOEXEC),
				   .root_path = strdup("/") };
	int file = modules.root < 0 || !modules.root_path ? -1 : modules__add(&modules, path);

	if (file >= 0 && !symbol_files__of_module(&symbolizer->files, &modules.files[file])) {
		needed__add(&modules, "");
		symbolizer__learn(symbolizer, &modules);
	}
	modules__free(&modules);
}

size_t symbolizer__keep_code(const struct symbolizer *symbolizer, pid_t pid,
			     const uint64_t *words, size_t count, uint64_t *kept, size_t most)
{
	return processes__keep_code(&symbolizer->processes, pid, words, count, kept, most);
}

void symbolizer__refresh(struct symbolizer *symbolizer)
{
	processes__forget_maps(&symbolizer->processes);
}

void symbolizer__remove_perf_maps(struct symbolizer *symbolizer)
{
	processes__remove_maps(&symbolizer->processes);
}

/* ---- frames ---- */

/* In a line of names ';' separates, and nothing may break the line or drive a terminal. */
static void copy_name(char *name, const char *from)
{
	size_t length = strnlen(from, NAME_SIZE - 8);

	/* Where it is cut, a character is left out as a whole. */
	while (from[length] && length && ((unsigned char)from[length] & 0xc0) == 0x80)
		length--;
	memcpy(name, from, length);
	name[length] = '\0';
	text__tame(name, '?');
	for (; *name; name++)
		if (*name == ';')
			*name = ':';
}

/* What a frame turned out to be. */
enum frame_name { FRAME_NAMED, FRAME_UNKNOWN, FRAME_NO_CODE };

/* By what was mapped where. */
static enum frame_name name_mapped(struct symbolizer *symbolizer, const struct modules *modules,
				   uint64_t address, char *name, size_t size)
{
	const struct mapping *mapping = modules__mapping_at(modules, address);
	struct symbol_file *file;

	if (!mapping)
		return FRAME_UNKNOWN;
	if (!mapping->code)
		return FRAME_NO_CODE;
	if (mapping->module < 0) {
		snprintf(name, size, "%s", mapping->label);
		return name[0] == '[' && strncmp(name, "[anon", 5) != 0 ? FRAME_NAMED
									: FRAME_UNKNOWN;
	}
	file = symbol_files__of_module(&symbolizer->files, &modules->files[mapping->module]);
	if (!file)
		return FRAME_UNKNOWN;
	return symbol_files__name(file, mapping->offset + (address - mapping->start), name, size) ?
	       FRAME_NAMED : FRAME_NO_CODE;
}

static enum frame_name name_address(struct symbolizer *symbolizer, pid_t pid, uint64_t address,
				    char *name, size_t size)
{
	struct process *process = processes__of(&symbolizer->processes, pid);
	enum frame_name found = FRAME_UNKNOWN;
	const char *made;

	if (process && process->has_modules)
		found = name_mapped(symbolizer, &process->modules, address, name, size);
	if (!process || found == FRAME_NAMED)
		return found;
	processes__ask_map(&symbolizer->processes, process);
	made = perf_map__at(&process->map, address);
	if (!made)
		return found;
	snprintf(name, size, "%s", made);
	return FRAME_NAMED;
}

/*
 * A caller's address is where its callee returns to: its call is the instruction before.
 * False: there is no code, so the frames from here on are no frames.
 */
static bool name_user(struct symbolizer *symbolizer, pid_t pid, const struct sample_frame *frame,
		      bool leaf, char *to)
{
	uint64_t place = frame->place - !leaf;
	enum frame_name found = FRAME_UNKNOWN;
	struct symbol_file *file;
	char name[1024] = "";

	if (frame->status == SAMPLE_FRAME_FILE) {
		file = symbol_files__by_id(&symbolizer->files, frame->build_id);
		if (file)
			found = symbol_files__name(file, place, name, sizeof(name)) ?
				FRAME_NAMED : FRAME_NO_CODE;
	} else if (frame->status == SAMPLE_FRAME_ADDRESS) {
		found = name_address(symbolizer, pid, place, name, sizeof(name));
	}
	copy_name(to, found == FRAME_NAMED ? name :
		      found == FRAME_UNKNOWN ? "[unknown]" : "[broken]");
	return found != FRAME_NO_CODE;
}

/*
 * A function compiled without frame pointers has something else in that register, and what
 * looks like its callers then is data. From there on nothing is said but that: "[broken]".
 */
static size_t name_users(struct symbolizer *symbolizer, const struct symbolizer_sample *sample,
			 size_t count)
{
	bool sound = true;

	for (size_t i = 0; i < sample->nuser && sound; i++)
		sound = name_user(symbolizer, sample->pid, &sample->user[i], i == 0,
				  symbolizer->names[count++]);
	return count;
}

/*
 * Callers by what lies on the stack: words that are addresses behind a call in code which has a
 * name. The frame on top is certain; of these, one that has returned may be left over. Returns
 * how many names there are then, or 0 if there are no such words.
 */
static size_t name_words(struct symbolizer *symbolizer, const struct symbolizer_sample *sample,
			 size_t count)
{
	struct process *process = NULL;
	size_t first;

	if (sample->nwords)
		process = processes__of(&symbolizer->processes, sample->pid);
	if (!process)
		return 0;
	processes__ask_map(&symbolizer->processes, process);
	if (sample->nuser)
		name_user(symbolizer, sample->pid, &sample->user[0], true,
			  symbolizer->names[count++]);
	first = count;
	for (size_t i = 0; i < sample->nwords && count < MOST_FRAMES; i++) {
		const char *made = perf_map__at(&process->map, sample->words[i] - 1);

		/* not the start of a function: that is a pointer to it */
		if (made && made == perf_map__at(&process->map, sample->words[i]))
			copy_name(symbolizer->names[count++], made);
	}
	return count > first ? count : 0;
}

/* Is one of the frames that the chain of frame pointers has found in code made at run time? */
static bool chain_has_made(struct symbolizer *symbolizer, const struct symbolizer_sample *sample)
{
	struct process *process = processes__of(&symbolizer->processes, sample->pid);

	for (size_t i = 1; process && i < sample->nuser; i++)
		if (sample->user[i].status == SAMPLE_FRAME_ADDRESS &&
		    perf_map__at(&process->map, sample->user[i].place - 1))
			return true;
	return false;
}

/* Of the kernel's frames; those of modules and of BPF too. Returns what it was doing. */
static enum sample_kind name_kernel(struct symbolizer *symbolizer,
				    const struct symbolizer_sample *sample)
{
	const char *functions[SAMPLE_KERNEL_FRAMES];

	if (sample->flags & SAMPLE_USER_MODE)
		return SAMPLE_KIND_USER;
	if (!symbolizer->has_kernel)
		symbolizer->has_kernel = kernel_symbols__read(&symbolizer->kernel) == 0;
	for (size_t i = 0; i < sample->nkernel; i++) {
		functions[i] = kernel_symbols__at(&symbolizer->kernel, sample->kernel[i] - !!i);
		copy_name(symbolizer->names[i], functions[i] ? functions[i] : "[unknown]");
		strcat(symbolizer->names[i], "_[k]");
	}
	return sample_kind__of(functions, sample->nkernel, sample->flags & SAMPLE_SYSCALL);
}

/* Root first; of too many the root's are left out. */
static void join(const struct symbolizer *symbolizer, size_t count, char *text)
{
	size_t used = sizeof(ROOT_CUT ";"), fits = 0, at = 0;

	while (fits < count && used + strlen(symbolizer->names[fits]) + 1 < SYMBOLIZER_TEXT_SIZE)
		used += strlen(symbolizer->names[fits++]) + 1;
	if (fits < count)
		at += (size_t)sprintf(text, "%s;", ROOT_CUT);
	while (fits--)
		at += (size_t)sprintf(text + at, "%s%s", symbolizer->names[fits], fits ? ";" : "");
}

enum sample_kind symbolizer__name(struct symbolizer *symbolizer,
				  const struct symbolizer_sample *sample, char *text)
{
	enum sample_kind kind = name_kernel(symbolizer, sample);
	size_t count = kind == SAMPLE_KIND_USER ? 0 : sample->nkernel, found;

	found = chain_has_made(symbolizer, sample) ? 0 : name_words(symbolizer, sample, count);
	count = found ? found : name_users(symbolizer, sample, count);
	if (!count)
		copy_name(symbolizer->names[count++], "[unknown]");
	join(symbolizer, count, text);
	return kind;
}
