/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA0xx: the file as a whole: XML, encoding, templates, suppressions. */
#include "unattend/lint.h"

#include <string.h>
#include <strings.h>

#include "common/base/file.h"

static const char *text_of(const struct lint *lint)
{
	return strbuf_text(&lint->answer->source.text);
}

static struct spot spot_at(const struct lint *lint, size_t at)
{
	return text_spot(text_of(lint), lint->answer->source.text.len, at);
}

static void check_well_formed(const struct rule *rule, struct lint *lint)
{
	const struct answer *answer = lint->answer;

	if (!answer->fault.found)
		return;
	lint_add_as(lint, rule, answer->conditional ? SEVERITY_WARNING : rule->meta.severity, answer->fault_where, NULL,
		    "not well-formed XML: %s", answer->fault.message);
	if (answer->conditional)
		lint_note(lint, "template directives stand in the file: render it first, then check the result");
}

/* "--" becomes "- -", as often as it takes. */
static void spread_hyphens(const struct lint *lint, const struct comment *c, struct edits *edits)
{
	const char *text = text_of(lint);

	for (size_t i = c->span.at + 4; i + 3 < c->span.end; i++)
		if (text[i] == '-' && text[i + 1] == '-')
			edits_insert(edits, i + 1, " ");
}

static void check_double_hyphen(const struct rule *rule, struct lint *lint)
{
	const struct answer *answer = lint->answer;

	for (size_t i = 0; i < answer->markup.comments.len; i++) {
		const struct comment *c = &answer->markup.comments.items[i];
		struct hit *hit;

		if (!c->double_hyphen)
			continue;
		hit = lint_add(lint, rule, c->double_hyphen_where, NULL, "\"--\" inside a comment");
		spread_hyphens(lint, c, hit_fix(hit, FIX_SAFE));
	}
}

static void check_declaration_place(const struct rule *rule, struct lint *lint)
{
	const struct markup *m = &lint->answer->markup;
	const char *text = text_of(lint);
	CLEANUP(freep) char *moved = NULL;
	struct edits *edits;
	const char *close;

	if (!m->has_declaration || m->declaration == 0)
		return;
	if (strspn(text, " \t\r\n") < m->declaration && template_covers(lint->options->template_mode, text, m->declaration))
		return;
	edits = hit_fix(lint_add(lint, rule, spot_at(lint, 0), NULL, "something stands before <?xml ...?>"), FIX_SAFE);
	close = strstr(text + m->declaration, "?>");
	if (!close)
		return;
	if (strspn(text, " \t\r\n") == m->declaration) {
		edits_replace(edits, (struct span){ 0, m->declaration }, "");
		return;
	}
	moved = xasprintf("%.*s\n", (int)(close + 2 - text - (ptrdiff_t)m->declaration), text + m->declaration);
	edits_insert(edits, 0, moved);
	edits_replace(edits, (struct span){ m->declaration, (size_t)(close + 2 - text) }, "");
}

static bool declares(const struct lint *lint, const char *name)
{
	const struct span *e = &lint->answer->markup.encoding;

	return e->end - e->at == strlen(name) && strncasecmp(text_of(lint) + e->at, name, e->end - e->at) == 0;
}

static bool declares_utf16(const struct lint *lint)
{
	return declares(lint, "utf-16") || declares(lint, "utf-16le") || declares(lint, "utf-16be") || declares(lint, "unicode");
}

static bool declares_8_bit(const struct lint *lint)
{
	return declares(lint, "iso-8859-1") || declares(lint, "windows-1252") || declares(lint, "us-ascii") ||
	       declares(lint, "iso-8859-15") || declares(lint, "windows-1250") || declares(lint, "windows-1251");
}

static void check_encoding(const struct rule *rule, struct lint *lint)
{
	const struct answer *answer = lint->answer;
	const struct span *named = &answer->markup.encoding;
	struct spot where = spot_at(lint, named->at);
	bool utf16 = answer->source.encoding == SOURCE_UTF16LE || answer->source.encoding == SOURCE_UTF16BE;
	bool none = named->at == named->end;
	struct hit *hit;

	if (answer->source.damaged) {
		lint_add(lint, rule, spot_at(lint, answer->source.damaged_at), NULL, "the bytes are not valid %s",
			 source_encoding_name(answer->source.encoding));
	} else if (answer->source.encoding == SOURCE_LATIN1 && (none || !declares_8_bit(lint))) {
		lint_add(lint, rule, where, NULL, "the file is not valid UTF-8");
	} else if (!utf16 && declares_utf16(lint)) {
		hit = lint_add(lint, rule, where, NULL, "UTF-16 is declared, but the file is %s",
			       source_encoding_name(answer->source.encoding));
		edits_replace(hit_fix(hit, FIX_SAFE), *named, "utf-8");
	} else if (utf16 && !none && !declares_utf16(lint)) {
		hit = lint_add(lint, rule, where, NULL, "%.*s is declared, but the file is UTF-16", (int)(named->end - named->at),
			       text_of(lint) + named->at);
		edits_replace(hit_fix(hit, FIX_SAFE), *named, "utf-16");
	}
}

