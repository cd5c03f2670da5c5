/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_compose.h"

#include <stdlib.h>

void wim_compose_release(struct wim_compose *c)
{
	for (size_t i = 0; i < c->inputs.len; i++) {
		free(c->inputs.items[i].counts);
		free(c->inputs.items[i].names);
	}
	for (size_t i = 0; i < c->images.len; i++)
		strbuf_release(&c->images.items[i].xml);
	vec_release(&c->inputs);
	vec_release(&c->images);
	vec_release(&c->blobs);
	vec_release(&c->solids);
	strbuf_release(&c->xml);
	arena_release(&c->names);
}

unsigned wim_compose_add_input(struct wim_compose *c, struct image_file *file)
{
	struct compose_input *input = vec_add(&c->inputs);

	input->file = file;
	input->counts = xcalloc(file->blobs.n + 1, sizeof(*input->counts));
	if (c->options.solid == COMPOSE_SOLID_ALL)
		input->names = xcalloc(file->blobs.n + 1, sizeof(*input->names));
	return (unsigned)(c->inputs.len - 1);
}

bool wim_compose_find(const struct wim_compose *c, const uint8_t hash[WIM_HASH_LEN], unsigned *ret_input,
		      const struct wim_blob **ret)
{
	for (unsigned i = 0; i < c->inputs.len; i++) {
		const struct wim_blob *blob = wim_blobs_find(&c->inputs.items[i].file->blobs, hash);

		if (!blob || !blob->here)
			continue;
		*ret_input = i;
		*ret = blob;
		return true;
	}
	return false;
}

static int missing(const struct wim_node *node, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	wim_node_path(node, &path);
	err_set(err, ERR_NOT_FOUND, "the contents of %.300s are in none of the files", strbuf_text(&path));
	return err_hint(err, "--ref=GLOB names further parts, or the WIM that this one builds on");
}

static int count_node(struct wim_compose *c, const struct wim_node *node, struct err *err)
{
	for (unsigned i = 0; i <= node->n_streams; i++) {
		const char *name;
		const uint8_t *hash = wim_node_stream(node, i, &name);
		const struct wim_blob *blob = NULL;
		unsigned input;

		if (wim_hash_is_zero(hash))
			continue;
		if (wim_compose_find(c, hash, &input, &blob)) {
			struct compose_input *in = &c->inputs.items[input];
			size_t index = (size_t)(blob - in->file->blobs.items);

			in->counts[index]++;
			if (in->names && !in->names[index])
				in->names[index] = arena_text(&c->names, node->name, strlen(node->name));
		} else if (!c->options.allow_missing) {
			return missing(node, err);
		}
	}
	return 0;
}

int wim_compose_add_image(struct wim_compose *c, unsigned input, unsigned index, struct strbuf *element,
			  struct err *err)
{
	struct image_file *file = c->inputs.items[input].file;
	CLEANUP(image_free_treep) struct wim_tree *tree = NULL;
	struct compose_image *image = vec_add(&c->images);

	*image = (struct compose_image){ .input = input, .index = index, .xml = *element };
	*element = (struct strbuf)STRBUF_INIT;
	tree = image_load_tree(file->reader, file, index, err);
	if (!tree)
		return -1;
	for (const struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node))
		if (count_node(c, node, err) < 0)
			return err_context(err, "image %u", index);
	return 0;
}

bool wim_compose_copies(const struct wim_compose *c, const struct image_file *file, const struct wim_resource *res)
{
	const struct wim_packing *packing = &c->options.packing;

	if (c->options.recompress || res->solid)
		return false;
	if (res->compressed)
		return res->compression == packing->compression && res->chunk_size == packing->chunk_size;
	/* stored although its WIM is compressed: it did not become smaller */
	return packing->compression == WIM_NONE || file->header.compression == packing->compression;
}

/* The layout for pipes has four bytes a chunk more. */
static uint64_t least_copied(const struct wim_resource *res)
{
	return res->compressed && res->pipable ? res->stored - MIN(res->stored, (res->size / res->chunk_size + 1) * 4) : res->stored;
}

uint64_t wim_compose_least_bytes(const struct wim_compose *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->inputs.len; i++) {
		const struct compose_input *input = &c->inputs.items[i];

		for (size_t k = 0; k < input->file->blobs.n; k++) {
			const struct wim_blob *blob = &input->file->blobs.items[k];

			if (input->counts[k] && wim_compose_copies(c, input->file, &blob->res))
				sum += least_copied(&blob->res);
			else if (input->counts[k] && blob->res.solid && blob->res.size)
				sum += blob->size / (blob->res.size / MAX(blob->res.stored, (uint64_t)1) + 1);
		}
	}
	return sum;
}
