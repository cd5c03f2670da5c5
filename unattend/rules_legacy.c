/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA901-UA910: sysprep.inf, unattend.txt, winnt.sif of Windows 2000, XP and Server 2003. */
#include "unattend/lint.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/file.h"
#include "common/facts/timezone.h"
#include "unattend/legacy_schema.h"

static const struct ini_line *line_at(const struct lint *lint, size_t i)
{
	return i < lint->answer->ini.lines.len ? &lint->answer->ini.lines.items[i] : NULL;
}

static struct hit *report(struct lint *lint, const struct rule *rule, struct spot where, const struct ini_line *line,
			  const char *message)
{
	/* a line without "=" may be a password with its name: it is not cited */
	CLEANUP(freep) char *item = line->kind == INI_STRAY ? xasprintf("[%.60s]", line->section) :
							      xasprintf("[%.60s] %.60s", line->section, line->key);

	return lint_add(lint, rule, where, item, "%s", message);
}

static bool is_entry(const struct ini_line *line, const char *section, const char *key)
{
	return line->kind == INI_ENTRY && strcasecmp(line->section, section) == 0 && strcasecmp(line->key, key) == 0;
}

static bool is_template(const struct lint *lint, const struct ini_line *line)
{
	return template_in_value(lint->options->template_mode, line->value, strlen(line->value)) || strchr(line->value, '%');
}

static bool says_yes(const struct lint *lint, const char *section, const char *key)
{
	const struct ini_line *line = ini_find(&lint->answer->ini, section, key);

	return line && strcasecmp(line->value, "Yes") == 0;
}

static const struct ini_line *filled(const struct lint *lint, const char *section, const char *key)
{
	const struct ini_line *line = ini_find(&lint->answer->ini, section, key);

	return line && *line->value ? line : NULL;
}

/* Sections in which lines without "=" are usual: lists of files, devices, commands. */
static bool is_list_section(const char *section)
{
	static const char *const names[] = { "MassStorageDrivers", "OEMBootFiles", "SysprepMassStorage", "GuiRunOnce", "Strings",
					     "OSChooser" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(names[i], section) == 0)
			return true;
	return !ini_is_answer_section(section, strlen(section));
}

static void check_syntax(const struct rule *rule, struct lint *lint)
{
	const struct ini_line *line, *other;

	for (size_t i = 0; (line = line_at(lint, i)); i++) {
		if (line->kind == INI_STRAY && line->key[0] == '\0')
			report(lint, rule, line->where, line, "the section name has no closing bracket");
		else if (line->kind != INI_SECTION && !*line->section)
			report(lint, rule, line->where, line, "this line stands before the first section");
		else if (line->kind == INI_STRAY && !is_list_section(line->section))
			report(lint, rule, line->where, line, "this line has no =");
		if (line->kind != INI_SECTION || !lint_wants(lint, rule))
			continue;
		for (size_t k = 0; k < i && k < 5000 && (other = line_at(lint, k)); k++)
			if (other->kind == INI_SECTION && strcasecmp(other->section, line->section) == 0) {
				report(lint, rule, line->where, line, "the section is there already");
				break;
			}
	}
}

static bool is_known(const struct ini_line *line)
{
	bool section_known;

	return legacy_key_find(line->section, line->key, &section_known) || !section_known;
}

static void check_unknown(const struct rule *rule, struct lint *lint)
{
	const struct ini_line *line;

	for (size_t i = 0; (line = line_at(lint, i)); i++)
		if (line->kind == INI_ENTRY && lint_wants(lint, rule) && !is_list_section(line->section) && !is_known(line)) {
			CLEANUP(freep) char *message = xasprintf("[%.60s] has no key %.60s", line->section, line->key);

			report(lint, rule, line->where, line, message);
		}
}

static void check_mandatory(const struct rule *rule, struct lint *lint)
{
	static const struct {
		const char *section, *key;
	} wanted[] = { { "UserData", "FullName" }, { "UserData", "ComputerName" }, { "UserData", "ProductKey" },
		       { "GuiUnattended", "AdminPassword" }, { "GuiUnattended", "TimeZone" } };
	const struct ini_line *mode = ini_find(&lint->answer->ini, "Unattended", "UnattendMode");

	if (!mode || strcasecmp(mode->value, "FullUnattended") != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		CLEANUP(freep) char *message = xasprintf("FullUnattended, but [%s] %s is missing", wanted[i].section, wanted[i].key);

		if (strcmp(wanted[i].key, "ProductKey") == 0 && filled(lint, "UserData", "ProductID"))
			continue;
		if (!filled(lint, wanted[i].section, wanted[i].key))
			report(lint, rule, mode->value_where, mode, message);
	}
}

