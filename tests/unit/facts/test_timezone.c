/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/facts/timezone.h"

#include <stdio.h>
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
		struct timezone_value value;
		char inf[TIMEZONE_TEXT_LEN];

		assert_true(timezone_read(documented[i].key, &value));
		assert_true(value.has_index);
		assert_int_equal(value.index, documented[i].index);
		assert_string_equal(timezone_inf_text(value.index, inf), documented[i].inf);
		memset(&value, 0, sizeof(value));
		assert_true(timezone_read(documented[i].inf, &value));
		assert_non_null(value.zone);
		assert_string_equal(value.zone->id, documented[i].key);
	}
}

/* Microsoft's rule for zones of updates: minus the unsigned number of the Index. */
static void a_high_index_has_four_writings(void **state UNUSED)
{
	static const struct {
		const char *text;
		enum timezone_form form;
	} writings[] = {
		{ "0x8000004d", TIMEZONE_HEX },
		{ "0X8000004D", TIMEZONE_HEX },
		{ "2147483725", TIMEZONE_DECIMAL },
		{ "-2147483725", TIMEZONE_INF },
		{ "-2147483571", TIMEZONE_SIGNED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(writings); i++) {
		struct timezone_value value;
		char inf[TIMEZONE_TEXT_LEN];

		assert_true(timezone_read(writings[i].text, &value));
		assert_int_equal(value.form, writings[i].form);
		assert_int_equal(value.index, 0x8000004du);
		assert_string_equal(timezone_inf_text(value.index, inf), "-2147483725");
	}
}

static void an_iana_name_is_found(void **state UNUSED)
{
	struct timezone_value value;

	assert_true(timezone_read("Europe/Berlin", &value));
	assert_string_equal(value.zone->id, "W. Europe Standard Time");
	assert_int_equal(value.form, TIMEZONE_IANA);
	assert_true(timezone_read("america/new_york", &value));
	assert_string_equal(value.zone->id, "Eastern Standard Time");
	/* not the zone that stands for the whole world, but another name of it (CLDR windowsZones) */
	assert_true(timezone_read("Europe/Vienna", &value));
	assert_string_equal(value.zone->id, "W. Europe Standard Time");
}

static void summer_time_off_is_a_suffix_of_the_key(void **state UNUSED)
{
	struct timezone_value value;

	assert_true(timezone_read("w. europe standard time_dstoff", &value));
	assert_string_equal(value.zone->id, "W. Europe Standard Time");
	assert_true(value.dst_off);
}

static void a_zone_without_an_index_says_so(void **state UNUSED)
{
	struct timezone_value value;

	assert_true(timezone_read("Turkey Standard Time", &value));
	assert_false(value.has_index);
}

static void an_unknown_number_is_still_converted(void **state UNUSED)
{
	struct timezone_value value;
	char inf[TIMEZONE_TEXT_LEN];

	assert_true(timezone_read("0x80000777", &value));
	assert_null(value.zone);
	/* 0x80000777 = 2147483648 + 1911 */
	assert_string_equal(timezone_inf_text(value.index, inf), "-2147485559");
}

static void what_is_no_zone_is_refused(void **state UNUSED)
{
	static const char *const wrong[] = {
		"", "Nowhere Standard Time", "0x", "0x1ffffffff", "99999999999", "-", "--4", "-0", "4x", "_dstoff",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct timezone_value value;

		assert_int_equal(timezone_read(wrong[i], &value), TIMEZONE_NONE);
		assert_null(value.zone);
		assert_false(value.has_index);
	}
}

static void no_two_zones_share_an_index_or_a_name(void **state UNUSED)
{
	const struct timezone_row *a, *b;

	for (size_t i = 0; (a = timezone_at(i)); i++)
		for (size_t k = i + 1; (b = timezone_at(k)); k++) {
			assert_true(strcasecmp(a->id, b->id) != 0);
			assert_true(a->sure == INDEX_NONE || b->sure == INDEX_NONE || a->index != b->index);
		}
}

/* "(UTC+05:30) ..." is 330 minutes east, and Bias counts to the west */
static void the_label_and_the_bias_of_a_zone_agree(void **state UNUSED)
{
	const struct timezone_row *zone;
	size_t n = 0;

	for (size_t i = 0; (zone = timezone_at(i)); i++) {
		char sign;
		int hours, minutes;

		if (sscanf(zone->label, "(UTC%c%d:%d)", &sign, &hours, &minutes) != 3)
			continue;
		assert_int_equal(zone->bias, (sign == '+' ? -1 : 1) * (60 * hours + minutes));
		n++;
	}
	assert_true(n > 100);
}

static void each_iana_name_leads_to_a_zone_of_the_table(void **state UNUSED)
{
	const struct timezone_iana *iana;
	const struct timezone_row *zone;

	for (size_t i = 0; (iana = timezone_iana_at(i)); i++) {
		struct timezone_value value;

		/* "UTC" is a name in both worlds */
		assert_true(timezone_read(iana->iana, &value) == TIMEZONE_IANA || value.form == TIMEZONE_ID);
		assert_string_equal(value.zone->id, timezone_find(iana->id)->id);
	}
	for (size_t i = 0; (zone = timezone_at(i)); i++) {
		struct timezone_value value;

		if (*zone->iana && !*zone->state) {
			timezone_read(zone->iana, &value);
			assert_ptr_equal(value.zone, zone);
		}
	}
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
		cmocka_unit_test(no_two_zones_share_an_index_or_a_name),
		cmocka_unit_test(the_label_and_the_bias_of_a_zone_agree),
		cmocka_unit_test(each_iana_name_leads_to_a_zone_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
