/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figures - numbers as people read them: "372 [361, 380]", "372" without an interval or
 * with one too narrow to see, "-" if unknown. All return text.
 */
#ifndef SWITCHTAX_FIGURES_H
#define SWITCHTAX_FIGURES_H

#include "base/stats.h"

/* Room for any of them. */
#define FIGURES_SIZE 96

/* Milliseconds, with a digit behind the point where it says something. */
const char *figures__ms(char text[FIGURES_SIZE], const struct interval *x);
/* Four figures, fewer for smaller ones beside: up to 99999, 21 characters with the interval. */
const char *figures__ratio(char text[FIGURES_SIZE], const struct interval *x);
/* x is a share of 1. */
const char *figures__percent(char text[FIGURES_SIZE], const struct interval *x);
/* x times scale, each number of it by a format of one double, as "%.2f". */
const char *figures__scaled(char text[FIGURES_SIZE], const struct interval *x, double scale,
			    const char *format);
/* A whole number; NAN is unknown. */
const char *figures__count(char text[FIGURES_SIZE], double value);

#endif
