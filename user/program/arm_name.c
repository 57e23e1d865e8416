// SPDX-License-Identifier: GPL-2.0-or-later
// The one place that takes an arm's name apart.
#include "program/arm_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/switch_interval.h"

#define LONG_FORM "-interval-"
#define SHORT_FORM "-i"

/* Digits and nothing else, of a number above 0. */
static uint64_t parse_us(const char *digits)
{
	char *end;
	unsigned long long us;

	if (*digits < '1' || *digits > '9')
		return 0;
	errno = 0;
	us = strtoull(digits, &end, 10);
	return errno || *end ? 0 : us;
}

/* Of the end of an arm's name, from a dash on. */
static uint64_t suffix_us(const char *text)
{
	if (strncmp(text, LONG_FORM, sizeof(LONG_FORM) - 1) == 0)
		return parse_us(text + sizeof(LONG_FORM) - 1);
	return strncmp(text, SHORT_FORM, sizeof(SHORT_FORM) - 1) == 0 ?
		       parse_us(text + sizeof(SHORT_FORM) - 1) : 0;
}

uint64_t arm_name__split(const char *arm, char of[ROWS_NAME_SIZE])
{
	of[0] = '\0';
	for (const char *dash = strchr(arm, '-'); dash; dash = strchr(dash + 1, '-')) {
		uint64_t us = suffix_us(dash);

		if (!us)
			continue;
		snprintf(of, ROWS_NAME_SIZE, "%.*s", (int)(dash - arm), arm);
		return us;
	}
	return 0;
}

uint64_t arm_name__asked_us(const char *arm, const char *of)
{
	char name[ROWS_NAME_SIZE];
	uint64_t us = arm_name__split(arm, name);

	return strcmp(name, of) || !strstr(arm, LONG_FORM) || us > SWITCH_INTERVAL_MAX_US ? 0 : us;
}
