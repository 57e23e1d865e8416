/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format - in what form people, scripts and tables are told the same. */
#ifndef SWITCHTAX_FORMAT_H
#define SWITCHTAX_FORMAT_H

enum output_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

#endif
