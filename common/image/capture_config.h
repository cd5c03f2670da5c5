/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a capture leaves out: wimlib's capture configuration, which is DISM's WimScript.ini.
 *
 *	[ExclusionList]       patterns of what is left out, with all that is below
 *	[ExclusionException]  patterns of what is taken all the same
 *
 * A pattern that begins with a slash of either kind is a path from the root of the capture, another one is matched
 * against the last part of a path. * and ? stand inside one part. Letters match in any case, as Windows has it.
 * Other sections (what is not compressed, not prepopulated) say nothing about what a capture holds.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/vec.h"

struct capture_config {
	VEC(char *) exclusions;
	VEC(char *) exceptions;
	bool exact; /* letters match in their own case only */
};

/* What Windows itself never captures: page file, recycle bin and the like. */
void capture_config_usual(struct capture_config *ret);

/* UTF-8, or UTF-16 with its mark. ERR_FORMAT names the line. */
int capture_config_parse(struct bytes text, struct capture_config *ret, struct err *err);

/* Of a file; path NULL: the usual. Letters match as names in images are found. */
int capture_config_load(const char *path, struct capture_config *ret, struct err *err);
void capture_config_release(struct capture_config *config);

enum capture_verdict {
	CAPTURE_TAKE,
	CAPTURE_LEAVE,
	CAPTURE_TAKE_ALL, /* named by an exception: nothing below it is left out */
	CAPTURE_PASS,     /* left out, but something below it is an exception */
};

/* path is "/a/b". parent is what was decided about its folder. */
enum capture_verdict capture_config_judge(const struct capture_config *config, const char *path,
					  enum capture_verdict parent);
