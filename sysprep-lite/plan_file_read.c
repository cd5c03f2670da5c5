/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a plan: cJSON parses, and each member is checked before it is believed. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "sysprep-lite/plan_file.h"

#define SCHEMA "goldwim/sysprep-plan/1"
#define EDITS_MAX 100000
#define GUIDS_MAX 4096

static void tree_freep(cJSON **json)
{
	cJSON_Delete(*json);
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static int wrong(struct err *err, const char *member, size_t i)
{
	return err_set(err, ERR_FORMAT, "not a plan: \"%s\" %zu is not as plan writes it", member, i + 1);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, struct strbuf *ret)
{
	if (!text || strlen(text) % 2)
		return false;
	for (; *text; text += 2) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0)
			return false;
		strbuf_addc(ret, (char)(high << 4 | low));
	}
	return true;
}

static bool read_sha256(const char *text, char ret[65])
{
	if (!text || strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
		return false;
	memcpy(ret, text, 65);
	return true;
}

/* Below the root of the target, whatever the file system makes of it. */
static bool is_inside(const char *path)
{
	if (!path || !*path || strpbrk(path, "/:"))
		return false;
	while (path) {
		size_t len = strcspn(path, "\\");

		if (!len || (len == 1 && path[0] == '.') || (len == 2 && strncmp(path, "..", 2) == 0))
			return false;
		path = path[len] ? path + len + 1 : NULL;
	}
	return true;
}

static const struct op_row *read_row(const cJSON *object)
{
	const char *id = text_of(object, "operation");
	const struct op_row *row = id ? op_find(id) : NULL;

	return row && op_changes(row) ? row : NULL;
}

static bool read_kind(const cJSON *object, enum edit_kind *ret)
{
	const char *name = text_of(object, "action");

	for (unsigned kind = 0; name && edit_kind_name(kind); kind++) {
		if (strcmp(edit_kind_name(kind), name) == 0) {
			*ret = kind;
			return true;
		}
	}
	return false;
}

static bool read_new(const cJSON *object, struct edit *edit)
{
	const cJSON *new = cJSON_GetObjectItemCaseSensitive(object, "new");
	const cJSON *type = cJSON_GetObjectItemCaseSensitive(new, "type");

	if (!cJSON_IsNumber(type) || !(type->valuedouble >= 0 && type->valuedouble <= UINT32_MAX))
		return false;
	edit->new.present = true;
	edit->new.type = (uint32_t)type->valuedouble;
	return read_hex(text_of(new, "data"), &edit->new.data);
}

static bool read_file_edit(struct plan *plan, const cJSON *object, const struct op_row *row, enum edit_kind kind)
{
	const char *path = text_of(object, "path"), *to = text_of(object, "to");
	struct edit *edit;

	if (!is_inside(path) || (kind == EDIT_RENAME_FILE && !is_inside(to)))
		return false;
	edit = plan_add(plan, kind, row, HIVE_FILE, path, kind == EDIT_RENAME_FILE ? to : NULL);
	if (kind != EDIT_PUT_FILE)
		return true;
	edit->new.present = true;
	return read_hex(text_of(object, "data"), &edit->new.data);
}

static bool read_edit(struct plan *plan, const cJSON *object)
{
	const struct op_row *row = read_row(object);
	const char *hive = text_of(object, "hive"), *key = text_of(object, "key"), *value = text_of(object, "value");
	enum edit_kind kind;
	enum hive_id id;

	if (!row || !read_kind(object, &kind))
		return false;
	if (kind >= EDIT_PUT_FILE)
		return read_file_edit(plan, object, row, kind);
	id = hive ? hive_by_name(hive, strlen(hive)) : HIVE_COUNT;
	if (id == HIVE_COUNT || !key || !*key || (kind != EDIT_DELETE_KEY && !value))
		return false;
	plan_add(plan, kind, row, id, key, kind == EDIT_DELETE_KEY ? NULL : value);
	return kind != EDIT_SET_VALUE || read_new(object, &plan->edits.items[plan->edits.len - 1]);
}

static bool read_guid(struct plan *plan, const cJSON *object)
{
	const struct op_row *row = read_row(object);
	const char *from = text_of(object, "old"), *to = text_of(object, "new");
	struct guid_edit *edit;
	struct guid old, new;

	if (!row || !from || !to || !guid_parse_all(from, &old) || !guid_parse_all(to, &new) || guid_equal(&old, &new))
		return false;
	edit = vec_add(&plan->guids);
	edit->row = row;
	edit->from = old;
	edit->to = new;
	edit->removed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "removed"));
	if (text_of(object, "connection"))
		edit->name = xstrdup(text_of(object, "connection"));
	if (text_of(object, "device"))
		edit->device = xstrdup(text_of(object, "device"));
	return true;
}

