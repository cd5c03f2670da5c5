/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mending: one finding at a time its edits are applied and the result is linted
 * again. Edits after which the finding is still there, or after which there are
 * new ones, are taken back and the finding is noted as refused. Matters of style
 * are left alone unless the user gave their rule a higher severity.
 */
#pragma once

#include "unattend/lint.h"

struct fix_step {
	const struct rule *rule;
	char *message;
	bool refused;
	char *why; /* of a refusal */
};

struct fix_log {
	VEC(struct fix_step) steps;
	size_t n_fixed;
	size_t n_refused;
};

/* Appends the mended bytes to ret: equal to raw when there was nothing to do. raw is left alone. */
int fix_bytes(struct bytes raw, const char *file, const struct lint_options *options, enum fix_safety up_to,
	      struct fix_log *log, struct strbuf *ret, struct err *err);
void fix_log_release(struct fix_log *log);

/* Appends a patch that git apply takes; nothing when both are equal. */
void unified_diff(const char *path, struct bytes before, struct bytes after, struct strbuf *ret);
