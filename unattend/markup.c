/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/markup.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/strbuf.h"
#include "unattend/xml_certain.h"
#include "unattend/xml_reference.h"

#define CERTAIN_MAX_LEN (1u << 20) /* libxml2 has limits of its own for names and texts; these are far away */

static const char xml_ns[] = "http://www.w3.org/XML/1998/namespace";

struct reader {
	const char *text;
	size_t len;
	size_t at;
	struct markup *m;
	struct element *open; /* innermost element that is not closed */
	struct err *err;
	bool over_limit;
	bool declaration_follows; /* text stands before <?xml */
	bool doubt;               /* libxml2 may find a fault that is not seen here */
	struct xml_glance glance;
	/* the place counted last and where its line began; places are asked for in rising order */
	size_t spot_at;
	struct spot spot;
	size_t next_line; /* where the line behind that of spot begins; past the end for none */
	bool plain_text;  /* a byte is a character, and a line ends with a line feed */
};

static size_t line_behind(const struct reader *r, size_t at)
{
	const char *newline = memchr(r->text + at, '\n', r->len - at);

	return newline ? (size_t)(newline - r->text) + 1 : SIZE_MAX;
}

static struct spot spot_of(struct reader *r, size_t at)
{
	assert(at >= r->spot_at);
	if (!r->plain_text) {
		spot_advance(r->text, r->spot_at, at, &r->spot);
		r->spot_at = at;
		return r->spot;
	}
	while (at >= r->next_line) {
		r->spot_at = r->next_line;
		r->spot = (struct spot){ r->spot.line + 1, 1 };
		r->next_line = line_behind(r, r->next_line);
	}
	r->spot.column += (uint32_t)(at - r->spot_at);
	r->spot_at = at;
	return r->spot;
}

PRINTF_LIKE(3, 4) static bool fail(struct reader *r, size_t at, const char *fmt, ...)
{
	va_list args;

	r->m->damaged = true;
	r->m->error_at = at;
	r->m->error_where = text_spot(r->text, r->len, at);
	va_start(args, fmt);
	vsnprintf(r->m->error, sizeof(r->m->error), fmt, args);
	va_end(args);
	return false;
}

PRINTF_LIKE(2, 3) static bool limit(struct reader *r, const char *fmt, ...)
{
	char text[120];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	r->over_limit = true;
	err_set(r->err, ERR_LIMIT, "line %u: %s", text_spot(r->text, r->len, r->at).line, text);
	return false;
}

static bool looking_at(const struct reader *r, const char *word)
{
	size_t len = strlen(word);

	return r->len - r->at >= len && memcmp(r->text + r->at, word, len) == 0;
}

/* Offset of word at or behind from; r->len when there is none. */
static size_t find(const struct reader *r, size_t from, const char *word)
{
	return text_find(r->text, r->len, from, word);
}

static void skip_space(struct reader *r)
{
	while (r->at < r->len && is_xml_space(r->text[r->at]))
		r->at++;
}

static bool read_name(struct reader *r, struct span *ret)
{
	size_t start = r->at, end = start;

	if (!xml_name_starts(r->text[start]))
		return fail(r, start, "a name is expected here");
	while (xml_name_goes_on(r->text[end]))
		end++;
	r->at = end;
	*ret = (struct span){ start, end };
	return true;
}

static const char *decoded(struct reader *r, struct span run, size_t *ret_len)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (ret_len)
		*ret_len = run.end - run.at;
	if (!(r->glance.ampersand && memchr(r->text + run.at, '&', run.end - run.at)) &&
	    !(r->glance.carriage_return && memchr(r->text + run.at, '\r', run.end - run.at)))
		return arena_text(&r->m->arena, r->text + run.at, run.end - run.at);
	xml_text_decode(r->text, run, &out);
	if (ret_len)
		*ret_len = out.len;
	return arena_text(&r->m->arena, strbuf_text(&out), out.len);
}

/* ---- namespaces ----------------------------------------------------------- */

