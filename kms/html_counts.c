/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts of hosts, requests by day, products, refusals, logs: a chart and the table of its numbers each. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "kms/html_chart.h"
#include "kms/html_page.h"

/* A host counts up to 50; beyond that a bar only grows and hides the small ones. */
#define COUNT_SHOWN 75

static unsigned needed_by(const struct audit_count *count)
{
	return count->wants_client ? 25 : count->wants_server ? 5 : 0;
}

static void counts_table(const struct audit *audit, struct strbuf *out)
{
	html_begin_table(out, "counts-table", "Counts of the hosts in the window before their last request",
			 "Host|Counter|#Requests|#Distinct CMIDs|#Host counts|#Without duplicates|#Needed|Covered");
	for (size_t i = 0; i < audit->counts.len; i++) {
		const struct audit_count *count = &audit->counts.items[i];

		html_begin_row(out);
		html_text(out, audit->hosts.items[count->host].name);
		html_text(out, counter_name(count->counter));
		html_count(out, count->requests);
		html_count(out, count->cmids);
		html_count(out, MIN(count->cmids, (uint64_t)count->cap));
		html_count(out, MIN(count->computers, (uint64_t)count->cap));
		html_count(out, needed_by(count));
		html_text(out, count->covered ? "yes" : "in part");
		html_end_row(out);
	}
	html_end_table(out);
}

void html_counts(const struct audit *audit, struct strbuf *out)
{
	static const char *const legend[] = { "bar", "distinct CMIDs", "bad", "too few", "beyond",
					      "more, if every computer had a CMID of its own", "mark",
					      "what clients wait for", NULL };
	size_t n = MIN(audit->counts.len, (size_t)CHART_ROWS_MAX);
	struct chart_bar bars[CHART_ROWS_MAX];
	char *labels[CHART_ROWS_MAX];

	if (!n)
		return;
	html_begin_section(out, "counts", "Distinct CMIDs against the threshold");
	strbuf_adds(out, "<p>A host counts client machine IDs (CMIDs), not computers. A count that the log covers in part "
			 "is a lower bound.</p>\n");
	for (size_t i = 0; i < n; i++) {
		const struct audit_count *count = &audit->counts.items[i];

		labels[i] = xasprintf("%s \xc2\xb7 %s", counter_name(count->counter),
				      path_name(audit->hosts.items[count->host].name));
		bars[i] = (struct chart_bar){ .label = labels[i], .value = count->cmids, .beyond = count->computers,
					      .mark = needed_by(count),
					      .kind = count->cmids < needed_by(count) ? "bad" : "bar" };
	}
	chart_bars(out, "Distinct CMIDs of each host and counter, with the threshold", bars, n, COUNT_SHOWN);
	chart_legend(out, legend);
	for (size_t i = 0; i < n; i++)
		free(labels[i]);
	counts_table(audit, out);
	html_end_section(out);
}

void html_days(const struct audit *audit, struct strbuf *out)
{
	CLEANUP(freep) struct day_count *days = NULL;
	size_t n = audit_days(audit, &days);

	if (!n)
		return;
	html_begin_section(out, "days", "Requests per day");
	chart_days(out, "Requests per day", days, n);
	strbuf_adds(out, "<details><summary>The numbers</summary>\n");
	html_begin_table(out, "days-table", "Requests per day; days without any are left out", "Day|#Requests");
	for (size_t i = 0; i < n; i++) {
		html_begin_row(out);
		html_day(out, days[i].day * 86400 * FILETIME_PER_SECOND);
		html_count(out, days[i].requests);
		html_end_row(out);
	}
	html_end_table(out);
	strbuf_adds(out, "</details>\n");
	html_end_section(out);
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

void html_products(const struct audit *audit, struct strbuf *out)
{
	enum { MAX_PRODUCTS = 4096 };
	CLEANUP(freep) struct product_sum *sums = xcalloc(MAX_PRODUCTS, sizeof(*sums));
	struct chart_bar bars[CHART_ROWS_MAX];
	size_t n = sum_products(audit, sums, MAX_PRODUCTS);

	if (!n)
		return;
	for (size_t i = 0; i < MIN(n, (size_t)CHART_ROWS_MAX); i++)
		bars[i] = (struct chart_bar){ .label = sums[i].name, .value = sums[i].requests, .kind = "bar" };
	html_begin_section(out, "products", "Products");
	chart_bars(out, "Requests of each product", bars, n, 0);
	html_begin_table(out, "products-table", "Products that clients asked for",
			 "Product|Counter|#Requests|#Refused|Activation id");
	for (size_t i = 0; i < n; i++) {
		html_begin_row(out);
		html_text(out, sums[i].name);
		html_text(out, sums[i].counter);
		html_count(out, sums[i].requests);
		html_count(out, sums[i].refused);
		html_code(out, sums[i].id);
		html_end_row(out);
	}
	html_end_table(out);
	html_end_section(out);
}

void html_failures(const struct audit *audit, struct strbuf *out)
{
	struct chart_bar bars[CHART_ROWS_MAX];
	char codes[CHART_ROWS_MAX][16];
	size_t n = MIN(audit->failures.len, (size_t)CHART_ROWS_MAX);

	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		snprintf(codes[i], sizeof(codes[i]), "0x%08X", audit->failures.items[i].hresult);
		bars[i] = (struct chart_bar){ .label = codes[i], .value = audit->failures.items[i].requests,
					      .kind = "bad" };
	}
	html_begin_section(out, "failures", "Refused requests");
	chart_bars(out, "Refused requests by result code", bars, n, 0);
	html_begin_table(out, "failures-table", "Result codes other than success", "Code|Meaning|#Requests|First|Last");
	for (size_t i = 0; i < audit->failures.len; i++) {
		const struct audit_failure *failure = &audit->failures.items[i];
		const struct hresult *known = hresult_find(failure->hresult);
		char code[16];

		snprintf(code, sizeof(code), "0x%08X", failure->hresult);
		html_begin_row(out);
		html_code(out, code);
		html_text(out, known ? known->meaning : "");
		html_count(out, failure->requests);
		html_day(out, failure->first);
		html_day(out, failure->last);
		html_end_row(out);
	}
	html_end_table(out);
	html_end_section(out);
}

void html_logs(const struct audit *audit, struct strbuf *out)
{
	html_begin_section(out, "logs", "Logs");
	html_begin_table(out, "logs-table", "What was read",
			 "Log|Format|#Events|#Requests|#Skipped|#Damages|#Foreign records");
	for (size_t i = 0; i < audit->logs.len; i++) {
		const struct audit_log *log = &audit->logs.items[i];
		uint64_t skipped = 0;

		for (size_t k = 0; k < SKIP_REASONS; k++)
			skipped += log->skipped[k];
		html_begin_row(out);
		html_text(out, log->path);
		html_text(out, log->format);
		html_count(out, log->events);
		html_count(out, log->requests);
		html_count(out, skipped);
		html_count(out, log->damages);
		html_count(out, log->foreign);
		html_end_row(out);
	}
	html_end_table(out);
	html_end_section(out);
}
