/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/timezone_image.h"

#include <stdlib.h>
#include <string.h>

#include "sysprep-lite/marker.h"

#define ZONES_KEY "Microsoft\\Windows NT\\CurrentVersion\\Time Zones"

/* Where a TZI has what (ZONE_TZI_LEN). */
enum { TZI_BIAS = 0, TZI_STANDARD_BIAS = 4, TZI_DAYLIGHT_BIAS = 8, TZI_STANDARD_MONTH = 14 };

static char *text_of(struct regf *hive, regf_key key, const char *name)
{
	struct strbuf text = STRBUF_INIT;

	if (!regf_get_text(hive, key, name, &text))
		strbuf_clear(&text);
	strbuf_adds(&text, "");
	return text.data ? strbuf_detach(&text) : xstrdup("");
}

static void read_tzi(struct regf *hive, regf_key key, struct image_zone *ret)
{
	CLEANUP(strbuf_release) struct strbuf tzi = STRBUF_INIT;
	regf_value value = regf_value_find(hive, key, "TZI");
	const uint8_t *p;

	if (!value || regf_value_data(hive, value, &tzi, NULL) < 0 || tzi.len < ZONE_TZI_LEN)
		return;
	p = (const uint8_t *)tzi.data;
	ret->has_tzi = true;
	ret->bias = (int32_t)load_le32(p + TZI_BIAS);
	ret->standard_bias = (int32_t)load_le32(p + TZI_STANDARD_BIAS);
	ret->daylight_bias = (int32_t)load_le32(p + TZI_DAYLIGHT_BIAS);
	ret->has_summer_time = load_le16(p + TZI_STANDARD_MONTH) != 0;
}

static int add_zone(void *context, struct regf *hive, regf_key key, const char *path)
{
	image_zones *found = context;
	struct image_zone *zone = vec_add(found);
	const char *name = strrchr(path, '\\') + 1;

	zone->key = xstrdup(name);
	zone->display = text_of(hive, key, "Display");
	zone->zone = timezone_find(name);
	zone->has_index = regf_get_u32(hive, key, "Index", &zone->index);
	read_tzi(hive, key, zone);
	return 0;
}

int image_zones_read(struct winroot *root, image_zones *ret, struct err *err)
{
	struct regf *software;

	if (winroot_hive(root, HIVE_SOFTWARE, &software, err) < 0)
		return -1;
	if (software)
		(void)hive_match(software, ZONES_KEY "\\*", add_zone, ret);
	if (ret->len)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "%s: no time zones in its SOFTWARE hive", target_name(winroot_target(root)));
}

void image_zones_release(image_zones *found)
{
	for (size_t i = 0; i < found->len; i++) {
		free(found->items[i].key);
		free(found->items[i].display);
	}
	vec_release(found);
}

static int add_setting(void *context, struct regf *hive, regf_key key, const char *path)
{
	zone_settings *found = context;
	struct zone_setting *setting = vec_add(found);
	CLEANUP(strbuf_release) struct strbuf current = STRBUF_INIT;
	uint32_t bias = 0, active = 0, off = 0;

	current_control_set(hive, &current);
	setting->control_set = xstrndup(path, strcspn(path, "\\"));
	setting->is_current = strcasecmp(setting->control_set, strbuf_text(&current)) == 0;
	setting->key = text_of(hive, key, "TimeZoneKeyName");
	if (!*setting->key) {
		free(setting->key);
		setting->key = text_of(hive, key, "StandardName"); /* XP and 2003 keep the key name nowhere */
	}
	(void)regf_get_u32(hive, key, "Bias", &bias);
	(void)regf_get_u32(hive, key, "ActiveTimeBias", &active);
	(void)regf_get_u32(hive, key, "DynamicDaylightTimeDisabled", &off);
	setting->bias = (int32_t)bias;
	setting->active_bias = (int32_t)active;
	setting->dst_off = off != 0;
	return 0;
}

int zone_settings_read(struct winroot *root, zone_settings *ret, struct err *err)
{
	struct regf *system;

	if (winroot_hive(root, HIVE_SYSTEM, &system, err) < 0)
		return -1;
	return hive_match(system, "ControlSet*\\Control\\TimeZoneInformation", add_setting, ret);
}

void zone_settings_release(zone_settings *settings)
{
	for (size_t i = 0; i < settings->len; i++) {
		free(settings->items[i].control_set);
		free(settings->items[i].key);
	}
	vec_release(settings);
}
