// SPDX-License-Identifier: GPL-2.0-or-later
// Two tables, of who makes them and of those that Linux runs on in numbers.
#include "machine/arm_cpu.h"

#include <inttypes.h>
#include <stdio.h>

struct numbered {
	unsigned int number;
	const char *name;
};

/* arch/arm64/include/asm/cputype.h: ARM_CPU_IMP_* */
static const struct numbered implementers[] = {
	{ 0x41, "Arm" }, { 0x42, "Broadcom" }, { 0x43, "Cavium" }, { 0x46, "Fujitsu" },
	{ 0x48, "HiSilicon" }, { 0x4e, "NVIDIA" }, { 0x50, "APM" }, { 0x51, "Qualcomm" },
	{ 0x61, "Apple" }, { 0x6d, "Microsoft" }, { 0xc0, "Ampere" }, { 0, NULL },
};

/* implementer << 12 | part: ARM_CPU_PART_* and those of others there */
static const struct numbered parts[] = {
	{ 0x41d03, "Cortex-A53" }, { 0x41d05, "Cortex-A55" }, { 0x41d07, "Cortex-A57" },
	{ 0x41d08, "Cortex-A72" }, { 0x41d09, "Cortex-A73" }, { 0x41d0a, "Cortex-A75" },
	{ 0x41d0b, "Cortex-A76" }, { 0x41d0c, "Neoverse-N1" }, { 0x41d0d, "Cortex-A77" },
	{ 0x41d40, "Neoverse-V1" }, { 0x41d41, "Cortex-A78" }, { 0x41d44, "Cortex-X1" },
	{ 0x41d46, "Cortex-A510" }, { 0x41d47, "Cortex-A710" }, { 0x41d48, "Cortex-X2" },
	{ 0x41d49, "Neoverse-N2" }, { 0x41d4d, "Cortex-A715" }, { 0x41d4e, "Cortex-X3" },
	{ 0x41d4f, "Neoverse-V2" }, { 0x41d80, "Cortex-A520" }, { 0x41d81, "Cortex-A720" },
	{ 0x41d82, "Cortex-X4" }, { 0x41d84, "Neoverse-V3" }, { 0x41d8e, "Neoverse-N3" },
	{ 0x430af, "ThunderX2" }, { 0x46001, "A64FX" }, { 0x48d01, "Kunpeng-920" },
	{ 0xc0ac3, "One" }, { 0, NULL },
};

static const char *find(const struct numbered *list, uint64_t number)
{
	while (list->name && list->number != number)
		list++;
	return list->name;
}

void arm_cpu__name(uint64_t implementer, uint64_t part, char *name, size_t size)
{
	const char *who = find(implementers, implementer);
	const char *what = part < 0x1000 ? find(parts, implementer << 12 | part) : NULL;

	if (who && what)
		snprintf(name, size, "%s %s", who, what);
	else if (who)
		snprintf(name, size, "%s, part 0x%03" PRIx64, who, part);
	else
		snprintf(name, size, "implementer 0x%02" PRIx64 ", part 0x%03" PRIx64, implementer,
			 part);
}
