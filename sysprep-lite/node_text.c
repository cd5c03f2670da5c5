/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/node_text.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "common/base/vec.h"

/* In one block of lines, or one row of a table. */
struct found {
	VEC(struct guid) guids;
	char *node;
};

struct reading {
	node_adapter_fn fn;
	void *context;
	struct found found;
	size_t guid_at, node_at; /* columns of the table, SIZE_MAX when it has none */
	bool in_table;
};

static void decode(struct bytes raw, struct strbuf *ret)
{
	if (bytes_equal(raw, 0, "\xff\xfe", 2)) {
		utf16le_to_text(bytes_from(raw, 2), ret);
	} else if (bytes_equal(raw, 0, "\xfe\xff", 2)) {
		CLEANUP(strbuf_release) struct strbuf swapped = STRBUF_INIT;

		for (size_t at = 2; at + 2 <= raw.len; at += 2) {
			strbuf_addc(&swapped, (char)raw.data[at + 1]);
			strbuf_addc(&swapped, (char)raw.data[at]);
		}
		utf16le_to_text(bytes_of(swapped.data, swapped.len), ret);
	} else {
		struct bytes text = bytes_equal(raw, 0, "\xef\xbb\xbf", 3) ? bytes_from(raw, 3) : raw;

		strbuf_add(ret, text.data, text.len);
	}
}

static bool is_one_of(const char *name, size_t len, const char *const *names)
{
	for (; *names; names++)
		if (strlen(*names) == len && strncasecmp(name, *names, len) == 0)
			return true;
	return false;
}

static const char *const guid_names[] = { "GUID", "InterfaceGuid", NULL };
static const char *const node_names[] = { "PSComputerName", "SystemName", "__SERVER", NULL };

/* The words of all adapters collected go to the machine that the same block names. */
static void end_block(struct reading *r)
{
	for (size_t i = 0; i < r->found.guids.len; i++)
		r->fn(r->context, r->found.node, &r->found.guids.items[i]);
	r->found.guids.len = 0;
	free(r->found.node);
	r->found.node = NULL;
}

static void take_node(struct reading *r, const char *value, size_t len)
{
	if (!len || r->found.node)
		return;
	r->found.node = xstrndup(value, len);
}

static void take_guid(struct reading *r, const char *value, size_t len)
{
	CLEANUP(freep) char *copy = xstrndup(value, len);
	struct guid guid;

	if (guid_parse_all(copy, &guid))
		*vec_add(&r->found.guids) = guid;
}

/* "Name : value" */
static void take_property(struct reading *r, const char *line)
{
	const char *colon = strchr(line, ':'), *value;
	size_t len = strcspn(line, " \t:");

	if (!colon)
		return;
	value = colon + 1 + strspn(colon + 1, " \t");
	if (is_one_of(line, len, guid_names))
		take_guid(r, value, strcspn(value, " \t"));
	else if (is_one_of(line, len, node_names))
		take_node(r, value, strcspn(value, " \t"));
}

/* The place of a word of a table's head, which is not followed by a colon. */
static size_t column_of(const char *line, const char *const *names)
{
	for (const char *word = line; *(word += strspn(word, " \t"));) {
		size_t len = strcspn(word, " \t");

		if (is_one_of(word, len, names))
			return (size_t)(word - line);
		word += len;
	}
	return SIZE_MAX;
}

static bool is_rule(const char *line)
{
	return *line && strspn(line, "- \t") == strlen(line) && strchr(line, '-');
}

/* The word that stands in a column; what is wider than its column was cut by PowerShell. */
static const char *word_at(const char *line, size_t at, size_t *len)
{
	size_t end = strlen(line);
	const char *word = line + MIN(at, end);

	word += strspn(word, " \t");
	*len = strcspn(word, " \t");
	return word;
}

static void take_row(struct reading *r, const char *line)
{
	size_t len;
	const char *word = word_at(line, r->guid_at, &len);

	take_guid(r, word, len);
	if (r->node_at != SIZE_MAX) {
		word = word_at(line, r->node_at, &len);
		take_node(r, word, len);
	}
	end_block(r);
}

static void take_line(struct reading *r, const char *line, const char *next)
{
	const char *text = line + strspn(line, " \t");

	if (!*text) {
		end_block(r);
		r->in_table = false;
	} else if (is_rule(next) && column_of(line, guid_names) != SIZE_MAX) {
		r->guid_at = column_of(line, guid_names);
		r->node_at = column_of(line, node_names);
		r->in_table = true;
	} else if (r->in_table) {
		if (!is_rule(line))
			take_row(r, line);
	} else {
		take_property(r, text);
	}
}

void node_text_read(struct bytes raw, node_adapter_fn fn, void *context)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct reading r = { .fn = fn, .context = context };
	char *rest, *line, *next;

	decode(raw, &text);
	for (size_t i = 0; i < text.len; i++)
		if (!text.data[i] || text.data[i] == '\r')
			text.data[i] = ' ';
	rest = text.len ? text.data : NULL;
	for (line = strsep(&rest, "\n"); line; line = next) {
		next = strsep(&rest, "\n");
		take_line(&r, line, next ? next : "");
	}
	end_block(&r);
	vec_release(&r.found.guids);
}
