/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/timezone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"

const struct zone zones[] = {
#include "sysprep-lite/data/timezones.inc"
};
const size_t n_zones = ARRAY_SIZE(zones);

#define HIGH_BIT 0x80000000u
#define DST_OFF "_dstoff"

const char *zone_form_name(enum zone_form form)
{
	static const char *const names[] = {
		[ZONE_KEY] = "key name", [ZONE_IANA] = "IANA name", [ZONE_HEX] = "index, hexadecimal",
		[ZONE_DECIMAL] = "index, decimal", [ZONE_SYSPREP_INF] = "sysprep.inf TimeZone",
		[ZONE_SIGNED] = "index read as a signed number",
	};

	return names[form];
}

const struct zone *zone_by_index(uint32_t index)
{
	for (size_t i = 0; i < n_zones; i++)
		if (zones[i].index_sure != SURE_NONE && zones[i].index == index)
			return &zones[i];
	return NULL;
}

char *zone_sysprep_inf(uint32_t index, char ret[ZONE_INF_LEN])
{
	snprintf(ret, ZONE_INF_LEN, index & HIGH_BIT ? "-%u" : "%03u", index);
	return ret;
}

/* A whole number of at most 32 bits in the base; false for anything else. */
static bool read_number(const char *text, int base, uint32_t *ret)
{
	char *end;
	unsigned long long number;

	if (!*text || *text == '-' || *text == '+' || *text == ' ' || strlen(text) > 16)
		return false;
	number = strtoull(text, &end, base);
	if (*end || number > UINT32_MAX)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static bool parse_number(const char *text, struct zone_value *ret)
{
	uint32_t number;

	if (strncasecmp(text, "0x", 2) == 0) {
		if (!read_number(text + 2, 16, &number))
			return false;
		ret->form = ZONE_HEX;
	} else if (*text == '-') {
		if (!read_number(text + 1, 10, &number) || !number)
			return false;
		ret->form = number & HIGH_BIT ? ZONE_SYSPREP_INF : ZONE_SIGNED;
		if (ret->form == ZONE_SIGNED)
			number = 0u - number;
	} else {
		if (!read_number(text, 10, &number))
			return false;
		ret->form = ZONE_DECIMAL;
	}
	ret->has_index = true;
	ret->index = number;
	ret->zone = zone_by_index(number);
	return true;
}

static void take_zone(const struct zone *zone, enum zone_form form, struct zone_value *ret)
{
	ret->zone = zone;
	ret->form = form;
	ret->has_index = zone->index_sure != SURE_NONE;
	ret->index = zone->index;
}

static bool parse_name(const char *text, struct zone_value *ret)
{
	size_t len = strlen(text);
	size_t key_len = len;

	if (len > strlen(DST_OFF) && strcasecmp(text + len - strlen(DST_OFF), DST_OFF) == 0)
		key_len -= strlen(DST_OFF);
	for (size_t i = 0; i < n_zones; i++) {
		if (text_compare_nocase(zones[i].key, strlen(zones[i].key), text, key_len) == 0) {
			take_zone(&zones[i], ZONE_KEY, ret);
			ret->dst_off = key_len < len;
			return true;
		}
		if (*zones[i].iana && strcasecmp(zones[i].iana, text) == 0) {
			take_zone(&zones[i], ZONE_IANA, ret);
			return true;
		}
	}
	return false;
}

int zone_parse(const char *text, struct zone_value *ret, struct err *err)
{
	struct zone_value value = { 0 };
	const char *near;
	const char **names;

	if (parse_number(text, &value) || parse_name(text, &value)) {
		*ret = value;
		return 0;
	}
	names = xcalloc(2 * n_zones + 1, sizeof(*names));
	for (size_t i = 0; i < n_zones; i++) {
		names[2 * i] = zones[i].key;
		names[2 * i + 1] = *zones[i].iana ? zones[i].iana : zones[i].key;
	}
	near = cli_did_you_mean(text, names);
	free(names);
	if (near)
		return err_set(err, ERR_NOT_FOUND, "no time zone '%s'; did you mean '%s'?", text, near);
	err_set(err, ERR_NOT_FOUND, "no time zone '%s'", text);
	return err_hint(err, "'sysprep-lite timezone list' shows the names; for each zone one IANA name is known");
}

void zone_date_to_time_fields(const uint8_t systemtime[ZONE_DATE_LEN], uint8_t ret[ZONE_DATE_LEN])
{
	/* field of TIME_FIELDS <- field of SYSTEMTIME, in units of two bytes */
	static const uint8_t from[ZONE_DATE_LEN / 2] = { 0, 1, 3, 4, 5, 6, 7, 2 };

	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		memcpy(ret + 2 * i, systemtime + 2 * from[i], 2);
}
