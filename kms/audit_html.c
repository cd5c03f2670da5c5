/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit as a page: valid as HTML and as XML, without scripts, styles or pictures from elsewhere. */
#include <inttypes.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/report/xml_text.h"
#include "kms/audit.h"
#include "kms/html_chart.h"

enum {
	FINDINGS_SHOWN = 20, /* of a rule and severity */
	SPANS_SHOWN = 60,  /* rows of the time line */
	SPANS_A_GROUP = 12,
};

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--soft:#f4f6f8;"
	"--bar:#1f5fa8;--beyond:#b9cfe8;--bad:#b3261e;--warn:#8a5300}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e6e9ee;--dim:#a2abb6;--line:#3a424c;"
	"--soft:#1d2229;--bar:#6ea8e6;--beyond:#2f4c6e;--bad:#ff8f85;--warn:#eab85a}}\n"
	"body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,'Segoe UI',Roboto,sans-serif}\n"
	"main{max-width:62rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}\n"
	"h1{font-size:1.75rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.25rem;margin:2.5rem 0 .5rem}\n"
	"p{max-width:45rem;margin:.4rem 0 .8rem}.dim{color:var(--dim)}\n"
	".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1.25rem 0}\n"
	".tiles div{background:var(--soft);border-radius:.5rem;padding:.7rem .9rem}\n"
	".tiles dt{color:var(--dim);font-size:.85rem}.tiles dd{margin:0;font-size:1.6rem;font-weight:600;"
	"font-variant-numeric:tabular-nums}\n"
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.75rem 0;font-size:.9rem}\n"
	"caption{text-align:left;color:var(--dim);padding:.25rem 0}\n"
	"th,td{text-align:left;vertical-align:top;padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--line)}\n"
	"th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	"td.d,td.r{white-space:nowrap;font-variant-numeric:tabular-nums}code{font:.85em ui-monospace,Consolas,monospace}\n"
	".error{color:var(--bad);font-weight:600}.warning{color:var(--warn);font-weight:600}ul.note{color:var(--dim);"
	"list-style:none;margin:.15rem 0 0;padding:0}.in{padding-left:1.2rem}\n"
	"svg{display:block;width:100%;height:auto;margin:.5rem 0}\n"
	"svg text{font:13px system-ui,'Segoe UI',Roboto,sans-serif;fill:var(--fg)}svg text.end{text-anchor:end}\n"
	"svg text.heading{font-weight:600}svg .number{font-variant-numeric:tabular-nums}\n"
	".bar{fill:var(--bar)}.bad{fill:var(--bad)}.beyond{fill:var(--beyond)}\n"
	".grid{stroke:var(--line)}.mark{stroke:var(--fg);stroke-width:2}\n"
	"details{margin:.5rem 0}summary{cursor:pointer;color:var(--dim)}\n"
	"footer{margin-top:3rem;color:var(--dim);font-size:.85rem}\n"
	"@media print{:root{--bg:#fff;--fg:#000;--dim:#444;--line:#bbb;--soft:#f2f2f2;--bar:#1f5fa8;--beyond:#b9cfe8;"
	"--bad:#b3261e;--warn:#7a4a00}main{max-width:none;padding:0}body{font-size:10pt}\n"
	"tr,svg,.tiles div{break-inside:avoid}h2{break-after:avoid}thead{display:table-header-group}}\n";

static void add_day(struct strbuf *out, uint64_t time)
{
	char text[FILETIME_TEXT_LEN + 8];

	filetime_format(time, text);
	strbuf_addf(out, "<td class=\"d\">%.10s</td>", time ? text : "");
}

static void add_count(struct strbuf *out, uint64_t value)
{
	strbuf_addf(out, "<td class=\"n\">%" PRIu64 "</td>", value);
}

static void add_cell(struct strbuf *out, const char *text)
{
	strbuf_adds(out, "<td>");
	xml_add_text(out, text);
	strbuf_adds(out, "</td>");
}

static void add_code(struct strbuf *out, const char *text)
{
	strbuf_adds(out, "<td class=\"r\"><code>");
	xml_add_text(out, text);
	strbuf_adds(out, "</code></td>");
}

