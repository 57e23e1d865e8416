// SPDX-License-Identifier: GPL-2.0-or-later
// A program that embeds Python: it gets the library by dlopen(3) while it runs, and Python's main
// is called. usage: host HOW LIBPYTHON [ARG...]
//   plain      at once
//   late       0.7 s after it has begun, with threads that have slept on locks of its own
//   leaderless in a thread, and main() ends by pthread_exit()
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count;
static char **arguments;

static void *python(void *nothing)
{
	void *library = dlopen(arguments[0], RTLD_NOW | RTLD_GLOBAL);
	int (*python_main)(int, char **);

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	*(void **)&python_main = dlsym(library, "Py_BytesMain");
	exit(python_main ? python_main(count, arguments) : 3);
	return nothing;
}

static pthread_mutex_t own_mutex = PTHREAD_MUTEX_INITIALIZER;

static void *uses_own_mutex(void *nothing)
{
	for (int i = 0; i < 50; i++) {
		pthread_mutex_lock(&own_mutex);
		usleep(1000);
		pthread_mutex_unlock(&own_mutex);
	}
	return nothing;
}

static void run_own_threads(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, uses_own_mutex, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	usleep(600000);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 3)
		return 1;
	alarm(100);
	count = argc - 2;
	arguments = argv + 2;
	if (!strcmp(argv[1], "late"))
		run_own_threads();
	if (strcmp(argv[1], "leaderless") != 0)
		python(NULL);
	pthread_create(&thread, NULL, python, NULL);
	pthread_exit(NULL);
}
