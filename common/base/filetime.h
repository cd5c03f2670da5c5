/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FILETIME: 100-nanosecond steps since 1601-01-01 00:00 UTC, unsigned 64 bit.
 */
#pragma once

#include <time.h>

#include "common/base/base.h"

#define FILETIME_PER_SECOND 10000000ULL
#define FILETIME_UNIX_EPOCH 116444736000000000ULL /* 1970-01-01 */
#define FILETIME_TEXT_LEN 28                      /* 2023-11-14T22:13:20.1234567Z */

uint64_t filetime_from_timespec(struct timespec ts);
struct timespec filetime_to_timespec(uint64_t filetime);

/* From a calendar time in UTC; month and day from 1. False when out of range. */
bool filetime_from_civil(int year, int month, int day, int hour, int minute, int second, uint64_t *ret);

/* ISO 8601 in UTC: seconds only, or with seven digits when there are any. Returns ret. */
char *filetime_format(uint64_t filetime, char ret[FILETIME_TEXT_LEN + 8]);

/* Reads 2023-11-14, 2023-11-14T22:13[:20[.1234567]][Z]; false when it is no such time. */
bool filetime_parse(const char *text, uint64_t *ret);

/* SOURCE_DATE_EPOCH (seconds since 1970): 1, 0 when it is not set or empty, -1 when it is no such number. */
int filetime_epoch(uint64_t *ret);

/* Now, or SOURCE_DATE_EPOCH (seconds since 1970) when that is set. */
uint64_t filetime_now(void);