static void check_product_id(const struct rule *rule, struct lint *lint)
{
	const struct ini_line *line = ini_find(&lint->answer->ini, "UserData", "ProductID");
	struct hit *hit;

	if (!line || ini_find(&lint->answer->ini, "UserData", "ProductKey"))
		return;
	hit = report(lint, rule, line->where, line, "ProductID is the name of Windows 2000, XP and Server 2003 want ProductKey");
	edits_replace(hit_fix(hit, FIX_UNSAFE), (struct span){ line->span.at, line->span.at + strlen(line->key) }, "ProductKey");
}

static void report_zone(const struct rule *rule, struct lint *lint, const struct ini_line *line)
{
	struct timezone_value value;
	char better[TIMEZONE_TEXT_LEN];
	CLEANUP(freep) char *message = NULL;
	struct hit *hit;

	switch (timezone_read(line->value, &value)) {
	case TIMEZONE_HEX:
	case TIMEZONE_DECIMAL:
	case TIMEZONE_INF_OLD:
	case TIMEZONE_INF:
		if (!value.zone)
			report(lint, rule, line->value_where, line, "there is no time zone of this index");
		return;
	case TIMEZONE_SIGNED:
		message = xasprintf("index 0x%x is written as minus and the unsigned number, %s", value.index,
				    timezone_inf_text(value.index, better));
		hit = report(lint, rule, line->value_where, line, message);
		break;
	case TIMEZONE_NONE:
	case TIMEZONE_ID:
	case TIMEZONE_OLD_NAME:
	case TIMEZONE_IANA:
	default:
		hit = report(lint, rule, line->value_where, line, "TimeZone is an index such as 035, not a name");
		break;
	}
	if (value.zone && value.has_index)
		edits_replace(hit_fix(hit, FIX_UNSAFE), line->value_span, timezone_inf_text(value.index, better));
}

static void check_time_zone(const struct rule *rule, struct lint *lint)
{
	const struct ini_line *line = ini_find(&lint->answer->ini, "GuiUnattended", "TimeZone");

	if (line && *line->value && !is_template(lint, line))
		report_zone(rule, lint, line);
}

static void check_quotes(const struct rule *rule, struct lint *lint)
{
	const struct ini_line *line;

	for (size_t i = 0; (line = line_at(lint, i)); i++) {
		const char *text = strbuf_text(&lint->answer->source.text);
		bool password = strcasestr(line->key, "Password") != NULL;
		size_t rest = line->span.end - MIN(line->value_span.end, line->span.end);
		bool cut = password && rest && memchr(text + line->value_span.end, ';', rest);
		CLEANUP(freep) char *quoted = NULL;

		if (line->kind != INI_ENTRY || line->quoted || !*line->value || is_template(lint, line) || !lint_wants(lint, rule))
			continue;
		if (!cut && !(password && strpbrk(line->value, " =#,")))
			continue;
		quoted = xasprintf("\"%.*s\"", (int)(line->span.end - line->value_span.at), text + line->value_span.at);
		edits_replace(hit_fix(report(lint, rule, line->value_where, line, cut ? "without quotes the value ends at the semicolon"
									   : "a value with special characters needs quotes"),
				      FIX_SAFE), (struct span){ line->value_span.at, line->span.end }, quoted);
	}
}

static void check_password(const struct rule *rule, struct lint *lint)
{
	const struct ini_line *line;

	for (size_t i = 0; (line = line_at(lint, i)); i++) {
		if (!*line->value || strcmp(line->value, "*") == 0 || is_template(lint, line))
			continue;
		if (is_entry(line, "GuiUnattended", "AdminPassword") && !says_yes(lint, "GuiUnattended", "EncryptedAdminPassword"))
			report(lint, rule, line->value_where, line, "readable password of the administrator");
		else if (is_entry(line, "Identification", "DomainAdminPassword"))
			report(lint, rule, line->value_where, line, "readable password of a domain administrator");
	}
}

static bool is_winnt_sif(const struct lint *lint)
{
	const char *name = path_name(lint->answer->file);

	return strcasecmp(name, "winnt.sif") == 0 || (ini_has_section(&lint->answer->ini, "Data"));
}