static const char *lookup_ns(const struct element *e, const char *prefix)
{
	for (; e && e->n_namespaces; e = e->parent) {
		if (e->parent && e->parent->n_namespaces == e->n_namespaces)
			continue;
		for (const struct attribute *a = e->attributes; a; a = a->next) {
			if (a->name[0] != 'x')
				continue;
			if (*prefix && strncmp(a->name, "xmlns:", 6) == 0 && strcmp(a->name + 6, prefix) == 0)
				return a->value;
			if (!*prefix && strcmp(a->name, "xmlns") == 0)
				return a->value;
		}
	}
	if (strcmp(prefix, "xml") == 0)
		return xml_ns;
	return *prefix ? NULL : "";
}

static void split_name(struct reader *r, const char *full, const char **ret_prefix, const char **ret_local)
{
	const char *colon = strchr(full, ':');

	*ret_prefix = colon ? arena_text(&r->m->arena, full, (size_t)(colon - full)) : "";
	*ret_local = colon ? colon + 1 : full;
}

static void resolve_names(struct reader *r, struct element *e, const char *full)
{
	split_name(r, full, &e->prefix, &e->name);
	e->n_namespaces = (uint16_t)(e->parent ? e->parent->n_namespaces : 0);
	for (const struct attribute *a = e->attributes; a; a = a->next)
		e->n_namespaces = (uint16_t)(e->n_namespaces + (strncmp(a->name, "xmlns", 5) == 0));
	if (e->n_namespaces > MARKUP_MAX_NAMESPACES) {
		limit(r, "more than %d namespaces in effect", MARKUP_MAX_NAMESPACES);
		return;
	}
	if (e->parent && !*e->prefix && !*e->parent->prefix && e->n_namespaces == e->parent->n_namespaces)
		e->ns = e->parent->ns;
	else
		e->ns = lookup_ns(e, e->prefix);
	for (struct attribute *a = e->attributes; a; a = a->next) {
		const char *prefix;

		split_name(r, a->name, &prefix, &a->local);
		a->ns = !*prefix ? "" : strcmp(prefix, "xmlns") == 0 ? "http://www.w3.org/2000/xmlns/" : lookup_ns(e, prefix);
	}
}

/* ---- tags ------------------------------------------------------------------ */

static bool read_attribute(struct reader *r, struct attribute **ret)
{
	struct attribute *a;
	struct span name = { 0, 0 };
	size_t close;
	char quote;

	if (++r->m->n_attributes > MARKUP_MAX_ATTRIBUTES)
		return limit(r, "more than %d attributes", MARKUP_MAX_ATTRIBUTES);
	if (!read_name(r, &name))
		return false;
	a = arena_alloc(&r->m->arena, sizeof(*a));
	a->where = spot_of(r, name.at);
	a->name = arena_text(&r->m->arena, r->text + name.at, name.end - name.at);
	skip_space(r);
	if (r->at >= r->len || r->text[r->at] != '=')
		return fail(r, r->at, "attribute %.40s has no value", a->name);
	r->at++;
	skip_space(r);
	quote = r->at < r->len ? r->text[r->at] : ' ';
	if (quote != '"' && quote != '\'')
		return fail(r, r->at, "the value of attribute %.40s is not in quotes", a->name);
	close = find(r, r->at + 1, quote == '"' ? "\"" : "'");
	if (close == r->len)
		return fail(r, r->at, "the value of attribute %.40s has no closing quote", a->name);
	a->raw = (struct span){ r->at + 1, close };
	a->value_where = spot_of(r, a->raw.at);
	a->span = (struct span){ name.at, close + 1 };
	a->value = decoded(r, a->raw, NULL);
	r->doubt = r->doubt || !certain_attribute(&r->glance, r->text, a);
	r->at = close + 1;
	*ret = a; /* NOLINT(clang-analyzer-core.NullDereference): fail() never returns true, which version 14 cannot see */
	return true;
}

