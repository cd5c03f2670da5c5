/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/legacy_schema.h"

#include <string.h>
#include <strings.h>

#include "common/facts/timezone.h"
#include "unattend/product_key.h"
#include "unattend/schema.h"

static const struct legacy_key legacy_keys[] = {
#include "unattend/data/legacy.inc"
};

/* "*" and "<name>" stand for any key, "Command<N>" for all that begin so. */
static bool key_fits(const char *known, const char *key)
{
	size_t fixed = strcspn(known, "*<");

	return known[fixed] ? strncasecmp(known, key, fixed) == 0 : strcasecmp(known, key) == 0;
}

const struct legacy_key *legacy_key_find(const char *section, const char *key, bool *ret_section_known)
{
	*ret_section_known = false;
	for (size_t i = 0; i < ARRAY_SIZE(legacy_keys); i++) {
		if (strcasecmp(legacy_keys[i].section, section) != 0)
			continue;
		*ret_section_known = true;
		if (key_fits(legacy_keys[i].key, key))
			return &legacy_keys[i];
	}
	return NULL;
}

const char *legacy_section_did_you_mean(const char *section)
{
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(legacy_keys); i++)
		name_consider(section, legacy_keys[i].section, &best, &distance);
	return best;
}

const char *legacy_key_did_you_mean(const char *section, const char *key)
{
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(legacy_keys); i++)
		if (strcasecmp(legacy_keys[i].section, section) == 0 && !strpbrk(legacy_keys[i].key, "*<"))
			name_consider(key, legacy_keys[i].key, &best, &distance);
	return best;
}

/* ---- values ---------------------------------------------------------------- */

static bool is_number(const char *value)
{
	size_t sign = *value == '-';

	return value[sign] && strspn(value + sign, "0123456789") == strlen(value + sign);
}

static int check_zone(const char *value, struct err *err)
{
	struct timezone_value zone;
	char better[TIMEZONE_TEXT_LEN];

	if (timezone_is_index(timezone_read(value, &zone)) && zone.zone && is_number(value))
		return 0;
	err_set(err, ERR_USAGE, "TimeZone wants the index of a time zone, not \"%.60s\"", value);
	if (zone.zone && zone.has_index)
		return err_hint(err, "%s has the index %s", zone.zone->id, timezone_inf_text(zone.index, better));
	return err_hint(err, "unattend timezone lists them");
}

/* Entries of "0|1" or "\"0\"|\"1\"" without their quotes; a list with "<" or "*" in it takes anything. */
static bool in_list(const char *values, const char *value)
{
	size_t wanted = strlen(value);

	if (strpbrk(values, "<*"))
		return true;
	while (*values) {
		size_t len = strcspn(values, "|"), quoted = len >= 2 && *values == '"';

		if (len - 2 * quoted == wanted && strncasecmp(values + quoted, value, wanted) == 0)
			return true;
		values += len + (values[len] == '|');
	}
	return false;
}

static bool is_type(const struct legacy_key *key, const char *type)
{
	return strcmp(key->type, type) == 0;
}

int legacy_value_check(const struct legacy_key *key, const char *value, struct err *err)
{
	struct product_key product;

	if (!*value)
		return 0;
	if (is_type(key, "index"))
		return check_zone(value, err);
	if (is_type(key, "product-key")) {
		product_key_read(value, strlen(value), &product);
		return product.shape != KEY_MALFORMED ? 0 :
			err_set(err, ERR_USAGE, "%s wants five groups of five characters with hyphens between", key->key);
	}
	if (is_type(key, "integer") && !is_number(value))
		return err_set(err, ERR_USAGE, "%s wants a number, not \"%.60s\"", key->key, value);
	if ((is_type(key, "yesno") || is_type(key, "enum")) && *key->values && !in_list(key->values, value))
		return err_set(err, ERR_USAGE, "%s wants one of %s, not \"%.60s\"", key->key, key->values, value);
	return 0;
}
