/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/cli/rule_args.h"

#include <stdlib.h>
#include <string.h>

#include "common/report/baseline.h"

#define NEVER (SEVERITY_ERROR + 1)

const char *const rule_fail_levels[] = { "default", "error", "warning", "info", "style", "never", NULL };

enum severity rule_args_fail_on(const struct rule_args *args)
{
	static const enum severity levels[] = {
		SEVERITY_WARNING, SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO, SEVERITY_STYLE, NEVER,
	};

	return levels[args->fail_on];
}

static bool names(const struct rule_meta *rule, const char *name, size_t len)
{
	return (strlen(rule->id) == len && strncmp(rule->id, name, len) == 0) ||
	       (rule->name && strlen(rule->name) == len && strncmp(rule->name, name, len) == 0);
}

static int find_rule(const struct rule_meta *const *rules, const char *name, size_t len, const char *option,
		     const struct rule_meta **ret, struct err *err)
{
	VEC(const char *) ids = { 0 };
	CLEANUP(freep) char *word = xstrndup(name, len);
	const char *near;

	for (size_t i = 0; rules[i]; i++) {
		if (names(rules[i], name, len)) {
			vec_release(&ids);
			*ret = rules[i];
			return 0;
		}
		*vec_add(&ids) = rules[i]->id;
	}
	*vec_add(&ids) = NULL;
	near = cli_did_you_mean(word, ids.items);
	vec_release(&ids);
	err_set(err, ERR_USAGE, "--%s: there is no rule \"%s\"", option, word);
	if (near)
		err_hint(err, "did you mean %s?", near);
	return -1;
}

static void set_all(const struct rule_meta *const *rules, struct report *report, bool on)
{
	for (size_t i = 0; rules[i]; i++) {
		if (on)
			report_unset_severity(report, rules[i]);
		else
			report_set_severity(report, rules[i], SEVERITY_OFF);
	}
}

static bool is_all(const char *text)
{
	return strcmp(text, "all") == 0;
}

static int apply_enable(const struct rule_args *args, const struct rule_meta *const *rules, struct report *report,
			struct err *err)
{
	for (size_t i = 0; i < args->enable.len; i++) {
		const char *name = args->enable.items[i];
		const struct rule_meta *rule;

		if (is_all(name)) {
			set_all(rules, report, true);
			continue;
		}
		if (find_rule(rules, name, strlen(name), "enable", &rule, err) < 0)
			return -1;
		report_unset_severity(report, rule);
	}
	return 0;
}

static int apply_severity(const char *text, const struct rule_meta *const *rules, struct report *report,
			  struct err *err)
{
	const char *equals = strchr(text, '=');
	const struct rule_meta *rule;
	enum severity severity;

	if (!equals)
		return err_set(err, ERR_USAGE, "--severity %s: RULE=LEVEL is wanted", text);
	if (find_rule(rules, text, (size_t)(equals - text), "severity", &rule, err) < 0)
		return -1;
	if (!severity_parse(equals + 1, &severity))
		return err_set(err, ERR_USAGE, "--severity %s: the level is error, warning, info, style or off", text);
	report_set_severity(report, rule, severity);
	return 0;
}

int rule_args_apply(const struct rule_args *args, const struct rule_meta *const *rules, struct report *report,
		    struct err *err)
{
	const struct rule_meta *rule;

	if (args->baseline_write && !args->baseline)
		return err_set(err, ERR_USAGE, "--baseline-write wants --baseline");
	for (size_t i = 0; rules[i]; i++)
		if (rules[i]->off)
			report_set_severity(report, rules[i], SEVERITY_OFF);
	for (size_t i = 0; i < args->disable.len; i++)
		if (is_all(args->disable.items[i]))
			set_all(rules, report, false);
	if (apply_enable(args, rules, report, err) < 0)
		return -1;
	for (size_t i = 0; i < args->severity.len; i++)
		if (apply_severity(args->severity.items[i], rules, report, err) < 0)
			return -1;
	for (size_t i = 0; i < args->disable.len; i++) {
		const char *name = args->disable.items[i];

		if (is_all(name))
			continue;
		if (find_rule(rules, name, strlen(name), "disable", &rule, err) < 0)
			return -1;
		report_set_severity(report, rule, SEVERITY_OFF);
	}
	return 0;
}

int cli_apply_baseline(struct cli *cli, const char *path, bool write, struct report **report, struct err *err)
{
	struct baseline_use use;

	if (baseline_apply(path, cli->tool->name, write, report, &use, err) < 0)
		return -1;
	if (use.written)
		cli_say(cli, "%s: %zu finding%s recorded", path, use.n_hidden, PLURAL(use.n_hidden));
	else
		cli_say(cli, "%s: %zu known finding%s hidden, %zu of it do not occur any more", path, use.n_hidden,
			PLURAL(use.n_hidden), use.n_stale);
	return 0;
}

int rule_args_baseline(struct cli *cli, const struct rule_args *args, struct report **report, struct err *err)
{
	return args->baseline ? cli_apply_baseline(cli, args->baseline, args->baseline_write, report, err) : 0;
}
