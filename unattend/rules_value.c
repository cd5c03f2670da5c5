/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA401-UA410: names, time zones, languages. */
#include "unattend/lint.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/facts/timezone.h"
#include "unattend/values.h"

#define SHELL_SETUP "Microsoft-Windows-Shell-Setup"

static bool has_text(const struct setting *s)
{
	return !s->element->first && !s->placeholder && !setting_value_empty(s);
}

/* A documented setting of that name with a text, in any component. */
static const struct setting *next_named(const struct lint *lint, const char *name, const struct setting *s)
{
	while ((s = answer_named(lint->answer, name, s)))
		if (s->spec && has_text(s))
			return s;
	return NULL;
}

/* ---- computer names --------------------------------------------------------- */

static const struct setting *next_computer_name(const struct lint *lint, const struct setting *s)
{
	while ((s = answer_next(lint->answer, SHELL_SETUP, "ComputerName", s)))
		if (has_text(s) && !setting_value_is(s, "*"))
			return s;
	return NULL;
}

static void check_name_length(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;
	size_t len;

	while ((s = next_computer_name(lint, s))) {
		(void)setting_value(s, &len);
		if (len > 15)
			lint_setting(lint, rule, s, "the computer name \"%s\" has %zu bytes, 15 at most are taken", lint_show(s), len);
	}
}

static void check_name_letters(const struct rule *rule, struct lint *lint)
{
	static const char illegal[] = " {|}~[\\]^':;<=>?@!\"#$%`()+/.,*&";
	const struct setting *s = NULL;

	while ((s = next_computer_name(lint, s))) {
		size_t len, digits = 0;
		const char *value = setting_value(s, &len), *bad = NULL;

		for (size_t i = 0; i < len && !bad; i++) {
			digits += isdigit((unsigned char)value[i]) != 0;
			bad = (uint8_t)value[i] < 0x20 || strchr(illegal, value[i]) ? &value[i] : NULL;
		}
		if (bad)
			lint_setting(lint, rule, s, "a computer name must not hold \"%c\"", *bad);
		else if (digits == len)
			lint_setting(lint, rule, s, "a computer name must not be digits only");
	}
}

/* ---- time zone --------------------------------------------------------------- */

/* By another of its names, else by a slip of the pen. */
static const char *better_zone(const char *value, const struct timezone_value *read)
{
	const struct timezone_row *row;
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	if (read->zone)
		return read->zone->id;
	for (size_t i = 0; (row = timezone_at(i)); i++)
		name_consider(value, row->id, &best, &distance);
	return best;
}

static void check_time_zone(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SHELL_SETUP, "TimeZone", s))) {
		CLEANUP(freep) char *value = NULL;
		struct timezone_value zone;
		const char *text, *better;
		struct hit *hit;
		size_t len;

		if (!has_text(s))
			continue;
		text = setting_value(s, &len);
		value = xstrndup(text, MIN(len, (size_t)200));
		if (timezone_read(value, &zone) == TIMEZONE_ID)
			continue;
		if (strcasecmp(value, "Coordinated Universal Time") == 0) {
			hit = lint_setting_as(lint, rule, SEVERITY_WARNING, s, "\"%s\" is an alias, the time zone is named UTC", value);
			edits_set_value(hit_fix(hit, FIX_UNSAFE), s->element, "UTC");
			continue;
		}
		better = better_zone(value, &zone);
		hit = lint_setting(lint, rule, s, "Windows has no time zone \"%s\"%s%s%s", lint_show(s), better ? ", did you mean " : "",
				   better ? better : "", better ? "?" : "");
		if (better && s->element->plain)
			edits_set_value(hit_fix(hit, FIX_UNSAFE), s->element, better);
	}
}

/* ---- languages --------------------------------------------------------------- */

