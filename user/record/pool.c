// SPDX-License-Identifier: GPL-2.0-or-later
// Opens folders, sorts them by machine, and numbers their blocks.
#include "record/pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record/ledger.h"
#include "record/pool_likeness.h"

/* The machine of a folder: one that is there already, or a new one. */
static void place(struct pool *pool, size_t index)
{
	const struct environment_file *environment = &pool->folders[index].environment;
	struct pool_machine *machine;

	for (size_t m = 0; m < pool->nmachines; m++) {
		machine = &pool->machines[m];
		if (environment_file__same_machine(
				&pool->folders[machine->first].environment, environment)) {
			pool->machine_of[index] = m;
			machine->folders++;
			return;
		}
	}
	machine = &pool->machines[pool->nmachines];
	*machine = (struct pool_machine){ .first = index, .folders = 1 };
	environment_file__label(environment, machine->label);
	pool->machine_of[index] = pool->nmachines++;
}

static enum exit_status refuse(const struct folder *a, const struct folder *b, const char *what,
			       char why[FOLDER_WHY_SIZE])
{
	char x[200], y[200];

	folder__name(a, x, sizeof(x));
	folder__name(b, y, sizeof(y));
	snprintf(why, FOLDER_WHY_SIZE, "%s and %s cannot be put together: %s", x, y, what);
	return EXIT_USAGE;
}

static enum exit_status check_pair(const struct pool *pool, size_t index,
				   char why[FOLDER_WHY_SIZE])
{
	const struct folder *first = &pool->folders[0], *folder = &pool->folders[index];
	bool one_machine = pool->machine_of[0] == pool->machine_of[index];
	char what[512];

	for (size_t i = 0; i < index; i++)
		if (pool->folders[i].device == folder->device &&
		    pool->folders[i].inode == folder->inode)
			return refuse(&pool->folders[i], folder, "this is the same folder twice",
				      why);
	if (!pool_likeness__alike(first, folder, one_machine, what, sizeof(what)))
		return refuse(first, folder, what, why);
	if (folder->kind != FOLDER_SLOWDOWN && folder->kind != FOLDER_COMPARE)
		return refuse(first, folder, "only experiments of `run` and `compare` can, the "
			      "lab sheet's and others are explained one by one", why);
	return EXIT_MEASURED;
}

static enum exit_status open_whole(struct folder *folder, int at, const char *path,
				   char why[FOLDER_WHY_SIZE])
{
	enum exit_status status = folder__open(folder, at, path, why);
	struct csv_error error = { .line = 0 };
	char name[256];
	int err = status == EXIT_MEASURED ? record_ledger__read(folder, &error) : 0;

	if (!err)
		return status;
	folder__name(folder, name, sizeof(name));
	snprintf(why, FOLDER_WHY_SIZE, "%s/%s", name, error.text[0] ? error.text : strerror(-err));
	return EXIT_NOT_VALID;
}

/* One more, whatever it holds. */
static enum exit_status add(struct pool *pool, int at, const char *path,
			    char why[FOLDER_WHY_SIZE])
{
	size_t index = pool->count++;
	enum exit_status status = open_whole(&pool->folders[index], at, path, why);

	if (status == EXIT_MEASURED)
		place(pool, index);
	return status;
}

enum exit_status pool__take(struct pool *pool, int at, const char *path,
			    char why[FOLDER_WHY_SIZE])
{
	pool->count = pool->nmachines = 0;
	pool->trials = (struct trials){ 0 };
	return add(pool, at, path, why);
}

enum exit_status pool__open(struct pool *pool, char *const *paths, size_t count,
			    char why[FOLDER_WHY_SIZE])
{
	enum exit_status status = pool__take(pool, -1, paths[0], why);

	for (size_t i = 1; i < count && status == EXIT_MEASURED; i++) {
		status = add(pool, -1, paths[i], why);
		if (status == EXIT_MEASURED)
			status = check_pair(pool, i, why);
	}
	return status;
}

/* The warm-up stays 0; the rest is counted on from the last folder's. */
static void number_blocks(struct pool *pool, size_t from, size_t machine, uint64_t *last)
{
	uint64_t before = *last;

	for (size_t i = from; i < pool->trials.count; i++) {
		struct trial *trial = &pool->trials.items[i];

		trial->stratum = machine;
		if (trial->block)
			trial->block += before;
		if (trial->block > *last)
			*last = trial->block;
	}
	pool->machines[machine].blocks += *last - before;
}

/* What a lock's states do not say is not said of them: then there are none. */
static struct trial make_trial(const struct folder_run *run)
{
	uint64_t window = run->lock_window_ns ? run->lock_window_ns : run->row.window_ns;
	bool seen = ledger__is_seen(run->unseen_ns, window);
	struct trial trial = trial__make(&run->row, run->states && seen ? run->lock_ns : NULL,
					 run->sampled ? run->running_ns : NULL);

	trial.late = run->states && !seen;
	return trial;
}

static int add_trials(struct pool *pool, const struct folder *folder)
{
	int err = 0;

	for (size_t i = 0; i < folder->count && !err; i++) {
		struct trial trial = make_trial(&folder->runs[i]);

		err = trials__add(&pool->trials, &trial);
	}
	return err;
}

enum exit_status pool__read(struct pool *pool, char why[FOLDER_WHY_SIZE])
{
	uint64_t last = 0;

	for (size_t i = 0; i < pool->count; i++) {
		char name[256];
		int err = add_trials(pool, &pool->folders[i]);

		if (err) {
			folder__name(&pool->folders[i], name, sizeof(name));
			snprintf(why, FOLDER_WHY_SIZE, "%s/%s", name, strerror(-err));
			return EXIT_NOT_VALID;
		}
		number_blocks(pool, pool->from[i], pool->machine_of[i], &last);
		pool->from[i + 1] = pool->trials.count;
	}
	return EXIT_MEASURED;
}

void pool__price(struct pool *pool, size_t index, double lock_operation_ns, double switch_ns)
{
	for (size_t i = pool->from[index]; i < pool->from[index + 1]; i++) {
		struct trial *trial = &pool->trials.items[i];

		trial->lock_operation_ns = lock_operation_ns > 0 ? lock_operation_ns : 0;
		trial->switch_ns = switch_ns > 0 ? switch_ns : 0;
	}
}

int pool__of_machine(const struct pool *pool, size_t machine, struct trials *trials)
{
	int err = 0;

	for (size_t i = 0; i < pool->trials.count && !err; i++) {
		struct trial trial = pool->trials.items[i];

		if (trial.stratum != machine)
			continue;
		trial.stratum = 0;
		err = trials__add(trials, &trial);
	}
	return err;
}

void pool__close(struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		folder__close(&pool->folders[i]);
	trials__free(&pool->trials);
	pool->count = 0;
}
