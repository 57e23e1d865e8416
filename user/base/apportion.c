// SPDX-License-Identifier: GPL-2.0-or-later
// Largest remainders, in 128 bits: no product overflows, and nothing is rounded on the way.
#include "base/apportion.h"

static size_t largest(const uint64_t *remainders, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (remainders[i] > remainders[best])
			best = i;
	return best;
}

bool apportion(uint64_t whole, const uint64_t *weights, uint64_t *parts, size_t count)
{
	uint64_t remainders[APPORTION_MOST], left = whole;
	unsigned __int128 sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += weights[i];
		parts[i] = 0;
	}
	if (!sum || sum > UINT64_MAX || count > APPORTION_MOST)
		return false;
	for (size_t i = 0; i < count; i++) {
		unsigned __int128 quota = (unsigned __int128)whole * weights[i];

		parts[i] = (uint64_t)(quota / sum);
		remainders[i] = (uint64_t)(quota % sum);
		left -= parts[i];
	}
	for (; left; left--) {
		size_t i = largest(remainders, count);

		parts[i]++;
		remainders[i] = 0;
	}
	return true;
}
