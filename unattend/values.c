/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/values.h"

#include <stdlib.h>
#include <strings.h>

#include "unattend/schema.h"

struct language {
	const char *tag;
	const char *label;
};

struct iana {
	const char *name;
	const char *id;
};

static const struct zone zones[] = {
#include "unattend/data/timezones.inc"
};

static const struct zone_index zone_indexes[] = {
#include "unattend/data/timezone_index.inc"
};

static const struct iana ianas[] = {
#include "unattend/data/iana.inc"
};

static const struct language ui_languages[] = {
#include "unattend/data/ui_languages.inc"
};

/* All rows begin with the text they are sorted by. */
static int compare_text(const void *key, const void *row)
{
	return strcasecmp(key, *(const char *const *)row);
}

const struct zone *zone_find(const char *id)
{
	return bsearch(id, zones, ARRAY_SIZE(zones), sizeof(zones[0]), compare_text);
}

const struct zone *zone_at(size_t i)
{
	return i < ARRAY_SIZE(zones) ? &zones[i] : NULL;
}

const char *zone_did_you_mean(const char *id)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		name_consider(id, zones[i].id, &best, &best_distance);
	return best;
}

const char *zone_of_iana(const char *name)
{
	const struct iana *row = bsearch(name, ianas, ARRAY_SIZE(ianas), sizeof(ianas[0]), compare_text);

	return row ? row->id : NULL;
}

static int compare_index(const void *key, const void *row)
{
	uint32_t index = *(const uint32_t *)key, other = ((const struct zone_index *)row)->index;

	return index < other ? -1 : index > other;
}

const struct zone_index *zone_index_find(uint32_t index)
{
	return bsearch(&index, zone_indexes, ARRAY_SIZE(zone_indexes), sizeof(zone_indexes[0]), compare_index);
}

const struct zone_index *zone_index_at(size_t i)
{
	return i < ARRAY_SIZE(zone_indexes) ? &zone_indexes[i] : NULL;
}

bool is_ui_language(const char *tag)
{
	return bsearch(tag, ui_languages, ARRAY_SIZE(ui_languages), sizeof(ui_languages[0]), compare_text) != NULL;
}