static void check_bom(const struct rule *rule, struct lint *lint)
{
	struct hit *hit;

	if (!lint->answer->source.bom || lint->answer->source.encoding != SOURCE_UTF8)
		return;
	hit = lint_add(lint, rule, (struct spot){ 1, 1 }, NULL, "the file begins with a UTF-8 byte order mark");
	(void)hit_fix(hit, FIX_SAFE);
	hit->to_utf8 = true;
}

static void check_utf16(const struct rule *rule, struct lint *lint)
{
	enum source_encoding encoding = lint->answer->source.encoding;

	struct hit *hit;

	if (encoding != SOURCE_UTF16LE && encoding != SOURCE_UTF16BE)
		return;
	hit = lint_add(lint, rule, (struct spot){ 1, 1 }, NULL, "the file is %s", source_encoding_name(encoding));
	if (lint->answer->source.damaged)
		return;
	(void)hit_fix(hit, FIX_SAFE);
	hit->to_utf8 = true;
	if (declares_utf16(lint))
		edits_replace(&hit->edits, lint->answer->markup.encoding, "utf-8");
}

static void check_name(const struct rule *rule, struct lint *lint)
{
	const char *name = path_name(lint->answer->file);

	if (strcasecmp(name, "autounattend.xml") != 0 && strcasecmp(name, "unattend.xml") != 0)
		lint_add(lint, rule, (struct spot){ 1, 1 }, NULL, "Setup does not look for a file of this name by itself");
}

static void check_doctype(const struct rule *rule, struct lint *lint)
{
	const struct markup *m = &lint->answer->markup;

	if (!m->has_doctype)
		return;
	edits_replace(hit_fix(lint_add(lint, rule, m->doctype_where, NULL, "the file has a document type declaration"), FIX_UNSAFE),
		      m->doctype, "");
}

static void check_placeholders(const struct rule *rule, struct lint *lint)
{
	const struct answer *answer = lint->answer;

	if (!answer->n_placeholders)
		return;
	lint_setting(lint, rule, answer->first_placeholder, "unrendered template expression as value (%zu in this file)",
		     answer->n_placeholders);
}

static void check_conditions(const struct rule *rule, struct lint *lint)
{
	if (lint->answer->conditional)
		lint_add(lint, rule, lint->answer->conditional_where, NULL,
			 "template directives: rules that compare elements are not checked");
}

