/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The time in a column of a text export. It is the local time of the viewer, in
 * the order of days and months of its language, and the file says neither. But
 * each request carries the client's own UTC time, and most clocks are right: so
 * a sample of rows tells the order (the one in which the two times agree) and
 * the zone (their middle difference, to the quarter of an hour).
 */
#pragma once

#include "kms/kms_request.h"

#define COLUMN_TIME_SAMPLES 256

struct column_time {
	uint32_t number[3]; /* as written */
	bool year_first;
	bool day_first;     /* known from the separator: 27.10.2021 */
	bool utc;           /* ends with Z, or with an offset like +0100 */
	int offset_minutes; /* that one */
	uint32_t hour, minute, second;
};

bool column_time_parse(struct text text, struct column_time *ret);

struct column_clock {
	size_t n_samples;
	struct {
		struct column_time column;
		uint64_t client;
	} samples[COLUMN_TIME_SAMPLES];
	bool known;
	bool day_first;
	int zone_minutes; /* column less UTC */
};

void column_clock_add(struct column_clock *clock, const struct column_time *column, uint64_t client_time);
void column_clock_learn(struct column_clock *clock);

/* Rows follow each other in time: the day of the one before, which most have too. */
struct column_day {
	char text[12]; /* as written, up to the clock */
	size_t len;
	bool utc;
	uint64_t midnight; /* FILETIME in UTC */
};

/* Where a time on that day ends that begins at this place, in a form that is read quickly; NULL when none does. */
const char *column_day_clock(const struct column_day *day, const char *at, const char *end, uint64_t *ret);

/* What column_time_parse and column_clock_time say; quick when the day is the one before. */
bool column_clock_read(const struct column_clock *clock, struct column_day *day, struct text text, uint64_t *ret);

/* FILETIME in UTC; false when the date is none. */
bool column_clock_time(const struct column_clock *clock, const struct column_time *column, uint64_t *ret);
