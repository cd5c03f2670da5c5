/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/html_chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/filetime.h"
#include "common/report/xml_text.h"

#define SECONDS_PER_DAY 86400

enum {
	WIDTH = 960,
	LABELS = 310, /* left of the bars */
	NUMBERS = 64, /* right of them */
	ROW = 28,
	SPAN_ROW = 24,
	LABEL_CHARS = 34,
	HEADING_CHARS = 40,
	PLOT_HEIGHT = 200,
	DAYS_SHOWN = 400,
	TICKS = 5,
};

static void begin(struct strbuf *out, const char *title, int height)
{
	strbuf_addf(out, "<div class=\"scroll\" tabindex=\"0\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
	xml_add_text(out, title);
	strbuf_adds(out, "\"><title>");
	xml_add_text(out, title);
	strbuf_adds(out, "</title>\n");
}

static void end(struct strbuf *out)
{
	strbuf_adds(out, "</svg></div>\n");
}

static void text_at(struct strbuf *out, double x, double y, const char *class, const char *text)
{
	size_t len = strlen(text), at = 0;
	int most = strcmp(class, "heading") == 0 ? HEADING_CHARS : LABEL_CHARS;
	CLEANUP(strbuf_release) struct strbuf shown = STRBUF_INIT;

	for (int chars = 0; at < len && chars < most; chars++)
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
	strbuf_addf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\"/>\n", class,
		    x, y, width, height);
}

static void line(struct strbuf *out, const char *class, double x1, double y1, double x2, double y2)
{
	strbuf_addf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1, y1, x2,
		    y2);
}

static void one_bar(struct strbuf *out, const struct chart_bar *bar, double y, uint64_t most)
{
	const double room = WIDTH - LABELS - NUMBERS, scale = room / (double)most;
	char number[32];
	double value = MIN((double)bar->value * scale, room), beyond = MIN((double)bar->beyond * scale, room);
	double longest = MAX(value, beyond), mark = MIN((double)bar->mark * scale, room);

	text_at(out, LABELS - 12, y + 18, "end", bar->label);
	box(out, "track", LABELS, y + 5, room, ROW - 10);
	if (beyond > value)
		box(out, "beyond", LABELS, y + 5, beyond, ROW - 10);
	if (bar->value)
		box(out, bar->kind, LABELS, y + 5, MAX(value, 2.0), ROW - 10);
	snprintf(number, sizeof(number), "%" PRIu64, bar->value);
	if (bar->mark)
		line(out, "mark", LABELS + mark, y + 1, LABELS + mark, y + ROW - 1);
	/* Where the line of the threshold would cross the number. */
	if (bar->mark && mark > longest && mark < longest + 48)
		longest = mark;
	text_at(out, LABELS + longest + 8, y + 18, "number", number);
}

void chart_bars(struct strbuf *out, const char *title, const struct chart_bar *bars, size_t n, uint64_t most)
{
	uint64_t largest = 1;
	size_t shown = MIN(n, (size_t)CHART_ROWS_MAX);

	for (size_t i = 0; i < shown; i++)
		largest = MAX(largest, MAX(MAX(bars[i].value, bars[i].beyond), bars[i].mark));
	if (most == 0 || largest < most)
		most = largest;
	begin(out, title, (int)shown * ROW + 8);
	for (size_t i = 0; i < shown; i++)
		one_bar(out, &bars[i], (double)i * ROW + 4, most);
	end(out);
}

static const char *day_text(uint64_t day, char ret[FILETIME_TEXT_LEN + 8])
{
	filetime_format(day * SECONDS_PER_DAY * FILETIME_PER_SECOND, ret);
	ret[10] = '\0';
	return ret;
}

/* 1, 2 or 5 times a power of ten, of which a few reach the value. */
static uint64_t step_for(uint64_t value)
{
	uint64_t step = 1;

	while (value / step > TICKS) {
		if (value / (step * 2) <= TICKS)
			return step * 2;
		if (value / (step * 5) <= TICKS)
			return step * 5;
		step *= 10;
	}
	return step;
}

