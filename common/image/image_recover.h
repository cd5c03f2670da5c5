/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clearing up after programs that were killed while they wrote a WIM: our undo
 * journal, the mark that says "being written", bytes behind the last used one,
 * temporary files of a capture. Everything happens under the lock that we
 * and libwim take to write; a WIM in use is ERR_BUSY.
 */
#pragma once

#include "common/base/err.h"
#include "common/image/wim_header.h"

struct image_recovery {
	bool replayed;          /* put back from the undo journal */
	bool cleared_mark;      /* WRITE_IN_PROGRESS, after the whole WIM was verified */
	uint64_t trimmed;       /* bytes of the interrupted write, cut off with the mark */
	unsigned removed_temps; /* unfinished files of captures that no longer run */
	bool completed_split;   /* the mark was that of a split whose parts are all there */
	unsigned removed_parts; /* of a split that did not give all their names */
	unsigned removed_stale; /* further parts of the set that a completed one replaces */
	unsigned stagings;      /* folders "WIM.stagingXXXXXXXXXX" of mounts by wimlib whose server died, moved away */
};

/*
 * keep is a folder for what killed mounts by wimlib left beside the WIM: changed contents, whose names nobody knows.
 * NULL leaves them. A folder without contents is removed. path may be missing when temporary files of it are left.
 */
int image_recover_all(const char *path, const char *keep, struct image_recovery *ret, struct err *err);

/* Clears some flags of the header, sets others, and writes it through. */
int image_change_flags(int fd, uint32_t clear, uint32_t set, struct err *err);

/*
 * For image_recover_all, from image_split: first is the header of a first part that has the mark. When all parts are there, the
 * set is completed, otherwise those that are there are removed.
 */
int image_split_recover(const char *path, int fd, const struct wim_header *first, struct image_recovery *ret, struct err *err);
