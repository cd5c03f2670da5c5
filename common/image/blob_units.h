/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the reading of many blobs is cut into pieces of work; for blob_read.c. */
#pragma once

#include "common/image/wim_blobs.h"

#define BLOB_UNIT_KEPT (1u << 20)   /* of a blob that began before: so much is kept rather than waiting */
#define BLOB_UNIT_AHEAD (16u << 20) /* kept of all chunks that are ahead */
#define BLOB_UNIT_LARGE (4u << 20)  /* of a large blob, at most; a multiple of every usual chunk size */

enum blob_unit_kind {
	BLOB_UNIT_BATCH, /* whole blobs that follow one another; to is an offset in the file */
	BLOB_UNIT_CHUNK, /* one chunk of a solid resource */
	BLOB_UNIT_PART,  /* at most BLOB_UNIT_LARGE of one blob */
};

struct blob_unit {
	enum blob_unit_kind kind;
	size_t first, n;   /* in the order: the blobs of which it has something */
	uint64_t from, to; /* in the contents of the resource */
	uint64_t cost;     /* of a chunk: its part of the time, roughly; set by the caller */
	bool ahead;        /* what its first blob has in front of it may come later */
};

struct blob_list {
	const struct wim_blob *const *blobs;
	size_t n;
	size_t *order;   /* as they lie in the files, or large ones first */
	bool *is_shared; /* by several units */
	struct blob_unit *units;
	size_t n_units;
	uint32_t chunk_max; /* the largest that is compressed */
};

/* blobs are lent. ERR_FORMAT when contents overlap in a solid resource; release ret then too. */
int blob_list_make(const struct wim_blob *const *blobs, size_t n, struct blob_list *ret, struct err *err);

/*
 * Of the last solid chunks puts those first that cost most, so that all threads end at the same time. What belongs to a blob that
 * begins in a chunk which now comes later has to be kept meanwhile: at most BLOB_UNIT_AHEAD in all.
 */
void blob_list_costly_first(struct blob_list *list, unsigned n_threads);

void blob_list_release(struct blob_list *list);