static bool read_input(struct plan_file *file, const cJSON *object)
{
	const char *path = text_of(object, "path");
	struct plan_input *input;

	if (!is_inside(path))
		return false;
	input = vec_add(&file->inputs);
	input->path = xstrdup(path);
	return read_sha256(text_of(object, "sha256"), input->sha256);
}

/* For a message only. */
static uint64_t count_of(const cJSON *object, const char *name)
{
	double number = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return number >= 0 && number <= UINT32_MAX ? (uint64_t)number : 0;
}

static bool read_result(struct plan_file *file, const cJSON *object)
{
	const char *hive = text_of(object, "hive");
	struct plan_result *result = vec_add(&file->results);

	result->hive = hive ? hive_by_name(hive, strlen(hive)) : HIVE_COUNT;
	result->tree.keys = count_of(object, "keys");
	result->tree.values = count_of(object, "values");
	return result->hive != HIVE_COUNT && read_sha256(text_of(object, "tree_sha256"), result->tree.text);
}

static bool read_item(struct plan_file *file, const char *member, const cJSON *object)
{
	if (strcmp(member, "inputs") == 0)
		return read_input(file, object);
	if (strcmp(member, "identifiers") == 0)
		return read_guid(file->plan, object);
	if (strcmp(member, "edits") == 0)
		return read_edit(file->plan, object);
	return read_result(file, object);
}

static int read_array(struct plan_file *file, const cJSON *top, const char *member, size_t max, struct err *err)
{
	const cJSON *array = cJSON_GetObjectItemCaseSensitive(top, member);
	const cJSON *item;
	size_t i = 0;

	if (!cJSON_IsArray(array))
		return err_set(err, ERR_FORMAT, "not a plan: there is no list \"%s\"", member);
	cJSON_ArrayForEach(item, array) {
		if (i == max)
			return err_set(err, ERR_LIMIT, "\"%s\" has more than %zu items", member, max);
		if (!read_item(file, member, item))
			return wrong(err, member, i);
		i++;
	}
	return 0;
}

static int read_document(struct plan_file *file, const cJSON *top, struct err *err)
{
	const char *schema = text_of(top, "schema");

	if (!schema || strcmp(schema, SCHEMA) != 0)
		return err_set(err, ERR_FORMAT, "not a plan: its \"schema\" is not " SCHEMA);
	file->plan = xcalloc(1, sizeof(*file->plan));
	if (read_array(file, top, "inputs", EDITS_MAX, err) < 0 ||
	    read_array(file, top, "identifiers", GUIDS_MAX, err) < 0 ||
	    read_array(file, top, "edits", EDITS_MAX, err) < 0 ||
	    read_array(file, top, "results", HIVE_COUNT, err) < 0)
		return -1;
	return 0;
}

static int parse_plan(const struct strbuf *data, struct plan_file *ret, struct err *err)
{
	const char *end = NULL;
	CLEANUP(tree_freep) cJSON *top = cJSON_ParseWithLengthOpts(strbuf_text(data), data->len, &end, false);

	if (!top)
		return err_at(err, ERR_FORMAT, end ? (uint64_t)(end - strbuf_text(data)) : 0, "not JSON");
	return read_document(ret, top, err);
}

int plan_file_read(const char *path, struct plan_file *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct plan_file file = { 0 };

	if (file_read_all(path, PLAN_FILE_MAX, &data, err) < 0 || parse_plan(&data, &file, err) < 0) {
		plan_file_release(&file);
		return err_context(err, "%s", path);
	}
	*ret = file;
	return 0;
}
