/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many blobs at once, on several threads, each byte of the WIM read once.
 *
 * Work is dealt out in the order of the file, what is large first, so that no thread ends long after the others. A solid chunk is
 * decompressed once, for all the blobs in it; a large compressed blob is decompressed by several threads. Every
 * blob's SHA-1 is checked.
 *
 * The sink gets, for each blob, begin, data (in order, any number of times) and end. The calls for one blob never
 * overlap, but may come from different threads; those for different blobs run at the same time. What begin hands
 * out as a handle is passed to data and end, and end is called once for every begin that returned 0, also when
 * the work is stopped. A callback that returns -1 stops everything with its error.
 */
#pragma once

#include "common/image/image_private.h"

#define BLOB_READ_THREADS_MAX 64

struct blob_sink {
	void *context;
	/* index: of the blob in the list. *ret_handle is NULL unless set. May be NULL. */
	int (*begin)(void *context, size_t index, void **ret_handle, struct err *err);
	int (*data)(void *context, void *handle, const void *data, size_t len, struct err *err);
	/* damage: NULL when all data came and its SHA-1 is right; otherwise why not. May be NULL. */
	int (*end)(void *context, size_t index, void *handle, const struct err *damage, struct err *err);
};

struct blob_read_options {
	unsigned threads; /* 0: one for each processor, fewer where chunks are so large that memory would be short */
	bool fill_gaps;   /* zeros stand for chunks that cannot be read; otherwise no data comes behind the first */
	/* Called by the calling thread now and then with the bytes done since; non-zero: ERR_CANCELLED. May be NULL. */
	int (*step)(void *context, uint64_t done);
	void *step_context;
};

/* The blobs must be in open parts (here). ERR_NOT_FOUND names the part that is missing. */
int blob_read(const struct image_file *file, const struct wim_blob *const *blobs, size_t n,
	      const struct blob_sink *sink, const struct blob_read_options *options, struct err *err);
