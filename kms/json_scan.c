/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/json_scan.h"

#include "kms/text_scan.h"

enum { NAME_MAX_LEN = 128 };

struct level {
	bool object;
	bool named;              /* the name of a value has been read, its value not yet */
	struct text name;        /* of the last member in this object; lends from the file or from copy */
	char copy[NAME_MAX_LEN];
};

struct run {
	struct json_scan *scan;
	const char *at, *end;
	unsigned depth;
	size_t event_start;
	struct text text; /* of the scalar at hand */
	struct err *err;
	struct level levels[JSON_SCAN_DEPTH_MAX];
};

static size_t offset_of(const struct run *r)
{
	return (size_t)(r->at - (const char *)r->scan->file.data);
}

static int wrong(const struct run *r, const char *what)
{
	return err_at(r->err, ERR_FORMAT, r->scan->file.offset + offset_of(r), "%s", what);
}

static inline void skip_space(struct run *r)
{
	for (; r->at < r->end; r->at++) {
		char c = *r->at;

		if (c == '\n')
			r->scan->line++;
		else if (c != ' ' && c != '\t' && c != '\r' && c != ',')
			return;
	}
}

static bool take_hex4(const char *at, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t digit = (uint8_t)(at[i] - '0'), letter = (uint8_t)((at[i] | 0x20) - 'a');

		if (digit <= 9)
			value = value << 4 | digit;
		else if (letter <= 5)
			value = value << 4 | (letter + 10U);
		else
			return false;
	}
	*ret = value;
	return true;
}

