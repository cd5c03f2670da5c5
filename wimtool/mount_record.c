/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/mount_record.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "common/base/filetime.h"
#include "common/image/image_fs.h"
#include "common/image/wim_hash.h"

#define SCHEMA "goldwim/wimtool-mount-record/1"

static const char *const stream_names[] = {
	[IMAGE_FS_STREAMS_XATTR] = "xattr",
	[IMAGE_FS_STREAMS_NONE] = "none",
	[IMAGE_FS_STREAMS_WINDOWS] = "windows",
};

static void write_hash(struct json *j, const char *key, const uint8_t *hash)
{
	char text[WIM_HASH_TEXT_LEN + 1];

	if (!wim_hash_is_zero(hash))
		json_text(j, key, wim_hash_format(hash, text));
}

void mount_record_write(const struct mount_record *record, struct strbuf *ret)
{
	CLEANUP(json_freep) struct json *j = json_new(ret, true);

	json_begin_object(j, NULL);
	json_text(j, "schema", SCHEMA);
	json_text(j, "wim", record->wim);
	json_uint(j, "image", record->image);
	json_guid(j, "guid", &record->guid);
	json_text(j, "mountpoint", record->mountpoint);
	json_bool(j, "writable", record->writable);
	json_text(j, "staging", record->staging);
	json_text(j, "scratch", record->scratch);
	json_text(j, "streams", stream_names[record->streams]);
	json_bool(j, "unix_data", record->unix_data);
	json_bool(j, "ignore_case", record->ignore_case);
	json_bool(j, "allow_other", record->allow_other);
	json_textf(j, "cache_bytes", "%llu", (unsigned long long)record->cache_bytes);
	json_begin_array(j, "refs");
	for (size_t i = 0; i < record->refs.len; i++)
		json_text(j, NULL, record->refs.items[i]);
	json_end_array(j);
	json_int(j, "server", record->server);
	json_filetime(j, "started", record->started);
	write_hash(j, "base", record->base);
	write_hash(j, "committed", record->committed);
	write_hash(j, "pending", record->pending);
	json_bool(j, "keeps_xattrs", record->keeps_xattrs);
	json_bool(j, "by_fuse", record->by_fuse);
	json_bool(j, "by_user", record->by_user);
	json_end_object(j);
	strbuf_addc(ret, '\n');
}

static void tree_freep(cJSON **json)
{
	cJSON_Delete(*json);
}

static const char *text_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static bool bool_of(const cJSON *object, const char *name)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static double number_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static int missing(struct err *err, const char *name)
{
	return err_set(err, ERR_FORMAT, "the record of the mount has no good \"%s\"", name);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Absent is zero. */
static int read_hash(const cJSON *json, const char *name, uint8_t *ret, struct err *err)
{
	const char *text = text_of(json, name);

	if (!text)
		return 0;
	if (strlen(text) != WIM_HASH_TEXT_LEN)
		return missing(err, name);
	for (size_t i = 0; i < MOUNT_HASH_LEN; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return missing(err, name);
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int read_texts(const cJSON *json, struct mount_record *ret, struct err *err)
{
	const char *schema = text_of(json, "schema"), *wim = text_of(json, "wim");
	const char *mountpoint = text_of(json, "mountpoint"), *staging = text_of(json, "staging");
	const char *started = text_of(json, "started"), *guid = text_of(json, "guid");
	const char *cache = text_of(json, "cache_bytes"), *scratch = text_of(json, "scratch");

	if (!schema || strcmp(schema, SCHEMA) != 0)
		return missing(err, "schema");
	if (!wim || *wim != '/')
		return missing(err, "wim");
	if (!mountpoint || *mountpoint != '/')
		return missing(err, "mountpoint");
	if (!started || !filetime_parse(started, &ret->started))
		return missing(err, "started");
	if (!guid || !guid_parse(guid, &ret->guid))
		return missing(err, "guid");
	ret->wim = xstrdup(wim);
	ret->mountpoint = xstrdup(mountpoint);
	ret->staging = staging ? xstrdup(staging) : NULL;
	ret->scratch = scratch ? xstrdup(scratch) : NULL;
	ret->cache_bytes = cache ? strtoull(cache, NULL, 10) : 0;
	return 0;
}

static int read_streams(const cJSON *json, struct mount_record *ret, struct err *err)
{
	const char *name = text_of(json, "streams");

	for (size_t i = 0; name && i < ARRAY_SIZE(stream_names); i++)
		if (strcmp(name, stream_names[i]) == 0) {
			ret->streams = (int)i;
			return 0;
		}
	return missing(err, "streams");
}

static void read_rest(const cJSON *json, struct mount_record *ret)
{
	const cJSON *ref;

	ret->writable = bool_of(json, "writable");
	ret->unix_data = bool_of(json, "unix_data");
	ret->ignore_case = bool_of(json, "ignore_case");
	ret->allow_other = bool_of(json, "allow_other");
	ret->keeps_xattrs = bool_of(json, "keeps_xattrs");
	ret->by_fuse = bool_of(json, "by_fuse");
	ret->by_user = bool_of(json, "by_user");
	ret->server = (int64_t)number_of(json, "server");
	cJSON_ArrayForEach(ref, cJSON_GetObjectItemCaseSensitive(json, "refs"))
		if (cJSON_IsString(ref))
			cli_list_add(&ret->refs, xstrdup(ref->valuestring));
}

int mount_record_parse(const char *text, struct mount_record *ret, struct err *err)
{
	CLEANUP(tree_freep) cJSON *json = cJSON_Parse(text);
	double image = json ? number_of(json, "image") : 0;

	if (!json)
		return err_set(err, ERR_FORMAT, "the record of the mount is no JSON");
	if (image < 1 || image > 10000)
		return missing(err, "image");
	ret->image = (unsigned)image;
	if (read_texts(json, ret, err) < 0 || read_streams(json, ret, err) < 0 ||
	    read_hash(json, "base", ret->base, err) < 0 || read_hash(json, "committed", ret->committed, err) < 0 ||
	    read_hash(json, "pending", ret->pending, err) < 0)
		return -1;
	read_rest(json, ret);
	if (ret->writable && !ret->staging)
		return missing(err, "staging");
	return 0;
}
