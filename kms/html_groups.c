/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computers that share a CMID, on a time line. */
#include "common/report/xml_text.h"
#include "kms/html_chart.h"
#include "kms/html_page.h"

enum {
	SPANS_SHOWN = 60, /* rows of the time line */
	SPANS_A_GROUP = 12,
	ROWS_OPEN = 100,  /* of the table; a longer one opens */
};

static const char *const kinds[] = {
	[GROUP_CLONES] = "bad", [GROUP_LIKELY_CLONES] = "maybe", [GROUP_RENAMED] = "bar",
};
static const char *const badges[] = {
	[GROUP_CLONES] = "error", [GROUP_LIKELY_CLONES] = "warning", [GROUP_RENAMED] = "info",
};

static void groups_chart(const struct audit *audit, struct strbuf *out)
{
	struct chart_span spans[SPANS_SHOWN];
	char cmids[SPANS_SHOWN][GUID_BRACED_LEN + 1];
	size_t n = 0;

	for (size_t i = 0; i < audit->groups.len; i++) {
		const struct audit_group *group = &audit->groups.items[i];
		size_t shown = MIN(group->n_computers, (size_t)SPANS_A_GROUP);

		if (n + 1 + shown > SPANS_SHOWN)
			continue;
		guid_format(&cmid_index_client(audit->index, group->client)->cmid, GUID_PLAIN, cmids[n]);
		spans[n] = (struct chart_span){ .heading = cmids[n] };
		n++;
		for (size_t k = 0; k < shown; k++) {
			const struct audit_computer *computer = &audit->computers.items[group->computers + k];

			spans[n++] = (struct chart_span){ .label = cmid_index_name(audit->index, computer->name),
							  .first = computer->first, .last = computer->last,
							  .kind = kinds[group->verdict] };
		}
	}
	if (n)
		chart_spans(out, "Computers that share a CMID, from their first to their last request", spans, n,
			    audit->first, audit->last);
}

static void add_verdict(struct strbuf *out, enum group_verdict verdict)
{
	strbuf_adds(out, "<td>");
	html_badge(out, badges[verdict], group_verdict_name(verdict));
	strbuf_adds(out, "</td>");
}

static void groups_table(const struct audit *audit, struct strbuf *out)
{
	const struct inventory *inventory = audit->options.inventory;
	char cmid[GUID_BRACED_LEN + 1];

	html_begin_table(out, "groups-table", "Computers of each CMID that has several names",
			 inventory ? "CMID|Verdict|Computer|#Requests|First|Last|Image" :
				     "CMID|Verdict|Computer|#Requests|First|Last");
	for (size_t i = 0; i < audit->groups.len; i++) {
		const struct audit_group *group = &audit->groups.items[i];

		guid_format(&cmid_index_client(audit->index, group->client)->cmid, GUID_PLAIN, cmid);
		for (size_t k = 0; k < group->n_computers; k++) {
			const struct audit_computer *computer = &audit->computers.items[group->computers + k];
			const char *name = cmid_index_name(audit->index, computer->name);
			const char *image = inventory ? inventory_image(inventory, name) : NULL;

			html_begin_row(out);
			html_code(out, cmid);
			add_verdict(out, group->verdict);
			html_text(out, name);
			html_count(out, computer->requests);
			html_day(out, computer->first);
			html_day(out, computer->last);
			if (inventory)
				html_text(out, image ? image : "");
			html_end_row(out);
		}
	}
	html_end_table(out);
}

void html_groups(const struct audit *audit, struct strbuf *out)
{
	static const char *const legend[] = { "bad", "clones", "maybe", "likely clones", "bar", "renamed", NULL };

	if (!audit->groups.len)
		return;
	html_begin_section(out, "groups", "Computers that share a CMID");
	strbuf_adds(out, "<p>Bars that overlap are several machines: clones. Where one name ends before the next begins it "
			 "may be a rename.</p>\n");
	groups_chart(audit, out);
	chart_legend(out, legend);
	if (audit->computers.len > ROWS_OPEN)
		strbuf_addf(out, "<details><summary>All %zu computers</summary>\n", audit->computers.len);
	groups_table(audit, out);
	if (audit->computers.len > ROWS_OPEN)
		strbuf_adds(out, "</details>\n");
	html_end_section(out);
}
