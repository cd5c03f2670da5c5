/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits that begin with the list of files of an older version of the image. */
#include <stdlib.h>

#include "common/image/edit_refs.h"
#include "common/image/image_layer.h"
#include "common/image/image_set.h"

static bool is_image(const struct wim_blobs *blobs, unsigned index, const uint8_t *hash)
{
	return index >= 1 && index <= blobs->n_metadata &&
	       memcmp(blobs->metadata[index - 1].hash, hash, WIM_HASH_LEN) == 0;
}

/* Where the image with that metadata is, 0 when nowhere; images before it may have been deleted. */
static unsigned place_of(const struct wim_blobs *blobs, unsigned likely, const uint8_t *hash)
{
	if (is_image(blobs, likely, hash))
		return likely;
	for (unsigned i = 1; i <= blobs->n_metadata; i++)
		if (is_image(blobs, i, hash))
			return i;
	return 0;
}

static int find_image(const struct image_file *file, const struct image_base *where, unsigned *ret, struct err *err)
{
	unsigned place = place_of(&file->blobs, where->index, where->hash ? where->hash : where->base_hash);

	/* a further image has the properties of what is now in the place of the one that was mounted */
	if (!place && !where->hash)
		place = where->index <= file->blobs.n_metadata ? where->index : 1;
	if (place) {
		*ret = place;
		return 0;
	}
	err_set(err, ERR_REFUSED, "image %u is not the one that was mounted: another program has changed it",
		where->index);
	return err_hint(err, "the changes can be kept as a further image: wimtool commit --append=NAME");
}

static int take_base(struct image_edit *edit, struct strbuf *base, struct err *err)
{
	CLEANUP(image_free_treep) struct wim_tree *tree = xcalloc(1, sizeof(*tree));

	if (wim_tree_parse(base, tree, err) < 0)
		return err_context(err, "list of files of the mount");
	edit_take_tree(edit, tree);
	tree = NULL;
	edit->has_base = true;
	return 0;
}

/* Mostly the image in the WIM is the base itself. */
static int note_before(struct image_edit *edit, const uint8_t *base_hash, struct err *err)
{
	CLEANUP(image_free_treep) struct wim_tree *tree = NULL;

	if (memcmp(edit->file->blobs.metadata[edit->index - 1].hash, base_hash, WIM_HASH_LEN) == 0) {
		edit_note_before(edit, edit->tree);
		return 0;
	}
	tree = image_load_tree(edit->file->reader, edit->file, edit->index, err);
	if (!tree)
		return -1;
	edit_note_before(edit, tree);
	return 0;
}

struct image_edit *image_edit_open_base(const char *path, const struct image_base *where, struct strbuf *base,
					struct err *err)
{
	struct image_edit *edit = edit_open_file(path, "1", err); /* any image, until the right one is found */

	if (!edit || find_image(edit->file, where, &edit->index, err) < 0 ||
	    take_base(edit, base, err) < 0 || (where->hash && note_before(edit, where->base_hash, err) < 0))
		image_edit_closep(&edit);
	return edit;
}

void image_edit_result_hash(struct image_edit *edit, uint8_t ret[20])
{
	(void)edit_result(edit);
	memcpy(ret, edit->result_hash, WIM_HASH_LEN);
}

bool image_edit_is_done(struct image_edit *edit)
{
	(void)edit_result(edit);
	return memcmp(edit->result_hash, edit->file->blobs.metadata[edit->index - 1].hash, WIM_HASH_LEN) == 0;
}

int image_edit_as_new(struct image_edit *edit, const char *name, struct err *err)
{
	const struct image_property property = { .name = "NAME", .value = name };

	if (image_property_check(&property, err) < 0)
		return -1;
	for (unsigned i = 1; *name && i <= edit->file->header.image_count; i++) {
		const struct image_info *info = wim_xml_image(&edit->file->xml, i);

		if (info && strcmp(info->name, name) == 0)
			return err_set(err, ERR_USAGE, "image %u has the name \"%s\" already", i, name);
	}
	if (edit->file->header.image_count >= WIM_IMAGES_MAX)
		return err_set(err, ERR_LIMIT, "a WIM holds at most %d images here", WIM_IMAGES_MAX);
	free(edit->new_name);
	edit->new_name = xstrdup(name);
	return 0;
}

void image_edit_add_integrity(struct image_edit *edit)
{
	edit->add_integrity = true;
}

void image_edit_keep_base(struct image_edit *edit)
{
	edit->keep_base = true;
}
