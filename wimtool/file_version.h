/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The four numbers of a file version, compared one after the other, and the branch
 * of servicing that a file was built on. Files of one build exist on two branches:
 * GDR (only what went to everybody) and LDR, before Vista called QFE (all hotfixes).
 * The numbers of the branches overlap in time, so that 6.1.7600.20500 (LDR) need not
 * hold what 6.1.7600.16400 (GDR) does.
 */
#pragma once

#include "common/base/base.h"

#define FILE_VERSION_TEXT_LEN 24 /* 65535.65535.65535.65535 */

struct file_version {
	uint16_t part[4];
};

enum file_branch {
	BRANCH_ANY, /* not known, or released before there were two */
	BRANCH_GDR,
	BRANCH_LDR,
};

/* One to four numbers from 0 to 65535 with dots between, nothing behind. */
bool file_version_read(const char *text, struct file_version *ret);

/* <0, 0, >0; count is how many parts are looked at. */
int file_version_compare(const struct file_version *a, const struct file_version *b, unsigned count);
char *file_version_format(const struct file_version *version, char ret[FILE_VERSION_TEXT_LEN]);

/*
 * From the text that the version resource has behind the numbers, "(win7_ldr.100226-1909)",
 * "(srv03_sp1_qfe.060217-1451)"; else, from Vista to 8.1, from the fourth number.
 */
enum file_branch file_version_branch(const struct file_version *version, const char *text);
const char *file_branch_name(enum file_branch branch); /* "gdr", "ldr", "" */

/* Built before that Windows was finished: "6.1.7100.0" is the release candidate of 7. */
bool file_version_is_beta(const struct file_version *version);
