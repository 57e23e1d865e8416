// SPDX-License-Identifier: GPL-2.0-or-later
// switchtax: why are N threads slower than one?
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/streams.h"

/*
 * A standard stream that is closed would lend its number to the next file, and messages
 * would go into that. Read-only: writing to it fails, as it should.
 */
static void occupy_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options *options;
	enum exit_status status;
	char why[256];

	occupy_standard_streams();
	if (limits__raise(why, sizeof(why))) {
		log__error("%s", why);
		return EXIT_CANNOT_MEASURE;
	}
	if (streams__tame()) {
		log__error("no memory for the output");
		return EXIT_NOT_VALID;
	}
	command = commands__choose(argc, argv);
	options = options__parse(command, argc, argv);
	if (!options) {
		log__error("no memory for the command line");
		return EXIT_NOT_VALID;
	}
	log__set_level(options->quiet ? LOG_QUIET : options->verbose ? LOG_VERBOSE : LOG_NORMAL);
	interrupt__init();
	status = command->action(options);
	free(options);
	if ((fflush(stdout) || ferror(stdout)) && status == EXIT_MEASURED) {
		log__error("stdout cannot be written");
		return EXIT_NOT_VALID;
	}
	return (int)status;
}
