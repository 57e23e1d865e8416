// SPDX-License-Identifier: GPL-2.0-or-later
// Explains folders of `run` or `compare`: the verdict and the report, from the files alone.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiment/experiment.h"
#include "explain/parts.h"
#include "prices/price_runs.h"
#include "report/report.h"
#include "report/machines.h"
#include "report/stacks.h"
#include "labs/headline.h"
#include "verdict/judge.h"

#define UNKNOWN "(not known)"

static const char *const compare_arms[] = { "base", "other", "other-1cpu", NULL };

static const struct verdict_question compare_question = {
	.base = "base",
	.other = "other",
	.one_cpu = "other-1cpu",
	.arms = compare_arms,
};

struct inquest {
	struct pool *pool;
	struct explanation *explanation;
	const struct verdict_question *question;
	const struct run_row *other;	/* a run of the arm in question, or any */
	struct verdict_prices prices;
	struct verdict verdict;
	struct report_machine *machines;	/* NULL: there is one */
	char *files;			/* the folders, for people */
};

/* ---- prices ---- */

static int read_prices(const struct folder *folder, const char *lock,
		       struct verdict_prices *own, struct csv_error *error)
{
	struct prices *prices = calloc(1, sizeof(*prices));
	int err = prices ? 0 : -ENOMEM;

	if (!err && folder__has(folder, rows__prices.file))
		err = prices__read(prices, folder->dirfd, error);
	if (!err)
		*own = price_runs__of(prices, lock);
	free(prices);
	return err;
}

/*
 * Each folder's own prices go with its blocks; the mean of all is what the report shows. A price
 * that one folder lacks is known of none: parts would be missing in some blocks only.
 */
static int price(struct inquest *inquest, struct csv_error *error, size_t *which)
{
	struct verdict_prices own[POOL_MAX_FOLDERS] = { { 0 } }, sum = { 0, 0 };
	struct pool *pool = inquest->pool;
	int err = 0;

	for (size_t i = 0; i < pool->count && !err; i++) {
		*which = i;
		err = read_prices(&pool->folders[i], inquest->other->lock, &own[i], error);
		sum.lock_operation_ns += own[i].lock_operation_ns;
		sum.switch_ns += own[i].switch_ns;
	}
	for (size_t i = 0; i < pool->count && !err; i++)
		pool__price(pool, i, isnan(sum.lock_operation_ns) ? NAN : own[i].lock_operation_ns,
			    isnan(sum.switch_ns) ? NAN : own[i].switch_ns);
	inquest->prices.lock_operation_ns = sum.lock_operation_ns / (double)pool->count;
	inquest->prices.switch_ns = sum.switch_ns / (double)pool->count;
	return err;
}

/* ---- what the report is to say ---- */

/* The arm in question tells the parameters: others may have an interval of their own. */
static const struct run_row *row_of(const struct folder *folder, const char *arm)
{
	for (size_t i = 0; i < folder->count; i++)
		if (strcmp(folder->runs[i].row.arm, arm) == 0)
			return &folder->runs[i].row;
	return &folder->runs[0].row;
}

static bool any_traced(const struct trials *trials)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].traced)
			return true;
	return false;
}

static bool any_refused(const struct pool *pool)
{
	for (size_t f = 0; f < pool->count; f++)
		for (size_t i = 0; i < pool->folders[f].count; i++)
			if (strcmp(pool->folders[f].runs[i].row.reason,
				   EXPERIMENT_INTERVAL_REASON) == 0)
				return true;
	return false;
}

