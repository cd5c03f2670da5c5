/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/edit_refs.h"

#include <stdlib.h>

typedef VEC(const uint8_t *) hash_list;

static int compare_hash_pointers(const void *a, const void *b)
{
	return memcmp(*(const uint8_t *const *)a, *(const uint8_t *const *)b, WIM_HASH_LEN);
}

static void list_hashes(const struct wim_tree *tree, hash_list *ret)
{
	for (const struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node)) {
		for (unsigned i = 0; i <= node->n_streams; i++) {
			const char *name;
			const uint8_t *hash = wim_node_stream(node, i, &name);

			if (!wim_hash_is_zero(hash))
				*vec_add(ret) = hash;
		}
	}
	if (ret->len)
		qsort(ret->items, ret->len, sizeof(*ret->items), compare_hash_pointers);
}

/* Steps over the hashes that are equal to hash; returns how many. */
static int64_t take_equal(const hash_list *list, size_t *at, const uint8_t *hash)
{
	size_t begin = *at;

	while (*at < list->len && memcmp(list->items[*at], hash, WIM_HASH_LEN) == 0)
		(*at)++;
	return (int64_t)(*at - begin);
}

static const uint8_t *hash_at(const hash_list *list, size_t i)
{
	return i < list->len ? list->items[i] : NULL; /* NOLINT(clang-analyzer-core.NullDereference): with a length there are items */
}

/* The smaller of the next hashes of two sorted lists; NULL at the end of both. */
static const uint8_t *next_hash(const hash_list *a, size_t i, const hash_list *b, size_t j)
{
	const uint8_t *of_a = hash_at(a, i), *of_b = hash_at(b, j);

	return !of_a || (of_b && memcmp(of_b, of_a, WIM_HASH_LEN) < 0) ? of_b : of_a;
}

int edit_count_changes(struct image_edit *edit, struct blob_changes *ret, struct err *err)
{
	const struct wim_tree *old_tree = image_tree(edit->file, edit->index, err);
	hash_list before = { 0 };
	hash_list after = { 0 };
	VEC(struct blob_change) changes = { 0 };
	const uint8_t *hash;

	if (!old_tree)
		return -1;
	/* an image that is added has taken nothing away */
	if (!edit->new_name)
		list_hashes(old_tree, &before);
	list_hashes(edit->tree, &after);
	for (size_t i = 0, j = 0; (hash = next_hash(&before, i, &after, j));) {
		int64_t gone = take_equal(&before, &i, hash);
		int64_t by = take_equal(&after, &j, hash) - gone;

		if (by) {
			struct blob_change *change = vec_add(&changes);

			memcpy(change->hash, hash, WIM_HASH_LEN);
			change->by = by;
		}
	}
	vec_release(&before);
	vec_release(&after);
	*ret = (struct blob_changes){ .items = changes.items, .len = changes.len };
	return 0;
}

void blob_changes_release(struct blob_changes *changes)
{
	free(changes->items);
	*changes = (struct blob_changes){ 0 };
}

static void count_in_tree(const struct wim_tree *tree, struct blob_use *uses, size_t n)
{
	hash_list list = { 0 };
	size_t at = 0;

	list_hashes(tree, &list);
	for (size_t i = 0; i < n; i++) {
		while (at < list.len && memcmp(list.items[at], uses[i].hash, WIM_HASH_LEN) < 0)
			at++;
		uses[i].count += (uint32_t)take_equal(&list, &at, uses[i].hash);
	}
	vec_release(&list);
}

int edit_count_elsewhere(const struct image_edit *edit, struct blob_use *uses, size_t n, struct err *err)
{
	if (n == 0)
		return 0;
	for (unsigned i = 1; i <= edit->file->header.image_count; i++) {
		CLEANUP(image_free_treep) struct wim_tree *tree = NULL;

		if (i == edit->index)
			continue;
		tree = image_load_tree(edit->file->reader, edit->file, i, err);
		if (!tree)
			return -1;
		count_in_tree(tree, uses, n);
	}
	return 0;
}

static uint64_t node_bytes(const struct image_edit *edit, const struct wim_node *node)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i <= node->n_streams; i++) {
		const char *name;
		const uint8_t *hash = wim_node_stream(node, i, &name);

		if (!wim_hash_is_zero(hash))
			sum += edit_blob_size(edit, hash);
	}
	return sum;
}

void edit_tree_stats(const struct image_edit *edit, const struct wim_tree *tree, struct tree_stats *ret)
{
	struct tree_stats stats = { 0 };

	for (const struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node)) {
		uint64_t bytes = node_bytes(edit, node);

		/* a link to a folder counts as a file, as libwim has it */
		if (wim_node_is_dir(node) && !wim_node_is_reparse(node))
			stats.dirs++;
		else
			stats.files++;
		stats.bytes += bytes;
		if (node->link_extra)
			stats.hard_link_bytes += bytes;
	}
	*ret = stats;
}
