/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit as a page: what matters first, then each part of it. */
#include <inttypes.h>

#include "common/base/filetime.h"
#include "kms/html_page.h"

static void add_period(const struct audit *audit, struct strbuf *out)
{
	char first[FILETIME_TEXT_LEN + 8] = "", last[FILETIME_TEXT_LEN + 8] = "";

	filetime_format(audit->first, first);
	filetime_format(audit->last, last);
	if (audit->requests)
		strbuf_addf(out, "<p class=\"dim\">Requests from %.10s to %.10s to %zu host%s.</p>\n", first, last,
			    audit->hosts.len, audit->hosts.len == 1 ? "" : "s");
	else
		strbuf_adds(out, "<p class=\"dim\">There are no requests in these logs.</p>\n");
}

/* The answer to the question the page is opened for. */
static void add_verdict(const struct audit *audit, struct report *report, struct strbuf *out)
{
	size_t groups[GROUP_RENAMED + 1] = { 0 }, computers[GROUP_RENAMED + 1] = { 0 };

	for (size_t i = 0; i < audit->groups.len; i++) {
		groups[audit->groups.items[i].verdict]++;
		computers[audit->groups.items[i].verdict] += audit->groups.items[i].n_computers;
	}
	if (groups[GROUP_CLONES])
		strbuf_addf(out, "<p class=\"verdict error\">%zu computers share %zu client machine ID%s: they are "
				 "clones, and each group counts as one.</p>\n",
			    computers[GROUP_CLONES], groups[GROUP_CLONES], groups[GROUP_CLONES] == 1 ? "" : "s");
	else if (groups[GROUP_LIKELY_CLONES])
		strbuf_addf(out, "<p class=\"verdict warning\">%zu names share %zu client machine ID%s, one after the other: "
				 "probably clones.</p>\n",
			    computers[GROUP_LIKELY_CLONES], groups[GROUP_LIKELY_CLONES],
			    groups[GROUP_LIKELY_CLONES] == 1 ? "" : "s");
	else
		strbuf_addf(out, "<p class=\"verdict%s\">No computers were found that share a client machine ID.</p>\n",
			    report_count(report, SEVERITY_WARNING) ? " warning" : "");
}

static void add_tile(struct strbuf *out, const char *name, uint64_t value, const char *class)
{
	strbuf_addf(out, "<div><dt>%s</dt><dd%s%s%s>%" PRIu64 "</dd></div>\n", name, value && *class ? " class=\"" : "",
		    value ? class : "", value && *class ? "\"" : "", value);
}

static void add_tiles(const struct audit *audit, struct report *report, struct strbuf *out)
{
	size_t errors = report_count(report, SEVERITY_ERROR);

	strbuf_adds(out, "<dl class=\"tiles\">\n");
	add_tile(out, "Requests", audit->requests, "");
	add_tile(out, "Distinct CMIDs", cmid_index_clients(audit->index), "");
	add_tile(out, "Computer names", cmid_index_names(audit->index), "");
	add_tile(out, "Refused", audit->refused, "");
	add_tile(out, "Errors", errors, "error");
	add_tile(out, "Warnings", report_count(report, SEVERITY_WARNING) - errors, "warning");
	strbuf_adds(out, "</dl>\n");
}

struct part {
	const char *id;
	const char *name;
	bool there;
};

static void add_nav(const struct audit *audit, struct strbuf *out)
{
	const struct part parts[] = {
		{ "counts", "Counts", audit->counts.len },
		{ "groups", "Shared CMIDs", audit->groups.len },
		{ "findings", "Findings", true },
		{ "days", "Requests per day", audit->requests },
		{ "products", "Products", cmid_index_uses(audit->index) },
		{ "failures", "Refused requests", audit->failures.len },
		{ "logs", "Logs", true },
	};

	strbuf_adds(out, "<nav aria-label=\"Parts of this page\"><ul>");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].there)
			strbuf_addf(out, "<li><a href=\"#%s\">%s</a></li>", parts[i].id, parts[i].name);
	strbuf_adds(out, "</ul></nav>\n");
}

void audit_to_html(const struct audit *audit, struct report *report, struct strbuf *out)
{
	html_begin_page(out, "KMS audit");
	add_period(audit, out);
	add_verdict(audit, report, out);
	add_tiles(audit, report, out);
	add_nav(audit, out);
	html_counts(audit, out);
	html_groups(audit, out);
	html_findings(report, out);
	html_days(audit, out);
	html_products(audit, out);
	html_failures(audit, out);
	html_logs(audit, out);
	html_end_page(out);
}
