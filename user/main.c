// SPDX-License-Identifier: GPL-2.0-or-later
// switchtax: why are N threads slower than one?
#include <stdio.h>

#include "commands.h"
#include "interrupt.h"
#include "log.h"

static enum exit_status run_command(const struct options *options)
{
	switch (options->command) {
	case COMMAND_RUN: return command__run(options);
	case COMMAND_TRACE: return command__trace(options);
	case COMMAND_LIST: return command__list(options);
	case COMMAND_DOCTOR: return command__doctor(options);
	}
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct options options;
	enum exit_status status;

	options__parse(&options, argc, argv);
	log__set_level(options.quiet ? LOG_QUIET : options.verbose ? LOG_VERBOSE : LOG_NORMAL);
	interrupt__init();
	status = run_command(&options);
	if ((fflush(stdout) || ferror(stdout)) && status == EXIT_MEASURED) {
		log__error("stdout cannot be written");
		return EXIT_NOT_VALID;
	}
	return (int)status;
}
