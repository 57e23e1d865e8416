/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_checks - looks at all that this machine needs for measuring.
 *
 * Every check says what was found, and what to do about it if it is not ok. FAIL: nothing
 * can be measured until it is mended. WARN: results will be had, but poorer ones.
 */
#ifndef SWITCHTAX_DOCTOR_CHECKS_H
#define SWITCHTAX_DOCTOR_CHECKS_H

#include <stddef.h>

#define DOCTOR_MAX_CHECKS 32

struct finding {
	const char *name;		/* of the check */
	enum finding_status { OK, WARN, FAIL } status;
	char found[320];
	char advice[480];		/* "" if it is ok */
};

/*
 * Run all; workload_path is the program of the headline experiment, NULL if it was found nowhere;
 * types a file with the kernel's types in place of its own, or NULL. Takes about half a second.
 * Returns the number of findings.
 */
size_t doctor_checks__run(struct finding *findings, const char *workload_path, const char *types);

#endif
