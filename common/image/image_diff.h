/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What differs between two images, or between an image and a folder of the
 * host. Two images are compared by their metadata alone: equal SHA-1 is equal
 * contents. A file of the host is read only when its size is that in the image
 * and its time is not.
 */
#pragma once

#include "common/base/vec.h"
#include "common/image/image.h"

enum image_diff_kind {
	IMAGE_ADDED,
	IMAGE_REMOVED,
	IMAGE_CHANGED,
	IMAGE_RENAMED, /* one removed and one added with the same contents, which no other of them has */
	IMAGE_DIFF_KINDS,
};

enum image_diff_what {
	IMAGE_DIFF_TYPE = 1,        /* file, folder, reparse point */
	IMAGE_DIFF_CONTENT = 2,
	IMAGE_DIFF_ATTRIBUTES = 4,
	IMAGE_DIFF_TIMES = 8,       /* creation and last write */
	IMAGE_DIFF_SECURITY = 16,
	IMAGE_DIFF_STREAMS = 32,    /* named ones: names and contents */
	IMAGE_DIFF_REPARSE = 64,    /* tag and data */
	IMAGE_DIFF_SHORT_NAME = 128,
	IMAGE_DIFF_CASE = 256,      /* the name in other letters */
};

/* "content"; NULL behind the last bit. */
const char *image_diff_what_name(unsigned bit);

struct image_diff_row {
	enum image_diff_kind kind;
	unsigned what;   /* of changed and renamed ones */
	char *path;      /* new one of renamed ones */
	char *old_path;  /* of renamed ones */
	bool has_old, has_new;
	uint64_t old_size, new_size;
	uint8_t hash[20]; /* of the contents; zero for folders, links, empty files, host files that were not read */
	bool is_dir;
};

struct image_diff {
	VEC(struct image_diff_row) rows; /* sorted by path */
	size_t count[IMAGE_DIFF_KINDS];
	size_t path_bytes;
};

/* Rows of images a to b; ignore is an OR of enum image_diff_what. */
int image_diff(struct image_file *a, unsigned a_index, struct image_file *b, unsigned b_index, unsigned ignore,
	       struct image_diff *ret, struct err *err);

/* From the image to a folder. Of what a Linux folder cannot hold nothing is compared, nor where links lead. */
int image_diff_host(struct image_file *a, unsigned a_index, const char *folder, unsigned ignore,
		    struct image_diff *ret, struct err *err);

void image_diff_release(struct image_diff *diff);
