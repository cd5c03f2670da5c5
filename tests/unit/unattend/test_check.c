/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library face of the checker. Runs in the root of the project. */
#include "unattend/check.h"

#include <string.h>

#include "common/base/file.h"
#include "tests/unit/cmocka_all.h"

static void load(const char *path, struct strbuf *ret)
{
	assert_int_equal(file_read_all(path, 1 << 20, ret, NULL), 0);
}

static bool has(struct report *report, const char *id)
{
	for (size_t i = 0; i < report_len(report); i++)
		if (strcmp(report_get(report, i)->rule->id, id) == 0)
			return true;
	return false;
}

/* The demo file has a key whose group its pkeyconfig calls a MAK. */
static void a_mak_is_found_with_the_pkeyconfig_and_mended(void **state UNUSED)
{
	struct check_options want = { .pkeyconfig = "tests/data/unattend/demo-pkeyconfig.xrm-ms", .role = "media" };
	struct check *check = check_new(&want, NULL);
	struct report *found = report_new(), *left = report_new();
	struct strbuf text = STRBUF_INIT, mended = STRBUF_INIT;

	assert_non_null(check);
	load("tests/data/unattend/demo-mak.xml", &text);
	assert_int_equal(check_lint(check, "a.xml", bytes_of(text.data, text.len), found, NULL), 0);
	assert_true(has(found, "UA301"));
	assert_string_equal(report_get(found, 0)->where.file, "a.xml");
	assert_int_equal(check_fix(check, "a.xml", bytes_of(text.data, text.len), CHECK_FIX_SAFE, &mended, left, NULL), 0);
	assert_false(has(left, "UA301"));
	assert_true(mended.len != text.len || memcmp(mended.data, text.data, text.len) != 0);
	report_freep(&found);
	report_freep(&left);
	strbuf_release(&text);
	strbuf_release(&mended);
	check_freep(&check);
}

static void a_rule_gets_another_severity(void **state UNUSED)
{
	const char *const rules[] = { "UA301=info", NULL };
	struct check_options want = { .pkeyconfig = "tests/data/unattend/demo-pkeyconfig.xrm-ms", .rules = rules };
	struct check *check = check_new(&want, NULL);
	struct report *found = report_new();
	struct strbuf text = STRBUF_INIT;

	load("tests/data/unattend/demo-mak.xml", &text);
	assert_int_equal(check_lint(check, "a.xml", bytes_of(text.data, text.len), found, NULL), 0);
	for (size_t i = 0; i < report_len(found); i++)
		if (strcmp(report_get(found, i)->rule->id, "UA301") == 0)
			assert_int_equal(report_get(found, i)->severity, SEVERITY_INFO);
	assert_true(has(found, "UA301"));
	report_freep(&found);
	strbuf_release(&text);
	check_freep(&check);
}

static void an_unknown_word_is_refused(void **state UNUSED)
{
	struct err err = { .kind = ERR_NONE };

	assert_null(check_new(&(struct check_options){ .target = "win12" }, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_null(check_new(&(struct check_options){ .role = "medium" }, &err));
	assert_non_null(strstr(err.hint, "media"));
	assert_null(check_new(&(struct check_options){ .arch = "mips" }, &err));
	assert_null(check_new(&(struct check_options){ .image = "/nonexistent.wim" }, &err));
}

static void what_is_no_answer_file_is_an_error(void **state UNUSED)
{
	struct check *check = check_new(&(struct check_options){ .target = NULL }, NULL);
	struct report *found = report_new();
	struct err err = { .kind = ERR_NONE };
	static const char text[] = "good morning\n", inf[] = "[Unattended]\r\nUnattendMode=ReadOnly\r\n";

	assert_false(check_is_answer_file(bytes_of(text, strlen(text))));
	assert_true(check_is_answer_file(bytes_of(inf, strlen(inf))));
	assert_int_equal(check_lint(check, "b.txt", bytes_of(text, strlen(text)), found, &err), -1);
	assert_int_equal(err.kind, ERR_FORMAT);
	assert_int_equal(report_len(found), 0);
	report_freep(&found);
	check_freep(&check);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mak_is_found_with_the_pkeyconfig_and_mended),
		cmocka_unit_test(a_rule_gets_another_severity),
		cmocka_unit_test(an_unknown_word_is_refused),
		cmocka_unit_test(what_is_no_answer_file_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
