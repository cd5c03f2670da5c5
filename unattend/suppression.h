/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Comments that switch a rule off for a place:
 *
 *	<!-- unattend: disable=UA301,UA609 why -->        for the element behind it
 *	<!-- unattend: disable-file=UA301 why -->         for the whole file
 *	; unattend: disable=UA907 why                     for the next line (text formats)
 */
#pragma once

#include "unattend/lint.h"

struct suppression {
	const struct rule *rule;
	struct spot where;
	uint32_t first_line;
	uint32_t last_line;
	bool used;
};

void suppressions_read(struct lint *lint);
bool suppression_covers(struct lint *lint, const struct rule *rule, uint32_t line);
void suppressions_report_unused(struct lint *lint);
void suppressions_release(struct lint *lint);
