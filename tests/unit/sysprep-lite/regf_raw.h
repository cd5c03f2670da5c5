/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second reader of hives for tests, written from the format and sharing nothing
 * with the editor. It asserts all that a tidy hive keeps: order, hashes, counts,
 * largest fields, every cell in use reached once, free cells zeroed.
 */
#pragma once

#include "tests/unit/cmocka_all.h"
#include "tests/unit/sysprep-lite/regf_model.h"

struct raw_sk {
	uint32_t cell;
	size_t keys;
};

struct raw {
	const uint8_t *data;
	size_t len;
	uint32_t minor;
	size_t reached; /* cells in use that the walk came by */
	const struct model_key *root;
	VEC(struct raw_sk) security; /* by index of the model */
};

struct raw_name {
	uint16_t units[256];
	size_t n;
	bool wide;
};

static inline uint32_t raw32(const uint8_t *p, size_t at)
{
	return load_le32(p + at);
}

static inline const uint8_t *raw_cell(struct raw *raw, uint32_t cell, size_t *ret_len)
{
	int32_t size;

	assert_true(cell % 8 == 0 && cell + 4096u + 8u <= raw->len);
	size = (int32_t)raw32(raw->data, 4096 + cell);
	assert_true(size < 0 && (uint32_t)-size <= raw->len - 4096 - cell);
	raw->reached++;
	*ret_len = (size_t)-size - 4;
	return raw->data + 4096 + cell + 4;
}

static inline struct raw_name raw_name_of(const uint8_t *at, size_t len, bool narrow)
{
	struct raw_name name = { .n = narrow ? len : len / 2, .wide = !narrow };

	assert_true(name.n <= ARRAY_SIZE(name.units));
	for (size_t i = 0; i < name.n; i++)
		name.units[i] = narrow ? at[i] : load_le16(at + 2 * i);
	return name;
}

static inline void raw_assert_name(const struct raw_name *name, const char *expect)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	bool wide = false;

	assert_int_equal(text_to_utf16le(expect, strlen(expect), &units, NULL), 0);
	assert_int_equal(name->n, units.len / 2);
	for (size_t i = 0; i < name->n; i++) {
		assert_int_equal(name->units[i], load_le16((uint8_t *)units.data + 2 * i));
		wide |= name->units[i] > 0xff;
	}
	assert_true(name->wide == wide || name->n == 0);
}

static inline uint32_t raw_hash(const struct raw_name *name)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < name->n; i++)
		hash = 37 * hash + utf16_upcase(name->units[i]);
	return hash;
}

static inline uint32_t raw_hint(const struct raw_name *name)
{
	uint32_t hint = 0;

	for (size_t i = 0; i < 4 && i < name->n; i++) {
		if (name->units[i] > 0xff)
			return 0;
		hint |= (uint32_t)name->units[i] << (8 * i);
	}
	return hint;
}

static inline bool raw_is_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* ---- values ---- */

static inline void raw_assert_big(struct raw *raw, uint32_t cell, const struct model_value *value)
{
	size_t len, count = (value->len + 16343) / 16344;
	const uint8_t *db = raw_cell(raw, cell, &len);
	const uint8_t *list;

	assert_memory_equal(db, "db", 2);
	assert_int_equal(load_le16(db + 2), count);
	list = raw_cell(raw, raw32(db, 4), &len);
	assert_true(len >= 4 * count);
	for (size_t i = 0; i < count; i++) {
		size_t part = MIN(value->len - i * 16344, (size_t)16344);
		const uint8_t *segment = raw_cell(raw, raw32(list, 4 * i), &len);

		assert_int_equal(len, 16348); /* the last one too, as in hives of Windows */
		assert_memory_equal(segment, value->data + i * 16344, part);
		assert_true(raw_is_zero(segment + part, len - part));
	}
}

static inline void raw_assert_data(struct raw *raw, const uint8_t *vk, const struct model_value *value)
{
	uint32_t stored = raw32(vk, 4);
	const uint8_t *data;
	size_t len;

	assert_int_equal(stored & 0x7fffffff, value->len);
	if (value->len <= 4) {
		assert_true(stored & 0x80000000);
		assert_memory_equal(vk + 8, value->data, value->len);
		return;
	}
	assert_false(stored & 0x80000000);
	if (raw->minor >= 4 && value->len > 16344) {
		raw_assert_big(raw, raw32(vk, 8), value);
		return;
	}
	data = raw_cell(raw, raw32(vk, 8), &len);
	assert_true(len >= value->len);
	assert_memory_equal(data, value->data, value->len);
	assert_true(raw_is_zero(data + value->len, len - value->len));
}

