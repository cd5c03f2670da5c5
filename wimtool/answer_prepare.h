/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An answer file on its way into an image: checked, mended when that is wanted, and
 * looked at for what an image that was applied does not carry out any more.
 */
#pragma once

#include "common/base/strbuf.h"
#include "common/report/report.h"

#define ANSWER_PLACE "Windows\\Panther\\unattend.xml" /* where Setup looks first in an applied image */

enum answer_fix {
	ANSWER_FIX_NONE,
	ANSWER_FIX_SAFE,
	ANSWER_FIX_UNSAFE,
};

struct answer_wish {
	const char *file;       /* of the host */
	const char *image;      /* WIM:IMAGE that it is for; NULL: not known */
	const char *target;     /* version of Windows; NULL: not known */
	const char *pkeyconfig; /* NULL: the image's own */
	enum answer_fix fix;
};

/* Adds findings; ret gets the bytes to be placed. -1 when the file is no answer file at all. */
int answer_prepare(const struct answer_wish *wish, struct strbuf *ret, struct report *report, struct err *err);
