/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What image_fs.c, image_fs_xattr.c and image_fs_data.c share. */
#pragma once

#include <pthread.h>

#include "common/image/image_fs.h"
#include "common/image/image_fs_ahead.h"
#include "common/image/solid_cache.h"
#include "common/image/wim_link.h"
#include "common/image/wim_order.h"

#define STREAM_SHIFT 40 /* ids: number of the entry + 1, above it the number of a stream */

#define FS_CHECKS 16

/* Contents that somebody reads from their beginning on. */
struct fs_check {
	const struct wim_blob *blob; /* NULL: free */
	struct wim_hash *hash;
	uint64_t next; /* where the next read must begin */
};

struct image_fs {
	struct image_file *file;
	struct wim_tree *tree;
	struct wim_order order;
	struct image_fs_options options;
	char *link_root;
	uint32_t *n_links; /* of each entry that is the lowest of its hard links */
	struct image_fs_totals totals;
	struct bytes *security; /* descriptors by their id */
	char **links; /* texts of links, made when first wanted */
	pthread_mutex_t links_lock;

	/* readers that no thread uses just now, the last one used first: it has the chunk that is wanted next */
	struct {
		struct wim_reader **items;
		size_t len, cap;
	} readers;
	pthread_mutex_t readers_lock;
	struct solid_cache *solid;
	struct fs_ahead *ahead;

	struct fs_check checks[FS_CHECKS];
	pthread_mutex_t checks_lock;
};

struct fs_data {
	const struct wim_blob *blob; /* NULL: empty */
	bool missing;                /* named, but not in this WIM */
};

/* The entry of an id. *stream is 0, or the number of a stream entry. NULL when there is no such id. */
const struct wim_node *fs_node(const struct image_fs *fs, uint64_t id, uint32_t *number, unsigned *stream);

/* Contents by their hash (NULL or zero: none). */
struct fs_data fs_find_data(const struct image_fs *fs, const uint8_t *hash);

/* What reading this id gives. */
struct fs_data fs_data_of(const struct image_fs *fs, const struct wim_node *node, unsigned stream);

/* Contents of a small blob as a whole, its SHA-1 checked. */
int fs_load(const struct image_fs *fs, const struct wim_blob *blob, struct strbuf *ret);

/* Contents as a whole into memory of their size, their SHA-1 checked. */
int fs_read_whole(const struct image_fs *fs, const struct wim_blob *blob, void *ret, struct err *err);

/* Tells the owner that data is damaged. */
void fs_tell_damaged(const struct image_fs *fs, uint32_t number, const char *why);
