/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA411, UA412, UA605-UA615: accounts, logon and passwords. No value of a password gets into a message. */
#include "unattend/lint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf16.h"
#include "unattend/base64.h"

#define SHELL_SETUP "Microsoft-Windows-Shell-Setup"

static const struct setting *setting_at(const struct lint *lint, size_t i)
{
	return i < lint->answer->settings.len ? &lint->answer->settings.items[i] : NULL;
}

static bool is_password_container(const struct setting *s)
{
	static const char *const names[] = { "Password", "AdministratorPassword", "OfflineAdministratorPassword" };

	if (!component_is(s->component, SHELL_SETUP))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(s->element->name, names[i]) == 0)
			return true;
	return false;
}

/* The next Value of a password that holds something. */
static const struct setting *next_password(const struct lint *lint, const struct setting *s)
{
	while ((s = answer_named(lint->answer, "Value", s)))
		if (s->parent && is_password_container(s->parent) && !s->element->first && !s->placeholder && !setting_value_empty(s))
			return s;
	return NULL;
}

static const struct setting *plain_flag(const struct lint *lint, const struct setting *password)
{
	return setting_child(lint->answer, password->parent, "PlainText");
}

static bool is_plain(const struct lint *lint, const struct setting *password)
{
	const struct setting *flag = plain_flag(lint, password);

	return !flag || setting_value_is(flag, "true");
}

static bool ends_with_nocase(const char *text, size_t len, const char *tail)
{
	size_t n = strlen(tail);

	return len >= n && strncasecmp(text + len - n, tail, n) == 0;
}

/* The text behind a hidden password without the element name at its end. */
static bool reveal(const struct setting *password, struct strbuf *ret)
{
	CLEANUP(strbuf_wipe) struct strbuf bytes = STRBUF_INIT;
	const char *name = password->parent->element->name;
	size_t len;
	const char *value = setting_value(password, &len);

	if (!base64_decode(value, len, &bytes) || bytes.len % 2 || bytes.len == 0)
		return false;
	utf16le_to_text(bytes_of(bytes.data, bytes.len), ret);
	strbuf_wipe(&bytes);
	if (!ends_with_nocase(strbuf_text(ret), ret->len, name))
		return false;
	ret->len -= strlen(name);
	ret->data[ret->len] = '\0';
	return true;
}

static bool is_demo_password(const char *text)
{
	static const char *const demo[] = { "vagrant", "packer", "Passw0rd", "Passw0rd!", "P@ssw0rd", "P@ssw0rd!", "P@ssword",
					    "password", "Password", "Password1", "Password123", "password123", "admin", "Admin",
					    "Administrator", "test", "Test1234", "changeme", "ChangeMe", "1234", "12345", "123456",
					    "12345678", "qwerty", "Pa$$w0rd", "windows", "root", "secret", "letmein" };

	for (size_t i = 0; i < ARRAY_SIZE(demo); i++)
		if (strcmp(text, demo[i]) == 0)
			return true;
	return false;
}

static bool holds_demo_password(const struct lint *lint, const struct setting *s)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t len;
	const char *value = setting_value(s, &len);
	bool demo;

	if (is_plain(lint, s))
		strbuf_add(&text, value, len);
	else if (!reveal(s, &text))
		return false;
	demo = is_demo_password(strbuf_text(&text));
	strbuf_wipe(&text);
	return demo;
}

/* ---- passwords --------------------------------------------------------------- */

static void check_plain(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL, *first = NULL;
	bool demo_only = true;
	size_t n = 0;

	while ((s = next_password(lint, s))) {
		if (!is_plain(lint, s))
			continue;
		n++;
		if (!first)
			first = s;
		if (demo_only && !holds_demo_password(lint, s)) {
			demo_only = false;
			first = s;
		}
	}
	if (first)
		lint_setting_as(lint, rule, demo_only ? SEVERITY_INFO : rule->meta.severity, first,
				demo_only ? "readable password, a well-known one (%zu readable in this file)"
					  : "readable password (%zu in this file)", n);
}

static void check_hidden(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL, *first = NULL;
	size_t n = 0;

	while ((s = next_password(lint, s))) {
		if (is_plain(lint, s))
			continue;
		n++;
		first = first ? first : s;
	}
	if (first)
		lint_setting(lint, rule, first, "a hidden password is only base64: anyone can read it (%zu in this file)", n);
}

