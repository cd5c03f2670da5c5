/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/xml_text.h"

#include <string.h>

enum { ENTITY_MAX = 12 };

static const struct {
	const char *name;
	char c;
} entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' } };

/* "&#13;" is five characters for at most four bytes: the text does not get longer. */
static bool add_reference(struct text name, struct strbuf *ret)
{
	uint32_t value = 0;
	bool hex = name.len > 1 && (name.data[1] | 0x20) == 'x';
	size_t i = hex ? 2 : 1;

	if (i >= name.len)
		return false;
	for (; i < name.len; i++) {
		char c = name.data[i];
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if (hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a') + 10;
		else
			return false;
		value = value * (hex ? 16 : 10) + digit;
		if (value > 0x10ffff)
			return false;
	}
	strbuf_add_codepoint(ret, value);
	return true;
}

static bool add_entity(struct text name, struct strbuf *ret)
{
	if (name.len && name.data[0] == '#')
		return add_reference(name, ret);
	for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
		if (text_is(name, entities[i].name)) {
			strbuf_addc(ret, entities[i].c);
			return true;
		}
	return false;
}

void xml_text_decode(struct text raw, struct strbuf *ret)
{
	const char *at = raw.data, *end = raw.data + raw.len;

	while (at < end) {
		const char *amp = memchr(at, '&', (size_t)(end - at)), *stop;

		if (!amp) {
			strbuf_add(ret, at, (size_t)(end - at));
			return;
		}
		strbuf_add(ret, at, (size_t)(amp - at));
		stop = memchr(amp, ';', MIN((size_t)(end - amp), (size_t)ENTITY_MAX));
		if (stop && add_entity((struct text){ amp + 1, (size_t)(stop - amp - 1) }, ret)) {
			at = stop + 1;
		} else {
			strbuf_addc(ret, '&');
			at = amp + 1;
		}
	}
}
