/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The edits of a finding as the report carries them, for formats that show how to
 * mend it. An edit that would put a secret of the file into the report is left out,
 * and the finding has none then.
 */
#pragma once

#include "unattend/lint.h"

/* The finding of hit is the one added to the report last. */
void report_fix(struct lint *lint, struct hit *hit);
