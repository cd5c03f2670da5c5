/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time zones that one Windows has (SOFTWARE, Time Zones), joined with our table, and the one it is set to. */
#pragma once

#include "common/base/vec.h"
#include "sysprep-lite/timezone.h"
#include "sysprep-lite/winroot.h"

struct image_zone {
	char *key;
	char *display; /* "" when absent */
	const struct timezone_row *zone; /* of our table; NULL when it does not have the key */
	bool has_index, has_tzi;
	uint32_t index;          /* Windows 2000 to 2003, and by updates */
	int32_t bias, standard_bias, daylight_bias; /* of TZI */
	bool has_summer_time;    /* TZI has dates */
};

typedef VEC(struct image_zone) image_zones;

/* In the order of the hive. ERR_NOT_FOUND when this Windows has no SOFTWARE hive or no zones. */
int image_zones_read(struct winroot *root, image_zones *ret, struct err *err);
void image_zones_release(image_zones *zones);

/* TimeZoneInformation of one control set. */
struct zone_setting {
	char *control_set;
	char *key;      /* TimeZoneKeyName, or StandardName; "" when absent */
	int32_t bias, active_bias;
	bool dst_off;   /* DynamicDaylightTimeDisabled */
	bool is_current;
};

typedef VEC(struct zone_setting) zone_settings;

int zone_settings_read(struct winroot *root, zone_settings *ret, struct err *err);
void zone_settings_release(zone_settings *settings);
