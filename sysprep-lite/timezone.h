/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user or a sysprep.inf says of a time zone, and the dates of Windows' zone data. */
#pragma once

#include "common/base/err.h"
#include "common/base/bytes.h"
#include "common/facts/timezone.h"

/* timezone_read; ERR_NOT_FOUND with a suggestion for what is no zone. */
int zone_parse(const char *text, struct timezone_value *ret, struct err *err);

/*
 * Dates of a change of the clock. Time Zones\KEY\TZI holds SYSTEMTIME (year, month,
 * weekday, day, ...), TimeZoneInformation holds TIME_FIELDS (year, month, day, hour,
 * minute, second, millisecond, weekday): 16 bytes each, and not the same.
 */
#define ZONE_DATE_LEN 16
#define ZONE_TZI_LEN 44
void zone_date_to_time_fields(const uint8_t systemtime[ZONE_DATE_LEN], uint8_t ret[ZONE_DATE_LEN]);
