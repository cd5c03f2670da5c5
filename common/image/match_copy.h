/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying of matches: length bytes that begin offset bytes before out, where the two may overlap. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "common/base/bytes.h"

#define MATCH_SLACK 32 /* bytes behind a match that match_copy_wide may write to */

static inline void match_copy_16(uint8_t *to, const uint8_t *from)
{
	memcpy(to, from, 16);
}

/* For offsets below 8: eight bytes of the pattern at once, as far as whole patterns go. */
static inline void match_copy_pattern(uint8_t *out, size_t offset, size_t length)
{
	static const uint64_t repeat[8] = { 0, 0x0101010101010101, 0x0001000100010001, 0x0001000001000001, 0x100000001,
					    0x10000000001, 0x1000000000001, 0x100000000000001 };
	static const uint8_t step[8] = { 8, 8, 8, 6, 8, 5, 6, 7 };
	uint64_t pattern = (load_le64(out - offset) & (((uint64_t)1 << 8 * offset) - 1)) * repeat[offset];

	for (const uint8_t *end = out + length; out < end; out += step[offset])
		store_le64(out, pattern);
}

/* For lengths up to 8. */
static inline __attribute__((always_inline)) void match_copy_8(uint8_t *out, size_t offset)
{
	if (offset >= 8)
		memcpy(out, out - offset, 8);
	else
		match_copy_pattern(out, offset, 8);
}

/* For lengths up to 24; in pieces of 8, so that the next match seldom waits for one of which it needs a part. */
static inline __attribute__((always_inline)) void match_copy_24(uint8_t *out, size_t offset)
{
	if (offset >= 8)
		for (unsigned i = 0; i < 24; i += 8)
			memcpy(out + i, out + i - offset, 8);
	else
		match_copy_pattern(out, offset, 24);
}

/* The match and MATCH_SLACK more bytes must lie in the output. */
static inline __attribute__((always_inline)) void match_copy_wide(uint8_t *out, size_t offset, size_t length)
{
	const uint8_t *from = out - offset, *end = out + length;

	if (offset >= 16) {
		do {
			match_copy_16(out, from);
			match_copy_16(out + 16, from + 16);
			out += 32;
			from += 32;
		} while (out < end);
	} else if (offset < 8) {
		match_copy_pattern(out, offset, length);
	} else {
		for (; out < end; out += 8, from += 8)
			memcpy(out, from, 8);
	}
}

/* Writes nothing but the match. */
static inline void match_copy_exact(uint8_t *out, size_t offset, size_t length)
{
	for (; length; length--, out++)
		*out = *(out - offset);
}

/* Where contents go: what is decoded now ends at end, the last that may be written at room. */
struct output {
	uint8_t *begin, *at, *end, *room;
};

/* Any match, also in front of the end; -1 when there is no such. */
static inline int output_match(struct output *o, size_t offset, size_t length)
{
	if (length > (size_t)(o->end - o->at) || offset > (size_t)(o->at - o->begin))
		return -1;
	if ((size_t)(o->room - o->at) >= length + MATCH_SLACK)
		match_copy_wide(o->at, offset, length);
	else
		match_copy_exact(o->at, offset, length);
	o->at += length;
	return 0;
}
