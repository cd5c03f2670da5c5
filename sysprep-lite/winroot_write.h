/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes what was edited in memory. Each changed hive is opened and walked again before
 * anything is written; then the target takes all hives, logs and files at once
 * (target_commit): in a folder scripts and hives are renamed into place, then the
 * transaction logs of the hives are emptied, then files are removed and renamed; in a WIM it is one
 * append. When this fails before target_commit the target is as it was.
 */
#pragma once

#include "sysprep-lite/winroot.h"

struct commit_stats {
	unsigned hives; /* rewritten */
	unsigned logs;  /* emptied */
	unsigned files; /* written, removed, renamed */
};

/*
 * journal, when not NULL, is the file for undo.h, written first. ret may be NULL. Once
 * only for a root: afterwards it is to be freed.
 */
int winroot_commit(struct winroot *root, const char *journal, struct commit_stats *ret, struct err *err);
