/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/yaml_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "common/base/utf16.h"

struct builder {
	struct yaml_tree *tree;
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	struct err *err;
};

PRINTF_LIKE(5, 0)
static int fail_v(const struct yaml_tree *tree, unsigned line, unsigned column, struct err *err, const char *fmt,
		  va_list args)
{
	char text[600];

	vsnprintf(text, sizeof(text), fmt, args);
	return err_set(err, ERR_FORMAT, "%s:%u:%u: %s", tree->name, line, column, text);
}

int yaml_fail_at(const struct yaml_tree *tree, unsigned line, unsigned column, struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)fail_v(tree, line, column, err, fmt, args);
	va_end(args);
	return -1;
}

int yaml_fail(const struct yaml_tree *tree, const struct yaml_value *at, struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)fail_v(tree, at->line, at->column, err, fmt, args);
	va_end(args);
	return -1;
}

const char *yaml_cite(const char *text)
{
	static char shown[200];
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	text_show(text, strnlen(text, 60), &out);
	snprintf(shown, sizeof(shown), "%s", strbuf_text(&out));
	return shown;
}

static unsigned number(size_t n)
{
	return (unsigned)MIN(n, (size_t)1000000000) + 1;
}

#define fail_here(b, ...)                                                                                   \
	yaml_fail_at((b)->tree, number((b)->event.start_mark.line), number((b)->event.start_mark.column), (b)->err, \
		     __VA_ARGS__)

static int parser_failed(struct builder *b)
{
	yaml_mark_t mark = b->parser.problem_mark;
	const char *problem = b->parser.problem ? b->parser.problem : "this is no YAML";

	if (b->parser.error == YAML_READER_ERROR)
		return err_set(b->err, ERR_FORMAT, "%s: offset 0x%zx: %s", b->tree->name, b->parser.problem_offset, problem);
	return yaml_fail_at(b->tree, number(mark.line), number(mark.column), b->err, "%s", problem);
}

static int check_plain(struct builder *b, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fail_here(b, "anchors (&name) are not taken here");
	if (tag)
		return fail_here(b, "tags (!name) are not taken here");
	return 0;
}

