/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Identifiers that are replaced everywhere at once: collected from the places
 * which the rows name, mapped to random new ones, counted in all hives.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/glob.h"
#include "sysprep-lite/plan.h"

#define NET_CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"
#define DISTINCT_BYTES_MIN 6 /* a random GUID has about 15; {0000...0001} would be found in foreign bytes */
#define GUIDS_MAX 4096

struct collecting {
	struct plan *plan;
	struct winroot *root;
	const struct op_row *row;
	struct regf *system;
	struct err *err;
};

static bool is_random_looking(const struct guid *guid)
{
	bool seen[256] = { false };
	unsigned distinct = 0;

	for (size_t i = 0; i < sizeof(guid->bytes); i++) {
		distinct += !seen[guid->bytes[i]];
		seen[guid->bytes[i]] = true;
	}
	return distinct >= DISTINCT_BYTES_MIN;
}

static int any_key(void *context UNUSED, struct regf *hive UNUSED, regf_key key UNUSED, const char *path UNUSED)
{
	return 1;
}

/* A GUID that also names a device class is the same on every Windows. */
static bool is_device_class(struct regf *system, const struct guid *guid)
{
	char text[GUID_BRACED_LEN + 1];
	char pattern[64 + GUID_BRACED_LEN];

	guid_format(guid, GUID_BRACES, text);
	snprintf(pattern, sizeof(pattern), "ControlSet*\\Control\\Class\\%s", text);
	return hive_match(system, pattern, any_key, NULL) != 0;
}

static bool has_guid(const struct plan *plan, const struct guid *guid)
{
	for (size_t i = 0; i < plan->guids.len; i++)
		if (guid_equal(&plan->guids.items[i].from, guid))
			return true;
	return false;
}

static int take_guid(struct collecting *c, const struct guid *guid, const char *path)
{
	struct guid_edit *edit;
	struct guid to;

	if (!is_random_looking(guid) || marker_knows(&c->plan->marker, guid) || has_guid(c->plan, guid) ||
	    is_device_class(c->system, guid))
		return 0;
	if (c->plan->guids.len == GUIDS_MAX)
		return err_set(c->err, ERR_LIMIT, "more than %d identifiers to replace", GUIDS_MAX);
	if (guid_random(&to, c->err) < 0)
		return -1;
	edit = vec_add(&c->plan->guids);
	edit->row = c->row;
	edit->from = *guid;
	edit->to = to;
	edit->found = xasprintf("%s\\%s", hive_name(c->row->hive), path);
	return 0;
}

static int take_value(struct collecting *c, struct regf *hive, regf_key key, regf_value value, const char *name,
		      const char *path)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct guid guid;
	uint32_t type = regf_value_type(hive, value);

	if (type == REGF_SZ) {
		if (!regf_get_text(hive, key, name, &data) || !guid_parse_all(strbuf_text(&data), &guid))
			return 0;
		return take_guid(c, &guid, path);
	}
	if (type != REGF_BINARY)
		return 0;
	if (regf_value_data(hive, value, &data, c->err) < 0)
		return -1;
	if (data.len != sizeof(guid.bytes))
		return 0;
	memcpy(guid.bytes, data.data, sizeof(guid.bytes));
	return take_guid(c, &guid, path);
}

static int take_key(void *context, struct regf *hive, regf_key key, const char *path)
{
	struct collecting *c = context;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	struct guid guid;
	size_t n = regf_value_count(hive, key);

	if (!*c->row->values) {
		regf_key_name(hive, key, &name);
		return guid_parse_all(strbuf_text(&name), &guid) ? take_guid(c, &guid, path) : 0;
	}
	for (size_t i = 0; i < n; i++) {
		regf_value value = regf_value_at(hive, key, i);

		if (!value)
			continue;
		strbuf_clear(&name);
		regf_value_name(hive, value, &name);
		if (glob_match_list(c->row->values, strbuf_text(&name)) &&
		    take_value(c, hive, key, value, strbuf_text(&name), path) < 0)
			return -1;
	}
	return 0;
}

static int collect(struct collecting *c, const struct plan_options *options)
{
	for (size_t i = 0; i < n_op_rows; i++) {
		struct regf *hive;

		c->row = &op_rows[i];
		if (c->row->verb != VERB_REMAP_GUID || !(options->optional_too || op_is_on(&options->choice, c->row)))
			continue;
		if (winroot_hive(c->root, c->row->hive, &hive, c->err) < 0 ||
		    (hive && hive_match(hive, c->row->path, take_key, c) < 0))
			return -1;
	}
	return 0;
}

