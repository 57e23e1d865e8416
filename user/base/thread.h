/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread - threads of ours beside the main one. */
#ifndef SWITCHTAX_THREAD_H
#define SWITCHTAX_THREAD_H

#include <pthread.h>

/* Start one that signals leave alone: they are the main thread's. Returns 0 or -errno. */
int thread__start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
