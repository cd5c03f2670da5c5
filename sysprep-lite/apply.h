/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carries a plan out. plan_stage does the edits on the hives in memory and collects the
 * actions on files in the target; winroot_commit (winroot_write.h) then writes all at once.
 */
#pragma once

#include "sysprep-lite/plan.h"
#include "sysprep-lite/winroot_write.h"

/*
 * Only the edits and replacements, on the hives of root in memory, without the marker:
 * nothing is collected. The counts of the plan stay.
 */
int plan_apply_in_memory(struct plan *plan, struct winroot *root, struct err *err);

/*
 * The reference counts of the plan become those of what was replaced: a deleted key takes
 * its references with it. When this fails root is good for nothing but to be freed.
 */
int plan_stage(struct plan *plan, struct winroot *root, struct err *err);

/* plan_stage and winroot_commit. */
int plan_apply(struct plan *plan, struct winroot *root, const char *journal, struct commit_stats *ret,
	       struct err *err);
