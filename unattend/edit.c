/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/edit.h"

#include <stdlib.h>
#include <string.h>

void edits_release(struct edits *edits)
{
	for (size_t i = 0; i < edits->list.len; i++)
		free(edits->list.items[i].text);
	vec_release(&edits->list);
}

void edits_replace(struct edits *edits, struct span span, const char *text)
{
	*vec_add(&edits->list) = (struct edit){ span, xstrdup(text) };
}

void edits_insert(struct edits *edits, size_t at, const char *text)
{
	edits_replace(edits, (struct span){ at, at }, text);
}

void xml_escape(const char *value, size_t len, struct strbuf *ret)
{
	for (size_t i = 0; i < len; i++)
		switch (value[i]) {
		case '&':
			strbuf_adds(ret, "&amp;");
			break;
		case '<':
			strbuf_adds(ret, "&lt;");
			break;
		case '>':
			strbuf_adds(ret, "&gt;");
			break;
		case '"':
			strbuf_adds(ret, "&quot;");
			break;
		default:
			strbuf_addc(ret, value[i]);
		}
}

/* ---- layout ---------------------------------------------------------------- */

static const char *line_end_of(const struct strbuf *text)
{
	const char *newline = text->len ? memchr(text->data, '\n', text->len) : NULL;

	return newline && newline > text->data && newline[-1] == '\r' ? "\r\n" : "\n";
}

/* The white space between the start of the line and at; false when something else stands there. */
static bool indent_before(const struct strbuf *text, size_t at, struct span *ret)
{
	size_t start = at;

	while (start > 0 && (text->data[start - 1] == ' ' || text->data[start - 1] == '\t'))
		start--;
	if (start > 0 && text->data[start - 1] != '\n' && text->data[start - 1] != '\r')
		return false;
	*ret = (struct span){ start, at };
	return true;
}

static char *indent_text(const struct strbuf *text, const struct element *e)
{
	struct span indent;

	if (!indent_before(text, e->span.at, &indent))
		return NULL;
	return xstrndup(text->data + indent.at, indent.end - indent.at);
}

/* What a child is indented more than its parent: looked up from e to the root. */
static char *indent_unit(const struct strbuf *text, const struct element *e)
{
	for (; e; e = e->parent) {
		struct span outer, inner;
		size_t outer_len, inner_len;

		if (!e->first || !indent_before(text, e->span.at, &outer) || !indent_before(text, e->first->span.at, &inner))
			continue;
		outer_len = outer.end - outer.at;
		inner_len = inner.end - inner.at;
		if (inner_len > outer_len && memcmp(text->data + outer.at, text->data + inner.at, outer_len) == 0)
			return xstrndup(text->data + inner.at + outer_len, inner_len - outer_len);
	}
	return xstrdup("  ");
}

/* Lines below each other, each behind a line end; in one run when indent is NULL. */
static void add_lines(const struct strbuf *text, const struct element *near, const char *indent,
		      const struct edit_line *lines, size_t n, struct strbuf *ret)
{
	CLEANUP(freep) char *unit = indent_unit(text, near);

	for (size_t i = 0; i < n; i++) {
		if (indent) {
			strbuf_adds(ret, line_end_of(text));
			strbuf_adds(ret, indent);
			for (unsigned d = 0; d < lines[i].depth; d++)
				strbuf_adds(ret, unit);
		}
		strbuf_adds(ret, lines[i].text);
	}
}

/* ---- elements -------------------------------------------------------------- */

void edits_delete_element(struct edits *edits, const struct strbuf *text, const struct element *e)
{
	struct span span = e->span, indent;
	size_t end = span.end;

	while (end < text->len && (text->data[end] == ' ' || text->data[end] == '\t'))
		end++;
	if (end < text->len && text->data[end] == '\r')
		end++;
	if (end < text->len && text->data[end] == '\n' && indent_before(text, span.at, &indent))
		span = (struct span){ indent.at, end + 1 };
	edits_replace(edits, span, "");
}

void edits_delete_attribute(struct edits *edits, const struct strbuf *text, const struct attribute *a)
{
	struct span span = a->span;

	while (span.at > 0 && is_xml_space(text->data[span.at - 1]))
		span.at--;
	edits_replace(edits, span, "");
}

void edits_set_value(struct edits *edits, const struct element *e, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (e->self_closing)
		return;
	xml_escape(value, strlen(value), &out);
	edits_replace(edits, e->content, strbuf_text(&out));
}

void edits_add_attribute(struct edits *edits, const struct strbuf *text, const struct element *e, const char *name,
			 const char *value)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	size_t at = e->content.at - (e->self_closing ? 2 : 1);

	while (at > e->span.at && is_xml_space(text->data[at - 1]))
		at--;
	strbuf_addf(&out, " %s=\"", name);
	xml_escape(value, strlen(value), &out);
	strbuf_addc(&out, '"');
	edits_insert(edits, at, strbuf_text(&out));
}

