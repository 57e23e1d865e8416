// SPDX-License-Identifier: GPL-2.0-or-later
// Seven bits a byte.
#include "timeline/varint.h"

#include <errno.h>

size_t varint__put(uint8_t *to, uint64_t value)
{
	size_t len = 0;

	while (value > 0x7f) {
		to[len++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	to[len++] = (uint8_t)value;
	return len;
}

int varint__get(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
	const uint8_t *p = *at;
	uint64_t sum = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (p == end)
			return -ENODATA;
		byte = *p++;
		/* The tenth byte holds the 64th bit alone; a zero at the end is one too many. */
		if ((shift == 63 && byte > 1) || (shift && !byte))
			return -EBADMSG;
		sum |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*at = p;
			*value = sum;
			return 0;
		}
	}
	return -EBADMSG;
}

uint64_t varint__zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

int64_t varint__unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1 ^ -(value & 1));
}
