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
static __m128i load4(const char *p)
{
	int32_t v;

	memcpy(&v, p, sizeof(v));
	return _mm_cvtsi32_si128(v);
}

static __m128i load8(const char *p)
{
	return _mm_loadl_epi64((const __m128i *)(const void *)p);
}

/* Values of sixteen digits; *valid loses the bits of what is none. */
static __m128i hex_values(__m128i text, __m128i *valid)
{
	__m128i digit = _mm_sub_epi8(text, _mm_set1_epi8('0'));
	__m128i letter = _mm_sub_epi8(_mm_or_si128(text, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
	__m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);

	*valid = _mm_and_si128(*valid, _mm_or_si128(is_digit, is_letter));
	/* What it is not is more than fifteen. */
	return _mm_min_epu8(digit, _mm_add_epi8(letter, _mm_set1_epi8(10)));
}

/* Pairs of digits, the higher one first, to one byte in each 16-bit lane. */
static __m128i join_pairs(__m128i values)
{
	__m128i joined = _mm_or_si128(_mm_slli_epi16(values, 4), _mm_srli_epi16(values, 8));

	return _mm_and_si128(joined, _mm_set1_epi16(0xff));
}

/* The first three fields are little-endian. */
static __m128i swap_fields(__m128i lanes)
{
	return _mm_shufflehi_epi16(_mm_shufflelo_epi16(lanes, _MM_SHUFFLE(0, 1, 2, 3)), _MM_SHUFFLE(2, 3, 0, 1));
}

static bool has_hyphens(const char *text)
{
	__m128i hyphens = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(text + 8)), _mm_set1_epi8('-'));
	int wanted = 1 << 0 | 1 << 5 | 1 << 10 | 1 << 15;

	return (_mm_movemask_epi8(hyphens) & wanted) == wanted;
}

bool info_line_guid(const char *text, struct guid *ret)
{
	__m128i front = _mm_unpacklo_epi64(load8(text), _mm_unpacklo_epi32(load4(text + 9), load4(text + 14)));
	__m128i back = _mm_unpacklo_epi64(_mm_unpacklo_epi32(load4(text + 19), load4(text + 24)), load8(text + 28));
	__m128i valid = _mm_set1_epi8(-1), bytes;

	front = join_pairs(hex_values(front, &valid));
	back = join_pairs(hex_values(back, &valid));
	if (_mm_movemask_epi8(valid) != 0xffff || !has_hyphens(text))
		return false;
	bytes = _mm_packus_epi16(swap_fields(front), back);
	memcpy(ret->bytes, &bytes, sizeof(bytes));
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

/* The same of up to seven digits, at once; eight characters are there. */
static inline bool number7(const char **at, char behind, uint32_t *ret)
{
	const uint64_t each = 0x0101010101010101ULL;
	uint64_t text = load_le64((const uint8_t *)*at), other = text ^ each * (uint8_t)behind;
	uint64_t found = (other - each) & ~other & each * 0x80, value;
	unsigned bits = found ? (unsigned)__builtin_ctzll(found) - 7 : 0;

	if (bits == 0)
		return false;
	/* The digits go to the upper end, behind zeros. */
	value = (text - each * '0') << (64 - bits);
	if (((value + each * 0x76) | value) & each * 0x80)
		return false;
	value = (value * 10 + (value >> 8)) & 0x00ff00ff00ff00ffULL;
	value = (value * 100 + (value >> 16)) & 0x0000ffff0000ffffULL;
	*ret = (uint32_t)(value * 10000 + (value >> 32));
	*at += bits / 8 + 1;
	return true;
}

/* One or two digits and the character behind them. */
static inline bool number2(const char **at, char behind, uint32_t *ret)
{
	const char *p = *at;
	uint32_t high = (uint8_t)(p[0] - '0'), low = (uint8_t)(p[1] - '0');
	bool is_short = p[1] == behind;

	if (high > 9 || (!is_short && (low > 9 || p[2] != behind)))
		return false;
	*at = p + (is_short ? 2 : 3);
	*ret = is_short ? high : high * 10 + low;
	return true;
}

/* Two numbers of one digit each, and their commas. */
static inline bool two_digits(const char **at, uint32_t *ret_first, uint32_t *ret_second)
{
	/* Digits become their values, commas 0; what is neither has an upper bit afterwards. */
	uint32_t text = load_le32((const uint8_t *)*at) ^ 0x2c302c30U;

	if (((text + 0x7f767f76U) | text) & 0x80808080U)
		return false;
	*at += 4;
	*ret_first = text & 0xf;
	*ret_second = text >> 16;
	return true;
}

static bool hresult(const char **at, uint32_t *ret)
{
	const char *p = *at + 2;
	uint32_t value = 0;

	if (p[0] == '0' && p[1] == ',') {
		*at = p + 2;
		*ret = 0;
		return true;
	}

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

/* The first comma, quote, backslash (of an escape) or control character; end when there is none. */
static const char *name_end_portable(const char *at, const char *end)
{
	while (at < end && *at != ',' && *at != '"' && *at != '\\' && (uint8_t)*at >= ' ')
		at++;
	return at;
}

#ifdef __SSE2__
static const char *name_end(const char *at, const char *end)
{
	const __m128i comma = _mm_set1_epi8(','), quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(' ' - 1);

	for (; end - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, comma), _mm_cmpeq_epi8(v, quote)),
					   _mm_or_si128(_mm_cmpeq_epi8(v, escape),
							_mm_cmpeq_epi8(_mm_min_epu8(v, control), v)));
		unsigned mask = (unsigned)_mm_movemask_epi8(hit);

		if (mask)
			return at + __builtin_ctz(mask);
	}
	return name_end_portable(at, end);
}
#else
#define name_end name_end_portable
#endif