/* Did the programs print anything that was kept? */
static bool has_outputs(const struct folder *folder)
{
	int fd = openat(folder->dirfd, "programs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool any = false;

	while (dir && !any && (entry = readdir(dir)))
		any = entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return any;
}

static const char *text_of(const struct folder *folder, const char *object, const char *key,
			   const char *otherwise)
{
	const char *text = environment_file__text(&folder->environment, object, key);

	return text ? text : otherwise;
}

static const char *untraced_reason(const struct pool *pool)
{
	const struct folder *first = &pool->folders[0];

	return any_traced(&pool->trials) ? NULL :
	       text_of(first, "bpf", "reason", first->environment.root ? NULL : "no run was");
}

/* Of the last traced run, as the experiment itself has it. */
static const char *lock_reason(const struct folder *folder, const char *arm)
{
	const char *reason = "";

	for (size_t i = 0; i < folder->count; i++)
		if (folder->runs[i].row.traced == 1 && !strcmp(folder->runs[i].row.arm, arm))
			reason = folder->runs[i].row.lock_reason;
	return reason;
}

/* One below the other. */
static int list_files(struct inquest *inquest)
{
	size_t size = 0;
	FILE *out = open_memstream(&inquest->files, &size);
	char name[PATH_MAX];

	for (size_t i = 0; out && i < inquest->pool->count; i++) {
		folder__name(&inquest->pool->folders[i], name, sizeof(name));
		fprintf(out, "%s%s", i ? "\n         " : "", name);
	}
	return out && !fclose(out) ? 0 : -ENOMEM;
}

/* ---- machines ---- */

static int judge_machine(struct inquest *inquest, size_t index)
{
	const struct pool_machine *machine = &inquest->pool->machines[index];
	struct verdict *verdict = calloc(1, sizeof(*verdict));
	struct trials trials = { 0 };
	int err = verdict ? pool__of_machine(inquest->pool, index, &trials) : -ENOMEM;

	if (!err)
		err = verdict__judge(&trials, inquest->question, &inquest->prices, verdict);
	if (!err || err == -ENODATA)
		inquest->machines[index] = (struct report_machine){
			.label = machine->label,
			.folders = machine->folders,
			.blocks = machine->blocks,
			.slowdown = verdict->slowdown,
			.excess_ms = verdict->excess_ms,
			.switching = verdict->parts[LEDGER_SWITCHING].share,
		};
	if (verdict)
		verdict__free(verdict);
	free(verdict);
	trials__free(&trials);
	return err == -ENODATA ? 0 : err;
}

static int judge_machines(struct inquest *inquest)
{
	size_t count = inquest->pool->nmachines;
	int err = 0;

	if (count == 1)
		return 0;
	inquest->machines = calloc(count, sizeof(*inquest->machines));
	if (!inquest->machines)
		return -ENOMEM;
	for (size_t i = 0; i < count && !err; i++)
		err = judge_machine(inquest, i);
	return err;
}

/* ---- all of it ---- */

static int list_rows(const struct inquest *inquest)
{
	struct verdict_row rows[VERDICT_COMPONENTS];

	for (int i = 0; i < VERDICT_COMPONENTS; i++)
		report__row(&inquest->verdict, i, inquest->other->experiment, &rows[i]);
	return explanation__rows(inquest->explanation, &rows__verdict, rows, VERDICT_COMPONENTS);
}

static void describe(const struct inquest *inquest, struct report *report)
{
	const struct pool *pool = inquest->pool;
	const struct run_row *other = inquest->other;

	*report = (struct report){
		.verdict = &inquest->verdict,
		.experiment = other->experiment,
		.lock = other->lock,
		.workers = other->workers,
		.objects = other->objects,
		.interval_us = other->interval_us,
		.seed = other->seed,
		.interval_refused = any_refused(pool),
		.stop_reason = pool->count > 1 ? "each folder's experiment had its own reason" :
			       text_of(&pool->folders[0], NULL, "stop_reason", "-"),
		.untraced_reason = untraced_reason(pool),
		.folder = inquest->files,
	};
	for (size_t i = 0; i < pool->count; i++)
		report->programs_printed |= has_outputs(&pool->folders[i]);
}

static int print(const struct inquest *inquest)
{
	const struct folder *first = &inquest->pool->folders[0];
	struct explanation *explanation = inquest->explanation;
	const struct report_machines machines = { inquest->machines, inquest->pool->nmachines };
	const struct report_comparison programs = {
		text_of(first, "parameters", "base", UNKNOWN),
		text_of(first, "parameters", "other", UNKNOWN),
		lock_reason(first, compare_question.base),
		lock_reason(first, compare_question.other),
	};
	struct report report;
	int err;

	describe(inquest, &report);
	if (first->kind == FOLDER_COMPARE)
		report.comparison = &programs;
	if (inquest->machines)
		report.machines = &machines;
	report__text(explanation->out[FORMAT_TEXT], &report);
	report_stacks__text(explanation->out[FORMAT_TEXT], &explanation->stacks,
			    explanation->base, explanation->other);
	err = report__json(explanation->out[FORMAT_JSON], &report);
	explanation->valid = !inquest->verdict.invalid;
	return err ? err : list_rows(inquest);
}

/* There is no pair to be judged: say why. */
static int no_pair(const struct inquest *inquest)
{
	const struct pool *pool = inquest->pool;
	struct explanation *explanation = inquest->explanation;
	const struct verdict *verdict = &inquest->verdict;
	const char *reason = "";
	char name[256];

	for (size_t i = 0; i < pool->folders[0].count && !*reason; i++)
		if (pool->folders[0].runs[i].row.valid != 1)
			reason = pool->folders[0].runs[i].row.reason;
	folder__name(&pool->folders[0], name, sizeof(name));
	snprintf(explanation->why, sizeof(explanation->why), "%s%s: there is no block with a valid "
		 "run of both %s and %s, so there is no verdict; %" PRIu64 " of %" PRIu64
		 " measured runs are not valid%s%.200s", name, pool->count > 1 ? " and others" : "",
		 explanation->base, explanation->other, verdict->invalid, verdict->runs,
		 *reason ? ": " : "", reason);
	return verdict->runs ? -ENODATA : -EBADMSG;
}

static int read_stacks(struct inquest *inquest, struct csv_error *error, size_t *which)
{
	struct pool *pool = inquest->pool;
	int err = 0;

	for (size_t i = 0; i < pool->count && !err; i++) {
		*which = i;
		err = run_files__add_stacks(&pool->folders[i], &inquest->explanation->stacks, error);
	}
	return err;
}

static int judge(struct inquest *inquest, struct csv_error *error)
{
	struct pool *pool = inquest->pool;
	size_t which = 0;
	int err = price(inquest, error, &which), judged;

	err = err ? err : read_stacks(inquest, error, &which);
	if (err)
		return explanation__fail(inquest->explanation, &pool->folders[which], error, err);
	judged = verdict__judge(&pool->trials, inquest->question, &inquest->prices,
				&inquest->verdict);
	if (judged && judged != -ENODATA)
		return judged;
	err = judge_machines(inquest);
	err = err ? err : list_files(inquest);
	err = err ? err : print(inquest);
	return err || !judged ? err : no_pair(inquest);
}

int explain_experiment(struct pool *pool, struct explanation *explanation,
		       struct csv_error *error)
{
	const struct folder *first = &pool->folders[0];
	struct inquest *inquest = calloc(1, sizeof(*inquest));
	int err;

	if (!inquest)
		return -ENOMEM;
	inquest->pool = pool;
	inquest->explanation = explanation;
	inquest->question = first->kind == FOLDER_COMPARE ? &compare_question :
							   &headline__question;
	inquest->other = row_of(first, inquest->question->other);
	explanation->base = inquest->question->base;
	explanation->other = inquest->question->other;
	err = pool__read(pool, explanation->why) == EXIT_MEASURED ? judge(inquest, error) :
								     -EBADMSG;
	verdict__free(&inquest->verdict);
	free(inquest->machines);
	free(inquest->files);
	free(inquest);
	return err;
}
