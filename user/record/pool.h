/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool - the runs of several results folders put together, with the machine as a factor.
 *
 * A block belongs to one folder, and pairs are formed inside a block; so blocks can be put
 * together, once each has a number of its own. Blocks of one machine are one sample. Machines are
 * strata: no block of one says anything about the level of another.
 */
#ifndef SWITCHTAX_POOL_H
#define SWITCHTAX_POOL_H

#include "record/folder.h"
#include "evidence/trials.h"

#define POOL_MAX_FOLDERS 256

/* One machine. */
struct pool_machine {
	char label[ENVIRONMENT_FILE_LABEL];
	size_t first;			/* index of its first folder */
	size_t folders;
	uint64_t blocks;		/* measured */
};

struct pool {
	struct folder folders[POOL_MAX_FOLDERS];
	size_t machine_of[POOL_MAX_FOLDERS];
	size_t from[POOL_MAX_FOLDERS + 1];	/* its first trial */
	size_t count;
	struct pool_machine machines[POOL_MAX_FOLDERS];
	size_t nmachines;
	struct trials trials;		/* blocks renumbered, the machine as stratum */
};

/*
 * Open all folders and check that they can be put together: none twice, all of one experiment
 * with the same parameters and programs, and more than one of `run` and `compare` only. Returns
 * EXIT_MEASURED, or what folder__open() says, or EXIT_USAGE with why naming both folders and what
 * they differ in. End with pool__close() in every case.
 */
enum exit_status pool__open(struct pool *pool, char *const *paths, size_t count,
			    char why[FOLDER_WHY_SIZE]);

/* The same of one folder that at is open for; path is what people know it by. */
enum exit_status pool__take(struct pool *pool, int at, const char *path,
			    char why[FOLDER_WHY_SIZE]);

/* Fill pool->trials. Returns EXIT_MEASURED, or EXIT_NOT_VALID with why. */
enum exit_status pool__read(struct pool *pool, char why[FOLDER_WHY_SIZE]);

/* Set the prices of a folder's blocks; NAN: not known. After pool__read(). */
void pool__price(struct pool *pool, size_t index, double lock_operation_ns, double switch_ns);

/* The trials of one machine, as if there were no other: appended. Returns 0 or -ENOMEM. */
int pool__of_machine(const struct pool *pool, size_t machine, struct trials *trials);

void pool__close(struct pool *pool);

#endif
