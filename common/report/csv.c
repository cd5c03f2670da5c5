/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/csv.h"

#include <string.h>

static void separate(struct strbuf *out)
{
	if (out->len && out->data[out->len - 1] != '\n')
		strbuf_addc(out, ',');
}

/* A quoted cell ends with a quote, so a line feed at the end of out always ends a row. */
void csv_add_len(struct strbuf *out, const char *text, size_t len)
{
	bool formula = len && strchr("=+-@\t", *text) && *text;
	bool quote = len == 0 && (!out->len || out->data[out->len - 1] == '\n');

	for (size_t i = 0; i < len; i++)
		quote |= text[i] == ',' || text[i] == '"' || text[i] == '\r' || text[i] == '\n';
	separate(out);
	if (quote)
		strbuf_addc(out, '"');
	if (formula)
		strbuf_addc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			strbuf_addc(out, '"');
		strbuf_addc(out, text[i]);
	}
	if (quote)
		strbuf_addc(out, '"');
}

void csv_add(struct strbuf *out, const char *text)
{
	csv_add_len(out, text ? text : "", text ? strlen(text) : 0);
}

void csv_addf(struct strbuf *out, const char *fmt, ...)
{
	va_list args;

	separate(out);
	va_start(args, fmt);
	strbuf_addv(out, fmt, args);
	va_end(args);
}

void csv_end_row(struct strbuf *out)
{
	strbuf_addc(out, '\n');
}
