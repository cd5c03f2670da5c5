/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules that depend on what an answer file is used for: they run with --role. */
#include "unattend/lint.h"

static bool runs_in_role(enum answer_role role, enum pass pass)
{
	if (role == ROLE_SYSPREP)
		return pass != PASS_WINDOWS_PE && pass != PASS_OFFLINE_SERVICING;
	return pass != PASS_GENERALIZE && pass != PASS_AUDIT_SYSTEM && pass != PASS_AUDIT_USER;
}

static void check_passes(const struct rule *rule, struct lint *lint)
{
	const struct answer *answer = lint->answer;
	bool sysprep = lint->options->role == ROLE_SYSPREP;

	for (size_t i = 0; lint->options->role != ROLE_ANY && i < answer->blocks.len; i++) {
		const struct settings_block *block = &answer->blocks.items[i];

		if (block->pass != PASS_NONE && block->element->first && !runs_in_role(lint->options->role, block->pass))
			lint_element(lint, rule, block->element, "%s does not run pass %s", sysprep ? "Sysprep" : "Setup",
				     block->pass_text);
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA808", .name = "pass-not-run-in-role", .severity = SEVERITY_WARNING,
			.summary = "a pass that does not run where this file is used",
			.why = "Setup from media or Windows Deployment Services runs windowsPE, offlineServicing, specialize and oobeSystem;\n"
			       "generalize and the audit passes run under Sysprep, which in turn does not run the first two. Settings of\n"
			       "other passes are passed over without a word. Reported with --role only.",
			.advice = "move the settings to a file for the other use, or leave the pass out",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/use-answer-files-with-sysprep",
		},
		.bad = "<settings pass=\"generalize\">...   with --role=media",
		.good = "<settings pass=\"specialize\">...   with --role=media",
		.check = check_passes,
	},
};

const struct rule_table role_rules = { rules, ARRAY_SIZE(rules) };
