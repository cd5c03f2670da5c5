/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan as text for people and as members of a JSON result. */
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/plan.h"

#define SHOWN_TEXT_MAX 120
#define SHOWN_BYTES_MAX 16
#define SHORT_EDITS 8

static void show_text(struct bytes data, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t len;

	utf16le_z_to_text(data, &text);
	len = MIN(text.len, (size_t)SHOWN_TEXT_MAX);
	strbuf_addc(ret, '"');
	text_show(strbuf_text(&text), len, ret);
	strbuf_adds(ret, len < text.len ? "...\"" : "\"");
}

static void show_list(struct bytes data, struct strbuf *ret)
{
	size_t at = 0, shown = 0;

	while (at + 2 <= data.len && bytes_le16(data, at) && shown < SHOWN_TEXT_MAX) {
		size_t before = ret->len;

		if (at)
			strbuf_adds(ret, ", ");
		show_text(bytes_from(data, at), ret);
		while (at + 2 <= data.len && bytes_le16(data, at))
			at += 2;
		at += 2;
		shown += ret->len - before;
	}
	if (at + 2 <= data.len && bytes_le16(data, at))
		strbuf_adds(ret, ", ...");
}

static void show_bytes(struct bytes data, struct strbuf *ret)
{
	for (size_t i = 0; i < MIN(data.len, (size_t)SHOWN_BYTES_MAX); i++)
		strbuf_addf(ret, "%s%02x", i ? " " : "", data.data[i]);
	if (data.len > SHOWN_BYTES_MAX)
		strbuf_addf(ret, " ... (%zu bytes)", data.len);
	if (!data.len)
		strbuf_adds(ret, "(empty)");
}

void value_show(const struct value_data *value, bool hide, struct strbuf *ret)
{
	struct bytes data = bytes_of(value->data.data, value->data.len);

	if (!value->present)
		strbuf_adds(ret, "(none)");
	else if (hide)
		strbuf_addf(ret, "(hidden, %zu bytes)", data.len);
	else if (value->type == REGF_SZ || value->type == REGF_EXPAND_SZ)
		show_text(data, ret);
	else if (value->type == REGF_MULTI_SZ)
		show_list(data, ret);
	else if (value->type == REGF_DWORD && data.len == 4)
		strbuf_addf(ret, "%u (0x%08x)", bytes_le32(data, 0), bytes_le32(data, 0));
	else
		show_bytes(data, ret);
}

const char *edit_kind_name(enum edit_kind kind)
{
	static const char *const names[] = {
		[EDIT_SET_VALUE] = "set-value", [EDIT_DELETE_VALUE] = "delete-value",
		[EDIT_DELETE_KEY] = "delete-key", [EDIT_PUT_FILE] = "write-file",
		[EDIT_DELETE_FILE] = "delete-file", [EDIT_RENAME_FILE] = "rename-file",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : NULL;
}

static bool is_file(const struct edit *edit)
{
	return edit->hive == HIVE_FILE;
}

static void print_edit(const struct edit *edit, FILE *out, bool show_secrets)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	bool hide = edit->row->secret && !show_secrets;

	strbuf_addf(&line, "  %-12s  ", edit_kind_name(edit->kind));
	if (!is_file(edit))
		strbuf_addf(&line, "%s\\", hive_name(edit->hive));
	text_show(edit->path, strlen(edit->path), &line);
	if (edit->kind == EDIT_RENAME_FILE) {
		strbuf_adds(&line, " -> ");
		text_show(edit->name, strlen(edit->name), &line);
	} else if (edit->name) {
		strbuf_adds(&line, ": ");
		text_show(*edit->name ? edit->name : "(default)", *edit->name ? strlen(edit->name) : 9, &line);
	}
	if (edit->kind == EDIT_SET_VALUE || edit->kind == EDIT_DELETE_VALUE) {
		strbuf_adds(&line, " = ");
		value_show(&edit->old, hide, &line);
	}
	if (edit->kind == EDIT_SET_VALUE) {
		strbuf_adds(&line, " -> ");
		value_show(&edit->new, hide, &line);
	}
	if (edit->kind == EDIT_PUT_FILE)
		strbuf_addf(&line, " (%s, %zu bytes)", edit->old.present ? "changed" : "new", edit->new.data.len);
	fprintf(out, "%s\n", line.data);
}