static void check_data(const struct rule *rule, struct lint *lint)
{
	const struct ini_line *line = ini_find(&lint->answer->ini, "Data", "MsDosInitiated");

	if (!is_winnt_sif(lint))
		return;
	if (!line)
		lint_add(lint, rule, (struct spot){ 1, 1 }, "[Data] MsDosInitiated", "[Data] MsDosInitiated=\"0\" is missing");
	else if (strcmp(line->value, "0") != 0 && strcmp(line->value, "1") != 0 && !is_template(lint, line))
		edits_replace(hit_fix(report(lint, rule, line->value_where, line, "MsDosInitiated is 0 for CD and network start"),
				      FIX_SAFE), line->value_span, "\"0\"");
}

static bool is_logon_command(const struct ini_line *line)
{
	return line->kind == INI_ENTRY && strcasecmp(line->section, "GuiRunOnce") == 0 && strncasecmp(line->key, "Command", 7) == 0;
}

/* All commands, in the order in which they stand. */
static void count_anew(const struct lint *lint, struct hit *hit)
{
	const struct ini_line *line;
	unsigned next = 0;

	for (size_t i = 0; hit->rule && (line = line_at(lint, i)); i++) {
		CLEANUP(freep) char *number = xasprintf("%u", next);

		if (!is_logon_command(line))
			continue;
		if (strtoul(line->key + 7, NULL, 10) != next)
			edits_replace(hit_fix(hit, FIX_SAFE), (struct span){ line->span.at + 7, line->span.at + strlen(line->key) }, number);
		next++;
	}
}

static void check_logon(const struct rule *rule, struct lint *lint)
{
	const struct ini_line *count = ini_find(&lint->answer->ini, "GuiUnattended", "AutoLogonCount"), *line;
	unsigned next = 0;

	if (count && !says_yes(lint, "GuiUnattended", "AutoLogon"))
		report(lint, rule, count->where, count, "AutoLogonCount without AutoLogon=Yes");
	for (size_t i = 0; (line = line_at(lint, i)); i++) {
		if (!is_logon_command(line))
			continue;
		if (strtoul(line->key + 7, NULL, 10) != next)
			count_anew(lint, report(lint, rule, line->where, line,
						"the commands do not count 0, 1, 2: this one and those behind it are not run"));
		next++;
	}
}

static void check_age(const struct rule *rule, struct lint *lint)
{
	if (lint->options->target && lint->options->target->build >= 6000)
		lint_add(lint, rule, (struct spot){ 1, 1 }, NULL, "%s does not read this format", lint->options->target->name);
}

