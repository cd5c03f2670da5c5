/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Findings that are known and shall not be told again. The file has a line
 * for each: the fingerprint (common/report/fingerprint.h), the rule and the
 * file, the last two for people only. Messages are not written, so that no
 * value of an answer file gets into it. The first line names the tool.
 *
 *	unattend-baseline 1
 *	0123456789abcdef0123456789abcdef UA301 answers/unattend.xml
 */
#pragma once

#include "common/report/report.h"

#define BASELINE_MAX_BYTES (64u * 1024 * 1024) /* some 500,000 findings */

struct baseline_use {
	bool written;     /* the file was made or made anew */
	size_t n_hidden;  /* findings taken out of the report */
	size_t n_stale;   /* lines of the file that no finding has any more */
};

/*
 * Makes the file when it does not exist or write is set; then takes the
 * findings recorded in it out of *report (which is replaced).
 */
int baseline_apply(const char *path, const char *tool, bool write, struct report **report, struct baseline_use *ret, struct err *err);
