/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of image_apply share: the plan. */
#pragma once

#include <pthread.h>

#include "common/base/beneath.h"
#include "common/image/blob_read.h"
#include "common/image/image_apply.h"
#include "common/image/wim_unix.h"

#define NO_ITEM UINT32_MAX

enum item_kind {
	ITEM_DIR,
	ITEM_FILE,
	ITEM_HARD_LINK, /* a further name of a file in the plan */
	ITEM_LINK,
	ITEM_SPECIAL,   /* device, pipe or socket */
};

struct apply_item {
	const struct wim_node *node;
	const struct wim_blob *blob; /* contents or reparse data; NULL: none */
	char *link_target;           /* of ITEM_LINK, when its data was read */
	uint32_t root;
	uint32_t next_of_blob;
	uint32_t next_name;          /* of a file with hard links */
	enum item_kind kind;
};

struct image_apply_plan {
	const struct image_apply *request;
	VEC(struct apply_item) items; /* parents before children */
	size_t *root_prefix;          /* bytes of the path of each root's node */
	const struct wim_blob **blobs; /* what is to be read, and the first item of each */
	uint32_t *first_of_blob;
	size_t n_blobs;
	uint32_t *dirs;       /* items that are folders, level by level */
	size_t n_dirs;
	struct image_applied counts;
	uint64_t bytes_needed;
	pthread_mutex_t lock; /* of what follows */
	struct image_applied troubles;
	unsigned warned;
};

int apply_plan_make(const struct image_apply *request, struct image_apply_plan *ret, struct err *err);
void apply_plan_release(struct image_apply_plan *plan);

/* Appends the path of an item below the target, without a leading slash. */
void apply_path(const struct image_apply_plan *plan, const struct apply_item *item, struct strbuf *ret);

/* "PATH: WHAT: No such file ..." from errno; -1. */
int apply_failed(const struct image_apply_plan *plan, const struct apply_item *item, const char *what, struct err *err);

/* One line to request->warn; the first few of many. */
void apply_warn(struct image_apply_plan *plan, const struct apply_item *item, const char *what);

/* Times and, when wanted, what Linux knows, of an open file or folder. */
int apply_metadata(struct image_apply_plan *plan, const struct apply_item *item, int fd, struct err *err);

/* The same for a name in an open folder that is no file to open: a link, a device. */
int apply_metadata_at(struct image_apply_plan *plan, const struct apply_item *item, int dir, const char *name, struct err *err);

/* Folders, level by level, on several threads. Finishing sets their times and, with request->count, counts their names. */
int apply_make_dirs(struct image_apply_plan *plan, struct err *err);
int apply_finish_dirs(struct image_apply_plan *plan, struct err *err);

/* Makes the further names of a file. */
int apply_link_names(const struct image_apply_plan *plan, const struct apply_item *file, struct err *err);

/* Reads all contents and writes the files with their hard links; keeps the targets of links. */
int apply_files(struct image_apply_plan *plan, struct err *err);
