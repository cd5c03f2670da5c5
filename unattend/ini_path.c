/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/ini_path.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATH_MAX_LEN 1024

/* ---- the path ---------------------------------------------------------------- */

/* "[2]" at the end of text, cut off. False when there is something else in brackets. */
static bool take_number(char *text, size_t *ret)
{
	size_t len = strlen(text);
	char *open = strrchr(text, '['), *end;

	*ret = 0;
	if (!len || text[len - 1] != ']' || !open)
		return true;
	*ret = strtoul(open + 1, &end, 10);
	if (!isdigit((unsigned char)open[1]) || *end != ']' || !*ret)
		return false;
	*open = '\0';
	return true;
}

int ini_path_parse(const char *text, struct ini_path *ret, struct err *err)
{
	const char *slash = strchr(text, '/');
	size_t section_len = slash ? (size_t)(slash - text) : strlen(text);

	*ret = (struct ini_path){ .section = NULL };
	if (!section_len || strlen(text) > PATH_MAX_LEN || (slash && !slash[1]) || strpbrk(text, "=\r\n") || *text == '[')
		return err_set(err, ERR_USAGE, "\"%.60s\" is no path: SECTION/KEY is wanted, such as GuiUnattended/TimeZone", text);
	ret->section = xstrndup(text, section_len);
	if (!slash)
		return 0;
	ret->key = xstrdup(slash + 1);
	if (take_number(ret->key, &ret->number) && *ret->key)
		return 0;
	ini_path_release(ret);
	return err_set(err, ERR_USAGE, "\"%.60s\" is no path: in brackets stands the number of a line, from 1", text);
}

void ini_path_release(struct ini_path *path)
{
	free(path->section);
	free(path->key);
	*path = (struct ini_path){ .section = NULL };
}

int ini_path_find(const struct answer_ini *ini, const struct ini_path *path, const struct ini_line **ret, struct err *err)
{
	size_t n = 0;

	*ret = NULL;
	for (size_t i = 0; i < ini->lines.len; i++) {
		const struct ini_line *line = &ini->lines.items[i];

		if (line->kind != INI_ENTRY || strcasecmp(line->section, path->section) != 0 || strcasecmp(line->key, path->key) != 0)
			continue;
		if (++n == MAX(path->number, (size_t)1))
			*ret = line;
	}
	if (n > 1 && !path->number) {
		err_set(err, ERR_USAGE, "[%s] has %zu lines with the key %s", path->section, n, path->key);
		return err_hint(err, "%s/%s[1] is the first of them", path->section, path->key);
	}
	return 0;
}

/* ---- the change -------------------------------------------------------------- */

/* With quotes where the value would end too early or lose its spaces, or the old one had them. */
static int written(const char *value, bool quoted, char **ret, struct err *err)
{
	size_t len = strlen(value);
	bool needs = quoted || strpbrk(value, " \t;=,%");

	if (strpbrk(value, "\r\n"))
		return err_set(err, ERR_USAGE, "the value has a line end, which these files cannot hold");
	if (strchr(value, '"'))
		return err_set(err, ERR_USAGE, "the value has a quotation mark, which these files cannot hold");
	*ret = needs && len ? xasprintf("\"%s\"", value) : xstrdup(value);
	return 0;
}

static const char *line_end_of(const struct strbuf *text)
{
	const char *newline = text->len ? memchr(text->data, '\n', text->len) : NULL;

	return newline && newline > text->data && newline[-1] != '\r' ? "\n" : "\r\n";
}

/* The offset behind the line end of the line that holds at; true when there is one. */
static bool behind_line(const struct strbuf *text, size_t at, size_t *ret)
{
	const char *newline = memchr(text->data + at, '\n', text->len - at);

	*ret = newline ? (size_t)(newline - text->data) + 1 : text->len;
	return newline != NULL;
}

/* "=" of a line as it is written: with the white space around it. Free the result. */
static char *equals_of(const struct strbuf *text, const struct ini_line *line)
{
	size_t from = line->span.at + strlen(line->key);

	if (line->value_span.at < from || line->value_span.at - from > 20)
		return xstrdup("=");
	return xstrndup(text->data + from, line->value_span.at - from);
}

/* The last line of the section that is an entry or its heading; *ret_model an entry to do as it does. */
static const struct ini_line *last_line(const struct answer_ini *ini, const char *section, const struct ini_line **ret_model)
{
	const struct ini_line *last = NULL;

	*ret_model = NULL;
	for (size_t i = 0; i < ini->lines.len; i++) {
		const struct ini_line *line = &ini->lines.items[i];

		if (strcasecmp(line->section, section) != 0)
			continue;
		last = line;
		if (line->kind == INI_ENTRY)
			*ret_model = line;
	}
	return last;
}

static void add_line(const struct answer *answer, const struct ini_line *last, const struct ini_line *model, const char *key,
		     const char *value, struct edits *edits)
{
	const struct strbuf *text = &answer->source.text;
	const char *end = line_end_of(text);
	CLEANUP(freep) char *equals = model ? equals_of(text, model) : xstrdup("=");
	size_t indent = model ? model->where.column - 1 : 0, at;
	bool has_end = behind_line(text, last->span.end, &at);
	CLEANUP(freep) char *line = xasprintf("%s%.*s%s%s%s%s", has_end ? "" : end, (int)indent,
					      model ? text->data + model->span.at - indent : "", key, equals, value, has_end ? end : "");

	edits_insert(edits, at, line);
}

static bool parts_sections(const struct strbuf *text)
{
	return text->len && (text_find(text->data, text->len, 0, "\n\n[") < text->len || text_find(text->data, text->len, 0, "\r\n\r\n[") < text->len);
}

static void add_section(const struct answer *answer, const char *section, const char *key, const char *value, struct edits *edits)
{
	const struct strbuf *text = &answer->source.text;
	const char *end = line_end_of(text);
	bool has_end = !text->len || text->data[text->len - 1] == '\n';
	CLEANUP(freep) char *lines = xasprintf("%s%s[%s]%s%s=%s%s", has_end ? "" : end, parts_sections(text) ? end : "", section, end, key,
					       value, end);

	edits_insert(edits, text->len, lines);
}

/* These files are read in the code page of the system, or as UTF-16 with a byte order mark. */
static int check_letters(const struct answer *answer, const char *value, struct err *err)
{
	bool ascii = true;

	for (const char *c = value; *c; c++)
		ascii = ascii && (uint8_t)*c < 0x80;
	if (ascii || answer->source.encoding != SOURCE_UTF8 || answer->source.bom)
		return 0;
	err_set(err, ERR_UNSUPPORTED, "the file has no byte order mark: which code page the letters of the value need cannot be known");
	return err_hint(err, "save the file as UTF-16 first");
}

int ini_set(const struct answer *answer, const struct ini_path *path, const char *value, struct edits *edits, struct err *err)
{
	CLEANUP(freep) char *text = NULL;
	const struct ini_line *line, *model, *last;

	if (check_letters(answer, value, err) < 0 || ini_path_find(&answer->ini, path, &line, err) < 0 ||
	    written(value, line && line->quoted, &text, err) < 0)
		return -1;
	if (line) {
		if (strcmp(line->value, value) != 0)
			edits_replace(edits, line->value_span, text);
		return 0;
	}
	if (path->number > 1)
		return err_set(err, ERR_USAGE, "[%s] has no line %zu with the key %s", path->section, path->number, path->key);
	last = last_line(&answer->ini, path->section, &model);
	if (last)
		add_line(answer, last, model, path->key, text, edits);
	else
		add_section(answer, path->section, path->key, text, edits);
	return 0;
}
