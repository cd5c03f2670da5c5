/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of common/image know of an open WIM; not for other rooms, but for wimtool/list_wimlib, which prints it. */
#pragma once

#include "common/image/image.h"
#include "common/image/wim_blobs.h"
#include "common/image/wim_hash.h"
#include "common/image/wim_metadata.h"
#include "common/image/wim_xml.h"

struct image_file {
	int fd;
	uint64_t file_bytes;
	struct wim_header header;
	struct wim_blobs blobs;
	struct wim_xml xml;
	struct wim_reader *reader;
	struct wim_tree **trees; /* of each image, NULL until wanted */
	struct wim_part *parts;  /* this file and then the added ones; NULL when there are none */
	size_t n_parts;
};

/* A reader of all files of a WIM for one more thread. */
struct wim_reader *image_reader_new(const struct image_file *file);

/* True when all parts of a split WIM are open. */
bool image_is_whole(const struct image_file *file);
/* The first part that is not open, from this number on; 0: none. */
unsigned image_missing_part(const struct image_file *file, unsigned from);

/* Takes fd over, also on failure. */
struct image_file *image_file_open_fd(int fd, struct err *err);

/*
 * Opens a WIM to change it, with an exclusive lock like the one that libwim takes, so that both keep out of
 * each other's way; -1 on error.
 */
int image_open_locked(const char *path, struct err *err);

/* ERR_REFUSED or ERR_UNSUPPORTED for a WIM that nothing may take the place of: read-only, split. */
int image_check_can_replace(const struct image_file *file, struct err *err);

/* The same for one that cannot be changed in place. */
int image_check_can_change(const struct image_file *file, struct err *err);

/* A tree of its own, read from the file; tree_release and free it. */
struct wim_tree *image_load_tree(struct wim_reader *reader, const struct image_file *file, unsigned index,
				 struct err *err);
void image_free_treep(struct wim_tree **tree);

/* The tree that file keeps. */
const struct wim_tree *image_tree(struct image_file *file, unsigned index, struct err *err);

/* Finds path below the tree's root; NULL with ERR_NOT_FOUND when it is not there. */
struct wim_node *image_lookup(const struct wim_tree *tree, const char *path, struct err *err);

/* The next part of a path: sets *part and *len, returns the rest; len 0 at the end. */
const char *image_path_part(const char *path, const char **part, size_t *len);

/* Behind a leading "C:". */
const char *image_path_start(const char *path);

/* Fills what others may see of a node. */
void image_fill_entry(const struct image_file *file, const struct wim_node *node, struct image_entry *ret);

/* Reads a blob and checks its SHA-1. */
int image_stream_blob(struct wim_reader *reader, const struct wim_blob *blob, wim_data_fn fn, void *context,
		      struct err *err);

/* As image_stream; path is for messages. */
int image_stream_node(struct image_file *file, const struct wim_node *node, const char *path, image_data_fn fn,
		      void *context, struct err *err);
