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
}

static void note_chunks(struct image_edit *edit, const struct strbuf *metadata)
{
	size_t step = edit->file->header.chunk_size;

	for (size_t at = 0; step && at < metadata->len; at += step)
		wim_sha1(metadata->data + at, MIN(step, metadata->len - at), vec_add(&edit->before.chunks)->hash);
}

void edit_note_before(struct image_edit *edit, const struct wim_tree *tree)
{
	hash_list hashes = { 0 };

	list_hashes(tree, &hashes);
	for (size_t i = 0; i < hashes.len; i++)
		memcpy(vec_add(&edit->before.hashes)->hash, hashes.items[i], WIM_HASH_LEN);
	vec_release(&hashes);
	edit_tree_stats(edit, tree, &edit->before.stats);
	note_chunks(edit, &tree->data);
}

/* An image that is added has taken nothing away. */
static void list_before(const struct image_edit *edit, hash_list *ret)
{
	for (size_t i = 0; !edit->new_name && i < edit->before.hashes.len; i++)
		*vec_add(ret) = edit->before.hashes.items[i].hash;
}

/* Most of the tree is as it was: equal beginnings and ends cancel one another. */
static void drop_equal_ends(hash_list *a, hash_list *b)
{
	size_t begin = 0;

	while (a->len && b->len && compare_hash_pointers(&a->items[a->len - 1], &b->items[b->len - 1]) == 0)
		a->len--, b->len--;
	while (begin < a->len && begin < b->len && compare_hash_pointers(&a->items[begin], &b->items[begin]) == 0)
		begin++;
	a->len -= begin;
	b->len -= begin;
	if (begin) {
		memmove(a->items, a->items + begin, a->len * sizeof(*a->items));
		memmove(b->items, b->items + begin, b->len * sizeof(*b->items));
	}
}

static void sort_hashes(hash_list *list)
{
	if (list->len)
		qsort(list->items, list->len, sizeof(*list->items), compare_hash_pointers);
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

void edit_count_changes(const struct image_edit *edit, struct blob_changes *ret)
{
	hash_list before = { 0 };
	hash_list after = { 0 };
	VEC(struct blob_change) changes = { 0 };
	const uint8_t *hash;

	list_before(edit, &before);
	list_hashes(edit->tree, &after);
	drop_equal_ends(&before, &after);
	sort_hashes(&before);
	sort_hashes(&after);
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
}

void blob_changes_release(struct blob_changes *changes)
{
	free(changes->items);
	*changes = (struct blob_changes){ 0 };
}

static int compare_uses(const void *a, const void *b)
{
	return memcmp(((const struct blob_use *)a)->hash, ((const struct blob_use *)b)->hash, WIM_HASH_LEN);
}

static void count_in_tree(const struct wim_tree *tree, struct blob_use *uses, size_t n)
{
	hash_list list = { 0 };

	list_hashes(tree, &list);
	for (size_t i = 0; i < list.len; i++) {
		struct blob_use key = { 0 };
		struct blob_use *use;

		memcpy(key.hash, list.items[i], WIM_HASH_LEN);
		use = bsearch(&key, uses, n, sizeof(*uses), compare_uses);
		if (use)
			use->count++;
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
		/* a link to a folder counts as a file, as libwim has it */
		if (wim_node_is_dir(node) && !wim_node_is_reparse(node))
			stats.dirs++;
		else
			stats.files++;
		if (node->link_extra)
			stats.hard_link_bytes += node_bytes(edit, node);
	}
	*ret = stats;
}