static int take_unicode(struct run *r)
{
	uint32_t unit, low;

	if (r->end - r->at < 4 || !take_hex4(r->at, &unit))
		return wrong(r, "a \\u escape without four digits");
	r->at += 4;
	if (unit >= 0xd800 && unit < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u' &&
	    take_hex4(r->at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		r->at += 6;
	}
	strbuf_add_codepoint(&r->scan->text, unit);
	return 0;
}

static int take_escape(struct run *r)
{
	static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c;

	if (r->at == r->end)
		return wrong(r, "the file ends inside a string");
	c = *r->at++;
	if (c == 'u')
		return take_unicode(r);
	found = c ? strchr(plain, c) : NULL;
	if (!found)
		return wrong(r, "an escape that JSON does not have");
	strbuf_addc(&r->scan->text, means[found - plain]);
	return 0;
}

/* Behind the opening quote. A text without escapes lends from the file. */
static int take_string(struct run *r)
{
	struct strbuf *text = &r->scan->text;
	const char *start = r->at;
	bool copied = false;

	for (;;) {
		const char *stop = text_find3(r->at, r->end, '"', '\\', '\n');

		if ((size_t)(stop - start) > JSON_SCAN_OBJECT_MAX)
			return wrong(r, "a string is too long");
		if (copied)
			strbuf_add(text, r->at, (size_t)(stop - r->at));
		if (stop == r->end || *stop == '\n') {
			r->at = stop;
			return wrong(r, stop == r->end ? "the file ends inside a string" : "a line ends inside a string");
		}
		r->at = stop + 1;
		if (*stop == '"') {
			r->text = copied ? (struct text){ strbuf_text(text), text->len } :
					   (struct text){ start, (size_t)(stop - start) };
			return 0;
		}
		if (!copied) {
			strbuf_clear(text);
			strbuf_add(text, start, (size_t)(stop - start));
			copied = true;
		}
		if (take_escape(r) < 0)
			return -1;
	}
}

static bool ends_word(char c)
{
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '"' || c == '{' ||
	       c == '[' || c == ':';
}

static int take_word(struct run *r)
{
	const char *start = r->at;

	while (r->at < r->end && !ends_word(*r->at))
		r->at++;
	r->text = (struct text){ start, (size_t)(r->at - start) };
	return r->at == start ? wrong(r, "this is not JSON") : 0;
}

static struct text name_at(const struct run *r, unsigned depth)
{
	if (depth == 0 || !r->levels[depth - 1].object)
		return (struct text){ "", 0 };
	return r->levels[depth - 1].name;
}

/* A value in an object has a name. */
static int check_named(struct run *r)
{
	struct level *level = &r->levels[r->depth - 1];

	if (level->object && !level->named)
		return wrong(r, "a value without a name");
	level->named = false;
	return 0;
}

static int tell_value(struct run *r)
{
	if (check_named(r) < 0)
		return -1;
	if (offset_of(r) - r->event_start > JSON_SCAN_OBJECT_MAX)
		return wrong(r, "an event is too long");
	r->scan->value_end = r->at;
	r->scan->to->value(r->scan->to->context, name_at(r, r->depth), name_at(r, r->depth - 1), r->text);
	return 0;
}

static int open_level(struct run *r, bool object)
{
	struct level *level;

	if (r->depth && check_named(r) < 0)
		return -1;
	if (r->depth == JSON_SCAN_DEPTH_MAX)
		return wrong(r, "nested too deep");
	level = &r->levels[r->depth++];
	level->object = object;
	level->named = false;
	level->name.len = 0;
	r->at++;
	return 0;
}

static int close_level(struct run *r, bool object)
{
	if (r->levels[r->depth - 1].object != object)
		return wrong(r, "a bracket closes what is not open");
	r->depth--;
	r->at++;
	return 0;
}

/* What lends from the scan's buffer is copied: the next string will be there. */
static void set_name(struct run *r, struct level *level)
{
	level->named = true;
	level->name = r->text;
	if (r->text.data != r->scan->text.data)
		return;
	level->name.len = MIN(r->text.len, (size_t)NAME_MAX_LEN);
	memcpy(level->copy, r->text.data, level->name.len);
	level->name.data = level->copy;
}

/* A string is a name when a colon follows in an object. */
static int string_or_name(struct run *r)
{
	struct level *level = &r->levels[r->depth - 1];

	r->at++;
	if (take_string(r) < 0)
		return -1;
	if (!level->object || level->named)
		return tell_value(r);
	skip_space(r);
	if (r->at == r->end || *r->at != ':')
		return wrong(r, "a name without a value");
	r->at++;
	set_name(r, level);
	return 0;
}

static int take(struct run *r)
{
	switch (*r->at) {
	case '{':
		return open_level(r, true);
	case '[':
		return open_level(r, false);
	case '}':
		return close_level(r, true);
	case ']':
		return close_level(r, false);
	case '"':
		return string_or_name(r);
	default:
		return take_word(r) < 0 ? -1 : tell_value(r);
	}
}

/* From the brace of an outermost object to the one that closes it. */
static int take_object(struct run *r)
{
	const char *start, *end;

	r->event_start = offset_of(r);
	r->scan->to->begin(r->scan->to->context, r->scan->file.offset + r->event_start, r->scan->line);
	do {
		if (take(r) < 0)
			return -1;
		end = r->at;
		skip_space(r);
		if (r->depth && r->at == r->end)
			return wrong(r, "the file ends inside an object");
	} while (r->depth);
	start = (const char *)r->scan->file.data + r->event_start;
	r->scan->to->end(r->scan->to->context, (struct text){ start, (size_t)(end - start) });
	return 0;
}

/* Brackets and scalars outside of objects say nothing. */
static int skip_outside(struct run *r)
{
	if (*r->at == '[' || *r->at == ']') {
		r->at++;
		return 0;
	}
	if (*r->at != '"')
		return take_word(r);
	r->at++;
	return take_string(r);
}

static bool is_known(struct run *r)
{
	const struct json_scan_visitor *to = r->scan->to;
	const char *end = to->known ? to->known(to->context, r->at, r->end, &r->scan->line) : NULL;

	if (end)
		r->at = end;
	return end != NULL;
}

static int run(struct run *r, const char *stop)
{
	for (;;) {
		skip_space(r);
		if (r->at == r->end || (*r->at == '{' && r->at >= stop))
			return 0;
		if (*r->at == '{' && is_known(r))
			continue;
		if ((*r->at == '{' ? take_object(r) : skip_outside(r)) < 0)
			return -1;
	}
}

int json_scan_run(struct json_scan *scan, size_t stop, struct err *err)
{
	const char *file = (const char *)scan->file.data;
	struct run r = { .scan = scan, .at = file + scan->at, .end = file + scan->file.len, .err = err };
	int done;

	done = run(&r, file + MIN(stop, scan->file.len));
	scan->at = offset_of(&r);
	return done;
}

void json_scan_release(struct json_scan *scan)
{
	strbuf_release(&scan->text);
}
