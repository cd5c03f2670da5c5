/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contents of captured files on their way into a WIM: which are new, which are there already, which have been
 * written a moment ago. Each small file is read once, a large one once too when no other has its size.
 */
#pragma once

#include "common/base/arena.h"
#include "common/image/capture_scan.h"
#include "common/image/image_private.h"
#include "common/image/wim_writer.h"

/* Contents that the new image uses. */
struct capture_blob {
	uint8_t hash[WIM_HASH_LEN];
	uint32_t refcnt;
	uint64_t size;
	struct wim_reshdr at; /* where they were written */
	bool external;        /* in another WIM: no row */
};

struct capture_contents {
	struct capture_scan *scan;
	struct image_file *base;   /* the WIM that is appended to; NULL */
	uint32_t *base_counts;     /* new uses of its blobs */
	struct image_file *const *others; /* WIMs whose contents are not stored again */
	size_t n_others;
	struct image_file *before; /* WIM with the image that the tree was before; NULL */
	const struct wim_tree *before_tree;
	struct wim_reader *before_reader;
	const struct wim_packing *packing; /* of the new WIM */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;

	struct arena arena; /* of blobs, which must not move */
	VEC(struct capture_blob *) blobs;
	uint32_t *slots;
	size_t n_slots;
	uint64_t stored, unread, done;
};

/* Writes what is new through writer, and the hashes into the nodes of the scan. Flush the writer for the places. */
int capture_contents_write(struct capture_contents *c, struct wim_writer *writer, struct err *err);
void capture_contents_release(struct capture_contents *c);
