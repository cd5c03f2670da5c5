/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes to a tree in memory: new nodes, moves, names. Memory comes from the tree's arena. */
#pragma once

#include "common/image/wim_metadata.h"

/* What a new entry begins with. */
struct wim_new_node {
	uint32_t attributes;
	int32_t security_id;
	uint64_t created, accessed, written;
	const uint8_t *hash;  /* NULL when empty */
	uint32_t reparse_tag; /* with WIM_ATTR_REPARSE */
	uint16_t reparse_flags;
	bool as_streams;      /* reparse data in a stream entry, and an empty one for the contents, as libwim writes it */
	const struct strbuf *tagged; /* tagged items, padded to eight; NULL for none */
};

/* Of a link: its target is as it was on the host, not made relative to the image. */
#define WIM_REPARSE_NOT_FIXED 1u

/* name must pass wim_name_check. The node is in no folder yet. */
struct wim_node *wim_node_new(struct wim_tree *tree, const char *name, size_t len, const struct wim_new_node *what);

/* Puts a node that is in no folder into dir, where its name belongs. */
void wim_node_attach(struct wim_tree *tree, struct wim_node *dir, struct wim_node *node);

/* Takes a node out of its folder; what is below it goes with it. */
void wim_node_detach(struct wim_tree *tree, struct wim_node *node);

/* Gives a detached node another name. The short name goes unless only the case changes. */
int wim_node_rename(struct wim_tree *tree, struct wim_node *node, const char *name, size_t len, struct err *err);

/* A copy with another name, in no folder and no ring of links; without what is below a folder. */
struct wim_node *wim_node_clone(struct wim_tree *tree, const struct wim_node *from, const char *name, size_t len);

/* Sets the contents of a named stream, which is made when it is not there; hash NULL takes the stream away. */
void wim_node_set_stream(struct wim_tree *tree, struct wim_node *node, const char *name, const uint8_t *hash);

/* Sets a tagged item of the entry. */
void wim_node_set_tag(struct wim_tree *tree, struct wim_node *node, uint32_t tag, const void *data, size_t len);

/* The tagged item; false when there is none of that tag. */
bool wim_node_find_tag(const struct wim_node *node, uint32_t tag, struct bytes *ret);

#define WIM_TAG_UNIX_DATA 0x337dd873u /* of wimlib: u32 uid, gid, mode, rdev */
#define WIM_UNIX_DATA_LEN 16

/* ERR_USAGE for a name that Windows does not allow, or with exact names one that parts a path. */
int wim_name_check(const char *name, size_t len, struct err *err);
