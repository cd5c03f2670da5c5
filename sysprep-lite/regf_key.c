/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Adding, deleting and renaming keys. As for values, what an edit can need is
 * reserved before the first byte changes.
 */
#include "sysprep-lite/regf_hive.h"

static uint32_t key_field(const struct regf *hive, uint32_t key, size_t field)
{
	return load_le32(cell_data(hive, key) + field);
}

static int good_key(const struct regf *hive, regf_key *key, struct bytes *ret, struct err *err)
{
	if (regf_check_writable(hive, err) < 0)
		return -1;
	*key = key_resolve(hive, *key);
	return key_get(hive, *key, ret) ? 0 : err_set(err, ERR_NOT_FOUND, "there is no such key");
}

static int check_name(const char *name, struct strbuf *units, struct regf_name *ret, struct err *err)
{
	if (!name_from_text(name, strlen(name), units, ret))
		return err_set(err, ERR_USAGE, "the key name is not UTF-8");
	if (ret->units == 0 || strchr(name, '\\'))
		return err_set(err, ERR_USAGE, "\"%s\" is no key name", name);
	if (ret->units > REGF_MAX_KEY_NAME)
		return err_set(err, ERR_LIMIT, "the key name is longer than %u characters", REGF_MAX_KEY_NAME);
	return 0;
}

/* ---- the longest subkey name and class that a key announces ---- */

static void announce_name(struct regf *hive, uint32_t parent, size_t units)
{
	uint8_t *field = cell_data(hive, parent) + NK_MAX_SUBKEY_NAME;

	if (load_le16(field) < 2 * units)
		store_le16(field, (uint16_t)(2 * units));
}

static void announce_child(struct regf *hive, uint32_t parent, uint32_t child)
{
	struct bytes nk;

	if (!key_get(hive, child, &nk))
		return;
	announce_name(hive, parent, key_name(nk).units);
	if (key_field(hive, parent, NK_MAX_SUBKEY_CLASS) < bytes_le16(nk, NK_CLASS_LEN))
		cell_put32(hive, parent, NK_MAX_SUBKEY_CLASS, bytes_le16(nk, NK_CLASS_LEN));
}

static bool is_longest(const struct regf *hive, uint32_t parent, uint32_t child)
{
	struct bytes nk;

	return key_get(hive, child, &nk) &&
	       (2 * key_name(nk).units >= load_le16(cell_data(hive, parent) + NK_MAX_SUBKEY_NAME) ||
		(bytes_le16(nk, NK_CLASS_LEN) > 0 &&
		 bytes_le16(nk, NK_CLASS_LEN) >= key_field(hive, parent, NK_MAX_SUBKEY_CLASS)));
}

/* After a child went: the search ends when one as long as the old longest is met. */
static void announce_all(struct regf *hive, uint32_t parent)
{
	uint16_t name = load_le16(cell_data(hive, parent) + NK_MAX_SUBKEY_NAME);
	uint32_t class = key_field(hive, parent, NK_MAX_SUBKEY_CLASS);
	size_t n = regf_child_count(hive, parent);

	store_le16(cell_data(hive, parent) + NK_MAX_SUBKEY_NAME, 0);
	cell_put32(hive, parent, NK_MAX_SUBKEY_CLASS, 0);
	for (size_t i = 0; i < n; i++) {
		announce_child(hive, parent, regf_child_at(hive, parent, i));
		if (load_le16(cell_data(hive, parent) + NK_MAX_SUBKEY_NAME) == name &&
		    key_field(hive, parent, NK_MAX_SUBKEY_CLASS) == class)
			break;
	}
}

/* ---- adding ---- */

