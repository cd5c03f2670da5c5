/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA201-UA214: settings against what is documented of them. */
#include "unattend/lint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unattend/move_setting.h"

#define SETTINGS_MAX 1000 /* brothers that are compared with each other */

static const struct setting *setting_at(const struct lint *lint, size_t i)
{
	return i < lint->answer->settings.len ? &lint->answer->settings.items[i] : NULL;
}

static const struct strbuf *text_of(const struct lint *lint)
{
	return &lint->answer->source.text;
}

/* UA706 tells of it. */
static bool is_will_reboot(const struct setting *s)
{
	return name_is(s->element->name, "WillReboot") && component_is(s->component, "Microsoft-Windows-Setup");
}

/* A leaf with a value that can be judged. */
static bool has_value(const struct setting *s)
{
	return !s->placeholder && !s->element->first && !setting_value_empty(s);
}

static bool is_typed(const struct setting *s, enum setting_type type)
{
	return s->spec && s->spec->type == type && s->spec->kind == SETTING_VALUE && has_value(s);
}

static bool is_own_namespace(const struct lint *lint, const struct setting *s)
{
	const char *ns = lint->answer->markup.root->ns;

	return s->element->ns && ns && strcmp(s->element->ns, ns) == 0;
}

static void check_unknown(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		const struct component_spec *component = s->component->spec;
		const char *near;

		if (s->spec || !component || !component->known_settings || !lint_wants(lint, rule) || (s->parent && !s->parent->spec) ||
		    !is_own_namespace(lint, s) || is_will_reboot(s))
			continue;
		near = setting_did_you_mean(s->component->name, s->path);
		lint_setting_element(lint, rule, s, "%s has no setting %.120s%s%s%s", component->name, s->path,
				     near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
	}
}

/* UA815 tells of them. */
static bool is_driver_component(const struct component *c)
{
	return component_is(c, "Microsoft-Windows-PnpCustomizationsWinPE") || component_is(c, "Microsoft-Windows-PnpCustomizationsNonWinPE");
}

static void check_component_pass(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->components.len; i++) {
		const struct component *c = &lint->answer->components.items[i];
		enum pass pass = component_pass(c);
		char valid[120];

		if (!c->spec || !c->spec->passes || !pass || c->spec->passes & pass || is_driver_component(c))
			continue;
		lint_element(lint, rule, c->element, "%s is documented for %s, not for %s", c->spec->name,
			     pass_list(c->spec->passes, valid, sizeof(valid)), pass_name(pass));
	}
}

static bool is_wrong_pass(const struct setting *s)
{
	enum pass pass = component_pass(s->component);
	unsigned valid = s->spec ? setting_spec_passes(s->spec) : 0;

	return pass && valid && !(valid & pass);
}

static bool is_in_pass(const struct lint *lint, const struct component *like, enum pass pass)
{
	for (size_t i = 0; i < lint->answer->components.len; i++)
		if (component_pass(&lint->answer->components.items[i]) == pass && component_is(&lint->answer->components.items[i], like->name))
			return true;
	return false;
}

/* The documented pass in which the file has the component already; else specialize, or the earliest. */
static enum pass better_pass(const struct lint *lint, const struct setting *s)
{
	unsigned valid = setting_spec_passes(s->spec);

	for (unsigned bit = PASS_WINDOWS_PE; bit <= PASS_OOBE_SYSTEM; bit <<= 1)
		if (valid & bit && is_in_pass(lint, s->component, (enum pass)bit))
			return (enum pass)bit;
	return valid & PASS_SPECIALIZE ? PASS_SPECIALIZE : (enum pass)(valid & -valid);
}

static void move_to_valid_pass(const struct lint *lint, const struct setting *s, struct hit *hit)
{
	if (hit->rule && !s->parent && s->component->spec)
		plan_move_setting(lint->answer, s, better_pass(lint, s), hit_fix(hit, FIX_UNSAFE));
}

static void check_pass(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;
	char valid[120];

	check_component_pass(rule, lint);
	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		const struct component_spec *component = s->component->spec;
		bool has_own = component_is(s->component, "Microsoft-Windows-Shell-Setup") &&
			       (name_is(s->path, "ProductKey") || name_is(s->path, "CopyProfile"));

		if (!is_wrong_pass(s) || (s->parent && is_wrong_pass(s->parent)) || has_own)
			continue;
		if (component && component->passes && !(component->passes & component_pass(s->component)))
			continue;
		move_to_valid_pass(lint, s, lint_setting_element(lint, rule, s, "%s is documented for %s, not for %s", s->spec->path,
								 pass_list(setting_spec_passes(s->spec), valid, sizeof(valid)),
								 pass_name(component_pass(s->component))));
	}
}

