// SPDX-License-Identifier: GPL-2.0-or-later
// Formats figures and their intervals.
#include "base/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One figure; what rounds to zero has no sign. */
static void figure(char *text, size_t size, double value, const char *format)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, size, format, value);
#pragma GCC diagnostic pop
	if (text[0] == '-' && strspn(text, "-0.") == strlen(text))
		memmove(text, text + 1, strlen(text));
}

const char *figures__scaled(char text[FIGURES_SIZE], const struct interval *x, double scale,
			    const char *format)
{
	const size_t size = FIGURES_SIZE;
	char mid[24], low[24], high[24];

	if (!x->n) {
		snprintf(text, size, "-");
		return text;
	}
	figure(mid, sizeof(mid), x->mid * scale, format);
	figure(low, sizeof(low), x->low * scale, format);
	figure(high, sizeof(high), x->high * scale, format);
	if (isnan(x->low) || (strcmp(mid, low) == 0 && strcmp(mid, high) == 0))
		snprintf(text, size, "%s", mid);
	else
		snprintf(text, size, "%s [%s, %s]", mid, low, high);
	return text;
}

/* NaNs aside; 0: nothing is known. */
static double widest(const struct interval *x)
{
	return x->n ? fmax(fabs(x->mid), fmax(fabs(x->low), fabs(x->high))) : 0;
}

/* A digit behind the point where it says something: of what is below `limit`, scaled. */
static const char *short_figure(char text[FIGURES_SIZE], const struct interval *x, double scale,
				double limit)
{
	return figures__scaled(text, x, scale, widest(x) * scale < limit ? "%.1f" : "%.0f");
}

const char *figures__ms(char text[FIGURES_SIZE], const struct interval *x)
{
	return short_figure(text, x, 1, 100);
}

const char *figures__ratio(char text[FIGURES_SIZE], const struct interval *x)
{
	double most = widest(x);

	return figures__scaled(text, x, 1, most < 10 ? "%.3f" : most < 100 ? "%.2f" :
					   most < 1000 ? "%.1f" : "%.0f");
}

const char *figures__percent(char text[FIGURES_SIZE], const struct interval *x)
{
	return short_figure(text, x, 100, 1000);
}

const char *figures__count(char text[FIGURES_SIZE], double value)
{
	if (isnan(value))
		snprintf(text, FIGURES_SIZE, "-");
	else
		snprintf(text, FIGURES_SIZE, "%.0f", value);
	return text;
}