/* ---- what the reader wants to know of an adapter ---- */

static int describe_connection(void *context, struct regf *hive, regf_key key, const char *path UNUSED)
{
	struct guid_edit *edit = context;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!regf_get_text(hive, key, "Name", &text))
		return 0;
	edit->name = strbuf_detach(&text);
	return 1;
}

static int describe_device(void *context, struct regf *hive, regf_key key, const char *path UNUSED)
{
	struct guid_edit *edit = context;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	struct guid guid;

	if (!regf_get_text(hive, key, "NetCfgInstanceId", &text) || !guid_parse_all(strbuf_text(&text), &guid) ||
	    !guid_equal(&guid, &edit->from) || !regf_get_text(hive, key, "DriverDesc", &name))
		return 0;
	edit->device = strbuf_detach(&name);
	return 1;
}

static void describe(struct regf *system, struct guid_edit *edit)
{
	char text[GUID_BRACED_LEN + 1];
	CLEANUP(freep) char *connection = xasprintf("ControlSet*\\Control\\Network\\" NET_CLASS "\\%s\\Connection",
						    guid_format(&edit->from, GUID_BRACES, text));

	hive_match(system, connection, describe_connection, edit);
	hive_match(system, "ControlSet*\\Control\\Class\\" NET_CLASS "\\*", describe_device, edit);
}

/* ---- counting ---- */

struct counting {
	struct plan *plan;
	enum hive_id hive;
};

static void count_hit(void *context, const struct regf_guid_hit *hit)
{
	struct counting *counting = context;

	counting->plan->guids.items[hit->guid].hits[counting->hive][hit->form]++;
}

int plan_count_guids(struct plan *plan, struct winroot *root, struct err *err)
{
	struct guid *guids = xcalloc(plan->guids.len + 1, sizeof(*guids));
	struct counting counting = { .plan = plan };
	int status = 0;

	for (size_t i = 0; i < plan->guids.len; i++) {
		guids[i] = plan->guids.items[i].from;
		memset(plan->guids.items[i].hits, 0, sizeof(plan->guids.items[i].hits));
	}
	for (unsigned id = 0; id < HIVE_COUNT && status == 0; id++) {
		struct regf *hive = NULL;

		counting.hive = id;
		status = winroot_hive(root, id, &hive, err);
		if (hive)
			regf_find_guids(hive, guids, plan->guids.len, count_hit, &counting);
	}
	free(guids);
	return status;
}

/* ---- folders named by a network adapter ---- */

static void plan_folder(struct plan *plan, struct winroot *root, const struct guid_edit *guid, const char *parent)
{
	char from[GUID_BRACED_LEN + 1], to[GUID_BRACED_LEN + 1];
	unsigned style = GUID_BRACES | GUID_UPPER;
	CLEANUP(freep) char *path = xasprintf("%s\\%s", parent, guid_format(&guid->from, style, from));
	CLEANUP(freep) char *new_path = xasprintf("%s\\%s", parent, guid_format(&guid->to, style, to));

	if (!target_has(winroot_target(root), path))
		return;
	if (guid->removed)
		plan_add(plan, EDIT_DELETE_FILE, guid->row, HIVE_FILE, path, NULL);
	else
		plan_add(plan, EDIT_RENAME_FILE, guid->row, HIVE_FILE, path, new_path);
}

static void plan_folders(struct plan *plan, struct winroot *root, const struct guid_edit *guid)
{
	plan_folder(plan, root, guid, "ProgramData\\Microsoft\\Wlansvc\\Profiles\\Interfaces");
	plan_folder(plan, root, guid, "ProgramData\\Microsoft\\dot3svc\\Profiles\\Interfaces");
}

int plan_guids(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err)
{
	struct collecting c = { .plan = plan, .root = root, .err = err };

	if (winroot_hive(root, HIVE_SYSTEM, &c.system, err) < 0 || collect(&c, options) < 0)
		return -1;
	if (!plan->guids.len)
		return 0;
	for (size_t i = 0; i < plan->guids.len; i++) {
		struct guid_edit *guid = &plan->guids.items[i];

		if (strcmp(guid->row->category, "nic") != 0)
			continue;
		describe(c.system, guid);
	}
	if (options->nic == NIC_REMOVE && plan_nic_remove(plan, root, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->guids.len; i++)
		if (strcmp(plan->guids.items[i].row->category, "nic") == 0)
			plan_folders(plan, root, &plan->guids.items[i]);
	return 0;
}
