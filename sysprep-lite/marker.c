/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/marker.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"

#define SHUTDOWN_KEY "Control\\Windows"
#define SHUTDOWN_VALUE "ShutdownTime"

void current_control_set(struct regf *system, struct strbuf *ret)
{
	regf_key select = regf_find(system, regf_root(system), "Select");
	uint32_t number = 1;

	if (!select || !regf_get_u32(system, select, "Current", &number) || number > 999)
		number = 1;
	strbuf_addf(ret, "ControlSet%03u", number);
}

static void read_binary(struct regf *hive, regf_key key, const char *name, struct strbuf *ret)
{
	regf_value value = key ? regf_value_find(hive, key, name) : 0;

	if (value && regf_value_data(hive, value, ret, NULL) < 0)
		strbuf_clear(ret);
}

static void read_shutdown_time(struct regf *system, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	current_control_set(system, &path);
	strbuf_adds(&path, "\\" SHUTDOWN_KEY);
	read_binary(system, regf_find(system, regf_root(system), strbuf_text(&path)), SHUTDOWN_VALUE, ret);
}

static void read_fresh(struct regf *system, regf_key key, struct marker *ret)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct guid guid;

	read_binary(system, key, "FreshIds", &data);
	for (size_t at = 0; at < data.len && ret->fresh.len < MARKER_IDS_MAX; at += (GUID_BRACED_LEN + 1) * 2) {
		strbuf_clear(&text);
		utf16le_z_to_text(bytes_from(bytes_of(data.data, data.len), at), &text);
		if (!guid_parse_all(strbuf_text(&text), &guid))
			return;
		*vec_add(&ret->fresh) = guid;
	}
}

int marker_read(struct winroot *root, struct marker *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf noted = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf when = STRBUF_INIT;
	struct regf *system;
	regf_key key;

	if (winroot_hive(root, HIVE_SYSTEM, &system, err) < 0)
		return -1;
	key = system ? regf_find(system, regf_root(system), MARKER_KEY) : 0;
	if (!key)
		return 0;
	read_binary(system, key, SHUTDOWN_VALUE, &noted);
	read_binary(system, key, "When", &when);
	read_shutdown_time(system, &now);
	ret->present = true;
	ret->valid = noted.len == now.len && (!noted.len || memcmp(noted.data, now.data, now.len) == 0);
	if (when.len == sizeof(uint64_t))
		ret->when = load_le64((const uint8_t *)when.data);
	if (regf_get_text(system, key, "Run", &text))
		ret->run = strbuf_detach(&text);
	if (ret->valid)
		read_fresh(system, key, ret);
	return 0;
}

void marker_release(struct marker *marker)
{
	free(marker->run);
	vec_release(&marker->fresh);
	*marker = (struct marker){ 0 };
}

bool marker_knows(const struct marker *marker, const struct guid *guid)
{
	for (size_t i = 0; i < marker->fresh.len; i++)
		if (guid_equal(&marker->fresh.items[i], guid))
			return true;
	return false;
}

static void add_guids(struct strbuf *data, const struct guid *guids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[GUID_BRACED_LEN + 1];

		guid_format(&guids[i], GUID_BRACES, text);
		(void)text_to_utf16le(text, GUID_BRACED_LEN + 1, data, NULL);
	}
}

static int write_fresh(struct regf *system, regf_key key, const struct marker *marker, const struct guid *more,
		       size_t n, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;

	add_guids(&data, marker->fresh.items, marker->fresh.len);
	add_guids(&data, more, n);
	strbuf_add_fill(&data, '\0', 2);
	return regf_set_value(system, key, "FreshIds", REGF_MULTI_SZ, data.data, data.len, err);
}

int marker_write(struct regf *system, const struct marker *marker, const struct guid *more, size_t n, uint64_t now,
		 struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf shutdown = STRBUF_INIT;
	char text[GUID_BRACED_LEN + 1];
	uint8_t when[sizeof(now)];
	struct guid run;
	regf_key setup, key;

	if (guid_random(&run, err) < 0)
		return -1;
	read_shutdown_time(system, &shutdown);
	store_le64(when, now);
	setup = regf_add_key(system, regf_root(system), "Setup", err);
	key = setup ? regf_add_key(system, setup, "Goldwim", err) : 0;
	if (!key)
		return -1;
	if (regf_set_text(system, key, "Run", REGF_SZ, guid_format(&run, GUID_BRACES, text), err) < 0 ||
	    regf_set_value(system, key, "When", REGF_QWORD, when, sizeof(when), err) < 0 ||
	    regf_set_text(system, key, "Version", REGF_SZ, "goldwim " GOLDWIM_VERSION, err) < 0 ||
	    write_fresh(system, key, marker, more, n, err) < 0)
		return -1;
	if (!shutdown.len)
		return regf_delete_value(system, key, SHUTDOWN_VALUE, err);
	return regf_set_value(system, key, SHUTDOWN_VALUE, REGF_BINARY, shutdown.data, shutdown.len, err);
}
