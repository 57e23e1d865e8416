/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands - what each command of the command line does; returns the exit status. */
#ifndef SWITCHTAX_COMMANDS_H
#define SWITCHTAX_COMMANDS_H

#include "base/exits.h"
#include "cli/options.h"

enum exit_status command__run(const struct options *options);
enum exit_status command__compare(const struct options *options);
enum exit_status command__trace(const struct options *options);
enum exit_status command__attach(const struct options *options);
/* All labs, or those named; and run of one lab. */
enum exit_status command__labs(const struct options *options);
enum exit_status command__calibrate(const struct options *options);
enum exit_status command__timeline(const struct options *options);
enum exit_status command__report(const struct options *options);
enum exit_status command__explain(const struct options *options);
enum exit_status command__list(const struct options *options);
enum exit_status command__doctor(const struct options *options);

#endif
