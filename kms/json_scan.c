/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/json_scan.h"

enum { NAME_MAX_LEN = 128 };

struct level {
	bool object;
	char name[NAME_MAX_LEN]; /* of the last member in this object */
	size_t name_len;
};

struct scan {
	struct bytes file;
	size_t at;
	uint32_t line;
	unsigned depth;
	unsigned event_depth; /* 0: outside of an event */
	size_t event_start;
	struct level levels[JSON_SCAN_DEPTH_MAX];
	struct strbuf text;
	const struct json_scan_visitor *to;
	struct err *err;
};

static int wrong(const struct scan *s, const char *what)
{
	return err_at(s->err, ERR_FORMAT, s->at, "%s", what);
}

static void skip_space(struct scan *s)
{
	for (; s->at < s->file.len; s->at++) {
		uint8_t c = s->file.data[s->at];

		if (c == '\n')
			s->line++;
		else if (c != ' ' && c != '\t' && c != '\r' && c != ',')
			return;
	}
}

static bool take_hex4(const uint8_t *at, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = at[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret = value;
	return true;
}

static int take_unicode(struct scan *s)
{
	uint32_t unit, low;

	if (!bytes_holds(s->file, s->at, 4) || !take_hex4(s->file.data + s->at, &unit))
		return wrong(s, "a \\u escape without four digits");
	s->at += 4;
	if (unit >= 0xd800 && unit < 0xdc00 && bytes_holds(s->file, s->at, 6) &&
	    bytes_equal(s->file, s->at, "\\u", 2) && take_hex4(s->file.data + s->at + 2, &low) && low >= 0xdc00 &&
	    low < 0xe000) {
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		s->at += 6;
	}
	strbuf_add_codepoint(&s->text, unit);
	return 0;
}

static int take_escape(struct scan *s)
{
	static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c;

	if (s->at == s->file.len)
		return wrong(s, "the file ends inside a string");
	c = (char)s->file.data[s->at++];
	if (c == 'u')
		return take_unicode(s);
	found = c ? strchr(plain, c) : NULL;
	if (!found)
		return wrong(s, "an escape that JSON does not have");
	strbuf_addc(&s->text, means[found - plain]);
	return 0;
}

/* Behind the opening quote; the text is in s->text. */
static int take_string(struct scan *s)
{
	strbuf_clear(&s->text);
	while (s->at < s->file.len) {
		size_t start = s->at;

		while (s->at < s->file.len && s->file.data[s->at] != '"' && s->file.data[s->at] != '\\')
			s->at++;
		strbuf_add(&s->text, s->file.data + start, s->at - start);
		if (s->text.len > JSON_SCAN_OBJECT_MAX)
			return wrong(s, "a string is too long");
		if (s->at == s->file.len)
			break;
		if (s->file.data[s->at++] == '"')
			return 0;
		if (take_escape(s) < 0)
			return -1;
	}
	return wrong(s, "the file ends inside a string");
}

static void take_word(struct scan *s)
{
	size_t start = s->at;

	while (s->at < s->file.len && !strchr(",]} \t\r\n", s->file.data[s->at]))
		s->at++;
	strbuf_clear(&s->text);
	strbuf_add(&s->text, s->file.data + start, s->at - start);
}

static struct text name_at(const struct scan *s, unsigned depth)
{
	const struct level *level;

	if (depth == 0 || depth > s->depth)
		return (struct text){ "", 0 };
	level = &s->levels[depth - 1];
	return level->object ? (struct text){ level->name, level->name_len } : (struct text){ "", 0 };
}

static int tell_value(struct scan *s)
{
	if (!s->event_depth)
		return 0;
	if (s->at - s->event_start > JSON_SCAN_OBJECT_MAX)
		return wrong(s, "an event is too long");
	s->to->value(s->to->context, name_at(s, s->depth), name_at(s, s->depth - 1),
		     (struct text){ strbuf_text(&s->text), s->text.len });
	return 0;
}

static int open_level(struct scan *s, bool object)
{
	if (s->depth == JSON_SCAN_DEPTH_MAX)
		return wrong(s, "nested too deep");
	s->levels[s->depth].object = object;
	s->levels[s->depth].name_len = 0;
	s->depth++;
	if (object && !s->event_depth) {
		s->event_depth = s->depth;
		s->event_start = s->at;
		s->to->begin(s->to->context, s->at, s->line);
	}
	s->at++;
	return 0;
}

static int close_level(struct scan *s, bool object)
{
	if (s->depth == 0 || s->levels[s->depth - 1].object != object)
		return wrong(s, "a bracket closes what is not open");
	if (s->depth == s->event_depth) {
		s->to->end(s->to->context);
		s->event_depth = 0;
	}
	s->depth--;
	s->at++;
	return 0;
}

/* A string is a name when a colon follows in an object. */
static int string_or_name(struct scan *s)
{
	struct level *level = s->depth ? &s->levels[s->depth - 1] : NULL;

	s->at++;
	if (take_string(s) < 0)
		return -1;
	if (level && level->object) {
		skip_space(s);
		if (s->at < s->file.len && s->file.data[s->at] == ':') {
			s->at++;
			level->name_len = MIN(s->text.len, (size_t)NAME_MAX_LEN);
			memcpy(level->name, strbuf_text(&s->text), level->name_len);
			return 0;
		}
	}
	return tell_value(s);
}

static int take(struct scan *s)
{
	switch (s->file.data[s->at]) {
	case '{':
		return open_level(s, true);
	case '[':
		return open_level(s, false);
	case '}':
		return close_level(s, true);
	case ']':
		return close_level(s, false);
	case '"':
		return string_or_name(s);
	default:
		take_word(s);
		if (s->text.len == 0)
			return wrong(s, "this is not JSON");
		return tell_value(s);
	}
}

static int scan_all(struct scan *s)
{
	for (;;) {
		skip_space(s);
		if (s->at >= s->file.len)
			break;
		if (take(s) < 0)
			return -1;
	}
	return s->depth ? wrong(s, "the file ends inside an object or array") : 0;
}

int json_scan(struct bytes file, const struct json_scan_visitor *visitor, struct err *err)
{
	struct scan s = { .file = file, .line = 1, .to = visitor, .err = err };
	int done = scan_all(&s);

	strbuf_release(&s.text);
	return done;
}
