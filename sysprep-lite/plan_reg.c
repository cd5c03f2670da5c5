/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan as a file that regedit imports: "Windows Registry Editor Version 5.00" in
 * UTF-16LE with a byte order mark and CR LF. It can hold the edits of keys and values.
 * Identifiers that are replaced everywhere and files cannot be told so; they are named in
 * comments.
 */
#include "sysprep-lite/plan_text.h"

#include <string.h>

#include "common/base/utf16.h"

#define HEX_PER_LINE 25 /* as regedit breaks its lines */

/* Where a running Windows has the hive. */
static const char *const roots[HIVE_COUNT] = {
	[HIVE_SYSTEM] = "HKEY_LOCAL_MACHINE\\SYSTEM",
	[HIVE_SOFTWARE] = "HKEY_LOCAL_MACHINE\\SOFTWARE",
	[HIVE_SAM] = "HKEY_LOCAL_MACHINE\\SAM",
	[HIVE_SECURITY] = "HKEY_LOCAL_MACHINE\\SECURITY",
	[HIVE_DEFAULT] = "HKEY_USERS\\.DEFAULT",
	[HIVE_NETWORK_SERVICE] = "HKEY_USERS\\S-1-5-20",
	[HIVE_LOCAL_SERVICE] = "HKEY_USERS\\S-1-5-19",
	[HIVE_DEFAULT_USER] = "HKEY_USERS\\Default",
	[HIVE_BCD] = "HKEY_LOCAL_MACHINE\\BCD00000000",
	[HIVE_BCD_EFI] = "HKEY_LOCAL_MACHINE\\BCD00000000",
};

static void add_quoted(const char *text, size_t len, struct strbuf *ret)
{
	strbuf_addc(ret, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			strbuf_addc(ret, '\\');
		strbuf_addc(ret, text[i]);
	}
	strbuf_addc(ret, '"');
}

static bool has_controls(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20)
			return true;
	return false;
}

/* A REG_SZ with one NUL, at its end, and nothing that a line cannot hold. */
static bool take_line_text(struct bytes data, struct strbuf *ret)
{
	if (data.len < 2 || data.len % 2 || bytes_le16(data, data.len - 2))
		return false;
	utf16le_to_text((struct bytes){ .data = data.data, .len = data.len - 2 }, ret);
	return !has_controls(strbuf_text(ret), ret->len);
}

static void add_hex(uint32_t type, struct bytes data, struct strbuf *ret)
{
	if (type == REGF_BINARY)
		strbuf_adds(ret, "hex:");
	else
		strbuf_addf(ret, "hex(%x):", type);
	for (size_t i = 0; i < data.len; i++) {
		strbuf_addf(ret, "%02x%s", data.data[i], i + 1 < data.len ? "," : "");
		if (i % HEX_PER_LINE == HEX_PER_LINE - 1 && i + 1 < data.len)
			strbuf_adds(ret, "\\\r\n  ");
	}
}

void reg_add_data(const struct value_data *value, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct bytes data = bytes_of(value->data.data, value->data.len);

	if (value->type == REGF_DWORD && data.len == 4)
		strbuf_addf(ret, "dword:%08x", bytes_le32(data, 0));
	else if (value->type == REGF_SZ && take_line_text(data, &text))
		add_quoted(strbuf_text(&text), text.len, ret);
	else
		add_hex(value->type, data, ret);
}

void reg_add_name(const char *name, struct strbuf *ret)
{
	if (*name)
		add_quoted(name, strlen(name), ret);
	else
		strbuf_addc(ret, '@');
}

static void add_comment(struct strbuf *out, const char *what, const char *text)
{
	strbuf_addf(out, "; %s", what);
	text_show(text, strlen(text), out);
	strbuf_adds(out, "\r\n");
}

static void add_value_edit(const struct edit *edit, struct strbuf *out)
{
	reg_add_name(edit->name ? edit->name : "", out);
	strbuf_addc(out, '=');
	if (edit->kind == EDIT_DELETE_VALUE)
		strbuf_addc(out, '-');
	else
		reg_add_data(&edit->new, out);
	strbuf_adds(out, "\r\n");
}

/* Values of one key that follow one another are below one heading. */
static void add_key_edit(const struct edit *edit, const struct edit **last, struct strbuf *out)
{
	bool same = *last && edit->kind != EDIT_DELETE_KEY && (*last)->kind != EDIT_DELETE_KEY &&
		    (*last)->hive == edit->hive && strcmp((*last)->path, edit->path) == 0;

	if (has_controls(edit->path, strlen(edit->path)) ||
	    (edit->name && has_controls(edit->name, strlen(edit->name)))) {
		add_comment(out, "cannot be told in this format: ", edit->path);
		return;
	}
	if (!same)
		strbuf_addf(out, "\r\n[%s%s\\%s]\r\n", edit->kind == EDIT_DELETE_KEY ? "-" : "", roots[edit->hive],
			    edit->path);
	if (edit->kind != EDIT_DELETE_KEY)
		add_value_edit(edit, out);
	*last = edit;
}

static void add_guid_comment(const struct guid_edit *guid, struct strbuf *out)
{
	char from[GUID_BRACED_LEN + 1], to[GUID_BRACED_LEN + 1];

	strbuf_addf(out, "; not in this file: %s is replaced by %s in %zu place%s\r\n",
		    guid_format(&guid->from, GUID_BRACES | GUID_UPPER, from),
		    guid_format(&guid->to, GUID_BRACES | GUID_UPPER, to), guid_edit_hits(guid),
		    PLURAL(guid_edit_hits(guid)));
}

int plan_to_reg(const struct plan *plan, struct strbuf *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct edit *last = NULL;

	strbuf_adds(&text, "\xef\xbb\xbfWindows Registry Editor Version 5.00\r\n\r\n");
	for (size_t i = 0; i < plan->guids.len; i++)
		add_guid_comment(&plan->guids.items[i], &text);
	for (size_t i = 0; i < plan->edits.len; i++) {
		const struct edit *edit = &plan->edits.items[i];

		if (edit->hive != HIVE_FILE)
			add_key_edit(edit, &last, &text);
		else
			add_comment(&text, "not in this file: ", edit->path);
	}
	strbuf_adds(&text, "\r\n");
	return text_to_utf16le(text.data, text.len, ret, err);
}
