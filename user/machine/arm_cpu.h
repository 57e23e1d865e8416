/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arm_cpu - names for the processors that /proc/cpuinfo of arm64 tells by numbers only. */
#ifndef SWITCHTAX_ARM_CPU_H
#define SWITCHTAX_ARM_CPU_H

#include <stddef.h>
#include <stdint.h>

/*
 * The numbers of "CPU implementer" and "CPU part". Writes a name such as "Arm Neoverse-N1", or
 * what is known: "Arm, part 0xd99", "implementer 0x99, part 0x001".
 */
void arm_cpu__name(uint64_t implementer, uint64_t part, char *name, size_t size);

#endif
