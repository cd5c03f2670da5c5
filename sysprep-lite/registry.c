/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/registry.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/filetime.h"
#include "sysprep-lite/marker.h"

#define CURRENT "CurrentControlSet"

struct hive_place {
	const char *prefix;
	enum hive_id hive;
};

static const struct hive_place hive_places[] = {
	{ "SYSTEM", HIVE_SYSTEM },
	{ "SOFTWARE", HIVE_SOFTWARE },
	{ "SAM", HIVE_SAM },
	{ "SECURITY", HIVE_SECURITY },
	{ "BCD00000000", HIVE_BCD },
	{ ".DEFAULT", HIVE_DEFAULT },
	{ "Default", HIVE_DEFAULT_USER },
	{ "S-1-5-18", HIVE_DEFAULT },
	{ "S-1-5-19", HIVE_LOCAL_SERVICE },
	{ "S-1-5-20", HIVE_NETWORK_SERVICE },
};

/* What is behind prefix in path, when that is its first part. */
static const char *behind(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncasecmp(path, prefix, len) != 0 || (path[len] && path[len] != '\\'))
		return NULL;
	return path[len] ? path + len + 1 : path + len;
}

static const char *behind_top(const char *path)
{
	static const char *const tops[] = { "HKLM", "HKEY_LOCAL_MACHINE", "HKU", "HKEY_USERS" };

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
		const char *rest = behind(path, tops[i]);

		if (rest)
			return rest;
	}
	return path;
}

static char *real_control_set(struct regf *system, const char *path)
{
	const char *rest = behind(path, CURRENT);
	struct strbuf text = STRBUF_INIT;

	if (!rest)
		return xstrdup(path);
	current_control_set(system, &text);
	if (*rest)
		strbuf_addf(&text, "\\%s", rest);
	return strbuf_detach(&text);
}

static const struct hive_place *find_place(const char *path, const char **ret_rest, struct err *err)
{
	const char *below = behind_top(path);

	for (size_t i = 0; i < ARRAY_SIZE(hive_places); i++) {
		*ret_rest = behind(below, hive_places[i].prefix);
		if (*ret_rest)
			return &hive_places[i];
	}
	err_set(err, ERR_USAGE, "%s: no hive of an offline Windows", path);
	err_hint(err, "keys begin with HKLM\\SOFTWARE, HKLM\\SYSTEM, HKU\\.DEFAULT, HKU\\Default, ...");
	return NULL;
}

int registry_check_path(const char *path, struct err *err)
{
	const char *rest;

	return find_place(path, &rest, err) ? 0 : -1;
}

int registry_parse(struct winroot *root, const char *path, struct registry_key *ret, struct err *err)
{
	const char *rest;
	const struct hive_place *place = find_place(path, &rest, err);
	struct regf *hive;

	if (!place || winroot_hive(root, place->hive, &hive, err) < 0)
		return -1;
	if (!hive)
		return err_set(err, ERR_NOT_FOUND, "%s: this Windows has no %s", path, winroot_hive_path(root, place->hive));
	ret->hive = place->hive;
	ret->path = place->hive == HIVE_SYSTEM ? real_control_set(hive, rest) : xstrdup(rest);
	return 0;
}

void registry_key_release(struct registry_key *key)
{
	free(key->path);
	key->path = NULL;
}

int registry_find(struct winroot *root, const char *path, struct regf **ret_hive, regf_key *ret_key, struct err *err)
{
	CLEANUP(registry_key_release) struct registry_key key = { 0 };

	if (registry_parse(root, path, &key, err) < 0 || winroot_hive(root, key.hive, ret_hive, err) < 0)
		return -1;
	*ret_key = regf_find(*ret_hive, regf_root(*ret_hive), key.path);
	return 0;
}

/* Path part by part: what is missing is made. */
static regf_key make_path(struct regf *hive, const char *path, struct err *err)
{
	CLEANUP(freep) char *copy = xstrdup(path);
	regf_key key = regf_root(hive);
	char *rest = copy;
	char *part;

	regf_set_clock(hive, filetime_now());
	while (key && (part = strsep(&rest, "\\")))
		if (*part)
			key = regf_add_key(hive, key, part, err);
	return key;
}

static regf_key make_key(struct winroot *root, const char *path, struct regf **ret_hive, struct err *err)
{
	CLEANUP(registry_key_release) struct registry_key key = { 0 };
	regf_key made;

	if (registry_parse(root, path, &key, err) < 0 || winroot_hive(root, key.hive, ret_hive, err) < 0)
		return 0;
	made = make_path(*ret_hive, key.path, err);
	if (!made)
		err_context(err, "%s", path);
	return made;
}

int registry_set(struct winroot *root, const char *path, const char *name, uint32_t type, const void *data, size_t len,
		 struct err *err)
{
	struct regf *hive;
	regf_key key = make_key(root, path, &hive, err);

	if (!key)
		return -1;
	return regf_set_value(hive, key, name, type, data, len, err) < 0 ? err_context(err, "%s", path) : 0;
}

int registry_set_text(struct winroot *root, const char *path, const char *name, uint32_t type, const char *text,
		      struct err *err)
{
	struct regf *hive;
	regf_key key = make_key(root, path, &hive, err);

	if (!key)
		return -1;
	return regf_set_text(hive, key, name, type, text, err) < 0 ? err_context(err, "%s", path) : 0;
}

int registry_set_u32(struct winroot *root, const char *path, const char *name, uint32_t number, struct err *err)
{
	uint8_t data[4];

	store_le32(data, number);
	return registry_set(root, path, name, REGF_DWORD, data, sizeof(data), err);
}

int registry_add_key(struct winroot *root, const char *path, struct err *err)
{
	struct regf *hive;

	return make_key(root, path, &hive, err) ? 0 : -1;
}

int registry_delete_value(struct winroot *root, const char *path, const char *name, struct err *err)
{
	struct regf *hive;
	regf_key key;

	if (registry_find(root, path, &hive, &key, err) < 0)
		return -1;
	if (!key)
		return 0;
	regf_set_clock(hive, filetime_now());
	return regf_delete_value(hive, key, name, err) < 0 ? err_context(err, "%s", path) : 0;
}

int registry_delete_key(struct winroot *root, const char *path, struct err *err)
{
	struct regf *hive;
	regf_key key;

	if (registry_find(root, path, &hive, &key, err) < 0)
		return -1;
	if (!key)
		return 0;
	if (key == regf_root(hive))
		return err_set(err, ERR_REFUSED, "%s: is the root of a hive", path);
	regf_set_clock(hive, filetime_now());
	return regf_delete_key(hive, key, err) < 0 ? err_context(err, "%s", path) : 0;
}
