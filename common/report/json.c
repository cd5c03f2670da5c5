/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/filetime.h"
#include "common/base/utf16.h"

#define MAX_DEPTH 32 /* our own documents are a handful of levels deep */

struct json {
	struct strbuf *out;
	bool pretty;
	size_t depth;
	char closer[MAX_DEPTH];   /* '}' or ']' of each open container */
	bool has_items[MAX_DEPTH];
};

struct json *json_new(struct strbuf *out, bool pretty)
{
	struct json *json = xcalloc(1, sizeof(*json));

	json->out = out;
	json->pretty = pretty;
	return json;
}

void json_freep(struct json **json)
{
	free(*json);
	*json = NULL;
}

static void new_line(struct json *json)
{
	if (!json->pretty)
		return;
	strbuf_addc(json->out, '\n');
	strbuf_add_fill(json->out, ' ', json->depth * 2);
}

static void add_escaped(struct strbuf *out, uint8_t c)
{
	switch (c) {
	case '"':
		strbuf_adds(out, "\\\"");
		break;
	case '\\':
		strbuf_adds(out, "\\\\");
		break;
	case '\n':
		strbuf_adds(out, "\\n");
		break;
	case '\r':
		strbuf_adds(out, "\\r");
		break;
	case '\t':
		strbuf_adds(out, "\\t");
		break;
	default:
		strbuf_addf(out, "\\u%04x", c);
	}
}

static void add_string(struct json *json, const char *text, size_t len)
{
	struct strbuf *out = json->out;
	uint32_t c;

	strbuf_addc(out, '"');
	for (size_t at = 0; at < len;) {
		size_t used = text_codepoint(text + at, len - at, &c);

		if (!used)
			strbuf_addf(out, "\\\\x%02x", (uint8_t)text[at]);
		else if (c >= 0xd800 && c < 0xe000)
			strbuf_addf(out, "\\\\u{%x}", c);
		else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			add_escaped(out, (uint8_t)c);
		else
			strbuf_add(out, text + at, used);
		at += used ? used : 1;
	}
	strbuf_addc(out, '"');
}

static void begin_item(struct json *json, const char *key)
{
	if (json->depth) {
		size_t level = json->depth - 1;

		assert((json->closer[level] == '}') == (key != NULL));
		if (json->has_items[level])
			strbuf_addc(json->out, ',');
		json->has_items[level] = true;
		new_line(json);
	}
	if (key) {
		add_string(json, key, strlen(key));
		strbuf_adds(json->out, json->pretty ? ": " : ":");
	}
}

static void open_container(struct json *json, const char *key, char opener, char closer)
{
	begin_item(json, key);
	assert(json->depth < MAX_DEPTH);
	strbuf_addc(json->out, opener);
	json->closer[json->depth] = closer;
	json->has_items[json->depth++] = false;
}

static void close_container(struct json *json)
{
	bool had_items;

	assert(json->depth > 0);
	had_items = json->has_items[--json->depth];
	if (had_items)
		new_line(json);
	strbuf_addc(json->out, json->closer[json->depth]);
	if (!json->depth)
		strbuf_addc(json->out, '\n');
}

void json_begin_object(struct json *json, const char *key)
{
	if (json)
		open_container(json, key, '{', '}');
}

void json_end_object(struct json *json)
{
	if (json) {
		assert(json->depth && json->closer[json->depth - 1] == '}');
		close_container(json);
	}
}

void json_begin_array(struct json *json, const char *key)
{
	if (json)
		open_container(json, key, '[', ']');
}

void json_end_array(struct json *json)
{
	if (json) {
		assert(json->depth && json->closer[json->depth - 1] == ']');
		close_container(json);
	}
}

void json_text_len(struct json *json, const char *key, const char *text, size_t len)
{
	if (!json)
		return;
	begin_item(json, key);
	add_string(json, text, len);
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (text)
		json_text_len(json, key, text, strlen(text));
	else
		json_null(json, key);
}

void json_textf(struct json *json, const char *key, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list args;

	if (!json)
		return;
	va_start(args, fmt);
	strbuf_addv(&text, fmt, args);
	va_end(args);
	json_text_len(json, key, strbuf_text(&text), text.len);
	strbuf_release(&text);
}

static void add_raw(struct json *json, const char *key, const char *raw)
{
	begin_item(json, key);
	strbuf_adds(json->out, raw);
}

void json_bool(struct json *json, const char *key, bool value)
{
	if (json)
		add_raw(json, key, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	if (json)
		add_raw(json, key, "null");
}

void json_int(struct json *json, const char *key, int64_t value)
{
	if (!json)
		return;
	begin_item(json, key);
	strbuf_addf(json->out, "%" PRId64, value);
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
	if (!json)
		return;
	begin_item(json, key);
	strbuf_addf(json->out, "%" PRIu64, value);
}

void json_guid(struct json *json, const char *key, const struct guid *guid)
{
	char text[GUID_BRACED_LEN + 1];

	json_text(json, key, guid_format(guid, GUID_PLAIN, text));
}

void json_filetime(struct json *json, const char *key, uint64_t filetime)
{
	char text[FILETIME_TEXT_LEN + 8];

	json_text(json, key, filetime_format(filetime, text));
}

size_t json_depth(const struct json *json)
{
	return json ? json->depth : 0;
}

void json_unwind(struct json *json, size_t depth)
{
	while (json && json->depth > depth)
		close_container(json);
}
