/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/info_line.h"

#include <string.h>

#include "common/base/bytes.h"
#include "common/base/filetime.h"
#include "kms/text_scan.h"

enum {
	LINE_MIN = 2 + 1 + 2 + 1 + 37 + 14 + 6 + 36, /* shorter is another form */
	NAME_MAX = 1024,
};

#ifdef __SSE2__
static uint64_t load64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t load32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Values of sixteen digits; *valid loses the bits of what is none. */
static __m128i hex_values(__m128i text, __m128i *valid)
{
	__m128i digit = _mm_sub_epi8(text, _mm_set1_epi8('0'));
	__m128i letter = _mm_sub_epi8(_mm_or_si128(text, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
	__m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);

	*valid = _mm_and_si128(*valid, _mm_or_si128(is_digit, is_letter));
	letter = _mm_add_epi8(letter, _mm_set1_epi8(10));
	return _mm_or_si128(_mm_and_si128(is_digit, digit), _mm_andnot_si128(is_digit, _mm_and_si128(is_letter, letter)));
}

/* Pairs of digits, the higher one first, to one byte in each 16-bit lane. */
static __m128i join_pairs(__m128i values)
{
	__m128i joined = _mm_or_si128(_mm_slli_epi16(values, 4), _mm_srli_epi16(values, 8));

	return _mm_and_si128(joined, _mm_set1_epi16(0xff));
}

/* The first three fields are little-endian. */
static uint64_t swap_fields(uint64_t v)
{
	uint64_t high = v >> 32;

	high = (high & 0x00ff00ff) << 8 | (high >> 8 & 0x00ff00ff);
	return high << 32 | __builtin_bswap32((uint32_t)v);
}

bool info_line_guid(const char *text, struct guid *ret)
{
	uint64_t tail = load64(text + 24);
	__m128i front = _mm_set_epi64x((int64_t)((uint64_t)load32(text + 14) << 32 | load32(text + 9)),
				       (int64_t)load64(text));
	__m128i back = _mm_set_epi64x((int64_t)((uint64_t)load32(text + 32) << 32 | tail >> 32),
				      (int64_t)(tail << 32 | load32(text + 19)));
	__m128i valid = _mm_set1_epi8(-1), bytes;

	front = hex_values(front, &valid);
	back = hex_values(back, &valid);
	if (_mm_movemask_epi8(valid) != 0xffff || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
	    text[23] != '-')
		return false;
	bytes = _mm_packus_epi16(join_pairs(front), join_pairs(back));
	store_le64(ret->bytes, swap_fields((uint64_t)_mm_cvtsi128_si64(bytes)));
	store_le64(ret->bytes + 8, (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(bytes, bytes)));
	return true;
}
#else
bool info_line_guid(const char *text, struct guid *ret)
{
	return guid_parse(text, ret);
}
#endif

/* Up to max digits and the character behind them. */
static inline bool number(const char **at, unsigned max, char behind, uint32_t *ret)
{
	const char *p = *at;
	uint32_t value = (uint32_t)(uint8_t)*p - '0';
	unsigned n = 1;

	if (value > 9)
		return false;
	for (p++; n < max && (uint8_t)(*p - '0') <= 9; n++, p++)
		value = value * 10 + (uint32_t)(*p - '0');
	if (*p != behind)
		return false;
	*at = p + 1;
	*ret = value;
	return true;
}

static bool hresult(const char **at, uint32_t *ret)
{
	const char *p = *at + 2;
	uint32_t value = 0;

	for (unsigned i = 0; i < 8; i++, p++) {
		uint8_t digit = (uint8_t)(*p - '0'), letter = (uint8_t)((*p | 0x20) - 'a');

		if (digit <= 9)
			value = value << 4 | digit;
		else if (letter <= 5)
			value = value << 4 | (letter + 10U);
		else
			break;
	}
	if (*p != ',' || p == *at + 2)
		return false;
	*at = p + 1;
	*ret = value;
	return true;
}

/* The first comma, quote or control character; end when there is none. */
static const char *name_end_portable(const char *at, const char *end)
{
	while (at < end && *at != ',' && *at != '"' && (uint8_t)*at >= ' ')
		at++;
	return at;
}

#ifdef __SSE2__
static const char *name_end(const char *at, const char *end)
{
	const __m128i comma = _mm_set1_epi8(','), quote = _mm_set1_epi8('"'), control = _mm_set1_epi8(' ' - 1);

	for (; end - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, comma), _mm_cmpeq_epi8(v, quote)),
					   _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
		unsigned mask = (unsigned)_mm_movemask_epi8(hit);

		if (mask)
			return at + __builtin_ctz(mask);
	}
	return name_end_portable(at, end);
}
#else
#define name_end name_end_portable
#endif

/* A name as machines have it: no comma or quote, no space or dot at its ends. */
static bool name(const char **at, const char *end, struct text *ret)
{
	const char *comma = name_end(*at, MIN(end, *at + NAME_MAX));

	if (comma == end || *comma != ',' || comma == *at || **at == ' ' || comma[-1] == ' ' || comma[-1] == '.')
		return false;
	*ret = (struct text){ *at, (size_t)(comma - *at) };
	*at = comma + 1;
	return true;
}

static bool is_leap(uint32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01, counted in years that begin in March. */
static uint32_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
	uint32_t y = month <= 2 ? year - 1 : year, m = (month + 9) % 12;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static bool client_time(const char **at, uint64_t *ret)
{
	static const uint8_t lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	uint32_t year, month, day, hour, minute;

	if (!number(at, 4, '/', &year) || !number(at, 2, '/', &month) || !number(at, 2, ' ', &day) ||
	    !number(at, 2, ':', &hour) || !number(at, 2, ',', &minute))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] || hour > 23 || minute > 59 ||
	    (month == 2 && day == 29 && !is_leap(year)))
		return false;
	*ret = FILETIME_UNIX_EPOCH +
	       (days_of(year, month, day) * 1440ULL + hour * 60 + minute) * 60 * FILETIME_PER_SECOND;
	return true;
}

static bool ends(const char *at, const char *end)
{
	return at == end || *at == '"' || *at == '\r' || *at == '\n' || *at == '\t' || *at == '<';
}

const char *info_line_read(const char *at, const char *end, struct kms_request *ret)
{
	const char *start = at;

	/* Each step reads at most up to a character that it does not take: the product keeps them inside. */
	if (end - at < LINE_MIN || !hresult(&at, &ret->hresult) || !number(&at, 9, ',', &ret->needed) ||
	    !name(&at, end, &ret->name) || end - at < GUID_TEXT_LEN + 1 + 14 + 6 + GUID_TEXT_LEN ||
	    at[GUID_TEXT_LEN] != ',' || !info_line_guid(at, &ret->cmid))
		return NULL;
	at += GUID_TEXT_LEN + 1;
	if (!client_time(&at, &ret->client_time) || !number(&at, 1, ',', &ret->vm) || !number(&at, 1, ',', &ret->status) ||
	    !number(&at, 9, ',', &ret->minutes))
		return NULL;
	if (end - at < GUID_TEXT_LEN || !info_line_guid(at, &ret->product) || !ends(at + GUID_TEXT_LEN, end))
		return NULL;
	at += GUID_TEXT_LEN;
	if (at - start < LINE_MIN)
		return NULL;
	ret->has_client_time = true;
	ret->has_cmid = !guid_is_zero(&ret->cmid);
	return at;
}

bool info_line_parse(const char *at, const char *end, struct kms_request *ret)
{
	struct kms_request request;

	if (!info_line_read(at, end, &request))
		return false;
	*ret = request;
	return true;
}
