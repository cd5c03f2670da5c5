/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/filetime.h"

#include <stdlib.h>

#include "tests/unit/cmocka_all.h"

static void known_times_are_read_and_written(void **state UNUSED)
{
	char text[FILETIME_TEXT_LEN + 8];
	uint64_t time;

	/* 1,700,000,000 seconds after 1970 is 2023-11-14 22:13:20 UTC. */
	assert_true(filetime_from_civil(2023, 11, 14, 22, 13, 20, &time));
	assert_int_equal(time, FILETIME_UNIX_EPOCH + 1700000000ULL * FILETIME_PER_SECOND);
	assert_string_equal(filetime_format(time, text), "2023-11-14T22:13:20Z");
	assert_string_equal(filetime_format(time + 1234567, text), "2023-11-14T22:13:20.1234567Z");
	assert_string_equal(filetime_format(0, text), "1601-01-01T00:00:00Z");
	assert_true(filetime_from_civil(1970, 1, 1, 0, 0, 0, &time));
	assert_int_equal(time, FILETIME_UNIX_EPOCH);
}

static void every_day_of_400_years_follows_the_one_before(void **state UNUSED)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	uint64_t last = 0, time;

	for (int year = 1900; year < 2300; year++) {
		for (int month = 1; month <= 12; month++) {
			bool leap = year % 4 == 0 && (year % 100 || year % 400 == 0);

			for (int day = 1; day <= days[month - 1] + (month == 2 && leap); day++) {
				assert_true(filetime_from_civil(year, month, day, 0, 0, 0, &time));
				assert_true(!last || time == last + 86400 * FILETIME_PER_SECOND);
				last = time;
			}
		}
	}
	assert_false(filetime_from_civil(2023, 2, 29, 0, 0, 0, &time));
	assert_false(filetime_from_civil(2023, 13, 1, 0, 0, 0, &time));
	assert_false(filetime_from_civil(1600, 1, 1, 0, 0, 0, &time));
}

static void text_is_parsed_with_any_precision(void **state UNUSED)
{
	uint64_t day, minute, exact;

	assert_true(filetime_parse("2023-11-14", &day));
	assert_true(filetime_parse("2023-11-14T22:13", &minute));
	assert_true(filetime_parse("2023-11-14 22:13:20.12Z", &exact));
	assert_int_equal(minute - day, (22 * 60 + 13) * 60 * FILETIME_PER_SECOND);
	assert_int_equal(exact - minute, 20 * FILETIME_PER_SECOND + 1200000);
	assert_false(filetime_parse("2023-11", &day));
	assert_false(filetime_parse("2023-11-14x", &day));
	assert_false(filetime_parse("2023-11-14T25:00", &day));
}

static void unix_times_convert_both_ways_before_1970_too(void **state UNUSED)
{
	const struct timespec early = { .tv_sec = -86400, .tv_nsec = 500 };
	uint64_t time = filetime_from_timespec(early);
	struct timespec back = filetime_to_timespec(time);

	assert_int_equal(time, FILETIME_UNIX_EPOCH - 86400 * FILETIME_PER_SECOND + 5);
	assert_int_equal(back.tv_sec, early.tv_sec);
	assert_int_equal(back.tv_nsec, early.tv_nsec);
}

static void source_date_epoch_fixes_the_clock(void **state UNUSED)
{
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
	assert_int_equal(filetime_now(), FILETIME_UNIX_EPOCH + 1700000000ULL * FILETIME_PER_SECOND);
	setenv("SOURCE_DATE_EPOCH", "17x", 1);
	assert_true(filetime_now() > FILETIME_UNIX_EPOCH + 1700000000ULL * FILETIME_PER_SECOND);
	unsetenv("SOURCE_DATE_EPOCH");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times_are_read_and_written),
		cmocka_unit_test(every_day_of_400_years_follows_the_one_before),
		cmocka_unit_test(text_is_parsed_with_any_precision),
		cmocka_unit_test(unix_times_convert_both_ways_before_1970_too),
		cmocka_unit_test(source_date_epoch_fixes_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
