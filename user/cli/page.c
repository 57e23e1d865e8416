// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax report`: the page of a results folder, made again.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "base/log.h"
#include "report/page.h"

static enum exit_status status_of(int err)
{
	switch (-err) {
	case 0: return EXIT_MEASURED;
	case ENOENT: return EXIT_USAGE;
	case ENOPKG: return EXIT_CANNOT_MEASURE;
	case EINTR: return EXIT_INTERRUPTED;
	default: return EXIT_NOT_VALID;
	}
}

enum exit_status command__report(const struct options *options)
{
	char why[PAGE_WHY_SIZE] = "";
	int dirfd = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (dirfd < 0) {
		log__error("report: %s: %s; give the folder of an experiment, as results/NAME",
			   options->folder, strerror(errno));
		return EXIT_USAGE;
	}
	err = page__make(dirfd, options->folder, true, why);
	close(dirfd);
	if (err)
		log__error("%s", why);
	else
		printf("%s/" PAGE_FILE "\n", options->folder);
	return status_of(err);
}
