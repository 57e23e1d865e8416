// SPDX-License-Identifier: GPL-2.0-or-later
// Blocking calls in threads and in processes, with the global lock let go meanwhile or held.
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kit/arguments.h"
#include "crowd/blockers.h"
#include "kit/evidence.h"

struct options {
	struct blockers_config config;
	bool lock_named;	/* --lock-while was given */
};

static const struct argp_option argp_options[] = {
	{ "what", 'w', "NAME", 0, "sleep, or accept a connection (default: sleep)", 0 },
	{ "who", 'p', "NAME", 0, "threads or processes (default: threads)", 0 },
	{ "lock-while", 'l', "NAME", 0, "of threads, while they block: released or held "
	  "(default: released)", 0 },
	{ "workers", 'n', "N", 0, "how many block (default: 4)", 0 },
	{ "ms", 't', "N", 0, "how long each one blocks (default: 100)", 0 },
	{ 0 },
};

/* Is it the second of the two names, and not the first? */
static bool second_of(struct argp_state *state, const char *option, const char *text,
		      const char *first, const char *second)
{
	if (strcmp(text, first) && strcmp(text, second))
		argp_error(state, "--%s: '%s' is not one of %s, %s", option, text, first, second);
	return strcmp(text, second) == 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct blockers_config *config = &options->config;

	switch (key) {
	case 'w':
		config->what = second_of(state, "what", arg, "sleep", "accept") ? BLOCKERS_ACCEPT :
			       BLOCKERS_SLEEP;
		break;
	case 'p': config->processes = second_of(state, "who", arg, "threads", "processes"); break;
	case 'l':
		config->held = second_of(state, "lock-while", arg, "released", "held");
		options->lock_named = true;
		break;
	case 'n':
		config->workers = (uint32_t)argument_number(state, "workers", arg, 1, FAMILY_MAX);
		break;
	case 't': config->ms = argument_number(state, "ms", arg, 1, 60000); break;
	case ARGP_KEY_END:
		if (config->processes && options->lock_named)
			argp_error(state, "--lock-while is for threads: processes share no lock");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_result(const struct blockers_config *config, const struct window *window,
			 uint64_t done)
{
	const struct announce_lock *page = config->processes ? NULL : lock_page(config->lock);
	const char *threads = config->held ? "threads.held" : "threads.released";
	char variant[64];

	window_print(window);
	if (page)
		printf("acquisitions %llu\nreleases %llu\nhandoffs %llu\n", page->acquisitions,
		       page->releases, page->handoffs);
	snprintf(variant, sizeof(variant), "%s.%s",
		 config->what == BLOCKERS_SLEEP ? "sleep" : "accept",
		 config->processes ? "processes.none" : threads);
	evidence("blocking_wall_ns", variant, (double)window->usage.wall_ns, "ns");
	evidence("blocking_done", variant, (double)done, "count");
}

static int run(struct blockers_config *config)
{
	struct window window;
	uint64_t done;
	int err;

	config->lock = lock_new(&lock_gil, 5000 * NSEC_PER_USEC);
	if (!config->lock)
		return -errno;
	window_open(&window, config->processes ? NULL : lock_page(config->lock));
	err = blockers_run(config, &done);
	window_close(&window);
	if (err)	/* threads may still use the lock: it goes with the process */
		return err;
	print_result(config, &window, done);
	lock_free(config->lock);
	return 0;
}

/* Is it the machine that has no loopback for us? */
static bool refuses(int err)
{
	return err == -EADDRNOTAVAIL || err == -ENETUNREACH || err == -EAFNOSUPPORT ||
	       err == -EACCES;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Block in several threads or processes at once, and say how long all took.",
		NULL, NULL, NULL };
	struct options options = { .config = { .workers = 4, .ms = 100 } };
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	err = run(&options.config);
	if (!err)
		return 0;
	fprintf(stderr, "blocking: %s: %s%s\n",
		options.config.what == BLOCKERS_SLEEP ? "sleep" : "accept", strerror(-err),
		refuses(err) ? "; IPv4 and the loopback device are needed (ip link set lo up)" :
		"");
	return refuses(err) ? 3 : 1;
}