#define KB "https://support.microsoft.com/kb/250985"
#define DOC "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-server-2003/cc772783(v=ws.10)"

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA901", .name = "ini-syntax", .severity = SEVERITY_ERROR,
			.summary = "a line of a text answer file cannot be understood",
			.why = "Lines outside sections, lines without = and second copies of a section are passed over, or Setup stops.",
			.advice = "correct the line; comments begin with a semicolon",
			.source = DOC,
		},
		.flags = RULE_INI,
		.bad = "[UserData\nFullName \"Lab\"",
		.good = "[UserData]\nFullName=\"Lab\"",
		.check = check_syntax,
	},
	{
		.meta = {
			.id = "UA902", .name = "unknown-ini-key", .severity = SEVERITY_WARNING,
			.summary = "the section has no such key",
			.why = "Setup passes it over.",
			.advice = "correct the name",
			.source = DOC,
		},
		.flags = RULE_INI,
		.bad = "[UserData]\nFulName=\"Lab\"",
		.good = "[UserData]\nFullName=\"Lab\"",
		.check = check_unknown,
	},
	{
		.meta = {
			.id = "UA903", .name = "mandatory-value-missing", .severity = SEVERITY_ERROR,
			.summary = "UnattendMode=FullUnattended, but a mandatory value is missing",
			.why = "\"Unattended Setup is unable to continue because a Setup parameter specified by your system administrator or computer\n"
			       "manufacturer is missing or invalid.\"",
			.advice = "give the value, or set UnattendMode=DefaultHide",
			.source = KB,
		},
		.flags = RULE_INI,
		.bad = "[Unattended]\nUnattendMode=FullUnattended   (without [UserData] FullName)",
		.good = "[UserData]\nFullName=\"Lab\"",
		.check = check_mandatory,
	},
	{
		.meta = {
			.id = "UA904", .name = "product-id", .severity = SEVERITY_WARNING,
			.summary = "ProductID instead of ProductKey",
			.why = "Windows 2000 reads ProductID; XP and Server 2003 read ProductKey and ask for the key.",
			.advice = "rename it for XP and Server 2003",
			.source = KB,
		},
		.flags = RULE_INI, .fix = FIX_UNSAFE,
		.bad = "ProductID=\"XXXXX-XXXXX-XXXXX-XXXXX-XXXXX\"",
		.good = "ProductKey=\"XXXXX-XXXXX-XXXXX-XXXXX-XXXXX\"",
		.check = check_product_id,
	},
	{
		.meta = {
			.id = "UA905", .name = "time-zone-no-index", .severity = SEVERITY_ERROR,
			.summary = "TimeZone is not an index",
			.why = "Setup asks for the time zone. It wants a number such as 035; names came with Vista. Zones that were added later have\n"
			       "an index with the top bit set: 0x8000004d is written -2147483725, minus and the unsigned number. Read as a signed\n"
			       "number it would be -2147483571, which is wrong here.",
			.advice = "give the three digits of the zone",
			.source = DOC,
		},
		.flags = RULE_INI, .fix = FIX_UNSAFE,
		.bad = "TimeZone=\"Pacific Standard Time\"",
		.good = "TimeZone=004",
		.check = check_time_zone,
	},
	{
		.meta = {
			.id = "UA906", .name = "quotes-missing", .severity = SEVERITY_ERROR,
			.summary = "a value with special characters has no quotes",
			.why = "A semicolon begins a comment: the password is cut off there. Spaces, =, # and commas want quotes as well.",
			.advice = "put the value into double quotes",
			.source = DOC,
		},
		.flags = RULE_INI, .fix = FIX_SAFE,
		.bad = "AdminPassword=a;b",
		.good = "AdminPassword=\"a;b\"",
		.check = check_quotes,
	},
	{
		.meta = {
			.id = "UA907", .name = "readable-ini-password", .severity = SEVERITY_WARNING,
			.summary = "a password stands in the file as readable text",
			.why = "Who can read the file knows it.",
			.advice = "use EncryptedAdminPassword=Yes (a hash, still worth protecting) and an account with few rights for the join",
			.source = DOC,
		},
		.flags = RULE_INI,
		.bad = "AdminPassword=\"(a password)\"",
		.good = "AdminPassword=\"(hash)\"\nEncryptedAdminPassword=Yes",
		.check = check_password,
	},
	{
		.meta = {
			.id = "UA908", .name = "msdosinitiated", .severity = SEVERITY_ERROR,
			.summary = "winnt.sif without [Data] MsDosInitiated",
			.why = "A start from CD or network passes over the answers.",
			.advice = "add [Data] with MsDosInitiated=\"0\"",
			.source = DOC,
		},
		.flags = RULE_INI, .fix = FIX_SAFE,
		.bad = "[Data]\nAutoPartition=1",
		.good = "[Data]\nMsDosInitiated=\"0\"",
		.check = check_data,
	},
	{
		.meta = {
			.id = "UA909", .name = "logon-commands", .severity = SEVERITY_ERROR,
			.summary = "AutoLogonCount without AutoLogon, or a gap in the commands",
			.why = "Without AutoLogon=Yes the count does nothing; commands of [GuiRunOnce] behind a gap are not run.",
			.advice = "set AutoLogon=Yes; number the commands Command0, Command1, ...",
			.source = DOC,
		},
		.flags = RULE_INI, .fix = FIX_SAFE,
		.bad = "[GuiRunOnce]\nCommand0=\"a.cmd\"\nCommand2=\"b.cmd\"",
		.good = "[GuiRunOnce]\nCommand0=\"a.cmd\"\nCommand1=\"b.cmd\"",
		.check = check_logon,
	},
	{
		.meta = {
			.id = "UA910", .name = "format-too-old", .severity = SEVERITY_INFO,
			.summary = "Windows Vista and later do not read this format",
			.why = "The file is passed over. Checked with --target only.",
			.advice = "write an unattend.xml",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/windows-setup-automation-overview",
		},
		.flags = RULE_INI,
		.bad = "sysprep.inf   with --target win10",
		.good = "unattend.xml",
		.check = check_age,
	},
};

const struct rule_table legacy_rules = { rules, ARRAY_SIZE(rules) };