/* Dates under the axis of days, as many as have room. */
static void date_ticks(struct strbuf *out, uint64_t first, uint64_t n_days, double left, double step, double y)
{
	uint64_t every = MAX((uint64_t)(110 / step), (uint64_t)1);
	char date[FILETIME_TEXT_LEN + 8];

	for (uint64_t i = 0; i < n_days; i += every) {
		double x = left + ((double)i + 0.5) * step;

		line(out, "axis", x, y, x, y + 5);
		text_at(out, x, y + 20, "tick middle", day_text(first + i, date));
	}
}

void chart_days(struct strbuf *out, const char *title, const struct day_count *days, size_t n)
{
	const double left = 64, right = WIDTH - 12, top = 12;
	uint64_t most = 1, tick, first, last, n_days;
	char number[32];
	double step;

	if (!n)
		return;
	last = days[n - 1].day;
	first = MAX(days[0].day, last >= DAYS_SHOWN ? last - DAYS_SHOWN + 1 : 0);
	n_days = last - first + 1;
	step = MIN((right - left) / (double)n_days, 44.0);
	for (size_t i = 0; i < n; i++)
		if (days[i].day >= first)
			most = MAX(most, days[i].requests);
	tick = step_for(most);
	most = (most + tick - 1) / tick * tick;
	begin(out, title, PLOT_HEIGHT + 44);
	for (uint64_t value = 0; value <= most; value += tick) {
		double y = top + PLOT_HEIGHT * (1 - (double)value / (double)most);

		line(out, value ? "grid" : "axis", left, y, right, y);
		snprintf(number, sizeof(number), "%" PRIu64, value);
		text_at(out, left - 10, y + 4, "tick end", number);
	}
	for (size_t i = 0; i < n; i++) {
		double height = (double)days[i].requests * PLOT_HEIGHT / (double)most;

		if (days[i].day >= first)
			box(out, "bar", left + (double)(days[i].day - first) * step + step * 0.12,
			    top + PLOT_HEIGHT - height, step * 0.76, height);
	}
	date_ticks(out, first, n_days, left, step, top + PLOT_HEIGHT);
	end(out);
}

void chart_spans(struct strbuf *out, const char *title, const struct chart_span *spans, size_t n, uint64_t from,
		 uint64_t to)
{
	const double plot = WIDTH - LABELS - 44;
	double scale = plot / (double)MAX(to - from, (uint64_t)1), bottom = (double)n * SPAN_ROW + 8;
	char date[FILETIME_TEXT_LEN + 8];
	const uint64_t day = SECONDS_PER_DAY * FILETIME_PER_SECOND;

	begin(out, title, (int)bottom + 28);
	for (int i = 0; i <= 4; i++) {
		double x = LABELS + plot * i / 4;

		line(out, "grid", x, 4, x, bottom);
		text_at(out, x, bottom + 18, "tick middle", day_text((from + (to - from) / 4 * (uint64_t)i) / day, date));
	}
	for (size_t i = 0; i < n; i++) {
		double y = (double)i * SPAN_ROW + 4;

		if (spans[i].heading) {
			text_at(out, 0, y + 18, "heading", spans[i].heading);
			continue;
		}
		text_at(out, LABELS - 12, y + 17, "end", spans[i].label);
		box(out, spans[i].kind, LABELS + (double)(spans[i].first - from) * scale, y + 5,
		    MAX((double)(spans[i].last - spans[i].first) * scale, 4.0), SPAN_ROW - 9);
	}
	end(out);
}

void chart_legend(struct strbuf *out, const char *const *kinds)
{
	strbuf_adds(out, "<ul class=\"legend\">");
	for (; kinds[0]; kinds += 2) {
		strbuf_adds(out, "<li><svg viewBox=\"0 0 14 8\" aria-hidden=\"true\">");
		if (strcmp(kinds[0], "mark") == 0)
			line(out, "mark", 7, 0, 7, 8);
		else
			box(out, kinds[0], 0, 0, 14, 8);
		strbuf_addf(out, "</svg>%s</li>", kinds[1]);
	}
	strbuf_adds(out, "</ul>\n");
}
