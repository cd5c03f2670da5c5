/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/compress.h"

#include "tests/unit/cmocka_all.h"

static void assert_choice(const char *text, enum session_compression type, unsigned level, bool solid)
{
	struct compress_choice choice = { 0 };

	assert_int_equal(compress_parse(text, &choice, NULL), 0);
	assert_int_equal(choice.type, type);
	assert_int_equal(choice.level, level);
	assert_int_equal(choice.solid, solid);
}

static void without_a_word_it_is_lzx_at_level_20(void **state UNUSED)
{
	assert_choice(NULL, SESSION_LZX, 20, false);
}

static void names_of_wimlib_and_dism_are_known_in_any_case(void **state UNUSED)
{
	assert_choice("none", SESSION_NONE, 0, false);
	assert_choice("fast", SESSION_XPRESS, 0, false);
	assert_choice("XPRESS", SESSION_XPRESS, 0, false);
	assert_choice("LZX", SESSION_LZX, 20, false);
	assert_choice("max", SESSION_LZX, 50, false);
	assert_choice("Maximum", SESSION_LZX, 50, false);
	assert_choice("lzms", SESSION_LZMS, 0, false);
	assert_choice("recovery", SESSION_LZMS, 0, true);
}

static void a_level_may_follow(void **state UNUSED)
{
	assert_choice("lzx:35", SESSION_LZX, 35, false);
	assert_choice("xpress:1", SESSION_XPRESS, 1, false);
	assert_choice("lzms:100", SESSION_LZMS, 100, false);
}

static void other_words_and_levels_are_wrong_usage(void **state UNUSED)
{
	static const char *const wrong[] = {
		"", "zip", "lz", "lzxx", "lzx:", "lzx:0", "lzx:101", "lzx:-1", "lzx:5x", "lzx: 5", "none:5", ":5",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct compress_choice choice;
		struct err err = { 0 };

		assert_int_equal(compress_parse(wrong[i], &choice, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_word_it_is_lzx_at_level_20),
		cmocka_unit_test(names_of_wimlib_and_dism_are_known_in_any_case),
		cmocka_unit_test(a_level_may_follow),
		cmocka_unit_test(other_words_and_levels_are_wrong_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