/* Has no check: the suppressions themselves are looked at when all rules have run. */
static void offer_suppression_rule(const struct rule *rule, struct lint *lint)
{
	lint->suppression_rule = rule;
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA001", .name = "malformed-xml", .severity = SEVERITY_ERROR,
			.summary = "the file is not well-formed XML",
			.why = "Setup says \"The answer file is invalid. The error was detected at line N column N of the answer file\", or at\n"
			       "the start of Windows PE \"Windows setup encountered an internal error while loading or searching for an\n"
			       "unattend answer file\". Nothing of the file is used. Rules for the contents are not checked. A warning\n"
			       "when template directives stand in the file.",
			.advice = "correct the XML at the place named; & and < inside values are written &amp; and &lt;",
			.source = "https://github.com/ntdevlabs/tiny11builder/issues/154",
		},
		.flags = RULE_ANY_XML,
		.bad = "<settings pass=\"specialize\"></component>",
		.good = "<settings pass=\"specialize\"></settings>",
		.check = check_well_formed,
	},
	{
		.meta = {
			.id = "UA002", .name = "double-hyphen-in-comment", .severity = SEVERITY_ERROR,
			.summary = "\"--\" stands inside a comment",
			.why = "XML forbids two hyphens inside a comment, also directly before its end. Setup refuses the file as it does for\n"
			       "UA001.",
			.advice = "write \"- -\"",
			.source = "https://www.w3.org/TR/xml/#sec-comments",
		},
		.flags = RULE_ANY_XML, .fix = FIX_SAFE,
		.bad = "<!-- first -- then -->",
		.good = "<!-- first - - then -->",
		.check = check_double_hyphen,
	},
	{
		.meta = {
			.id = "UA003", .name = "text-before-declaration", .severity = SEVERITY_ERROR,
			.summary = "something stands before the XML declaration",
			.why = "<?xml ...?> must be the very first thing in the file; a blank line or a comment before it makes the file\n"
			       "malformed. Setup refuses it as it does for UA001.",
			.advice = "move the declaration to the start",
			.source = "https://www.w3.org/TR/xml/#sec-prolog-dtd",
		},
		.flags = RULE_ANY_XML, .fix = FIX_SAFE,
		.bad = "<!-- laboratory -->\n<?xml version=\"1.0\" encoding=\"utf-8\"?>",
		.good = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- laboratory -->",
		.check = check_declaration_place,
	},
	{
		.meta = {
			.id = "UA004", .name = "wrong-encoding", .severity = SEVERITY_ERROR,
			.summary = "the declared encoding is not that of the bytes",
			.why = "The file cannot be read as its declaration says: Setup passes it over or does not end.",
			.advice = "store the file in the encoding it declares; UTF-8 is the safe choice",
			.source = "https://github.com/ChrisTitusTech/winutil/pull/1724",
		},
		.flags = RULE_ANY_XML, .fix = FIX_SAFE,
		.bad = "<?xml version=\"1.0\" encoding=\"utf-16\"?>   (in a file of 8-bit characters)",
		.good = "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
		.check = check_encoding,
	},
	{
		.meta = {
			.id = "UA005", .name = "utf8-bom", .severity = SEVERITY_INFO,
			.summary = "the file begins with a UTF-8 byte order mark",
			.why = "Released versions of Setup take it; a preview of 24H2 (build 26080) did not.",
			.advice = "store the file without it when that build matters",
			.source = "https://github.com/cschneegans/unattend-generator/issues/8",
		},
		.flags = RULE_ANY_XML, .fix = FIX_SAFE,
		.bad = "EF BB BF 3C 3F 78 6D 6C",
		.good = "3C 3F 78 6D 6C",
		.check = check_bom,
	},
	{
		.meta = {
			.id = "UA006", .name = "utf16-file", .severity = SEVERITY_INFO,
			.summary = "the file is UTF-16",
			.why = "Setup takes it, but git shows no differences of it and many editors and generators damage it.",
			.advice = "store it as UTF-8",
			.source = "https://github.com/ChrisTitusTech/winutil/pull/1724",
		},
		.flags = RULE_ANY_XML, .fix = FIX_SAFE,
		.bad = "FF FE 3C 00 3F 00",
		.good = "3C 3F 78 6D 6C",
		.check = check_utf16,
	},
	{
		.meta = {
			.id = "UA007", .name = "unusual-file-name", .severity = SEVERITY_WARNING,
			.summary = "Setup does not look for a file of this name",
			.why = "Without /unattend: Setup looks for Autounattend.xml on media and Unattend.xml in its other places. A file of\n"
			       "another name is passed over without a word.",
			.advice = "name it Autounattend.xml or Unattend.xml where it is deployed",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/windows-setup-automation-overview",
		},
		.flags = RULE_ANY_XML | RULE_OFF,
		.bad = "answer.xml",
		.good = "Autounattend.xml",
		.check = check_name,
	},
	{
		.meta = {
			.id = "UA008", .name = "doctype", .severity = SEVERITY_ERROR,
			.summary = "the file has a document type declaration",
			.why = "An answer file needs none. Declared entities can pull in other files or grow without bound in tools that follow\n"
			       "them. Nothing of it is loaded or expanded here, and well-formedness is not judged.",
			.advice = "remove <!DOCTYPE ...> and write the text of entities out",
			.source = "https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing",
		},
		.flags = RULE_ANY_XML, .fix = FIX_UNSAFE,
		.bad = "<!DOCTYPE unattend [ <!ENTITY pw SYSTEM \"file:///etc/passwd\"> ]>",
		.good = "(no DOCTYPE)",
		.check = check_doctype,
	},
	{
		.meta = {
			.id = "UA009", .name = "unrendered-placeholder", .severity = SEVERITY_WARNING,
			.summary = "a value is an unrendered template expression",
			.why = "Left so, the text reaches Setup as it stands: an invalid key, a wrong name. Such values are not checked by other\n"
			       "rules. Reported once a file, at the first place; --template names the language, with none the values are taken\n"
			       "as they are.",
			.advice = "render the template and check the result",
			.source = "https://developer.hashicorp.com/packer/docs/templates",
		},
		.bad = "<Key>${product_key}</Key>",
		.good = "<Key>W269N-WFGWX-YVC9B-4J6C9-T83GX</Key>",
		.check = check_placeholders,
	},
	{
		.meta = {
			.id = "UA010", .name = "template-conditions", .severity = SEVERITY_INFO,
			.summary = "the file holds template directives",
			.why = "With %{ if }, {% for %}, <% if %> or {{#if}} both branches stand side by side: whether partitions fit together or\n"
			       "settings are given twice cannot be told. Rules that compare elements are not checked.",
			.advice = "check the rendered file as well",
			.source = "https://developer.hashicorp.com/terraform/language/expressions/strings#directives",
		},
		.flags = RULE_ANY_XML,
		.bad = "%{ if is_efi }<DiskConfiguration>...</DiskConfiguration>%{ endif }",
		.good = "(the rendered file)",
		.check = check_conditions,
	},
	{
		.meta = {
			.id = "UA011", .name = "unused-suppression", .severity = SEVERITY_INFO,
			.summary = "a comment disables a rule that finds nothing there",
			.why = "The comment is no longer needed and would hide a new finding.",
			.advice = "remove the comment",
			.source = "docs/unattend-config.md",
		},
		.flags = RULE_ANY_XML,
		.bad = "<!-- unattend: disable=UA301 -->   (before an element without a MAK)",
		.good = "(no comment)",
		.check = offer_suppression_rule,
	},
};

const struct rule_table file_rules = { rules, ARRAY_SIZE(rules) };
