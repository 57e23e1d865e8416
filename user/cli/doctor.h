/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor - can this machine measure, and what is missing?
 *
 * Every check says what was found, and what to do about it if it is not ok. FAIL: nothing
 * can be measured until it is mended. warn: results will be had, but poorer ones.
 */
#ifndef SWITCHTAX_DOCTOR_H
#define SWITCHTAX_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Check all and write it to @out, as lines for people or as a JSON array of {check, status
 * (ok, warn, FAIL), found, advice (null if ok)}. @workload_path is the program of the
 * headline experiment, NULL if it was found nowhere; @types a file with the kernel's types in place
 * of its own, or NULL. Takes about half a second.
 *
 * Returns EXIT_MEASURED (0), or EXIT_CANNOT_MEASURE if a check says FAIL or there is no
 * memory for the JSON. Errors of writing stay in ferror(@out).
 */
int doctor__run(FILE *out, bool json, const char *workload_path, const char *types);

#endif