/* columns: names with "|" between; a "#" in front is a column of numbers. */
static void begin_table(struct strbuf *out, const char *id, const char *caption, const char *columns)
{
	strbuf_addf(out, "<div class=\"scroll\"><table id=\"%s\"><caption>%s</caption>\n<thead><tr>", id, caption);
	while (*columns) {
		size_t len = strcspn(columns, "|");
		bool number = *columns == '#';

		strbuf_addf(out, "<th scope=\"col\"%s>%.*s</th>", number ? " class=\"n\"" : "", (int)len - number,
			    columns + number);
		columns += len + (columns[len] == '|');
	}
	strbuf_adds(out, "</tr></thead>\n<tbody>\n");
}

static void end_table(struct strbuf *out)
{
	strbuf_adds(out, "</tbody></table></div>\n");
}

static void add_tile(struct strbuf *out, const char *name, uint64_t value, const char *class)
{
	strbuf_addf(out, "<div><dt>%s</dt><dd%s%s%s>%" PRIu64 "</dd></div>\n", name, value && *class ? " class=\"" : "",
		    value ? class : "", value && *class ? "\"" : "", value);
}

static void add_head(const struct audit *audit, struct report *report, struct strbuf *out)
{
	size_t errors = report_count(report, SEVERITY_ERROR);
	char first[FILETIME_TEXT_LEN + 8] = "", last[FILETIME_TEXT_LEN + 8] = "";

	strbuf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
			 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
			 "'unsafe-inline'\"/>\n<title>KMS audit</title>\n<style>\n");
	strbuf_adds(out, style);
	strbuf_adds(out, "</style></head>\n<body><main>\n<h1>KMS audit</h1>\n");
	filetime_format(audit->first, first);
	filetime_format(audit->last, last);
	if (audit->requests)
		strbuf_addf(out, "<p class=\"dim\">Requests from %.10s to %.10s, of %zu host%s. Times are UTC.</p>\n",
			    first, last, audit->hosts.len, audit->hosts.len == 1 ? "" : "s");
	else
		strbuf_adds(out, "<p>There are no requests in these logs.</p>\n");
	strbuf_adds(out, "<dl class=\"tiles\">\n");
	add_tile(out, "Requests", audit->requests, "");
	add_tile(out, "Distinct CMIDs", cmid_index_clients(audit->index), "");
	add_tile(out, "Computer names", cmid_index_names(audit->index), "");
	add_tile(out, "Refused", audit->refused, "");
	add_tile(out, "Errors", errors, "error");
	add_tile(out, "Warnings", report_count(report, SEVERITY_WARNING) - errors, "warning");
	strbuf_adds(out, "</dl>\n");
}

/* A line each; those that belong to the one before begin with blanks. */
static void add_note(const char *note, struct strbuf *out)
{
	strbuf_adds(out, "<ul class=\"note\">");
	while (*note) {
		size_t len = strcspn(note, "\n");
		CLEANUP(freep) char *line = xstrndup(note, len);

		strbuf_adds(out, *line == ' ' ? "<li class=\"in\">" : "<li>");
		xml_add_text(out, line + strspn(line, " "));
		strbuf_adds(out, "</li>");
		note += len + (note[len] == '\n');
	}
	strbuf_adds(out, "</ul>");
}

static void add_finding(const struct finding *finding, struct strbuf *out)
{
	const char *severity = severity_name(finding->severity);

	strbuf_addf(out, "<tr><td class=\"%s\">%s</td>", severity, severity);
	add_code(out, finding->rule->id);
	strbuf_adds(out, "<td>");
	xml_add_text(out, finding->message);
	if (finding->note)
		add_note(finding->note, out);
	strbuf_adds(out, "</td></tr>\n");
}

static void add_findings_of(struct report *report, const struct rule_meta *rule, enum severity severity,
			    struct strbuf *out)
{
	size_t found = 0;

