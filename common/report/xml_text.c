/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/xml_text.h"

#include <string.h>

#include "common/base/utf16.h"

void xml_add_text(struct strbuf *out, const char *text)
{
	struct strbuf shown = STRBUF_INIT;

	text_show(text, strlen(text), &shown);
	for (const char *c = strbuf_text(&shown); *c; c++) {
		switch (*c) {
		case '&':
			strbuf_adds(out, "&amp;");
			break;
		case '<':
			strbuf_adds(out, "&lt;");
			break;
		case '>':
			strbuf_adds(out, "&gt;");
			break;
		case '"':
			strbuf_adds(out, "&quot;");
			break;
		default:
			strbuf_addc(out, *c);
		}
	}
	strbuf_release(&shown);
}

void xml_add_attribute(struct strbuf *out, const char *name, const char *text)
{
	strbuf_addf(out, " %s=\"", name);
	xml_add_text(out, text);
	strbuf_addc(out, '"');
}

void xml_add_attributef(struct strbuf *out, const char *name, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list args;

	va_start(args, fmt);
	strbuf_addv(&text, fmt, args);
	va_end(args);
	xml_add_attribute(out, name, strbuf_text(&text));
	strbuf_release(&text);
}
