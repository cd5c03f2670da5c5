/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <string.h>

#include "unattend/page.h"
#include "unattend/product_key.h"

static void print_page(struct cli *cli, const struct rule *rule)
{
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	const struct rule_meta *meta = &rule->meta;

	rule_page(rule, &page);
	fputs(strbuf_text(&page), cli->out);
	json_begin_object(cli->json, NULL);
	json_text(cli->json, "id", meta->id);
	json_text(cli->json, "name", meta->name);
	json_text(cli->json, "severity", severity_name(meta->severity));
	json_text(cli->json, "summary", meta->summary);
	json_text(cli->json, "why", meta->why);
	if (rule_search_for(rule)) {
		json_text(cli->json, "search_for", rule_search_for(rule)->message);
		json_text(cli->json, "logs", rule_search_for(rule)->logs);
	}
	json_text(cli->json, "bad", rule->bad);
	json_text(cli->json, "good", rule->good);
	json_text(cli->json, "advice", meta->advice);
	json_text(cli->json, "source", meta->source);
	json_end_object(cli->json);
}

static int unknown_rule(const char *id, struct err *err)
{
	CLEANUP(freep) char *shown = xstrdup(id);
	const char *names[800] = { NULL };

	for (size_t i = 0; 2 * i + 2 < ARRAY_SIZE(names) && rule_at(i); i++) {
		names[2 * i] = rule_at(i)->meta.id;
		names[2 * i + 1] = rule_at(i)->meta.name;
	}
	mask_keys(shown); /* given to the wrong command */
	err_set(err, ERR_USAGE, "there is no rule %s", shown);
	if (cli_did_you_mean(id, names))
		return err_hint(err, "did you mean %s?", cli_did_you_mean(id, names));
	return err_hint(err, "unattend rules lists them");
}

static int run_explain(struct cli *cli, const void *args UNUSED, struct err *err)
{
	const struct rule *rule;
	bool all = strcmp(cli->args[0], "all") == 0;

	if (!all && !rule_find(cli->args[0]))
		return unknown_rule(cli->args[0], err);
	json_begin_array(cli->json, "rules");
	if (!all)
		print_page(cli, rule_find(cli->args[0]));
	for (size_t i = 0; all && (rule = rule_at(i)); i++) {
		if (i)
			fputc('\n', cli->out);
		print_page(cli, rule);
	}
	json_end_array(cli->json);
	return CLI_DONE;
}

static const struct cli_example examples[] = {
	{ "unattend explain UA301", "why a MAK in pass windowsPE stops Setup" },
};

const struct cli_command cmd_explain = {
	.name = "explain",
	.summary = "tell what a rule is about: why, bad and good example, fix, source",
	.usage = "RULE|all",
	.examples = examples,
	.n_examples = ARRAY_SIZE(examples),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	.schema = "goldwim/explain/1",
	.run = run_explain,
};