static bool is_hex(const char *text, size_t from, size_t count)
{
	for (size_t i = from; i < from + count; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static bool is_tag(const char *text, size_t len)
{
	if (len < 2 || len > 35 || !isalpha((unsigned char)text[0]) || !isalpha((unsigned char)text[1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-')
			return false;
	return text[len - 1] != '-' && (len < 4 || text[2] == '-' || text[3] == '-');
}

/* "0409:00000409", "0804:{guid}{guid}" or a language tag. */
static bool is_input_locale(const char *text, size_t len)
{
	if (len == 13 && text[4] == ':')
		return is_hex(text, 0, 4) && is_hex(text, 5, 8);
	if (len == 5 + 2 * 38 && text[4] == ':')
		return is_hex(text, 0, 4) && text[5] == '{' && text[43] == '{';
	return is_tag(text, len);
}

/* "en_US"; "0409"; "0409:409"; "409:00000409", with or without 0x. NULL when it is something else. */
static char *better_locale(const char *value, size_t len)
{
	CLEANUP(freep) char *text = xstrndup(value, len);
	char *colon, *end;
	unsigned long language, keyboard;

	if (strchr(text, '_')) {
		*strchr(text, '_') = '-';
		return is_tag(text, len) ? xstrdup(text) : NULL;
	}
	language = strtoul(text, &end, 16);
	colon = *end == ':' ? end : NULL;
	if (end == text || (*end && !colon))
		return NULL;
	keyboard = colon ? strtoul(colon + 1, &end, 16) : language;
	return *end || !language || language > 0xffff || keyboard > 0xffffffff ? NULL : xasprintf("%04lx:%08lx", language, keyboard);
}

static void mend_locale(const struct setting *s, const char *value, size_t len, struct hit *hit)
{
	CLEANUP(freep) char *better = hit->rule && len < 60 && s->element->plain ? better_locale(value, len) : NULL;

	if (better)
		edits_set_value(hit_fix(hit, FIX_UNSAFE), s->element, better);
}

static void check_input_locale(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_named(lint, "InputLocale", s))) {
		size_t len, from = 0;
		const char *value = setting_value(s, &len);

		while (from < len) {
			const char *semicolon = memchr(value + from, ';', len - from);
			size_t n = semicolon ? (size_t)(semicolon - value) - from : len - from;

			if (n && !is_input_locale(value + from, n)) {
				mend_locale(s, value, len,
					    lint_setting(lint, rule, s, "\"%.*s\" is neither LLLL:KKKKKKKK nor a language tag",
							 (int)MIN(n, (size_t)60), value + from));
				break;
			}
			from += n + 1;
		}
	}
}

static void check_one_tag(const struct rule *rule, struct lint *lint, const struct setting *s)
{
	CLEANUP(freep) char *better = NULL;
	struct hit *hit;
	size_t len;
	const char *value = setting_value(s, &len);

	if (is_tag(value, len) || (len == 13 && is_input_locale(value, len)))
		return;
	hit = lint_setting(lint, rule, s, "\"%s\" is no language tag such as en-US", lint_show(s));
	better = xstrndup(value, len);
	if (!strchr(better, '_') || !s->element->plain)
		return;
	*strchr(better, '_') = '-';
	if (is_tag(better, len))
		edits_set_value(hit_fix(hit, FIX_SAFE), s->element, better);
}

static void check_language_tag(const struct rule *rule, struct lint *lint)
{
	static const char *const names[] = { "UILanguage", "SystemLocale", "UserLocale", "UILanguageFallback" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct setting *s = NULL;

		while ((s = next_named(lint, names[i], s)))
			check_one_tag(rule, lint, s);
	}
}

static void check_ui_language(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_named(lint, "UILanguage", s))) {
		size_t len;
		const char *text = setting_value(s, &len);
		CLEANUP(freep) char *value = xstrndup(text, MIN(len, (size_t)40));

		if (is_tag(text, len) && strchr(value, '-') && !is_ui_language(value))
			lint_setting(lint, rule, s, "there is no language pack for %s", value);
	}
}

static void check_pe_language(const struct rule *rule, struct lint *lint)
{
	const struct component *setup = NULL;

	for (size_t i = 0; i < lint->answer->components.len; i++) {
		const struct component *c = &lint->answer->components.items[i];

		if (component_pass(c) != PASS_WINDOWS_PE)
			continue;
		if (component_is(c, "Microsoft-Windows-International-Core-WinPE"))
			return;
		if (!setup && component_is(c, "Microsoft-Windows-Setup") && component_setting(lint->answer, c, "ImageInstall"))
			setup = c;
	}
	if (setup)
		lint_element(lint, rule, setup->element,
			     "pass windowsPE has no Microsoft-Windows-International-Core-WinPE: Setup asks for the language");
}

/* ---- accounts ----------------------------------------------------------------- */

static void check_account_name(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SHELL_SETUP, "UserAccounts/LocalAccounts/LocalAccount/Name", s))) {
		size_t len;
		const char *value = setting_value(s, &len), *bad = NULL;

		if (!has_text(s))
			continue;
		for (size_t i = 0; i < len && !bad; i++)
			bad = (uint8_t)value[i] < 0x20 || strchr("\"/\\[]:|<>+=;,?*%@", value[i]) ? &value[i] : NULL;
		if (bad)
			lint_setting(lint, rule, s, "an account name must not hold \"%c\"", *bad);
		else if (setting_value_is(s, "NONE"))
			lint_setting(lint, rule, s, "an account cannot be named NONE");
		else if (len > 20)
			lint_setting(lint, rule, s, "the account name has %zu characters, 20 at most are taken", len);
		else if (value[len - 1] == '.')
			lint_setting(lint, rule, s, "an account name must not end with a full stop");
	}
}

