/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf16.h"
#include "unattend/report_fix.h"
#include "unattend/suppression.h"

#define SHOWN_MAX 60       /* characters of a value that a message cites */
#define FINDINGS_MAX 500   /* of one rule in one file; what is above says nothing new */

static const struct rule_table *const tables[] = {
	&file_rules, &envelope_rules, &component_rules, &setting_rules, &list_rules, &key_rules, &wim_rules, &role_rules, &value_rules,
	&account_rules, &disk_rules, &image_rules, &oobe_rules, &command_rules, &system_rules, &legacy_rules,
};

const struct rule *rule_at(size_t i)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		if (i < tables[t]->n)
			return &tables[t]->rules[i];
		i -= tables[t]->n;
	}
	return NULL;
}

const struct rule *rule_find(const char *id)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rule_at(i)); i++)
		if (strcasecmp(rule->meta.id, id) == 0 || (rule->meta.name && strcasecmp(rule->meta.name, id) == 0))
			return rule;
	return NULL;
}

enum severity lint_severity(const struct lint_options *options, const struct rule *rule)
{
	enum severity severity = rule->flags & RULE_OFF ? SEVERITY_OFF : rule->meta.severity;

	for (size_t i = 0; i < options->overrides.len; i++)
		if (options->overrides.items[i].rule == rule)
			severity = options->overrides.items[i].severity;
	return severity;
}

/* ---- adding ---------------------------------------------------------------- */

static size_t count_of(const struct lint *lint, const struct rule *rule)
{
	for (size_t i = lint->counts.len; i-- > 0;)
		if (lint->counts.items[i].rule == rule)
			return lint->counts.items[i].n;
	return 0;
}

bool lint_wants(const struct lint *lint, const struct rule *rule)
{
	return count_of(lint, rule) < FINDINGS_MAX;
}

static void count_one(struct lint *lint, const struct rule *rule)
{
	for (size_t i = lint->counts.len; i-- > 0;)
		if (lint->counts.items[i].rule == rule) {
			if (++lint->counts.items[i].n == FINDINGS_MAX)
				report_note(lint->report, "further findings of this rule in this file are not shown");
			return;
		}
	*vec_add(&lint->counts) = (struct rule_count){ rule, 1 };
}

/* A check fills in the edits after it has added the finding: they are known when the next one comes. */
static void put_fix(struct lint *lint)
{
	if (lint->fix_pending)
		report_fix(lint, &lint->hits.items[lint->hits.len - 1]);
	lint->fix_pending = false;
}

PRINTF_LIKE(6, 0)
static struct hit *add(struct lint *lint, const struct rule *rule, enum severity severity, struct spot where,
		       const char *item, const char *fmt, va_list args)
{
	struct place place = { .file = lint->answer->file, .line = where.line, .column = where.column, .item = item };
	CLEANUP(strbuf_release) struct strbuf shown = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;
	struct hit *hit = &lint->unwanted;

	put_fix(lint);
	edits_release(&lint->unwanted.edits);
	if (severity == SEVERITY_OFF || !lint_wants(lint, rule) || suppression_covers(lint, rule, where.line))
		return hit;
	strbuf_addv(&message, fmt, args);
	text_show(strbuf_text(&message), message.len, &shown);
	strbuf_reserve(&shown, 1);
	mask_keys(shown.data);
	report_add_as(lint->report, &rule->meta, severity, place, "%s", shown.data);
	count_one(lint, rule);
	hit = vec_add(&lint->hits);
	hit->rule = rule;
	hit->severity = severity;
	hit->message = strbuf_detach(&shown);
	lint->fix_pending = lint->options->report_fixes;
	return hit;
}

struct hit *lint_add(struct lint *lint, const struct rule *rule, struct spot where, const char *item, const char *fmt, ...)
{
	struct hit *hit;
	va_list args;

	va_start(args, fmt);
	hit = add(lint, rule, lint_severity(lint->options, rule), where, item, fmt, args);
	va_end(args);
	return hit;
}

struct hit *lint_element(struct lint *lint, const struct rule *rule, const struct element *e, const char *fmt, ...)
{
	struct hit *hit;
	va_list args;

	va_start(args, fmt);
	hit = add(lint, rule, lint_severity(lint->options, rule), e->where, NULL, fmt, args);
	va_end(args);
	return hit;
}

static char *item_of(const struct setting *s)
{
	const struct settings_block *block = s->component->block;
	char *item = xasprintf("%.40s/%.80s/%s", block && block->pass_text ? block->pass_text : "-", s->component->name,
			       s->path);

	mask_keys(item);
	return item;
}

