/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "kms/audit.h"
#include "kms/commands.h"

static bool parse_code(const char *text, uint32_t *ret)
{
	const char *digits = strncasecmp(text, "0x", 2) == 0 ? text + 2 : text;
	char *end;
	unsigned long code;

	if (strspn(digits, "0123456789abcdefABCDEF") != strlen(digits) || strlen(digits) == 0 || strlen(digits) > 8)
		return false;
	/* Without 0x only the eight digits of a code are taken for one. */
	if (digits == text && strlen(digits) != 8)
		return false;
	errno = 0;
	code = strtoul(digits, &end, 16);
	if (errno || *end)
		return false;
	*ret = (uint32_t)code;
	return true;
}

static const struct hresult *hresult_of_symbol(const char *text)
{
	for (size_t i = 0; hresult_at(i); i++)
		if (*hresult_at(i)->symbol && strcasecmp(hresult_at(i)->symbol, text) == 0)
			return hresult_at(i);
	return NULL;
}

static const struct rule_meta *rule_of(const char *text)
{
	for (size_t i = 0; kms_rules[i]; i++)
		if (strcasecmp(kms_rules[i]->id, text) == 0)
			return kms_rules[i];
	return NULL;
}

static const struct kms_number *number_of(const char *text)
{
	for (size_t i = 0; kms_number_at(i); i++)
		if (strcasecmp(kms_number_at(i)->name, text) == 0)
			return kms_number_at(i);
	return NULL;
}

static void explain_number(struct cli *cli, const struct kms_number *n)
{
	fprintf(cli->out, "%s: %s%s%s\n  of: %s\n", n->name, n->value, *n->unit ? " " : "", n->unit, n->applies_to);
	if (*n->note)
		fprintf(cli->out, "  %s\n", n->note);
	json_text(cli->json, "number", n->name);
	json_text(cli->json, "value", n->value);
	json_text(cli->json, "unit", *n->unit ? n->unit : NULL);
	json_text(cli->json, "applies_to", n->applies_to);
	json_text(cli->json, "note", *n->note ? n->note : NULL);
}

static void explain_code(struct cli *cli, const struct hresult *h)
{
	fprintf(cli->out, "0x%08X %s\n  %s\n", h->code, h->symbol, h->meaning);
	fprintf(cli->out, "  seen at: %s\n", h->seen_at);
	if (*h->advice)
		fprintf(cli->out, "  what to do: %s\n", h->advice);
	json_textf(cli->json, "code", "0x%08X", h->code);
	json_text(cli->json, "symbol", *h->symbol ? h->symbol : NULL);
	json_text(cli->json, "meaning", h->meaning);
	json_text(cli->json, "seen_at", h->seen_at);
	json_text(cli->json, "advice", *h->advice ? h->advice : NULL);
}

static void explain_rule(struct cli *cli, const struct rule_meta *rule)
{
	fprintf(cli->out, "%s (%s): %s\n", rule->id, severity_name(rule->severity), rule->summary);
	fprintf(cli->out, "  why: %s\n  what to do: %s\n", rule->why, rule->advice);
	if (rule->source)
		fprintf(cli->out, "  source: %s\n", rule->source);
	json_text(cli->json, "rule", rule->id);
	json_text(cli->json, "severity", severity_name(rule->severity));
	json_text(cli->json, "summary", rule->summary);
	json_text(cli->json, "why", rule->why);
	json_text(cli->json, "advice", rule->advice);
	json_text(cli->json, "source", rule->source);
}

static int explain_list(struct cli *cli)
{
	json_begin_array(cli->json, "rules");
	for (size_t i = 0; kms_rules[i]; i++) {
		fprintf(cli->out, "%-26s %-8s %s\n", kms_rules[i]->id, severity_name(kms_rules[i]->severity),
			kms_rules[i]->summary);
		json_text(cli->json, NULL, kms_rules[i]->id);
	}
	json_end_array(cli->json);
	json_begin_array(cli->json, "codes");
	for (size_t i = 0; hresult_at(i); i++) {
		fprintf(cli->out, "0x%08X %s\n", hresult_at(i)->code, hresult_at(i)->symbol);
		json_textf(cli->json, NULL, "0x%08X", hresult_at(i)->code);
	}
	json_end_array(cli->json);
	json_begin_array(cli->json, "numbers");
	for (size_t i = 0; kms_number_at(i); i++) {
		fprintf(cli->out, "%-26s %s\n", kms_number_at(i)->name, kms_number_at(i)->value);
		json_text(cli->json, NULL, kms_number_at(i)->name);
	}
	json_end_array(cli->json);
	return CLI_DONE;
}

/* The nearest name of all that can be explained; a code is no word. */
static const char *near_name(const char *word)
{
	VEC(const char *) names = { 0 };
	const char *near;

	for (size_t i = 0; kms_rules[i]; i++)
		*vec_add(&names) = kms_rules[i]->id;
	for (size_t i = 0; kms_number_at(i); i++)
		*vec_add(&names) = kms_number_at(i)->name;
	*vec_add(&names) = NULL;
	near = cli_did_you_mean(word, names.items);
	vec_release(&names);
	return near;
}

static int explain_run(struct cli *cli, const void *args, struct err *err)
{
	const struct hresult *code = NULL;
	const struct rule_meta *rule;
	const struct kms_number *number;
	uint32_t value;

	(void)args;
	if (cli->n_args == 0)
		return explain_list(cli);
	rule = rule_of(cli->args[0]);
	if (rule) {
		explain_rule(cli, rule);
		return CLI_DONE;
	}
	number = number_of(cli->args[0]);
	if (number) {
		explain_number(cli, number);
		return CLI_DONE;
	}
	code = parse_code(cli->args[0], &value) ? hresult_find(value) : hresult_of_symbol(cli->args[0]);
	if (code) {
		explain_code(cli, code);
		return CLI_DONE;
	}
	err_set(err, ERR_NOT_FOUND, "%s: neither a code nor a rule nor a number that is known", cli->args[0]);
	if (near_name(cli->args[0]))
		return err_hint(err, "did you mean %s?", near_name(cli->args[0]));
	return err_hint(err, "kms explain lists all");
}

static const struct cli_example explain_examples[] = {
	{ "kms explain 0xC004F038", "a result code" },
	{ "kms explain duplicate-cmid", "a rule of kms audit" },
	{ "kms explain renewal-interval", "a number that KMS works with" },
};

const struct cli_command cmd_explain = {
	.name = "explain",
	.summary = "explain a result code of activation, a rule of the audit, or a number of KMS",
	.usage = "[CODE|RULE|NUMBER]",
	.examples = explain_examples,
	.n_examples = ARRAY_SIZE(explain_examples),
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	.run = explain_run,
};
