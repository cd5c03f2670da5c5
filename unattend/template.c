/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/template.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 4096 /* longer values are scripts, not names */
#define MARK_MAX 4096  /* from its opening to its end */

const char *const template_names[] = { "auto", "none", "jinja", "hcl", "erb", NULL }; /* enum template_mode */

/* ---- marks of the languages -------------------------------------------------- */

enum mark_kind { MARK_VALUE, MARK_DIRECTIVE, MARK_COMMENT };

struct mark {
	enum mark_kind kind;
	struct span span;
};

struct mark_form {
	enum template_mode mode;
	const char *open;
	const char *close;
	enum mark_kind kind;
	bool nested;       /* braces inside belong to it */
	bool by_keyword;   /* a directive when a keyword follows; else a value */
	const char *escape; /* the letter before, or for ERB behind, that makes it text */
};

/* Of forms with the same beginning the longer one comes first. */
static const struct mark_form forms[] = {
	{ TEMPLATE_JINJA, "{{", "}}", MARK_VALUE, false, false, NULL },
	{ TEMPLATE_JINJA, "{%", "%}", MARK_DIRECTIVE, false, false, NULL },
	{ TEMPLATE_JINJA, "{#", "#}", MARK_COMMENT, false, false, NULL },
	{ TEMPLATE_HCL, "${", "}", MARK_VALUE, true, false, "$" },
	{ TEMPLATE_HCL, "%{", "}", MARK_DIRECTIVE, true, false, "%" },
	{ TEMPLATE_HCL, "{{", "}}", MARK_VALUE, false, true, NULL },
	{ TEMPLATE_ERB, "<%=", "%>", MARK_VALUE, false, false, NULL },
	{ TEMPLATE_ERB, "<%#", "%>", MARK_COMMENT, false, false, NULL },
	{ TEMPLATE_ERB, "<%", "%>", MARK_DIRECTIVE, false, false, NULL },
};

static bool begins(const char *text, size_t len, size_t at, const char *word)
{
	size_t word_len = strlen(word);

	return len - at >= word_len && memcmp(text + at, word, word_len) == 0;
}

static bool keyword_follows(const char *text, size_t len, size_t at)
{
	static const char *const words[] = { "if", "else", "elif", "elsif", "endif", "for", "endfor", "end",
					     "unless", "each", "range", "with", "foreach" };
	size_t n = 0;

	while (at < len && strchr(" -~#/=", text[at]) && text[at])
		at++;
	while (at + n < len && isalpha((unsigned char)text[at + n]))
		n++;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n && memcmp(words[i], text + at, n) == 0)
			return true;
	return false;
}

/* The offset behind the mark, 0 when it does not end. */
static size_t mark_end(const struct mark_form *form, const char *text, size_t len, size_t at)
{
	size_t limit = MIN(len, at + MARK_MAX), depth = 0;
	char quote = 0;

	for (size_t i = at + strlen(form->open); i < limit; i++) {
		if (form->nested && (text[i] == '"' || quote)) {
			quote = text[i] == '"' && text[i - 1] != '\\' ? (char)(quote ? 0 : '"') : quote;
			continue;
		}
		if (!depth && begins(text, len, i, form->close))
			return i + strlen(form->close);
		if (form->nested)
			depth += (size_t)(text[i] == '{') - (size_t)(text[i] == '}');
	}
	return 0;
}

static bool is_escaped(const struct mark_form *form, const char *text, size_t len, size_t at)
{
	if (form->mode == TEMPLATE_ERB)
		return begins(text, len, at, "<%%");
	return form->escape && at > 0 && text[at - 1] == *form->escape;
}

/* A walk over the marks of one language. */
struct mark_walk {
	enum template_mode mode;
	const char *text;
	size_t len;
	size_t at;
	size_t blocked[ARRAY_SIZE(forms)]; /* a mark of the form has no end before this offset */
};