static void check_builtin_account(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SHELL_SETUP, "UserAccounts/LocalAccounts/LocalAccount/Name", s)))
		if (setting_value_is(s, "Administrator") || setting_value_is(s, "Guest"))
			lint_setting(lint, rule, s, "%s exists already: this changes the built-in account", lint_show(s));
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA401", .name = "computer-name-too-long", .severity = SEVERITY_ERROR,
			.summary = "the computer name is longer than 15 bytes",
			.why = "Pass specialize fails: \"Windows could not parse or process unattend answer file [...] for pass [specialize]. The\n"
			       "answer file is invalid.\"",
			.advice = "shorten the name, or write * for a random one",
			.source = "https://github.com/jamesstringer90/Easy-GPU-PV/issues/13",
		},
		.bad = "<ComputerName>Win2022-Packer-EnterPrise</ComputerName>",
		.good = "<ComputerName>WIN2022-PACKER</ComputerName>",
		.check = check_name_length,
	},
	{
		.meta = {
			.id = "UA402", .name = "computer-name-illegal", .severity = SEVERITY_ERROR,
			.summary = "the computer name holds characters that are not allowed",
			.why = "Pass specialize fails. Not allowed are spaces, { | } ~ [ \\ ] ^ ' : ; < = > ? @ ! \" # $ % ` ( ) + / . , * & and\n"
			       "names of digits only.",
			.advice = "use letters, digits and hyphens",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-computername",
		},
		.bad = "<ComputerName>12345</ComputerName>",
		.good = "<ComputerName>PC-12345</ComputerName>",
		.check = check_name_letters,
	},
	{
		.meta = {
			.id = "UA403", .name = "unknown-time-zone", .severity = SEVERITY_ERROR,
			.summary = "Windows has no time zone of this name",
			.why = "Pass specialize fails with \"The settings specified in the answer file cannot be applied\", or the zone stays the\n"
			       "default. Windows wants its own names, not numbers (those were for XP) and not Europe/Berlin. \"Coordinated\n"
			       "Universal Time\" has been seen to work and is a warning.",
			.advice = "use a name of tzutil /l",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/default-time-zones",
		},
		.fix = FIX_UNSAFE,
		.bad = "<TimeZone>Europe/Berlin</TimeZone>",
		.good = "<TimeZone>W. Europe Standard Time</TimeZone>",
		.check = check_time_zone,
	},
	{
		.meta = {
			.id = "UA404", .name = "input-locale-format", .severity = SEVERITY_ERROR,
			.summary = "InputLocale is neither language:keyboard nor a language tag",
			.why = "Setup stops or asks for the keyboard. The form is four hexadecimal digits, a colon, eight digits; several are\n"
			       "separated by semicolons.",
			.advice = "write for example 0409:00000409 or en-US",
			.source = "https://github.com/hashicorp/packer/issues/5418",
		},
		.fix = FIX_UNSAFE,
		.bad = "<InputLocale>0413:000020409</InputLocale>",
		.good = "<InputLocale>0413:00020409</InputLocale>",
		.check = check_input_locale,
	},
	{
		.meta = {
			.id = "UA405", .name = "bad-language-tag", .severity = SEVERITY_ERROR,
			.summary = "the value is no language tag",
			.why = "Setup asks for the language, or the pass fails.",
			.advice = "write a tag such as en-US",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/available-language-packs-for-windows",
		},
		.fix = FIX_SAFE,
		.bad = "<SystemLocale>en_US</SystemLocale>",
		.good = "<SystemLocale>en-US</SystemLocale>",
		.check = check_language_tag,
	},
	{
		.meta = {
			.id = "UA406", .name = "no-such-ui-language", .severity = SEVERITY_WARNING,
			.summary = "there is no language pack for this language",
			.why = "The user interface exists in 38 languages. With another tag Setup asks for the language. Number and date formats\n"
			       "of a country are the matter of UserLocale.",
			.advice = "use the tag of a language pack in UILanguage, the country in UserLocale",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/available-language-packs-for-windows",
		},
		.bad = "<UILanguage>de-AT</UILanguage>",
		.good = "<UILanguage>de-DE</UILanguage> <UserLocale>de-AT</UserLocale>",
		.check = check_ui_language,
	},
	{
		.meta = {
			.id = "UA408", .name = "no-setup-language", .severity = SEVERITY_WARNING,
			.summary = "pass windowsPE does not say in which language Setup runs",
			.why = "Setup shows its language page and waits.",
			.advice = "add Microsoft-Windows-International-Core-WinPE with SetupUILanguage/UILanguage, UILanguage and InputLocale",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/automate-windows-setup",
		},
		.flags = RULE_CROSS,
		.bad = "windowsPE with Microsoft-Windows-Setup only",
		.good = "windowsPE with Microsoft-Windows-International-Core-WinPE and Microsoft-Windows-Setup",
		.check = check_pe_language,
	},
	{
		.meta = {
			.id = "UA409", .name = "account-name-illegal", .severity = SEVERITY_ERROR,
			.summary = "the name of a local account is not allowed",
			.why = "The account cannot be made; OOBE starts again and again. Not allowed are \" / \\ [ ] : | < > + = ; , ? * % @, the\n"
			       "name NONE, more than 20 characters, a full stop at the end.",
			.advice = "choose another name",
			.source = "https://github.com/rcmaehl/LocalUser.App/issues/3",
		},
		.bad = "<LocalAccount wcm:action=\"add\"><Name>a@b</Name>",
		.good = "<LocalAccount wcm:action=\"add\"><Name>ab</Name>",
		.check = check_account_name,
	},
	{
		.meta = {
			.id = "UA410", .name = "built-in-account", .severity = SEVERITY_INFO,
			.summary = "a built-in account is created as a local account",
			.why = "The built-in account is changed instead. It works and some rely on it; AdministratorPassword is the documented way.",
			.advice = "use UserAccounts/AdministratorPassword",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-useraccounts-administratorpassword",
		},
		.bad = "<LocalAccount wcm:action=\"add\"><Name>Administrator</Name>",
		.good = "<UserAccounts><AdministratorPassword>...",
		.check = check_builtin_account,
	},
};

const struct rule_table value_rules = { rules, ARRAY_SIZE(rules) };
