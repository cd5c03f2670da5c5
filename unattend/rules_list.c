/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA215-UA222: lists: wcm:action, keys, order. */
#include "unattend/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ITEMS_MAX 300   /* of one list that are compared with each other */
#define STEPS_MAX 4000  /* settings to go back for the one before */

static const struct setting *setting_at(const struct lint *lint, size_t i)
{
	return i < lint->answer->settings.len ? &lint->answer->settings.items[i] : NULL;
}

static const struct strbuf *text_of(const struct lint *lint)
{
	return &lint->answer->source.text;
}

static bool is_item(const struct setting *s)
{
	return s->spec && s->spec->kind == SETTING_LIST_ITEM;
}

static bool has_prefix(const struct element *e, const char *declaration)
{
	for (; e; e = e->parent)
		for (const struct attribute *a = e->attributes; a; a = a->next)
			if (strcmp(a->name, declaration) == 0)
				return true;
	return false;
}

/* Adds wcm:NAME="VALUE", and the prefix where it is not declared. */
static void add_wcm(const struct lint *lint, struct edits *edits, const struct setting *s, const char *name, const char *value)
{
	if (!has_prefix(s->element, "xmlns:wcm"))
		edits_add_attribute(edits, text_of(lint), s->component->element, "xmlns:wcm", NS_WCM);
	edits_add_attribute(edits, text_of(lint), s->element, name, value);
}

/* wcm:action, also when the prefix is not declared or bound wrongly: that is UA119. */
static const struct attribute *action_of(const struct setting *s)
{
	for (const struct attribute *a = s->element->attributes; a; a = a->next)
		if (strcmp(a->local, "action") == 0)
			return a;
	return NULL;
}

static const struct attribute *key_of(const struct setting *s)
{
	for (const struct attribute *a = s->element->attributes; a; a = a->next)
		if (strcmp(a->local, "keyValue") == 0)
			return a;
	return NULL;
}

static void check_action_missing(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		struct hit *hit;

		if (!is_item(s) || action_of(s))
			continue;
		hit = lint_setting_element(lint, rule, s, "list item <%s> has no wcm:action", s->element->name);
		add_wcm(lint, hit_fix(hit, FIX_SAFE), s, "wcm:action", "add");
	}
}

static void check_action_misplaced(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		const struct attribute *a = action_of(s);

		if (!a || !s->spec || is_item(s))
			continue;
		edits_delete_attribute(hit_fix(lint_add(lint, rule, a->where, s->path, "<%s> is no list item, wcm:action does not belong here",
							s->element->name), FIX_SAFE), text_of(lint), a);
	}
}

static void check_action_value(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		const struct attribute *a = action_of(s);
		struct hit *hit;

		if (!a || !is_item(s) || strcmp(a->value, "add") == 0 || strcmp(a->value, "modify") == 0 ||
		    strcmp(a->value, "remove") == 0)
			continue;
		hit = lint_add(lint, rule, a->value_where, s->path, "wcm:action is \"%.40s\", not add, modify or remove", a->value);
		edits_replace(hit_fix(hit, FIX_UNSAFE), a->raw, "add");
	}
}

/* ---- keys ------------------------------------------------------------------- */

static bool is_brother(const struct setting *a, const struct setting *b)
{
	return a->element->parent == b->element->parent && a->spec == b->spec;
}

/* Calls for each earlier brother; stops at the start of the list. */
static const struct setting *earlier_brother(const struct lint *lint, const struct setting *s, const struct setting *before)
{
	const struct setting *first = &lint->answer->settings.items[s->component->first];
	size_t n = 0;

	for (before = before ? before : s; before-- > first && n++ < STEPS_MAX;)
		if (before->element == s->element->parent)
			return NULL;
		else if (is_brother(before, s))
			return before;
	return NULL;
}

/* What tells the item from others; false when it is not there or cannot be judged. */
static bool item_key(const struct lint *lint, const struct setting *s, const char **ret, size_t *ret_len)
{
	const struct setting *child;

	if (strcmp(s->spec->key, "@wcm:keyValue") == 0) {
		const struct attribute *a = key_of(s);

		*ret = a ? a->value : "";
		*ret_len = strlen(*ret);
		return a != NULL;
	}
	child = *s->spec->key ? setting_child(lint->answer, s, s->spec->key) : NULL;
	if (!child || child->placeholder)
		return false;
	*ret = setting_value(child, ret_len);
	return true;
}

static void next_number(const struct lint *lint, const struct setting *s, char *ret, size_t size)
{
	long highest = 0;

	for (size_t i = s->component->first; i < s->component->first + s->component->n; i++) {
		const struct setting *other = setting_at(lint, i);
		const char *key;
		size_t len;

		if (other->spec && is_brother(other, s) && item_key(lint, other, &key, &len))
			highest = MAX(highest, strtol(key, NULL, 10));
	}
	snprintf(ret, size, "%ld", highest + 1);
}

