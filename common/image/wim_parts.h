/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wim_blobs.c (one table) and wim_parts.c (the tables of all parts) share. */
#pragma once

#include "common/image/wim_blobs.h"

/* The rows of one file. */
struct wim_blob_table {
	struct strbuf rows;
	struct wim_blob *items;
	size_t n;
	struct wim_blob *metadata; /* of source 0 only */
	size_t n_metadata;
};

/* Reads the table of a part; its solid resources are added to blobs. Free what ret holds. */
int wim_blobs_read_table(struct wim_reader *reader, const struct wim_part *part, struct wim_blobs *blobs,
			 struct wim_blob_table *ret, struct err *err);

/* Sorts what items has from first on into by_hash, which has those before. */
void wim_blobs_index(struct wim_blobs *blobs, size_t first);

/* Reads the start of a solid resource that lies in part. */
int wim_solid_open(struct wim_solid *solid, const struct wim_part *part, struct err *err);

/* Places a blob in the sum of these resources; false and untouched when it is not inside, or behind one not open. */
bool wim_solid_place(const struct wim_solid *const *solids, size_t n, struct wim_blob *blob);
