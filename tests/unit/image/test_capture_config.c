/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "common/image/capture_config.h"

static void parse(const char *text, struct capture_config *ret)
{
	struct err err = { 0 };

	*ret = (struct capture_config){ .exclusions = { 0 } };
	if (capture_config_parse(bytes_of(text, strlen(text)), ret, &err) < 0)
		fail_msg("%s", err.text);
}

static enum capture_verdict judge(const char *text, const char *path)
{
	struct capture_config config;
	enum capture_verdict verdict;

	parse(text, &config);
	verdict = capture_config_judge(&config, path, CAPTURE_TAKE);
	capture_config_release(&config);
	return verdict;
}

#define OUT "[ExclusionList]\n"
#define BUT "[ExclusionException]\n"

static void letters_match_in_their_own_case_only_when_that_is_wanted(void **state UNUSED)
{
	struct capture_config config;

	parse(OUT "*.TMP\n/Dir/x", &config);
	assert_int_equal(capture_config_judge(&config, "/dir/x", CAPTURE_TAKE), CAPTURE_LEAVE);
	config.exact = true;
	assert_int_equal(capture_config_judge(&config, "/dir/x", CAPTURE_TAKE), CAPTURE_TAKE);
	assert_int_equal(capture_config_judge(&config, "/Dir/x", CAPTURE_TAKE), CAPTURE_LEAVE);
	assert_int_equal(capture_config_judge(&config, "/a.tmp", CAPTURE_TAKE), CAPTURE_TAKE);
	assert_int_equal(capture_config_judge(&config, "/a.TMP", CAPTURE_TAKE), CAPTURE_LEAVE);
	capture_config_release(&config);
}

static void a_pattern_without_a_slash_matches_any_name(void **state UNUSED)
{
	assert_int_equal(judge(OUT "*.tmp", "/a/b/x.tmp"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "*.TMP", "/x.tmp"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "*.tmp", "/x.tmp.txt"), CAPTURE_TAKE);
	assert_int_equal(judge(OUT "a?c", "/abc"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "a?c", "/a\xc3\xa4"
						  "c"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "a?c", "/ac"), CAPTURE_TAKE);
	assert_int_equal(judge(OUT "*a*b*c", "/xxaxxbxxbxxc"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "*a*b*c", "/xxaxxcxxb"), CAPTURE_TAKE);
}

static void a_pattern_with_a_slash_is_a_path_from_the_root(void **state UNUSED)
{
	assert_int_equal(judge(OUT "\\Windows\\CSC", "/windows/csc"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "\\Windows\\CSC\\", "/Windows/CSC/x"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "C:\\Windows\\CSC", "/Windows/CSC"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "\"\\Program Files*\"", "/Program Files (x86)"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "/pagefile.sys", "/a/pagefile.sys"), CAPTURE_TAKE);
	assert_int_equal(judge(OUT "/a/*", "/a"), CAPTURE_TAKE);
	assert_int_equal(judge(OUT "/a/*", "/a/b"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "/a/*", "/ab/c"), CAPTURE_TAKE);
}

static void an_exception_is_taken_with_what_is_below_it(void **state UNUSED)
{
	static const char text[] = OUT "/a\n" BUT "/a/b/c\n";

	assert_int_equal(judge(text, "/a"), CAPTURE_PASS);
	assert_int_equal(judge(text, "/a/b"), CAPTURE_PASS);
	assert_int_equal(judge(text, "/a/b/c"), CAPTURE_TAKE_ALL);
	assert_int_equal(judge(text, "/a/b/c/d"), CAPTURE_TAKE_ALL);
	assert_int_equal(judge(text, "/a/x"), CAPTURE_LEAVE);
	assert_int_equal(judge(OUT "*.dll\n" BUT "good.dll\n", "/x/good.dll"), CAPTURE_TAKE_ALL);
}

static void what_lies_in_a_passed_folder_is_left_out(void **state UNUSED)
{
	struct capture_config config;

	parse(OUT "a\n" BUT "/x/a/b", &config);
	assert_int_equal(capture_config_judge(&config, "/x/a", CAPTURE_TAKE), CAPTURE_PASS);
	assert_int_equal(capture_config_judge(&config, "/x/a/other", CAPTURE_PASS), CAPTURE_LEAVE);
	assert_int_equal(capture_config_judge(&config, "/x/a/b", CAPTURE_PASS), CAPTURE_TAKE_ALL);
	assert_int_equal(capture_config_judge(&config, "/x/a/b/a", CAPTURE_TAKE_ALL), CAPTURE_TAKE_ALL);
	capture_config_release(&config);
}

static void other_sections_and_comments_say_nothing(void **state UNUSED)
{
	assert_int_equal(judge("; *.c\n# *.c\n[compressionexclusionlist]\n*.c\n" OUT "*.d\n[PrepopulateList]\n*.c", "/x.c"),
			 CAPTURE_TAKE);
	assert_int_equal(judge("\xef\xbb\xbf" OUT "  *.d \r\n", "/x.d"), CAPTURE_LEAVE);
}

static void what_is_no_configuration_is_refused(void **state UNUSED)
{
	static const char *const texts[] = { "*.tmp\n", "[Nonsense]\n", "[ExclusionList\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct capture_config config = { .exclusions = { 0 } };
		struct err err = { 0 };

		assert_int_equal(capture_config_parse(bytes_of(texts[i], strlen(texts[i])), &config, &err), -1);
		assert_int_equal(err.kind, ERR_FORMAT);
		capture_config_release(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_match_in_their_own_case_only_when_that_is_wanted),
		cmocka_unit_test(a_pattern_without_a_slash_matches_any_name),
		cmocka_unit_test(a_pattern_with_a_slash_is_a_path_from_the_root),
		cmocka_unit_test(an_exception_is_taken_with_what_is_below_it),
		cmocka_unit_test(what_lies_in_a_passed_folder_is_left_out),
		cmocka_unit_test(other_sections_and_comments_say_nothing),
		cmocka_unit_test(what_is_no_configuration_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
