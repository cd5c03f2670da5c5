/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pieces of a page that needs nothing but itself: no scripts, no fonts, no
 * network. It is well-formed as XML too. Charts are in html_chart.h.
 */
#pragma once

#include "common/base/strbuf.h"
#include "kms/audit.h"

void html_begin_page(struct strbuf *out, const char *title);
void html_end_page(struct strbuf *out);

/* A part with a heading of its own, that html_nav can lead to. */
void html_begin_section(struct strbuf *out, const char *id, const char *heading);
void html_end_section(struct strbuf *out);

/* columns: names with "|" between; a "#" in front is a column of numbers. */
void html_begin_table(struct strbuf *out, const char *id, const char *caption, const char *columns);
void html_end_table(struct strbuf *out);

void html_begin_row(struct strbuf *out);
void html_end_row(struct strbuf *out);
void html_text(struct strbuf *out, const char *text);
void html_code(struct strbuf *out, const char *text);
void html_count(struct strbuf *out, uint64_t value);
void html_day(struct strbuf *out, uint64_t time); /* empty for 0 */

/* The word in a pill of its colour: "error", "clones". kind: "error", "warning", "info", "plain". */
void html_badge(struct strbuf *out, const char *kind, const char *text);

/* The parts of the page, each empty when there is nothing to tell. */
void html_findings(struct report *report, struct strbuf *out);
void html_counts(const struct audit *audit, struct strbuf *out);
void html_days(const struct audit *audit, struct strbuf *out);
void html_groups(const struct audit *audit, struct strbuf *out);
void html_products(const struct audit *audit, struct strbuf *out);
void html_failures(const struct audit *audit, struct strbuf *out);
void html_logs(const struct audit *audit, struct strbuf *out);
