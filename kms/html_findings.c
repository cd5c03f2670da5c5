/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings by rule, the worst first; what a rule means and what to do stands once, above its findings. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/report/xml_text.h"
#include "kms/html_page.h"

enum {
	FINDINGS_SHOWN = 20, /* of a rule */
	LINES_SHOWN = 12,    /* of a note; the rest opens */
};

/* Lines that belong to the one before begin with blanks. */
static void add_lines(struct strbuf *out, const char **note, size_t max)
{
	strbuf_adds(out, "<ul class=\"note\">");
	for (size_t i = 0; i < max && **note; i++) {
		size_t len = strcspn(*note, "\n");
		CLEANUP(freep) char *line = xstrndup(*note, len);

		strbuf_adds(out, *line == ' ' ? "<li class=\"in\">" : "<li>");
		xml_add_text(out, line + strspn(line, " "));
		strbuf_adds(out, "</li>");
		*note += len + ((*note)[len] == '\n');
	}
	strbuf_adds(out, "</ul>");
}

static size_t count_lines(const char *text)
{
	size_t n = *text != '\0';

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void add_note(struct strbuf *out, const char *note)
{
	size_t n = count_lines(note);

	if (n <= LINES_SHOWN + 2) {
		add_lines(out, &note, n);
		return;
	}
	add_lines(out, &note, LINES_SHOWN);
	strbuf_addf(out, "<details><summary>%zu more lines</summary>", n - LINES_SHOWN);
	add_lines(out, &note, n);
	strbuf_adds(out, "</details>");
}

static void add_finding(struct strbuf *out, const struct finding *finding)
{
	strbuf_adds(out, "<tr><td>");
	html_badge(out, severity_name(finding->severity), severity_name(finding->severity));
	strbuf_adds(out, "</td><td>");
	xml_add_text(out, finding->message);
	if (finding->note)
		add_note(out, finding->note);
	strbuf_adds(out, "</td></tr>\n");
}

/* What a rule says, and its worst severity among the findings. */
struct rule_part {
	const struct rule_meta *rule;
	enum severity worst;
	size_t n;
};

static void add_advice(struct strbuf *out, const struct rule_meta *rule)
{
	strbuf_adds(out, "<div class=\"what\"><p>");
	xml_add_text(out, rule->why);
	strbuf_adds(out, "</p><p><strong>What to do:</strong> ");
	xml_add_text(out, rule->advice);
	strbuf_adds(out, "</p></div>\n");
}

static void add_rule(struct report *report, const struct rule_part *part, struct strbuf *out)
{
	CLEANUP(freep) char *id = xasprintf("rule-%s", part->rule->id);
	size_t shown = 0;

	strbuf_addf(out, "<h3>%c", toupper((unsigned char)part->rule->summary[0]));
	xml_add_text(out, part->rule->summary + 1);
	strbuf_addc(out, ' ');
	html_badge(out, severity_name(part->worst), part->rule->id);
	strbuf_adds(out, "</h3>\n");
	add_advice(out, part->rule);
	html_begin_table(out, id, part->n > FINDINGS_SHOWN ? "The first of them; --json has them all" :
				  part->n == 1 ? "One finding" : "All findings of this rule",
			 "Severity|What was found");
	for (enum severity s = SEVERITY_ERROR; s > SEVERITY_OFF; s--)
		for (size_t i = 0; i < report_len(report) && shown < FINDINGS_SHOWN; i++) {
			const struct finding *finding = report_get(report, i);

			if (finding->rule != part->rule || finding->severity != s)
				continue;
			add_finding(out, finding);
			shown++;
		}
	html_end_table(out);
	if (part->n > shown)
		strbuf_addf(out, "<p class=\"dim\">and %zu more</p>\n", part->n - shown);
}

/* Of equal severity in the order of the table of rules. */
static void sort_parts(struct rule_part *parts, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && parts[k - 1].worst < parts[k].worst; k--) {
			struct rule_part part = parts[k];

			parts[k] = parts[k - 1];
			parts[k - 1] = part;
		}
}

void html_findings(struct report *report, struct strbuf *out)
{
	VEC(struct rule_part) parts = { 0 };

	html_begin_section(out, "findings", "Findings");
	if (!report_len(report))
		strbuf_adds(out, "<p>Nothing to complain about.</p>\n");
	for (size_t r = 0; kms_rules[r]; r++) {
		struct rule_part part = { .rule = kms_rules[r] };

		for (size_t i = 0; i < report_len(report); i++)
			if (report_get(report, i)->rule == kms_rules[r]) {
				part.n++;
				part.worst = MAX(part.worst, report_get(report, i)->severity);
			}
		if (part.n)
			*vec_add(&parts) = part;
	}
	sort_parts(parts.items, parts.len);
	for (size_t i = 0; i < parts.len; i++)
		add_rule(report, &parts.items[i], out);
	vec_release(&parts);
	html_end_section(out);
}
