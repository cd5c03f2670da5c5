/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/text_place.h"

#include <string.h>

/* The second letter of a pair such as "<%" is the rare one. */
static size_t find_pair(const char *text, size_t len, size_t from, const char *pair)
{
	while (from < len && len - from >= 2) {
		const char *hit = memchr(text + from + 1, pair[1], len - from - 1);

		if (!hit)
			break;
		if (hit[-1] == pair[0])
			return (size_t)(hit - text) - 1;
		from = (size_t)(hit - text);
	}
	return len;
}

/* Not memmem: under a sanitizer each call of it costs the length of the rest. */
size_t text_find(const char *text, size_t len, size_t from, const char *word)
{
	size_t word_len = strlen(word);

	if (word_len == 2)
		return find_pair(text, len, from, word);
	while (from < len && len - from >= word_len) {
		const char *hit = memchr(text + from, word[0], len - from - word_len + 1);

		if (!hit)
			break;
		if (memcmp(hit, word, word_len) == 0)
			return (size_t)(hit - text);
		from = (size_t)(hit - text) + 1;
	}
	return len;
}

static bool starts_character(char c)
{
	return ((uint8_t)c & 0xc0) != 0x80;
}

/* With carriage returns: alone they end a line, before a line feed they are no character. */
static void advance_slowly(const char *text, size_t from, size_t to, struct spot *spot)
{
	for (size_t i = from; i < to; i++) {
		char c = text[i];

		if (c == '\n' || (c == '\r' && text[i + 1] != '\n')) {
			spot->line++;
			spot->column = 1;
		} else if (starts_character(c) && c != '\r') {
			spot->column++;
		}
	}
}

/* Eight bytes at a time: those of the form 10xxxxxx go on with a character. */
static uint32_t count_characters(const char *text, size_t len)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	size_t n = len, at = 0;

	for (; at + 8 <= len; at += 8) {
		uint64_t eight;

		memcpy(&eight, text + at, sizeof(eight));
		if (eight & high)
			n -= (size_t)__builtin_popcountll(eight & ~(eight << 1) & high);
	}
	for (; at < len; at++)
		n -= !starts_character(text[at]);
	return (uint32_t)n;
}

void spot_advance(const char *text, size_t from, size_t to, struct spot *spot)
{
	const char *newline;

	if (from < to && memchr(text + from, '\r', to - from)) {
		advance_slowly(text, from, to, spot);
		return;
	}
	while (from < to && (newline = memchr(text + from, '\n', to - from))) {
		spot->line++;
		spot->column = 1;
		from = (size_t)(newline - text) + 1;
	}
	spot->column += count_characters(text + from, to - from);
}

struct spot text_spot(const char *text, size_t len, size_t at)
{
	struct spot spot = { 1, 1 };

	spot_advance(text, 0, MIN(at, len), &spot);
	return spot;
}