static inline void raw_assert_values(struct raw *raw, const uint8_t *nk, const struct model_key *key)
{
	uint32_t max_name = 0, max_data = 0;
	const uint8_t *list = NULL;
	size_t len;

	assert_int_equal(raw32(nk, 36), key->values.len);
	if (key->values.len > 0) {
		list = raw_cell(raw, raw32(nk, 40), &len);
		assert_true(len >= 4 * key->values.len);
	} else {
		assert_int_equal(raw32(nk, 40), 0xffffffff);
	}
	for (size_t i = 0; i < key->values.len; i++) {
		const struct model_value *value = &key->values.items[i];
		const uint8_t *vk = raw_cell(raw, raw32(list, 4 * i), &len);
		struct raw_name name = raw_name_of(vk + 20, load_le16(vk + 2), load_le16(vk + 16) & 1);

		assert_memory_equal(vk, "vk", 2);
		raw_assert_name(&name, value->name);
		assert_int_equal(raw32(vk, 12), value->type);
		raw_assert_data(raw, vk, value);
		max_name = MAX(max_name, 2 * (uint32_t)name.n);
		max_data = MAX(max_data, (uint32_t)value->len);
	}
	assert_int_equal(raw32(nk, 60), max_name);
	assert_int_equal(raw32(nk, 64), max_data);
}

/* ---- keys ---- */

static inline struct raw_name raw_key_name(const struct raw *raw, uint32_t cell)
{
	const uint8_t *nk = raw->data + 4096 + cell + 4;

	assert_memory_equal(nk, "nk", 2);
	return raw_name_of(nk + 76, load_le16(nk + 72), load_le16(nk + 2) & 0x20);
}

/* Appends the children of one leaf. */
static inline void raw_read_leaf(struct raw *raw, uint32_t cell, uint32_t *children, size_t *n, size_t max)
{
	size_t len, stride, count;
	const uint8_t *leaf = raw_cell(raw, cell, &len);

	assert_int_equal(leaf[0], 'l');
	assert_true(leaf[1] == (raw->minor >= 5 ? 'h' : 'f') || (leaf[1] == 'i' && raw->minor < 5));
	count = load_le16(leaf + 2);
	assert_true(count > 0 && count <= (leaf[1] == 'f' ? 511 : 1012) && *n + count <= max);
	stride = leaf[1] == 'i' ? 4 : 8;
	assert_true(len >= 4 + count * stride);
	for (size_t i = 0; i < count; i++) {
		uint32_t child = raw32(leaf, 4 + i * stride);
		struct raw_name name = raw_key_name(raw, child);

		children[(*n)++] = child;
		if (leaf[1] == 'h')
			assert_int_equal(raw32(leaf, 8 + i * stride), raw_hash(&name));
		if (leaf[1] == 'f')
			assert_int_equal(raw32(leaf, 8 + i * stride), raw_hint(&name));
	}
}

static inline uint32_t *raw_read_list(struct raw *raw, uint32_t cell, size_t expect)
{
	uint32_t *children = xcalloc(MAX(expect, 1), sizeof(*children));
	const uint8_t *top = raw->data + 4096 + cell + 4;
	size_t n = 0, len;

	if (memcmp(top, "ri", 2) == 0) {
		top = raw_cell(raw, cell, &len);
		assert_true(len >= 4 + 4u * load_le16(top + 2));
		for (size_t i = 0; i < load_le16(top + 2); i++)
			raw_read_leaf(raw, raw32(top, 4 + 4 * i), children, &n, expect);
	} else {
		raw_read_leaf(raw, cell, children, &n, expect);
	}
	assert_int_equal(n, expect);
	return children;
}

/* Each descriptor of the model has one cell, whichever keys have it. */
static inline void raw_assert_security(struct raw *raw, uint32_t cell, const struct model_key *key)
{
	while (raw->security.len <= key->security)
		(void)vec_add(&raw->security);
	if (!raw->security.items[key->security].keys++)
		raw->security.items[key->security].cell = cell;
	assert_int_equal(raw->security.items[key->security].cell, cell);
}

static inline void raw_assert_class(struct raw *raw, const uint8_t *nk, const struct model_key *key)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	const uint8_t *class;
	size_t len;

	if (!key->class) {
		assert_int_equal(load_le16(nk + 74), 0);
		return;
	}
	assert_int_equal(text_to_utf16le(key->class, strlen(key->class), &units, NULL), 0);
	assert_int_equal(load_le16(nk + 74), units.len);
	class = raw_cell(raw, raw32(nk, 48), &len);
	assert_true(len >= units.len);
	assert_memory_equal(class, units.data, units.len);
}

