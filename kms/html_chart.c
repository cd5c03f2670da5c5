/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/html_chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/filetime.h"
#include "common/report/xml_text.h"

#define SECONDS_PER_DAY 86400

enum {
	WIDTH = 760,
	LABELS = 250, /* left of the bars */
	NUMBERS = 60, /* right of them */
	ROW = 26,
	LABEL_CHARS = 36,
	PLOT_HEIGHT = 180,
	DAYS_SHOWN = 400,
};

static void begin(struct strbuf *out, const char *title, int height)
{
	strbuf_addf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
	xml_add_text(out, title);
	strbuf_adds(out, "\"><title>");
	xml_add_text(out, title);
	strbuf_adds(out, "</title>\n");
}

static void text_at(struct strbuf *out, double x, double y, const char *class, const char *text)
{
	size_t len = strlen(text), at = 0;
	CLEANUP(strbuf_release) struct strbuf shown = STRBUF_INIT;

	for (int chars = 0; at < len && chars < LABEL_CHARS + 1; chars++)
		do
			at++;
		while (at < len && ((unsigned char)text[at] & 0xc0) == 0x80);
	strbuf_add(&shown, text, at);
	if (at < len)
		strbuf_adds(&shown, "\xe2\x80\xa6");
	strbuf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	xml_add_text(out, strbuf_text(&shown));
	strbuf_adds(out, "</text>\n");
}

static void box(struct strbuf *out, const char *class, double x, double y, double width, double height)
{
	strbuf_addf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>\n", class,
		    x, y, width, height);
}

static void line(struct strbuf *out, const char *class, double x1, double y1, double x2, double y2)
{
	strbuf_addf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1, y1, x2,
		    y2);
}

static void one_bar(struct strbuf *out, const struct chart_bar *bar, double y, double scale)
{
	char number[32];
	double longest = (double)MAX(bar->value, bar->beyond) * scale;

	text_at(out, LABELS - 10, y + 17, "end", bar->label);
	if (bar->beyond > bar->value)
		box(out, "beyond", LABELS, y + 5, (double)bar->beyond * scale, ROW - 10);
	box(out, bar->kind, LABELS, y + 5, MAX((double)bar->value * scale, 1.0), ROW - 10);
	snprintf(number, sizeof(number), "%" PRIu64, bar->value);
	if (bar->mark)
		line(out, "mark", LABELS + (double)bar->mark * scale, y + 1, LABELS + (double)bar->mark * scale,
		     y + ROW - 1);
	/* Where the line of the threshold would cross the number. */
	if (bar->mark && (double)bar->mark * scale > longest && (double)bar->mark * scale < longest + 45)
		longest = (double)bar->mark * scale;
	text_at(out, LABELS + longest + 7, y + 17, "number", number);
}

void chart_bars(struct strbuf *out, const char *title, const struct chart_bar *bars, size_t n)
{
	uint64_t most = 1;
	size_t shown = MIN(n, (size_t)CHART_ROWS_MAX);

	for (size_t i = 0; i < shown; i++)
		most = MAX(most, MAX(MAX(bars[i].value, bars[i].beyond), bars[i].mark));
	begin(out, title, (int)shown * ROW + 8);
	for (size_t i = 0; i < shown; i++)
		one_bar(out, &bars[i], (double)i * ROW + 4, (WIDTH - LABELS - NUMBERS) / (double)most);
	strbuf_adds(out, "</svg>\n");
}

static const char *day_text(uint64_t day, char ret[FILETIME_TEXT_LEN + 8])
{
	filetime_format(day * SECONDS_PER_DAY * FILETIME_PER_SECOND, ret);
	ret[10] = '\0';
	return ret;
}

void chart_days(struct strbuf *out, const char *title, const struct day_count *days, size_t n)
{
	const double left = 50, right = WIDTH - 10;
	uint64_t most = 1, first, last, n_days;
	char number[32], date[FILETIME_TEXT_LEN + 8];
	double step;

	if (!n)
		return;
	last = days[n - 1].day;
	first = MAX(days[0].day, last >= DAYS_SHOWN ? last - DAYS_SHOWN + 1 : 0);
	n_days = last - first + 1;
	step = MIN((right - left) / (double)n_days, 40.0);
	for (size_t i = 0; i < n; i++)
		if (days[i].day >= first)
			most = MAX(most, days[i].requests);
	most += most % 2; /* so that half of it is a number, too */
	begin(out, title, PLOT_HEIGHT + 40);
	for (int i = 0; i <= 2; i++) {
		double y = 12 + PLOT_HEIGHT * (2 - i) / 2.0;

		line(out, "grid", left, y, right, y);
		snprintf(number, sizeof(number), "%" PRIu64, most * (uint64_t)i / 2);
		text_at(out, left - 8, y + 4, "end", number);
	}
	for (size_t i = 0; i < n; i++) {
		double height = (double)days[i].requests * PLOT_HEIGHT / (double)most;

		if (days[i].day >= first)
			box(out, "bar", left + (double)(days[i].day - first) * step + step * 0.1,
			    12 + PLOT_HEIGHT - height, step * 0.8, height);
	}
	text_at(out, left, PLOT_HEIGHT + 32, "start", day_text(first, date));
	if (n_days > 1)
		text_at(out, MAX(left + (double)n_days * step, left + 160), PLOT_HEIGHT + 32, "end",
			day_text(last, date));
	strbuf_adds(out, "</svg>\n");
}

void chart_spans(struct strbuf *out, const char *title, const struct chart_span *spans, size_t n, uint64_t from,
		 uint64_t to)
{
	double scale = (WIDTH - LABELS - 20) / (double)MAX(to - from, (uint64_t)1);
	double bottom = (double)n * ROW + 8;
	char date[FILETIME_TEXT_LEN + 8];
	const uint64_t day = SECONDS_PER_DAY * FILETIME_PER_SECOND;

	begin(out, title, (int)bottom + 26);
	for (int i = 0; i <= 2; i++)
		line(out, "grid", LABELS + (double)(to - from) * scale * i / 2, 4,
		     LABELS + (double)(to - from) * scale * i / 2, bottom);
	for (size_t i = 0; i < n; i++) {
		double y = (double)i * ROW + 4;

		if (spans[i].heading) {
			text_at(out, 0, y + 19, "heading", spans[i].heading);
			continue;
		}
		text_at(out, LABELS - 10, y + 17, "end", spans[i].label);
		box(out, "bar bad", LABELS + (double)(spans[i].first - from) * scale, y + 6,
		    MAX((double)(spans[i].last - spans[i].first) * scale, 3.0), ROW - 12);
	}
	text_at(out, LABELS, bottom + 18, "start", day_text(from / day, date));
	text_at(out, WIDTH - 20, bottom + 18, "end", day_text(to / day, date));
	strbuf_adds(out, "</svg>\n");
}
