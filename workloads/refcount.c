// SPDX-License-Identifier: GPL-2.0-or-later
// Reference counts as the article prints them, and what counting cannot free.
//
// First the article's program with this runtime's objects: a class, three variables, five prints.
// Then garbage of three kinds: the headline task's floats, which counting frees; a random graph
// of which only some roots stay held, whose rings only the collector can free; and single rings
// made one after the other, until the collector's threshold brings it in by itself.
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/arguments.h"
#include "crowd/crew.h"
#include "objects/cycles.h"
#include "kit/evidence.h"
#include "objects/graph.h"
#include "objects/task.h"

#define PRINTS 5

struct options {
	uint32_t objects;
	uint32_t seed;
	size_t threshold;
};

struct counts {
	double prints[PRINTS];
	uint64_t freed_early;		/* while a variable still referred to it */
	uint64_t freed_at_zero;		/* when the last one no longer did */
};

struct garbage {
	uint64_t live;			/* nodes of the graph that can be reached */
	uint64_t survived;		/* others that counting has not freed */
	uint64_t reclaimed;		/* objects that were freed when the collector ran */
	int64_t touched;		/* live nodes that are not as they were */
	uint64_t automatic;		/* collections that nobody asked for */
	uint64_t most_waiting;		/* rings at a time, thanks to them */
};

struct job {
	struct options options;
	struct counts counts;
	struct garbage garbage;
	struct object_heap heap;
	int error;
};

