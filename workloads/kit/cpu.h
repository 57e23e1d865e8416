/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the program may run. */
#ifndef SWITCHTAX_CPU_H
#define SWITCHTAX_CPU_H

/* The calling thread, and those it starts from now on, run on this CPU only. 0 or -errno. */
int cpu_confine(int cpu);

#endif
