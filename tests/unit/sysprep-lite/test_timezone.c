/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/timezone.h"

#include <string.h>

#include "tests/unit/cmocka_all.h"

static void a_name_with_a_slip_gets_a_suggestion(void **state UNUSED)
{
	struct timezone_value value;
	struct err err = { 0 };

	assert_int_equal(zone_parse("Europe/Viena", &value, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "Europe/Vienna"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_with_a_slip_gets_a_suggestion),
		cmocka_unit_test(the_weekday_moves_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
