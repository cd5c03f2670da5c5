/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Symbolic links and junctions of Windows as Linux sees them: the target in the
 * data of a reparse point becomes the text of a symbolic link.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/strbuf.h"

#define WIM_TAG_SYMLINK 0xa000000cu
#define WIM_TAG_JUNCTION 0xa0000003u
#define WIM_REPARSE_MAX 16384 /* Windows takes no larger reparse buffer */

/*
 * data is what a WIM keeps of the reparse buffer: all behind its first eight bytes. As libwim does it: an absolute
 * target loses "\??\" and the name of the device ("C:", "Volume{...}", "UNC"), and when it was made relative to the root of the image
 * at capture (fixed), root is put in front of it. '/' and '\' change places.
 */
int wim_link_target(uint32_t tag, struct bytes data, bool fixed, const char *root, struct strbuf *ret,
		    struct err *err);

/* Appends that data for a symbolic link of Linux; an absolute target gets the drive letter C. "" is the root of the image. */
int wim_link_build(const char *target, struct strbuf *ret, struct err *err);

static inline bool wim_tag_is_link(uint32_t tag)
{
	return tag == WIM_TAG_SYMLINK || tag == WIM_TAG_JUNCTION;
}
