/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Setting and deleting values. What an edit can need is reserved before the first
 * byte changes, so an edit is done whole or not at all.
 */
#include "sysprep-lite/regf_hive.h"

#include "common/base/utf16.h"

static int editable_key(const struct regf *hive, regf_key *key, struct bytes *ret, struct err *err)
{
	if (regf_check_writable(hive, err) < 0)
		return -1;
	*key = key_resolve(hive, *key);
	if (!key_get(hive, *key, ret))
		return err_set(err, ERR_NOT_FOUND, "there is no such key");
	if (bytes_le16(*ret, NK_FLAGS) & NK_FLAG_HANDLE)
		return err_set(err, ERR_UNSUPPORTED, "the key is a predefined handle and has no values of its own");
	return 0;
}

static uint32_t key_field(const struct regf *hive, uint32_t key, size_t field)
{
	return load_le32(cell_data(hive, key) + field);
}

/* ---- data ---- */

static bool is_segmented(const struct regf *hive, size_t len)
{
	return hive->info.minor >= DB_MINOR && len > DB_SEGMENT_LEN;
}

static uint64_t data_need(size_t len)
{
	uint64_t segments = len / DB_SEGMENT_LEN + 1;

	return cell_need(len) + segments * cell_need(DB_SEGMENT_LEN) + cell_need(4 * segments) + cell_need(DB_LEN);
}

static void free_segments(struct regf *hive, struct bytes db)
{
	uint32_t list_cell = bytes_le32(db, DB_LIST);
	struct bytes list;

	if (!cell_get(hive, list_cell, 4 * (size_t)bytes_le16(db, DB_SEGMENTS), &list))
		return;
	for (size_t i = 0; i < bytes_le16(db, DB_SEGMENTS); i++)
		cell_free(hive, bytes_le32(list, 4 * i));
	cell_free(hive, list_cell);
}

/* The value is left with no data. */
void value_free_data(struct regf *hive, uint32_t value)
{
	struct bytes vk, db;
	uint8_t *fields;

	if (!value_get(hive, value, &vk))
		return;
	if (!(bytes_le32(vk, VK_DATA_LEN) & VK_RESIDENT) && value_data_len(vk) > 0) {
		if (value_is_big(hive, vk, &db))
			free_segments(hive, db);
		cell_free(hive, bytes_le32(vk, VK_DATA));
	}
	fields = cell_data(hive, value);
	store_le32(fields + VK_DATA_LEN, VK_RESIDENT);
	store_le32(fields + VK_DATA, 0);
}

static uint32_t store_segments(struct regf *hive, const uint8_t *data, size_t len)
{
	size_t count = (len + DB_SEGMENT_LEN - 1) / DB_SEGMENT_LEN;
	uint32_t db = cell_alloc(hive, DB_LEN), list = cell_alloc(hive, 4 * count);

	put_tag(cell_data(hive, db), "db");
	store_le16(cell_data(hive, db) + DB_SEGMENTS, (uint16_t)count);
	cell_put32(hive, db, DB_LIST, list);
	for (size_t i = 0; i < count; i++) {
		size_t part = MIN(len - i * DB_SEGMENT_LEN, (size_t)DB_SEGMENT_LEN);
		uint32_t segment = cell_alloc(hive, DB_SEGMENT_LEN); /* whole, the last one too, as Windows does */

		memcpy(cell_data(hive, segment), data + i * DB_SEGMENT_LEN, part);
		cell_put32(hive, list, 4 * i, segment);
	}
	return db;
}

static void store_resident(struct regf *hive, uint32_t value, const uint8_t *data, size_t len)
{
	uint8_t *fields = cell_data(hive, value);

	store_le32(fields + VK_DATA_LEN, (uint32_t)len | VK_RESIDENT);
	memset(fields + VK_DATA, 0, VK_RESIDENT_MAX);
	if (len > 0)
		memcpy(fields + VK_DATA, data, len);
}

/* Over the old data when that is one cell with room, the rest of which is zeroed. */
static bool store_in_place(struct regf *hive, uint32_t value, const uint8_t *data, size_t len)
{
	struct bytes vk, old;

	if (!value_get(hive, value, &vk) || (bytes_le32(vk, VK_DATA_LEN) & VK_RESIDENT) || value_data_len(vk) == 0 ||
	    is_segmented(hive, len) || value_is_big(hive, vk, &old) ||
	    !cell_get(hive, bytes_le32(vk, VK_DATA), len, &old))
		return false;
	memcpy(cell_data(hive, bytes_le32(vk, VK_DATA)), data, len);
	memset(cell_data(hive, bytes_le32(vk, VK_DATA)) + len, 0, old.len - len);
	cell_put32(hive, value, VK_DATA_LEN, (uint32_t)len);
	return true;
}