static void show_hits(const struct guid_edit *edit, struct strbuf *ret)
{
	static const char *const forms[GUID_FORMS] = {
		[REGF_HIT_BINARY] = "binary", [REGF_HIT_ASCII] = "ASCII", [REGF_HIT_UTF16] = "UTF-16",
	};
	const char *gap = "";

	for (unsigned hive = 0; hive < HIVE_COUNT; hive++) {
		const char *comma = "";
		bool any = false;

		for (unsigned form = 0; form < GUID_FORMS; form++) {
			if (!edit->hits[hive][form])
				continue;
			if (!any)
				strbuf_addf(ret, "%s%s ", gap, hive_name(hive));
			strbuf_addf(ret, "%s%zu %s", comma, edit->hits[hive][form], forms[form]);
			any = true;
			comma = ", ";
			gap = "; ";
		}
	}
}

static void print_places(const struct guid_edit *edit, FILE *out)
{
	for (size_t i = 0; i < edit->places.len; i++) {
		const struct guid_place *place = &edit->places.items[i];
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

		strbuf_addf(&line, "      %s\\", hive_name(place->hive));
		text_show(place->key, strlen(place->key), &line);
		if (place->value) {
			strbuf_adds(&line, ": ");
			text_show(place->value, strlen(place->value), &line);
		}
		if (place->in_value_name)
			strbuf_adds(&line, " (its name)");
		else if (place->binary)
			strbuf_adds(&line, " (binary)");
		fprintf(out, "%s\n", line.data);
	}
}

static void print_guid(const struct guid_edit *edit, FILE *out, enum plan_detail detail)
{
	char from[GUID_BRACED_LEN + 1], to[GUID_BRACED_LEN + 1];
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "  %s -> %s", guid_format(&edit->from, GUID_BRACES | GUID_UPPER, from),
		    guid_format(&edit->to, GUID_BRACES | GUID_UPPER, to));
	if (edit->name) {
		strbuf_adds(&line, "  \"");
		text_show(edit->name, strlen(edit->name), &line);
		strbuf_addc(&line, '"');
	}
	if (edit->device) {
		strbuf_adds(&line, "  ");
		text_show(edit->device, strlen(edit->device), &line);
	}
	strbuf_addf(&line, "\n      %s%zu reference%s replaced: ",
		    edit->removed ? "removed, so that Windows finds it anew; what remains is replaced; " : "",
		    guid_edit_hits(edit), PLURAL(guid_edit_hits(edit)));
	show_hits(edit, &line);
	fprintf(out, "%s\n", line.data);
	if (detail == PLAN_PLACES)
		print_places(edit, out);
}

static void print_heading(const struct op_row *row, const char **last, FILE *out)
{
	if (*last && strcmp(*last, row->id) == 0)
		return;
	*last = row->id;
	fprintf(out, "%s (%s): %s\n", row->id, row->category, row->what);
}

void plan_print(const struct plan *plan, FILE *out, enum plan_detail detail, bool show_secrets)
{
	const char *last = NULL;
	size_t shown = 0;

	for (size_t i = 0; i < plan->guids.len; i++) {
		print_heading(plan->guids.items[i].row, &last, out);
		print_guid(&plan->guids.items[i], out, detail);
	}
	for (size_t i = 0; i < plan->edits.len; i++) {
		const struct edit *edit = &plan->edits.items[i];

		if (!last || strcmp(last, edit->row->id) != 0)
			shown = 0;
		print_heading(edit->row, &last, out);
		if (detail == PLAN_SHORT && shown == SHORT_EDITS)
			fprintf(out, "  and more, see -v\n");
		if (detail != PLAN_SHORT || shown < SHORT_EDITS)
			print_edit(edit, out, show_secrets);
		shown++;
	}
	for (size_t i = 0; i < plan->notes.len; i++)
		fprintf(out, "note: %s\n", plan->notes.items[i]);
}

/* ---- JSON ---- */

static void data_to_json(struct json *json, const struct strbuf *data)
{
	CLEANUP(strbuf_release) struct strbuf hex = STRBUF_INIT;

	for (size_t i = 0; i < data->len; i++)
		strbuf_addf(&hex, "%02x", (uint8_t)data->data[i]);
	json_text(json, "data", strbuf_text(&hex));
}

