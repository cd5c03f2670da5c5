/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/template.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "unattend/markup.h"

#define VALUE_MAX 4096 /* longer values are scripts, not names */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool contains(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word)) != NULL;
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

bool template_in_value(const char *value, size_t len)
{
	if (len > VALUE_MAX || !has_sign(value, len))
		return false;
	return has_dollar_brace(value, len) || (contains(value, len, "{{") && contains(value, len, "}}")) ||
	       contains(value, len, "<%=") || has_marked_name(value, len, "@") || has_marked_name(value, len, "__") ||
	       is_percent_name(value, len) || is_framed_name(value, len) ||
	       is_capital_name(value, len);
}

static bool keyword_follows(const char *at, const char *end)
{
	static const char *const words[] = { "if", "else", "elif", "elsif", "endif", "for", "endfor", "end",
					     "unless", "each", "range", "with", "foreach" };
	size_t len = 0;

	while (at < end && (*at == ' ' || *at == '-' || *at == '~' || *at == '#' || *at == '/' || *at == '='))
		at++;
	while (at + len < end && isalpha((unsigned char)at[len]))
		len++;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == len && memcmp(words[i], at, len) == 0)
			return true;
	return false;
}

size_t template_directive(const char *text, size_t len)
{
	static const char *const openers[] = { "%{", "{%", "{{", "<%", "<#" };
	size_t best = len;

	for (size_t i = 0; i < ARRAY_SIZE(openers); i++) {
		for (size_t at = text_find(text, best, 0, openers[i]); at < best; at = text_find(text, best, at + 2, openers[i]))
			/* "<%" is never XML; the others need a keyword to be told from commands */
			if (strcmp(openers[i], "<%") == 0 || keyword_follows(text + at + 2, text + len))
				best = at;
	}
	return best;
}
