// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps the forms of an explanation in memory, and puts them where they belong.
#include "explain/explanation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "explain/parts.h"
#include "results/folder.h"

static int open_forms(struct explanation *explanation)
{
	*explanation = (struct explanation){ .valid = true };
	for (int form = 0; form < EXPLANATION_FORMS; form++) {
		explanation->out[form] = open_memstream(&explanation->text[form],
							&explanation->size[form]);
		if (!explanation->out[form])
			return -ENOMEM;
	}
	return 0;
}

static int close_forms(struct explanation *explanation)
{
	int err = 0;

	for (int form = 0; form < EXPLANATION_FORMS; form++) {
		if (explanation->out[form] && fclose(explanation->out[form]))
			err = -ENOMEM;
		explanation->out[form] = NULL;
	}
	return err;
}

void explanation__free(struct explanation *explanation)
{
	close_forms(explanation);
	for (int form = 0; form < EXPLANATION_FORMS; form++)
		free(explanation->text[form]);
	free(explanation->rows);
	stack_sums__free(&explanation->stacks);
}

int explanation__rows(struct explanation *explanation, const struct table *table,
		      const void *rows, size_t count)
{
	explanation->rows = calloc(count + 1, table->row_size);
	if (!explanation->rows)
		return -ENOMEM;
	memcpy(explanation->rows, rows, count * table->row_size);
	explanation->table = table;
	explanation->count = count;
	return csv__print(explanation->out[FORMAT_CSV], table, rows, count);
}

int explanation__fail(struct explanation *explanation, const struct folder *folder,
		      const struct csv_error *error, int err)
{
	char name[256];

	folder__name(folder, name, sizeof(name));
	snprintf(explanation->why, sizeof(explanation->why), "%s%s%s", name,
		 error->text[0] ? "/" : ": ", error->text[0] ? error->text : strerror(-err));
	return err;
}

static int explain(struct pool *pool, struct explanation *explanation, struct csv_error *error)
{
	const struct folder *folder = &pool->folders[0];

	switch (folder->kind) {
	case FOLDER_SLOWDOWN:
	case FOLDER_COMPARE: return explain_experiment(pool, explanation, error);
	case FOLDER_TRACE: return explain_trace(folder, explanation, error);
	case FOLDER_LABS: return explain_labs(folder, explanation, error);
	case FOLDER_CALIBRATE: return explain_prices(folder, explanation, error);
	}
	return -EINVAL;
}

enum exit_status explanation__make(struct explanation *explanation, struct pool *pool)
{
	struct csv_error error = { .line = 0 };
	int err = open_forms(explanation), closed;

	if (!err)
		err = explain(pool, explanation, &error);
	closed = close_forms(explanation);
	/* Without a pair the forms say so. */
	explanation->whole = !closed && (!err || err == -ENODATA);
	err = err ? err : closed;
	if (err && !explanation->why[0])
		explanation__fail(explanation, &pool->folders[0], &error, err);
	return err ? EXIT_NOT_VALID : EXIT_MEASURED;
}

void explanation__print(const struct explanation *explanation, enum output_format format)
{
	fwrite(explanation->text[format], 1, explanation->size[format], stdout);
}

enum exit_status explanation__write(const struct explanation *explanation, const char *path)
{
	const char *names[EXPLANATION_FORMS] = {
		[FORMAT_TEXT] = "report.txt",
		[FORMAT_JSON] = "report.json",
		[FORMAT_CSV] = explanation->table ? explanation->table->file : NULL,
	};
	struct results results;
	char why[PATH_MAX + 256];
	int err = results__create(&results, path, "explain", why, sizeof(why)), form;

	if (err) {
		log__error("%s", why);
		return EXIT_USAGE;
	}
	for (form = 0; form < EXPLANATION_FORMS && !err; form++) {
		if (!names[form])
			continue;
		err = results__write_text(&results, names[form], explanation->text[form],
					  explanation->size[form]);
		if (err) {
			results__explain(&results, names[form], err, why, sizeof(why));
			log__error("%s", why);
		}
	}
	for (int i = 0; err && i < form - 1; i++)
		if (names[i])
			unlinkat(results.dirfd, names[i], 0);
	results__discard_if_empty(&results);
	results__close(&results);
	return err ? EXIT_NOT_VALID : EXIT_MEASURED;
}
