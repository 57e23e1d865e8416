/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupt - Ctrl-C, SIGTERM and SIGHUP as something to ask about.
 *
 * The signals are blocked except while the program waits (interrupt__wait_mask()),
 * so none can fall between a look and a wait.
 */
#ifndef SWITCHTAX_INTERRUPT_H
#define SWITCHTAX_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

void interrupt__init(void);

/* Has one arrived so far? Sees signals that are still blocked, too. */
bool interrupt__pending(void);

/* The mask for ppoll(2): lets the signals in. */
const sigset_t *interrupt__wait_mask(void);

/* For a child before exec: the mask and actions that switchtax was started with. */
void interrupt__restore(void);

#endif
