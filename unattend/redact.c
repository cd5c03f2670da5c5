/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/redact.h"

#include <string.h>

#include "unattend/fix.h"
#include "unattend/lint.h"
#include "unattend/setting_path.h"

static void star_out(struct strbuf *text, struct span span)
{
	for (size_t i = span.at; i < span.end; i++)
		if (text->data[i] != '\r' && text->data[i] != '\n')
			text->data[i] = '*';
}

#define KNOWN_MIN 5   /* shorter values occur by chance */
#define KNOWN_MAX 200 /* different ones that are looked for in the rest of the file */

/* Secrets found in their places, to be found again in comments and elsewhere. */
struct known {
	struct {
		const char *text;
		size_t len;
	} items[KNOWN_MAX];
	size_t n;
};

static void note_known(struct known *known, const char *text, size_t len)
{
	if (len < KNOWN_MIN || known->n == KNOWN_MAX)
		return;
	for (size_t i = 0; i < known->n; i++)
		if (known->items[i].len == len && memcmp(known->items[i].text, text, len) == 0)
			return;
	known->items[known->n].text = text;
	known->items[known->n++].len = len;
}

static void star_out_known(const struct known *known, struct strbuf *text)
{
	for (size_t i = 0; i < known->n; i++) {
		size_t len = known->items[i].len;
		char *at = text->data;

		while ((at = memmem(at, (size_t)(text->data + text->len - at), known->items[i].text, len))) {
			star_out(text, (struct span){ (size_t)(at - text->data), (size_t)(at - text->data) + len });
			at += len;
		}
	}
}

static void star_out_settings(const struct answer *answer, struct strbuf *text, struct known *known)
{
	for (size_t i = 0; i < answer->settings.len; i++) {
		const struct setting *s = &answer->settings.items[i];
		size_t len;
		const char *value = setting_value(s, &len);

		if (s->element->first || !setting_is_secret(s))
			continue;
		star_out(text, s->element->content);
		note_known(known, value, len);
	}
}

static void star_out_commands(const struct answer *answer, struct strbuf *text)
{
	CLEANUP(places_release) struct places places = { .texts = { NULL, 0 } };

	places_collect(answer, &places);
	for (size_t i = 0; i < places.commands.len; i++)
		if (command_may_hold_secret(places.commands.items[i].low))
			star_out(text, places.commands.items[i].setting->element->content);
}

/* Behind the place where XML could not be followed any more, all text between tags may be a secret. */
static void star_out_damaged(const struct markup *markup, struct strbuf *text)
{
	bool inside = false;

	if (!markup->damaged)
		return;
	for (size_t i = markup->error_at; i < text->len; i++) {
		char c = text->data[i];

		if (c == '<')
			inside = true;
		if (!inside && !is_xml_space(c))
			text->data[i] = '*';
		if (c == '>')
			inside = false;
	}
}

static void star_out_lines(const struct answer_ini *ini, struct strbuf *text, struct known *known)
{
	for (size_t i = 0; i < ini->lines.len; i++) {
		const struct ini_line *line = &ini->lines.items[i];
		CLEANUP(freep) char *low = xstrdup(line->value);

		for (char *c = low; *c; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 32) : *c;
		if (line->kind == INI_STRAY) {
			star_out(text, line->span);
		} else if (ini_line_is_secret(line)) {
			star_out(text, line->value_span);
			note_known(known, line->value, strlen(line->value));
		} else if (line->kind == INI_ENTRY && command_may_hold_secret(low)) {
			star_out(text, line->value_span);
		}
	}
}

int redact_answer(struct bytes raw, const char *file, struct strbuf *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT, text = STRBUF_INIT;
	struct known known = { .n = 0 };
	struct answer answer;

	strbuf_add(&copy, raw.data, raw.len);
	if (answer_read(&copy, file, TEMPLATE_AUTO, &answer, err) < 0)
		return -1;
	strbuf_add(&text, strbuf_text(&answer.source.text), answer.source.text.len);
	if (answer.kind == ANSWER_XML) {
		star_out_settings(&answer, &text, &known);
		star_out_commands(&answer, &text);
		star_out_damaged(&answer.markup, &text);
	} else {
		star_out_lines(&answer.ini, &text, &known);
	}
	star_out_known(&known, &text);
	answer_release(&answer);
	mask_keys(text.data);
	strbuf_add(ret, text.data, text.len);
	return 0;
}

static bool same_text(struct bytes raw, const struct strbuf *redacted)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	struct source source;
	bool same;

	strbuf_add(&copy, raw.data, raw.len);
	source_decode(&copy, &source);
	same = source.text.len == redacted->len && memcmp(strbuf_text(&source.text), strbuf_text(redacted), redacted->len) == 0;
	source_release(&source);
	return same;
}

int redacted_diff(const char *path, struct bytes before, struct bytes after, bool show_secrets, struct strbuf *ret,
		  bool *ret_redacted, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT, new = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT, starred = STRBUF_INIT;

	*ret_redacted = false;
	unified_diff(path, before, after, &plain);
	if (!show_secrets) {
		if (redact_answer(before, path, &old, err) < 0 || redact_answer(after, path, &new, err) < 0)
			return -1;
		*ret_redacted = !same_text(before, &old) || !same_text(after, &new);
	}
	if (*ret_redacted)
		unified_diff(path, bytes_of(old.data, old.len), bytes_of(new.data, new.len), &starred);
	/* The secrets may all stand outside the lines of the patch: then it can be applied as it is. */
	if (*ret_redacted && plain.len == starred.len && memcmp(strbuf_text(&plain), strbuf_text(&starred), plain.len) == 0)
		*ret_redacted = false;
	strbuf_add(ret, *ret_redacted ? strbuf_text(&starred) : strbuf_text(&plain), *ret_redacted ? starred.len : plain.len);
	return 0;
}