static void check_twice(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		size_t n = 0;

		if (!s->spec || s->spec->kind == SETTING_LIST_ITEM)
			continue;
		for (const struct element *e = s->element->parent->first; e && e != s->element && n++ < SETTINGS_MAX; e = e->next)
			if (name_is(e->name, s->element->name)) {
				lint_setting_element(lint, rule, s, "%s is given already in line %u", s->spec->path, e->where.line);
				break;
			}
	}
}

static const char *truth_of(const struct setting *s)
{
	static const char *const yes[] = { "true", "yes", "1", "on" }, *const no[] = { "false", "no", "0", "off" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (setting_value_is(s, yes[i]))
			return "true";
		if (setting_value_is(s, no[i]))
			return "false";
	}
	return NULL;
}

static bool value_equals(const struct setting *s, const char *text)
{
	size_t len;
	const char *value = setting_value(s, &len);

	return len == strlen(text) && memcmp(value, text, len) == 0;
}

static void check_boolean(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		const char *truth;
		struct hit *hit;

		if (!is_typed(s, TYPE_BOOLEAN) || value_equals(s, "true") || value_equals(s, "false"))
			continue;
		truth = truth_of(s);
		hit = lint_setting(lint, rule, s, "%s wants true or false, not \"%s\"", s->spec->path, lint_show(s));
		if (truth && s->element->plain)
			edits_set_value(hit_fix(hit, FIX_SAFE), s->element, truth);
	}
}

static bool parse_integer(const struct setting *s, int64_t *ret)
{
	size_t len;
	const char *value = setting_value(s, &len);
	char digits[32], *end;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, value, len);
	digits[len] = '\0';
	errno = 0;
	*ret = strtoll(digits, &end, len > 2 && digits[0] == '0' && (digits[1] | 32) == 'x' ? 16 : 10);
	return *end == '\0' && errno == 0 && digits[0] != ' ';
}

static void check_integer(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;
	int64_t number;

	for (size_t i = 0; (s = setting_at(lint, i)); i++)
		if (is_typed(s, TYPE_INTEGER) && !parse_integer(s, &number))
			lint_setting(lint, rule, s, "%s wants a whole number, not \"%s\"", s->spec->path, lint_show(s));
}

/* The entry of "A|B|C" that the value is; with other_case, in any case. */
static bool find_choice(const struct setting *s, bool any_case, char *ret, size_t size)
{
	const char *at = s->spec->values;
	size_t len;
	const char *value = setting_value(s, &len);

	while (*at) {
		size_t n = strcspn(at, "|");

		if (n == len && n < size && (any_case ? strncasecmp(at, value, n) : strncmp(at, value, n)) == 0) {
			memcpy(ret, at, n);
			ret[n] = '\0';
			return true;
		}
		at += n + (at[n] == '|');
	}
	return false;
}

static bool is_zero_padded_choice(const struct setting *s)
{
	int64_t number;
	char text[24], found[40];
	struct element plain = *s->element;
	struct setting copy = *s;

	if (!parse_integer(s, &number))
		return false;
	snprintf(text, sizeof(text), "%lld", (long long)number);
	plain.value = text;
	plain.value_len = strlen(text);
	copy.element = &plain;
	return find_choice(&copy, false, found, sizeof(found));
}

static void check_choice(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;
	char found[80];

	for (size_t i = 0; (s = setting_at(lint, i)); i++)
		if (is_typed(s, TYPE_ENUM) && *s->spec->values && !find_choice(s, true, found, sizeof(found)) &&
		    !is_zero_padded_choice(s))
			lint_setting(lint, rule, s, "%s is \"%s\", not one of %s", s->spec->path, lint_show(s), s->spec->values);
}

static void check_choice_case(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;
	char found[80];

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		struct hit *hit;

		if (!is_typed(s, TYPE_ENUM) || find_choice(s, false, found, sizeof(found)) ||
		    !find_choice(s, true, found, sizeof(found)))
			continue;
		hit = lint_setting(lint, rule, s, "\"%s\" is documented as %s", lint_show(s), found);
		if (s->element->plain)
			edits_set_value(hit_fix(hit, FIX_SAFE), s->element, found);
	}
}

