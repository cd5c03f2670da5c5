/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carries a plan out. The edits go to the hives in memory; each result is opened
 * and walked again before anything is written; then the target takes all hives,
 * logs and files at once (target_commit): in a folder hives come first, each
 * renamed into place, then their transaction logs are emptied, then files are
 * removed and renamed; in a WIM it is one append.
 */
#pragma once

#include "sysprep-lite/plan.h"

struct apply_stats {
	unsigned hives;   /* rewritten */
	unsigned logs;    /* emptied */
	unsigned files;   /* written, removed, renamed */
	size_t references; /* identifiers replaced */
};

/*
 * Only the edits and replacements, on the hives of root in memory, without the marker:
 * nothing is written. The counts of the plan stay.
 */
int plan_apply_in_memory(struct plan *plan, struct winroot *root, struct err *err);

/*
 * journal, when not NULL, is the file for undo.h, written first. ret may be NULL.
 * When this fails before target_commit the target is as it was. The reference counts
 * of the plan become those of what was replaced: a deleted key takes its references
 * with it.
 */
int plan_apply(struct plan *plan, struct winroot *root, const char *journal, struct apply_stats *ret,
	       struct err *err);
