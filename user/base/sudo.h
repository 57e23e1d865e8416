/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sudo - who called it: programs run as that user, and files are to be that user's. */
#ifndef SWITCHTAX_SUDO_H
#define SWITCHTAX_SUDO_H

#include <stdbool.h>
#include <sys/types.h>

/* The user who called sudo. False: nobody did, or SUDO_UID is no valid number. */
bool sudo__uid(uid_t *uid);

/*
 * Give an open file or folder to who called sudo: does nothing unless we are root and both
 * SUDO_UID and SUDO_GID are valid numbers. Returns 0 or -errno (some file systems have no
 * owners; a caller may well go on).
 */
int sudo__own(int fd);

#endif
