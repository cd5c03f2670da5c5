/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/timezone.h"

#include <string.h>

#include "tests/unit/cmocka_all.h"

/* ms912391 and KB973627: Index of zones, decimal; sysprep.inf writes three digits. */
static const struct {
	const char *key;
	uint32_t index;
	const char *inf;
} documented[] = {
	{ "Dateline Standard Time", 0, "000" },
	{ "Samoa Standard Time", 1, "001" },
	{ "Pacific Standard Time", 4, "004" },
	{ "Eastern Standard Time", 35, "035" },
	{ "GMT Standard Time", 85, "085" },
	{ "W. Europe Standard Time", 110, "110" },
	{ "China Standard Time", 210, "210" },
	{ "Tonga Standard Time", 300, "300" },
	/* two public registry exports agree on this one */
	{ "Kaliningrad Standard Time", 0x80000059u, "-2147483737" },
};

static void documented_indexes_convert_in_both_directions(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(documented); i++) {
		struct zone_value value = { 0 };
		char inf[ZONE_INF_LEN];

		assert_int_equal(zone_parse(documented[i].key, &value, NULL), 0);
		assert_true(value.has_index);
		assert_int_equal(value.index, documented[i].index);
		assert_string_equal(zone_sysprep_inf(value.index, inf), documented[i].inf);
		memset(&value, 0, sizeof(value));
		assert_int_equal(zone_parse(documented[i].inf, &value, NULL), 0);
		assert_non_null(value.zone);
		assert_string_equal(value.zone->key, documented[i].key);
	}
}

/* Microsoft's rule for zones of updates: minus the unsigned number of the Index. */
static void a_high_index_has_four_writings(void **state UNUSED)
{
	static const struct {
		const char *text;
		enum zone_form form;
	} writings[] = {
		{ "0x8000004d", ZONE_HEX },
		{ "0X8000004D", ZONE_HEX },
		{ "2147483725", ZONE_DECIMAL },
		{ "-2147483725", ZONE_SYSPREP_INF },
		{ "-2147483571", ZONE_SIGNED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(writings); i++) {
		struct zone_value value = { 0 };
		char inf[ZONE_INF_LEN];

		assert_int_equal(zone_parse(writings[i].text, &value, NULL), 0);
		assert_int_equal(value.form, writings[i].form);
		assert_int_equal(value.index, 0x8000004du);
		assert_string_equal(zone_sysprep_inf(value.index, inf), "-2147483725");
	}
}

static void an_iana_name_is_found(void **state UNUSED)
{
	struct zone_value value = { 0 };

	assert_int_equal(zone_parse("Europe/Berlin", &value, NULL), 0);
	assert_string_equal(value.zone->key, "W. Europe Standard Time");
	assert_int_equal(value.form, ZONE_IANA);
	assert_int_equal(zone_parse("america/new_york", &value, NULL), 0);
	assert_string_equal(value.zone->key, "Eastern Standard Time");
}

static void summer_time_off_is_a_suffix_of_the_key(void **state UNUSED)
{
	struct zone_value value = { 0 };

	assert_int_equal(zone_parse("w. europe standard time_dstoff", &value, NULL), 0);
	assert_string_equal(value.zone->key, "W. Europe Standard Time");
	assert_true(value.dst_off);
}

static void a_zone_without_an_index_says_so(void **state UNUSED)
{
	struct zone_value value = { 0 };

	assert_int_equal(zone_parse("Turkey Standard Time", &value, NULL), 0);
	assert_false(value.has_index);
}

static void an_unknown_number_is_still_converted(void **state UNUSED)
{
	struct zone_value value = { 0 };
	char inf[ZONE_INF_LEN];

	assert_int_equal(zone_parse("0x80000777", &value, NULL), 0);
	assert_null(value.zone);
	/* 0x80000777 = 2147483648 + 1911 */
	assert_string_equal(zone_sysprep_inf(value.index, inf), "-2147485559");
}

static void what_is_no_zone_is_refused(void **state UNUSED)
{
	static const char *const wrong[] = {
		"", "Nowhere Standard Time", "0x", "0x1ffffffff", "99999999999", "-", "--4", "-0", "4x", "_dstoff",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct zone_value value;
		struct err err = { 0 };

		assert_int_equal(zone_parse(wrong[i], &value, &err), -1);
		assert_int_equal(err.kind, ERR_NOT_FOUND);
	}
}

/*
 * United States as found in hives of NT 4.0 to Windows 10: first Sunday of November,
 * 02:00. TZI has the weekday in third place, TimeZoneInformation at the end.
 */
static void the_weekday_moves_to_the_end(void **state UNUSED)
{
	static const uint8_t tzi[ZONE_DATE_LEN] = { 0, 0, 11, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t fields[ZONE_DATE_LEN] = { 0, 0, 11, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	/* year, month, weekday, day, hour, minute, second, millisecond */
	static const uint8_t numbered[ZONE_DATE_LEN] = { 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0 };
	static const uint8_t moved[ZONE_DATE_LEN] = { 1, 0, 2, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 3, 0 };
	uint8_t out[ZONE_DATE_LEN];

	zone_date_to_time_fields(tzi, out);
	assert_memory_equal(out, fields, sizeof(out));
	zone_date_to_time_fields(numbered, out);
	assert_memory_equal(out, moved, sizeof(out));
}

static void no_two_current_zones_share_an_index(void **state UNUSED)
{
	for (size_t i = 0; i < n_zones; i++)
		for (size_t k = i + 1; k < n_zones; k++)
			if (zones[i].index_sure != SURE_NONE && zones[k].index_sure != SURE_NONE)
				assert_int_not_equal(zones[i].index, zones[k].index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documented_indexes_convert_in_both_directions),
		cmocka_unit_test(a_high_index_has_four_writings),
		cmocka_unit_test(an_iana_name_is_found),
		cmocka_unit_test(summer_time_off_is_a_suffix_of_the_key),
		cmocka_unit_test(a_zone_without_an_index_says_so),
		cmocka_unit_test(an_unknown_number_is_still_converted),
		cmocka_unit_test(what_is_no_zone_is_refused),
		cmocka_unit_test(the_weekday_moves_to_the_end),
		cmocka_unit_test(no_two_current_zones_share_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
