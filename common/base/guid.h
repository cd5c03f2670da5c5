/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GUIDs. On disk the first three fields are little-endian and the last eight
 * bytes are in order ("mixed-endian"); this file is the one place that knows.
 * A struct guid holds the sixteen bytes as they are on disk.
 */
#pragma once

#include <string.h>

#include "common/base/err.h"

#define GUID_TEXT_LEN 36   /* 00000000-0000-0000-0000-000000000000 */
#define GUID_BRACED_LEN 38 /* {...} */

struct guid {
	uint8_t bytes[16];
};

enum guid_style {
	GUID_PLAIN = 0,
	GUID_BRACES = 1,
	GUID_UPPER = 2,
};

/* Reads exactly 36 characters (8-4-4-4-12, any case); false when they are no GUID. */
bool guid_parse(const char *text, struct guid *ret);

/* Reads a whole string, with or without braces, nothing behind it. */
bool guid_parse_all(const char *text, struct guid *ret);

/* Writes the text with its NUL; returns ret. style is an OR of enum guid_style. */
char *guid_format(const struct guid *guid, unsigned style, char ret[GUID_BRACED_LEN + 1]);

static inline bool guid_equal(const struct guid *a, const struct guid *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static inline bool guid_is_zero(const struct guid *guid)
{
	return guid_equal(guid, &(struct guid){ { 0 } });
}

int guid_compare(const struct guid *a, const struct guid *b);

/* A random version 4 GUID from the kernel's random source. */
int guid_random(struct guid *ret, struct err *err);
