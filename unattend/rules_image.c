/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA518-UA522: the image that is installed and where it comes from. */
#include "unattend/lint.h"

#include <string.h>
#include <strings.h>

#define SETUP "Microsoft-Windows-Setup"

static void check_metadata_key(const struct rule *rule, struct lint *lint)
{
	static const char *const known[] = { "/IMAGE/INDEX", "/IMAGE/NAME", "/IMAGE/DESCRIPTION" };
	static const char *const paths[] = { "ImageInstall/OSImage/InstallFrom/MetaData/Key", "ImageInstall/DataImage/InstallFrom/MetaData/Key" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct setting *s = NULL;

		while ((s = answer_next(lint->answer, SETUP, paths[i], s))) {
			bool good = s->placeholder || setting_value_empty(s);

			for (size_t k = 0; k < ARRAY_SIZE(known); k++)
				good = good || setting_value_is(s, known[k]);
			if (!good)
				lint_setting(lint, rule, s, "\"%s\" is not /IMAGE/INDEX, /IMAGE/NAME or /IMAGE/DESCRIPTION", lint_show(s));
		}
	}
}

static void add_eula(const struct lint *lint, const struct component *c, struct hit *hit)
{
	const struct setting *data = component_setting(lint->answer, c, "UserData");
	const char *prefix = c->element->prefix, *colon = *prefix ? ":" : "";
	CLEANUP(freep) char *open = xasprintf("<%s%sUserData>", prefix, colon), *close = xasprintf("</%s%sUserData>", prefix, colon);
	CLEANUP(freep) char *accept = xasprintf("<%1$s%2$sAcceptEula>true</%1$s%2$sAcceptEula>", prefix, colon);
	const struct edit_line lines[] = { { 0, open }, { 1, accept }, { 0, close } };

	if (data)
		edits_append_value(hit_fix(hit, FIX_SAFE), &lint->answer->source.text, data->element, "AcceptEula", "true");
	else
		edits_append_child(hit_fix(hit, FIX_SAFE), &lint->answer->source.text, c->element, lines, ARRAY_SIZE(lines));
}

static void check_eula(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->components.len; i++) {
		const struct component *c = &lint->answer->components.items[i];
		const struct setting *accept;

		if (!component_is(c, SETUP) || component_pass(c) != PASS_WINDOWS_PE ||
		    !component_setting(lint->answer, c, "ImageInstall/OSImage"))
			continue;
		accept = component_setting(lint->answer, c, "UserData/AcceptEula");
		if (!accept)
			add_eula(lint, c, lint_element(lint, rule, c->element, "UserData/AcceptEula is missing: Setup shows the licence and waits"));
		else if (!accept->placeholder && setting_value_is(accept, "false"))
			edits_set_value(hit_fix(lint_setting(lint, rule, accept, "AcceptEula is not true: Setup shows the licence and waits"),
						FIX_SAFE), accept->element, "true");
	}
}

static bool is_unc(const struct setting *s)
{
	const char *value;
	size_t len;

	value = setting_value(s, &len);
	return !s->placeholder && len > 3 && value[0] == '\\' && value[1] == '\\' && value[2] != '?' && value[2] != '.';
}

static void check_credentials(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->settings.len; i++) {
		const struct setting *s = &lint->answer->settings.items[i];
		const char *holder = s->parent ? s->parent->element->name : "";

		if (!name_is(s->element->name, "Path") || !s->spec || !is_unc(s))
			continue;
		if ((strcasecmp(holder, "InstallFrom") == 0 || strcasecmp(holder, "PathAndCredentials") == 0) &&
		    !setting_child(lint->answer, s->parent, "Credentials"))
			lint_setting(lint, rule, s, "a network path without Credentials");
	}
}

static void check_will_show_ui(const struct rule *rule, struct lint *lint)
{
	static const char *const paths[] = { "DiskConfiguration/WillShowUI", "ImageInstall/OSImage/WillShowUI",
					     "UserData/ProductKey/WillShowUI" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct setting *s = NULL;

		while ((s = answer_next(lint->answer, SETUP, paths[i], s)))
			if (setting_value_is(s, "Never"))
				edits_set_value(hit_fix(lint_setting(lint, rule, s, "WillShowUI=Never hides what goes wrong here"), FIX_SAFE),
						s->element, "OnError");
	}
}

#define DOC "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-"

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA518", .name = "unknown-metadata-key", .severity = SEVERITY_WARNING,
			.summary = "MetaData/Key is not one of the documented keys",
			.why = "Setup finds no image and shows the list of editions. Other fields of the WIM have been seen to work.",
			.advice = "choose the image by /IMAGE/INDEX, /IMAGE/NAME or /IMAGE/DESCRIPTION",
			.source = DOC "setup-imageinstall-osimage-installfrom-metadata-key",
		},
		.bad = "<Key>/IMAGE/WINDOWS/ARCH</Key>",
		.good = "<Key>/IMAGE/INDEX</Key>",
		.check = check_metadata_key,
	},
	{
		.meta = {
			.id = "UA520", .name = "licence-not-accepted", .severity = SEVERITY_WARNING,
			.summary = "AcceptEula is missing or false",
			.why = "Setup shows the licence terms and waits.",
			.advice = "add UserData/AcceptEula with true",
			.source = DOC "setup-userdata-accepteula",
		},
		.flags = RULE_CROSS, .fix = FIX_SAFE,
		.bad = "<UserData><AcceptEula>false</AcceptEula></UserData>",
		.good = "<UserData><AcceptEula>true</AcceptEula></UserData>",
		.check = check_eula,
	},
	{
		.meta = {
			.id = "UA521", .name = "share-without-credentials", .severity = SEVERITY_ERROR,
			.summary = "a network path has no Credentials",
			.why = "Windows PE is nobody on the network: access is denied and Setup finds no image or drivers.",
			.advice = "add Credentials with Domain, Username and Password",
			.source = DOC "setup-imageinstall-osimage-installfrom-path",
		},
		.bad = "<InstallFrom><Path>\\\\server\\share\\install.wim</Path></InstallFrom>",
		.good = "<InstallFrom><Path>\\\\server\\share\\install.wim</Path><Credentials>...</Credentials></InstallFrom>",
		.check = check_credentials,
	},
	{
		.meta = {
			.id = "UA522", .name = "errors-hidden", .severity = SEVERITY_WARNING,
			.summary = "WillShowUI=Never hides the only error dialog",
			.why = "When the disk, the image or the key does not fit, Setup has nothing to show and looks as if it hung.",
			.advice = "set WillShowUI to OnError",
			.source = DOC "setup-diskconfiguration-willshowui",
		},
		.fix = FIX_SAFE,
		.bad = "<WillShowUI>Never</WillShowUI>",
		.good = "<WillShowUI>OnError</WillShowUI>",
		.check = check_will_show_ui,
	},
};

const struct rule_table image_rules = { rules, ARRAY_SIZE(rules) };