static uint32_t new_key(struct regf *hive, uint32_t parent, struct regf_name name)
{
	static const uint8_t none[] = { NK_LIST, NK_VOLATILE_LIST, NK_VALUE_LIST, NK_CLASS };
	size_t len = name_stored_len(name);
	uint32_t key = cell_alloc(hive, NK_NAME + len);
	uint32_t inherited = key_field(hive, parent, NK_MAX_SUBKEY_NAME);
	uint8_t *nk = cell_data(hive, key);

	put_tag(nk, "nk");
	store_le16(nk + NK_FLAGS, name_fits_narrow(name) ? NK_FLAG_NARROW : 0);
	store_le64(nk + NK_TIME, hive->clock);
	store_le32(nk + NK_PARENT, parent);
	for (size_t i = 0; i < sizeof(none); i++)
		store_le32(nk + none[i], REGF_NIL);
	store_le32(nk + NK_SECURITY, key_field(hive, parent, NK_SECURITY));
	if (inherited & NK_VIRTUAL_INHERIT)
		store_le32(nk + NK_MAX_SUBKEY_NAME, inherited & NK_VIRTUAL_MASK);
	store_le16(nk + NK_NAME_LEN, (uint16_t)len);
	name_store(name, nk + NK_NAME);
	sk_take(hive, key_field(hive, parent, NK_SECURITY));
	return key;
}

static size_t depth_of(const struct regf *hive, regf_key key)
{
	size_t depth = 0;

	for (; key && depth <= REGF_MAX_DEPTH; depth++)
		key = regf_parent(hive, key);
	return depth;
}

static uint32_t add_child(struct regf *hive, uint32_t parent, struct regf_name name)
{
	uint32_t key = new_key(hive, parent, name);

	list_insert(hive, parent, key);
	cell_put32(hive, parent, NK_SUBKEYS, key_field(hive, parent, NK_SUBKEYS) + 1);
	announce_name(hive, parent, name.units);
	regf_touch(hive, parent);
	hive->info.keys++;
	return key;
}

regf_key regf_add_key(struct regf *hive, regf_key parent, const char *name, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	struct regf_name wanted;
	struct bytes nk;
	uint32_t found;

	if (good_key(hive, &parent, &nk, err) < 0 || check_name(name, &units, &wanted, err) < 0)
		return 0;
	found = list_find(hive, parent, wanted);
	if (found)
		return found;
	if (depth_of(hive, parent) > REGF_MAX_DEPTH) {
		(void)err_set(err, ERR_LIMIT, "keys would be nested deeper than %d", REGF_MAX_DEPTH);
		return 0;
	}
	if (regf_reserve(hive, cell_need(NK_NAME + 2 * wanted.units) + list_insert_need(hive, parent), err) < 0)
		return 0;
	return add_child(hive, parent, wanted);
}

/* ---- deleting ---- */

static void free_values(struct regf *hive, uint32_t key)
{
	size_t count = regf_value_count(hive, key);

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		uint32_t value = regf_value_at(hive, key, i);

		value_free_data(hive, value);
		cell_free(hive, value);
	}
	cell_free(hive, key_field(hive, key, NK_VALUE_LIST));
	hive->info.values -= count;
}

/* A key whose children are gone or will be. */
static void free_key(struct regf *hive, uint32_t key)
{
	struct bytes nk;

	if (!key_get(hive, key, &nk))
		return;
	free_values(hive, key);
	list_free(hive, key);
	if (bytes_le32(nk, NK_CLASS) != REGF_NIL && bytes_le16(nk, NK_CLASS_LEN) > 0)
		cell_free(hive, bytes_le32(nk, NK_CLASS));
	sk_drop(hive, bytes_le32(nk, NK_SECURITY));
	cell_free(hive, key);
	hive->info.keys--;
}

static void free_tree(struct regf *hive, uint32_t key)
{
	regf_cells todo = { 0 };

	*vec_add(&todo) = key;
	while (todo.len > 0) {
		uint32_t next = todo.items[--todo.len];

		list_children(hive, next, &todo);
		free_key(hive, next);
	}
	vec_release(&todo);
}

