// SPDX-License-Identifier: GPL-2.0-or-later
// Fills the wide registers of x86. Written in assembly: a compiler would clean up after itself.
#include "kit/vector.h"

#if defined(__x86_64__)

#define EACH_OF_16(of) of(0) of(1) of(2) of(3) of(4) of(5) of(6) of(7) of(8) of(9) of(10) \
	of(11) of(12) of(13) of(14) of(15)
#define EACH_OF_32(of) EACH_OF_16(of) of(16) of(17) of(18) of(19) of(20) of(21) of(22) \
	of(23) of(24) of(25) of(26) of(27) of(28) of(29) of(30) of(31)
#define FILL_YMM(n) "vcmptrueps %%ymm0, %%ymm0, %%ymm" #n "\n"
#define FILL_ZMM(n) "vpternlogd $0xff, %%zmm0, %%zmm0, %%zmm" #n "\n"
#define ALL_XMM "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
	"xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

enum vector vector_widest(void)
{
	if (__builtin_cpu_supports("avx512f"))
		return VECTOR_AVX512;
	return __builtin_cpu_supports("avx") ? VECTOR_AVX : VECTOR_NONE;
}

void vector_dirty(enum vector vector)
{
	if (vector == VECTOR_AVX)
		__asm__ volatile(EACH_OF_16(FILL_YMM) : : : ALL_XMM);
	else if (vector == VECTOR_AVX512)
		__asm__ volatile(EACH_OF_32(FILL_ZMM) : : : ALL_XMM);
}

#else

enum vector vector_widest(void)
{
	return VECTOR_NONE;
}

void vector_dirty(enum vector vector)
{
	(void)vector;
}

#endif

size_t vector_bytes(enum vector vector)
{
	static const size_t bytes[] = { 0, 16UL * 32, 32UL * 64 };

	return bytes[vector];
}