void edits_insert_after(struct edits *edits, const struct strbuf *text, const struct element *brother,
			const struct edit_line *lines, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(freep) char *indent = indent_text(text, brother);

	add_lines(text, brother, indent, lines, n, &out);
	edits_insert(edits, brother->span.end, strbuf_text(&out));
}

/* A comment may stand before it and stays. */
static struct span space_at_end(const struct strbuf *text, struct span content)
{
	struct span space = { content.end, content.end };

	while (space.at > content.at && is_xml_space(text->data[space.at - 1]))
		space.at--;
	return space;
}

/* "/>" with the space before it. */
static struct span self_closing_end(const struct strbuf *text, const struct element *e)
{
	struct span end = { e->content.at - 2, e->content.at };

	while (end.at > e->span.at && is_xml_space(text->data[end.at - 1]))
		end.at--;
	return end;
}

static void fill_empty_parent(struct edits *edits, const struct strbuf *text, const struct element *parent,
			      const struct edit_line *lines, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(freep) char *indent = indent_text(text, parent);
	CLEANUP(freep) char *unit = indent_unit(text, parent);
	CLEANUP(freep) char *child_indent = indent ? xasprintf("%s%s", indent, unit) : NULL;

	if (parent->self_closing)
		strbuf_addc(&out, '>');
	add_lines(text, parent, child_indent, lines, n, &out);
	if (indent)
		strbuf_addf(&out, "%s%s", line_end_of(text), indent);
	if (!parent->self_closing) {
		edits_replace(edits, space_at_end(text, parent->content), strbuf_text(&out));
		return;
	}
	strbuf_addf(&out, "</%s%s%s>", parent->prefix, *parent->prefix ? ":" : "", parent->name);
	edits_replace(edits, self_closing_end(text, parent), strbuf_text(&out));
}

void edits_append_child(struct edits *edits, const struct strbuf *text, const struct element *parent,
			const struct edit_line *lines, size_t n)
{
	if (parent->last)
		edits_insert_after(edits, text, parent->last, lines, n);
	else
		fill_empty_parent(edits, text, parent, lines, n);
}

void edits_append_value(struct edits *edits, const struct strbuf *text, const struct element *parent, const char *name,
			const char *value)
{
	CLEANUP(strbuf_release) struct strbuf escaped = STRBUF_INIT;
	const char *colon = *parent->prefix ? ":" : "";
	CLEANUP(freep) char *line = NULL;

	xml_escape(value, strlen(value), &escaped);
	line = xasprintf("<%s%s%s>%s</%s%s%s>", parent->prefix, colon, name, strbuf_text(&escaped), parent->prefix, colon, name);
	edits_append_child(edits, text, parent, &(struct edit_line){ 0, line }, 1);
}

void edits_rename_element(struct edits *edits, const struct element *e, const char *name)
{
	size_t prefix = strlen(e->prefix) + (*e->prefix != '\0'), len = strlen(e->name);
	size_t open = e->span.at + 1 + prefix, close = e->content.end + 2 + prefix;

	edits_replace(edits, (struct span){ open, open + len }, name);
	if (!e->self_closing)
		edits_replace(edits, (struct span){ close, close + len }, name);
}

bool edits_merge_elements(struct edits *edits, const struct strbuf *text, const struct element *into, const struct element *from)
{
	if (into->self_closing || !into->last)
		return false;
	if (from->last) {
		CLEANUP(freep) char *children = xstrndup(text->data + from->content.at, from->last->span.end - from->content.at);

		edits_insert(edits, into->last->span.end, children);
	}
	edits_delete_element(edits, text, from);
	return true;
}

static int compare_edits(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->span.at != y->span.at)
		return x->span.at < y->span.at ? -1 : 1;
	return x->span.end < y->span.end ? -1 : x->span.end > y->span.end;
}

bool edits_sort(struct edits *edits, size_t len)
{
	size_t at = 0;

	if (edits->list.len)
		qsort(edits->list.items, edits->list.len, sizeof(edits->list.items[0]), compare_edits);
	for (size_t i = 0; i < edits->list.len; i++) {
		const struct edit *edit = &edits->list.items[i];

		if (edit->span.at < at || edit->span.end > len)
			return false;
		at = edit->span.end;
	}
	return true;
}

bool edits_apply(struct edits *edits, const struct strbuf *text, struct strbuf *ret)
{
	size_t at = 0;

	if (!edits_sort(edits, text->len))
		return false;
	for (size_t i = 0; i < edits->list.len; i++) {
		const struct edit *edit = &edits->list.items[i];

		strbuf_add(ret, text->data + at, edit->span.at - at);
		strbuf_adds(ret, edit->text);
		at = edit->span.end;
	}
	strbuf_add(ret, strbuf_text(text) + at, text->len - at);
	return true;
}
