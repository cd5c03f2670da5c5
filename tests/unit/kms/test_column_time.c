/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/column_time.h"

#include "tests/unit/kms/kms_case.h"

static bool parses(const char *text, struct column_time *ret)
{
	return column_time_parse((struct text){ text, strlen(text) }, ret);
}

static uint64_t utc_of(const struct column_clock *clock, const char *text)
{
	struct column_time time;
	uint64_t utc = 0;

	assert_true(parses(text, &time));
	assert_true(column_clock_time(clock, &time, &utc));
	return utc;
}

static void learn(struct column_clock *clock, const char *column, const char *client)
{
	struct column_time time;

	assert_true(parses(column, &time));
	column_clock_add(clock, &time, at_time(client));
}

static void every_way_to_write_a_time_is_one(void **state UNUSED)
{
	static const char *const good[] = {
		"11/14/2023 10:13:20 PM", "01-07-2025 17:53:27", "27.10.2021 12:28:26", "31.07.2025 0:07:34",
		"2001/02/03 13:06:00", "28/09/2026 10:15:30", "2023-11-14T22:13:20.000", "2023-11-14T22:13:20.1234567Z",
		"11/14/2023 10:13:20\xe2\x80\xafPM",
	};
	struct column_time time;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!parses(good[i], &time))
			fail_msg("%s", good[i]);
}

static void other_cells_are_no_times(void **state UNUSED)
{
	static const char *const bad[] = { "12290",
					   "Information",
					   "11/14/2023",
					   "1/2-2023 10:00:00",
					   "11/14/2023 25:00:00",
					   "11/14/2023 10:13:20 XX",
					   "10.0.19041.5 10:00",
					   "" };
	struct column_time time;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parses(bad[i], &time))
			fail_msg("%s", bad[i]);
}

static void twelve_hour_clock_has_midnight_and_noon(void **state UNUSED)
{
	struct column_time time;

	assert_true(parses("8/4/2026 12:05:00 AM", &time));
	assert_int_equal(time.hour, 0);
	assert_true(parses("8/4/2026 12:05:00 PM", &time));
	assert_int_equal(time.hour, 12);
}

static void order_of_day_and_month_is_the_one_that_agrees_with_the_clients(void **state UNUSED)
{
	struct column_clock clock = { 0 };

	learn(&clock, "04/08/2026 15:47:00", "2026-08-04T15:46:00Z");
	learn(&clock, "05/08/2026 10:00:30", "2026-08-05T10:00:00Z");
	column_clock_learn(&clock);
	assert_true(clock.day_first);
	assert_true(utc_of(&clock, "06/08/2026 01:02:03") == at_time("2026-08-06T01:02:03Z"));
}

static void zone_is_the_middle_difference(void **state UNUSED)
{
	struct column_clock clock = { 0 };

	learn(&clock, "8/4/2026 5:46:20 PM", "2026-08-04T15:46:00Z");
	learn(&clock, "8/5/2026 5:00:05 PM", "2026-08-05T15:00:00Z");
	/* One client with a wrong clock does not change it. */
	learn(&clock, "8/6/2026 5:00:05 PM", "2026-08-06T09:00:00Z");
	column_clock_learn(&clock);
	assert_int_equal(clock.zone_minutes, 120);
	assert_true(utc_of(&clock, "8/7/2026 12:30:00 AM") == at_time("2026-08-06T22:30:00Z"));
}

static void zone_west_of_greenwich_is_negative(void **state UNUSED)
{
	struct column_clock clock = { 0 };

	learn(&clock, "8/4/2026 6:46:20 AM", "2026-08-04T15:46:00Z");
	column_clock_learn(&clock);
	assert_int_equal(clock.zone_minutes, -540);
}

static void without_samples_an_ambiguous_time_is_none(void **state UNUSED)
{
	struct column_clock clock = { 0 };
	struct column_time time;
	uint64_t utc;

	column_clock_learn(&clock);
	assert_true(parses("04/08/2026 15:47:00", &time));
	assert_false(column_clock_time(&clock, &time, &utc));
	assert_true(utc_of(&clock, "2026-08-04T15:47:00Z") == at_time("2026-08-04T15:47:00Z"));
}

/* The quick way for the day of the row before takes what the other takes, and nothing else. */
static void day_before_changes_nothing(void **state UNUSED)
{
	static const char *const clocks[] = {
		"10:13:20 PM", "9:13:20", "22:13:20Z", "22:13:20.123Z", "22:13:20.", "22:13:20.Z", "@:13:20", "::13:20", "24:00:00",
		"10:13:20 pm", "13:13:20 PM", "0:13:20 AM", "22:13:60", "22:13", "22:13:20.1234567890", "22:13:20+01:00", "2:1:20x", "",
	};
	struct column_clock clock = { .known = true, .zone_minutes = 60 };

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		char text[64];
		int len = snprintf(text, sizeof(text), "2026-08-04T%s", clocks[i]);
		struct text both = { text, (size_t)len };
		struct column_day day = { .len = 0 };
		struct column_time time;
		uint64_t slow = 0, quick = 0;
		bool want = column_time_parse(both, &time) && column_clock_time(&clock, &time, &slow);

		for (int utc = 0; utc < 2; utc++) {
			assert_true(column_clock_read(&clock, &day, utc ? TEXT("2026-08-04T11:00:00Z") : TEXT("2026-08-04T11:00:00"),
						      &quick));
			quick = 0;
			assert_int_equal(column_clock_read(&clock, &day, both, &quick), want);
			assert_true(quick == slow || !want);
			day.len = 0;
		}
	}
}

/* In a log, what follows the time is no part of it. */
static void time_on_the_day_before_ends_where_its_text_does(void **state UNUSED)
{
	static const struct {
		const char *text;
		size_t len; /* 0: it is none that is read quickly */
	} rows[] = {
		{ "8/4/2026 10:13:20 PM\tx", 20 }, { "8/4/2026 9:13:20\tsource", 16 }, { "8/4/2026 22:13:20.123\t", 21 },
		{ "8/4/2026 22:13:20 XM\t", 17 }, { "8/4/2026 22:13:2\tsource", 0 }, { "8/4/2026 22:13:20Z\t", 0 },
		{ "8/5/2026 22:13:20\t", 0 }, { "8/4/2026 22-13:20\t", 0 }, { "8/4/2026 22:13", 0 },
	};
	struct column_clock clock = { .known = true };
	struct column_day day = { .len = 0 };
	uint64_t time;

	assert_true(column_clock_read(&clock, &day, TEXT("8/4/2026 1:00:00"), &time));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *stop = column_day_clock(&day, rows[i].text, rows[i].text + strlen(rows[i].text), &time);

		assert_ptr_equal(stop, rows[i].len ? rows[i].text + rows[i].len : NULL);
	}
	assert_non_null(column_day_clock(&day, rows[0].text, rows[0].text + 20, &time));
	assert_true(time == at_time("2026-08-04T22:13:20Z"));
	assert_null(column_day_clock(&day, rows[0].text, rows[0].text + 16, &time));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_a_time_is_one),
		cmocka_unit_test(other_cells_are_no_times),
		cmocka_unit_test(twelve_hour_clock_has_midnight_and_noon),
		cmocka_unit_test(order_of_day_and_month_is_the_one_that_agrees_with_the_clients),
		cmocka_unit_test(zone_is_the_middle_difference),
		cmocka_unit_test(zone_west_of_greenwich_is_negative),
		cmocka_unit_test(without_samples_an_ambiguous_time_is_none),
		cmocka_unit_test(day_before_changes_nothing),
		cmocka_unit_test(time_on_the_day_before_ends_where_its_text_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
