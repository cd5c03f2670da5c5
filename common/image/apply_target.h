/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder that an image is written into: made, measured, removed again. Errors do not name it. */
#pragma once

#include "common/image/image_apply.h"

enum apply_target_state {
	TARGET_MADE,  /* by us */
	TARGET_EMPTY,
	TARGET_FULL,
};

int apply_target_prepare(const char *path, enum apply_target_state *ret, struct err *err);

/* ERR_NO_SPACE: better now than after an hour; and a small file may claim to hold more than any disk. */
int apply_target_need_space(const char *path, uint64_t needed, struct err *err);

/* Only for a folder that this program has made a moment ago. */
void apply_target_remove(const char *path);