static bool mark_at(struct mark_walk *walk, size_t i, struct mark *ret)
{
	const struct mark_form *form = &forms[i];
	size_t end;

	if (walk->at < walk->blocked[i] || !begins(walk->text, walk->len, walk->at, form->open) ||
	    is_escaped(form, walk->text, walk->len, walk->at))
		return false;
	end = mark_end(form, walk->text, walk->len, walk->at);
	if (!end) {
		walk->blocked[i] = walk->at + MARK_MAX;
		return false;
	}
	ret->kind = form->kind;
	ret->span = (struct span){ walk->at, end };
	if (form->by_keyword && keyword_follows(walk->text, walk->len, walk->at + strlen(form->open)))
		ret->kind = MARK_DIRECTIVE;
	return true;
}

static bool next_mark(struct mark_walk *walk, struct mark *ret)
{
	for (; walk->at + 2 < walk->len; walk->at++) {
		if (!strchr("{$%<", walk->text[walk->at]) || !walk->text[walk->at])
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
			if (forms[i].mode == walk->mode && mark_at(walk, i, ret)) {
				walk->at = ret->span.end;
				return true;
			}
	}
	return false;
}

/* ---- without a named language: what looks like one ---------------------------- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "${x}" but not the "${env:x}" of PowerShell. */
static bool has_dollar_brace(const char *text, size_t len)
{
	const char *at = text;

	while ((at = memmem(at, len - (size_t)(at - text), "${", 2))) {
		size_t rest = len - (size_t)(at - text) - 2;

		at += 2;
		if (memchr(at, '}', rest) && !(rest >= 4 && strncasecmp(at, "env:", 4) == 0))
			return true;
	}
	return false;
}

