/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/column_time.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/filetime.h"
#include "kms/text_scan.h"

#define FILETIME_PER_MINUTE ((int64_t)FILETIME_PER_SECOND * 60)

enum { ZONE_MAX = 15 * 60, ZONE_STEP = 15 };

static bool take_number(struct text *t, uint32_t *ret)
{
	uint32_t value = 0;
	size_t i = 0;

	for (; i < t->len && i < 9 && t->data[i] >= '0' && t->data[i] <= '9'; i++)
		value = value * 10 + (uint32_t)(t->data[i] - '0');
	if (i == 0)
		return false;
	*ret = value;
	t->data += i;
	t->len -= i;
	return true;
}

static char take(struct text *t)
{
	if (t->len == 0)
		return '\0';
	t->len--;
	return *t->data++;
}

static char peek(struct text t)
{
	return t.len ? *t.data : '\0';
}

static bool is_separator(char c)
{
	return c == '/' || c == '-' || c == '.';
}

static bool take_date(struct text *t, struct column_time *c)
{
	char separator;

	if (!take_number(t, &c->number[0]))
		return false;
	separator = take(t);
	if (!is_separator(separator) || !take_number(t, &c->number[1]) || take(t) != separator ||
	    !take_number(t, &c->number[2]))
		return false;
	c->year_first = c->number[0] > 31;
	c->day_first = separator == '.' || c->number[0] > 12;
	return true;
}

static void skip_spaces(struct text *t)
{
	/* Newer Windows writes a narrow no-break space (U+202F) in front of AM and PM. */
	for (;;) {
		if (peek(*t) == ' ' || peek(*t) == ',') {
			take(t);
		} else if (t->len >= 3 && memcmp(t->data, "\xe2\x80\xaf", 3) == 0) {
			t->data += 3;
			t->len -= 3;
		} else {
			return;
		}
	}
}

/* Twelve hour clock: 12 AM is midnight. */
static bool apply_half_day(struct text t, struct column_time *c)
{
	char half = (char)(t.data[0] & ~0x20);

	if (t.len != 2 || (t.data[1] & ~0x20) != 'M' || (half != 'A' && half != 'P') || c->hour < 1 || c->hour > 12)
		return false;
	c->hour = c->hour % 12 + (half == 'P' ? 12 : 0);
	return true;
}

static bool take_clock(struct text *t, struct column_time *c)
{
	uint32_t fraction;

	if (!take_number(t, &c->hour) || take(t) != ':' || !take_number(t, &c->minute))
		return false;
	if (peek(*t) == ':') {
		take(t);
		if (!take_number(t, &c->second))
			return false;
	}
	if (peek(*t) == '.') {
		take(t);
		if (!take_number(t, &fraction))
			return false;
	}
	return true;
}

/* +0100, +01:00, -0330 */
static bool take_offset(struct text *t, struct column_time *c)
{
	char sign = take(t);
	uint32_t hours, minutes = 0;

	if (!take_number(t, &hours))
		return false;
	if (peek(*t) == ':') {
		take(t);
		if (!take_number(t, &minutes))
			return false;
	} else if (hours > 99) {
		minutes = hours % 100;
		hours /= 100;
	}
	if (hours > 15 || minutes > 59)
		return false;
	c->utc = true;
	c->offset_minutes = (int)(hours * 60 + minutes) * (sign == '-' ? -1 : 1);
	return true;
}

bool column_time_parse(struct text text, struct column_time *ret)
{
	struct column_time c = { 0 };

	if (text.len < 8 || text.len > 48 || text.data[0] < '0' || text.data[0] > '9' || !take_date(&text, &c))
		return false;
	if (peek(text) == 'T')
		take(&text);
	skip_spaces(&text);
	if (!take_clock(&text, &c))
		return false;
	skip_spaces(&text);
	if (peek(text) == 'Z') {
		c.utc = true;
		take(&text);
	} else if (peek(text) == '+' || peek(text) == '-') {
		if (!take_offset(&text, &c))
			return false;
	} else if (text.len && !apply_half_day(text, &c)) {
		return false;
	} else {
		text.len = 0;
	}
	if (text.len || c.hour > 23 || c.minute > 59 || c.second > 60)
		return false;
	*ret = c;
	return true;
}

static bool local_time(const struct column_time *c, bool day_first, uint64_t *ret)
{
	uint32_t year = c->number[2], month = c->number[0], day = c->number[1];

	if (c->year_first) {
		year = c->number[0];
		month = c->number[1];
		day = c->number[2];
	} else if (day_first || c->day_first) {
		month = c->number[1];
		day = c->number[0];
	}
	if (year < 100)
		year += 2000;
	if (year < 1970 || year > 9999)
		return false;
	return filetime_from_civil((int)year, (int)month, (int)day, (int)c->hour, (int)c->minute,
				   (int)MIN(c->second, 59U), ret);
}

void column_clock_add(struct column_clock *clock, const struct column_time *column, uint64_t client_time)
{
	if (clock->n_samples == COLUMN_TIME_SAMPLES)
		return;
	clock->samples[clock->n_samples].column = *column;
	clock->samples[clock->n_samples].client = client_time;
	clock->n_samples++;
}

