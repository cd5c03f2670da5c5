/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks for characters in short texts, sixteen at a time where the processor has
 * SSE2 (every x86-64 has). Long texts go through memchr, which the C library has
 * for each processor. The portable forms are what other machines run, and what
 * the tests compare with.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first of three characters; end when there is none. */
static inline const char *text_find3_portable(const char *at, const char *end, char a, char b, char c)
{
	while (at < end && *at != a && *at != b && *at != c)
		at++;
	return at;
}

/* How often the character stands there. */
static inline size_t text_count_portable(const char *at, const char *end, char c)
{
	size_t n = 0;

	for (; at < end; at++)
		n += *at == c;
	return n;
}

/* Offset of the first UTF-16 unit that is 0; len (even) when there is none. */
static inline size_t utf16_find_nul_portable(const uint8_t *at, size_t from, size_t len)
{
	while (from < len && (at[from] || at[from + 1]))
		from += 2;
	return from;
}

/* Writes len / 2 units as ASCII; false when one is not. */
static inline bool utf16_to_ascii_portable(const uint8_t *at, size_t from, size_t len, char *to)
{
	unsigned high = 0;

	for (size_t i = from; i < len; i += 2) {
		high |= (at[i] & 0x80U) | at[i + 1];
		to[i / 2] = (char)at[i];
	}
	return high == 0;
}

/* Whether both have the same bytes. */
static inline bool text_equal_portable(const char *a, const char *b, size_t len)
{
	size_t i = 0;

	while (i < len && a[i] == b[i])
		i++;
	return i == len;
}

#ifdef __SSE2__
static inline __m128i text_same16(const char *a, const char *b)
{
	return _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)a), _mm_loadu_si128((const __m128i *)(const void *)b));
}

static inline bool text_equal8(const char *a, const char *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x == y;
}

/* The end is compared whole, which takes some of what is in front of it again. */
static inline bool text_equal(const char *a, const char *b, size_t len)
{
	__m128i same;

	if (len < 8)
		return text_equal_portable(a, b, len);
	if (len < 16)
		return text_equal8(a, b) && text_equal8(a + len - 8, b + len - 8);
	same = text_same16(a + len - 16, b + len - 16);
	for (size_t i = 0; i + 16 < len; i += 16)
		same = _mm_and_si128(same, text_same16(a + i, b + i));
	return _mm_movemask_epi8(same) == 0xffff;
}

static inline size_t utf16_find_nul(const uint8_t *at, size_t from, size_t len)
{
	for (; from + 16 <= len; from += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(at + from));
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi16(v, _mm_setzero_si128()));

		if (mask)
			return from + (size_t)__builtin_ctz(mask);
	}
	return utf16_find_nul_portable(at, from, len);
}

static inline bool utf16_to_ascii(const uint8_t *at, size_t len, char *to)
{
	__m128i seen = _mm_setzero_si128();
	size_t i = 0;

	for (; i + 32 <= len; i += 32) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(at + i + 16));

		seen = _mm_or_si128(seen, _mm_or_si128(a, b));
		_mm_storeu_si128((__m128i *)(void *)(to + i / 2), _mm_packus_epi16(a, b));
	}
	seen = _mm_cmpeq_epi16(_mm_and_si128(seen, _mm_set1_epi16((short)0xff80)), _mm_setzero_si128());
	return _mm_movemask_epi8(seen) == 0xffff && utf16_to_ascii_portable(at, i, len, to);
}

static inline const char *text_find3(const char *at, const char *end, char a, char b, char c)
{
	const __m128i va = _mm_set1_epi8(a), vb = _mm_set1_epi8(b), vc = _mm_set1_epi8(c);

	for (; end - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb)),
					   _mm_cmpeq_epi8(v, vc));
		unsigned mask = (unsigned)_mm_movemask_epi8(hit);

		if (mask)
			return at + __builtin_ctz(mask);
	}
	return text_find3_portable(at, end, a, b, c);
}

static inline size_t text_count(const char *at, const char *end, char c)
{
	const __m128i vc = _mm_set1_epi8(c), zero = _mm_setzero_si128();
	size_t n = 0;

	while (end - at >= 16) {
		__m128i sums = zero;

		/* Each byte counts up to 255. */
		for (unsigned i = 0; i < 255 && end - at >= 16; i++, at += 16)
			sums = _mm_sub_epi8(sums, _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), vc));
		sums = _mm_sad_epu8(sums, zero);
		n += (size_t)_mm_cvtsi128_si64(sums) + (size_t)_mm_cvtsi128_si64(_mm_srli_si128(sums, 8));
	}
	return n + text_count_portable(at, end, c);
}
#else
static inline bool text_equal(const char *a, const char *b, size_t len)
{
	return text_equal_portable(a, b, len);
}

static inline size_t utf16_find_nul(const uint8_t *at, size_t from, size_t len)
{
	return utf16_find_nul_portable(at, from, len);
}

static inline bool utf16_to_ascii(const uint8_t *at, size_t len, char *to)
{
	return utf16_to_ascii_portable(at, 0, len, to);
}

static inline const char *text_find3(const char *at, const char *end, char a, char b, char c)
{
	return text_find3_portable(at, end, a, b, c);
}

static inline size_t text_count(const char *at, const char *end, char c)
{
	return text_count_portable(at, end, c);
}
#endif
