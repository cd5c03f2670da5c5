/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Charts as inline SVG. Colours are classes of the page's style sheet, so they
 * follow light and dark. A chart shows; the numbers are in the table under it.
 */
#pragma once

#include "common/base/strbuf.h"
#include "kms/hour_map.h"

#define CHART_ROWS_MAX 40 /* of a chart; tables have all */

struct chart_bar {
	const char *label;
	uint64_t value;
	uint64_t beyond; /* a paler bar behind it, when longer */
	uint64_t mark;   /* a line across; 0: none */
	const char *kind; /* class of the bar: "bar", "bad" */
};

/* What is larger than most is drawn up to there; 0: the largest has all the room. */
void chart_bars(struct strbuf *out, const char *title, const struct chart_bar *bars, size_t n, uint64_t most);

/* Days are numbers since 1601; those between without requests are empty places. */
void chart_days(struct strbuf *out, const char *title, const struct day_count *days, size_t n);

struct chart_span {
	const char *heading; /* not NULL: a line of text without a bar */
	const char *label;
	uint64_t first, last;
	const char *kind;
};

void chart_spans(struct strbuf *out, const char *title, const struct chart_span *spans, size_t n, uint64_t from,
		 uint64_t to);

/* What colours mean: pairs of a class and its words, ended by NULL. */
void chart_legend(struct strbuf *out, const char *const *kinds);