static void check_key_missing(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;
	char number[24];

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		struct hit *hit;

		if (!is_item(s) || strcmp(s->spec->key, "@wcm:keyValue") != 0 || key_of(s) || !lint_wants(lint, rule))
			continue;
		hit = lint_setting_element(lint, rule, s, "list item <%s> has no wcm:keyValue", s->element->name);
		next_number(lint, s, number, sizeof(number));
		add_wcm(lint, hit_fix(hit, FIX_SAFE), s, "wcm:keyValue", number);
	}
}

static void check_order_missing(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		CLEANUP(freep) char *line = NULL;
		struct edit_line new_child;
		struct hit *hit;
		char number[24];

		if (!is_item(s) || strcmp(s->spec->key, "Order") != 0 || !lint_wants(lint, rule) ||
		    setting_child(lint->answer, s, "Order"))
			continue;
		hit = lint_setting_element(lint, rule, s, "<%s> has no Order", s->element->name);
		next_number(lint, s, number, sizeof(number));
		line = xasprintf("<%1$s%2$sOrder>%3$s</%1$s%2$sOrder>", s->element->prefix, *s->element->prefix ? ":" : "", number);
		new_child = (struct edit_line){ 0, line };
		edits_append_child(hit_fix(hit, FIX_SAFE), text_of(lint), s->element, &new_child, 1);
	}
}

static const struct setting *same_key(const struct lint *lint, const struct setting *s, const char *key, size_t len)
{
	const struct setting *other = NULL;
	size_t n = 0;

	while (n++ < ITEMS_MAX && (other = earlier_brother(lint, s, other))) {
		const char *other_key;
		size_t other_len;

		if (item_key(lint, other, &other_key, &other_len) && other_len == len && strncasecmp(key, other_key, len) == 0)
			return other;
	}
	return NULL;
}

/* One behind the highest; only where keys are numbers. */
static void give_next_number(const struct lint *lint, const struct setting *s, const char *key, size_t len, struct hit *hit)
{
	const struct attribute *a = strcmp(s->spec->key, "@wcm:keyValue") == 0 ? key_of(s) : NULL;
	const struct setting *child = a ? NULL : setting_child(lint->answer, s, s->spec->key);
	char number[24];

	if (!len || strspn(key, "0123456789") < len || !hit->rule)
		return;
	next_number(lint, s, number, sizeof(number));
	if (a)
		edits_replace(hit_fix(hit, FIX_UNSAFE), a->raw, number);
	else if (child && child->element->plain)
		edits_set_value(hit_fix(hit, FIX_UNSAFE), child->element, number);
}

static void check_repeated(const struct rule *rule, struct lint *lint, bool by_attribute)
{
	const struct setting *s, *other;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		const char *key;
		size_t len;

		if (!is_item(s) || (strcmp(s->spec->key, "@wcm:keyValue") == 0) != by_attribute)
			continue;
		if (!item_key(lint, s, &key, &len) || !(other = same_key(lint, s, key, len)))
			continue;
		give_next_number(lint, s, key, len,
				 lint_setting_element(lint, rule, s, "<%s> of line %u has the same %s", s->element->name,
						      other->element->where.line, by_attribute ? "wcm:keyValue" : s->spec->key));
	}
}

static void check_same_key(const struct rule *rule, struct lint *lint)
{
	check_repeated(rule, lint, false);
}

static void check_same_attribute(const struct rule *rule, struct lint *lint)
{
	check_repeated(rule, lint, true);
}

static long order_of(const struct lint *lint, const struct setting *s)
{
	const char *key;
	size_t len;

	return item_key(lint, s, &key, &len) ? strtol(key, NULL, 10) : 0;
}

static void set_order(const struct lint *lint, const struct setting *s, long order, struct edits *edits)
{
	const struct setting *child = setting_child(lint->answer, s, s->spec->key);
	char number[24];

	snprintf(number, sizeof(number), "%ld", order);
	if (child && child->element->plain)
		edits_set_value(edits, child->element, number);
}

/* All from this item on move up. Where the items of the file do not stand in their order it is left as it is. */
static void close_gap(const struct lint *lint, const struct setting *s, long before, struct hit *hit)
{
	long gap = order_of(lint, s) - before - 1;
	struct edits edits = { .list = { NULL, 0, 0 } };

	if (gap <= 0 || !hit->rule)
		return;
	for (size_t i = s->component->first; i < s->component->first + s->component->n; i++) {
		const struct setting *other = setting_at(lint, i);
		long order = is_brother(other, s) ? order_of(lint, other) : 0;

		if (!is_brother(other, s))
			continue;
		if (order > before && order < before + 1 + gap) {
			edits_release(&edits);
			return;
		}
		if (order > before)
			set_order(lint, other, order - gap, &edits);
	}
	*hit_fix(hit, FIX_SAFE) = edits;
}

