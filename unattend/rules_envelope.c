/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA101-UA108, UA119-UA124: the frame of the file; what components say of themselves is in rules_component.c. */
#include "unattend/lint.h"

#include <string.h>
#include <strings.h>

static const struct element *root_of(const struct lint *lint)
{
	return lint->answer->markup.root;
}

static const struct strbuf *text_of(const struct lint *lint)
{
	return &lint->answer->source.text;
}

static bool is_ns(const struct element *e, const char *ns)
{
	return e->ns && strcmp(e->ns, ns) == 0;
}

/* Judged against the root, so that a wrong namespace there is told once. */
static bool is_own(const struct lint *lint, const struct element *e)
{
	const char *ns = root_of(lint)->ns;

	return e->ns == ns || (e->ns && ns && strcmp(e->ns, ns) == 0);
}

static void check_root(const struct rule *rule, struct lint *lint)
{
	const struct element *root = root_of(lint);
	struct hit *hit;

	if (strcmp(root->name, "unattend") != 0) {
		lint_element(lint, rule, root, "the root element is <%.60s>, not <unattend>", root->name);
		return;
	}
	if (is_ns(root, NS_UNATTEND))
		return;
	hit = lint_element(lint, rule, root, "the namespace of <unattend> is not " NS_UNATTEND);
	if (element_attribute(root, "xmlns"))
		edits_replace(hit_fix(hit, FIX_SAFE), element_attribute(root, "xmlns")->raw, NS_UNATTEND);
	else if (!*root->prefix)
		edits_add_attribute(hit_fix(hit, FIX_SAFE), text_of(lint), root, "xmlns", NS_UNATTEND);
}

static void check_pass_missing(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->blocks.len; i++) {
		const struct settings_block *block = &lint->answer->blocks.items[i];
		struct hit *hit;

		if (block->pass_text)
			continue;
		hit = lint_element(lint, rule, block->element, "<settings> has no attribute pass");
		for (const struct attribute *a = block->element->attributes; a; a = a->next)
			if (strncasecmp(a->name, "pass", 4) == 0 && pass_parse(a->value))
				edits_replace(hit_fix(hit, FIX_UNSAFE),
					      (struct span){ a->span.at, a->span.at + strlen(a->name) }, "pass");
	}
}

static const char *nearest_pass(const char *text)
{
	for (size_t i = 0; pass_names[i]; i++)
		if (strcasecmp(pass_names[i], text) == 0)
			return pass_names[i];
	for (size_t i = 0; pass_names[i]; i++)
		if (strncasecmp(pass_names[i], text, 6) == 0)
			return pass_names[i];
	return NULL;
}

static void check_pass_name(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->blocks.len; i++) {
		const struct settings_block *block = &lint->answer->blocks.items[i];
		const struct attribute *a = element_attribute(block->element, "pass");
		const char *near;
		struct hit *hit;

		if (!a || block->pass || strchr(a->value, '$') || strchr(a->value, '{'))
			continue;
		near = nearest_pass(a->value);
		hit = lint_add(lint, rule, a->value_where, NULL, "there is no pass \"%.40s\"%s%s%s", a->value,
			       near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
		if (near)
			edits_replace(hit_fix(hit, FIX_UNSAFE), a->raw, near);
	}
}

static void check_pass_twice(const struct rule *rule, struct lint *lint)
{
	const struct settings_block *first[8] = { NULL }; /* by number of the bit of the pass */

	for (size_t i = 0; i < lint->answer->blocks.len; i++) {
		const struct settings_block *block = &lint->answer->blocks.items[i];
		const struct settings_block **seen = &first[block->pass ? __builtin_ctz(block->pass) : 7];
		struct hit *hit;

		if (!block->pass)
			continue;
		if (!*seen) {
			*seen = block;
			continue;
		}
		hit = lint_element(lint, rule, block->element, "a second <settings> for pass %s", pass_name(block->pass));
		if (hit->rule)
			(void)edits_merge_elements(hit_fix(hit, FIX_UNSAFE), text_of(lint), (*seen)->element, block->element);
	}
}