/* What can be read of a hidden password whose ending is missing, or that was made from other bytes. */
static bool guess_hidden(const char *value, size_t len, struct strbuf *ret)
{
	CLEANUP(strbuf_wipe) struct strbuf bytes = STRBUF_INIT;
	bool ascii = true, wide = true;

	if (!base64_decode(value, len, &bytes) || !bytes.len) {
		strbuf_add(ret, value, len);
		return true;
	}
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = (uint8_t)bytes.data[i];

		ascii = ascii && c >= 0x20 && c < 0x7f;
		wide = wide && (i % 2 ? c == 0 : c >= 0x20 && c < 0x7f);
	}
	if (wide && bytes.len % 2 == 0)
		utf16le_to_text(bytes_of(bytes.data, bytes.len), ret);
	else if (ascii)
		strbuf_add(ret, bytes.data, bytes.len);
	return ret->len > 0;
}

/* base64(UTF-16LE(password + name of the element)). */
static void hide_again(const struct setting *s, struct hit *hit)
{
	CLEANUP(strbuf_wipe) struct strbuf text = STRBUF_INIT, wide = STRBUF_INIT, hidden = STRBUF_INIT;
	size_t len;
	const char *value = setting_value(s, &len);

	if (!hit->rule || !s->element->plain || !guess_hidden(value, len, &text))
		return;
	strbuf_adds(&text, s->parent->element->name);
	if (text_to_utf16le(strbuf_text(&text), text.len, &wide, NULL) < 0)
		return;
	base64_encode(wide.data, wide.len, &hidden);
	edits_set_value(hit_fix(hit, FIX_UNSAFE), s->element, strbuf_text(&hidden));
	hit->secret = true;
}

static void check_undecodable(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_password(lint, s))) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (!is_plain(lint, s) && !reveal(s, &text))
			hide_again(s, lint_setting(lint, rule, s, "the hidden password is not base64 of UTF-16 text ending in \"%s\"",
						   s->parent->element->name));
		strbuf_wipe(&text);
	}
}

static void check_flag_missing(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_password(lint, s))) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (!plain_flag(lint, s)) {
			bool hidden = reveal(s, &text);
			const struct edit_line line = { 0, hidden ? "<PlainText>false</PlainText>" : "<PlainText>true</PlainText>" };
			struct hit *hit = lint_setting(lint, rule, s, hidden ? "PlainText is missing: the base64 text becomes the password"
									     : "PlainText is missing: true is assumed");

			if (!*s->element->prefix)
				edits_insert_after(hit_fix(hit, FIX_UNSAFE), &lint->answer->source.text, s->element, &line, 1);
		}
		strbuf_wipe(&text);
	}
}

static void check_weak(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_password(lint, s)))
		if (holds_demo_password(lint, s)) {
			lint_setting(lint, rule, s, "a password that everybody tries first");
			return;
		}
}

/* ---- automatic logon ---------------------------------------------------------- */

static const struct setting *next_autologon(const struct lint *lint, const struct setting *after)
{
	return answer_next(lint->answer, SHELL_SETUP, "AutoLogon", after);
}

static bool is_on(const struct lint *lint, const struct setting *autologon)
{
	const struct setting *enabled = setting_child(lint->answer, autologon, "Enabled");

	return enabled && setting_value_is(enabled, "true");
}

static void check_incomplete(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_autologon(lint, s))) {
		const struct setting *user = setting_child(lint->answer, s, "Username");

		if (!setting_child(lint->answer, s, "Enabled"))
			lint_setting_element(lint, rule, s, "AutoLogon has no Enabled: nobody is logged on");
		else if (is_on(lint, s) && !user)
			lint_setting_element(lint, rule, s, "AutoLogon has no Username");
		else if (is_on(lint, s) && !setting_child(lint->answer, s, "Password"))
			lint_setting_element(lint, rule, s, "AutoLogon has no Password (for none, give an empty Value)");
	}
}

static void check_count_missing(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_autologon(lint, s)))
		if (is_on(lint, s) && !setting_child(lint->answer, s, "LogonCount"))
			edits_append_value(hit_fix(lint_setting_element(lint, rule, s, "AutoLogon has no LogonCount"), FIX_UNSAFE),
					   &lint->answer->source.text, s->element, "LogonCount", "1");
}

static void check_count_huge(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SHELL_SETUP, "AutoLogon/LogonCount", s)))
		if (!s->placeholder && strtol(s->element->value, NULL, 10) >= 1000)
			lint_setting(lint, rule, s, "%s automatic logons: the password stays in the registry", lint_show(s));
}

static bool is_built_in(const char *value, size_t len)
{
	static const char *const names[] = { "Administrator", "Administrateur", "Administrador", "Amministratore", "Guest",
					     "DefaultUser0", "SYSTEM" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], value, len) == 0)
			return true;
	return memchr(value, '\\', len) || memchr(value, '@', len) || (len && value[0] == '.');
}