static int compare_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Minutes by which the column is ahead, of the samples within a day's zones; returns how many there are. */
static size_t differences(const struct column_clock *clock, bool day_first, int *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < clock->n_samples; i++) {
		uint64_t column;
		int64_t minutes;

		if (!local_time(&clock->samples[i].column, day_first, &column))
			continue;
		minutes = ((int64_t)column - (int64_t)clock->samples[i].client) / FILETIME_PER_MINUTE;
		if (minutes >= -ZONE_MAX && minutes <= ZONE_MAX)
			ret[n++] = (int)minutes;
	}
	qsort(ret, n, sizeof(*ret), compare_int);
	return n;
}

static int to_step(int minutes)
{
	int sign = minutes < 0 ? -1 : 1;

	return sign * ((sign * minutes + ZONE_STEP / 2) / ZONE_STEP * ZONE_STEP);
}

void column_clock_learn(struct column_clock *clock)
{
	int month_first[COLUMN_TIME_SAMPLES] = { 0 }, day_first[COLUMN_TIME_SAMPLES] = { 0 };
	size_t n_month = differences(clock, false, month_first), n_day = differences(clock, true, day_first);

	clock->day_first = n_day > n_month;
	if (clock->day_first)
		clock->zone_minutes = to_step(day_first[n_day / 2]);
	else if (n_month)
		clock->zone_minutes = to_step(month_first[n_month / 2]);
	clock->known = n_day || n_month;
}

bool column_clock_time(const struct column_clock *clock, const struct column_time *column, uint64_t *ret)
{
	uint64_t time;

	if (!clock->known && !column->utc && !column->year_first)
		return false;
	if (!local_time(column, clock->day_first, &time))
		return false;
	time -= (uint64_t)((column->utc ? column->offset_minutes : clock->zone_minutes) * FILETIME_PER_MINUTE);
	*ret = time;
	return true;
}

/* "10:13:20", "9:13:20": seconds of the day. Eight characters are there. */
static bool plain_clock(const char **at, uint32_t *ret_hour, uint32_t *ret)
{
	uint64_t text = load_le64((const uint8_t *)*at), values;
	bool is_short = (*at)[1] == ':';
	uint32_t minute, second;

	if (is_short)
		text = text << 8 | '0';
	/* Digits become their values, colons 0; what is neither has an upper bit afterwards. */
	text ^= 0x30303a30303a3030ULL;
	if (((text + 0x76767f76767f7676ULL) | text) & 0x8080808080808080ULL)
		return false;
	values = text * 10 + (text >> 8);
	*ret_hour = values & 0xff;
	minute = values >> 24 & 0xff;
	second = values >> 48 & 0xff;
	*at += is_short ? 7 : 8;
	*ret = minute * 60 + second;
	return *ret_hour <= 23 && minute <= 59 && second <= 59;
}

static const char *skip_fraction(const char *at, const char *end)
{
	const char *start = ++at;

	while (at < end && (uint8_t)(*at - '0') <= 9)
		at++;
	return at == start || at - start > 9 ? NULL : at;
}

const char *column_day_clock(const struct column_day *day, const char *at, const char *end, uint64_t *ret)
{
	uint32_t hour, seconds;
	bool utc = false;

	if (day->len == 0 || (size_t)(end - at) < day->len + 8 || !text_equal(at, day->text, day->len))
		return NULL;
	at += day->len;
	if (!plain_clock(&at, &hour, &seconds))
		return NULL;
	if (end - at >= 3 && at[0] == ' ' && at[2] == 'M' && (at[1] == 'A' || at[1] == 'P') && hour >= 1 && hour <= 12) {
		hour = hour % 12 + (at[1] == 'P' ? 12 : 0);
		at += 3;
	} else {
		if (at < end && *at == '.')
			at = skip_fraction(at, end);
		utc = at && at < end && *at == 'Z';
		at = at ? at + utc : NULL;
	}
	if (!at || utc != day->utc)
		return NULL;
	*ret = day->midnight + (hour * 3600 + seconds) * FILETIME_PER_SECOND;
	return at;
}

bool column_clock_read(const struct column_clock *clock, struct column_day *day, struct text text, uint64_t *ret)
{
	const char *end = text.data + text.len;
	struct column_time time;
	size_t len = 0;
	uint64_t quick;

	if (text.len && column_day_clock(day, text.data, end, &quick) == end) {
		*ret = quick;
		return true;
	}
	if (!column_time_parse(text, &time) || !column_clock_time(clock, &time, ret))
		return false;
	while (len < sizeof(day->text) && text.data[len] != ' ' && text.data[len] != 'T')
		len++;
	day->len = 0;
	if (len + 1 > sizeof(day->text) || time.second > 59 || time.offset_minutes)
		return true;
	day->len = len + 1;
	memcpy(day->text, text.data, day->len);
	day->utc = time.utc;
	day->midnight = *ret - (time.hour * 3600ULL + time.minute * 60 + time.second) * FILETIME_PER_SECOND;
	return true;
}
