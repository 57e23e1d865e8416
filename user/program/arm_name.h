/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm_name - an arm that is another one at another switch interval says so in its name:
 * NAME-interval-US, and in the lab sheet also NAME-iUS.
 *
 * It is the command line's and the files' way to say it. Whoever has a row or an arm has the
 * interval as a number.
 */
#ifndef SWITCHTAX_ARM_NAME_H
#define SWITCHTAX_ARM_NAME_H

#include <stdint.h>

#include "results/rows.h"

/* The interval in us, and NAME; 0 and "" if it is no such arm. */
uint64_t arm_name__split(const char *arm, char of[ROWS_NAME_SIZE]);

/*
 * The interval of an arm that may be asked for: of `of`, in the long form and no longer than
 * SWITCH_INTERVAL_MAX_US; else 0.
 */
uint64_t arm_name__asked_us(const char *arm, const char *of);

#endif
