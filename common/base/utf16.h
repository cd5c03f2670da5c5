/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-16LE, the text of Windows, to and from the text we keep in memory.
 *
 * In memory text is UTF-8 in which a lone surrogate keeps its three-byte form
 * (WTF-8), so that every sequence of 16-bit units survives the round trip. What
 * a person sees goes through text_show, which prints such a unit as \u{d800}
 * and control characters as \u{1}; nothing is replaced or guessed.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/strbuf.h"

/* Appends the units in b as WTF-8. An odd last byte is ignored. */
void utf16le_to_text(struct bytes b, struct strbuf *ret);

/* The same up to the first NUL unit, as registry strings want it. */
void utf16le_z_to_text(struct bytes b, struct strbuf *ret);

/* Appends text as UTF-16LE, without a NUL. Invalid UTF-8: ERR_FORMAT, ret untouched. */
int text_to_utf16le(const char *text, size_t len, struct strbuf *ret, struct err *err);

/*
 * Reads one code point of WTF-8, a lone surrogate included. Returns its length in
 * bytes, 0 when the bytes at text are none; len is at least 1.
 */
size_t text_codepoint(const char *text, size_t len, uint32_t *ret);

/* True when text is well-formed UTF-8 (lone surrogates not allowed). */
bool text_is_utf8(const char *text, size_t len);

/* Appends text as a person may see it: escapes for controls, lone surrogates, invalid bytes. */
void text_show(const char *text, size_t len, struct strbuf *ret);

/*
 * The simple upper case of one unit, as the file system and the registry of
 * Windows compare names: only one unit to one unit, independent of language.
 * Source: Unicode simple upper case mappings of the basic plane, less those
 * which the $UpCase table of an NTFS volume leaves alone (micro sign, dotless i,
 * long s, and others that join it with ASCII).
 */
uint16_t utf16_upcase(uint16_t unit);

/* Compares two WTF-8 texts as Windows compares names: <0, 0, >0 by upcased units. */
int text_compare_nocase(const char *a, size_t a_len, const char *b, size_t b_len);
bool text_equal_nocase(const char *a, const char *b);
