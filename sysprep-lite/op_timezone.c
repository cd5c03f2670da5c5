/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets TimeZoneInformation of every control set from the zone data of the image itself. */
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/plan.h"
#include "sysprep-lite/timezone.h"

#define ZONES_KEY "Microsoft\\Windows NT\\CurrentVersion\\Time Zones"

struct zone_data {
	const char *key;
	bool dst_off;
	uint8_t bias[4], standard_bias[4], daylight_bias[4], active_bias[4];
	uint8_t standard_start[ZONE_DATE_LEN], daylight_start[ZONE_DATE_LEN];
	struct strbuf standard_name, daylight_name;
	bool has_key_names; /* Vista and later keep TimeZoneKeyName */
};

struct setting {
	struct plan *plan;
	const struct op_row *row;
	const struct zone_data *data;
	struct err *err;
};

static int set(const struct setting *s, struct regf *hive, regf_key key, const char *path, const char *name,
	       uint32_t type, const void *data, size_t len)
{
	return plan_add_set(s->plan, hive, key, s->row, HIVE_SYSTEM, path, name, type, data, len, s->err);
}

static int set_text(const struct setting *s, struct regf *hive, regf_key key, const char *path, const char *name,
		    const char *text)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT;

	/* Windows 7 keeps garbage behind the NUL of TimeZoneKeyName: the text decides. */
	if (regf_get_text(hive, key, name, &old) && strcmp(strbuf_text(&old), text) == 0)
		return 0;
	if (text_to_utf16le(text, strlen(text) + 1, &units, s->err) < 0)
		return -1;
	return set(s, hive, key, path, name, REGF_SZ, units.data, units.len);
}

static int set_control_set(void *context, struct regf *hive, regf_key key, const char *path)
{
	const struct setting *s = context;
	const struct zone_data *d = s->data;
	uint8_t off[4] = { d->dst_off, 0, 0, 0 };

	if (set(s, hive, key, path, "Bias", REGF_DWORD, d->bias, 4) < 0 ||
	    set(s, hive, key, path, "StandardBias", REGF_DWORD, d->standard_bias, 4) < 0 ||
	    set(s, hive, key, path, "DaylightBias", REGF_DWORD, d->daylight_bias, 4) < 0 ||
	    set(s, hive, key, path, "ActiveTimeBias", REGF_DWORD, d->active_bias, 4) < 0 ||
	    set(s, hive, key, path, "StandardStart", REGF_BINARY, d->standard_start, ZONE_DATE_LEN) < 0 ||
	    set(s, hive, key, path, "DaylightStart", REGF_BINARY, d->daylight_start, ZONE_DATE_LEN) < 0 ||
	    set_text(s, hive, key, path, "StandardName", strbuf_text(&d->standard_name)) < 0 ||
	    set_text(s, hive, key, path, "DaylightName", strbuf_text(&d->daylight_name)) < 0)
		return -1;
	if (!d->has_key_names)
		return 0;
	if (set(s, hive, key, path, "DynamicDaylightTimeDisabled", REGF_DWORD, off, 4) < 0)
		return -1;
	return set_text(s, hive, key, path, "TimeZoneKeyName", d->key);
}

static void read_name(struct regf *software, regf_key key, const char *mui, const char *plain, struct strbuf *ret)
{
	if (!regf_get_text(software, key, mui, ret))
		(void)regf_get_text(software, key, plain, ret);
}

static int fill_data(struct regf *software, regf_key key, struct zone_data *data, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf tzi = STRBUF_INIT;
	regf_value value = regf_value_find(software, key, "TZI");
	const uint8_t *p;
	static const uint8_t no_date[ZONE_DATE_LEN];

	if (!value || regf_value_data(software, value, &tzi, err) < 0 || tzi.len < ZONE_TZI_LEN)
		return err_set(err, ERR_FORMAT, "SOFTWARE\\" ZONES_KEY "\\%s has no usable TZI", data->key);
	p = (const uint8_t *)tzi.data;
	memcpy(data->bias, p, 4);
	memcpy(data->standard_bias, p + 4, 4);
	memcpy(data->daylight_bias, data->dst_off ? no_date : p + 8, 4);
	store_le32(data->active_bias, load_le32(p) + load_le32(p + 4));
	zone_date_to_time_fields(data->dst_off ? no_date : p + 12, data->standard_start);
	zone_date_to_time_fields(data->dst_off ? no_date : p + 28, data->daylight_start);
	read_name(software, key, "MUI_Std", "Std", &data->standard_name);
	read_name(software, key, "MUI_Dlt", "Dlt", &data->daylight_name);
	data->has_key_names = regf_value_find(software, key, "MUI_Std") != 0;
	return 0;
}

static int plan_zone(struct plan *plan, struct winroot *root, const struct timezone_value *zone, struct err *err)
{
	struct zone_data data = { .key = zone->zone->id, .dst_off = zone->dst_off };
	struct setting s = { .plan = plan, .row = op_find("time-zone"), .data = &data, .err = err };
	CLEANUP(freep) char *path = xasprintf(ZONES_KEY "\\%s", data.key);
	struct regf *system, *software;
	regf_key key;
	int status = -1;

	if (winroot_hive(root, HIVE_SYSTEM, &system, err) < 0 || winroot_hive(root, HIVE_SOFTWARE, &software, err) < 0)
		return -1;
	key = software ? regf_find(software, regf_root(software), path) : 0;
	if (!key) {
		err_set(err, ERR_NOT_FOUND, "%s: this Windows does not have the time zone '%s'",
			target_name(winroot_target(root)), data.key);
		return err_hint(err, "zones that came with an update are missing in older images");
	}
	if (fill_data(software, key, &data, err) == 0)
		status = hive_match(system, s.row->path, set_control_set, &s);
	strbuf_release(&data.standard_name);
	strbuf_release(&data.daylight_name);
	return status;
}

int plan_time_zone(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err)
{
	struct timezone_value zone;

	if (!options->time_zone || !op_is_on(&options->choice, op_find("time-zone")))
		return 0;
	if (zone_parse(options->time_zone, &zone, err) < 0)
		return -1;
	if (!zone.zone)
		return err_set(err, ERR_NOT_FOUND, "no time zone with the index 0x%08x is known", zone.index);
	return plan_zone(plan, root, &zone, err);
}