static void value_to_json(struct json *json, const char *key, const struct value_data *value, bool hide, bool whole)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!value->present) {
		json_null(json, key);
		return;
	}
	value_show(value, hide, &text);
	json_begin_object(json, key);
	json_uint(json, "type", value->type);
	json_uint(json, "bytes", value->data.len);
	json_text(json, "shown", strbuf_text(&text));
	if (whole)
		data_to_json(json, &value->data);
	json_end_object(json);
}

static void edit_to_json(const struct edit *edit, struct json *json, bool show_secrets)
{
	bool hide = edit->row->secret && !show_secrets;

	json_begin_object(json, NULL);
	json_text(json, "operation", edit->row->id);
	json_text(json, "category", edit->row->category);
	json_text(json, "action", edit_kind_name(edit->kind));
	if (is_file(edit)) {
		json_text(json, "path", edit->path);
		if (edit->kind == EDIT_RENAME_FILE)
			json_text(json, "to", edit->name);
		else
			json_uint(json, "bytes", edit->kind == EDIT_PUT_FILE ? edit->new.data.len : edit->size);
		if (edit->kind == EDIT_PUT_FILE)
			data_to_json(json, &edit->new.data);
	} else {
		json_text(json, "hive", hive_name(edit->hive));
		json_text(json, "key", edit->path);
		if (edit->kind != EDIT_DELETE_KEY) {
			json_text(json, "value", edit->name);
			value_to_json(json, "old", &edit->old, hide, false);
			value_to_json(json, "new", &edit->new, hide, true);
		}
	}
	json_text(json, "why", edit->row->what);
	json_end_object(json);
}

static void places_to_json(const struct guid_edit *edit, struct json *json)
{
	json_begin_array(json, "places");
	for (size_t i = 0; i < edit->places.len; i++) {
		const struct guid_place *place = &edit->places.items[i];

		json_begin_object(json, NULL);
		json_text(json, "hive", hive_name(place->hive));
		json_text(json, "key", place->key);
		json_text(json, "value", place->value);
		json_text(json, "in", place->in_value_name ? "value-name" : place->value ? "data" : "key-name");
		json_text(json, "form", place->binary ? "binary" : "text");
		json_end_object(json);
	}
	json_end_array(json);
}

static void guid_to_json(const struct guid_edit *edit, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "operation", edit->row->id);
	json_text(json, "category", edit->row->category);
	json_guid(json, "old", &edit->from);
	json_guid(json, "new", &edit->to);
	json_text(json, "connection", edit->name);
	json_text(json, "device", edit->device);
	json_bool(json, "removed", edit->removed);
	json_text(json, "found_in", edit->found);
	json_uint(json, "references", guid_edit_hits(edit));
	json_begin_array(json, "by_hive");
	for (unsigned hive = 0; hive < HIVE_COUNT; hive++) {
		const size_t *hits = edit->hits[hive];

		if (!hits[REGF_HIT_BINARY] && !hits[REGF_HIT_ASCII] && !hits[REGF_HIT_UTF16])
			continue;
		json_begin_object(json, NULL);
		json_text(json, "hive", hive_name(hive));
		json_uint(json, "binary", hits[REGF_HIT_BINARY]);
		json_uint(json, "ascii", hits[REGF_HIT_ASCII]);
		json_uint(json, "utf16", hits[REGF_HIT_UTF16]);
		json_end_object(json);
	}
	json_end_array(json);
	places_to_json(edit, json);
	json_text(json, "why", edit->row->what);
	json_end_object(json);
}

void plan_to_json(const struct plan *plan, struct json *json, bool show_secrets)
{
	json_begin_array(json, "identifiers");
	for (size_t i = 0; i < plan->guids.len; i++)
		guid_to_json(&plan->guids.items[i], json);
	json_end_array(json);
	json_begin_array(json, "edits");
	for (size_t i = 0; i < plan->edits.len; i++)
		edit_to_json(&plan->edits.items[i], json, show_secrets);
	json_end_array(json);
	json_begin_array(json, "notes");
	for (size_t i = 0; i < plan->notes.len; i++)
		json_text(json, NULL, plan->notes.items[i]);
	json_end_array(json);
}
