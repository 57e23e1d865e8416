// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Closes the files of what was measured, has the folder explained, and publishes that.
 *
 * The folder is handed over open: whatever is at its path by then, what is explained is what was
 * written.
 */
#include "cli/conclusion.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "explain/explanation.h"

static int write_folded(struct session *session, const char *arm, const struct stacks *base,
			const struct stacks *stacks)
{
	char *text = NULL, name[ROWS_NAME_SIZE + 32];
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int err;

	if (!memory)
		return -errno;
	if (base)
		stacks__print_difference(memory, base, stacks);
	else
		stacks__print_folded(memory, stacks);
	snprintf(name, sizeof(name), "stacks-%s.folded", arm);
	err = fclose(memory) ? -ENOMEM : session__write(session, name, text, size);
	free(text);
	return err;
}

/* Where the time went, for tools that draw flame graphs: of each arm, and of two the difference. */
static int write_stacks(struct session *session, const struct explanation *explanation)
{
	const struct stack_sums *sums = &explanation->stacks;
	const struct stack_arm *base = stack_sums__arm(sums, explanation->base);
	const struct stack_arm *other = stack_sums__arm(sums, explanation->other);
	int err = 0;

	for (size_t i = 0; i < sums->count && !err; i++)
		err = write_folded(session, sums->arms[i].name, NULL, &sums->arms[i].stacks);
	if (base && other && !err)
		err = write_folded(session, "diff", &base->stacks, &other->stacks);
	return err;
}

/* Of labs and prices the CSV is what programs read. */
static int write_forms(struct session *session, const struct explanation *explanation)
{
	int err = 0;

	if (explanation->table)
		err = session__write_rows(session, explanation->table, explanation->rows,
					  explanation->count);
	err = err ? err : write_stacks(session, explanation);
	err = err ? err : session__write(session, "report.txt", explanation->text[FORMAT_TEXT],
					 explanation->size[FORMAT_TEXT]);
	if (!err && !session->wish->files.observations)
		err = session__write(session, "report.json", explanation->text[FORMAT_JSON],
				     explanation->size[FORMAT_JSON]);
	return err;
}

/* The files first: a reader of stdout may go away. */
static enum exit_status publish(struct session *session, struct pool *pool)
{
	struct explanation explanation;
	enum exit_status status = explanation__make(&explanation, pool);
	int err = 0;

	if (explanation.whole) {
		err = write_forms(session, &explanation);
		explanation__print(&explanation, session->options->format);
		status = err || !explanation.valid ? EXIT_NOT_VALID : EXIT_MEASURED;
	} else {
		log__error("%s", explanation.why);
	}
	explanation__free(&explanation);
	return status;
}

static enum exit_status explain(struct session *session)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	enum exit_status status = EXIT_NOT_VALID;
	char why[FOLDER_WHY_SIZE] = "no memory to explain it";

	if (pool)
		status = pool__take(pool, session->results.dirfd, session->results.path, why);
	if (status == EXIT_MEASURED)
		status = publish(session, pool);
	else
		log__error("%s", why);
	if (pool)
		pool__close(pool);
	free(pool);
	return status == EXIT_MEASURED ? EXIT_MEASURED : EXIT_NOT_VALID;
}

enum exit_status conclusion__draw(struct session *session, const char *stop_reason, bool explain_it)
{
	enum exit_status status = EXIT_MEASURED;
	int err = record__commit(&session->record), other;

	if (err)
		log__error("%s", session->record.why);
	other = session__write_environment(session, stop_reason);
	if (!err && explain_it)
		status = explain(session);
	session__close(session, !err && !other);
	return err || other ? EXIT_NOT_VALID : status;
}

enum exit_status conclusion__of_blocks(struct session *session, const struct experiment_end *end,
				       int err, bool explain_it)
{
	bool interrupted = err == -EINTR;
	enum exit_status status;

	if (err && !interrupted && *end->error)
		log__error("%s", end->error);
	if (!end->kept) {
		if (interrupted)
			log__info("interrupted before a run was finished; nothing is written");
		session__abandon(session);
		return interrupted ? EXIT_INTERRUPTED : err ? EXIT_NOT_VALID : EXIT_MEASURED;
	}
	if (interrupted)
		log__info("interrupted; what was finished is in %s", session->results.path);
	status = conclusion__draw(session, end->stop_reason, explain_it);
	return interrupted ? EXIT_INTERRUPTED : err ? EXIT_NOT_VALID : status;
}