static void check_children(const struct rule *rule, struct lint *lint)
{
	for (const struct element *e = root_of(lint)->first; e; e = e->next) {
		CLEANUP(freep) char *ns = xasprintf("urn:%.60s", e->name);
		struct hit *hit;

		if (!is_own(lint, e) || strcmp(e->name, "settings") == 0 || strcmp(e->name, "servicing") == 0 ||
		    strcmp(e->name, "component") == 0)
			continue;
		hit = lint_element(lint, rule, e, "<%.60s> is not allowed in <unattend>", e->name);
		if (!*e->prefix && !element_attribute(e, "xmlns"))
			edits_add_attribute(hit_fix(hit, FIX_UNSAFE), text_of(lint), e, "xmlns", ns);
	}
}

static void check_component_outside(const struct rule *rule, struct lint *lint)
{
	for (const struct element *e = root_of(lint)->first; e; e = e->next)
		if (is_own(lint, e) && strcmp(e->name, "component") == 0)
			lint_element(lint, rule, e, "<component> stands outside <settings>");
}

static void check_empty_settings(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->blocks.len; i++) {
		const struct element *e = lint->answer->blocks.items[i].element;

		if (!e->first)
			edits_delete_element(hit_fix(lint_element(lint, rule, e, "<settings> is empty"), FIX_SAFE), text_of(lint), e);
	}
}

static void check_empty_component(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->components.len; i++) {
		const struct component *c = &lint->answer->components.items[i];

		if (!c->element->first)
			edits_delete_element(hit_fix(lint_element(lint, rule, c->element, "%.80s has no settings", c->name), FIX_SAFE),
					     text_of(lint), c->element);
	}
}

/* ---- namespaces ------------------------------------------------------------- */

/* Walks the tree in document order without recursion. */
static const struct element *next_element(const struct element *e, bool into)
{
	if (into && e->first)
		return e->first;
	while (e && !e->next)
		e = e->parent;
	return e ? e->next : NULL;
}

static const struct element *component_around(const struct element *e)
{
	while (e->parent && strcmp(e->name, "component") != 0)
		e = e->parent;
	return e;
}

static bool report_wrong_uri(const struct rule *rule, struct lint *lint, const struct element *e)
{
	bool any = false;

	for (const struct attribute *a = e->attributes; a; a = a->next) {
		struct hit *hit;

		if (strcmp(a->name, "xmlns:wcm") != 0 || strcmp(a->value, NS_WCM) == 0)
			continue;
		any = true;
		hit = lint_add(lint, rule, a->value_where, NULL, "prefix wcm is bound to \"%.80s\" instead of %s", a->value, NS_WCM);
		edits_replace(hit_fix(hit, FIX_SAFE), a->raw, NS_WCM);
	}
	return any;
}

static bool report_undeclared(const struct rule *rule, struct lint *lint, const struct element *e)
{
	if (!e->ns) {
		lint_element(lint, rule, e, "the prefix of <%.30s:%.60s> is not declared", e->prefix, e->name);
		return true;
	}
	for (const struct attribute *a = e->attributes; a; a = a->next) {
		struct hit *hit;

		if (a->ns)
			continue;
		hit = lint_add(lint, rule, a->where, NULL, "the prefix of attribute %.60s is not declared", a->name);
		if (strncmp(a->name, "wcm:", 4) == 0)
			edits_add_attribute(hit_fix(hit, FIX_SAFE), text_of(lint), component_around(e), "xmlns:wcm", NS_WCM);
		return true;
	}
	return false;
}

static void check_prefixes(const struct rule *rule, struct lint *lint)
{
	bool undeclared = false;

	for (const struct element *e = root_of(lint); e; e = next_element(e, true)) {
		report_wrong_uri(rule, lint, e);
		undeclared = undeclared || report_undeclared(rule, lint, e);
	}
}

