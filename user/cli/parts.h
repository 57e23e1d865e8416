/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parts - what the command lines of several commands share, and nobody else needs: the
 * keys of long options, checks of values, and groups of options as argp's children.
 *
 * All of them find a struct options in state->input. A wrong value ends the program with a
 * message that names the option and what is accepted, and exit status 2.
 */
#ifndef SWITCHTAX_CLI_PARTS_H
#define SWITCHTAX_CLI_PARTS_H

#include <argp.h>
#include <inttypes.h>

#include "cli/options.h"

enum option_key {
	KEY_WORKERS = 256, KEY_OBJECTS, KEY_LOCK, KEY_INTERVAL, KEY_ARMS, KEY_BLOCKS, KEY_FORMAT,
	KEY_SEED, KEY_BUDGET, KEY_PRECISION, KEY_CPUS, KEY_NO_BPF, KEY_TIMELINE, KEY_TIME_LIMIT,
	KEY_AS_ROOT, KEY_VERSION, KEY_LOCK_SYMBOLS, KEY_NO_LOCK, KEY_ONLY, KEY_LIVE,
	KEY_REFRESH, KEY_NO_SAMPLES, KEY_PYTHON_FRAMES, KEY_PERFETTO, KEY_NO_HTML, KEY_BTF,
};

/* The command line of each command. */
extern const struct argp options_run__argp;
extern const struct argp options_compare__argp;
extern const struct argp options_trace__argp;
extern const struct argp options_attach__argp;
extern const struct argp options_calibrate__argp;
extern const struct argp options_labs__argp;
extern const struct argp options_timeline__argp;
extern const struct argp options_report__argp;
extern const struct argp options_explain__argp;
extern const struct argp options_list__argp;
extern const struct argp options_doctor__argp;

/* That of run, or what it is for the lab that these words name; valid until the next call. */
const struct argp *options_run_lab__argp(int argc, char **argv);

/* Children of a command: the common options; these and the lock's, of programs of others. */
extern const struct argp_child options_parts__common[];
extern const struct argp_child options_parts__program[];

/* The value of --option: a whole number from low to high; a number above 0, up to high. */
uint64_t options__whole(struct argp_state *state, const char *option, const char *text,
			uint64_t low, uint64_t high);
double options__positive(struct argp_state *state, const char *option, const char *text,
			 double high);

/* Parser of what every command takes that runs blocks; ARGP_ERR_UNKNOWN: not one of these. */
error_t options__parse_blocks(int key, char *arg, struct argp_state *state);

#endif
