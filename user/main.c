// SPDX-License-Identifier: GPL-2.0-or-later
// switchtax: why are N threads slower than one?
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "base/interrupt.h"
#include "base/log.h"

static enum exit_status run_command(const struct options *options)
{
	switch (options->command) {
	case COMMAND_RUN: return options->lab ? command__labs(options) : command__run(options);
	case COMMAND_COMPARE: return command__compare(options);
	case COMMAND_TRACE: return command__trace(options);
	case COMMAND_ATTACH: return command__attach(options);
	case COMMAND_LABS: return command__labs(options);
	case COMMAND_CALIBRATE: return command__calibrate(options);
	case COMMAND_TIMELINE: return command__timeline(options);
	case COMMAND_REPORT: return command__report(options);
	case COMMAND_EXPLAIN: return command__explain(options);
	case COMMAND_LIST: return command__list(options);
	case COMMAND_DOCTOR: return command__doctor(options);
	}
	return EXIT_USAGE;
}

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
	struct options options;
	enum exit_status status;

	occupy_standard_streams();
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