static const struct argp_option argp_options[] = {
	{ "objects", 'n', "N", 0,
	  "floats of the task, nodes of the graph, and single rings (default: 10000)", 0 },
	{ "threshold", 't', "N", 0,
	  "collect when so many containers are new, 0: never by itself (default: 700)", 0 },
	{ "seed", 's', "N", 0, "seed of the floats and of the graph (default: 1)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n':
		options->objects = (uint32_t)argument_number(state, "objects", arg, 1, 1 << 24);
		break;
	case 't': options->threshold = argument_number(state, "threshold", arg, 0, 1 << 24); break;
	case 's':
		options->seed = (uint32_t)argument_number(state, "seed", arg, 0, UINT32_MAX);
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* How the article's object ends: how often, and with what count. */
static uint64_t deaths;
static uint64_t references_at_death;

static void article_dealloc(struct object *object)
{
	deaths++;
	references_at_death += object->refs;
	object_free(object);
}

static const struct object_type article_type = {
	.name = "class_reference_count_test",
	.size = sizeof(struct object),
	.dealloc = article_dealloc,
};

/* The article's module: its variables are the slots of an instance. */
enum { A, B, C, VARIABLES };

/* The module's reference to what is stored is its own; the expression's is then dropped. */
static int store(struct instance_object *module, size_t name, struct object *value)
{
	if (!value)
		return -ENOMEM;
	instance_set(module, name, value);
	object_decref(value);
	return 0;
}

/* sys.getrefcount(NAME): the argument is a reference too, for as long as the call lasts. */
static double getrefcount(const struct instance_object *module, size_t name)
{
	struct object *argument = instance_get(module, name);
	double count = (double)argument->refs;

	object_decref(argument);
	return count;
}

/* a = class_reference_count_test(), whose __init__(self) has the object as its argument. */
static struct object *construct(void)
{
	struct object *object = object_alloc(&article_type, 0);

	if (!object)
		return NULL;
	object_incref(object);
	object_decref(object);
	return object;
}

static int article(struct instance_object *module, struct counts *counts)
{
	int err = store(module, A, construct());

	if (err)
		return err;
	counts->prints[0] = getrefcount(module, A);
	store(module, B, instance_get(module, A));
	counts->prints[1] = getrefcount(module, A);
	store(module, C, instance_get(module, A));
	counts->prints[2] = getrefcount(module, A);
	err = store(module, C, int_new(0));
	counts->prints[3] = getrefcount(module, A);
	err = err ? err : store(module, B, int_new(0));
	counts->prints[4] = getrefcount(module, A);
	counts->freed_early = deaths;
	err = err ? err : store(module, A, int_new(0));
	counts->freed_at_zero = references_at_death ? 0 : deaths - counts->freed_early;
	return err;
}

static int count_references(struct counts *counts)
{
	struct instance_object *module = instance_new(VARIABLES);
	int err = module ? article(module, counts) : -ENOMEM;

	if (module)
		object_decref(&module->base);
	return err;
}

static int run_task(const struct options *options)
{
	struct task task;
	int err = task_init(&task, options->objects, options->seed);
	enum task_status status = TASK_RUNNING;

	while (!err && status == TASK_RUNNING)
		status = task_step(&task);
	if (status == TASK_NO_MEMORY) {
		task_abandon(&task);
		err = -ENOMEM;
	}
	return err;
}

static uint64_t alive(void)
{
	struct object_heap heap = object_heap_read();

	return heap.allocated - heap.freed;
}

static int collect_graph(const struct options *options, struct cycles *cycles,
			 struct garbage *garbage)
{
	uint64_t before = alive();
	struct graph graph;
	int err = graph_init(&graph, cycles, options->objects, options->seed);

	if (err)
		return err;
	graph_hold_only_roots(&graph);
	garbage->live = graph.live;
	garbage->survived = alive() - before - graph.live;
	garbage->reclaimed = alive();
	cycles_collect(cycles);
	garbage->reclaimed -= alive();
	garbage->touched = graph_touched(&graph);
	graph_free(&graph);
	cycles_collect(cycles);
	return garbage->touched < 0 ? -ENOMEM : 0;
}

/* Each is garbage at once, and stays until so many have come together. */
static int make_rings(const struct options *options, struct cycles *cycles,
		      struct garbage *garbage)
{
	uint64_t before = alive(), automatic = cycles_counts(cycles).automatic;
	int err = 0;

	for (uint32_t i = 0; i < options->objects && !err; i++) {
		struct instance_object *ring = cycles_instance_new(cycles, 1);

		err = ring ? instance_set(ring, 0, &ring->base) : -ENOMEM;
		if (ring)
			object_decref(&ring->base);
		if (alive() - before > garbage->most_waiting)
			garbage->most_waiting = alive() - before;
	}
	garbage->automatic = cycles_counts(cycles).automatic - automatic;
	cycles_collect(cycles);
	return err;
}

static int make_garbage(const struct options *options, struct garbage *garbage)
{
	struct cycles *cycles = cycles_new(options->threshold);
	int err = cycles ? run_task(options) : -ENOMEM;

	if (!err)
		err = collect_graph(options, cycles, garbage);
	if (!err)
		err = make_rings(options, cycles, garbage);
	cycles_free(cycles);
	return err;
}

static void work(struct crew_member *member)
{
	struct job *job = member->crew->job;

	job->error = count_references(&job->counts);
	if (!job->error)
		job->error = make_garbage(&job->options, &job->garbage);
	job->heap = object_heap_read();
}

static void print_result(const struct job *job, const struct window *window)
{
	const struct garbage *garbage = &job->garbage;
	char variant[32];

	window_print(window);
	printf("objects_allocated %lu\nobjects_freed %lu\n", job->heap.allocated, job->heap.freed);
	for (int i = 0; i < PRINTS; i++) {
		snprintf(variant, sizeof(variant), "print-%d", i + 1);
		evidence("refcount", variant, job->counts.prints[i], "count");
	}
	evidence("refcount", "freed-early", (double)job->counts.freed_early, "count");
	evidence("refcount", "freed-at-zero", (double)job->counts.freed_at_zero, "count");
	evidence("objects", "allocated", (double)job->heap.allocated, "count");
	evidence("objects", "freed", (double)job->heap.freed, "count");
	evidence("cycle", "live", (double)garbage->live, "count");
	evidence("cycle", "live-touched", (double)garbage->touched, "count");
	evidence("cycle", "survived-counting", (double)garbage->survived, "count");
	evidence("cycle", "reclaimed", (double)garbage->reclaimed, "count");
	evidence("cycle", "automatic", (double)garbage->automatic, "count");
	evidence("cycle", "most-waiting", (double)garbage->most_waiting, "count");
}

static int run(struct job *job)
{
	struct window window;
	struct crew crew;
	int err;

	window_open(&window, NULL);
	err = crew_start(&crew, 1, work, job);
	if (!err) {
		crew_end(&crew);
		err = job->error;
	}
	window_close(&window);
	if (!err)
		print_result(job, &window);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Count references as the article does, and collect what counting cannot free.",
		NULL, NULL, NULL };
	struct job job = { .options = { .objects = 10000, .seed = 1,
					.threshold = CYCLES_THRESHOLD } };
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &job.options);
	err = run(&job);
	if (err)
		fprintf(stderr, "refcount: %s\n", strerror(-err));
	return err ? 1 : 0;
}
