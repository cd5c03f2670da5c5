/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What image_diff.c and image_diff_host.c share. */
#pragma once

#include "common/image/image_diff.h"
#include "common/image/image_private.h"

/* Adds a row; path is copied. */
struct image_diff_row *diff_add(struct image_diff *diff, enum image_diff_kind kind, const char *path);

/* Adds node and everything below it as removed or added. */
void diff_add_tree(struct image_diff *diff, const struct image_file *file, enum image_diff_kind kind,
		   const struct wim_node *top);

/* ERR_LIMIT when there are more rows than memory should hold. */
int diff_check_size(const struct image_diff *diff, struct err *err);

/* Makes renamed ones of removed and added ones, counts, sorts. */
void diff_finish(struct image_diff *diff);
