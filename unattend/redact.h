/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A patch for eyes: the same lines, but passwords and product keys are starred out.
 * Every star stands for one byte, so lines and columns stay as they are.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/strbuf.h"

/* Appends the text of an answer file as UTF-8 with its secrets starred out. */
int redact_answer(struct bytes raw, const char *file, struct strbuf *ret, struct err *err);

/*
 * Appends the patch from before to after: as git apply takes it when it holds no
 * secret or show_secrets is set, else starred out, and *ret_redacted is set.
 */
int redacted_diff(const char *path, struct bytes before, struct bytes after, bool show_secrets, struct strbuf *ret,
		  bool *ret_redacted, struct err *err);
