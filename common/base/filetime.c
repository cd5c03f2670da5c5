/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/filetime.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define EPOCH_SECONDS ((int64_t)(FILETIME_UNIX_EPOCH / FILETIME_PER_SECOND))

uint64_t filetime_from_timespec(struct timespec ts)
{
	int64_t seconds = (int64_t)ts.tv_sec + EPOCH_SECONDS;

	return seconds < 0 ? 0 : (uint64_t)seconds * FILETIME_PER_SECOND + (uint64_t)ts.tv_nsec / 100;
}

struct timespec filetime_to_timespec(uint64_t filetime)
{
	return (struct timespec){
		.tv_sec = (time_t)((int64_t)(filetime / FILETIME_PER_SECOND) - EPOCH_SECONDS),
		.tv_nsec = (long)(filetime % FILETIME_PER_SECOND * 100),
	};
}

bool filetime_from_civil(int year, int month, int day, int hour, int minute, int second, uint64_t *ret)
{
	static const int days_in_month[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	int64_t days = 0;

	if (year < 1601 || year > 9999 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 60)
		return false;
	if (day > days_in_month[month - 1] + (month == 2 && leap))
		return false;
	/* Whole years since 1601, a year that begins a 400-year cycle. */
	days = (int64_t)(year - 1601) * 365 + (year - 1601) / 4 - (year - 1601) / 100 + (year - 1601) / 400;
	for (int m = 1; m < month; m++)
		days += days_in_month[m - 1] + (m == 2 && leap);
	days += day - 1;
	*ret = (uint64_t)(days * 86400 + hour * 3600 + minute * 60 + second) * FILETIME_PER_SECOND;
	return true;
}

char *filetime_format(uint64_t filetime, char ret[FILETIME_TEXT_LEN + 8])
{
	time_t seconds = filetime_to_timespec(filetime).tv_sec;
	unsigned fraction = (unsigned)(filetime % FILETIME_PER_SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	int len = snprintf(ret, FILETIME_TEXT_LEN + 8, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
			   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);

	if (fraction)
		snprintf(ret + len, (size_t)(FILETIME_TEXT_LEN + 8 - len), ".%07uZ", fraction);
	else
		snprintf(ret + len, (size_t)(FILETIME_TEXT_LEN + 8 - len), "Z");
	return ret;
}

/* Reads "." and one to seven digits as 100 ns steps; NULL when malformed. */
static const char *parse_fraction(const char *text, uint64_t *ret)
{
	uint64_t value = 0;
	int digits = 0;

	for (text++; *text >= '0' && *text <= '9'; text++, digits++)
		if (digits < 7)
			value = value * 10 + (uint64_t)(*text - '0');
	if (!digits)
		return NULL;
	for (; digits < 7; digits++)
		value *= 10;
	*ret = value;
	return text;
}

bool filetime_parse(const char *text, uint64_t *ret)
{
	int year, month, day, hour = 0, minute = 0, second = 0, used = 0;
	uint64_t fraction = 0, whole;

	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3)
		return false;
	text += used;
	if (*text == 'T' || *text == ' ') {
		if (sscanf(text + 1, "%2d:%2d%n", &hour, &minute, &used) != 2)
			return false;
		text += 1 + used;
		if (*text == ':') {
			if (sscanf(text + 1, "%2d%n", &second, &used) != 1)
				return false;
			text += 1 + used;
		}
		if (*text == '.' && !(text = parse_fraction(text, &fraction)))
			return false;
	}
	if (*text == 'Z')
		text++;
	if (*text || !filetime_from_civil(year, month, day, hour, minute, second, &whole))
		return false;
	*ret = whole + fraction;
	return true;
}

int filetime_epoch(uint64_t *ret)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	long long seconds;
	char *end;

	if (!text || !*text)
		return 0;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	if (errno || *end || seconds < 0 || seconds >= 253402300800LL /* the year 10000 */)
		return -1;
	*ret = filetime_from_timespec((struct timespec){ .tv_sec = (time_t)seconds });
	return 1;
}

uint64_t filetime_now(void)
{
	struct timespec now;
	uint64_t fixed;

	if (filetime_epoch(&fixed) > 0)
		return fixed;
	clock_gettime(CLOCK_REALTIME, &now);
	return filetime_from_timespec(now);
}
