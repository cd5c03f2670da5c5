/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An image as a read-only file system of Linux: numbers, attributes, names, links,
 * extended attributes, data. What mounts it (wimtool/mount_server.c) only passes
 * questions on. Nothing here changes once it is open, so any number of threads may ask.
 *
 * An id names an entry: 1 is the root, names of one file (hard links) have one id.
 * With the windows interface of streams an id may also be a stream of an entry.
 *
 * Functions return 0 or the negative of an errno, as libfuse wants it.
 */
#pragma once

#include <sys/stat.h>

#include "common/image/image_private.h"

enum image_fs_streams {
	IMAGE_FS_STREAMS_XATTR, /* user.NAME */
	IMAGE_FS_STREAMS_NONE,
	IMAGE_FS_STREAMS_WINDOWS, /* file:stream */
};

#define IMAGE_FS_ROOT 1

/*
 * Names a base entry in the layer for changes: its value is the number of the entry in decimal digits. Overlays of
 * users who are not root copy only attributes of users.
 */
#define IMAGE_FS_ORIGIN_TRUSTED "trusted.goldwim.entry"
#define IMAGE_FS_ORIGIN_USER "user.goldwim.entry"

/* Streams up to this size together are copied with their file when it is changed; file systems hold no more. */
#define IMAGE_FS_LAYER_STREAMS_MAX 2048

struct image_fs_options {
	const char *link_root;  /* put before targets of links that were made relative to the root of the image */
	const char *scratch;    /* folder for decoded data of solid WIMs */
	uint64_t cache_bytes;   /* how much of that is kept */
	enum image_fs_streams streams;
	bool unix_data;         /* owners and modes as captured on Linux */
	bool ignore_case;
	const char *origin;     /* below an overlay: the attribute in which entries tell their numbers; NULL otherwise */
	uid_t uid;              /* of everything, without unix_data */
	gid_t gid;
	mode_t umask;
	void (*damaged)(void *context, const char *path, const char *why); /* called by any thread; may be NULL */
	void (*slow)(void); /* called by a thread that was asked for data, before it waits or decodes; may be NULL */
	void *context;
};

struct image_fs;

/*
 * tree may come from an older version of the image; NULL takes that of the file. file and tree are taken over, also
 * on failure.
 */
struct image_fs *image_fs_open(struct image_file *file, unsigned index, struct wim_tree *tree,
			       const struct image_fs_options *options, struct err *err);
void image_fs_closep(struct image_fs **fs);

int image_fs_lookup(const struct image_fs *fs, uint64_t dir, const char *name, uint64_t *ret);
uint64_t image_fs_parent(const struct image_fs *fs, uint64_t id);
int image_fs_stat(const struct image_fs *fs, uint64_t id, struct stat *ret);
int image_fs_readlink(const struct image_fs *fs, uint64_t id, const char **ret);

/* Entry number i of a folder; -ENOENT behind the last. */
int image_fs_child(const struct image_fs *fs, uint64_t dir, uint64_t i, const char **ret_name, uint64_t *ret);

/* The value of an extended attribute, or the names of all, each with a NUL. */
int image_fs_get_xattr(const struct image_fs *fs, uint64_t id, const char *name, struct strbuf *ret);
int image_fs_list_xattrs(const struct image_fs *fs, uint64_t id, struct strbuf *ret);

/*
 * *ret: bytes read, fewer than len only at the end. Contents that one read takes as a whole are compared with
 * their SHA-1 before they are given out; larger ones when they are read in order, at their last bytes.
 */
int image_fs_read(const struct image_fs *fs, uint64_t id, uint64_t offset, size_t len, void *data, size_t *ret);

struct image_fs_totals {
	uint64_t bytes;
	uint64_t entries;
};

void image_fs_totals(const struct image_fs *fs, struct image_fs_totals *ret);