static bool read_attributes(struct reader *r, struct attribute **list)
{
	for (size_t n = 0;; n++) {
		size_t before = r->at;

		skip_space(r);
		if (r->at >= r->len)
			return fail(r, r->len, "the file ends inside a tag");
		if (r->text[r->at] == '>' || r->text[r->at] == '/' || r->text[r->at] == '?')
			return true;
		if (n >= MARKUP_MAX_ON_ONE)
			return limit(r, "more than %d attributes on one element", MARKUP_MAX_ON_ONE);
		if (r->at == before)
			return fail(r, r->at, "a space is missing before an attribute");
		if (!read_attribute(r, list))
			return false;
		list = &(*list)->next; /* NOLINT(clang-analyzer-core.NullDereference): as above */
	}
}

static void append_child(struct reader *r, struct element *e)
{
	struct element *parent = r->open;

	e->parent = parent;
	if (!parent) {
		r->m->root = e;
		return;
	}
	if (parent->last)
		parent->last->next = e;
	else
		parent->first = e;
	parent->last = e;
}

static bool read_open_tag(struct reader *r)
{
	struct element *e;
	struct span name = { 0, 0 };
	size_t start = r->at++;
	const char *full;

	if (!r->open && r->m->root)
		return fail(r, start, "a second root element");
	if (++r->m->n_elements > MARKUP_MAX_ELEMENTS)
		return limit(r, "more than %d elements", MARKUP_MAX_ELEMENTS);
	if (r->open && r->open->depth >= MARKUP_MAX_DEPTH)
		return limit(r, "elements nested more than %d deep", MARKUP_MAX_DEPTH);
	if (!read_name(r, &name))
		return false;
	e = arena_alloc(&r->m->arena, sizeof(*e));
	e->where = spot_of(r, start);
	e->depth = (uint16_t)(r->open ? r->open->depth + 1 : 1);
	e->value = "";
	full = arena_text(&r->m->arena, r->text + name.at, name.end - name.at);
	r->doubt = r->doubt || !certain_name(&r->glance, r->text, name);
	e->name = full;
	e->span = (struct span){ start, r->len };
	append_child(r, e);
	if (!read_attributes(r, &e->attributes))
		return false;
	r->doubt = r->doubt || !certain_attributes(e->attributes);
	resolve_names(r, e, full);
	if (r->over_limit)
		return false;
	e->self_closing = r->text[r->at] == '/';
	r->at += e->self_closing;
	if (r->at >= r->len || r->text[r->at] != '>')
		return fail(r, r->at, "the start tag of %.40s is not closed", full);
	r->at++;
	e->content = (struct span){ r->at, r->at };
	if (!e->self_closing) {
		r->open = e;
		return true;
	}
	e->span.end = r->at;
	e->closed = true;
	e->plain = true;
	e->value_where = e->where;
	return true;
}

/* The text of a leaf: runs and CDATA sections without the comments between them. */
static void read_mixed_value(struct reader *r, struct element *e)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	size_t at = e->content.at, end = e->content.end;

	while (at < end) {
		struct span run = { at, MIN(find(r, at, "<"), end) };
		size_t close;

		xml_text_decode(r->text, run, &out);
		at = run.end;
		if (at >= end)
			break;
		r->at = at;
		if (looking_at(r, "<![CDATA[")) {
			close = MIN(find(r, at, "]]>"), end);
			strbuf_add(&out, r->text + at + 9, close - at - 9);
			at = close + 3;
		} else if (looking_at(r, "<!--")) {
			at = find(r, at + 4, "-->") + 3;
		} else {
			at = find(r, at, "?>") + 2;
		}
	}
	e->value_len = out.len;
	e->value = arena_text(&r->m->arena, strbuf_text(&out), out.len);
}

static void finish_value(struct reader *r, struct element *e)
{
	size_t first = e->content.at, at = r->at;

	if (e->first) {
		e->value_where = e->where;
		return;
	}
	e->has_stray = false;
	while (first < e->content.end && is_xml_space(r->text[first]))
		first++;
	first = first < e->content.end ? first : e->content.at;
	if (first >= r->spot_at) {
		e->value_where = spot_of(r, first);
	} else {
		e->value_where = e->where;
		spot_advance(r->text, e->span.at, first, &e->value_where);
	}
	e->plain = !memchr(r->text + e->content.at, '<', e->content.end - e->content.at);
	if (e->plain)
		e->value = decoded(r, e->content, &e->value_len);
	else
		read_mixed_value(r, e);
	r->at = at;
}

