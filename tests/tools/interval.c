// SPDX-License-Identifier: GPL-2.0-or-later
// Reads pairs "A B" and prints the median ratio A/B and difference A-B, with 95 %
// intervals by the loader's own statistics; for the benchmarks.
#include <stdio.h>

#include "../../user/base/stats.h"

#define MAX_PAIRS 10000

static void print(const char *name, const double *values, size_t count)
{
	struct interval interval;

	if (stats__median_interval(values, count, &interval))
		printf("%s -", name);
	else
		printf("%s %.4g [%.4g, %.4g]", name, interval.mid, interval.low, interval.high);
}

int main(void)
{
	static double ratios[MAX_PAIRS], differences[MAX_PAIRS];
	size_t count = 0;
	double a, b;

	while (count < MAX_PAIRS && scanf("%lf %lf", &a, &b) == 2) {
		ratios[count] = a / b;
		differences[count++] = a - b;
	}
	print("ratio", ratios, count);
	printf("  ");
	print("difference", differences, count);
	printf("  pairs %zu\n", count);
	return 0;
}
