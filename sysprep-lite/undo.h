/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The undo journal: what was there before the changes that a target is about to
 * commit. It is one file: the line "goldwim-undo 1", then records, then "end".
 *
 *	put LENGTH SHA1 PATH     old contents of a file, LENGTH bytes and a line end follow;
 *	                         SHA1 is that of the new contents
 *	new SHA1 PATH            there was no such file
 *	folder PATH              there was no such folder
 *	kept NUMBER SIZE PATH    a file or folder that is removed: it is moved to JOURNAL.kept/NUMBER, or,
 *	                         where journal and target are on two file systems, was copied there (kept.h)
 *	file LENGTH PATH         a small file that is removed, on two file systems; its contents follow
 *	lost LENGTH PATH         a link that is removed there
 *	rename FROM TAB TO
 *
 * undo_stage takes it back: it collects the changes for target_commit. A file that
 * is neither the old one nor the new one was changed by somebody else: refused. So a
 * run that was killed half-way can be undone too.
 *
 * A WIM has another journal, made by its own commit (common/image/image.h): from it the file itself
 * comes back, byte for byte.
 */
#pragma once

#include "common/base/bytes.h"
#include "sysprep-lite/target.h"

#define UNDO_KEPT_FILE_MAX (64u << 20) /* larger removed files are copied beside the journal, not into it */
#define UNDO_KEPT_MAX 100000           /* things removed */

/* Writes the journal for what target has collected. An existing file is not overwritten. */
int undo_write(struct target *target, const char *path, struct err *err);

/* Removes a journal whose commit has changed nothing. */
void undo_discard(const char *path);

struct undo_stats {
	unsigned restored; /* files put back, removed or renamed */
	unsigned lost;     /* files that the journal does not hold */
};

/* journal is what the file path holds. */
int undo_stage(struct target *target, const char *path, struct bytes journal, struct undo_stats *ret, struct err *err);

/* After target_commit: the folder of what was kept goes when nothing is left in it. */
void undo_clean(const char *path);
