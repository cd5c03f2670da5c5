/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of values that Windows knows: time zones, languages.
 */
#pragma once

#include "common/base/base.h"

struct zone {
	const char *id;    /* "W. Europe Standard Time" */
	const char *label; /* "(UTC+01:00) Amsterdam, ..." */
};
const struct zone *zone_find(const char *id);
const struct zone *zone_at(size_t i);
const char *zone_did_you_mean(const char *id);

/* The zone of an IANA name such as Europe/Berlin; NULL when it is not in our list. */
const char *zone_of_iana(const char *name);

/* TimeZone= of Windows 2000 to 2003. */
struct zone_index {
	uint32_t index;
	const char *id;
	const char *label;
};
const struct zone_index *zone_index_find(uint32_t index);
const struct zone_index *zone_index_at(size_t i);

bool is_ui_language(const char *tag);