int regf_delete_key(struct regf *hive, regf_key key, struct err *err)
{
	uint32_t parent;
	bool was_longest;
	struct bytes nk;

	if (good_key(hive, &key, &nk, err) < 0)
		return -1;
	if (key == hive->root)
		return err_set(err, ERR_REFUSED, "the root of a hive cannot be deleted");
	parent = bytes_le32(nk, NK_PARENT);
	was_longest = is_longest(hive, parent, key);
	list_remove(hive, parent, key);
	cell_put32(hive, parent, NK_SUBKEYS, key_field(hive, parent, NK_SUBKEYS) - 1);
	free_tree(hive, key);
	if (was_longest)
		announce_all(hive, parent);
	regf_touch(hive, parent);
	return 0;
}

/* ---- renaming ---- */

static void adopt_children(struct regf *hive, uint32_t key)
{
	regf_cells children = { 0 };

	list_children(hive, key, &children);
	for (size_t i = 0; i < children.len; i++)
		cell_put32(hive, children.items[i], NK_PARENT, key);
	vec_release(&children);
}

/* The old cell stays in use, empty, until regf_finish, so that no new key gets its handle. */
static uint32_t move_key(struct regf *hive, uint32_t key, size_t len)
{
	uint32_t moved = cell_alloc(hive, len);
	size_t old_len = NK_NAME + (size_t)load_le16(cell_data(hive, key) + NK_NAME_LEN);

	memcpy(cell_data(hive, moved), cell_data(hive, key), old_len);
	memset(cell_data(hive, key), 0, old_len);
	adopt_children(hive, moved);
	if (hive->root == key) {
		hive->root = moved;
		store_le32(hive->data + BASE_ROOT, moved);
	}
	*vec_add(&hive->moved) = (struct regf_moved){ .from = key, .to = moved };
	return moved;
}

static void put_name(struct regf *hive, uint32_t key, struct regf_name name)
{
	uint8_t *nk = cell_data(hive, key);
	size_t old_len = load_le16(nk + NK_NAME_LEN), len = name_stored_len(name);
	uint16_t flags = load_le16(nk + NK_FLAGS);

	memset(nk + NK_NAME, 0, MAX(old_len, len));
	name_store(name, nk + NK_NAME);
	store_le16(nk + NK_NAME_LEN, (uint16_t)len);
	flags = (uint16_t)(flags & ~NK_FLAG_NARROW);
	store_le16(nk + NK_FLAGS, (uint16_t)(flags | (name_fits_narrow(name) ? NK_FLAG_NARROW : 0)));
}

static uint32_t rename_cell(struct regf *hive, uint32_t key, struct regf_name name)
{
	size_t len = NK_NAME + name_stored_len(name);

	if (!cell_grow_in_place(hive, key, len))
		key = move_key(hive, key, len);
	put_name(hive, key, name);
	regf_touch(hive, key);
	return key;
}

static void relist(struct regf *hive, uint32_t parent, uint32_t key, struct regf_name name)
{
	bool was_longest = is_longest(hive, parent, key);

	list_remove(hive, parent, key);
	key = rename_cell(hive, key, name);
	list_insert(hive, parent, key);
	if (was_longest)
		announce_all(hive, parent);
	announce_name(hive, parent, name.units);
	regf_touch(hive, parent);
}

int regf_rename_key(struct regf *hive, regf_key key, const char *name, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	struct regf_name wanted;
	struct bytes nk;
	uint32_t parent, found;

	if (good_key(hive, &key, &nk, err) < 0 || check_name(name, &units, &wanted, err) < 0)
		return -1;
	parent = key == hive->root ? 0 : bytes_le32(nk, NK_PARENT);
	found = parent ? list_find(hive, parent, wanted) : 0;
	if (found && found != key)
		return err_set(err, ERR_REFUSED, "there is a key \"%s\" already", name);
	if (regf_reserve(hive, cell_need(NK_NAME + 2 * wanted.units) + (parent ? list_insert_need(hive, parent) : 0),
			 err) < 0)
		return -1;
	if (parent)
		relist(hive, parent, key, wanted);
	else
		(void)rename_cell(hive, key, wanted);
	return 0;
}
