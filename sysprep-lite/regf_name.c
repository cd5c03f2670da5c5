/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/regf_hive.h"

#include "common/base/utf16.h"

static uint16_t upcase(uint16_t unit)
{
	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 0x20) : unit;
	return utf16_upcase(unit);
}

int name_compare(struct regf_name a, struct regf_name b)
{
	size_t common = MIN(a.units, b.units);

	for (size_t i = 0; i < common; i++) {
		uint16_t x = name_unit(a, i), y = name_unit(b, i);

		if (x == y)
			continue;
		x = upcase(x);
		y = upcase(y);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.units < b.units ? -1 : a.units > b.units;
}

uint32_t name_hash(struct regf_name name)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < name.units; i++)
		hash = hash * 37 + upcase(name_unit(name, i));
	return hash;
}

uint32_t name_hint(struct regf_name name)
{
	uint8_t hint[4] = { 0 };

	for (size_t i = 0; i < MIN(name.units, sizeof(hint)); i++) {
		uint16_t unit = name_unit(name, i);

		if (unit > 0xff)
			return 0;
		hint[i] = (uint8_t)unit;
	}
	return load_le32(hint);
}

bool name_fits_narrow(struct regf_name name)
{
	for (size_t i = 0; i < name.units; i++)
		if (name_unit(name, i) > 0xff)
			return false;
	return true;
}

size_t name_stored_len(struct regf_name name)
{
	return name_fits_narrow(name) ? name.units : 2 * name.units;
}

void name_store(struct regf_name name, uint8_t *to)
{
	bool narrow = name_fits_narrow(name);

	for (size_t i = 0; i < name.units; i++) {
		if (narrow)
			to[i] = (uint8_t)name_unit(name, i);
		else
			store_le16(to + 2 * i, name_unit(name, i));
	}
}

void name_to_text(struct regf_name name, struct strbuf *ret)
{
	if (name.wide) {
		utf16le_to_text(bytes_of(name.data, name.units * 2), ret);
		return;
	}
	for (size_t i = 0; i < name.units; i++)
		strbuf_add_codepoint(ret, name.data[i]);
}

bool name_from_text(const char *text, size_t len, struct strbuf *buf, struct regf_name *ret)
{
	strbuf_clear(buf);
	if (text_to_utf16le(text, len, buf, NULL) < 0)
		return false;
	*ret = (struct regf_name){ .data = (const uint8_t *)strbuf_text(buf), .units = buf->len / 2, .wide = true };
	return true;
}

uint32_t key_resolve(const struct regf *hive, uint32_t key)
{
	struct bytes nk;

	if (cell_get_signed(hive, key, "nk", NK_NAME, &nk))
		return key;
	for (size_t i = 0; i < hive->moved.len; i++)
		if (hive->moved.items[i].from == key)
			key = hive->moved.items[i].to;
	return key;
}

bool key_get(const struct regf *hive, uint32_t key, struct bytes *ret)
{
	struct bytes nk;

	if (!cell_get_signed(hive, key_resolve(hive, key), "nk", NK_NAME, &nk) ||
	    !bytes_holds(nk, NK_NAME, bytes_le16(nk, NK_NAME_LEN)))
		return false;
	*ret = nk;
	return true;
}

struct regf_name key_name(struct bytes nk)
{
	bool wide = !(bytes_le16(nk, NK_FLAGS) & NK_FLAG_NARROW);
	size_t len = bytes_le16(nk, NK_NAME_LEN);

	return (struct regf_name){ .data = nk.data + NK_NAME, .units = wide ? len / 2 : len, .wide = wide };
}

bool value_get(const struct regf *hive, uint32_t value, struct bytes *ret)
{
	struct bytes vk;

	if (!cell_get_signed(hive, value, "vk", VK_NAME, &vk) || !bytes_holds(vk, VK_NAME, bytes_le16(vk, VK_NAME_LEN)))
		return false;
	*ret = vk;
	return true;
}

struct regf_name value_name(struct bytes vk)
{
	bool wide = !(bytes_le16(vk, VK_FLAGS) & VK_FLAG_NARROW);
	size_t len = bytes_le16(vk, VK_NAME_LEN);

	return (struct regf_name){ .data = vk.data + VK_NAME, .units = wide ? len / 2 : len, .wide = wide };
}
