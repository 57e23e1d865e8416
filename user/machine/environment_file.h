/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * environment_file - what environment.json says, read back: which machine it was, and what was
 * asked for. No figure of a verdict comes from here.
 *
 * The file may have been written by anybody: every question has an answer, whatever is in it.
 */
#ifndef SWITCHTAX_ENVIRONMENT_FILE_H
#define SWITCHTAX_ENVIRONMENT_FILE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENVIRONMENT_FILE_MAX (1UL << 20)	/* bytes of a file that is read */
#define ENVIRONMENT_FILE_LABEL 224

struct environment_file {
	cJSON *root;		/* NULL: there is none */
};

/*
 * environment.json of a folder, unless it is a link. Returns 0, -ENOENT, or another -errno
 * (-EBADMSG: it is not one of ours, or newer than we are) with why saying more in one line. On an error the file is as
 * an empty one. End with environment_file__free().
 */
int environment_file__read(int dirfd, struct environment_file *file, char *why, size_t size);

/* The same from memory: length bytes, and a NUL behind them. */
int environment_file__parse(const char *text, size_t length, struct environment_file *file,
			    char *why, size_t size);
void environment_file__free(struct environment_file *file);

/* A text of an object in the file ("machine", "parameters", "bpf"; NULL: of the file itself);
 * NULL if it is not there or no text. Borrowed. */
const char *environment_file__text(const struct environment_file *file, const char *object,
				   const char *key);

/* The i-th text of an object, and its key; false: there are fewer. Borrowed. */
bool environment_file__item(const struct environment_file *file, const char *object, int i,
			    const char **key, const char **text);

/* A whole number from 0 on; UINT64_MAX if there is none. */
uint64_t environment_file__number(const struct environment_file *file, const char *object,
				  const char *key);

/* The i-th word of the command line, or NULL. */
const char *environment_file__word(const struct environment_file *file, int i);

/*
 * Is it the same machine? By its CPU model, architecture, number of CPUs, kernel and its build,
 * hypervisor, and memory within 1 %. A machine of which nothing is known is not even equal to
 * itself.
 */
bool environment_file__same_machine(const struct environment_file *a,
				    const struct environment_file *b);

/* The machine in a few words, in printable ASCII: "CPU model, 2 CPUs, Linux 6.1.0". */
void environment_file__label(const struct environment_file *file,
			     char label[ENVIRONMENT_FILE_LABEL]);

#endif
