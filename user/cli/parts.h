/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parts - what the command lines of several commands share, and nobody else needs: the
 * keys of long options, checks of values, and groups of options as argp's children.
 *
 * All of them find a command's own options in state->input. A wrong value ends the program with a
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

/* What the argp of run is for the lab that these words name; valid until the next call. */
const struct argp *run_lab__argp(const struct argp *run, int argc, char **argv);

/* Children of a command: the common options; these and the lock's, of programs of others. */
extern const struct argp_child options__common[];
extern const struct argp_child options__program[];	/* struct program_options */

/* The value of --option: a whole number from low to high; a number above 0, up to high. */
uint64_t options__whole(struct argp_state *state, const char *option, const char *text,
			uint64_t low, uint64_t high);
double options__positive(struct argp_state *state, const char *option, const char *text,
			 double high);

/* The arms that are named with commas: is_arm() knows them; known: all, US at the end. */
void options__arms(struct argp_state *state, const char *list, bool (*is_arm)(const char *name),
		   const char *known);

/* What bounds an experiment, where the command line does not; budget_s 0: nothing. */
void options__limits(struct experiment_options *experiment, double budget_s,
		     uint64_t time_limit_s);

/*
 * Parsers for what a command's own does not know: what several commands take, for those with the
 * common options; the same for those of programs of others; the same without an argument.
 */
error_t options__parse_shared(int key, char *arg, struct argp_state *state);
error_t options__parse_program(int key, char *arg, struct argp_state *state);
error_t options__parse_plain(int key, char *arg, struct argp_state *state);

#endif
