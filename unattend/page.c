/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/page.h"

#include <string.h>

#define LOGS_PE "setupact.log and setuperr.log in X:\\Windows\\Panther, later in $Windows.~BT\\Sources\\Panther"
#define LOGS_ALL LOGS_PE " and %WINDIR%\\Panther (UnattendGC below it for the passes specialize and oobeSystem)"
#define LOGS_WINDOWS "setupact.log and setuperr.log in %WINDIR%\\Panther and %WINDIR%\\Panther\\UnattendGC"

/* Messages as people have reported them; the first row that fits counts. */
static const struct search_for messages[] = {
	{ "UA001", "UA099", "The answer file is invalid. The error was detected at line N column N of the answer file\n"
			    "Windows setup encountered an internal error while loading or searching for an unattend answer file", LOGS_ALL },
	{ "UA109", "UA110", "Windows could not parse or process unattend answer file [...] for pass [...]. A component or setting specified in\n"
			    "the answer file does not exist.\n"
			    "A component or non-list setting is specified more than once in the answer file.", LOGS_ALL },
	{ "UA101", "UA199", "Windows could not parse or process unattend answer file [...] for pass [...]. The answer file is invalid.", LOGS_ALL },
	{ "UA201", "UA201", "A component or setting specified in the answer file does not exist.", LOGS_ALL },
	{ "UA203", "UA203", "A component or non-list setting is specified more than once in the answer file.", LOGS_ALL },
	{ "UA202", "UA299", "Windows could not parse or process unattend answer file [...] for pass [...]. The settings specified in the\n"
			    "answer file cannot be applied. The error was detected while processing settings for component [...].", LOGS_ALL },
	{ "UA301", "UA399", "Windows cannot read the <ProductKey> setting from the unattend answer file\n"
			    "Setup has failed to validate the product key\n"
			    "Callback_Productkey_Validate_Unattend (in setupact.log)", LOGS_PE },
	{ "UA401", "UA499", "Windows could not parse or process unattend answer file [...] for pass [...]. The answer file is invalid.\n"
			    "The settings specified in the answer file cannot be applied.", LOGS_ALL },
	{ "UA518", "UA522", "Windows could not display the images available for installation", LOGS_PE },
	{ "UA501", "UA599", "Windows could not apply the unattend answer file's <DiskConfiguration> setting", LOGS_PE },
	{ "UA611", "UA611", "[Shell Unattend] Failed to decode password (0x8007000d)", LOGS_WINDOWS },
	{ "UA601", "UA799", "Windows could not parse or process unattend answer file [...] for pass [...]. The settings specified in the\n"
			    "answer file cannot be applied.", LOGS_WINDOWS },
	{ "UA801", "UA804", "The settings specified in the answer file cannot be applied. The error was detected while processing settings for\n"
			    "component [Microsoft-Windows-UnattendedJoin].", LOGS_WINDOWS ", netsetup.log in %WINDIR%\\debug" },
	{ "UA805", "UA899", "The settings specified in the answer file cannot be applied. The error was detected while processing settings for\n"
			    "component [...].", LOGS_WINDOWS },
	{ "UA901", "UA999", "Unattended Setup is unable to continue because a Setup parameter specified by your system administrator or computer\n"
			    "manufacturer is missing or invalid.", "setuperr.log and setupact.log in %WINDIR%" },
};

const struct search_for *rule_search_for(const struct rule *rule)
{
	for (size_t i = 0; rule->meta.severity == SEVERITY_ERROR && i < ARRAY_SIZE(messages); i++)
		if (strcmp(rule->meta.id, messages[i].from) >= 0 && strcmp(rule->meta.id, messages[i].to) <= 0)
			return &messages[i];
	return NULL;
}

static const char *fix_text(const struct rule *rule)
{
	switch (rule->fix) {
	case FIX_SAFE:
		return "`unattend fix` does it.";
	case FIX_UNSAFE:
		return "`unattend fix --unsafe` does it; look at the result.";
	case FIX_NONE:
		break;
	}
	return "There is no automatic fix.";
}

static void add_example(struct strbuf *ret, const char *title, const char *text)
{
	if (text)
		strbuf_addf(ret, "\n## %s\n\n```\n%s\n```\n", title, text);
}

void rule_page(const struct rule *rule, struct strbuf *ret)
{
	const struct search_for *search = rule_search_for(rule);
	const struct rule_meta *meta = &rule->meta;

	strbuf_addf(ret, "# %s %s\n\n%s: %s.\n", meta->id, meta->name, severity_name(meta->severity), meta->summary);
	if (rule->flags & RULE_OFF)
		strbuf_addf(ret, "Off by default; switch it on with `--enable=%s`.\n", meta->id);
	if (rule->flags & RULE_CROSS)
		strbuf_adds(ret, "Not checked in templates with unrendered conditions.\n");
	strbuf_addf(ret, "\n## Why\n\n%s\n", meta->why);
	if (search)
		strbuf_addf(ret, "\n## Search for\n\nMistakes of this kind show up as one of these:\n\n```\n%s\n```\n\nLogs: %s.\n", search->message,
			    search->logs);
	add_example(ret, "Bad", rule->bad);
	add_example(ret, "Good", rule->good);
	strbuf_addf(ret, "\n## Fix\n\nTo do: %s. %s\n", meta->advice, fix_text(rule));
	if (meta->source)
		strbuf_addf(ret, "\n## Source\n\n<%s>\n", meta->source);
}