static void check_order(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		const struct setting *before;

		if (!is_item(s) || strcmp(s->spec->key, "Order") != 0)
			continue;
		before = earlier_brother(lint, s, NULL);
		if (order_of(lint, s) != (before ? order_of(lint, before) : 0) + 1)
			close_gap(lint, s, before ? order_of(lint, before) : 0,
				  lint_setting_element(lint, rule, s, "Order is %ld behind %ld", order_of(lint, s),
						       before ? order_of(lint, before) : 0));
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA215", .name = "action-missing", .severity = SEVERITY_WARNING,
			.summary = "a list item has no wcm:action",
			.why = "Windows SIM refuses the item. Setup has been seen to take it in several files and to pass it over in others.",
			.advice = "write wcm:action=\"add\"",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/component-settings-and-properties-reference",
		},
		.fix = FIX_SAFE,
		.bad = "<LocalAccount>",
		.good = "<LocalAccount wcm:action=\"add\">",
		.check = check_action_missing,
	},
	{
		.meta = {
			.id = "UA216", .name = "action-misplaced", .severity = SEVERITY_WARNING,
			.summary = "wcm:action stands on an element that is no list item",
			.why = "It says nothing there; Windows SIM refuses it.",
			.advice = "remove the attribute",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/component-settings-and-properties-reference",
		},
		.fix = FIX_SAFE,
		.bad = "<OOBE wcm:action=\"add\">",
		.good = "<OOBE>",
		.check = check_action_misplaced,
	},
	{
		.meta = {
			.id = "UA217", .name = "unknown-action", .severity = SEVERITY_ERROR,
			.summary = "wcm:action is not add, modify or remove",
			.why = "There are three actions only; the file is refused.",
			.advice = "write wcm:action=\"add\"",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/component-settings-and-properties-reference",
		},
		.fix = FIX_UNSAFE,
		.bad = "<LocalAccount wcm:action=\"insert\">",
		.good = "<LocalAccount wcm:action=\"add\">",
		.check = check_action_value,
	},
	{
		.meta = {
			.id = "UA218", .name = "list-key-missing", .severity = SEVERITY_ERROR,
			.summary = "a list item has no wcm:keyValue",
			.why = "Items of this list are told apart by wcm:keyValue; without it one replaces the other, or the file is refused.",
			.advice = "number the items: wcm:keyValue=\"1\", \"2\", ...",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-pnpcustomizationswinpe-driverpaths-pathandcredentials-key",
		},
		.fix = FIX_SAFE,
		.bad = "<PathAndCredentials wcm:action=\"add\">",
		.good = "<PathAndCredentials wcm:action=\"add\" wcm:keyValue=\"1\">",
		.check = check_key_missing,
	},
	{
		.meta = {
			.id = "UA219", .name = "order-missing", .severity = SEVERITY_ERROR,
			.summary = "a list item has no Order",
			.why = "Order is required, also for a single item: the command is skipped or the file refused.",
			.advice = "add <Order>1</Order>",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-setup-diskconfiguration-disk-createpartitions-createpartition-order",
		},
		.fix = FIX_SAFE,
		.bad = "<SynchronousCommand wcm:action=\"add\"><CommandLine>notepad</CommandLine></SynchronousCommand>",
		.good = "<SynchronousCommand wcm:action=\"add\"><Order>1</Order><CommandLine>notepad</CommandLine></SynchronousCommand>",
		.check = check_order_missing,
	},
	{
		.meta = {
			.id = "UA220", .name = "list-key-twice", .severity = SEVERITY_ERROR,
			.summary = "two list items have the same key",
			.why = "The second replaces the first, or the pass fails.",
			.advice = "give each its own number or name",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/component-settings-and-properties-reference",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "two SynchronousCommand with <Order>1</Order>",
		.good = "<Order>1</Order> and <Order>2</Order>",
		.check = check_same_key,
	},
	{
		.meta = {
			.id = "UA221", .name = "order-with-gaps", .severity = SEVERITY_STYLE,
			.summary = "Order does not count 1, 2, 3 in the order of the file",
			.why = "Setup sorts by Order, so it works; a reader may be misled.",
			.advice = "renumber",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-firstlogoncommands-synchronouscommand-order",
		},
		.flags = RULE_OFF | RULE_CROSS, .fix = FIX_SAFE,
		.bad = "<Order>1</Order> ... <Order>3</Order>",
		.good = "<Order>1</Order> ... <Order>2</Order>",
		.check = check_order,
	},
	{
		.meta = {
			.id = "UA222", .name = "key-value-twice", .severity = SEVERITY_WARNING,
			.summary = "two list items have the same wcm:keyValue",
			.why = "One of them is lost.",
			.advice = "number the items",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-pnpcustomizationswinpe-driverpaths-pathandcredentials-key",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "two PathAndCredentials with wcm:keyValue=\"1\"",
		.good = "wcm:keyValue=\"1\" and wcm:keyValue=\"2\"",
		.check = check_same_attribute,
	},
};

const struct rule_table list_rules = { rules, ARRAY_SIZE(rules) };