struct hit *lint_setting(struct lint *lint, const struct rule *rule, const struct setting *s, const char *fmt, ...)
{
	CLEANUP(freep) char *item = item_of(s);
	struct hit *hit;
	va_list args;

	va_start(args, fmt);
	hit = add(lint, rule, lint_severity(lint->options, rule), s->element->value_where, item, fmt, args);
	va_end(args);
	return hit;
}

struct hit *lint_setting_element(struct lint *lint, const struct rule *rule, const struct setting *s, const char *fmt, ...)
{
	CLEANUP(freep) char *item = item_of(s);
	struct hit *hit;
	va_list args;

	va_start(args, fmt);
	hit = add(lint, rule, lint_severity(lint->options, rule), s->element->where, item, fmt, args);
	va_end(args);
	return hit;
}

/* A severity the user has set, the last one, wins over the one the check asks for. */
static enum severity asked_severity(const struct lint *lint, const struct rule *rule, enum severity asked)
{
	for (size_t i = lint->options->overrides.len; i-- > 0;)
		if (lint->options->overrides.items[i].rule == rule)
			return lint->options->overrides.items[i].severity;
	return asked;
}

struct hit *lint_add_as(struct lint *lint, const struct rule *rule, enum severity severity, struct spot where, const char *item,
			const char *fmt, ...)
{
	struct hit *hit;
	va_list args;

	va_start(args, fmt);
	hit = add(lint, rule, asked_severity(lint, rule, severity), where, item, fmt, args);
	va_end(args);
	return hit;
}

struct hit *lint_setting_as(struct lint *lint, const struct rule *rule, enum severity severity, const struct setting *s,
			    const char *fmt, ...)
{
	CLEANUP(freep) char *item = item_of(s);
	struct hit *hit;
	va_list args;

	va_start(args, fmt);
	hit = add(lint, rule, asked_severity(lint, rule, severity), s->element->value_where, item, fmt, args);
	va_end(args);
	return hit;
}

void lint_note(struct lint *lint, const char *fmt, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list args;

	va_start(args, fmt);
	strbuf_addv(&text, fmt, args);
	va_end(args);
	mask_keys(text.data);
	report_note(lint->report, "%s", text.data);
}

struct edits *hit_fix(struct hit *hit, enum fix_safety safety)
{
	hit->safety = safety;
	return &hit->edits;
}

const char *lint_show(const struct setting *s)
{
	static _Thread_local char shown[4 * SHOWN_MAX + 8];
	size_t len, n = 0, used = 0;
	const char *value = setting_value(s, &len);

	if (s->spec && s->spec->secret)
		return "(hidden)";
	while (used < len && n < SHOWN_MAX && used < sizeof(shown) - 8) {
		shown[used] = value[used] == '\n' || value[used] == '\t' || value[used] == '\r' ? ' ' : value[used];
		used++;
		n += used >= len || ((uint8_t)value[used] & 0xc0) != 0x80;
	}
	snprintf(shown + used, sizeof(shown) - used, "%s", used < len ? "..." : "");
	mask_keys(shown);
	return shown;
}

/* ---- running --------------------------------------------------------------- */

static bool applies(const struct lint *lint, const struct rule *rule)
{
	const struct answer *answer = lint->answer;

	if (lint_severity(lint->options, rule) == SEVERITY_OFF)
		return false;
	if (answer->kind == ANSWER_INI)
		return rule->flags & RULE_INI;
	if (rule->flags & RULE_INI)
		return false;
	if (rule->flags & RULE_CROSS && answer->conditional)
		return false;
	return rule->flags & RULE_ANY_XML || answer_is_whole(answer);
}

void lint_run(struct lint *lint)
{
	const struct rule *rule;

	suppressions_read(lint);
	places_collect(lint->answer, &lint->places);
	for (size_t i = 0; (rule = rule_at(i)); i++)
		if (applies(lint, rule) && rule->check)
			rule->check(rule, lint);
	suppressions_report_unused(lint);
	put_fix(lint);
}

void lint_release(struct lint *lint)
{
	for (size_t i = 0; i < lint->hits.len; i++) {
		free(lint->hits.items[i].message);
		edits_release(&lint->hits.items[i].edits);
	}
	vec_release(&lint->hits);
	vec_release(&lint->counts);
	vec_release(&lint->secrets);
	edits_release(&lint->unwanted.edits);
	suppressions_release(lint);
	places_release(&lint->places);
}
