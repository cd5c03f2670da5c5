/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/plan_text.h"

#define DIFF_FILE_MAX (16u << 20)

/* One hunk: its lines, and how many of them each side has. */
struct hunk {
	struct strbuf lines;
	size_t old, new;
};

static void hunk_release(struct hunk *hunk)
{
	strbuf_release(&hunk->lines);
}

static void show_with_tabs(const char *at, const char *end, struct strbuf *out)
{
	const char *tab;

	for (; (tab = memchr(at, '\t', (size_t)(end - at))); at = tab + 1) {
		text_show(at, (size_t)(tab - at), out);
		strbuf_addc(out, '\t');
	}
	text_show(at, (size_t)(end - at), out);
}

static void add_line(struct hunk *hunk, char mark, const char *text, size_t len)
{
	hunk->old += mark != '+';
	hunk->new += mark != '-';
	strbuf_addc(&hunk->lines, mark);
	show_with_tabs(text, text + len, &hunk->lines);
	strbuf_addc(&hunk->lines, '\n');
}

static void add_text(struct hunk *hunk, char mark, const struct strbuf *text)
{
	add_line(hunk, mark, strbuf_text(text), text->len);
}

static void flush(struct hunk *hunk, const char *old, const char *new, struct strbuf *out)
{
	if (!hunk->lines.len)
		return;
	strbuf_addf(out, "--- %s%s\n+++ %s%s\n@@ -%d,%zu +%d,%zu @@\n", old ? "a/" : "", old ? old : "/dev/null",
		    new ? "b/" : "", new ? new : "/dev/null", hunk->old ? 1 : 0, hunk->old, hunk->new ? 1 : 0,
		    hunk->new);
	strbuf_add(out, hunk->lines.data, hunk->lines.len);
}

/* ---- hives ---- */

static void add_value(struct hunk *hunk, char mark, const char *name, const struct value_data *value, bool hide)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;

	if (!value->present)
		return;
	reg_add_name(name, &line);
	strbuf_addc(&line, '=');
	if (hide)
		value_show(value, true, &data);
	else
		reg_add_data(value, &data);
	for (size_t i = 0; i < data.len; i++) /* the broken lines of long data become one */
		if (data.data[i] == '\\' && i + 4 < data.len && data.data[i + 1] == '\r')
			i += 4;
		else
			strbuf_addc(&line, data.data[i]);
	add_text(hunk, mark, &line);
}

static void add_key(struct hunk *hunk, char mark, const char *path)
{
	CLEANUP(freep) char *line = xasprintf("[%s]", path);

	add_line(hunk, mark, line, strlen(line));
}

static void add_edit(struct hunk *hunk, const struct edit *edit, const char **last, bool show_secrets)
{
	bool hide = edit->row->secret && !show_secrets;

	if (edit->kind == EDIT_DELETE_KEY) {
		add_key(hunk, '-', edit->path);
		*last = NULL;
		return;
	}
	if (!*last || strcmp(*last, edit->path) != 0)
		add_key(hunk, ' ', edit->path);
	*last = edit->path;
	add_value(hunk, '-', edit->name, &edit->old, hide);
	add_value(hunk, '+', edit->name, &edit->new, hide);
}

/* The text with each form of the GUID replaced, in upper case. */
static char *replaced(const char *text, const struct guid_edit *guid)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	char to[GUID_BRACED_LEN + 1];
	struct guid found;
	size_t len = strlen(text);

	guid_format(&guid->to, GUID_UPPER, to);
	for (size_t at = 0; at < len; at++) {
		if (at + GUID_TEXT_LEN <= len && text[at + 8] == '-' && guid_parse(text + at, &found) &&
		    guid_equal(&found, &guid->from)) {
			strbuf_adds(&out, to);
			at += GUID_TEXT_LEN - 1;
		} else {
			strbuf_addc(&out, text[at]);
		}
	}
	return strbuf_detach(&out);
}

