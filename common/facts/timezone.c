/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/facts/timezone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/alloc.h"

#define HIGH_BIT 0x80000000u
#define DST_OFF "_dstoff"

static const struct timezone_row zones[] = {
#include "common/facts/data/timezones.inc"
};

static const struct timezone_iana iana_zones[] = {
#include "common/facts/data/timezone_iana.inc"
};

static const struct {
	uint32_t index;
	const char *id;
	const char *label;
} old_zones[] = {
#include "common/facts/data/timezone_old.inc"
};

static int compare_iana(const void *name, const void *row)
{
	return strcasecmp(name, ((const struct timezone_iana *)row)->iana);
}

const char *index_sure_name(enum index_sure sure)
{
	static const char *const names[] = {
		[INDEX_NONE] = "none", [INDEX_UNCERTAIN] = "uncertain",
		[INDEX_EXPORTED] = "exported", [INDEX_DOCUMENTED] = "documented",
	};

	return names[sure];
}

const struct timezone_row *timezone_find(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		if (strcasecmp(zones[i].id, id) == 0)
			return &zones[i];
	return NULL;
}

const struct timezone_row *timezone_at(size_t i)
{
	return i < ARRAY_SIZE(zones) ? &zones[i] : NULL;
}

const struct timezone_iana *timezone_iana_at(size_t i)
{
	return i < ARRAY_SIZE(iana_zones) ? &iana_zones[i] : NULL;
}

const char **timezone_names(void)
{
	const char **names = xcalloc(ARRAY_SIZE(zones) + ARRAY_SIZE(iana_zones) + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		names[n++] = zones[i].id;
	for (size_t i = 0; i < ARRAY_SIZE(iana_zones); i++)
		names[n++] = iana_zones[i].iana;
	return names;
}

static const struct timezone_row *find_index(uint32_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		if (zones[i].sure != INDEX_NONE && zones[i].index == index)
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

/* TIMEZONE_NONE when text is no number. */
static enum timezone_form read_number(const char *text, uint32_t *ret)
{
	uint64_t number;
	bool minus = *text == '-';

	if (!minus && strncasecmp(text, "0x", 2) == 0 && read_digits(text + 2, 16, &number)) {
		*ret = (uint32_t)number;
		return TIMEZONE_HEX;
	}
	if (!read_digits(text + minus, 10, &number) || (minus && !number))
		return TIMEZONE_NONE;
	*ret = (uint32_t)number;
	if (!minus)
		return strlen(text) == 3 ? TIMEZONE_INF_OLD : TIMEZONE_DECIMAL;
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

static const struct timezone_row *find_iana(const char *text)
{
	const struct timezone_iana *iana = bsearch(text, iana_zones, ARRAY_SIZE(iana_zones), sizeof(iana_zones[0]), compare_iana);

	return iana ? timezone_find(iana->id) : NULL;
}

static const struct timezone_row *find_dst_off(const char *text)
{
	size_t len = strlen(text);
	CLEANUP(freep) char *id = NULL;

	if (len < strlen(DST_OFF) || strcasecmp(text + len - strlen(DST_OFF), DST_OFF) != 0)
		return NULL;
	id = xstrndup(text, len - strlen(DST_OFF));
	return timezone_find(id);
}

static enum timezone_form read_name(const char *text, struct timezone_value *ret)
{
	if ((ret->zone = timezone_find(text)))
		return TIMEZONE_ID;
	if ((ret->zone = find_dst_off(text))) {
		ret->dst_off = true;
		return TIMEZONE_ID;
	}
	if ((ret->zone = find_old_name(text)))
		return TIMEZONE_OLD_NAME;
	return (ret->zone = find_iana(text)) ? TIMEZONE_IANA : TIMEZONE_NONE;
}

enum timezone_form timezone_read(const char *text, struct timezone_value *ret)
{
	*ret = (struct timezone_value){ 0 };
	ret->form = read_number(text, &ret->index);
	if (ret->form != TIMEZONE_NONE) {
		ret->has_index = true;
		ret->zone = find_index(ret->index);
		return ret->form;
	}
	ret->form = read_name(text, ret);
	if (ret->zone) {
		ret->has_index = ret->zone->sure != INDEX_NONE;
		ret->index = ret->zone->index;
	}
	return ret->form;
}