	for (size_t i = 0; i < report_len(report); i++) {
		const struct finding *finding = report_get(report, i);

		if (finding->rule == rule && finding->severity == severity && found++ < FINDINGS_SHOWN)
			add_finding(finding, out);
	}
	if (found <= FINDINGS_SHOWN)
		return;
	strbuf_addf(out, "<tr><td class=\"%s\">%s</td>", severity_name(severity), severity_name(severity));
	add_code(out, rule->id);
	strbuf_addf(out, "<td>and %zu more; --json has them all</td></tr>\n", found - FINDINGS_SHOWN);
}

/* Errors first; a rule's advice once, behind the table. */
static void add_findings(struct report *report, struct strbuf *out)
{
	size_t n = report_len(report);

	strbuf_adds(out, "<h2>Findings</h2>\n");
	if (!n) {
		strbuf_adds(out, "<p>Nothing to complain about.</p>\n");
		return;
	}
	begin_table(out, "findings", "What was found, the worst first", "Severity|Rule|What");
	for (int severity = SEVERITY_ERROR; severity > SEVERITY_OFF; severity--)
		for (size_t r = 0; kms_rules[r]; r++)
			add_findings_of(report, kms_rules[r], (enum severity)severity, out);
	end_table(out);
	begin_table(out, "advice", "What to do", "Rule|Why it matters|What to do");
	for (size_t r = 0; kms_rules[r]; r++) {
		bool used = false;

		for (size_t i = 0; i < n && !used; i++)
			used = report_get(report, i)->rule == kms_rules[r];
		if (!used)
			continue;
		strbuf_adds(out, "<tr>");
		add_code(out, kms_rules[r]->id);
		add_cell(out, kms_rules[r]->why);
		add_cell(out, kms_rules[r]->advice);
		strbuf_adds(out, "</tr>\n");
	}
	end_table(out);
}

static void counts_table(const struct audit *audit, struct strbuf *out)
{
	begin_table(out, "counts", "Counts of the hosts in the window before their last request",
		    "Host|Counter|#Requests|#Distinct CMIDs|#Host counts|#Without duplicates|#Needed|Covered");
	for (size_t i = 0; i < audit->counts.len; i++) {
		const struct audit_count *count = &audit->counts.items[i];

		strbuf_adds(out, "<tr>");
		add_cell(out, audit->hosts.items[count->host].name);
		add_cell(out, counter_name(count->counter));
		add_count(out, count->requests);
		add_count(out, count->cmids);
		add_count(out, MIN(count->cmids, (uint64_t)count->cap));
		add_count(out, MIN(count->computers, (uint64_t)count->cap));
		add_count(out, count->wants_client ? 25 : count->wants_server ? 5 : 0);
		add_cell(out, count->covered ? "yes" : "in part");
		strbuf_adds(out, "</tr>\n");
	}
	end_table(out);
}

static void add_counts(const struct audit *audit, struct strbuf *out)
{
	size_t n = MIN(audit->counts.len, (size_t)CHART_ROWS_MAX);
	struct chart_bar bars[CHART_ROWS_MAX];
	char *labels[CHART_ROWS_MAX];

	if (!n)
		return;
	strbuf_adds(out, "<h2>Distinct CMIDs against the threshold</h2>\n<p>The line is the count that clients wait "
			 "for. The pale part is what computers with a CMID of their own would add. A "
			 "count that the log covers in part is a lower bound.</p>\n");
	for (size_t i = 0; i < n; i++) {
		const struct audit_count *count = &audit->counts.items[i];
		unsigned needed = count->wants_client ? 25 : count->wants_server ? 5 : 0;

		labels[i] = xasprintf("%s, %s", counter_name(count->counter),
				      path_name(audit->hosts.items[count->host].name));
		bars[i] = (struct chart_bar){ .label = labels[i], .value = count->cmids, .beyond = count->computers,
					      .mark = needed, .kind = count->cmids < needed ? "bar bad" : "bar" };
	}
	chart_bars(out, "Distinct CMIDs of each host and counter, with the threshold", bars, n);
	for (size_t i = 0; i < n; i++)
		free(labels[i]);
	counts_table(audit, out);
}