static bool creates_user(const struct lint *lint, const char *value, size_t len)
{
	const struct setting *name = NULL;

	while ((name = answer_next(lint->answer, SHELL_SETUP, "UserAccounts/LocalAccounts/LocalAccount/Name", name))) {
		size_t name_len;
		const char *text = setting_value(name, &name_len);

		if (name->placeholder || (name_len == len && strncasecmp(text, value, len) == 0))
			return true;
	}
	return false;
}

static void check_unknown_user(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_autologon(lint, s))) {
		const struct setting *user = setting_child(lint->answer, s, "Username");
		const struct setting *domain = setting_child(lint->answer, s, "Domain");
		size_t len;
		const char *value;

		if (!is_on(lint, s) || !user || user->placeholder || setting_value_empty(user) ||
		    (domain && !setting_value_empty(domain) && !setting_value_is(domain, ".")))
			continue;
		value = setting_value(user, &len);
		if (!is_built_in(value, len) && !creates_user(lint, value, len))
			lint_setting(lint, rule, user, "automatic logon of \"%s\", who is not created in this file", lint_show(user));
	}
}

/* ---- groups ------------------------------------------------------------------- */

#define ACCOUNT "UserAccounts/LocalAccounts/LocalAccount"

/* Names of groups in other languages and the languages in which they are right. */
static const struct group_name {
	const char *name;
	const char *languages;
} group_names[] = {
	{ "Administrateurs", "fr" }, { "Utilisateurs", "fr" }, { "Administratoren", "de" }, { "Benutzer", "de" },
	{ "Administradores", "es pt" }, { "Usuarios", "es" }, { "Usu\xc3\xa1rios", "pt" }, { "Utilizadores", "pt" },
	{ "Gebruikers", "nl" }, { "Administrat\xc3\xb6rer", "sv" }, { "Administratorer", "da nb" }, { "Administratorzy", "pl" },
	{ "J\xc3\xa4rjestelm\xc3\xa4nvalvojat", "fi" }, { "Rendszergazd\xc3\xa1k", "hu" },
	{ "\xd0\x90\xd0\xb4\xd0\xbc\xd0\xb8\xd0\xbd\xd0\xb8\xd1\x81\xd1\x82\xd1\x80\xd0\xb0\xd1\x82\xd0\xbe\xd1\x80\xd1\x8b", "ru" },
};

/* "A;B" */
static const struct group_name *localized_group(const struct setting *group)
{
	for (const char *at = group->element->value; *at;) {
		size_t len = strcspn(at, ";");

		for (size_t i = 0; i < ARRAY_SIZE(group_names); i++)
			if (strlen(group_names[i].name) == len && strncasecmp(group_names[i].name, at, len) == 0)
				return &group_names[i];
		at += len + (at[len] == ';');
	}
	return NULL;
}

/* The file chooses a language in which the name is right. */
static bool chooses_language(const struct answer *answer, const char *languages)
{
	const struct setting *s = NULL;

	while ((s = answer_next(answer, "*", "UILanguage", s))) {
		size_t len;
		const char *value = setting_value(s, &len);

		for (const char *at = languages; *at; at += at[2] == ' ' ? 3 : 2)
			if (s->placeholder || (len >= 2 && strncasecmp(value, at, 2) == 0))
				return true;
	}
	return false;
}

static void check_group_language(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SHELL_SETUP, ACCOUNT "/Group", s))) {
		const struct group_name *group = s->placeholder ? NULL : localized_group(s);

		if (group && !chooses_language(lint->answer, group->languages))
			lint_setting(lint, rule, s, "\"%s\" is the name of the group in one language only", group->name);
	}
}

static bool may_administer(const struct setting *group)
{
	const struct group_name *localized;

	if (group->placeholder || strcasestr(group->element->value, "Administrators"))
		return true;
	localized = localized_group(group);
	return localized && strcasestr(localized->name, "Admin");
}

static bool has_administrator(const struct answer *answer)
{
	const struct setting *s = NULL;

	while ((s = answer_next(answer, SHELL_SETUP, ACCOUNT "/Group", s)))
		if (may_administer(s))
			return true;
	return answer_next(answer, SHELL_SETUP, "UserAccounts/AdministratorPassword", NULL) ||
	       answer_next(answer, SHELL_SETUP, "UserAccounts/DomainAccounts", NULL) ||
	       answer_next(answer, "Microsoft-Windows-UnattendedJoin", "Identification", NULL) ||
	       text_find(strbuf_text(&answer->source.text), answer->source.text.len, 0, "localgroup") < answer->source.text.len ||
	       text_find(strbuf_text(&answer->source.text), answer->source.text.len, 0, "LocalGroupMember") < answer->source.text.len;
}

