/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What apply and extract share: a WIM with its parts, and a folder that is written into. */
#pragma once

#include "common/image/session.h"

/* Opens the WIM and its parts, finds the image, checks the integrity tables when asked to. Errors name the file. */
struct image_file *session_open_source(const struct session_apply *request, unsigned *ret_index, struct err *err);

/*
 * Does write, of which file and roots are set: the rest is taken from r. With progress; signals stop it. whole: a folder
 * that was empty must hold just what was written, and is counted. fix_links: absolute links into the image lead into the
 * folder.
 */
int session_write_folder(const struct session_apply *r, const struct image_apply *write, bool whole, bool fix_links,
			 const struct cli *cli, struct image_applied *ret, struct err *err);