static void check_namespace(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->settings.len; i++) {
		const struct setting *s = &lint->answer->settings.items[i];
		const struct attribute *xmlns = element_attribute(s->element, "xmlns");
		struct hit *hit;

		if (is_own(lint, s->element) || !s->element->ns || (s->parent && !is_own(lint, s->parent->element)))
			continue;
		hit = lint_setting_element(lint, rule, s, "<%.60s> is in namespace \"%.60s\": Setup does not see it", s->element->name,
					   s->element->ns);
		if (xmlns)
			edits_delete_attribute(hit_fix(hit, FIX_SAFE), text_of(lint), xmlns);
	}
}

/* ---- the rest --------------------------------------------------------------- */

static void check_offline_image(const struct rule *rule, struct lint *lint)
{
	for (const struct element *e = root_of(lint)->first; e; e = e->next)
		if (strcmp(e->name, "offlineImage") == 0)
			edits_delete_element(hit_fix(lint_element(lint, rule, e, "offlineImage names a catalog of Windows SIM"),
						     FIX_UNSAFE), text_of(lint), e);
}

static void check_processed(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->blocks.len; i++) {
		const struct element *e = lint->answer->blocks.items[i].element;
		const struct attribute *a = element_attribute(e, "wasPassProcessed");
		struct hit *hit;

		if (!a || strcasecmp(a->value, "true") != 0)
			continue;
		hit = lint_add(lint, rule, a->where, NULL, "this pass is marked as processed and will be skipped");
		edits_delete_attribute(hit_fix(hit, FIX_SAFE), text_of(lint), a);
	}
}

/* To the front, with the white space that stands before the first element. */
static void move_to_front(const struct lint *lint, const struct element *e, struct edits *edits)
{
	const struct strbuf *text = text_of(lint);
	const struct element *root = root_of(lint), *first = root->first;
	CLEANUP(freep) char *moved = NULL;

	for (size_t i = root->content.at; i < first->span.at; i++)
		if (!is_xml_space(text->data[i]))
			return;
	moved = xasprintf("%.*s%.*s", (int)(e->span.end - e->span.at), text->data + e->span.at, (int)(first->span.at - root->content.at),
			  text->data + root->content.at);
	edits_insert(edits, first->span.at, moved);
	edits_delete_element(edits, text, e);
}

static void check_servicing(const struct rule *rule, struct lint *lint)
{
	bool settings = false, servicing = false;

	for (const struct element *e = root_of(lint)->first; e; e = e->next) {
		if (strcmp(e->name, "servicing") == 0) {
			if (settings || servicing) {
				struct hit *hit = lint_element(lint, rule, e,
							       "<servicing> must be the first element and the only one of its name");

				if (!servicing)
					move_to_front(lint, e, hit_fix(hit, FIX_SAFE));
			}
			servicing = true;
		}
		settings = settings || strcmp(e->name, "settings") == 0;
	}
}

/* From its first to its last letter. */
static struct span stray_span(const struct strbuf *text, size_t at)
{
	struct span span = { at, text_find(text->data, text->len, at, "<") };

	while (span.end > span.at && is_xml_space(text->data[span.end - 1]))
		span.end--;
	return span;
}