static void add_days(const struct audit *audit, struct strbuf *out)
{
	CLEANUP(freep) struct day_count *days = NULL;
	size_t n = audit_days(audit, &days);

	if (!n)
		return;
	strbuf_adds(out, "<h2>Requests per day</h2>\n");
	chart_days(out, "Requests per day", days, n);
	strbuf_adds(out, "<details><summary>The numbers</summary>\n");
	begin_table(out, "days", "Requests per day; days without any are left out", "Day|#Requests");
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(out, "<tr>");
		add_day(out, days[i].day * 86400 * FILETIME_PER_SECOND);
		add_count(out, days[i].requests);
		strbuf_adds(out, "</tr>\n");
	}
	end_table(out);
	strbuf_adds(out, "</details>\n");
}

static void groups_chart(const struct audit *audit, struct strbuf *out)
{
	struct chart_span spans[SPANS_SHOWN];
	char cmids[SPANS_SHOWN][GUID_BRACED_LEN + 1];
	size_t n = 0;

	for (size_t i = 0; i < audit->groups.len; i++) {
		const struct audit_group *group = &audit->groups.items[i];
		size_t shown = MIN(group->n_computers, (size_t)SPANS_A_GROUP);

		if (group->verdict == GROUP_RENAMED || n + 1 + shown > SPANS_SHOWN)
			continue;
		guid_format(&cmid_index_client(audit->index, group->client)->cmid, GUID_PLAIN, cmids[n]);
		spans[n] = (struct chart_span){ .heading = cmids[n] };
		n++;
		for (size_t k = 0; k < shown; k++) {
			const struct audit_computer *computer = &audit->computers.items[group->computers + k];

			spans[n++] = (struct chart_span){ .label = cmid_index_name(audit->index, computer->name),
							  .first = computer->first, .last = computer->last };
		}
	}
	if (n)
		chart_spans(out, "Computers that share a CMID, from their first to their last request", spans, n,
			    audit->first, audit->last);
}

static void add_groups(const struct audit *audit, struct strbuf *out)
{
	char cmid[GUID_BRACED_LEN + 1];

	if (!audit->groups.len)
		return;
	strbuf_adds(out, "<h2>Computers that share a CMID</h2>\n<p>Bars that overlap are several machines: clones. "
			 "Where one name ends before the next begins it may be a rename.</p>\n");
	groups_chart(audit, out);
	begin_table(out, "groups", "Computers of each CMID that has several names",
		    "CMID|Verdict|Computer|#Requests|First|Last");
	for (size_t i = 0; i < audit->groups.len; i++) {
		const struct audit_group *group = &audit->groups.items[i];

		guid_format(&cmid_index_client(audit->index, group->client)->cmid, GUID_PLAIN, cmid);
		for (size_t k = 0; k < group->n_computers; k++) {
			const struct audit_computer *computer = &audit->computers.items[group->computers + k];

			strbuf_adds(out, "<tr>");
			add_code(out, cmid);
			add_cell(out, group_verdict_name(group->verdict));
			add_cell(out, cmid_index_name(audit->index, computer->name));
			add_count(out, computer->requests);
			add_day(out, computer->first);
			add_day(out, computer->last);
			strbuf_adds(out, "</tr>\n");
		}
	}
	end_table(out);
}

struct product_sum {
	const char *name;
	char id[GUID_BRACED_LEN + 1];
	const char *counter;
	uint64_t requests, refused;
};

static int compare_products(const void *a, const void *b)
{
	const struct product_sum *x = a, *y = b;

	if (x->requests != y->requests)
		return x->requests > y->requests ? -1 : 1;
	return strcmp(x->id, y->id);
}

static size_t sum_products(const struct audit *audit, struct product_sum *sums, size_t max)
{
	size_t n = 0;

	for (uint32_t i = 0; i < cmid_index_uses(audit->index); i++) {
		const struct cmid_use use = cmid_index_use(audit->index, i);
		const struct product *known = cmid_index_product(audit->index, use.product);
		struct product_sum *sum;

		if (use.product >= max)
			continue;
		sum = &sums[use.product];
		n = MAX(n, (size_t)use.product + 1);
		sum->requests += use.requests;
		sum->refused += use.refused;
		sum->name = known ? known->product : "not in the tables";
		sum->counter = counter_name(cmid_index_counter(audit->index, use.product));
		guid_format(cmid_index_product_id(audit->index, use.product), GUID_PLAIN, sum->id);
	}
	qsort(sums, n, sizeof(*sums), compare_products);
	return n;
}