/* Windows counts UTF-16 units. */
static size_t utf16_len(const char *value, size_t len)
{
	size_t units = 0;

	for (size_t i = 0; i < len; i++)
		units += ((uint8_t)value[i] & 0xc0) == 0x80 ? 0 : (uint8_t)value[i] >= 0xf0 ? 2 : 1;
	return units;
}

static bool has_rule_of_its_own(const struct setting *s)
{
	return strcasecmp(s->element->name, "ComputerName") == 0 || strcasecmp(s->element->name, "CommandLine") == 0 ||
	       strcasecmp(s->element->name, "Path") == 0 || strcasecmp(s->element->name, "ProductKey") == 0;
}

static void check_length(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		size_t units;

		if (!s->spec || !s->spec->max_len || !has_value(s) || has_rule_of_its_own(s))
			continue;
		units = utf16_len(s->element->value, s->element->value_len);
		if (units > s->spec->max_len)
			lint_setting(lint, rule, s, "%s has %zu characters, %u at most are taken", s->spec->path, units, s->spec->max_len);
	}
}

static void check_range(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;
	int64_t number;

	for (size_t i = 0; (s = setting_at(lint, i)); i++)
		if (is_typed(s, TYPE_INTEGER) && s->spec->min < s->spec->max && parse_integer(s, &number) &&
		    (number < s->spec->min || number > s->spec->max))
			lint_setting(lint, rule, s, "%s is %lld, not between %lld and %lld", s->spec->path, (long long)number,
				     (long long)s->spec->min, (long long)s->spec->max);
}

static bool is_empty_leaf(const struct setting *s)
{
	return s->spec && s->spec->kind == SETTING_VALUE && !s->element->first && setting_value_empty(s) && !s->placeholder;
}

static bool is_setup_key(const struct setting *s)
{
	return strcasecmp(s->path, "UserData/ProductKey/Key") == 0;
}

static void check_empty(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++)
		if (is_empty_leaf(s) && s->spec->empty == EMPTY_FORBIDDEN && !is_setup_key(s))
			edits_delete_element(hit_fix(lint_setting_element(lint, rule, s, "%s must not be empty", s->spec->path), FIX_SAFE),
					     text_of(lint), s->element);
}

static void check_pointless(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++)
		if (is_empty_leaf(s) && s->spec->empty != EMPTY_FORBIDDEN && !s->spec->secret &&
		    strcasecmp(s->element->name, "Value") != 0)
			edits_delete_element(hit_fix(lint_setting_element(lint, rule, s, "%s is empty", s->spec->path), FIX_SAFE),
					     text_of(lint), s->element);
}

static bool counts_space(const struct setting *s)
{
	return s->spec && s->spec->type == TYPE_STRING && has_value(s);
}

static void report_trim(const struct rule *rule, struct lint *lint, const struct setting *s, const char *value, size_t len)
{
	CLEANUP(freep) char *trimmed = xstrndup(value, len);
	struct hit *hit = lint_setting(lint, rule, s, "white space around the value of %s is part of the value", s->spec->path);

	if (s->element->plain)
		edits_set_value(hit_fix(hit, FIX_SAFE), s->element, trimmed);
}

static void check_breaks(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; (s = setting_at(lint, i)); i++) {
		size_t len;
		const char *value = setting_value(s, &len);

		if (!counts_space(s))
			continue;
		if (memchr(value, '\n', len))
			lint_setting(lint, rule, s, "the value of %s runs over several lines", s->spec->path);
		else if (len != s->element->value_len && (has_rule_of_its_own(s) || s->spec->secret))
			report_trim(rule, lint, s, value, len);
	}
}

/* A rule of its own, UA602. */
static bool is_network_location(const struct setting *s)
{
	return strcasecmp(s->path, "OOBE/NetworkLocation") == 0;
}

static void check_deprecated(const struct rule *rule, struct lint *lint)
{
	const struct windows *target = lint->options->target;
	const struct setting *s;

	for (size_t i = 0; target && (s = setting_at(lint, i)); i++)
		if (s->spec && s->spec->deprecated && s->spec->deprecated <= target->build && !is_network_location(s) &&
		    !(s->spec->removed && s->spec->removed <= target->build))
			delete_with_empty_parents(lint->answer, s->element,
						  hit_fix(lint_setting_element(lint, rule, s, "%s is deprecated in %s", s->spec->path,
									       target->name), FIX_UNSAFE));
}

