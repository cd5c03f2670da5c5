/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The changes of an overlay (overlayfs or fuse-overlayfs over an image_fs opened with an origin) as edits of the
 * image below it.
 *
 *	edit = image_edit_open_base(wim, &where, &base, err);
 *	image_edit_put_layer(edit, &layer, &stats, err);
 *	image_edit_result_hash(edit, hash);
 *	image_edit_commit(edit, NULL, err);
 *
 * What is in the upper folder is a difference to the base: the list of files that was mounted, not the one that
 * is in the WIM now. So the tree of the edit is the base with the layer in it, whatever was committed since.
 *
 * A file that was changed keeps its security descriptor, attributes, creation time and short name, also when it
 * was renamed; user.* attributes are its named streams. An overlay shows a change of a file with several names
 * under the one that was written to. Here all its names get it, as on Windows, unless several were changed
 * differently: then each becomes a file of its own.
 */
#pragma once

#include "common/image/image.h"

struct image_base {
	unsigned index;         /* where the image was */
	const uint8_t *hash;    /* SHA-1 of its metadata as it is expected in the WIM now; NULL: any, for as_new */
	const uint8_t *base_hash; /* SHA-1 of the base, which the caller has checked */
};

/*
 * base is the metadata of the mounted image; its bytes are taken over. ERR_REFUSED when the WIM holds no image
 * with where->hash, that is, when another program has changed it.
 */
struct image_edit *image_edit_open_base(const char *path, const struct image_base *where, struct strbuf *base,
					struct err *err);

struct image_layer {
	const char *upper;
	const char *mountpoint; /* taken off the targets of absolute links */
	const char *origin;     /* the attribute in which files tell what they were copied from */
	bool keeps_xattrs;      /* upper holds user.* attributes: one that is not there was removed */
	bool has_streams;       /* named streams were shown as attributes */
	bool unix_data;         /* owners and modes count */
};

struct image_layer_stats {
	uint64_t changed; /* files, folders and links that were added or changed */
	uint64_t removed;
};

/* On failure the edit is of no use any more. Errors name the path in the image. */
int image_edit_put_layer(struct image_edit *edit, const struct image_layer *layer, struct image_layer_stats *ret,
			 struct err *err);

/* SHA-1 of the metadata that a commit would write. */
void image_edit_result_hash(struct image_edit *edit, uint8_t ret[20]);

/* Is that what is in the WIM already? Then a commit has nothing to write. */
bool image_edit_is_done(struct image_edit *edit);

/* The commit adds a further image and leaves the old one. name must be new. */
int image_edit_as_new(struct image_edit *edit, const char *name, struct err *err);

/* The base stays mounted: contents that no image needs any more, but perhaps the base, stay in the WIM. */
void image_edit_keep_base(struct image_edit *edit);

/* The commit also gives the WIM an integrity table when it has none. */
void image_edit_add_integrity(struct image_edit *edit);