static void store_data(struct regf *hive, uint32_t value, const uint8_t *data, size_t len)
{
	uint32_t cell;

	hive->changed = true;
	if (len > VK_RESIDENT_MAX && store_in_place(hive, value, data, len))
		return;
	value_free_data(hive, value);
	if (len <= VK_RESIDENT_MAX) {
		store_resident(hive, value, data, len);
		return;
	}
	if (is_segmented(hive, len)) {
		cell = store_segments(hive, data, len);
	} else {
		cell = cell_alloc(hive, len);
		memcpy(cell_data(hive, cell), data, len);
	}
	cell_put32(hive, value, VK_DATA, cell);
	cell_put32(hive, value, VK_DATA_LEN, (uint32_t)len);
}

/* ---- the largest name and data that a key announces ---- */

static void raise_field(struct regf *hive, uint32_t key, size_t field, size_t len)
{
	if (key_field(hive, key, field) < len)
		cell_put32(hive, key, field, (uint32_t)len);
}

static void announce(struct regf *hive, uint32_t key, uint32_t value)
{
	struct bytes vk;

	if (!value_get(hive, value, &vk))
		return;
	raise_field(hive, key, NK_MAX_VALUE_NAME, 2 * value_name(vk).units);
	raise_field(hive, key, NK_MAX_VALUE_DATA, value_data_len(vk));
}

/* After a value went or shrank: the search ends when one as large as the old largest is met. */
static void announce_all(struct regf *hive, uint32_t key)
{
	uint32_t name = key_field(hive, key, NK_MAX_VALUE_NAME), data = key_field(hive, key, NK_MAX_VALUE_DATA);
	size_t count = regf_value_count(hive, key);

	cell_put32(hive, key, NK_MAX_VALUE_NAME, 0);
	cell_put32(hive, key, NK_MAX_VALUE_DATA, 0);
	for (size_t i = 0; i < count; i++) {
		announce(hive, key, regf_value_at(hive, key, i));
		if (key_field(hive, key, NK_MAX_VALUE_NAME) == name && key_field(hive, key, NK_MAX_VALUE_DATA) == data)
			break;
	}
}

/* True when this value may be the one that a largest field of its key speaks of. */
static bool is_largest(const struct regf *hive, uint32_t key, uint32_t value)
{
	struct bytes vk;

	return value_get(hive, value, &vk) && (2 * value_name(vk).units >= key_field(hive, key, NK_MAX_VALUE_NAME) ||
					       value_data_len(vk) >= key_field(hive, key, NK_MAX_VALUE_DATA));
}

/* ---- values ---- */

static uint32_t new_value(struct regf *hive, struct regf_name name)
{
	size_t len = name_stored_len(name);
	uint32_t value = cell_alloc(hive, VK_NAME + len);
	uint8_t *fields = cell_data(hive, value);

	put_tag(fields, "vk");
	store_le16(fields + VK_NAME_LEN, (uint16_t)len);
	store_le16(fields + VK_FLAGS, name.units > 0 && name_fits_narrow(name) ? VK_FLAG_NARROW : 0);
	store_le32(fields + VK_DATA_LEN, VK_RESIDENT);
	name_store(name, fields + VK_NAME);
	return value;
}

static void append_value(struct regf *hive, uint32_t key, uint32_t value)
{
	size_t count = key_field(hive, key, NK_VALUES), len = 4 * (count + 1);
	uint32_t list = key_field(hive, key, NK_VALUE_LIST);

	if (count == 0)
		list = cell_alloc(hive, len);
	else if (!cell_grow_in_place(hive, list, len))
		list = cell_grow(hive, list, len + len / 8);
	cell_put32(hive, list, 4 * count, value);
	cell_put32(hive, key, NK_VALUE_LIST, list);
	cell_put32(hive, key, NK_VALUES, (uint32_t)count + 1);
	hive->info.values++;
}

