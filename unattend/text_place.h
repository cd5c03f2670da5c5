/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where something stands in a text: offsets, and lines and columns of them.
 */
#pragma once

#include "common/base/base.h"

struct span {
	size_t at;
	size_t end;
};

struct spot {
	uint32_t line;   /* from 1 */
	uint32_t column; /* from 1, in characters */
};

/* Line and column of an offset, by counting from the start. */
struct spot text_spot(const char *text, size_t len, size_t at);

/* Moves a place from one offset on to a later one; text has a NUL behind it. */
void spot_advance(const char *text, size_t from, size_t to, struct spot *spot);

/* Offset of word in text at or behind from; len when it is not there. Cheap when called again and again. */
size_t text_find(const char *text, size_t len, size_t from, const char *word);

static inline bool is_xml_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
