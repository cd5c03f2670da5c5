/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA601-UA604: the welcome screens. */
#include "unattend/lint.h"

#include <strings.h>

#define SHELL_SETUP "Microsoft-Windows-Shell-Setup"

static void check_skip(const struct rule *rule, struct lint *lint)
{
	static const char *const paths[] = { "OOBE/SkipMachineOOBE", "OOBE/SkipUserOOBE" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct setting *s = NULL;

		while ((s = answer_next(lint->answer, SHELL_SETUP, paths[i], s)))
			if (setting_value_is(s, "true"))
				edits_delete_element(hit_fix(lint_setting_element(lint, rule, s, "%s leaves out steps that Windows needs",
										  s->element->name), FIX_UNSAFE),
						     &lint->answer->source.text, s->element);
	}
}

static void check_network_location(const struct rule *rule, struct lint *lint)
{
	const struct windows *target = lint->options->target;
	const struct setting *s = NULL;

	while (target && target->build >= 10240 && (s = answer_next(lint->answer, SHELL_SETUP, "OOBE/NetworkLocation", s)))
		edits_delete_element(hit_fix(lint_setting_element(lint, rule, s, "NetworkLocation has no effect in %s", target->name),
					     FIX_SAFE), &lint->answer->source.text, s->element);
}

static void check_local_account_screen(const struct rule *rule, struct lint *lint)
{
	const struct windows *target = lint->options->target;
	const struct setting *s = NULL;

	while (target && !target->server && (s = answer_next(lint->answer, SHELL_SETUP, "OOBE/HideLocalAccountScreen", s)))
		edits_delete_element(hit_fix(lint_setting_element(lint, rule, s, "HideLocalAccountScreen works on servers only"), FIX_SAFE),
				     &lint->answer->source.text, s->element);
}

static bool has_account(const struct answer *answer)
{
	static const char *const paths[] = { "UserAccounts/LocalAccounts/LocalAccount", "UserAccounts/DomainAccounts",
					     "UserAccounts/AdministratorPassword", "AutoLogon" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (answer_next(answer, SHELL_SETUP, paths[i], NULL))
			return true;
	return answer_next(answer, "Microsoft-Windows-UnattendedJoin", "Identification", NULL);
}

static bool skips_pages(const struct setting *s)
{
	return s && (s->placeholder || setting_value_is(s, "true"));
}

/* Who hides one of the two pages of every edition means that nobody is asked. */
static void check_stops(const struct rule *rule, struct lint *lint)
{
	const struct answer *answer = lint->answer;
	const struct setting *s = NULL;

	while ((s = answer_next(answer, SHELL_SETUP, "OOBE", s))) {
		bool eula = skips_pages(setting_child(answer, s, "HideEULAPage")), protect = setting_child(answer, s, "ProtectYourPC");
		bool account = has_account(answer);

		if (component_pass(s->component) != PASS_OOBE_SYSTEM || skips_pages(setting_child(answer, s, "SkipMachineOOBE")) ||
		    eula + protect + account != 2 || !(eula || protect))
			continue;
		lint_setting_element(lint, rule, s, "OOBE still stops: %s missing", !eula ? "HideEULAPage is" : !protect ? "ProtectYourPC is"
								    : "an account is");
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA601", .name = "oobe-skipped", .severity = SEVERITY_WARNING,
			.summary = "SkipMachineOOBE or SkipUserOOBE is set",
			.why = "They are documented for tests on Windows Vista to 8 only: steps such as making accounts are left out, profiles and\n"
			       "the Start menu can be broken, newer builds pass them over.",
			.advice = "hide the pages with HideEULAPage, HideOnlineAccountScreens, HideWirelessSetupInOOBE and ProtectYourPC",
			.source = "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-8.1-and-8/cc721948(v=win.10)",
		},
		.fix = FIX_UNSAFE,
		.bad = "<SkipMachineOOBE>true</SkipMachineOOBE>",
		.good = "<HideEULAPage>true</HideEULAPage>",
		.check = check_skip,
	},
	{
		.meta = {
			.id = "UA602", .name = "network-location", .severity = SEVERITY_INFO,
			.summary = "NetworkLocation has no effect since Windows 10",
			.why = "The page it hid is gone. Checked with --target only.",
			.advice = "remove it",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-oobe-networklocation",
		},
		.fix = FIX_SAFE,
		.bad = "<NetworkLocation>Work</NetworkLocation>   with --target win11",
		.good = "(no element)",
		.check = check_network_location,
	},
	{
		.meta = {
			.id = "UA603", .name = "server-setting-on-client", .severity = SEVERITY_INFO,
			.summary = "HideLocalAccountScreen works on servers only",
			.why = "Clients pass it over. Checked with --target only.",
			.advice = "remove it; on clients accounts in the file hide the page",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-oobe-hidelocalaccountscreen",
		},
		.fix = FIX_SAFE,
		.bad = "<HideLocalAccountScreen>true</HideLocalAccountScreen>   with --target win11",
		.good = "(no element)",
		.check = check_local_account_screen,
	},
	{
		.meta = {
			.id = "UA604", .name = "oobe-still-stops", .severity = SEVERITY_WARNING,
			.summary = "OOBE still stops at a page",
			.why = "Two of HideEULAPage, ProtectYourPC and an account are given: the page of the third waits for somebody.",
			.advice = "add the missing one",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/automate-oobe",
		},
		.flags = RULE_CROSS,
		.bad = "<OOBE><HideEULAPage>true</HideEULAPage></OOBE><UserAccounts>...</UserAccounts>",
		.good = "<OOBE><HideEULAPage>true</HideEULAPage><ProtectYourPC>3</ProtectYourPC></OOBE><UserAccounts>...</UserAccounts>",
		.check = check_stops,
	},
};

const struct rule_table oobe_rules = { rules, ARRAY_SIZE(rules) };
