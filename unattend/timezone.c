/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/timezone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HIGH_BIT 0x80000000u

static const struct timezone_row zones[] = {
#include "unattend/data/timezone_map.inc"
};

static const struct timezone_iana iana_zones[] = {
#include "unattend/data/timezone_iana.inc"
};

static const struct {
	uint32_t index;
	const char *id;
	const char *label;
} old_zones[] = {
#include "unattend/data/timezone_index.inc"
};

static int compare_zone(const void *name, const void *row)
{
	return strcasecmp(name, ((const struct timezone_row *)row)->id);
}

static int compare_iana(const void *name, const void *row)
{
	return strcasecmp(name, ((const struct timezone_iana *)row)->iana);
}

const struct timezone_row *timezone_find(const char *id)
{
	return bsearch(id, zones, ARRAY_SIZE(zones), sizeof(zones[0]), compare_zone);
}

const struct timezone_row *timezone_at(size_t i)
{
	return i < ARRAY_SIZE(zones) ? &zones[i] : NULL;
}

const struct timezone_iana *timezone_iana_at(size_t i)
{
	return i < ARRAY_SIZE(iana_zones) ? &iana_zones[i] : NULL;
}

static const struct timezone_row *find_index(uint32_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		if (zones[i].sure != SURE_NONE && zones[i].index == index)
			return &zones[i];
	return NULL;
}

char *timezone_inf_text(uint32_t index, char ret[TIMEZONE_TEXT_LEN])
{
	snprintf(ret, TIMEZONE_TEXT_LEN, index & HIGH_BIT ? "-%u" : "%03u", index);
	return ret;
}

/* All of text is one number, in decimal (a leading 0 is no octal) or hexadecimal. */
static bool read_digits(const char *text, int base, uint64_t *ret)
{
	const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";

	if (!*text || strlen(text) > 10 || strspn(text, digits) != strlen(text))
		return false;
	*ret = strtoull(text, NULL, base);
	return *ret <= UINT32_MAX;
}

static enum timezone_form read_number(const char *text, uint32_t *ret)
{
	uint64_t number;
	bool minus = *text == '-';

	if (!minus && strncasecmp(text, "0x", 2) == 0 && read_digits(text + 2, 16, &number)) {
		*ret = (uint32_t)number;
		return TIMEZONE_INDEX;
	}
	if (!read_digits(text + minus, 10, &number))
		return TIMEZONE_NONE;
	*ret = (uint32_t)number;
	if (!minus)
		return strlen(text) == 3 ? TIMEZONE_INF : TIMEZONE_INDEX;
	if (number & HIGH_BIT)
		return TIMEZONE_INF;
	*ret = (uint32_t)-number;
	return TIMEZONE_SIGNED;
}

static const struct timezone_row *find_old_name(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(old_zones); i++)
		if (strcasecmp(old_zones[i].id, text) == 0)
			return find_index(old_zones[i].index);
	return NULL;
}

enum timezone_form timezone_read(const char *text, const struct timezone_row **ret, uint32_t *ret_index)
{
	const struct timezone_iana *iana;
	enum timezone_form form;

	if (strncasecmp(text, "TimeZone=", 9) == 0)
		text += 9;
	*ret_index = 0;
	form = read_number(text, ret_index);
	if (form != TIMEZONE_NONE) {
		*ret = find_index(*ret_index);
		return form;
	}
	*ret = timezone_find(text);
	if (*ret)
		return TIMEZONE_ID;
	*ret = find_old_name(text);
	if (*ret)
		return TIMEZONE_OLD_NAME;
	iana = bsearch(text, iana_zones, ARRAY_SIZE(iana_zones), sizeof(iana_zones[0]), compare_iana);
	*ret = iana ? timezone_find(iana->id) : NULL;
	return *ret ? TIMEZONE_IANA : TIMEZONE_NONE;
}