/* OOBE makes no account when the file has one. */
static void check_administrator(const struct rule *rule, struct lint *lint)
{
	const struct setting *account = answer_next(lint->answer, SHELL_SETUP, ACCOUNT, NULL);
	const struct windows *target = lint->options->target;

	if (account && component_pass(account->component) == PASS_OOBE_SYSTEM && (!target || target->build >= 10240) &&
	    !has_administrator(lint->answer))
		lint_setting_element(lint, rule, account, "no account of this file can administer the computer");
}

/* ---- other secrets -------------------------------------------------------------- */

static bool holds_wifi_key(const char *value)
{
	const char *key = strstr(value, "<keyMaterial>");

	return key && key[13] != '<' && key[13] != '$' && key[13] != '%' && key[13] != '{';
}

static void check_blob(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		if (s->placeholder || s->element->first || s->element->value_len == 0)
			continue;
		if (holds_wifi_key(s->element->value))
			lint_setting(lint, rule, s, "the key of a wireless network stands in the file");
		else if (name_is(s->path, "Identification/Provisioning/AccountData"))
			lint_setting(lint, rule, s, "the domain account of a computer stands in the file");
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA411", .name = "group-in-one-language", .severity = SEVERITY_WARNING,
			.summary = "the name of a group is of one language",
			.why = "Groups have translated names. On an image of another language the account is in no such group. Quiet when the\n"
			       "file chooses that language.",
			.advice = "use the name of the image's language, or add the account by the SID of the group in a command",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-useraccounts-localaccounts-localaccount-group",
		},
		.flags = RULE_CROSS,
		.bad = "<Group>Administrateurs</Group>   without UILanguage fr-FR",
		.good = "<Group>Administrators</Group>",
		.check = check_group_language,
	},
	{
		.meta = {
			.id = "UA412", .name = "no-administrator", .severity = SEVERITY_WARNING,
			.summary = "nobody can administer the computer",
			.why = "When the file makes an account, OOBE asks for none, and the built-in Administrator is disabled or has no password.",
			.advice = "put one account into the group Administrators, or set AdministratorPassword",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-autologon",
		},
		.flags = RULE_CROSS,
		.bad = "<LocalAccount>...<Group>Users</Group></LocalAccount>   as the only account",
		.good = "<LocalAccount>...<Group>Administrators</Group></LocalAccount>",
		.check = check_administrator,
	},
	{
		.meta = {
			.id = "UA614", .name = "secret-blob", .severity = SEVERITY_WARNING,
			.summary = "the key of a wireless network or the account of a computer stands in the file",
			.why = "Who can read the file or its copy in %WINDIR%\\Panther can join the network or be that computer in the domain.",
			.advice = "put it in when the image is deployed, and keep the file from others",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-unattendedjoin-identification-provisioning-accountdata",
		},
		.bad = "<AccountData>(what djoin.exe /provision wrote)</AccountData>",
		.good = "<AccountData>${odj_blob}</AccountData>",
		.check = check_blob,
	},
	{
		.meta = {
			.id = "UA605", .name = "autologon-incomplete", .severity = SEVERITY_WARNING,
			.summary = "AutoLogon lacks Enabled, Username or Password",
			.why = "Nobody is logged on and the commands of the first logon wait.",
			.advice = "give Enabled, Username and Password; an empty Value stands for no password",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-autologon",
		},
		.flags = RULE_CROSS,
		.bad = "<AutoLogon><Enabled>true</Enabled></AutoLogon>",
		.good = "<AutoLogon><Enabled>true</Enabled><Username>lab</Username><Password>...</Password></AutoLogon>",
		.check = check_incomplete,
	},
	{
		.meta = {
			.id = "UA606", .name = "logon-count-missing", .severity = SEVERITY_INFO,
			.summary = "AutoLogon has no LogonCount",
			.why = "The reference asks for it, most files do without. Depending on the build one or any number of logons follow; a\n"
			       "count of N is known to give N+1.",
			.advice = "set LogonCount",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-autologon-logoncount",
		},
		.flags = RULE_OFF | RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<AutoLogon><Enabled>true</Enabled>...",
		.good = "<AutoLogon><Enabled>true</Enabled><LogonCount>1</LogonCount>...",
		.check = check_count_missing,
	},
	{
		.meta = {
			.id = "UA607", .name = "logon-count-huge", .severity = SEVERITY_INFO,
			.summary = "automatic logon for ever",
			.why = "As long as logons are left the password stands in the registry (Winlogon) of every computer.",
			.advice = "count the logons the installation needs",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-autologon-logoncount",
		},
		.bad = "<LogonCount>9999999</LogonCount>",
		.good = "<LogonCount>2</LogonCount>",
		.check = check_count_huge,
	},
	{
		.meta = {
			.id = "UA608", .name = "autologon-unknown-user", .severity = SEVERITY_WARNING,
			.summary = "the user of AutoLogon is not created in this file",
			.why = "Unless the image holds the account, the logon fails and OOBE or the logon page waits.",
			.advice = "create the account in UserAccounts/LocalAccounts, or name one that exists",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-autologon",
		},
		.flags = RULE_CROSS,
		.bad = "<AutoLogon>...<Username>lab</Username>   without a LocalAccount lab",
		.good = "<LocalAccount wcm:action=\"add\"><Name>lab</Name>...",
		.check = check_unknown_user,
	},
	{
		.meta = {
			.id = "UA609", .name = "readable-password", .severity = SEVERITY_WARNING,
			.summary = "a password stands in the file as readable text",
			.why = "Who can read the file or its copy in %WINDIR%\\Panther knows it. Reported once a file; information only when all\n"
			       "are well-known demonstration passwords.",
			.advice = "put passwords in when the image is deployed; PlainText=false is no protection",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/hide-sensitive-data-in-an-answer-file",
		},
		.bad = "<Password><Value>(a password)</Value><PlainText>true</PlainText></Password>",
		.good = "<Password><Value>${admin_password}</Value><PlainText>true</PlainText></Password>",
		.check = check_plain,
	},
	{
		.meta = {
			.id = "UA610", .name = "hidden-password", .severity = SEVERITY_INFO,
			.summary = "a hidden password is not encrypted",
			.why = "PlainText=false stores base64 of the password and the element name. It hides it from a glance only. Reported once\n"
			       "a file.",
			.advice = "put passwords in when the image is deployed",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/hide-sensitive-data-in-an-answer-file",
		},
		.bad = "<Value>UABhAHMAcwB3AG8AcgBkAA==</Value><PlainText>false</PlainText>",
		.good = "<Value>${admin_password}</Value>",
		.check = check_hidden,
	},
	{
		.meta = {
			.id = "UA611", .name = "password-not-decodable", .severity = SEVERITY_ERROR,
			.summary = "the hidden password cannot be decoded",
			.why = "With PlainText=false the value is base64 of UTF-16LE text: the password followed by the name of the element\n"
			       "(Password, AdministratorPassword or OfflineAdministratorPassword). Otherwise setupact.log says \"[Shell Unattend]\n"
			       "Failed to decode password (0x8007000d)\" and the computer starts again and again.",
			.advice = "encode the password followed by the element name, or set PlainText to true",
			.source = "http://www.jc-tech.info/2016/10/31/unattended-windows-setup-may-fail-due-to-wrongly-encoded-password/",
		},
		.fix = FIX_UNSAFE,
		.bad = "<AdministratorPassword><Value>MTIzNA==</Value><PlainText>false</PlainText></AdministratorPassword>",
		.good = "<Value>(base64 of UTF-16LE \"1234AdministratorPassword\")</Value>",
		.check = check_undecodable,
	},
	{
		.meta = {
			.id = "UA612", .name = "plain-text-flag-missing", .severity = SEVERITY_WARNING,
			.summary = "a password has no PlainText",
			.why = "Without it the value is taken as readable text: a base64 value becomes the password itself.",
			.advice = "add PlainText",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-autologon-password-plaintext",
		},
		.fix = FIX_UNSAFE,
		.bad = "<Password><Value>...</Value></Password>",
		.good = "<Password><Value>...</Value><PlainText>true</PlainText></Password>",
		.check = check_flag_missing,
	},
	{
		.meta = {
			.id = "UA615", .name = "well-known-password", .severity = SEVERITY_INFO,
			.summary = "a password is one that everybody tries first",
			.why = "Fine for a test machine. The password policy of servers may refuse it (0x800708C5). Reported once a file.",
			.advice = "use another password on machines that others can reach",
			.source = "https://support.broadcom.com/external/article?legacyId=TECH198460",
		},
		.bad = "<Value>Passw0rd</Value>",
		.good = "<Value>${admin_password}</Value>",
		.check = check_weak,
	},
};

const struct rule_table account_rules = { rules, ARRAY_SIZE(rules) };
