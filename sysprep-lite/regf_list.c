/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subkey lists: one leaf (li cells only, lf with the first four characters, lh
 * with a hash), or a root (ri) over leaves. All entries of one key are in order
 * of their upper-cased names, across leaves too.
 */
#include "sysprep-lite/regf_hive.h"

#include <assert.h>

enum {
	LEAF_MAX = 1012,     /* entries with which a list of Windows still lies in one 4096 byte bin */
	FAST_LEAF_MAX = 511, /* an lf leaf holds no more before it turns into li */
	ROOT_MAX = 65535,
	LEAF_SPARE = 8, /* entries of room added when a list grows */
};

bool leaf_open(const struct regf *hive, uint32_t cell, struct regf_leaf *ret)
{
	struct regf_leaf leaf = { .cell = cell };

	if (!cell_get(hive, cell, LIST_ENTRIES, &leaf.data) || leaf.data.data[0] != 'l')
		return false;
	leaf.kind = (char)leaf.data.data[1];
	if (leaf.kind != 'i' && leaf.kind != 'f' && leaf.kind != 'h')
		return false;
	leaf.stride = leaf.kind == 'i' ? LIST_CELL_LEN : LIST_CELL_LEN + 4;
	leaf.count = bytes_le16(leaf.data, LIST_COUNT);
	if (!bytes_holds(leaf.data, LIST_ENTRIES, leaf.count * leaf.stride))
		return false;
	*ret = leaf;
	return true;
}

bool list_open(const struct regf *hive, struct bytes nk, struct regf_list *ret)
{
	struct regf_list list = { .top = bytes_le32(nk, NK_LIST), .leaves = 1 };

	if (bytes_le32(nk, NK_SUBKEYS) == 0 || !cell_get(hive, list.top, LIST_ENTRIES, &list.data))
		return false;
	list.has_root = memcmp(list.data.data, "ri", 2) == 0;
	if (list.has_root) {
		list.leaves = bytes_le16(list.data, LIST_COUNT);
		if (!bytes_holds(list.data, LIST_ENTRIES, list.leaves * LIST_CELL_LEN))
			return false;
	}
	*ret = list;
	return true;
}

uint32_t list_leaf_cell(const struct regf_list *list, size_t i)
{
	return list->has_root ? bytes_le32(list->data, LIST_ENTRIES + i * LIST_CELL_LEN) : list->top;
}

void list_children(const struct regf *hive, uint32_t key, regf_cells *ret)
{
	struct regf_list list;
	struct regf_leaf leaf;
	struct bytes nk;

	if (!key_get(hive, key, &nk) || !list_open(hive, nk, &list))
		return;
	for (size_t l = 0; l < list.leaves; l++)
		if (leaf_open(hive, list_leaf_cell(&list, l), &leaf))
			for (size_t i = 0; i < leaf.count; i++)
				*vec_add(ret) = leaf_child(&leaf, i);
}

/* ---- finding ---- */

/* Where a name is, or the place at which it would have to be inserted. */
struct place {
	size_t leaf, entry;
	uint32_t found; /* 0: not there */
};

static int compare_child(const struct regf *hive, uint32_t child, struct regf_name name)
{
	struct bytes nk;

	return key_get(hive, child, &nk) ? name_compare(key_name(nk), name) : -1;
}

/* The last leaf whose first name is not behind the wanted one. */
static size_t find_leaf(const struct regf *hive, const struct regf_list *list, struct regf_name name)
{
	size_t low = 0, high = list->leaves;
	struct regf_leaf leaf;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (leaf_open(hive, list_leaf_cell(list, middle), &leaf) && leaf.count > 0 &&
		    compare_child(hive, leaf_child(&leaf, 0), name) > 0)
			high = middle;
		else
			low = middle;
	}
	return low;
}