static int check_lengths(const char *name, size_t name_units, size_t len, struct err *err)
{
	if (name_units > REGF_MAX_VALUE_NAME)
		return err_set(err, ERR_LIMIT, "the value name is longer than %u characters", REGF_MAX_VALUE_NAME);
	if (len > REGF_MAX_DATA)
		return err_set(err, ERR_LIMIT, "value \"%.64s\": %zu bytes of data are more than %u", name, len,
			       REGF_MAX_DATA);
	return 0;
}

static bool is_same(const struct regf *hive, uint32_t value, uint32_t type, const uint8_t *data, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT;

	return regf_value_type(hive, value) == type && regf_value_data(hive, value, &old, NULL) == 0 &&
	       old.len == len && (len == 0 || memcmp(old.data, data, len) == 0);
}

static int set_value(struct regf *hive, regf_key key, const char *name, uint32_t type, const uint8_t *data, size_t len,
		     struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	uint32_t value = regf_value_find(hive, key, name);
	struct regf_name wanted;
	bool was_largest;
	uint64_t need;

	if (!name_from_text(name, strlen(name), &units, &wanted))
		return err_set(err, ERR_USAGE, "the value name is not UTF-8");
	if (check_lengths(name, wanted.units, len, err) < 0)
		return -1;
	need = data_need(len) + cell_need(VK_NAME + 2 * wanted.units) +
	       cell_need(5 * (uint64_t)regf_value_count(hive, key) + 8);
	if (regf_reserve(hive, need, err) < 0)
		return -1;
	if (value && is_same(hive, value, type, data, len))
		return 0;
	was_largest = value && is_largest(hive, key, value);
	if (!value) {
		value = new_value(hive, wanted);
		append_value(hive, key, value);
	}
	store_data(hive, value, data, len);
	cell_put32(hive, value, VK_TYPE, type);
	if (was_largest)
		announce_all(hive, key);
	announce(hive, key, value);
	regf_touch(hive, key);
	return 0;
}

int regf_set_value(struct regf *hive, regf_key key, const char *name, uint32_t type, const void *data, size_t len,
		   struct err *err)
{
	CLEANUP(freep) void *copy = NULL;
	const uint8_t *from = data;
	struct bytes nk;

	if (editable_key(hive, &key, &nk, err) < 0)
		return -1;
	if (len > 0 && from >= hive->data && from < hive->data + hive->len) { /* lent from this hive: it may move */
		copy = xmemdup(data, len);
		from = copy;
	}
	return set_value(hive, key, name, type, from, len, err);
}

int regf_set_text(struct regf *hive, regf_key key, const char *name, uint32_t type, const char *text, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;

	if (text_to_utf16le(text, strlen(text), &units, err) < 0)
		return -1;
	strbuf_add_fill(&units, '\0', 2);
	return regf_set_value(hive, key, name, type, units.data, units.len, err);
}

int regf_set_u32(struct regf *hive, regf_key key, const char *name, uint32_t number, struct err *err)
{
	uint8_t data[4];

	store_le32(data, number);
	return regf_set_value(hive, key, name, REGF_DWORD, data, sizeof(data), err);
}

static void unlist_value(struct regf *hive, uint32_t key, uint32_t value)
{
	uint32_t list = key_field(hive, key, NK_VALUE_LIST), count = key_field(hive, key, NK_VALUES);
	uint8_t *entries = cell_data(hive, list);
	size_t i = 0;

	while (i + 1 < count && load_le32(entries + 4 * i) != value)
		i++;
	memmove(entries + 4 * i, entries + 4 * (i + 1), 4 * (count - i - 1));
	memset(entries + 4 * (size_t)(count - 1), 0, 4);
	cell_put32(hive, key, NK_VALUES, count - 1);
	if (count > 1)
		return;
	cell_free(hive, list);
	cell_put32(hive, key, NK_VALUE_LIST, REGF_NIL);
}

int regf_delete_value(struct regf *hive, regf_key key, const char *name, struct err *err)
{
	bool was_largest;
	struct bytes nk;
	uint32_t value;

	if (editable_key(hive, &key, &nk, err) < 0)
		return -1;
	value = regf_value_find(hive, key, name);
	if (!value)
		return 0;
	was_largest = is_largest(hive, key, value);
	unlist_value(hive, key, value);
	value_free_data(hive, value);
	cell_free(hive, value);
	hive->info.values--;
	if (was_largest)
		announce_all(hive, key);
	regf_touch(hive, key);
	return 0;
}
