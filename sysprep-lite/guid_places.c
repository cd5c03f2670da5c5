/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys and values that hold the identifiers of a plan, for the report. */
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/plan.h"

#define PLACES_MAX 100000 /* per identifier: more is no registry of Windows */
#define TEXT_DATA_MAX (16u << 20)

struct searching {
	struct plan *plan;
	enum hive_id hive;
	bool first_byte[256]; /* of an identifier on disk */
	const char *path;
	struct err *err;
};

static void add_place(struct searching *s, size_t guid, const char *value, bool in_name, bool binary)
{
	struct guid_edit *edit = &s->plan->guids.items[guid];

	if (edit->places.len == PLACES_MAX)
		return;
	*vec_add(&edit->places) = (struct guid_place){
		.hive = s->hive, .key = xstrdup(s->path), .value = value ? xstrdup(value) : NULL,
		.in_value_name = in_name, .binary = binary,
	};
}

static bool find_guid(const struct plan *plan, const struct guid *guid, size_t *ret)
{
	for (size_t i = 0; i < plan->guids.len; i++) {
		if (guid_equal(&plan->guids.items[i].from, guid)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* Every GUID text inside text. */
static void search_text(struct searching *s, const char *text, size_t len, const char *value, bool in_name)
{
	struct guid guid;
	size_t at, found;

	for (at = 0; at + GUID_TEXT_LEN <= len; at++) {
		if (text[at + 8] != '-' || !guid_parse(text + at, &guid) || !find_guid(s->plan, &guid, &found))
			continue;
		add_place(s, found, value, in_name, false);
		at += GUID_TEXT_LEN - 1;
	}
}

static void search_binary(struct searching *s, struct bytes data, const char *value)
{
	struct guid guid;
	size_t found;

	for (size_t at = 0; at + sizeof(guid.bytes) <= data.len; at++) {
		if (!s->first_byte[data.data[at]])
			continue;
		memcpy(guid.bytes, data.data + at, sizeof(guid.bytes));
		if (find_guid(s->plan, &guid, &found))
			add_place(s, found, value, false, true);
	}
}

/* The UTF-16 text in data, from an even or odd byte on; other units become '.'. */
static void search_utf16(struct searching *s, struct bytes data, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t start = 0; start < 2; start++) {
		if (data.len < start + (size_t)GUID_TEXT_LEN * 2)
			return;
		strbuf_clear(&text);
		for (size_t at = start; at + 2 <= data.len; at += 2) {
			uint16_t unit = bytes_le16(data, at);

			strbuf_addc(&text, unit < 0x80 && unit ? (char)unit : '.');
		}
		search_text(s, text.data, text.len, value, false);
	}
}

static int search_value(struct searching *s, struct regf *hive, regf_value value)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct bytes bytes;

	regf_value_name(hive, value, &name);
	search_text(s, strbuf_text(&name), name.len, strbuf_text(&name), true);
	if (regf_value_data(hive, value, &data, s->err) < 0)
		return -1;
	if (data.len < sizeof(struct guid) || data.len > TEXT_DATA_MAX)
		return 0;
	bytes = bytes_of(data.data, data.len);
	search_binary(s, bytes, strbuf_text(&name));
	search_text(s, data.data, data.len, strbuf_text(&name), false);
	search_utf16(s, bytes, strbuf_text(&name));
	return 0;
}

static int search_key(void *context, struct regf *hive, regf_key key, const char *path)
{
	struct searching *s = context;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	size_t n = regf_value_count(hive, key);

	s->path = path;
	regf_key_name(hive, key, &name);
	search_text(s, strbuf_text(&name), name.len, NULL, false);
	for (size_t i = 0; i < n; i++) {
		regf_value value = regf_value_at(hive, key, i);

		if (value && search_value(s, hive, value) < 0)
			return -1;
	}
	return 0;
}

static bool hive_is_hit(const struct plan *plan, enum hive_id id)
{
	for (size_t i = 0; i < plan->guids.len; i++)
		for (unsigned form = 0; form < GUID_FORMS; form++)
			if (plan->guids.items[i].hits[id][form])
				return true;
	return false;
}

int plan_find_places(struct plan *plan, struct winroot *root, struct err *err)
{
	struct searching s = { .plan = plan, .err = err };

	if (plan_count_guids(plan, root, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->guids.len; i++)
		guid_edit_forget_places(&plan->guids.items[i]);
	for (size_t i = 0; i < plan->guids.len; i++)
		s.first_byte[plan->guids.items[i].from.bytes[0]] = true;
	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		struct regf *hive;

		if (!hive_is_hit(plan, id))
			continue;
		s.hive = id;
		if (winroot_hive(root, id, &hive, err) < 0 || hive_match(hive, "**", search_key, &s) < 0)
			return -1;
	}
	return 0;
}
