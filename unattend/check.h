/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answer files checked and mended for another program: bytes in, findings and
 * bytes out, no files of its own but the image it is told of.
 *
 *	struct check_options want = { .target = "win11-24h2", .role = "media", .image = "install.wim:2" };
 *	struct check *check = check_new(&want, err);       reads the image once
 *	check_lint(check, "Autounattend.xml", bytes, report, err);
 *	check_fix(check, "Autounattend.xml", bytes, CHECK_FIX_SAFE, &mended, report, err);
 *	check_freep(&check);
 *
 * The caller owns the options (nothing of them is kept after check_new), the bytes
 * (never written, not needed after the call), the report and the strbuf. The
 * report copies the name. No message holds a whole key or a password; the mended
 * bytes do, as the file did. One struct check serves one thread at a time.
 *
 * Facts without a check: component_spec_find and setting_spec_find (schema.h),
 * timezone_find and timezone_read (common/facts/timezone.h).
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/strbuf.h"
#include "common/report/report.h"

/* All may be NULL: not known. The words are those of the options of "unattend lint". */
struct check_options {
	const char *target;       /* "win11-24h2" */
	const char *arch;         /* "amd64" */
	const char *role;         /* "media", "sysprep", "wds" */
	const char *image;        /* WIM or WIM:IMAGE */
	const char *pkeyconfig;   /* file; the image's own is taken without being named */
	const char *template_name; /* "jinja"; NULL is "auto" */
	const char *const *rules; /* "UA301=error", "UA609=off", ...; NULL-terminated */
	bool strict_wsim;
};

enum check_fix_up_to {
	CHECK_FIX_SAFE,   /* what keeps the meaning of the file */
	CHECK_FIX_UNSAFE, /* guesses as well */
};

struct check;

/* NULL with err set for a word that is not known or an image that cannot be read. */
struct check *check_new(const struct check_options *options, struct err *err);
void check_freep(struct check **check);

/* True when the bytes are meant as an answer file, of XML or of the text formats. */
bool check_is_answer_file(struct bytes bytes);

/* Adds the findings about bytes to report. -1 when they are no answer file at all, or beyond a limit. */
int check_lint(const struct check *check, const char *name, struct bytes bytes, struct report *report, struct err *err);

/* Appends the mended bytes to ret, and what is still to be said about them to report. */
int check_fix(const struct check *check, const char *name, struct bytes bytes, enum check_fix_up_to up_to,
	      struct strbuf *ret, struct report *report, struct err *err);
