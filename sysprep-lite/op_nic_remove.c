/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --nic=remove: what belongs to an adapter goes, with its device instance, so that Plug
 * and Play finds the adapter anew. Only adapters on a real bus: nothing would find one below
 * ROOT or SWD again, so those get new GUIDs as without the option. References that are left
 * (binary ones, most of all) are remapped too, so the old GUID is nowhere.
 */
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/glob.h"
#include "sysprep-lite/plan.h"

#define NET_CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"

struct removing {
	struct plan *plan;
	struct winroot *root;
	struct regf *system;
	struct guid_edit *guid;
	const char *set;    /* "ControlSet001": where the class instance is */
	const char *driver; /* "{4d36e972-...}\0001" */
	struct err *err;
};

static bool starts_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return strlen(path) >= len && text_compare_nocase(path, len, top, len) == 0 &&
	       (!path[len] || path[len] == '\\');
}

/* True when an edit before already takes the key, or the value of it (name not NULL). */
static bool is_gone(const struct plan *plan, enum hive_id hive, const char *path, const char *name)
{
	for (size_t i = 0; i < plan->edits.len; i++) {
		const struct edit *edit = &plan->edits.items[i];

		if (edit->hive != hive)
			continue;
		if (edit->kind == EDIT_DELETE_KEY && starts_below(path, edit->path))
			return true;
		if (name && edit->name && text_equal_nocase(edit->path, path) && text_equal_nocase(edit->name, name))
			return true;
	}
	return false;
}

static void delete_key(const struct removing *r, enum hive_id hive, const char *path)
{
	if (!is_gone(r->plan, hive, path, NULL))
		plan_add(r->plan, EDIT_DELETE_KEY, r->guid->row, hive, path, NULL);
}

/* ---- which adapters ---- */

static int find_device(void *context, struct regf *hive, regf_key key, const char *path)
{
	struct removing *r = context;
	CLEANUP(strbuf_release) struct strbuf driver = STRBUF_INIT;

	if (!regf_get_text(hive, key, "Driver", &driver) || !text_equal_nocase(strbuf_text(&driver), r->driver))
		return 0;
	delete_key(r, HIVE_SYSTEM, path);
	r->guid->removed = true;
	return 1;
}

static bool is_found_again(const char *bus)
{
	static const char *const made[] = { "ROOT", "SW", "SWD", "HTREE" };

	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (text_equal_nocase(bus, made[i]))
			return false;
	return true;
}

/* The device instance behind a class instance, below each bus that finds its devices. */
static int remove_device(struct removing *r)
{
	CLEANUP(freep) char *top = xasprintf("%s\\Enum", r->set);
	regf_key buses = regf_find(r->system, regf_root(r->system), top);
	size_t n = buses ? regf_child_count(r->system, buses) : 0;

	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf bus = STRBUF_INIT;
		CLEANUP(freep) char *pattern = NULL;
		regf_key child = regf_child_at(r->system, buses, i);

		if (!child)
			continue;
		regf_key_name(r->system, child, &bus);
		if (!is_found_again(strbuf_text(&bus)))
			continue;
		pattern = xasprintf("%s\\%s\\*\\*", top, strbuf_text(&bus));
		if (hive_match(r->system, pattern, find_device, r) < 0)
			return -1;
	}
	return 0;
}

static int take_instance(void *context, struct regf *hive, regf_key key, const char *path)
{
	struct removing *r = context;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(freep) char *set = xstrndup(path, strcspn(path, "\\"));
	CLEANUP(freep) char *driver = xasprintf(NET_CLASS "\\%s", strrchr(path, '\\') + 1);
	bool before = r->guid->removed;
	struct guid guid;

	if (!regf_get_text(hive, key, "NetCfgInstanceId", &text) || !guid_parse_all(strbuf_text(&text), &guid) ||
	    !guid_equal(&guid, &r->guid->from))
		return 0;
	r->set = set;
	r->driver = driver;
	r->guid->removed = false;
	if (remove_device(r) < 0)
		return -1;
	if (r->guid->removed)
		delete_key(r, HIVE_SYSTEM, path);
	r->guid->removed |= before;
	return 0;
}

/* ---- what names them ---- */