static void add_products(const struct audit *audit, struct strbuf *out)
{
	enum { MAX_PRODUCTS = 4096 };
	CLEANUP(freep) struct product_sum *sums = xcalloc(MAX_PRODUCTS, sizeof(*sums));
	struct chart_bar bars[CHART_ROWS_MAX];
	size_t n = sum_products(audit, sums, MAX_PRODUCTS);

	if (!n)
		return;
	for (size_t i = 0; i < MIN(n, (size_t)CHART_ROWS_MAX); i++)
		bars[i] = (struct chart_bar){ .label = sums[i].name, .value = sums[i].requests, .kind = "bar" };
	strbuf_adds(out, "<h2>Products</h2>\n");
	chart_bars(out, "Requests of each product", bars, n);
	begin_table(out, "products", "Products that clients asked for",
		    "Product|Counter|#Requests|#Refused|Activation id");
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(out, "<tr>");
		add_cell(out, sums[i].name);
		add_cell(out, sums[i].counter);
		add_count(out, sums[i].requests);
		add_count(out, sums[i].refused);
		add_code(out, sums[i].id);
		strbuf_adds(out, "</tr>\n");
	}
	end_table(out);
}

static void add_failures(const struct audit *audit, struct strbuf *out)
{
	struct chart_bar bars[CHART_ROWS_MAX];
	char codes[CHART_ROWS_MAX][16];
	size_t n = MIN(audit->failures.len, (size_t)CHART_ROWS_MAX);

	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		snprintf(codes[i], sizeof(codes[i]), "0x%08X", audit->failures.items[i].hresult);
		bars[i] = (struct chart_bar){ .label = codes[i], .value = audit->failures.items[i].requests,
					      .kind = "bar bad" };
	}
	strbuf_adds(out, "<h2>Refused requests</h2>\n");
	chart_bars(out, "Refused requests by result code", bars, n);
	begin_table(out, "failures", "Result codes other than success", "Code|Meaning|#Requests|First|Last");
	for (size_t i = 0; i < audit->failures.len; i++) {
		const struct audit_failure *failure = &audit->failures.items[i];
		const struct hresult *known = hresult_find(failure->hresult);
		char code[16];

		snprintf(code, sizeof(code), "0x%08X", failure->hresult);
		strbuf_adds(out, "<tr>");
		add_code(out, code);
		add_cell(out, known ? known->meaning : "");
		add_count(out, failure->requests);
		add_day(out, failure->first);
		add_day(out, failure->last);
		strbuf_adds(out, "</tr>\n");
	}
	end_table(out);
}

static void add_logs(const struct audit *audit, struct strbuf *out)
{
	strbuf_adds(out, "<h2>Logs</h2>\n");
	begin_table(out, "logs", "What was read", "Log|Format|#Events|#Requests|#Skipped|#Damages|#Foreign records");
	for (size_t i = 0; i < audit->logs.len; i++) {
		const struct audit_log *log = &audit->logs.items[i];
		uint64_t skipped = 0;

		for (size_t k = 0; k < SKIP_REASONS; k++)
			skipped += log->skipped[k];
		strbuf_adds(out, "<tr>");
		add_cell(out, log->path);
		add_cell(out, log->format);
		add_count(out, log->events);
		add_count(out, log->requests);
		add_count(out, skipped);
		add_count(out, log->damages);
		add_count(out, log->foreign);
		strbuf_adds(out, "</tr>\n");
	}
	end_table(out);
}

void audit_to_html(const struct audit *audit, struct report *report, struct strbuf *out)
{
	add_head(audit, report, out);
	add_findings(report, out);
	add_counts(audit, out);
	add_days(audit, out);
	add_groups(audit, out);
	add_products(audit, out);
	add_failures(audit, out);
	add_logs(audit, out);
	strbuf_adds(out, "<footer>Made by kms " GOLDWIM_VERSION ".</footer>\n</main></body></html>\n");
}
