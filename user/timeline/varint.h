/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * varint - whole numbers in as few bytes as they need: seven bits a byte, the lowest first,
 * the top bit set in every byte but the last. It is LEB128 of DWARF 5, section 7.6; signed
 * numbers are first made unsigned, small ones of either sign staying small (zigzag, as in
 * Protocol Buffers: 0, -1, 1, -2 become 0, 1, 2, 3).
 */
#ifndef SWITCHTAX_VARINT_H
#define SWITCHTAX_VARINT_H

#include <stddef.h>
#include <stdint.h>

#define VARINT_MAX_BYTES 10

/* Write the number; to has room for VARINT_MAX_BYTES. Returns how many were written. */
size_t varint__put(uint8_t *to, uint64_t value);

/*
 * Read one from [*at, end), and move *at behind it. Returns 0, -ENODATA (it does not end
 * before end; *at is unchanged) or -EBADMSG (more than 64 bits, or longer than it needs).
 */
int varint__get(const uint8_t **at, const uint8_t *end, uint64_t *value);

uint64_t varint__zigzag(int64_t value);
int64_t varint__unzigzag(uint64_t value);

#endif