static void add_place(struct hunk *hunk, const struct guid_edit *guid, const struct guid_place *place,
		      const char **last)
{
	const char *form = place->binary ? " (binary)" : "";
	char from[GUID_BRACED_LEN + 1], to[GUID_BRACED_LEN + 1];
	CLEANUP(freep) char *old = NULL;
	CLEANUP(freep) char *new = NULL;

	if (!place->value) {
		new = replaced(place->key, guid);
		add_key(hunk, '-', place->key);
		add_key(hunk, '+', new);
		*last = NULL;
		return;
	}
	if (!*last || strcmp(*last, place->key) != 0)
		add_key(hunk, ' ', place->key);
	*last = place->key;
	guid_format(&guid->from, GUID_BRACES | GUID_UPPER, from);
	guid_format(&guid->to, GUID_BRACES | GUID_UPPER, to);
	if (place->in_value_name) {
		old = xasprintf("\"%s\"", place->value);
		new = replaced(old, guid);
	} else {
		old = xasprintf("\"%s\" holds %s%s", place->value, from, form);
		new = xasprintf("\"%s\" holds %s%s", place->value, to, form);
	}
	add_line(hunk, '-', old, strlen(old));
	add_line(hunk, '+', new, strlen(new));
}

static void add_hive(const struct plan *plan, enum hive_id id, bool show_secrets, struct strbuf *out)
{
	CLEANUP(hunk_release) struct hunk hunk = { 0 };
	const char *last = NULL;

	for (size_t i = 0; i < plan->edits.len; i++)
		if (plan->edits.items[i].hive == id)
			add_edit(&hunk, &plan->edits.items[i], &last, show_secrets);
	for (size_t i = 0; i < plan->guids.len; i++) {
		const struct guid_edit *guid = &plan->guids.items[i];

		last = NULL;
		for (size_t j = 0; j < guid->places.len && !guid->removed; j++)
			if (guid->places.items[j].hive == id)
				add_place(&hunk, guid, &guid->places.items[j], &last);
	}
	flush(&hunk, hive_name(id), hive_name(id), out);
}

/* ---- files ---- */

/* UTF-16, which Windows takes for scripts.ini, is shown as text. */
static void add_contents(struct hunk *hunk, char mark, const struct strbuf *data)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct bytes raw = bytes_of(strbuf_text(data), data->len);
	const char *at, *end;

	if (bytes_equal(raw, 0, "\xff\xfe", 2))
		utf16le_to_text(bytes_from(raw, 2), &text);
	else
		strbuf_add(&text, raw.data, raw.len);
	at = strbuf_text(&text);
	end = at + text.len;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);

		add_line(hunk, mark, at, len && at[len - 1] == '\r' ? len - 1 : len);
		at += len + 1;
	}
}

/* As diff and git write paths. */
static char *with_slashes(const char *path)
{
	char *copy = xstrdup(path);

	for (char *at = copy; (at = strchr(at, '\\')); at++)
		*at = '/';
	return copy;
}

static int add_file(const struct edit *edit, struct target *target, struct strbuf *out, struct err *err)
{
	CLEANUP(freep) char *path = with_slashes(edit->path);
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT;
	CLEANUP(hunk_release) struct hunk hunk = { 0 };

	if (edit->kind == EDIT_RENAME_FILE) {
		CLEANUP(freep) char *to = with_slashes(edit->name);

		strbuf_addf(out, "rename from %s\nrename to %s\n", path, to);
		return 0;
	}
	if (edit->kind == EDIT_DELETE_FILE) {
		strbuf_addf(out, "Binary files a/%s and /dev/null differ\n", path);
		return 0;
	}
	if (edit->old.present && target_read(target, edit->path, DIFF_FILE_MAX, &old, err) < 0)
		return -1;
	add_contents(&hunk, '-', &old);
	add_contents(&hunk, '+', &edit->new.data);
	flush(&hunk, edit->old.present ? path : NULL, path, out);
	return 0;
}

int plan_to_diff(const struct plan *plan, struct winroot *root, bool show_secrets, struct strbuf *ret, struct err *err)
{
	for (unsigned id = 0; id < HIVE_COUNT; id++)
		add_hive(plan, id, show_secrets, ret);
	for (size_t i = 0; i < plan->edits.len; i++)
		if (plan->edits.items[i].hive == HIVE_FILE &&
		    add_file(&plan->edits.items[i], winroot_target(root), ret, err) < 0)
			return -1;
	return 0;
}
