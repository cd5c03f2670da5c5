/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/regf_hive.h"

#include "common/base/utf16.h"

regf_key regf_root(const struct regf *hive)
{
	return hive->root;
}

static regf_key child_named(const struct regf *hive, regf_key parent, const char *name, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	struct regf_name wanted;

	if (!name_from_text(name, len, &units, &wanted))
		return 0;
	return list_find(hive, parent, wanted);
}

regf_key regf_child(const struct regf *hive, regf_key parent, const char *name)
{
	return child_named(hive, parent, name, strlen(name));
}

regf_key regf_find(const struct regf *hive, regf_key from, const char *path)
{
	while (from && *path) {
		size_t len = strcspn(path, "\\");

		if (len > 0)
			from = child_named(hive, from, path, len);
		path += len + (path[len] == '\\');
	}
	return from;
}

regf_key regf_parent(const struct regf *hive, regf_key key)
{
	struct bytes nk;

	if (key_resolve(hive, key) == hive->root || !key_get(hive, key, &nk))
		return 0;
	return bytes_le32(nk, NK_PARENT);
}

size_t regf_child_count(const struct regf *hive, regf_key key)
{
	struct bytes nk;

	return key_get(hive, key, &nk) ? bytes_le32(nk, NK_SUBKEYS) : 0;
}

regf_key regf_child_at(const struct regf *hive, regf_key key, size_t i)
{
	struct regf_cursor *cursor = hive->cursor;
	struct regf_list list;
	struct regf_leaf leaf;
	struct bytes nk;

	if (!key_get(hive, key, &nk) || !list_open(hive, nk, &list))
		return 0;
	if (cursor->key != key || cursor->first > i)
		*cursor = (struct regf_cursor){ .key = key };
	for (; cursor->leaf < list.leaves; cursor->leaf++) {
		if (!leaf_open(hive, list_leaf_cell(&list, cursor->leaf), &leaf))
			break;
		if (i - cursor->first < leaf.count)
			return leaf_child(&leaf, i - cursor->first);
		cursor->first += leaf.count;
	}
	cursor->key = 0;
	return 0;
}

void regf_key_name(const struct regf *hive, regf_key key, struct strbuf *ret)
{
	struct bytes nk;

	if (key_get(hive, key, &nk))
		name_to_text(key_name(nk), ret);
}

void regf_key_path(const struct regf *hive, regf_key key, struct strbuf *ret)
{
	regf_key chain[REGF_MAX_DEPTH + 1];
	size_t n = 0;

	for (; key && key_resolve(hive, key) != hive->root && n < ARRAY_SIZE(chain); key = regf_parent(hive, key))
		chain[n++] = key;
	while (n > 0) {
		regf_key_name(hive, chain[--n], ret);
		if (n > 0)
			strbuf_addc(ret, '\\');
	}
}

uint64_t regf_key_time(const struct regf *hive, regf_key key)
{
	struct bytes nk;

	return key_get(hive, key, &nk) ? bytes_le64(nk, NK_TIME) : 0;
}

bool regf_key_class(const struct regf *hive, regf_key key, struct strbuf *ret)
{
	struct bytes nk, class;

	if (!key_get(hive, key, &nk) || bytes_le16(nk, NK_CLASS_LEN) == 0 ||
	    !cell_get(hive, bytes_le32(nk, NK_CLASS), bytes_le16(nk, NK_CLASS_LEN), &class))
		return false;
	class.len = bytes_le16(nk, NK_CLASS_LEN);
	utf16le_to_text(class, ret);
	return true;
}

bool regf_key_security(const struct regf *hive, regf_key key, struct bytes *ret)
{
	struct bytes nk, sk;

	return key_get(hive, key, &nk) && cell_get_signed(hive, bytes_le32(nk, NK_SECURITY), "sk", SK_DATA, &sk) &&
	       bytes_slice(sk, SK_DATA, bytes_le32(sk, SK_LEN), ret);
}

/* ---- values ---- */

static bool value_list(const struct regf *hive, regf_key key, size_t *ret_count, struct bytes *ret)
{
	struct bytes nk;

	if (!key_get(hive, key, &nk) || (bytes_le16(nk, NK_FLAGS) & NK_FLAG_HANDLE))
		return false;
	*ret_count = bytes_le32(nk, NK_VALUES);
	return *ret_count > 0 && cell_get(hive, bytes_le32(nk, NK_VALUE_LIST), 4 * *ret_count, ret);
}

size_t regf_value_count(const struct regf *hive, regf_key key)
{
	struct bytes list;
	size_t count;

	return value_list(hive, key, &count, &list) ? count : 0;
}

