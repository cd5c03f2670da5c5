/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of an image by patterns: * and ? match within one name, upper and lower case are the same, / and \ both
 * separate names.
 */
#pragma once

#include "common/base/vec.h"
#include "common/image/image_private.h"

struct image_matches {
	VEC(const struct wim_node *) nodes; /* each once for each pattern that matches it */
};

bool image_is_pattern(const char *path);

/* Adds all that match, in the order of the image. None is no error. */
void image_match(const struct wim_tree *tree, const char *pattern, struct image_matches *ret);
void image_matches_release(struct image_matches *matches);