static void check_removed(const struct rule *rule, struct lint *lint)
{
	const struct windows *target = lint->options->target;
	const struct setting *s;

	for (size_t i = 0; target && (s = setting_at(lint, i)); i++) {
		struct hit *hit;

		if (!s->spec || !s->spec->removed || s->spec->removed > target->build ||
		    (s->parent && s->parent->spec && s->parent->spec->removed))
			continue;
		hit = lint_setting_element(lint, rule, s, "%s is gone from %s", s->spec->path, target->name);
		edits_delete_element(hit_fix(hit, FIX_SAFE), text_of(lint), s->element);
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA201", .name = "unknown-setting", .severity = SEVERITY_ERROR,
			.summary = "the component has no such setting",
			.why = "Setup stops in the pass: \"A component or setting specified in the answer file does not exist.\" Settings are\n"
			       "known from the reference (state of January 2019), its change lists and real files; a setting newer than that\n"
			       "can be told by --severity UA201=warning.",
			.advice = "correct the name or the place of the setting",
			.source = "https://github.com/dockur/windows/issues/320",
		},
		.bad = "<OOBE><BypassNetworkCheck>true</BypassNetworkCheck></OOBE>",
		.good = "<OOBE><HideOnlineAccountScreens>true</HideOnlineAccountScreens></OOBE>",
		.check = check_unknown,
	},
	{
		.meta = {
			.id = "UA202", .name = "wrong-pass", .severity = SEVERITY_WARNING,
			.summary = "a component or setting stands in a pass it is not documented for",
			.why = "It is not applied, mostly without a word: well-known projects ship such settings to everybody.",
			.advice = "move it to one of the passes named",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/windows-setup-configuration-passes",
		},
		.fix = FIX_UNSAFE,
		.bad = "<settings pass=\"oobeSystem\">...<ComputerName>PC01</ComputerName>",
		.good = "<settings pass=\"specialize\">...<ComputerName>PC01</ComputerName>",
		.check = check_pass,
	},
	{
		.meta = {
			.id = "UA203", .name = "setting-twice", .severity = SEVERITY_ERROR,
			.summary = "a setting that is no list is given twice",
			.why = "Setup fails: \"A component or non-list setting is specified more than once in the answer file.\"",
			.advice = "keep one of them",
			.source = "https://github.com/boxcutter/windows-batch/issues/50",
		},
		.flags = RULE_CROSS,
		.bad = "<TimeZone>UTC</TimeZone>\n<TimeZone>GMT Standard Time</TimeZone>",
		.good = "<TimeZone>UTC</TimeZone>",
		.check = check_twice,
	},
	{
		.meta = {
			.id = "UA204", .name = "not-a-boolean", .severity = SEVERITY_ERROR,
			.summary = "the value is neither true nor false",
			.why = "Setup says that the settings specified in the answer file cannot be applied. The words are true and false, in\n"
			       "small letters.",
			.advice = "write true or false",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/component-settings-and-properties-reference",
		},
		.fix = FIX_SAFE,
		.bad = "<AcceptEula>yes</AcceptEula>",
		.good = "<AcceptEula>true</AcceptEula>",
		.check = check_boolean,
	},
	{
		.meta = {
			.id = "UA205", .name = "not-a-number", .severity = SEVERITY_ERROR,
			.summary = "the value is no whole number",
			.why = "Setup says that the settings specified in the answer file cannot be applied.",
			.advice = "write digits only; sizes of partitions are in megabytes without a unit",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/component-settings-and-properties-reference",
		},
		.bad = "<Size>100GB</Size>",
		.good = "<Size>102400</Size>",
		.check = check_integer,
	},
	{
		.meta = {
			.id = "UA206", .name = "value-not-allowed", .severity = SEVERITY_ERROR,
			.summary = "the value is not one of those the setting knows",
			.why = "Setup says that the settings specified in the answer file cannot be applied.",
			.advice = "use one of the values named",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.bad = "<WillShowUI>Sometimes</WillShowUI>",
		.good = "<WillShowUI>OnError</WillShowUI>",
		.check = check_choice,
	},
	{
		.meta = {
			.id = "UA207", .name = "value-in-other-case", .severity = SEVERITY_STYLE,
			.summary = "the value is documented in other case",
			.why = "It has been seen to work; the documented spelling is sure to.",
			.advice = "use the documented spelling",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "<WillShowUI>onerror</WillShowUI>",
		.good = "<WillShowUI>OnError</WillShowUI>",
		.check = check_choice_case,
	},
	{
		.meta = {
			.id = "UA208", .name = "value-too-long", .severity = SEVERITY_ERROR,
			.summary = "the value is longer than documented",
			.why = "Setup stops: \"Windows could not parse or process unattend answer file [...] for pass [...]\". Names and commands\n"
			       "have rules of their own (UA401, UA701).",
			.advice = "shorten it",
			.source = "https://github.com/cschneegans/unattend-generator/issues/6",
		},
		.bad = "<FullName>(70 characters)</FullName>",
		.good = "<FullName>(63 characters at most)</FullName>",
		.check = check_length,
	},
	{
		.meta = {
			.id = "UA209", .name = "number-out-of-range", .severity = SEVERITY_ERROR,
			.summary = "the number is outside the documented range",
			.why = "Setup says that the settings specified in the answer file cannot be applied.",
			.advice = "use a number in the range named",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.bad = "<Order>0</Order>",
		.good = "<Order>1</Order>",
		.check = check_range,
	},
	{
		.meta = {
			.id = "UA210", .name = "empty-not-allowed", .severity = SEVERITY_WARNING,
			.summary = "a setting that must not be empty is empty",
			.why = "The reference says that the setting takes no empty element. Some passes fail over it, others show the page.\n"
			       "An empty product key in specialize gives \"ProductKey installation failed (0x80070057)\".",
			.advice = "remove the element or give it a value",
			.source = "https://github.com/microsoft/SurfaceDeploymentAccelerator/issues/2",
		},
		.fix = FIX_SAFE,
		.bad = "<FullName></FullName>",
		.good = "<FullName>Laboratory</FullName>",
		.check = check_empty,
	},
	{
		.meta = {
			.id = "UA211", .name = "empty-setting", .severity = SEVERITY_STYLE,
			.summary = "a setting is empty",
			.why = "It is allowed and does nothing.",
			.advice = "remove the element",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/best-practices-for-authoring-answer-files",
		},
		.flags = RULE_OFF, .fix = FIX_SAFE,
		.bad = "<Description/>",
		.good = "(no element)",
		.check = check_pointless,
	},
	{
		.meta = {
			.id = "UA212", .name = "space-in-value", .severity = SEVERITY_WARNING,
			.summary = "line breaks or outer white space belong to the value",
			.why = "White space counts: a reformatted file has longer commands, and commands with line breaks in them. Above 259\n"
			       "characters Setup stops in specialize with \"could not parse or process\".",
			.advice = "put the value on one line, directly between the tags",
			.source = "https://github.com/cschneegans/unattend-generator/issues/6",
		},
		.fix = FIX_SAFE,
		.bad = "<Path>\n  cmd.exe /c echo\n  hello\n</Path>",
		.good = "<Path>cmd.exe /c echo hello</Path>",
		.check = check_breaks,
	},
	{
		.meta = {
			.id = "UA213", .name = "deprecated-setting", .severity = SEVERITY_WARNING,
			.summary = "the setting is deprecated in the version of Windows that is installed",
			.why = "It has no effect or will have none. Checked with --target only.",
			.advice = "remove it",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/changed-answer-file-settings-for-windows-10-version-1709",
		},
		.fix = FIX_UNSAFE,
		.bad = "<NetworkLocation>Work</NetworkLocation>   with --target win11",
		.good = "(no element)",
		.check = check_deprecated,
	},
	{
		.meta = {
			.id = "UA214", .name = "removed-setting", .severity = SEVERITY_WARNING,
			.summary = "the setting is gone from the version of Windows that is installed",
			.why = "Mostly it is ignored; some have been seen to stop Setup with \"A component or setting specified in the answer file\n"
			       "does not exist.\" Checked with --target only.",
			.advice = "remove it",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/changed-answer-file-settings-for-windows-8-and-windows-server-2012",
		},
		.fix = FIX_SAFE,
		.bad = "<ShowWindowsLive>false</ShowWindowsLive>   with --target win10",
		.good = "(no element)",
		.check = check_removed,
	},
};

const struct rule_table setting_rules = { rules, ARRAY_SIZE(rules) };
