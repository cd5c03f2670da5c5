/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contents by their SHA-1: what a manifest needs beyond the metadata. Each
 * content is read once, on all processors (blob_read.h).
 */
#pragma once

#include "common/image/image.h"
#include "common/image/wim_hash.h"

struct image_sum {
	uint8_t sha1[20];
	uint8_t sha256[SHA256_LEN];
	uint64_t size;
};

/*
 * Fills sha256 and size of n sums with different sha1, none of them zero; sorts
 * them by sha1. The SHA-1 of what is read is checked. progress (may be NULL) gets
 * the bytes done and of all.
 */
int image_sum_contents(struct image_file *file, struct image_sum *sums, size_t n,
		       void (*progress)(void *context, uint64_t done, uint64_t total), void *context, struct err *err);

/* NULL when it is not among the sorted sums. */
const struct image_sum *image_find_sum(const struct image_sum *sums, size_t n, const uint8_t sha1[20]);