static void check_stray_text(const struct rule *rule, struct lint *lint)
{
	const struct strbuf *text = &lint->answer->source.text;

	for (const struct element *e = root_of(lint); e; e = next_element(e, is_own(lint, e))) {
		if (!e->has_stray || !e->first || !is_own(lint, e) || !lint_wants(lint, rule) ||
		    template_begins(lint->options->template_mode, text->data, text->len, e->stray_at))
			continue;
		edits_replace(hit_fix(lint_add(lint, rule, text_spot(text->data, text->len, e->stray_at), NULL,
					       "text between the elements of <%.60s>", e->name), FIX_UNSAFE),
			      stray_span(text, e->stray_at), "");
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA101", .name = "wrong-root", .severity = SEVERITY_ERROR,
			.summary = "the root element is not unattend in its namespace",
			.why = "Setup does not recognise the file as an answer file and runs interactively.",
			.advice = "begin with <unattend xmlns=\"urn:schemas-microsoft-com:unattend\">",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "<unattend>",
		.good = "<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">",
		.check = check_root,
	},
	{
		.meta = {
			.id = "UA102", .name = "pass-missing", .severity = SEVERITY_ERROR,
			.summary = "a settings element has no pass",
			.why = "Setup says \"The answer file is invalid\", or passes the whole block over.",
			.advice = "name the pass: <settings pass=\"specialize\">",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/windows-setup-configuration-passes",
		},
		.fix = FIX_UNSAFE,
		.bad = "<settings pass_=\"specialize\">",
		.good = "<settings pass=\"specialize\">",
		.check = check_pass_missing,
	},
	{
		.meta = {
			.id = "UA103", .name = "unknown-pass", .severity = SEVERITY_ERROR,
			.summary = "there is no pass of this name",
			.why = "The passes are windowsPE, offlineServicing, generalize, specialize, auditSystem, auditUser and oobeSystem,\n"
			       "written exactly so. A block with another name is never processed.",
			.advice = "use one of the seven names in their spelling",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/windows-setup-configuration-passes",
		},
		.fix = FIX_UNSAFE,
		.bad = "<settings pass=\"OobeSystem\">",
		.good = "<settings pass=\"oobeSystem\">",
		.check = check_pass_name,
	},
	{
		.meta = {
			.id = "UA104", .name = "pass-twice", .severity = SEVERITY_WARNING,
			.summary = "two settings elements are for the same pass",
			.why = "It is allowed, but a component that stands in both makes Setup fail: \"A component or non-list setting is\n"
			       "specified more than once in the answer file.\"",
			.advice = "put the components into one block",
			.source = "https://github.com/boxcutter/windows-batch/issues/50",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<settings pass=\"specialize\">...</settings>\n<settings pass=\"specialize\">...</settings>",
		.good = "<settings pass=\"specialize\">...</settings>",
		.check = check_pass_twice,
	},
	{
		.meta = {
			.id = "UA105", .name = "unexpected-element", .severity = SEVERITY_ERROR,
			.summary = "an element is not allowed in unattend",
			.why = "Windows SIM says that unattend has an invalid child element; Setup has been seen to run as if there were no\n"
			       "answer file. Elements of another namespace are allowed behind the settings.",
			.advice = "remove it, or give it a namespace of its own",
			.source = "https://github.com/memstechtips/UnattendedWinstall/issues/261",
		},
		.fix = FIX_UNSAFE,
		.bad = "<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\n  <Extensions>",
		.good = "<Extensions xmlns=\"urn:example:extensions\">",
		.check = check_children,
	},
	{
		.meta = {
			.id = "UA106", .name = "component-outside-settings", .severity = SEVERITY_ERROR,
			.summary = "a component stands outside settings",
			.why = "Without a pass around it the component is never processed.",
			.advice = "put it into <settings pass=\"...\">",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.bad = "<unattend>\n  <component name=\"Microsoft-Windows-Shell-Setup\" ...>",
		.good = "<unattend>\n  <settings pass=\"specialize\">\n    <component name=\"Microsoft-Windows-Shell-Setup\" ...>",
		.check = check_component_outside,
	},
	{
		.meta = {
			.id = "UA107", .name = "empty-settings", .severity = SEVERITY_STYLE,
			.summary = "a settings element is empty",
			.why = "It does nothing.",
			.advice = "remove it",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/best-practices-for-authoring-answer-files",
		},
		.fix = FIX_SAFE, .flags = RULE_CROSS,
		.bad = "<settings pass=\"offlineServicing\"></settings>",
		.good = "(no element)",
		.check = check_empty_settings,
	},
	{
		.meta = {
			.id = "UA108", .name = "empty-component", .severity = SEVERITY_STYLE,
			.summary = "a component has no settings",
			.why = "It does nothing; Setup still looks the component up, and fails when the image does not have it.",
			.advice = "remove it",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/best-practices-for-authoring-answer-files",
		},
		.fix = FIX_SAFE, .flags = RULE_CROSS,
		.bad = "<component name=\"Microsoft-Windows-Shell-Setup\" ...></component>",
		.good = "(no element)",
		.check = check_empty_component,
	},
	{
		.meta = {
			.id = "UA119", .name = "undeclared-prefix", .severity = SEVERITY_ERROR,
			.summary = "a namespace prefix is not declared, or wcm stands for something else",
			.why = "An undeclared prefix makes the XML invalid (\"The answer file is invalid\"). With wcm bound to another address\n"
			       "wcm:action is not seen, and list items are not added. An undeclared prefix is told once a file.",
			.advice = "declare xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\", exactly so",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "xmlns:wcm=\"https://schemas.microsoft.com/WMIConfig/2002/State\"",
		.good = "xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\"",
		.check = check_prefixes,
	},
	{
		.meta = {
			.id = "UA120", .name = "foreign-namespace", .severity = SEVERITY_ERROR,
			.summary = "a setting is in another namespace",
			.why = "Setup does not see the element. It happens when a script adds elements without naming the namespace.",
			.advice = "remove the xmlns attribute of the element",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.fix = FIX_SAFE,
		.bad = "<DriverPaths xmlns=\"\">",
		.good = "<DriverPaths>",
		.check = check_namespace,
	},
	{
		.meta = {
			.id = "UA121", .name = "offline-image", .severity = SEVERITY_INFO,
			.summary = "Windows SIM has left the place of its catalog in the file",
			.why = "Setup does not use it. It tells a path of the computer on which the file was made.",
			.advice = "remove cpi:offlineImage when the file is not opened in Windows SIM again",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/windows-system-image-manager-technical-reference",
		},
		.fix = FIX_UNSAFE,
		.bad = "<cpi:offlineImage cpi:source=\"wim:c:/users/bob/install.wim#Windows 10 Pro\" xmlns:cpi=\"urn:schemas-microsoft-com:cpi\"/>",
		.good = "(no element)",
		.check = check_offline_image,
	},
	{
		.meta = {
			.id = "UA122", .name = "processed-pass", .severity = SEVERITY_WARNING,
			.summary = "a pass is marked as already processed",
			.why = "Setup marks the passes it has done in its copy below %WINDIR%\\Panther and skips marked ones. This file is such\n"
			       "a copy: the pass will not run.",
			.advice = "remove wasPassProcessed",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/windows-setup-automation-overview",
		},
		.fix = FIX_SAFE,
		.bad = "<settings pass=\"specialize\" wasPassProcessed=\"true\">",
		.good = "<settings pass=\"specialize\">",
		.check = check_processed,
	},
	{
		.meta = {
			.id = "UA123", .name = "servicing-out-of-place", .severity = SEVERITY_WARNING,
			.summary = "servicing is not first, or stands twice",
			.why = "The schema of answer files has one servicing element, before all settings.",
			.advice = "move it to the front, put its packages into one element",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/add-a-package-to-an-answer-file",
		},
		.flags = RULE_CROSS, .fix = FIX_SAFE,
		.bad = "<settings .../>\n<servicing>...</servicing>",
		.good = "<servicing>...</servicing>\n<settings .../>",
		.check = check_servicing,
	},
	{
		.meta = {
			.id = "UA124", .name = "stray-text", .severity = SEVERITY_STYLE,
			.summary = "text stands between elements",
			.why = "The schema allows elements only; Setup mostly passes the text over. Often a letter of a lost tag or comment.",
			.advice = "remove the text, or make it a comment",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "</component>c",
		.good = "</component>",
		.check = check_stray_text,
	},
};

const struct rule_table envelope_rules = { rules, ARRAY_SIZE(rules) };
