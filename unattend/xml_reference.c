/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/xml_reference.h"

#include <string.h>

static bool is_xml_char(uint32_t c)
{
	return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) ||
	       (c >= 0x10000 && c <= 0x10ffff);
}

size_t xml_reference_decode(const char *text, size_t at, size_t end, struct strbuf *ret)
{
	static const struct {
		const char *name;
		char c;
	} known[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&apos;", '\'' } };
	uint32_t code = 0;
	size_t i = at + 2;
	bool hex;

	for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
		size_t len = strlen(known[k].name);

		if (end - at >= len && memcmp(text + at, known[k].name, len) == 0) {
			strbuf_addc(ret, known[k].c);
			return len;
		}
	}
	if (end - at < 4 || text[at + 1] != '#')
		return 0;
	hex = text[i] == 'x';
	for (i += hex; i < end && text[i] != ';' && code < 0x110000; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			code = code * (hex ? 16 : 10) + (uint32_t)(c - '0');
		else if (hex && (c | 32) >= 'a' && (c | 32) <= 'f')
			code = code * 16 + (uint32_t)((c | 32) - 'a' + 10);
		else
			return 0;
	}
	if (i >= end || text[i] != ';' || !is_xml_char(code))
		return 0;
	strbuf_add_codepoint(ret, code);
	return i + 1 - at;
}

void xml_text_decode(const char *text, struct span run, struct strbuf *ret)
{
	for (size_t i = run.at; i < run.end; i++) {
		size_t used = text[i] == '&' ? xml_reference_decode(text, i, run.end, ret) : 0;

		if (used)
			i += used - 1;
		else if (text[i] == '\r' && i + 1 < run.end && text[i + 1] == '\n')
			continue;
		else
			strbuf_addc(ret, text[i] == '\r' ? '\n' : text[i]);
	}
}
