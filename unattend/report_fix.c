/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/report_fix.h"

#include <string.h>

#include "unattend/setting_path.h"
#include "unattend/xml_reference.h"

#define SECRETS_MAX 500 /* a file with more gets no edits into the report */

static void add_secret(struct lint *lint, const char *text, size_t len)
{
	if (len)
		*vec_add(&lint->secrets) = (struct secret_text){ text, len };
}

static void add_value(struct lint *lint, const struct setting *s)
{
	size_t len;
	const char *value = setting_value(s, &len);

	add_secret(lint, value, len);
}

/* Commands are secrets as a whole: any of them may hold a password. */
static void collect_settings(struct lint *lint)
{
	const struct answer *answer = lint->answer;

	for (size_t i = 0; i < answer->settings.len && lint->secrets.len <= SECRETS_MAX; i++)
		if (!answer->settings.items[i].element->first && setting_is_secret(&answer->settings.items[i]))
			add_value(lint, &answer->settings.items[i]);
	for (size_t i = 0; i < lint->places.commands.len && lint->secrets.len <= SECRETS_MAX; i++)
		add_value(lint, lint->places.commands.items[i].setting);
}

static void collect_lines(struct lint *lint)
{
	const struct answer_ini *ini = &lint->answer->ini;

	for (size_t i = 0; i < ini->lines.len && lint->secrets.len <= SECRETS_MAX; i++) {
		const struct ini_line *line = &ini->lines.items[i];

		if (!ini_line_is_secret(line))
			continue;
		add_secret(lint, line->value, strlen(line->value));
		if (line->kind == INI_STRAY)
			add_secret(lint, line->key, strlen(line->key));
	}
}

static void collect(struct lint *lint)
{
	if (lint->secrets_known)
		return;
	lint->secrets_known = true;
	if (lint->answer->kind == ANSWER_INI)
		collect_lines(lint);
	else
		collect_settings(lint);
}

static bool holds_any(const struct lint *lint, const char *text, size_t len)
{
	for (size_t i = 0; i < lint->secrets.len; i++) {
		const struct secret_text *secret = &lint->secrets.items[i];

		if (secret->len <= len && memmem(text, len, secret->text, secret->len))
			return true;
	}
	return false;
}

static bool holds_key(const char *text)
{
	CLEANUP(freep) char *masked = xstrdup(text);

	mask_keys(masked);
	return strcmp(masked, text) != 0;
}

/* Where a file could not be followed, anything may be a secret. Values are looked for as written and without XML escapes. */
static bool holds_secret(const struct lint *lint, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;

	if (holds_key(text) || (lint->answer->fault.found && strlen(text) > 2))
		return true;
	xml_text_decode(text, (struct span){ 0, strlen(text) }, &plain);
	return holds_any(lint, text, strlen(text)) || holds_any(lint, strbuf_text(&plain), plain.len);
}

void report_fix(struct lint *lint, struct hit *hit)
{
	const struct source *source = &lint->answer->source;

	if (hit->safety == FIX_NONE || hit->to_utf8 || hit->secret || !edits_sort(&hit->edits, source->text.len))
		return;
	collect(lint);
	if (lint->secrets.len > SECRETS_MAX)
		return;
	for (size_t i = 0; i < hit->edits.list.len; i++)
		if (holds_secret(lint, hit->edits.list.items[i].text))
			return;
	for (size_t i = 0; i < hit->edits.list.len; i++) {
		const struct edit *edit = &hit->edits.list.items[i];
		uint64_t at = source_file_offset(source, edit->span.at);

		report_edit(lint->report, at, source_file_offset(source, edit->span.end) - at, edit->text);
	}
}