regf_value regf_value_at(const struct regf *hive, regf_key key, size_t i)
{
	struct bytes list;
	size_t count;

	return value_list(hive, key, &count, &list) && i < count ? bytes_le32(list, 4 * i) : 0;
}

regf_value regf_value_find(const struct regf *hive, regf_key key, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	struct regf_name wanted;
	struct bytes list, vk;
	size_t count;

	if (!name_from_text(name, strlen(name), &units, &wanted) || !value_list(hive, key, &count, &list))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (value_get(hive, bytes_le32(list, 4 * i), &vk) && value_name(vk).units == wanted.units &&
		    name_compare(value_name(vk), wanted) == 0)
			return bytes_le32(list, 4 * i);
	return 0;
}

void regf_value_name(const struct regf *hive, regf_value value, struct strbuf *ret)
{
	struct bytes vk;

	if (value_get(hive, value, &vk))
		name_to_text(value_name(vk), ret);
}

uint32_t regf_value_type(const struct regf *hive, regf_value value)
{
	struct bytes vk;

	return value_get(hive, value, &vk) ? bytes_le32(vk, VK_TYPE) : REGF_NONE;
}

uint32_t value_data_len(struct bytes vk)
{
	return bytes_le32(vk, VK_DATA_LEN) & ~VK_RESIDENT;
}

/* Programs other than Windows write long data in one cell; that one is longer than the data. */
bool value_is_big(const struct regf *hive, struct bytes vk, struct bytes *ret_db)
{
	struct bytes db;

	if (hive->info.minor < DB_MINOR || value_data_len(vk) <= DB_SEGMENT_LEN ||
	    (bytes_le32(vk, VK_DATA_LEN) & VK_RESIDENT) ||
	    !cell_get_signed(hive, bytes_le32(vk, VK_DATA), "db", DB_LEN, &db) || db.len >= value_data_len(vk))
		return false;
	*ret_db = db;
	return true;
}

static int damaged(struct bytes at, struct err *err)
{
	return err_at(err, ERR_FORMAT, at.offset, "the data of the value cannot be reached");
}

static int append_segments(const struct regf *hive, struct bytes db, uint32_t len, struct strbuf *ret, struct err *err)
{
	size_t count = bytes_le16(db, DB_SEGMENTS);
	struct bytes list, segment;

	if (!cell_get(hive, bytes_le32(db, DB_LIST), 4 * count, &list))
		return damaged(db, err);
	for (size_t i = 0; i < count && len > 0; i++) {
		uint32_t part = MIN(len, (uint32_t)DB_SEGMENT_LEN);

		if (!cell_get(hive, bytes_le32(list, 4 * i), part, &segment))
			return damaged(list, err);
		strbuf_add(ret, segment.data, part);
		len -= part;
	}
	return len == 0 ? 0 : damaged(db, err);
}

int regf_value_data(const struct regf *hive, regf_value value, struct strbuf *ret, struct err *err)
{
	struct bytes vk, data;
	uint32_t len;

	if (!value_get(hive, value, &vk))
		return err_set(err, ERR_NOT_FOUND, "there is no such value");
	len = value_data_len(vk);
	if (bytes_le32(vk, VK_DATA_LEN) & VK_RESIDENT) {
		strbuf_add(ret, vk.data + VK_DATA, MIN(len, VK_RESIDENT_MAX));
		return 0;
	}
	if (len == 0)
		return 0;
	if (value_is_big(hive, vk, &data))
		return append_segments(hive, data, len, ret, err);
	if (!cell_get(hive, bytes_le32(vk, VK_DATA), len, &data))
		return damaged(vk, err);
	strbuf_add(ret, data.data, len);
	return 0;
}

bool regf_get_text(const struct regf *hive, regf_key key, const char *name, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	regf_value value = regf_value_find(hive, key, name);
	uint32_t type = regf_value_type(hive, value);

	if (!value || (type != REGF_SZ && type != REGF_EXPAND_SZ) || regf_value_data(hive, value, &data, NULL) < 0)
		return false;
	utf16le_z_to_text(bytes_of(data.data, data.len), ret);
	return true;
}

bool regf_get_u32(const struct regf *hive, regf_key key, const char *name, uint32_t *ret)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	regf_value value = regf_value_find(hive, key, name);

	if (!value || regf_value_type(hive, value) != REGF_DWORD || regf_value_data(hive, value, &data, NULL) < 0 ||
	    data.len < 4)
		return false;
	*ret = load_le32((const uint8_t *)data.data);
	return true;
}
