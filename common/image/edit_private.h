/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What image_edit.c, edit_host.c, edit_layer.c and edit_commit.c share. */
#pragma once

#include "common/base/vec.h"
#include "common/image/image_private.h"
#include "common/image/wim_node_edit.h"

/* Contents that the WIM does not have yet. */
struct new_blob {
	uint8_t hash[WIM_HASH_LEN];
	uint64_t size;
	uint8_t *data;   /* owned unless lent; or */
	char *host_path; /* owned: read again by the commit, which checks the hash */
	bool lent;       /* data is the caller's, until the commit */
};

struct tree_stats {
	uint64_t dirs;
	uint64_t files;
	uint64_t hard_link_bytes;
};

/*
 * What the counts of a WIM are changed by the difference to: the image as it was. Its hashes in the order of the tree, and
 * those of the chunks of its metadata: what is the same in the new metadata is not compressed again.
 */
struct edit_before {
	VEC(struct { uint8_t hash[WIM_HASH_LEN]; }) hashes;
	VEC(struct { uint8_t hash[WIM_HASH_LEN]; }) chunks;
	struct tree_stats stats;
};

struct image_edit {
	char *path; /* with links resolved, so that there is one journal */
	unsigned threads; /* that compress; 0: one for each processor */
	char *undo_path; /* where the journal is kept after the commit; may be NULL */
	struct image_file *file;
	unsigned index;
	struct wim_tree *tree; /* as edited */
	struct edit_before before;
	struct strbuf result; /* the tree as metadata, from edit_result on until the next edit */
	uint8_t result_hash[WIM_HASH_LEN];
	VEC(struct new_blob) blobs;
	uint32_t *blob_slots; /* open addressing by hash: index into blobs + 1 */
	size_t n_slots;
	uint64_t next_link_group;
	char *new_name; /* of the image that the commit adds; NULL: it changes the one at index */
	bool add_integrity;
	bool keep_base; /* with has_base: contents that only the base names stay in the blob table, for it is still mounted */
	bool has_base;  /* the tree was not that of the WIM to begin with, see image_layer.h */
	int (*gate)(void *context, struct err *err); /* the last word before the header is switched; may be NULL */
	void *gate_context;
	bool changed;
	bool committed;
};

/* Finds contents among the new ones. */
const struct new_blob *edit_find_blob(const struct image_edit *edit, const uint8_t hash[WIM_HASH_LEN]);

/* Remembers contents unless the WIM or the edit has them; takes data and host_path over. */
void edit_add_blob(struct image_edit *edit, const struct new_blob *blob);

/* Size of contents of the WIM or of the edit; 0 when unknown. */
uint64_t edit_blob_size(const struct image_edit *edit, const uint8_t hash[WIM_HASH_LEN]);

/* Where a path leads: the last node that exists and what is left of the path behind it ("" when all exists). */
struct edit_place {
	struct wim_node *node;
	const char *rest;
};

/* Checks also the names that do not exist yet. */
int edit_resolve(const struct image_edit *edit, const char *path, struct edit_place *ret, struct err *err);

/* Makes the folders of place->rest but for its last part, which *name and *len get. */
struct wim_node *edit_make_parents(struct image_edit *edit, const struct edit_place *place, const char **name,
				   size_t *len);

/* Can node's contents be replaced? */
int edit_check_replace(const struct wim_node *node, const char *path, struct err *err);

/* Replaces them, for all hard links. */
void edit_replace_data(struct wim_node *node, const uint8_t hash[WIM_HASH_LEN], uint64_t written);

uint64_t edit_highest_link_group(const struct wim_tree *tree);

/* Takes an entry with all below it out of the tree. */
void edit_remove(struct image_edit *edit, struct wim_node *node);

/* The SHA-1 of a file of the host; zeros when it is empty. */
int edit_hash_host_file(const char *host_path, uint8_t hash[WIM_HASH_LEN], uint64_t *ret_size, struct err *err);

/* Begins each edit: after a commit there is nothing left to change. */
int edit_check_open(struct image_edit *edit, struct err *err);

/* The metadata that a commit would write; edit->result_hash is its SHA-1. */
const struct strbuf *edit_result(struct image_edit *edit);

/* Opens all but the tree: of an image by name or index, NULL for the first. */
struct image_edit *edit_open_file(const char *path, const char *name_or_index, struct err *err);

/* Takes a tree as the one to edit. */
void edit_take_tree(struct image_edit *edit, struct wim_tree *tree);
