/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/xml_certain.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "unattend/xml_reference.h"

#define COMPARED_MAX 40 /* attributes of one element that are compared with each other */

/* clang makes a vector of the loop by itself, and does not know the attribute. */
#ifdef __clang__
#define AS_VECTOR
#else
#define AS_VECTOR __attribute__((optimize("O3")))
#endif

/* Without a branch in the loop: the compiler does 16 bytes at a time. */
AS_VECTOR static struct xml_glance glance_at(const uint8_t *text, size_t len)
{
	uint8_t nul = 0, control = 0, ampersand = 0, bracket = 0, carriage_return = 0, lone_return = 0, all = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = text[i];

		all |= c;
		nul |= c == 0;
		control |= (c < 0x20) & (c != '\t') & (c != '\n') & (c != '\r');
		ampersand |= c == '&';
		bracket |= c == ']';
		carriage_return |= c == '\r';
		lone_return |= (c == '\r') & (text[i + 1] != '\n');
	}
	return (struct xml_glance){ nul, control, all >= 0x80, ampersand, bracket, carriage_return, lone_return };
}

struct xml_glance xml_glance(const char *text, size_t len)
{
	struct xml_glance ret = glance_at((const uint8_t *)text, len);

	/* U+FFFE and U+FFFF, and what is near them */
	if (!ret.control && ret.high)
		ret.control = text_find(text, len, 0, "\xef\xbf") < len;
	return ret;
}

#define NAME_START 1
#define NAME_GOES_ON 2
#define LETTER (NAME_START | NAME_GOES_ON)

/* Bytes of names. What is not ASCII is taken for a letter here: whether it is one, libxml2 knows. */
const uint8_t xml_name_bytes[256] = {
	['A' ... 'Z'] = LETTER,       ['a' ... 'z'] = LETTER, ['_'] = LETTER,       [':'] = LETTER,
	['0' ... '9'] = NAME_GOES_ON, ['-'] = NAME_GOES_ON,   ['.'] = NAME_GOES_ON, [0x80 ... 0xff] = LETTER,
};

static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* ASCII letters, and one colon inside at most. A name that begins with "xml" has rules of its own. */
bool certain_name(const struct xml_glance *glance, const char *text, struct span name)
{
	const char *first = text + name.at, *end = text + name.end, *colon;

	if (name.end - name.at > 200 || ((*first | 32) == 'x' && strncasecmp(first, "xml", 3) == 0))
		return false;
	for (const char *c = first; glance->high && c < end; c++)
		if ((uint8_t)*c >= 0x80)
			return false;
	colon = memchr(first, ':', (size_t)(end - first));
	if (!colon)
		return true;
	return colon != first && colon + 1 != end && isalpha((unsigned char)colon[1]) &&
	       !memchr(colon + 1, ':', (size_t)(end - colon - 1));
}

static bool all_references_known(const char *text, struct span run)
{
	CLEANUP(strbuf_release) struct strbuf ignored = STRBUF_INIT;
	const char *at = text + run.at, *end = text + run.end;

	while ((at = memchr(at, '&', (size_t)(end - at)))) {
		size_t used = xml_reference_decode(text, (size_t)(at - text), run.end, &ignored);

		if (!used)
			return false;
		at += used;
	}
	return true;
}

bool certain_text(const struct xml_glance *glance, const char *text, struct span run)
{
	if (glance->ampersand && !all_references_known(text, run))
		return false;
	return !glance->bracket || text_find(text, run.end, run.at, "]]>") == run.end;
}

/* xmlns and xmlns:x with a name behind it that is a usual one. */
static bool certain_namespace(const struct attribute *a)
{
	const char *prefix = a->name + 5;

	if (*prefix == ':')
		prefix++;
	else if (*prefix)
		return false;
	for (const char *c = prefix; *c; c++)
		if (!isalnum((unsigned char)*c))
			return false;
	return !isdigit((unsigned char)*prefix) && strncasecmp(prefix, "xml", 3) != 0;
}

bool certain_attribute(const struct xml_glance *glance, const char *text, const struct attribute *a)
{
	struct span name = { a->span.at, a->span.at + strlen(a->name) };

	if (strncmp(a->name, "xmlns", 5) == 0 ? !certain_namespace(a) : !certain_name(glance, text, name))
		return false;
	if (memchr(text + a->raw.at, '<', a->raw.end - a->raw.at))
		return false;
	return !glance->ampersand || all_references_known(text, a->raw);
}

bool certain_attributes(const struct attribute *list)
{
	size_t n = 0;

	for (const struct attribute *a = list; a; a = a->next) {
		if (++n > COMPARED_MAX)
			return false;
		for (const struct attribute *b = a->next; b; b = b->next)
			if (a->name[0] == b->name[0] && strcmp(a->name, b->name) == 0)
				return false;
	}
	return true;
}

static bool is_encoding_name(const char *text)
{
	size_t n = 0;

	while (is_plain(text[n]))
		n++;
	return isalpha((unsigned char)*text) && n < 40 && !text[n];
}

bool certain_declaration(const struct attribute *a)
{
	/* no references here: each would make the value shorter than what is written */
	for (const struct attribute *each = a; each; each = each->next)
		if (strlen(each->value) != each->raw.end - each->raw.at)
			return false;
	if (!a || strcmp(a->name, "version") != 0 || strcmp(a->value, "1.0") != 0)
		return false;
	a = a->next;
	if (a && strcmp(a->name, "encoding") == 0) {
		if (!is_encoding_name(a->value))
			return false;
		a = a->next;
	}
	if (a && strcmp(a->name, "standalone") == 0) {
		if (strcmp(a->value, "yes") != 0 && strcmp(a->value, "no") != 0)
			return false;
		a = a->next;
	}
	return !a;
}
