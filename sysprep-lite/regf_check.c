/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The walk at opening. Every cell that can be reached is claimed in a bitmap, so
 * nothing is used twice and no loop is followed; the work is bounded by the size
 * of the file. Only security descriptors are shared.
 */
#include "sysprep-lite/regf_hive.h"

struct frame {
	uint32_t key, parent;
	uint32_t depth;
};

struct check {
	struct regf *hive;
	uint64_t *used;
	const uint64_t *marked; /* may be NULL */
	regf_cells *parents;
	struct err *err;
	VEC(struct frame) todo;
	uint64_t keys, values;
	bool sorted;
};

static uint64_t file_offset(uint32_t cell)
{
	return (uint64_t)BASE_LEN + cell;
}

/* A cell in use that nothing else claimed; at is where the reference to it stands. */
static int claim(struct check *check, uint64_t at, uint32_t cell, const char *what, size_t min_len, struct bytes *ret)
{
	if (!cell_get(check->hive, cell, 0, ret))
		return err_at(check->err, ERR_FORMAT, at, "%s: no cell in use starts at 0x%x", what, cell);
	if (check->used[cell / 512] >> (cell / 8 % 64) & 1)
		return err_at(check->err, ERR_FORMAT, at, "%s: the cell at 0x%x is used a second time", what, cell);
	check->used[cell / 512] |= 1ULL << (cell / 8 % 64);
	if (ret->len < min_len)
		return err_at(check->err, ERR_FORMAT, file_offset(cell), "%s: the cell holds %zu bytes, %zu are needed",
			      what, ret->len, min_len);
	return 0;
}

static int claim_signed(struct check *check, uint64_t at, uint32_t cell, const char *what, const char *signature,
			size_t min_len, struct bytes *ret)
{
	if (claim(check, at, cell, what, min_len, ret) < 0)
		return -1;
	if (memcmp(ret->data, signature, 2) != 0)
		return err_at(check->err, ERR_FORMAT, ret->offset, "%s: the cell does not begin with \"%s\"", what,
			      signature);
	return 0;
}

/* Asks for a cell that is looked at soon; most of a large hive is not in a cache. */
static void expect(const struct check *check, uint32_t cell)
{
	if (cell < check->hive->bins)
		__builtin_prefetch(cell_at(check->hive, cell));
}

static int check_big_data(struct check *check, struct bytes db, uint32_t len)
{
	size_t count = bytes_le16(db, DB_SEGMENTS);
	struct bytes list, segment;

	if (count != (len + DB_SEGMENT_LEN - 1) / DB_SEGMENT_LEN)
		return err_at(check->err, ERR_FORMAT, db.offset + DB_SEGMENTS,
			      "%zu segments for %u bytes of value data", count, len);
	if (claim(check, db.offset + DB_LIST, bytes_le32(db, DB_LIST), "list of data segments", 4 * count, &list) < 0)
		return -1;
	for (size_t i = 0; i < count; i++, len -= DB_SEGMENT_LEN)
		if (claim(check, list.offset + 4 * i, bytes_le32(list, 4 * i), "data segment",
			  MIN(len, (uint32_t)DB_SEGMENT_LEN), &segment) < 0)
			return -1;
	return 0;
}

static int check_value_data(struct check *check, struct bytes vk)
{
	uint32_t len = value_data_len(vk);
	struct bytes data;

	if (bytes_le32(vk, VK_DATA_LEN) & VK_RESIDENT) {
		if (len > VK_RESIDENT_MAX)
			return err_at(check->err, ERR_FORMAT, vk.offset + VK_DATA_LEN, "%u bytes of value data in four",
				      len);
		return 0;
	}
	if (len == 0)
		return 0;
	if (len > REGF_MAX_DATA)
		return err_at(check->err, ERR_LIMIT, vk.offset + VK_DATA_LEN, "value data of %u bytes is more than %u",
			      len, REGF_MAX_DATA);
	if (claim(check, vk.offset + VK_DATA, bytes_le32(vk, VK_DATA), "value data", 0, &data) < 0)
		return -1;
	if (value_is_big(check->hive, vk, &data))
		return check_big_data(check, data, len);
	if (data.len < len)
		return err_at(check->err, ERR_FORMAT, data.offset, "value data of %u bytes in a cell of %zu", len,
			      data.len);
	return 0;
}

