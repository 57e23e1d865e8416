/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page - report.html: made by analysis/, which is Python, and put in place here.
 *
 * Python runs as who called sudo, in the results folder, and prints the page into a file that
 * gets its name when it is complete.
 */
#ifndef SWITCHTAX_PAGE_H
#define SWITCHTAX_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#define PAGE_FILE "report.html"
/* For one or two lines of reason. */
#define PAGE_WHY_SIZE 1024

/*
 * Make the page of the results folder @dirfd, called @folder to people. @replace: in place of
 * one that is there, be that a link, which is not followed.
 *
 * Returns 0 or -errno: -ENOPKG (Python, a package of it or analysis/ is not installed), -ENOENT
 * (this is no results folder), -EBADMSG (its files are not what they should be, or make no
 * page), -EEXIST, -EINTR (interrupted), -ETIME, or what a system call says. @why
 * [PAGE_WHY_SIZE] then holds what to tell people. On an error no part of a page remains.
 */
int page__make(int dirfd, const char *folder, bool replace, char *why);

/*
 * Could a page be made here? Looks whether Python finds the packages, without loading them: some
 * 50 ms. Returns 0 or -ENOPKG; @why [PAGE_WHY_SIZE] then says what to install.
 */
int page__check(char *why);

/* Is a page wanted at all? SWITCHTAX_ANALYSIS, which says where analysis/ is, may be empty. */
bool page__wanted(void);

#endif
