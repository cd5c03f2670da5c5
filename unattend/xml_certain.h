/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is well-formed XML beyond doubt. Nearly all answer files are made of plain
 * names, the five entities, and attributes in double quotes: that much can be seen
 * while the tree is read, and libxml2 need not read the file a second time. "False"
 * only means that it cannot be seen at a glance: libxml2 decides (see xml_check.h).
 */
#pragma once

#include "unattend/markup.h"

/* Which bytes a text has; each saves looking for something in every piece of it. */
struct xml_glance {
	bool nul;
	bool control;         /* what XML does not allow: not tab, line feed, carriage return; or U+FFFE, U+FFFF */
	bool high;            /* other bytes than ASCII */
	bool ampersand;
	bool bracket;         /* ']' */
	bool carriage_return;
	bool lone_return;     /* a carriage return without a line feed behind it */
};
/* text has a NUL behind it. */
struct xml_glance xml_glance(const char *text, size_t len);

extern const uint8_t xml_name_bytes[256];

static inline bool xml_name_starts(char c)
{
	return xml_name_bytes[(uint8_t)c] & 1;
}

static inline bool xml_name_goes_on(char c)
{
	return xml_name_bytes[(uint8_t)c] & 2;
}

/* name is made of such bytes. */
bool certain_name(const struct xml_glance *glance, const char *text, struct span name);
/* Text between tags. */
bool certain_text(const struct xml_glance *glance, const char *text, struct span run);
bool certain_attribute(const struct xml_glance *glance, const char *text, const struct attribute *a);
/* No name twice. */
bool certain_attributes(const struct attribute *list);
/* version, encoding and standalone in their order. */
bool certain_declaration(const struct attribute *list);
