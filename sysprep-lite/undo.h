/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The undo journal: what was there before the changes that a target is about to
 * commit. It is one file: the line "goldwim-undo 1", then records, then "end".
 *
 *	put LENGTH SHA1 PATH     old contents of a file, LENGTH bytes and a line end follow;
 *	                         SHA1 is that of the new contents
 *	new SHA1 PATH            there was no such file
 *	folder PATH              there was no such folder
 *	file LENGTH PATH         a file that is removed; its contents follow
 *	lost LENGTH PATH         the same, too large to be kept (page files)
 *	rename FROM TAB TO
 *
 * undo_stage takes it back: it collects the changes for target_commit. A file that
 * is neither the old one nor the new one was changed by somebody else: refused. So a
 * run that was killed half-way can be undone too.
 */
#pragma once

#include "common/base/bytes.h"
#include "sysprep-lite/target.h"

#define UNDO_KEPT_FILE_MAX (64u << 20) /* larger removed files are not kept */
#define UNDO_BYTES_MAX (4ULL << 30)

/* Writes the journal for what target has collected. An existing file is not overwritten. */
int undo_write(struct target *target, const char *path, struct err *err);

struct undo_stats {
	unsigned restored; /* files put back, removed or renamed */
	unsigned lost;     /* files that the journal does not hold */
};

int undo_stage(struct target *target, struct bytes journal, struct undo_stats *ret, struct err *err);
