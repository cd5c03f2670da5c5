/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/utf16.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

#include "tests/unit/cmocka_all.h"

static void text_survives_the_round_trip(void **state UNUSED)
{
	static const char text[] = "W\xc3\xbcrzburg \xe2\x82\xac \xf0\x9f\x92\xbe";
	static const uint8_t units[] = { 'W', 0, 0xfc, 0,   'r', 0, 'z', 0,    'b',  0,    'u',  0,    'r',
					 0,   'g', 0, ' ', 0,   0xac, 0x20, ' ', 0, 0x3d, 0xd8, 0xbe, 0xdc };
	struct strbuf utf16 = STRBUF_INIT, back = STRBUF_INIT;

	assert_int_equal(text_to_utf16le(text, strlen(text), &utf16, NULL), 0);
	assert_int_equal(utf16.len, sizeof(units));
	assert_memory_equal(utf16.data, units, sizeof(units));
	utf16le_to_text(bytes_of(utf16.data, utf16.len), &back);
	assert_string_equal(back.data, text);
	strbuf_release(&utf16);
	strbuf_release(&back);
}

static void every_unit_survives_alone_and_surrogates_in_any_order(void **state UNUSED)
{
	for (unsigned unit = 0; unit < 0x10000; unit++) {
		uint8_t units[4] = { (uint8_t)unit, (uint8_t)(unit >> 8), 0x00, 0xd8 };
		struct strbuf text = STRBUF_INIT, back = STRBUF_INIT;

		utf16le_to_text(bytes_of(units, sizeof(units)), &text);
		assert_int_equal(text_to_utf16le(text.data, text.len, &back, NULL), 0);
		assert_int_equal(back.len, sizeof(units));
		assert_memory_equal(back.data, units, sizeof(units));
		strbuf_release(&text);
		strbuf_release(&back);
	}
}

static void a_lone_surrogate_is_shown_as_an_escape(void **state UNUSED)
{
	static const uint8_t units[] = { 'a', 0, 0x3d, 0xd8, 'b', 0 };
	struct strbuf text = STRBUF_INIT, shown = STRBUF_INIT;

	utf16le_to_text(bytes_of(units, sizeof(units)), &text);
	assert_false(text_is_utf8(text.data, text.len));
	text_show(text.data, text.len, &shown);
	assert_string_equal(shown.data, "a\\u{d83d}b");
	strbuf_clear(&shown);
	text_show("\x1b[31m\xff\xe2\x80\xae", 9, &shown);
	assert_string_equal(shown.data, "\\u{1b}[31m\\xff\\u{202e}");
	strbuf_release(&text);
	strbuf_release(&shown);
}

static void malformed_utf8_is_refused_and_nothing_is_added(void **state UNUSED)
{
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xf5\x80\x80\x80", "\xf4\x90\x80\x80" };
	struct strbuf utf16 = STRBUF_INIT;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(text_to_utf16le(bad[i], strlen(bad[i]), &utf16, &err), -1);
		assert_int_equal(err.kind, ERR_FORMAT);
		assert_int_equal(utf16.len, 0);
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
	}
	strbuf_release(&utf16);
}

/* The C library's table is Unicode's; these units are left alone by Windows or differ by Unicode version. */
static bool is_known_exception(wint_t unit)
{
	static const uint16_t left_alone[] = { 0xb5,  0xdf,  0x131, 0x17f, 0x1c5,  0x1c8,
					       0x1cb, 0x1f2, 0x345, 0x1e9e, 0x1fbe };

	for (size_t i = 0; i < ARRAY_SIZE(left_alone); i++)
		if (left_alone[i] == unit)
			return true;
	/* Greek letters with a subscript iota, whose upper case is a title case letter. */
	return unit >= 0x1f80 && unit <= 0x1ffc;
}

static void upper_case_is_that_of_unicode(void **state UNUSED)
{
	size_t mapped = 0;

	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	for (wint_t unit = 0; unit < 0xd800; unit++) {
		if (is_known_exception(unit))
			continue;
		wint_t expected = towupper(unit);

		if (utf16_upcase((uint16_t)unit) == unit && expected != unit)
			print_message("U+%04X: kept, C library has U+%04X\n", unit, expected);
		mapped += expected != unit;
		assert_int_equal(utf16_upcase((uint16_t)unit), expected);
	}
	assert_true(mapped > 1000);
	assert_int_equal(utf16_upcase(0xb5), 0xb5);
	assert_int_equal(utf16_upcase(0x131), 0x131);
	assert_int_equal(utf16_upcase(0xff), 0x178);
}

static void names_compare_without_case_by_upper_case_units(void **state UNUSED)
{
	assert_true(text_equal_nocase("ControlSet001", "CONTROLSET001"));
	assert_true(text_equal_nocase("Z\xc3\xbcrich", "z\xc3\x9cRICH"));
	assert_false(text_equal_nocase("a", "ab"));
	/* "_" is between upper and lower case letters: upper-casing puts it behind Z. */
	assert_true(text_compare_nocase("z", 1, "_", 1) < 0);
	assert_true(text_compare_nocase("ab", 2, "a", 1) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_survives_the_round_trip),
		cmocka_unit_test(every_unit_survives_alone_and_surrogates_in_any_order),
		cmocka_unit_test(a_lone_surrogate_is_shown_as_an_escape),
		cmocka_unit_test(malformed_utf8_is_refused_and_nothing_is_added),
		cmocka_unit_test(upper_case_is_that_of_unicode),
		cmocka_unit_test(names_compare_without_case_by_upper_case_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