static void find_sorted(const struct regf *hive, const struct regf_list *list, struct regf_name name, struct place *ret)
{
	struct regf_leaf leaf;
	size_t low = 0, high;

	*ret = (struct place){ .leaf = find_leaf(hive, list, name) };
	if (!leaf_open(hive, list_leaf_cell(list, ret->leaf), &leaf))
		return;
	high = leaf.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_child(hive, leaf_child(&leaf, middle), name);

		if (order == 0) {
			ret->found = leaf_child(&leaf, middle);
			low = middle;
			break;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	ret->entry = low;
}

static void find_unsorted(const struct regf *hive, const struct regf_list *list, struct regf_name name,
			  struct place *ret)
{
	struct regf_leaf leaf = { 0 };

	*ret = (struct place){ 0 };
	for (size_t l = 0; l < list->leaves; l++) {
		if (!leaf_open(hive, list_leaf_cell(list, l), &leaf))
			return;
		for (size_t i = 0; i < leaf.count; i++) {
			if (compare_child(hive, leaf_child(&leaf, i), name) == 0) {
				*ret = (struct place){ .leaf = l, .entry = i, .found = leaf_child(&leaf, i) };
				return;
			}
		}
		*ret = (struct place){ .leaf = l, .entry = leaf.count };
	}
}

static void find(const struct regf *hive, const struct regf_list *list, struct regf_name name, struct place *ret)
{
	if (hive->sorted)
		find_sorted(hive, list, name, ret);
	else
		find_unsorted(hive, list, name, ret);
}

uint32_t list_find(const struct regf *hive, uint32_t key, struct regf_name name)
{
	struct regf_list list;
	struct place place;
	struct bytes nk;

	if (!key_get(hive, key, &nk) || !list_open(hive, nk, &list))
		return 0;
	find(hive, &list, name, &place);
	return place.found;
}

static bool find_child(const struct regf *hive, const struct regf_list *list, uint32_t child, struct place *ret)
{
	struct regf_leaf leaf;
	struct bytes nk;

	if (hive->sorted && key_get(hive, child, &nk)) {
		find_sorted(hive, list, key_name(nk), ret);
		if (ret->found == child)
			return true;
	}
	for (size_t l = 0; l < list->leaves; l++) {
		if (!leaf_open(hive, list_leaf_cell(list, l), &leaf))
			continue;
		for (size_t i = 0; i < leaf.count; i++) {
			if (leaf_child(&leaf, i) == child) {
				*ret = (struct place){ .leaf = l, .entry = i, .found = child };
				return true;
			}
		}
	}
	return false;
}

/* ---- changing ---- */

static uint32_t hint_of(const struct regf *hive, char kind, uint32_t child)
{
	struct bytes nk;

	if (!key_get(hive, child, &nk))
		return 0;
	return kind == 'h' ? name_hash(key_name(nk)) : name_hint(key_name(nk));
}

static void put_entry(struct regf *hive, uint32_t cell, char kind, size_t i, uint32_t child)
{
	size_t stride = kind == 'i' ? LIST_CELL_LEN : LIST_CELL_LEN + 4;

	cell_put32(hive, cell, LIST_ENTRIES + i * stride, child);
	if (kind != 'i')
		cell_put32(hive, cell, LIST_ENTRIES + i * stride + LIST_CELL_LEN, hint_of(hive, kind, child));
}

static void put_count(struct regf *hive, uint32_t cell, size_t count)
{
	store_le16(cell_data(hive, cell) + LIST_COUNT, (uint16_t)count);
}

static uint32_t leaf_new(struct regf *hive, char kind, size_t count)
{
	uint32_t cell = cell_alloc(hive, LIST_ENTRIES + count * (kind == 'i' ? LIST_CELL_LEN : LIST_CELL_LEN + 4));

	cell_data(hive, cell)[0] = 'l';
	cell_data(hive, cell)[1] = (uint8_t)kind;
	put_count(hive, cell, count);
	return cell;
}

static void point_to(struct regf *hive, uint32_t key, const struct regf_list *list, size_t leaf, uint32_t cell)
{
	if (list->has_root)
		cell_put32(hive, list->top, LIST_ENTRIES + leaf * LIST_CELL_LEN, cell);
	else
		cell_put32(hive, key, NK_LIST, cell);
}

static void open_list(const struct regf *hive, uint32_t key, struct regf_list *ret)
{
	struct bytes nk;
	bool good = key_get(hive, key, &nk) && list_open(hive, nk, ret);

	assert(good);
	(void)good;
}

static void open_leaf(const struct regf *hive, uint32_t cell, struct regf_leaf *ret)
{
	bool good = leaf_open(hive, cell, ret);

	assert(good);
	(void)good;
}

/* Copies entries [from, count) of a leaf to a new one of the given kind and length. */
static uint32_t leaf_copy(struct regf *hive, const struct regf_leaf *leaf, size_t from, size_t count, char kind)
{
	uint32_t cell = leaf_new(hive, kind, count);
	struct regf_leaf source;

	open_leaf(hive, leaf->cell, &source); /* the bytes may have moved */
	for (size_t i = 0; i < count; i++)
		put_entry(hive, cell, kind, i, leaf_child(&source, from + i));
	return cell;
}

/* lf leaves stay short; a longer one becomes lh, or li where the version knows no hashes. */
static void convert_full_fast_leaf(struct regf *hive, uint32_t key, const struct regf_list *list, size_t i,
				   struct regf_leaf *leaf)
{
	uint32_t cell;

	if (leaf->kind != 'f' || leaf->count < FAST_LEAF_MAX)
		return;
	cell = leaf_copy(hive, leaf, 0, leaf->count, hive->info.minor >= 5 ? 'h' : 'i');
	cell_free(hive, leaf->cell);
	point_to(hive, key, list, i, cell);
	open_leaf(hive, cell, leaf);
}

static void add_root(struct regf *hive, uint32_t key)
{
	uint32_t leaf, root = cell_alloc(hive, LIST_ENTRIES + LIST_CELL_LEN * 2);

	leaf = load_le32(cell_data(hive, key) + NK_LIST);
	put_tag(cell_data(hive, root), "ri");
	put_count(hive, root, 1);
	cell_put32(hive, root, LIST_ENTRIES, leaf);
	cell_put32(hive, key, NK_LIST, root);
}

/* Makes room for entry at in a list cell whose entries are stride bytes long. */
static uint32_t open_gap(struct regf *hive, uint32_t cell, size_t stride, size_t at)
{
	size_t count = load_le16(cell_data(hive, cell) + LIST_COUNT);
	size_t len = LIST_ENTRIES + (count + 1) * stride;
	uint8_t *entries;

	if (!cell_grow_in_place(hive, cell, len))
		cell = cell_grow(hive, cell, len + LEAF_SPARE * stride);
	hive->changed = true;
	entries = cell_data(hive, cell) + LIST_ENTRIES;
	memmove(entries + (at + 1) * stride, entries + at * stride, (count - at) * stride);
	put_count(hive, cell, count + 1);
	return cell;
}

static void close_gap(struct regf *hive, uint32_t cell, size_t stride, size_t at)
{
	size_t count = load_le16(cell_data(hive, cell) + LIST_COUNT);
	uint8_t *entries = cell_data(hive, cell) + LIST_ENTRIES;

	hive->changed = true;
	memmove(entries + at * stride, entries + (at + 1) * stride, (count - at - 1) * stride);
	memset(entries + (count - 1) * stride, 0, stride);
	put_count(hive, cell, count - 1);
}

static void split_leaf(struct regf *hive, uint32_t key, size_t at)
{
	struct regf_list list;
	struct regf_leaf leaf;
	size_t keep;
	uint32_t upper, root;

	open_list(hive, key, &list);
	if (!list.has_root) {
		add_root(hive, key);
		open_list(hive, key, &list);
	}
	open_leaf(hive, list_leaf_cell(&list, at), &leaf);
	keep = leaf.count / 2;
	upper = leaf_copy(hive, &leaf, keep, leaf.count - keep, leaf.kind);
	memset(cell_data(hive, leaf.cell) + LIST_ENTRIES + keep * leaf.stride, 0, (leaf.count - keep) * leaf.stride);
	put_count(hive, leaf.cell, keep);
	root = open_gap(hive, list.top, LIST_CELL_LEN, at + 1);
	cell_put32(hive, root, LIST_ENTRIES + (at + 1) * LIST_CELL_LEN, upper);
	cell_put32(hive, key, NK_LIST, root);
}

uint64_t list_insert_need(const struct regf *hive, uint32_t key)
{
	struct regf_list list;
	struct regf_leaf leaf;
	struct bytes nk;
	size_t longest = 0;

	if (!key_get(hive, key, &nk) || !list_open(hive, nk, &list))
		return cell_need(64);
	for (size_t i = 0; i < list.leaves; i++)
		if (leaf_open(hive, list_leaf_cell(&list, i), &leaf))
			longest = MAX(longest, leaf.data.len);
	return 4 * cell_need(2 * longest + 64 * LEAF_SPARE) + cell_need(list.data.len + 64);
}

static void insert_first(struct regf *hive, uint32_t key, uint32_t child)
{
	char kind = hive->info.minor >= 5 ? 'h' : 'f';
	uint32_t cell = leaf_new(hive, kind, 1);

	put_entry(hive, cell, kind, 0, child);
	cell_put32(hive, key, NK_LIST, cell);
}

/* Splits or converts a leaf that is full; the place is to be looked up again then. */
static bool relieve(struct regf *hive, uint32_t key, const struct regf_list *list, size_t at)
{
	struct regf_leaf leaf;
	uint32_t cell;

	open_leaf(hive, list_leaf_cell(list, at), &leaf);
	cell = leaf.cell;
	convert_full_fast_leaf(hive, key, list, at, &leaf);
	if (leaf.count < LEAF_MAX || list->leaves >= ROOT_MAX)
		return cell != leaf.cell;
	split_leaf(hive, key, at);
	return true;
}

void list_insert(struct regf *hive, uint32_t key, uint32_t child)
{
	struct regf_list list;
	struct regf_leaf leaf;
	struct place place;
	struct bytes nk;
	uint32_t cell;

	hive->cursor->key = 0;
	if (!key_get(hive, key, &nk) || !list_open(hive, nk, &list)) {
		insert_first(hive, key, child);
		return;
	}
	for (int again = 0;; again++) {
		open_list(hive, key, &list);
		(void)key_get(hive, child, &nk);
		find(hive, &list, key_name(nk), &place);
		if (again > 1 || !relieve(hive, key, &list, place.leaf))
			break;
	}
	open_leaf(hive, list_leaf_cell(&list, place.leaf), &leaf);
	cell = open_gap(hive, leaf.cell, leaf.stride, place.entry);
	put_entry(hive, cell, leaf.kind, place.entry, child);
	if (cell != leaf.cell)
		point_to(hive, key, &list, place.leaf, cell);
	if (!hive->sorted)
		(void)list_sort(hive, key, NULL);
}

static void remove_leaf(struct regf *hive, uint32_t key, const struct regf_list *list, size_t at)
{
	cell_free(hive, list_leaf_cell(list, at));
	if (list->has_root && list->leaves > 1) {
		close_gap(hive, list->top, LIST_CELL_LEN, at);
		return;
	}
	if (list->has_root)
		cell_free(hive, list->top);
	cell_put32(hive, key, NK_LIST, REGF_NIL);
}

void list_remove(struct regf *hive, uint32_t key, uint32_t child)
{
	struct regf_list list;
	struct regf_leaf leaf;
	struct place place;

	hive->cursor->key = 0;
	open_list(hive, key, &list);
	if (!find_child(hive, &list, child, &place))
		return;
	open_leaf(hive, list_leaf_cell(&list, place.leaf), &leaf);
	if (leaf.count > 1)
		close_gap(hive, leaf.cell, leaf.stride, place.entry);
	else
		remove_leaf(hive, key, &list, place.leaf);
}

void list_replace(struct regf *hive, uint32_t key, uint32_t child, uint32_t by)
{
	struct regf_list list;
	struct regf_leaf leaf;
	struct place place;

	open_list(hive, key, &list);
	if (!find_child(hive, &list, child, &place))
		return;
	open_leaf(hive, list_leaf_cell(&list, place.leaf), &leaf);
	put_entry(hive, leaf.cell, leaf.kind, place.entry, by);
}

void list_free(struct regf *hive, uint32_t key)
{
	struct regf_list list;
	struct bytes nk;

	if (!key_get(hive, key, &nk) || !list_open(hive, nk, &list))
		return;
	for (size_t i = 0; i < list.leaves; i++)
		cell_free(hive, list_leaf_cell(&list, i));
	if (list.has_root)
		cell_free(hive, list.top);
	cell_put32(hive, key, NK_LIST, REGF_NIL);
}

/* ---- sorting ---- */

static int compare_cells(const void *a, const void *b, void *context)
{
	const struct regf *hive = context;
	struct bytes x, y;

	if (!key_get(hive, *(const uint32_t *)a, &x) || !key_get(hive, *(const uint32_t *)b, &y))
		return 0;
	return name_compare(key_name(x), key_name(y));
}

static int check_twins(struct regf *hive, const regf_cells *cells, struct err *err)
{
	for (size_t i = 1; i < cells->len; i++)
		if (compare_cells(&cells->items[i - 1], &cells->items[i], hive) == 0)
			return err_at(err, ERR_REFUSED, (uint64_t)BASE_LEN + cells->items[i],
				      "two keys of one parent would have the same name");
	return 0;
}

static void write_entries(struct regf *hive, uint32_t key, const regf_cells *cells)
{
	struct regf_list list;
	struct regf_leaf leaf;
	size_t done = 0;

	open_list(hive, key, &list);
	for (size_t l = 0; l < list.leaves; l++) {
		open_leaf(hive, list_leaf_cell(&list, l), &leaf);
		for (size_t i = 0; i < leaf.count; i++)
			put_entry(hive, leaf.cell, leaf.kind, i, cells->items[done++]);
	}
	hive->cursor->key = 0;
	hive->changed = true;
}

int list_sort(struct regf *hive, uint32_t key, struct err *err)
{
	regf_cells cells = { 0 };
	int ret;

	list_children(hive, key, &cells);
	if (cells.len == 0)
		return 0;
	qsort_r(cells.items, cells.len, sizeof(*cells.items), compare_cells, hive);
	write_entries(hive, key, &cells);
	ret = check_twins(hive, &cells, err);
	vec_release(&cells);
	return ret;
}
