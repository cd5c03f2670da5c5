/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and numbers of the time zones of Windows (data/timezones.tsv).
 *
 * sysprep.inf of XP and 2003 wants the Index of a zone: three digits for the old
 * ones. Zones that came with updates have the high bit set, and are written as
 * minus the unsigned number: 0x8000004d is 2147483725, so TimeZone=-2147483725.
 * (The same bits read as a signed number are -2147483571: a common mistake.)
 * Vista and later want the key name in the answer file.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/bytes.h"
#include "sysprep-lite/operations.h"

struct zone {
	const char *key;
	uint32_t index;
	enum op_sure index_sure; /* SURE_NONE: no index is known */
	int bias;                /* minutes; UTC = local + bias */
	const char *display;
	const char *iana;
	const char *state;       /* "", "obsolete", "old name" */
};

extern const struct zone zones[];
extern const size_t n_zones;

enum zone_form {
	ZONE_KEY,
	ZONE_IANA,
	ZONE_HEX,
	ZONE_DECIMAL,     /* unsigned, 4 or 004 too */
	ZONE_SYSPREP_INF, /* minus the unsigned number */
	ZONE_SIGNED,      /* the high bit read as a sign: not what sysprep.inf wants */
};

struct zone_value {
	const struct zone *zone; /* NULL: a number that the table does not have */
	enum zone_form form;
	bool has_index;
	uint32_t index;
	bool dst_off; /* "_dstoff" behind the key name */
};

/* ERR_NOT_FOUND with a suggestion for an unknown name. */
int zone_parse(const char *text, struct zone_value *ret, struct err *err);
const struct zone *zone_by_index(uint32_t index);
const char *zone_form_name(enum zone_form form);

#define ZONE_INF_LEN 16
/* "004" or "-2147483725"; returns ret. */
char *zone_sysprep_inf(uint32_t index, char ret[ZONE_INF_LEN]);

/*
 * Dates of a change of the clock. Time Zones\KEY\TZI holds SYSTEMTIME (year, month,
 * weekday, day, ...), TimeZoneInformation holds TIME_FIELDS (year, month, day, hour,
 * minute, second, millisecond, weekday): 16 bytes each, and not the same.
 */
#define ZONE_DATE_LEN 16
#define ZONE_TZI_LEN 44
void zone_date_to_time_fields(const uint8_t systemtime[ZONE_DATE_LEN], uint8_t ret[ZONE_DATE_LEN]);