/* Content and count of each descriptor; those that are in use are a ring. */
static inline void raw_assert_descriptors(struct raw *raw)
{
	size_t used = 0, ring = 0;
	uint32_t first = 0, at;

	for (size_t i = 0; i < raw->security.len; i++) {
		const struct raw_sk *sk = &raw->security.items[i];
		const uint8_t *p;
		size_t len;

		if (!sk->keys)
			continue;
		used++;
		first = sk->cell;
		p = raw_cell(raw, sk->cell, &len);
		assert_memory_equal(p, "sk", 2);
		assert_int_equal(raw32(p, 12), sk->keys);
		if (i < raw->root->descriptors.len) {
			const struct strbuf *expect = &raw->root->descriptors.items[i];

			assert_int_equal(raw32(p, 16), expect->len);
			assert_memory_equal(p + 20, expect->data, expect->len);
		}
	}
	at = first;
	do {
		uint32_t next = raw32(raw->data + 4096 + at + 4, 4);

		assert_int_equal(raw32(raw->data + 4096 + next + 4, 8), at);
		at = next;
	} while (at != first && ring++ < used);
	assert_int_equal(ring + 1, used);
}

static inline void raw_assert_key(struct raw *raw, uint32_t cell, uint32_t parent, const struct model_key *key)
{
	size_t len;
	const uint8_t *nk = raw_cell(raw, cell, &len);
	struct raw_name name = raw_key_name(raw, cell);
	uint32_t *children, max_name = 0;

	raw_assert_security(raw, raw32(nk, 44), key);
	raw_assert_class(raw, nk, key);
	raw_assert_name(&name, key->name);
	if (key->parent)
		assert_int_equal(raw32(nk, 16), parent);
	if (key->time)
		assert_true(load_le64(nk + 4) == key->time);
	raw_assert_values(raw, nk, key);
	assert_int_equal(raw32(nk, 20), key->children.len);
	if (key->children.len == 0) {
		assert_int_equal(raw32(nk, 28), 0xffffffff);
		assert_int_equal(load_le16(nk + 52), 0);
		return;
	}
	children = raw_read_list(raw, raw32(nk, 28), key->children.len);
	for (size_t i = 0; i < key->children.len; i++) {
		struct raw_name child = raw_key_name(raw, children[i]);

		max_name = MAX(max_name, 2 * (uint32_t)child.n);
		raw_assert_key(raw, children[i], cell, key->children.items[i]);
	}
	assert_int_equal(load_le16(nk + 52), max_name);
	free(children);
}

/* ---- bins ---- */

static inline size_t raw_count_cells(const struct raw *raw)
{
	size_t used = 0, end = 4096 + raw32(raw->data, 40);

	for (size_t bin = 4096; bin < end; bin += raw32(raw->data, bin + 8)) {
		size_t bin_end = bin + raw32(raw->data, bin + 8);

		assert_memory_equal(raw->data + bin, "hbin", 4);
		assert_int_equal(raw32(raw->data, bin + 4), bin - 4096);
		assert_true(bin_end > bin && bin_end <= end && bin_end % 4096 == 0);
		int32_t size = -1, last;

		for (size_t at = bin + 32; at < bin_end;) {
			last = size;
			size = (int32_t)raw32(raw->data, at);
			assert_true(size < 0 || last < 0);
			assert_true(size % 8 == 0 && size != 0 && at + (size_t)abs(size) <= bin_end);
			used += size < 0;
			if (size > 0)
				assert_true(raw_is_zero(raw->data + at + 4, (size_t)size - 4));
			at += (size_t)abs(size);
		}
	}
	return used;
}

static inline void raw_assert_base(const struct raw *raw)
{
	uint32_t sum = 0;

	assert_memory_equal(raw->data, "regf", 4);
	assert_int_equal(raw32(raw->data, 4), raw32(raw->data, 8));
	assert_int_equal(raw->len, 4096 + raw32(raw->data, 40));
	for (size_t at = 0; at < 508; at += 4)
		sum ^= raw32(raw->data, at);
	assert_int_equal(sum == 0 ? 1 : sum == 0xffffffff ? 0xfffffffe : sum, raw32(raw->data, 508));
}

/* The whole file holds the model, and nothing besides. */
static inline void raw_assert_hive(struct bytes file, const struct model_key *root)
{
	struct raw raw = { .data = file.data, .len = file.len, .root = root };

	raw_assert_base(&raw);
	raw.minor = raw32(raw.data, 24);
	raw_assert_key(&raw, raw32(raw.data, 36), 0, root);
	raw_assert_descriptors(&raw);
	assert_int_equal(raw_count_cells(&raw), raw.reached);
	vec_release(&raw.security);
}
