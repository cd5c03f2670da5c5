/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blob table: which contents (named by their SHA-1) lie where, and the
 * metadata resource of each image in their order. Rows keep their bytes for the
 * append commit.
 */
#pragma once

#include "common/image/wim_resource.h"

#define WIM_BLOB_ROW_LEN 50
#define WIM_BLOB_TABLE_MAX (1u << 29) /* ten million rows */
#define WIM_SOLID_SIZE_MARK (1ULL << 32) /* as the size of a row: the row is a solid resource */

enum wim_blob_row_field {
	ROW_RESHDR = 0,
	ROW_PART = 24,
	ROW_REFCNT = 26,
	ROW_HASH = 30,
};

struct wim_blob {
	uint8_t hash[WIM_HASH_LEN];
	uint32_t refcnt;
	uint32_t row;            /* in the table */
	uint16_t part;
	uint64_t size;           /* of the contents */
	uint64_t at;             /* where the contents begin in the contents of res */
	struct wim_resource res; /* for rows of this part */
	bool here;               /* in this part of a split WIM */
};

struct wim_blobs {
	struct strbuf table;       /* the rows as in the file */
	struct wim_blob *items;    /* contents of files, in the order of the table */
	size_t n;
	uint32_t *by_hash;         /* sorted indexes into items; of equal hashes the first row comes first */
	struct wim_blob *metadata; /* one for each image */
	size_t n_metadata;
	bool has_solid;
};

int wim_blobs_load(struct wim_reader *reader, int fd, uint64_t file_bytes, const struct wim_header *header,
		   struct wim_blobs *ret, struct err *err);
void wim_blobs_release(struct wim_blobs *blobs);

/* NULL when the WIM does not have it. */
const struct wim_blob *wim_blobs_find(const struct wim_blobs *blobs, const uint8_t hash[WIM_HASH_LEN]);