static int check_value(struct check *check, uint64_t at, uint32_t value)
{
	struct bytes vk;
	size_t name_len;

	if (claim_signed(check, at, value, "value", "vk", VK_NAME, &vk) < 0)
		return -1;
	name_len = bytes_le16(vk, VK_NAME_LEN);
	if (!bytes_holds(vk, VK_NAME, name_len))
		return err_at(check->err, ERR_FORMAT, vk.offset + VK_NAME_LEN,
			      "value name of %zu bytes crosses its cell", name_len);
	check->values++;
	return check_value_data(check, vk);
}

static int check_values(struct check *check, struct bytes nk)
{
	uint32_t count = bytes_le32(nk, NK_VALUES);
	struct bytes list;

	if (count == 0 || (bytes_le16(nk, NK_FLAGS) & NK_FLAG_HANDLE))
		return 0;
	if (claim(check, nk.offset + NK_VALUE_LIST, bytes_le32(nk, NK_VALUE_LIST), "value list", 4 * (size_t)count,
		  &list) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		expect(check, bytes_le32(list, 4 * i));
	for (size_t i = 0; i < count; i++)
		if (check_value(check, list.offset + 4 * i, bytes_le32(list, 4 * i)) < 0)
			return -1;
	return 0;
}

static int check_class(struct check *check, struct bytes nk)
{
	struct bytes class;

	if (bytes_le32(nk, NK_CLASS) == REGF_NIL || bytes_le16(nk, NK_CLASS_LEN) == 0)
		return 0;
	return claim(check, nk.offset + NK_CLASS, bytes_le32(nk, NK_CLASS), "class name", bytes_le16(nk, NK_CLASS_LEN),
		     &class);
}

static int check_neighbour(struct check *check, struct bytes sk, uint32_t cell, size_t field, size_t field_back)
{
	struct bytes other;

	if (!cell_get_signed(check->hive, bytes_le32(sk, field), "sk", SK_DATA, &other))
		return err_at(check->err, ERR_FORMAT, sk.offset + field, "no security descriptor is at 0x%x",
			      bytes_le32(sk, field));
	if (bytes_le32(other, field_back) != cell)
		return err_at(check->err, ERR_FORMAT, sk.offset + field,
			      "the ring of security descriptors is broken at 0x%x", bytes_le32(sk, field));
	return 0;
}

static int check_security(struct check *check, struct bytes nk)
{
	uint32_t cell = bytes_le32(nk, NK_SECURITY);
	struct regf_sk *slot;
	struct bytes sk;

	if (cell == REGF_NIL)
		return 0;
	if (!cell_get_signed(check->hive, cell, "sk", SK_DATA, &sk))
		return err_at(check->err, ERR_FORMAT, nk.offset + NK_SECURITY, "no security descriptor is at 0x%x",
			      cell);
	slot = sk_slot(&check->hive->security, cell);
	if (slot->references++ > 0)
		return 0;
	if (claim(check, nk.offset + NK_SECURITY, cell, "security descriptor", SK_DATA, &sk) < 0)
		return -1;
	if (!bytes_holds(sk, SK_DATA, bytes_le32(sk, SK_LEN)))
		return err_at(check->err, ERR_FORMAT, sk.offset + SK_LEN,
			      "security descriptor of %u bytes crosses its cell", bytes_le32(sk, SK_LEN));
	if (check_neighbour(check, sk, cell, SK_NEXT, SK_PREVIOUS) < 0)
		return -1;
	return check_neighbour(check, sk, cell, SK_PREVIOUS, SK_NEXT);
}

static int check_leaf(struct check *check, uint64_t at, uint32_t cell, const struct frame *parent, size_t *total)
{
	struct regf_leaf leaf;
	struct bytes data;

	if (claim(check, at, cell, "subkey list", LIST_ENTRIES, &data) < 0)
		return -1;
	if (!leaf_open(check->hive, cell, &leaf))
		return err_at(check->err, ERR_FORMAT, data.offset,
			      "this is no subkey list (lf, lh, li) that fits its cell");
	for (size_t i = 0; i < leaf.count; i++) {
		expect(check, leaf_child(&leaf, i));
		*vec_add(&check->todo) = (struct frame){ .key = leaf_child(&leaf, i),
							 .parent = parent->key,
							 .depth = parent->depth + 1 };
	}
	if (leaf.count == 0)
		check->sorted = false; /* a search that halves would miss its neighbours */
	*total += leaf.count;
	return 0;
}

static int check_list(struct check *check, struct bytes nk, const struct frame *frame)
{
	uint32_t count = bytes_le32(nk, NK_SUBKEYS);
	uint64_t at = nk.offset + NK_LIST;
	struct regf_list list;
	struct bytes root;
	size_t total = 0;

	if (count == 0)
		return 0;
	if (!list_open(check->hive, nk, &list))
		return err_at(check->err, ERR_FORMAT, at, "no subkey list is at 0x%x", bytes_le32(nk, NK_LIST));
	if (list.has_root) {
		if (claim(check, at, list.top, "root of subkey lists", LIST_ENTRIES, &root) < 0)
			return -1;
		for (size_t i = 0; i < list.leaves; i++)
			if (check_leaf(check, root.offset + LIST_ENTRIES + LIST_CELL_LEN * i, list_leaf_cell(&list, i),
				       frame, &total) < 0)
				return -1;
	} else if (check_leaf(check, at, list.top, frame, &total) < 0) {
		return -1;
	}
	if (total != count)
		return err_at(check->err, ERR_FORMAT, nk.offset + NK_SUBKEYS,
			      "the key counts %u subkeys, its lists hold %zu", count, total);
	return 0;
}

/* The new frames, from first on, are the children in list order. */
static void check_order(struct check *check, size_t first)
{
	struct bytes a, b;

	for (size_t i = first; check->sorted && i + 1 < check->todo.len; i++)
		if (key_get(check->hive, check->todo.items[i].key, &a) &&
		    key_get(check->hive, check->todo.items[i + 1].key, &b) &&
		    name_compare(key_name(a), key_name(b)) >= 0)
			check->sorted = false;
}

static int check_key(struct check *check, const struct frame *frame)
{
	struct bytes nk;
	size_t first;

	if (frame->depth > REGF_MAX_DEPTH)
		return err_at(check->err, ERR_LIMIT, file_offset(frame->key), "keys are nested deeper than %d",
			      REGF_MAX_DEPTH);
	if (claim_signed(check, file_offset(frame->parent), frame->key, "key", "nk", NK_NAME, &nk) < 0)
		return -1;
	if (!bytes_holds(nk, NK_NAME, bytes_le16(nk, NK_NAME_LEN)))
		return err_at(check->err, ERR_FORMAT, nk.offset + NK_NAME_LEN, "key name of %u bytes crosses its cell",
			      bytes_le16(nk, NK_NAME_LEN));
	if (frame->depth > 0 && bytes_le32(nk, NK_PARENT) != frame->parent)
		return err_at(check->err, ERR_FORMAT, nk.offset + NK_PARENT,
			      "the key says that its parent is at 0x%x, it is listed by 0x%x",
			      bytes_le32(nk, NK_PARENT), frame->parent);
	check->keys++;
	if (check->marked && frame->depth > 0 && check->marked[frame->key / 512] >> (frame->key / 8 % 64) & 1)
		*vec_add(check->parents) = frame->parent;
	if (check_class(check, nk) < 0 || check_security(check, nk) < 0 || check_values(check, nk) < 0)
		return -1;
	first = check->todo.len;
	if (check_list(check, nk, frame) < 0)
		return -1;
	check_order(check, first);
	return 0;
}

static int walk(struct check *check)
{
	*vec_add(&check->todo) = (struct frame){ .key = check->hive->root };
	while (check->todo.len > 0) {
		struct frame frame = check->todo.items[--check->todo.len];

		if (check_key(check, &frame) < 0)
			return -1;
	}
	return 0;
}

int regf_check(struct regf *hive, struct err *err)
{
	return regf_check_marked(hive, NULL, NULL, err);
}

int regf_check_marked(struct regf *hive, const uint64_t *marked, regf_cells *parents, struct err *err)
{
	struct check check = { .hive = hive, .marked = marked, .parents = parents, .err = err, .sorted = true };
	int ret;

	check.used = try_alloc(hive->bins / 64, err);
	if (!check.used)
		return -1;
	sk_table_release(&hive->security);
	ret = walk(&check);
	free(check.used);
	vec_release(&check.todo);
	hive->info.keys = check.keys;
	hive->info.values = check.values;
	hive->sorted = check.sorted;
	return ret;
}