/* mark NAME mark, where NAME has at least two capital letters, digits or underscores. */
static bool has_marked_name(const char *text, size_t len, const char *mark)
{
	size_t mark_len = strlen(mark);
	const char *at = text;

	while ((at = memmem(at, len - (size_t)(at - text), mark, mark_len))) {
		const char *name = at += mark_len;
		size_t letters = 0;

		while (at < text + len && (isupper((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '_') &&
		       strncmp(at, mark, mark_len) != 0)
			letters += isupper((unsigned char)*at++) != 0;
		if (letters >= 2 && (size_t)(text + len - at) >= mark_len && memcmp(at, mark, mark_len) == 0)
			return true;
		at = name;
	}
	return false;
}

static bool is_percent_name(const char *text, size_t len)
{
	static const char *const windows[] = { "systemroot", "systemdrive", "windir", "temp", "programdata", "userprofile",
					       "programfiles", "computername", "username", "public", "comspec" };

	if (len < 5 || text[0] != '%' || text[len - 1] != '%')
		return false;
	for (size_t i = 1; i + 1 < len; i++)
		if (!is_word(text[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
		if (strlen(windows[i]) == len - 2 && strncasecmp(windows[i], text + 1, len - 2) == 0)
			return false;
	return true;
}

/* "$Name$" or "[NAME]" as the whole value. */
static bool is_framed_name(const char *text, size_t len)
{
	bool dollars = len > 3 && text[0] == '$' && text[len - 1] == '$';
	bool script = len > 3 && text[0] == '$' && text[1] == '(' && text[len - 1] == ')';
	bool brackets = len > 3 && text[0] == '[' && text[len - 1] == ']';

	for (size_t i = 1; (dollars || brackets) && i + 1 < len; i++)
		if (!is_word(text[i]) || (brackets && islower((unsigned char)text[i])))
			return false;
	return dollars || brackets || script;
}

/* "CFG_LOCALE_MULTI": capitals with two underscores or more, as sed scripts replace them. */
static bool is_capital_name(const char *text, size_t len)
{
	size_t underscores = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isupper((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) && text[i] != '_')
			return false;
		underscores += text[i] == '_';
	}
	return underscores >= 2 && len >= 6 && isupper((unsigned char)text[0]);
}

/* One of the letters without which no template expression is written. */
static bool has_sign(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		switch (text[i]) {
		case '{': case '<': case '@': case '_': case '%': case '$': case '[':
			return true;
		default:
			break;
		}
	return false;
}

static bool contains(const char *text, size_t len, const char *word)
{
	return text_find(text, len, 0, word) < len;
}

static bool looks_like_value(const char *value, size_t len)
{
	if (len > VALUE_MAX || !has_sign(value, len))
		return false;
	return has_dollar_brace(value, len) || (contains(value, len, "{{") && contains(value, len, "}}")) ||
	       (contains(value, len, "{%") && contains(value, len, "%}")) || contains(value, len, "<%=") ||
	       has_marked_name(value, len, "@") || has_marked_name(value, len, "__") || is_percent_name(value, len) ||
	       is_framed_name(value, len) || is_capital_name(value, len);
}

static size_t looks_like_directive(const char *text, size_t len)
{
	static const char *const openers[] = { "%{", "{%", "{{", "<%", "<#" };
	size_t best = len;

	for (size_t i = 0; i < ARRAY_SIZE(openers); i++) {
		for (size_t at = text_find(text, best, 0, openers[i]); at < best; at = text_find(text, best, at + 2, openers[i]))
			/* "<%" is never XML; the others need a keyword to be told from commands */
			if (strcmp(openers[i], "<%") == 0 ? !begins(text, len, at, "<%=") : keyword_follows(text, len, at + 2))
				best = at;
	}
	return best;
}

/* ---- what others ask ----------------------------------------------------------- */

bool template_in_value(enum template_mode mode, const char *value, size_t len)
{
	struct mark_walk walk = { .mode = mode, .text = value, .len = len };
	struct mark mark;

	if (mode == TEMPLATE_NONE)
		return false;
	return mode == TEMPLATE_AUTO ? looks_like_value(value, len) : next_mark(&walk, &mark);
}

size_t template_directive(enum template_mode mode, const char *text, size_t len)
{
	struct mark_walk walk = { .mode = mode, .text = text, .len = len };
	struct mark mark;

	if (mode == TEMPLATE_NONE)
		return len;
	if (mode == TEMPLATE_AUTO)
		return looks_like_directive(text, len);
	while (next_mark(&walk, &mark))
		if (mark.kind == MARK_DIRECTIVE)
			return mark.span.at;
	return len;
}

/* Behind the mark of any of the languages of mode that begins at that offset; the offset itself when none does. */
static size_t behind_mark(enum template_mode mode, const char *text, size_t len, size_t at)
{
	struct mark_walk walk = { .text = text, .len = len, .at = at };
	struct mark mark;

	for (size_t i = 0; at < len && i < ARRAY_SIZE(forms); i++)
		if ((mode == TEMPLATE_AUTO || mode == forms[i].mode) && mark_at(&walk, i, &mark))
			return mark.span.end;
	return at;
}

bool template_begins(enum template_mode mode, const char *text, size_t len, size_t at)
{
	return behind_mark(mode, text, len, at) > at;
}

bool template_covers(enum template_mode mode, const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t end = is_xml_space(text[at]) ? at + 1 : behind_mark(mode, text, len, at);

		if (end == at)
			return false;
		at = end;
	}
	return true;
}

static bool breaks_xml(char c)
{
	return c == '<' || c == '>' || c == '&' || c == '"' || c == '\'';
}

static bool calm_mark(struct strbuf *text, size_t start, const struct mark *mark)
{
	char *data = text->data + start + mark->span.at;
	size_t len = mark->span.end - mark->span.at;
	bool changed = false;

	if (data[0] == '<') {
		data[0] = '{';
		data[len - 1] = '}';
		changed = true;
	}
	for (size_t i = 0; i < len; i++)
		if (breaks_xml(data[i])) {
			data[i] = ' ';
			changed = true;
		}
	return changed;
}

static bool calm_language(enum template_mode mode, struct strbuf *text, size_t start)
{
	struct mark_walk walk = { .mode = mode, .text = text->data + start, .len = text->len - start };
	struct mark mark;
	bool changed = false;

	while (next_mark(&walk, &mark))
		changed = calm_mark(text, start, &mark) || changed;
	return changed;
}

bool template_calm(enum template_mode mode, const char *text, size_t len, struct strbuf *ret)
{
	size_t start = ret->len;
	bool changed = false;

	if (mode == TEMPLATE_NONE)
		return false;
	strbuf_add(ret, text, len);
	for (enum template_mode m = TEMPLATE_JINJA; m <= TEMPLATE_ERB; m++)
		if (mode == TEMPLATE_AUTO || mode == m)
			changed = calm_language(m, ret, start) || changed;
	if (changed)
		return true;
	ret->len = start;
	ret->data[start] = '\0';
	return false;
}