/* A name as machines have it: no comma, quote or backslash, no space or dot at its ends. */
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

/* The date that was read last: nearly always it comes again. */
static _Thread_local struct {
	uint64_t text, rest, rest_mask; /* with the space behind it: nine to eleven characters */
	unsigned len;
	uint64_t midnight;              /* minutes since 1970 */
} last_day;

static bool is_last_day(const char *at)
{
	return load_le64((const uint8_t *)at) == last_day.text &&
	       ((load_le64((const uint8_t *)at + 8) ^ last_day.rest) & last_day.rest_mask) == 0;
}

static void keep_day(const char *at, size_t len, uint64_t midnight)
{
	last_day.text = load_le64((const uint8_t *)at);
	last_day.rest = load_le64((const uint8_t *)at + 8);
	last_day.rest_mask = (1ULL << 8 * (len - 8)) - 1;
	last_day.len = (unsigned)len;
	last_day.midnight = midnight;
}

/* 2010/9/29 and a space: minutes since 1970 at midnight. Sixteen characters are there. */
static bool client_day(const char **at, uint64_t *ret)
{
	static const uint8_t lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const char *start = *at;
	uint32_t year, month, day;

	if (is_last_day(start)) {
		*at += last_day.len;
		*ret = last_day.midnight;
		return true;
	}
	if (!number(at, 4, '/', &year) || !number(at, 2, '/', &month) || !number(at, 2, ' ', &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] ||
	    (month == 2 && day == 29 && !is_leap(year)))
		return false;
	*ret = days_of(year, month, day) * 1440ULL;
	keep_day(start, (size_t)(*at - start), *ret);
	return true;
}

static bool client_time(const char **at, uint64_t *ret)
{
	uint32_t hour, minute;
	uint64_t midnight;

	if (!client_day(at, &midnight) || !number2(at, ':', &hour) || !number2(at, ',', &minute) || hour > 23 ||
	    minute > 59)
		return false;
	*ret = FILETIME_UNIX_EPOCH + (midnight + hour * 60 + minute) * 60 * FILETIME_PER_SECOND;
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
	if (end - at < LINE_MIN || !hresult(&at, &ret->hresult) || (!number2(&at, ',', &ret->needed) && !number(&at, 9, ',', &ret->needed)) ||
	    !name(&at, end, &ret->name) || end - at < GUID_TEXT_LEN + 1 + 14 + 6 + GUID_TEXT_LEN ||
	    at[GUID_TEXT_LEN] != ',' || !info_line_guid(at, &ret->cmid))
		return NULL;
	at += GUID_TEXT_LEN + 1;
	if (!client_time(&at, &ret->client_time) || !two_digits(&at, &ret->vm, &ret->status) ||
	    (!number7(&at, ',', &ret->minutes) && !number(&at, 9, ',', &ret->minutes)))
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
