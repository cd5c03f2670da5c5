/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include "unattend/lint.h"

static const char *fix_name(const struct rule *rule)
{
	static const char *const names[] = { [FIX_NONE] = "-", [FIX_SAFE] = "safe", [FIX_UNSAFE] = "unsafe" };

	return names[rule->fix];
}

static int run_rules(struct cli *cli, const void *args UNUSED, struct err *err UNUSED)
{
	const struct rule *rule;

	json_begin_array(cli->json, "rules");
	for (size_t i = 0; (rule = rule_at(i)); i++) {
		bool off = rule->flags & RULE_OFF;

		fprintf(cli->out, "%s  %-7s %-3s %-6s  %s\n", rule->meta.id, severity_name(rule->meta.severity), off ? "off" : "on",
			fix_name(rule), rule->meta.summary);
		json_begin_object(cli->json, NULL);
		json_text(cli->json, "id", rule->meta.id);
		json_text(cli->json, "name", rule->meta.name);
		json_text(cli->json, "severity", severity_name(rule->meta.severity));
		json_bool(cli->json, "default", !off);
		json_text(cli->json, "fix", rule->fix ? fix_name(rule) : NULL);
		json_text(cli->json, "summary", rule->meta.summary);
		json_end_object(cli->json);
	}
	json_end_array(cli->json);
	return CLI_DONE;
}

const struct cli_command cmd_rules = {
	.name = "rules",
	.summary = "list all rules: severity, on or off by default, fix",
	.usage = "",
	.has_json = true,
	.schema = "goldwim/rules/1",
	.run = run_rules,
};
