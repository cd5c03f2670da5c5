/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blob table: which contents (named by their SHA-1) lie where, and the
 * metadata resource of each image in their order. Rows keep their bytes for the
 * append commit.
 */
#pragma once

#include "common/base/vec.h"
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
	struct wim_resource res; /* for rows of files that are open */
	bool here;               /* in this file, or in a part that was added */
	bool unplaced;           /* in a solid resource that is not known: at counts from the start of its run */
	uint32_t run;            /* of unplaced ones */
};

#define WIM_ROW_NONE UINT32_MAX /* as the row: the blob is in the table of another part */

/* A row that is a solid resource. Neighbouring solid rows are a run: blobs lie in the sum of its contents. */
struct wim_solid {
	uint32_t run;
	uint16_t part;
	struct wim_reshdr hdr;
	bool open; /* res is known */
	struct wim_resource res;
};

struct wim_blobs {
	struct strbuf table;       /* the rows as in the file */
	struct wim_blob *items;    /* contents of files, in the order of the table */
	size_t n;
	uint32_t *by_hash;         /* sorted indexes into items; of equal hashes the first row comes first */
	struct wim_blob *metadata; /* one for each image */
	size_t n_metadata;
	VEC(struct wim_solid) solids; /* all solid resources in the order of the tables */
	uint32_t n_runs;
	bool has_solid;
};

int wim_blobs_load(struct wim_reader *reader, int fd, uint64_t file_bytes, const struct wim_header *header,
		   struct wim_blobs *ret, struct err *err);
void wim_blobs_release(struct wim_blobs *blobs);

/* A file that takes part: source is its number in the reader. */
struct wim_part {
	int fd;
	unsigned source;
	uint64_t file_bytes;
	struct wim_header header;
};

/*
 * parts[0] is the file whose table is loaded. Adds the blobs in the tables of the others, and finds those which the first table has without their place.
 * A solid resource may be named in the table of one part and lie in another.
 */
int wim_blobs_add_parts(struct wim_blobs *blobs, struct wim_reader *reader, const struct wim_part *parts, size_t n,
			struct err *err);

/* NULL when the WIM does not have it. */
const struct wim_blob *wim_blobs_find(const struct wim_blobs *blobs, const uint8_t hash[WIM_HASH_LEN]);