static int check_event(struct builder *b)
{
	const yaml_event_t *e = &b->event;

	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return fail_here(b, "aliases (*name) are not taken here");
	case YAML_SCALAR_EVENT:
		if (strlen((const char *)e->data.scalar.value) != e->data.scalar.length)
			return fail_here(b, "a NUL character is not taken here");
		return check_plain(b, e->data.scalar.anchor, e->data.scalar.tag);
	case YAML_SEQUENCE_START_EVENT:
		return check_plain(b, e->data.sequence_start.anchor, e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return check_plain(b, e->data.mapping_start.anchor, e->data.mapping_start.tag);
	case YAML_DOCUMENT_START_EVENT:
		if (e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
			return fail_here(b, "%%TAG is not taken here");
		return 0;
	default:
		return 0;
	}
}

static void drop_event(struct builder *b)
{
	if (b->has_event)
		yaml_event_delete(&b->event);
	b->has_event = false;
}

static int next(struct builder *b)
{
	drop_event(b);
	if (!yaml_parser_parse(&b->parser, &b->event))
		return parser_failed(b);
	b->has_event = true;
	return check_event(b);
}

static struct yaml_value *new_value(struct builder *b, enum yaml_kind kind)
{
	struct yaml_value *value;

	if (++b->tree->n_values > YAML_VALUES_MAX) {
		fail_here(b, "more than %d values", YAML_VALUES_MAX);
		return NULL;
	}
	value = arena_alloc(&b->tree->arena, sizeof(*value));
	value->kind = kind;
	value->line = number(b->event.start_mark.line);
	value->column = number(b->event.start_mark.column);
	return value;
}

static struct yaml_value *build(struct builder *b, unsigned depth);

static void append(struct yaml_value *parent, struct yaml_value ***end, struct yaml_value *value)
{
	**end = value;
	*end = &value->next;
	parent->n++;
}

static struct yaml_value *build_list(struct builder *b, unsigned depth)
{
	struct yaml_value *list = new_value(b, YAML_LIST);
	struct yaml_value **end = list ? &list->first : NULL;

	while (list) {
		struct yaml_value *item;

		if (next(b) < 0)
			return NULL;
		if (b->event.type == YAML_SEQUENCE_END_EVENT)
			return list;
		item = build(b, depth + 1);
		if (!item)
			return NULL;
		append(list, &end, item);
	}
	return NULL;
}

/* A map is usually small; one that is long is looked through as often as it has keys, within the cap on values. */
static int take_key(struct builder *b, const struct yaml_value *map, struct yaml_value *ret)
{
	const char *text = (const char *)b->event.data.scalar.value;

	if (b->event.type != YAML_SCALAR_EVENT || !*text)
		return fail_here(b, "a key is wanted here");
	if (map->n >= 1000)
		return fail_here(b, "more than 1000 keys in one map");
	if (yaml_find(map, text))
		return fail_here(b, "\"%s\" is given twice", yaml_cite(text));
	ret->key = arena_text(&b->tree->arena, text, strlen(text));
	ret->key_line = number(b->event.start_mark.line);
	ret->key_column = number(b->event.start_mark.column);
	return 0;
}

static struct yaml_value *build_map(struct builder *b, unsigned depth)
{
	struct yaml_value *map = new_value(b, YAML_MAP);
	struct yaml_value **end = map ? &map->first : NULL;

	while (map) {
		struct yaml_value key = { 0 }, *value;

		if (next(b) < 0)
			return NULL;
		if (b->event.type == YAML_MAPPING_END_EVENT)
			return map;
		if (take_key(b, map, &key) < 0 || next(b) < 0)
			return NULL;
		value = build(b, depth + 1);
		if (!value)
			return NULL;
		value->key = key.key;
		value->key_line = key.key_line;
		value->key_column = key.key_column;
		append(map, &end, value);
	}
	return NULL;
}

static struct yaml_value *build(struct builder *b, unsigned depth)
{
	struct yaml_value *value;

	if (depth > YAML_DEPTH_MAX) {
		fail_here(b, "nested more than %d deep", YAML_DEPTH_MAX);
		return NULL;
	}
	if (b->event.type == YAML_SEQUENCE_START_EVENT)
		return build_list(b, depth);
	if (b->event.type == YAML_MAPPING_START_EVENT)
		return build_map(b, depth);
	value = new_value(b, YAML_TEXT);
	if (!value)
		return NULL;
	value->text = arena_text(&b->tree->arena, (const char *)b->event.data.scalar.value, b->event.data.scalar.length);
	value->shown = value->text;
	value->quoted = b->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return value;
}

static int skip_events(struct builder *b, unsigned n)
{
	while (n--)
		if (next(b) < 0)
			return -1;
	return 0;
}

static int build_stream(struct builder *b)
{
	if (skip_events(b, 2) < 0) /* the start of the stream, then of the document */
		return -1;
	if (b->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (next(b) < 0)
		return -1;
	b->tree->root = build(b, 0);
	if (!b->tree->root || skip_events(b, 2) < 0)
		return -1;
	if (b->event.type != YAML_STREAM_END_EVENT)
		return fail_here(b, "only one document is taken here");
	return 0;
}

int yaml_tree_read(const char *name, struct bytes text, struct yaml_tree *ret, struct err *err)
{
	struct builder b = { .tree = ret, .err = err };
	int result;

	*ret = (struct yaml_tree){ .name = name };
	if (text.len > YAML_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%s: larger than %u bytes", name, YAML_BYTES_MAX);
	if (!yaml_parser_initialize(&b.parser))
		return err_set(err, ERR_MEMORY, "%s: no memory for the YAML reader", name);
	yaml_parser_set_input_string(&b.parser, text.data, text.len);
	result = build_stream(&b);
	drop_event(&b);
	yaml_parser_delete(&b.parser);
	return result;
}

void yaml_tree_release(struct yaml_tree *tree)
{
	arena_release(&tree->arena);
	tree->root = NULL;
}

const struct yaml_value *yaml_find(const struct yaml_value *map, const char *key)
{
	for (const struct yaml_value *v = map->first; v; v = v->next)
		if (strcmp(v->key, key) == 0)
			return v;
	return NULL;
}
