/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The metadata resource of one image: security descriptors and the tree of
 * directory entries. A node is an index over the bytes of its entry: a getter
 * reads a field there, a change is made there, and what nobody touches is
 * written back as it was. Reading is iterative and visits each byte once, so
 * cycles, overlaps and deep nesting are errors, not trouble.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/strbuf.h"
#include "common/base/arena.h"
#include "common/image/wim_header.h"

#define WIM_METADATA_MAX (1u << 29) /* about two million files */
#define WIM_DEPTH_MAX 16384         /* a path of Windows has at most 32,767 units */

enum dentry_field {
	DENTRY_LENGTH = 0x00, /* of the entry itself with names and tagged items */
	DENTRY_ATTRIBUTES = 0x08,
	DENTRY_SECURITY = 0x0c,
	DENTRY_SUBDIR = 0x10, /* offset of the first child in the metadata */
	DENTRY_CREATED = 0x28,
	DENTRY_ACCESSED = 0x30,
	DENTRY_WRITTEN = 0x38,
	DENTRY_HASH = 0x40,
	DENTRY_LINK_GROUP = 0x58, /* u64, of what is no reparse point */
	DENTRY_REPARSE_TAG = 0x58, /* u32 */
	DENTRY_REPARSE_FLAGS = 0x5e, /* u16 */
	DENTRY_STREAMS = 0x60,
	DENTRY_SHORT_LEN = 0x62,
	DENTRY_NAME_LEN = 0x64,
	DENTRY_FIXED_LEN = 0x66,
};

enum stream_field {
	STREAM_LENGTH = 0x00,
	STREAM_HASH = 0x10,
	STREAM_NAME_LEN = 0x24,
	STREAM_FIXED_LEN = 0x26,
};

enum wim_attribute {
	WIM_ATTR_READONLY = 0x1,
	WIM_ATTR_DIRECTORY = 0x10,
	WIM_ATTR_ARCHIVE = 0x20,
	WIM_ATTR_NORMAL = 0x80,
	WIM_ATTR_SPARSE = 0x200,
	WIM_ATTR_REPARSE = 0x400,
	WIM_ATTR_ENCRYPTED = 0x4000,
};

struct wim_stream {
	const char *name; /* "" for the unnamed stream */
	uint32_t at;      /* of the stream entry in the raw bytes of the node */
};

struct wim_node {
	struct wim_node *parent;
	struct wim_node *first, *last; /* children in the order of the image */
	struct wim_node *prev, *next;
	struct wim_node **sorted; /* children by name, upper case first, then exact */
	uint32_t n_children, cap;
	struct wim_node *link_next, *link_prev; /* ring of the hard links to one file */
	bool link_extra;                        /* not the first of its ring */
	const char *name;           /* WTF-8; "" of the root */
	const char *short_name;
	uint8_t *raw; /* the entry and its stream entries */
	uint32_t raw_len;
	size_t out_at;      /* while the tree is written: where */
	uint32_t entry_len; /* the part of raw before the stream entries */
	struct wim_stream *streams;
	uint16_t n_streams;
	uint16_t depth;
};

struct wim_tree {
	struct strbuf data; /* the metadata resource; nodes point into it */
	struct arena arena;
	struct wim_node *root;
	uint32_t root_at; /* offset of the root entry: the security descriptors end there */
	uint32_t n_security;
	size_t n_nodes;
};

/* Takes the bytes of a metadata resource over from data, also on failure. */
int wim_tree_parse(struct strbuf *data, struct wim_tree *ret, struct err *err);
void wim_tree_release(struct wim_tree *tree);

/* The security descriptor with that id; false when there is none. */
bool wim_tree_security(const struct wim_tree *tree, int32_t id, struct bytes *ret);

/* Appends the metadata resource of the tree as it is now. */
void wim_tree_serialise(const struct wim_tree *tree, struct strbuf *ret);

static inline uint32_t wim_node_attributes(const struct wim_node *node)
{
	return load_le32(node->raw + DENTRY_ATTRIBUTES);
}

static inline bool wim_node_is_dir(const struct wim_node *node)
{
	return wim_node_attributes(node) & WIM_ATTR_DIRECTORY;
}

static inline bool wim_node_is_reparse(const struct wim_node *node)
{
	return wim_node_attributes(node) & WIM_ATTR_REPARSE;
}

/* True for a link whose absolute target was made relative to the root of the image. */
static inline bool wim_node_is_fixed(const struct wim_node *node)
{
	return !(load_le16(node->raw + DENTRY_REPARSE_FLAGS) & 1);
}

/* 0 for folders and reparse points, which have none. */
uint64_t wim_node_link_group(const struct wim_node *node);

/*
 * Streams of a node, the one in the entry itself first: index 0 .. n_streams.
 * *name is "" for unnamed ones. The hash may be zero: no contents.
 */
uint8_t *wim_node_stream(const struct wim_node *node, unsigned index, const char **name);

/* The hash of the unnamed data, in the place where it is kept; NULL for reparse points that have only reparse data. */
uint8_t *wim_node_data_hash(const struct wim_node *node);

/* The hash of reparse data; NULL when the entry has none. */
const uint8_t *wim_node_reparse_hash(const struct wim_node *node);

/* For the whole program: a name in another case is another name. */
void wim_set_exact_names(bool exact);
bool wim_has_exact_names(void);

/* The child with that name: the exact one wins over one in another case. NULL when there is none. */
struct wim_node *wim_node_child(const struct wim_node *dir, const char *name, size_t len);

/* Puts node into the ring of hard links that ring is in; takes it out of its own. */
void wim_node_link(struct wim_node *ring, struct wim_node *node);
void wim_node_unlink(struct wim_node *node);

/* The next node of the tree below top, parents before children; NULL at the end. */
struct wim_node *wim_node_walk(const struct wim_node *top, const struct wim_node *node);

/* Appends "/a/b" (nothing for the root). */
void wim_node_path(const struct wim_node *node, struct strbuf *ret);

/* Where a child of that name belongs in dir->sorted: the first that is not before it. */
uint32_t wim_node_place(const struct wim_node *dir, const char *name, size_t len);

/* Fills name, short_name and streams from raw, which must be a whole entry with its streams. */
int wim_node_index(struct arena *arena, struct wim_node *node, struct err *err);

/* All security descriptors in the order of their ids, tree->n_security of them; free the array. */
struct bytes *wim_tree_security_table(const struct wim_tree *tree);