static bool holds_removed(const struct plan *plan, const char *text)
{
	struct guid guid;
	size_t len = strlen(text);

	for (size_t at = 0; at + GUID_TEXT_LEN <= len; at++) {
		if (text[at + 8] != '-' || !guid_parse(text + at, &guid))
			continue;
		for (size_t i = 0; i < plan->guids.len; i++)
			if (plan->guids.items[i].removed && guid_equal(&plan->guids.items[i].from, &guid))
				return true;
	}
	return false;
}

/* The entries of a list that name no removed adapter. */
static void filter_list(const struct plan *plan, struct bytes data, struct strbuf *ret)
{
	size_t at = 0;

	while (at + 2 <= data.len && bytes_le16(data, at)) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		size_t end = at;

		while (end + 2 <= data.len && bytes_le16(data, end))
			end += 2;
		utf16le_z_to_text(bytes_from(data, at), &text);
		if (!holds_removed(plan, strbuf_text(&text))) {
			strbuf_add(ret, data.data + at, end - at);
			strbuf_add(ret, "\0", 2);
		}
		at = end + 2;
	}
	strbuf_add(ret, "\0", 2);
}

static int shorten_list(const struct removing *r, const struct guid_place *place, struct regf *hive, regf_key key,
			const struct value_data *value)
{
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;

	filter_list(r->plan, bytes_of(value->data.data, value->data.len), &list);
	return plan_add_set(r->plan, hive, key, r->guid->row, place->hive, place->key, place->value, REGF_MULTI_SZ,
			    list.data, list.len, r->err);
}

static int remove_from_data(const struct removing *r, const struct guid_place *place)
{
	struct value_data value = { 0 };
	struct regf *hive;
	regf_key key;
	int status;

	if (winroot_hive(r->root, place->hive, &hive, r->err) < 0)
		return -1;
	key = hive ? regf_find(hive, regf_root(hive), place->key) : 0;
	if (!key)
		return 0;
	status = value_read(hive, key, place->value, &value, r->err);
	if (status == 0 && value.present && value.type == REGF_MULTI_SZ)
		status = shorten_list(r, place, hive, key, &value);
	else if (status == 0 && place->hive == HIVE_SOFTWARE && text_equal_nocase(place->value, "ServiceName") &&
		 glob_match_path("Microsoft\\Windows NT\\CurrentVersion\\NetworkCards\\*", place->key))
		delete_key(r, place->hive, place->key);
	value_release(&value);
	return status;
}

/* Keys first: what is below them needs no edit of its own. */
static int remove_places(struct removing *r, bool keys)
{
	for (size_t i = 0; i < r->guid->places.len; i++) {
		const struct guid_place *place = &r->guid->places.items[i];

		if (place->binary || keys != !place->value || is_gone(r->plan, place->hive, place->key, place->value))
			continue;
		if (!place->value)
			delete_key(r, place->hive, place->key);
		else if (place->in_value_name) {
			struct regf *hive;

			if (winroot_hive(r->root, place->hive, &hive, r->err) < 0 ||
			    plan_add_delete_value(r->plan, hive, regf_find(hive, regf_root(hive), place->key),
						  r->guid->row, place->hive, place->key, place->value, r->err) < 0)
				return -1;
		} else if (remove_from_data(r, place) < 0)
			return -1;
	}
	return 0;
}

static int remove_all_places(struct removing *r, bool keys)
{
	for (size_t i = 0; i < r->plan->guids.len; i++) {
		r->guid = &r->plan->guids.items[i];
		if (r->guid->removed && remove_places(r, keys) < 0)
			return -1;
	}
	return 0;
}

int plan_nic_remove(struct plan *plan, struct winroot *root, struct err *err)
{
	struct removing r = { .plan = plan, .root = root, .err = err };
	bool any = false;

	if (winroot_hive(root, HIVE_SYSTEM, &r.system, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->guids.len; i++) {
		r.guid = &plan->guids.items[i];
		if (strcmp(r.guid->row->category, "nic") == 0 &&
		    hive_match(r.system, "ControlSet*\\Control\\Class\\" NET_CLASS "\\*", take_instance, &r) < 0)
			return -1;
		any |= r.guid->removed;
	}
	if (!any)
		return 0;
	if (plan_find_places(plan, root, err) < 0 || remove_all_places(&r, true) < 0)
		return -1;
	return remove_all_places(&r, false);
}
