/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an edit changes in the counts of a WIM: how often each blob is used, and
 * the numbers in the XML. Counted as differences, so that a WIM whose counts
 * were made by other rules keeps them for all that was not touched.
 */
#pragma once

#include "common/image/edit_private.h"

struct blob_change {
	uint8_t hash[WIM_HASH_LEN];
	int64_t by; /* uses after the edit less those before */
};

struct blob_changes {
	struct blob_change *items; /* sorted by hash, no zero differences */
	size_t len;
};

/* Remembers the image as it is in the WIM, before the first edit. */
void edit_note_before(struct image_edit *edit, const struct wim_tree *tree);

void edit_count_changes(const struct image_edit *edit, struct blob_changes *ret);
void blob_changes_release(struct blob_changes *changes);

struct blob_use {
	uint8_t hash[WIM_HASH_LEN];
	uint32_t count;
};

/* Counts how many streams of the other images use each hash; uses are sorted by hash. */
int edit_count_elsewhere(const struct image_edit *edit, struct blob_use *uses, size_t n, struct err *err);

void edit_tree_stats(const struct image_edit *edit, const struct wim_tree *tree, struct tree_stats *ret);