static bool read_close_tag(struct reader *r)
{
	struct element *e = r->open;
	size_t start = r->at;
	struct span name = { 0, 0 };

	if (!e)
		return fail(r, start, "an end tag without a start tag");
	r->at += 2;
	if (!read_name(r, &name))
		return false;
	skip_space(r);
	if (r->at >= r->len || r->text[r->at] != '>')
		return fail(r, r->at, "the end tag is not closed");
	r->at++;
	if (memcmp(r->text + e->span.at + 1, r->text + name.at, name.end - name.at) != 0 ||
	    xml_name_goes_on(r->text[e->span.at + 1 + name.end - name.at]))
		return fail(r, start, "</%.*s> closes <%s%s%.40s> of line %u", (int)MIN(name.end - name.at, 40),
			    r->text + name.at, e->prefix, *e->prefix ? ":" : "", e->name, e->where.line);
	e->content.end = start;
	finish_value(r, e);
	e->span.end = r->at;
	e->closed = true;
	r->open = e->parent;
	return true;
}

/* ---- everything that is no element ---------------------------------------- */

static bool read_comment(struct reader *r)
{
	size_t start = r->at, close = find(r, start + 4, "-->"), hyphens;
	struct comment *c;

	if (close == r->len)
		return fail(r, start, "a comment is not closed");
	if (r->m->comments.len >= MARKUP_MAX_COMMENTS)
		return limit(r, "more than %d comments", MARKUP_MAX_COMMENTS);
	c = vec_add(&r->m->comments);
	c->span = (struct span){ start, close + 3 };
	c->where = spot_of(r, start);
	c->parent = r->open;
	hyphens = find(r, start + 4, "--");
	if (hyphens < close)
		c->double_hyphen = hyphens;
	else if (close > start + 4 && r->text[close - 1] == '-')
		c->double_hyphen = close - 1;
	if (c->double_hyphen)
		c->double_hyphen_where = spot_of(r, c->double_hyphen);
	r->doubt = r->doubt || c->double_hyphen;
	r->at = close + 3;
	return true;
}

/* <!DOCTYPE ...> with an internal subset in [ ]; quotes may hide both brackets. */
static bool read_doctype(struct reader *r)
{
	size_t start = r->at;
	bool subset = false;
	char quote = 0;

	r->m->has_doctype = true;
	r->m->doctype_where = spot_of(r, start);
	for (r->at += 2; r->at < r->len; r->at++) {
		char c = r->text[r->at];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '[' || c == ']')
			subset = c == '[';
		else if (c == '>' && !subset)
			break;
	}
	r->m->doctype = (struct span){ start, MIN(r->at + 1, r->len) };
	if (r->at++ >= r->len)
		return fail(r, start, "<!DOCTYPE is not closed");
	return true;
}

static bool read_declaration(struct reader *r)
{
	struct attribute *attributes = NULL;

	r->m->has_declaration = true;
	r->m->declaration = r->at;
	r->at += 5;
	if (!read_attributes(r, &attributes))
		return false;
	for (const struct attribute *a = attributes; a; a = a->next)
		if (strcmp(a->name, "encoding") == 0)
			r->m->encoding = a->raw;
	if (!looking_at(r, "?>"))
		return fail(r, r->at, "the XML declaration is not closed");
	r->doubt = r->doubt || !certain_declaration(attributes);
	r->at += 2;
	return true;
}

static bool read_instruction(struct reader *r)
{
	size_t close = find(r, r->at, "?>");

	if (close == r->len)
		return fail(r, r->at, "a processing instruction is not closed");
	r->doubt = true;
	r->at = close + 2;
	return true;
}

