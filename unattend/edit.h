/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes of a text that leave everything else as it is: indentation, line
 * ends, comments, order of attributes. Edits are collected against one text
 * and applied in one go; positions are offsets in that text.
 */
#pragma once

#include "common/base/strbuf.h"
#include "unattend/markup.h"

struct edit {
	struct span span; /* what goes away; empty for an insertion */
	char *text;       /* what comes in its place */
};

struct edits {
	VEC(struct edit) list;
};

/* A line of new XML and how deep it stands below the first one. */
struct edit_line {
	unsigned depth;
	const char *text;
};

void edits_release(struct edits *edits);
void edits_replace(struct edits *edits, struct span span, const char *text);
void edits_insert(struct edits *edits, size_t at, const char *text);

/* Removes an element, with its line when it stands alone on it. */
void edits_delete_element(struct edits *edits, const struct strbuf *text, const struct element *e);

/* Removes an attribute and the space before it. */
void edits_delete_attribute(struct edits *edits, const struct strbuf *text, const struct attribute *a);

/* Gives an element without children another value; XML characters are escaped. */
void edits_set_value(struct edits *edits, const struct element *e, const char *value);

/* Adds name="value" as last attribute. */
void edits_add_attribute(struct edits *edits, const struct strbuf *text, const struct element *e, const char *name,
			 const char *value);

/* New last child, indented as its brothers are. */
void edits_append_child(struct edits *edits, const struct strbuf *text, const struct element *parent,
			const struct edit_line *lines, size_t n);

/* New last child with a value, with the prefix of its parent. */
void edits_append_value(struct edits *edits, const struct strbuf *text, const struct element *parent, const char *name,
			const char *value);

/* Other names in the start tag and the end tag; the prefix stays. */
void edits_rename_element(struct edits *edits, const struct element *e, const char *name);

/* The children of one element, as they are written, behind those of another, and the first one goes. False: cannot be done. */
bool edits_merge_elements(struct edits *edits, const struct strbuf *text, const struct element *into, const struct element *from);

/* New element behind another, indented as that one is. */
void edits_insert_after(struct edits *edits, const struct strbuf *text, const struct element *brother,
			const struct edit_line *lines, size_t n);

/* Into rising order; false when two touch the same place or one is beyond len. */
bool edits_sort(struct edits *edits, size_t len);

/* Appends the changed text; false when two edits touch the same place. */
bool edits_apply(struct edits *edits, const struct strbuf *text, struct strbuf *ret);

void xml_escape(const char *value, size_t len, struct strbuf *ret);
