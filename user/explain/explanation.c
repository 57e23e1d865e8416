// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps the forms of an explanation in memory, and puts them where they belong.
#include "explain/explanation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "results/folder.h"

int explanation__open(struct explanation *explanation)
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
}

enum exit_status explanation__failed(struct explanation *explanation, const struct folder *folder,
				     const struct csv_error *error, int err)
{
	char name[256];

	folder__name(folder, name, sizeof(name));
	snprintf(explanation->why, sizeof(explanation->why), "%s%s%s", name,
		 error && error->text[0] ? "/" : ": ",
		 error && error->text[0] ? error->text : strerror(-err));
	return EXIT_NOT_VALID;
}

/* All of it or nothing. */
static enum exit_status write_folder(const struct explanation *explanation, const char *path)
{
	const char *names[EXPLANATION_FORMS] = {
		[EXPLANATION_TEXT] = "report.txt",
		[EXPLANATION_JSON] = "report.json",
		[EXPLANATION_CSV] = explanation->csv_name,
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

enum exit_status explanation__publish(struct explanation *explanation, enum output_format format,
				      const char *output)
{
	static const int forms[] = {
		[FORMAT_TEXT] = EXPLANATION_TEXT,
		[FORMAT_JSON] = EXPLANATION_JSON,
		[FORMAT_CSV] = EXPLANATION_CSV,
	};
	int form = forms[format];
	enum exit_status status = EXIT_MEASURED;

	if (close_forms(explanation)) {
		log__error("%s", strerror(ENOMEM));
		return EXIT_NOT_VALID;
	}
	if (output)
		status = write_folder(explanation, output);
	if (status != EXIT_MEASURED)
		return status;
	fwrite(explanation->text[form], 1, explanation->size[form], stdout);
	return explanation->valid ? EXIT_MEASURED : EXIT_NOT_VALID;
}