static bool read_cdata(struct reader *r)
{
	size_t close = find(r, r->at, "]]>");

	if (!r->open)
		return fail(r, r->at, "text outside the root element");
	if (close == r->len)
		return fail(r, r->at, "a CDATA section is not closed");
	r->at = close + 3;
	return true;
}

static bool is_declaration(const struct reader *r)
{
	return looking_at(r, "<?xml") && r->at + 5 < r->len && is_xml_space(r->text[r->at + 5]);
}

/* What begins with "<!" or "<?". */
static bool read_other(struct reader *r)
{
	if (looking_at(r, "<!--"))
		return read_comment(r);
	if (looking_at(r, "<![CDATA["))
		return read_cdata(r);
	if (looking_at(r, "<!DOCTYPE") && !r->m->root)
		return read_doctype(r);
	if (is_declaration(r) && !r->m->has_declaration && !r->m->root)
		return read_declaration(r);
	if (looking_at(r, "<?"))
		return read_instruction(r);
	return fail(r, r->at, "this is no XML construct");
}

static bool read_markup(struct reader *r)
{
	switch (r->text[r->at + 1]) {
	case '/':
		return read_close_tag(r);
	case '!':
	case '?':
		return read_other(r);
	default:
		return read_open_tag(r);
	}
}

static bool read_text(struct reader *r)
{
	size_t end = find(r, r->at, "<");

	r->doubt = r->doubt || !certain_text(&r->glance, r->text, (struct span){ r->at, end });
	for (; r->at < end; r->at++) {
		char c = r->text[r->at];

		if (is_xml_space(c))
			continue;
		/* Text before the declaration is a finding of its own; the rest can be read. */
		if (!r->m->root && !r->m->has_declaration && !r->declaration_follows)
			r->declaration_follows = find(r, r->at, "<?xml ") < r->len;
		if (!r->m->root && !r->m->has_declaration && r->declaration_follows)
			break;
		if (!r->open)
			return fail(r, r->at, "text outside the root element");
		if (!r->open->has_stray)
			r->open->stray_at = r->at;
		r->open->has_stray = true;
		break;
	}
	r->at = end;
	return true;
}

static bool find_nul(struct reader *r)
{
	const char *nul = r->glance.nul ? memchr(r->text, '\0', r->len) : NULL;

	return !nul || fail(r, (size_t)(nul - r->text), "a NUL character");
}

int markup_read(const char *text, size_t len, struct markup *ret, struct err *err)
{
	struct reader r = { .text = text, .len = len, .m = ret, .err = err, .spot = { 1, 1 }, .glance = xml_glance(text, len) };

	*ret = (struct markup){ .error_at = 0 };
	r.doubt = r.glance.control || len > CERTAIN_MAX_LEN;
	r.plain_text = !r.glance.high && !r.glance.lone_return;
	r.next_line = line_behind(&r, 0);
	if (!find_nul(&r))
		return 0;
	while (r.at < len && !ret->damaged && !r.over_limit)
		(void)(text[r.at] == '<' ? read_markup(&r) : read_text(&r));
	if (r.over_limit)
		return -1;
	if (!ret->damaged && r.open)
		fail(&r, len, "<%.40s> of line %u is not closed", r.open->name, r.open->where.line);
	if (!ret->damaged && !ret->root)
		fail(&r, len, "no root element");
	ret->well_formed = !r.doubt && !ret->damaged && !ret->has_doctype;
	return 0;
}

void markup_release(struct markup *markup)
{
	arena_release(&markup->arena);
	vec_release(&markup->comments);
}

const struct attribute *element_attribute(const struct element *e, const char *name)
{
	return element_attribute_ns(e, "", name);
}

const struct attribute *element_attribute_ns(const struct element *e, const char *ns, const char *local)
{
	for (const struct attribute *a = e->attributes; a; a = a->next)
		if (a->ns && a->local && a->local[0] == local[0] && strcmp(a->local, local) == 0 && strcmp(a->ns, ns) == 0)
			return a;
	return NULL;
}
