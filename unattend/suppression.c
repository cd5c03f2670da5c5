/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/suppression.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SUPPRESSIONS_MAX 1000

/* Places a range of lines, and each rule of the comma-separated list, on the list. */
static void add_rules(struct lint *lint, const char *at, const char *end, struct suppression range)
{
	while (at < end) {
		char id[40];
		size_t len = 0;

		while (at + len < end && (isalnum((unsigned char)at[len]) || at[len] == '-'))
			len++;
		if (len == 0 || len >= sizeof(id))
			return;
		snprintf(id, sizeof(id), "%.*s", (int)len, at);
		range.rule = rule_find(id);
		if (range.rule && lint->suppressions.len < SUPPRESSIONS_MAX)
			*vec_add(&lint->suppressions) = range;
		at += len;
		if (at >= end || *at != ',')
			return;
		at++;
	}
}

static void read_comment(struct lint *lint, const char *at, const char *end, struct suppression range)
{
	static const char mark[] = "unattend:";
	static const char whole[] = "disable-file=", some[] = "disable=";

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if ((size_t)(end - at) < strlen(mark) || memcmp(at, mark, strlen(mark)) != 0)
		return;
	at += strlen(mark);
	while (at < end && *at == ' ')
		at++;
	if ((size_t)(end - at) > strlen(whole) && memcmp(at, whole, strlen(whole)) == 0) {
		range.first_line = 0;
		range.last_line = UINT32_MAX;
		add_rules(lint, at + strlen(whole), end, range);
	} else if ((size_t)(end - at) > strlen(some) && memcmp(at, some, strlen(some)) == 0) {
		add_rules(lint, at + strlen(some), end, range);
	}
}

static const struct element *element_behind(const struct markup *m, const struct comment *c)
{
	const struct element *e = c->parent ? c->parent->first : m->root;

	while (e && e->span.at < c->span.end)
		e = e->next;
	return e;
}

static uint32_t lines_in(const char *text, struct span span)
{
	uint32_t lines = 0;

	for (size_t i = span.at; i < span.end; i++)
		lines += text[i] == '\n';
	return lines;
}

static void read_xml(struct lint *lint)
{
	const struct answer *answer = lint->answer;
	const char *text = strbuf_text(&answer->source.text);

	for (size_t i = 0; i < answer->markup.comments.len; i++) {
		const struct comment *c = &answer->markup.comments.items[i];
		const struct element *e;
		struct suppression range = { .where = c->where, .first_line = c->where.line };

		if (!memmem(text + c->span.at, c->span.end - c->span.at, "unattend:", 9))
			continue;
		e = element_behind(&answer->markup, c);
		range.last_line = e ? e->where.line + lines_in(text, e->span) : c->where.line;
		read_comment(lint, text + c->span.at + 4, text + c->span.end - 3, range);
	}
}

static void read_ini(struct lint *lint)
{
	const char *at = strbuf_text(&lint->answer->source.text), *end = at + lint->answer->source.text.len;

	for (uint32_t line = 1; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		struct suppression range = { .where = { line, 1 }, .first_line = line, .last_line = line + 1 };

		while (at < stop && (*at == ' ' || *at == '\t'))
			at++;
		if (at < stop && *at == ';')
			read_comment(lint, at + 1, stop, range);
		at = stop + 1;
	}
}

void suppressions_read(struct lint *lint)
{
	if (lint->answer->kind == ANSWER_INI)
		read_ini(lint);
	else
		read_xml(lint);
}

bool suppression_covers(struct lint *lint, const struct rule *rule, uint32_t line)
{
	bool covered = false;

	for (size_t i = 0; i < lint->suppressions.len; i++) {
		struct suppression *s = &lint->suppressions.items[i];

		if (s->rule != rule || line < s->first_line || line > s->last_line)
			continue;
		s->used = true;
		covered = true;
	}
	return covered;
}

void suppressions_report_unused(struct lint *lint)
{
	for (size_t i = 0; lint->suppression_rule && i < lint->suppressions.len; i++) {
		struct suppression s = lint->suppressions.items[i];

		if (!s.used)
			lint_add(lint, lint->suppression_rule, s.where, NULL, "%s is disabled here, but does not occur",
				 s.rule->meta.id);
	}
}

void suppressions_release(struct lint *lint)
{
	vec_release(&lint->suppressions);
}
