/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apportion - whole numbers in given proportions that sum to a given whole, exactly. */
#ifndef SWITCHTAX_APPORTION_H
#define SWITCHTAX_APPORTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APPORTION_MOST 16

/*
 * Split whole into parts as the weights are, by the method of the largest remainder
 * (Hamilton's): each part is its quota rounded down, and those that lost most by it get one
 * more; of equal losses the first. At most APPORTION_MOST parts. False, and all parts 0, if
 * no weight is above 0.
 */
bool apportion(uint64_t whole, const uint64_t *weights, uint64_t *parts, size_t count);

#endif
