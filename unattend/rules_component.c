/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA109-UA118: the attributes of components and how components stand together. */
#include "unattend/lint.h"

#include <string.h>
#include <strings.h>


#define TOKEN "31bf3856ad364e35"

#define COMPONENTS_MAX 2000 /* real files have some hundred; more are not compared with each other */

static const struct component *component_at(const struct lint *lint, size_t i)
{
	return i < COMPONENTS_MAX && i < lint->answer->components.len ? &lint->answer->components.items[i] : NULL;
}

static bool is_template(const struct lint *lint, const char *value)
{
	return template_in_value(lint->options->template_mode, value, strlen(value));
}

static void check_unknown(const struct rule *rule, struct lint *lint)
{
	const struct component *c;

	for (size_t i = 0; (c = component_at(lint, i)); i++) {
		const struct attribute *name = element_attribute(c->element, "name");
		const char *near;

		if (c->spec || !name || is_template(lint, c->name))
			continue;
		near = component_did_you_mean(c->name);
		lint_add(lint, rule, name->value_where, NULL, "there is no component %.80s%s%s%s", c->name,
			 near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
	}
}

static bool same_attribute(const struct component *a, const struct component *b, const char *name)
{
	const struct attribute *x = element_attribute(a->element, name), *y = element_attribute(b->element, name);

	return (!x && !y) || (x && y && strcasecmp(x->value, y->value) == 0);
}

static bool is_repetition(const struct component *a, const struct component *b)
{
	return component_pass(a) && component_pass(a) == component_pass(b) && *a->name && component_is(a, b->name) &&
	       strcasecmp(a->arch, b->arch) == 0 && same_attribute(a, b, "language") &&
	       same_attribute(a, b, "publicKeyToken");
}

static void check_repeated(const struct rule *rule, struct lint *lint)
{
	const struct component *c, *other;

	for (size_t i = 0; (c = component_at(lint, i)); i++)
		for (size_t k = 0; k < i && (other = component_at(lint, k)); k++)
			if (is_repetition(c, other)) {
				struct hit *hit = lint_element(lint, rule, c->element, "%.80s (%.20s) stands in this pass already, in line %u",
							       c->name, c->arch, other->element->where.line);

				if (hit->rule)
					(void)edits_merge_elements(hit_fix(hit, FIX_UNSAFE), &lint->answer->source.text, other->element,
								   c->element);
				break;
			}
}

static void check_missing(const struct rule *rule, struct lint *lint)
{
	static const struct {
		const char *name;
		const char *value;
	} wanted[] = { { "name", NULL }, { "processorArchitecture", NULL }, { "publicKeyToken", TOKEN }, { "language", "neutral" } };
	const struct component *c;

	for (size_t i = 0; (c = component_at(lint, i)); i++)
		for (size_t k = 0; k < ARRAY_SIZE(wanted); k++) {
			struct hit *hit;

			if (element_attribute(c->element, wanted[k].name))
				continue;
			hit = lint_element(lint, rule, c->element, "the component has no attribute %s", wanted[k].name);
			if (wanted[k].value)
				edits_add_attribute(hit_fix(hit, FIX_SAFE), &lint->answer->source.text, c->element, wanted[k].name,
						    wanted[k].value);
		}
}

/* A finding at the value of an attribute, mended by another value. */
static void report_value(struct lint *lint, const struct rule *rule, const struct attribute *a, const char *better)
{
	struct hit *hit = lint_add(lint, rule, a->value_where, NULL, "%s is \"%.60s\"%s%s", a->name, a->value,
				   better ? ", not " : "", better ? better : "");

	if (better)
		edits_replace(hit_fix(hit, FIX_SAFE), a->raw, better);
}

static void check_token(const struct rule *rule, struct lint *lint)
{
	const struct component *c;

	for (size_t i = 0; (c = component_at(lint, i)); i++) {
		const struct attribute *a = element_attribute(c->element, "publicKeyToken");

		if (a && strcasecmp(a->value, TOKEN) != 0 && !is_template(lint, a->value))
			report_value(lint, rule, a, TOKEN);
	}
}

static void check_language(const struct rule *rule, struct lint *lint)
{
	const struct component *c;

	for (size_t i = 0; (c = component_at(lint, i)); i++) {
		const struct attribute *a = element_attribute(c->element, "language");

		if (a && strcasecmp(a->value, "neutral") != 0 && !is_template(lint, a->value))
			report_value(lint, rule, a, "neutral");
	}
}

static void check_scope(const struct rule *rule, struct lint *lint)
{
	const struct component *c;

	for (size_t i = 0; (c = component_at(lint, i)); i++) {
		const struct attribute *a = element_attribute(c->element, "versionScope");

		if (!a)
			edits_add_attribute(hit_fix(lint_element(lint, rule, c->element, "versionScope is not given"), FIX_SAFE),
					    &lint->answer->source.text, c->element, "versionScope", "nonSxS");
		else if (strcasecmp(a->value, "nonSxS") == 0 && strcmp(a->value, "nonSxS") != 0)
			report_value(lint, rule, a, "nonSxS");
	}
}

static void check_architecture(const struct rule *rule, struct lint *lint)
{
	static const char *const known[] = { "x86", "amd64", "arm64", "arm", "ia64", "wow64", "msil", "neutral", "shx", "data" };
	const struct component *c;

	for (size_t i = 0; (c = component_at(lint, i)); i++) {
		const struct attribute *a = element_attribute(c->element, "processorArchitecture");
		bool good = !a || is_template(lint, a->value);

		for (size_t k = 0; k < ARRAY_SIZE(known); k++)
			good = good || strcasecmp(a->value, known[k]) == 0;
		if (!good)
			report_value(lint, rule, a,
				     strcasecmp(a->value, "x64") == 0 || strcasecmp(a->value, "x86_64") == 0 ? "amd64" : NULL);
	}
}

static bool has_twin(const struct lint *lint, const struct component *c, const char *arch)
{
	const struct component *other;

	for (size_t i = 0; (other = component_at(lint, i)); i++)
		if (component_pass(other) == component_pass(c) && component_is(other, c->name) && strcasecmp(other->arch, arch) == 0)
			return true;
	return false;
}

static bool is_processor(const char *arch)
{
	return strcasecmp(arch, "x86") == 0 || strcasecmp(arch, "amd64") == 0 || strcasecmp(arch, "arm64") == 0;
}

/* The first component that no twin makes available for the architecture of the first one of the pass. */
static void check_mixed(const struct rule *rule, struct lint *lint)
{
	for (unsigned bit = PASS_WINDOWS_PE; bit <= PASS_OOBE_SYSTEM; bit <<= 1) {
		const struct component *first = NULL, *c;
		struct hit *hit;

		for (size_t i = 0; (c = component_at(lint, i)); i++) {
			if (component_pass(c) != bit || !is_processor(c->arch))
				continue;
			if (!first)
				first = c;
			if (strcasecmp(c->arch, first->arch) == 0 || has_twin(lint, c, first->arch) || has_twin(lint, first, c->arch))
				continue;
			hit = lint_element(lint, rule, c->element, "%.80s is for %s, %.80s of this pass for %s", c->name, c->arch,
					   first->name, first->arch);
			edits_replace(hit_fix(hit, FIX_UNSAFE), element_attribute(c->element, "processorArchitecture")->raw, first->arch);
			break;
		}
	}
}

static void check_several(const struct rule *rule, struct lint *lint)
{
	const struct component *c, *other;

	for (size_t i = 0; (c = component_at(lint, i)); i++)
		for (size_t k = 0; k < i && (other = component_at(lint, k)); k++)
			if (component_pass(c) == component_pass(other) && component_is(c, other->name) &&
			    strcasecmp(c->arch, other->arch) != 0) {
				lint_element(lint, rule, c->element, "%.80s is given for %.20s and %.20s", c->name, other->arch, c->arch);
				break;
			}
}

static void check_case(const struct rule *rule, struct lint *lint)
{
	const struct component *c;

	for (size_t i = 0; (c = component_at(lint, i)); i++) {
		if (c->spec && strcmp(c->spec->name, c->name) != 0)
			report_value(lint, rule, element_attribute(c->element, "name"), c->spec->name);
		for (size_t k = c->first; k < c->first + c->n; k++) {
			const struct setting *s = &lint->answer->settings.items[k];
			const char *last = s->spec ? strrchr(s->spec->path, '/') : NULL;

			last = last ? last + 1 : s->spec ? s->spec->path : s->element->name;
			if (strcmp(last, s->element->name) != 0)
				edits_rename_element(hit_fix(lint_setting_element(lint, rule, s, "<%.60s> is documented as <%s>",
										  s->element->name, last), FIX_SAFE), s->element, last);
		}
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA109", .name = "unknown-component", .severity = SEVERITY_ERROR,
			.summary = "no documented Windows has this component",
			.why = "When the image does not have the component either, the pass fails: \"Windows could not parse or process unattend\n"
			       "answer file [...] for pass [...]. A component or setting specified in the answer file does not exist.\"",
			.advice = "correct the name, or remove the component",
			.source = "https://github.com/ChrisTitusTech/winutil/issues/1299",
		},
		.bad = "<component name=\"Microsoft-Windows-WiFi-ConfigSP\" ...>",
		.good = "<component name=\"Microsoft-Windows-Shell-Setup\" ...>",
		.check = check_unknown,
	},
	{
		.meta = {
			.id = "UA110", .name = "component-twice", .severity = SEVERITY_ERROR,
			.summary = "a component stands twice in a pass for the same architecture",
			.why = "Setup fails: \"A component or non-list setting is specified more than once in the answer file.\"",
			.advice = "put the settings into one component",
			.source = "https://github.com/boxcutter/windows-batch/issues/50",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<component name=\"Microsoft-Windows-Shell-Setup\" processorArchitecture=\"amd64\" ...>...\n"
		       "<component name=\"Microsoft-Windows-Shell-Setup\" processorArchitecture=\"amd64\" ...>...",
		.good = "<component name=\"Microsoft-Windows-Shell-Setup\" processorArchitecture=\"amd64\" ...>...",
		.check = check_repeated,
	},
	{
		.meta = {
			.id = "UA111", .name = "component-attribute-missing", .severity = SEVERITY_ERROR,
			.summary = "a component lacks an attribute of its identity",
			.why = "name, processorArchitecture, publicKeyToken and language together name a component. Without one of them Setup\n"
			       "finds none that fits.",
			.advice = "add the attribute; publicKeyToken is 31bf3856ad364e35, language neutral",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "<component name=\"Microsoft-Windows-Setup\">",
		.good = "<component name=\"Microsoft-Windows-Setup\" processorArchitecture=\"amd64\" publicKeyToken=\"31bf3856ad364e35\"\n"
			"    language=\"neutral\" versionScope=\"nonSxS\">",
		.check = check_missing,
	},
	{
		.meta = {
			.id = "UA112", .name = "wrong-public-key-token", .severity = SEVERITY_ERROR,
			.summary = "publicKeyToken is not 31bf3856ad364e35",
			.why = "All components of Windows have this token. With another one Setup says \"A component or setting specified in the\n"
			       "answer file does not exist.\"",
			.advice = "write publicKeyToken=\"31bf3856ad364e35\"",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "publicKeyToken=\"31bf3856ad364e53\"",
		.good = "publicKeyToken=\"31bf3856ad364e35\"",
		.check = check_token,
	},
	{
		.meta = {
			.id = "UA113", .name = "component-language", .severity = SEVERITY_WARNING,
			.summary = "the language of a component is not neutral",
			.why = "The components that take settings are language-neutral. With another language none fits and the settings are not\n"
			       "applied.",
			.advice = "write language=\"neutral\"; the language of Windows is a setting",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "language=\"en-US\"",
		.good = "language=\"neutral\"",
		.check = check_language,
	},
	{
		.meta = {
			.id = "UA114", .name = "version-scope", .severity = SEVERITY_STYLE,
			.summary = "versionScope is missing or spelled unusually",
			.why = "It works: nonSxS is the default and case does not matter. Windows SIM writes nonSxS.",
			.advice = "write versionScope=\"nonSxS\"",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "versionScope=\"NonSxS\"",
		.good = "versionScope=\"nonSxS\"",
		.check = check_scope,
	},
	{
		.meta = {
			.id = "UA115", .name = "unknown-architecture", .severity = SEVERITY_ERROR,
			.summary = "there is no processor architecture of this name",
			.why = "The component never fits an image. The usual slip is x64, which Windows calls amd64.",
			.advice = "write x86, amd64 or arm64",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "processorArchitecture=\"x64\"",
		.good = "processorArchitecture=\"amd64\"",
		.check = check_architecture,
	},
	{
		.meta = {
			.id = "UA116", .name = "mixed-architectures", .severity = SEVERITY_WARNING,
			.summary = "components of one pass are for different architectures",
			.why = "Components of another architecture than the system that runs the pass (in windowsPE: the boot image) are not\n"
			       "applied, or the pass fails: \"Windows could not parse or process unattend answer file [...] for pass [...]\".\n"
			       "Copies of all components for several architectures are fine.",
			.advice = "give all components of the pass the same architecture",
			.source = "https://github.com/rbalsleyMSFT/FFU/issues/59",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "Microsoft-Windows-International-Core-WinPE for x86, Microsoft-Windows-Setup for amd64",
		.good = "both for amd64",
		.check = check_mixed,
	},
	{
		.meta = {
			.id = "UA117", .name = "several-architectures", .severity = SEVERITY_INFO,
			.summary = "a component is given for several architectures",
			.why = "Generators do it so that one file serves all media, and it works. The documentation advises against it.",
			.advice = "keep one architecture when the file is for one",
			.source = "https://github.com/memstechtips/Winhance/issues/276",
		},
		.flags = RULE_OFF | RULE_CROSS,
		.bad = "the same component for x86, amd64 and arm64",
		.good = "the component for amd64",
		.check = check_several,
	},
	{
		.meta = {
			.id = "UA118", .name = "unusual-spelling", .severity = SEVERITY_STYLE,
			.summary = "a component or setting is spelled in other case than documented",
			.why = "Components are compared without regard to case. For settings do not rely on it.",
			.advice = "use the documented spelling",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/components-b-unattend",
		},
		.fix = FIX_SAFE,
		.bad = "<Computername>",
		.good = "<ComputerName>",
		.check = check_case,
	},
};

const struct rule_table component_rules = { rules, ARRAY_SIZE(rules) };
