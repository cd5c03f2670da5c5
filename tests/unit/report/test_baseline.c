/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/unit/cmocka_all.h"

static const struct rule_meta rule_a = { .id = "UA901", .severity = SEVERITY_ERROR, .summary = "a" };
static const struct rule_meta rule_b = { .id = "UA902", .severity = SEVERITY_WARNING, .summary = "b" };

static char root[] = "/tmp/baseline-test.XXXXXX";
static char *path;

static int make_root(void **state)
{
	(void)state;
	path = mkdtemp(root) ? path_join(root, "known") : NULL;
	return path ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	unlink(path);
	rmdir(root);
	free(path);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void add(struct report *report, const struct rule_meta *rule, const char *file, uint32_t line, const char *text)
{
	report_add(report, rule, (struct place){ .file = file, .line = line }, "%s", text);
}

static struct report *two_findings(void)
{
	struct report *report = report_new();

	add(report, &rule_a, "a.xml", 3, "first");
	report_note(report, "one\ntwo");
	add(report, &rule_b, "b.xml", 4, "second secret-value");
	return report;
}

static void apply(struct report **report, bool write, struct baseline_use *ret)
{
	struct err err;

	assert_int_equal(baseline_apply(path, "unattend", write, report, ret, &err), 0);
}

static void the_first_use_records_and_hides_everything(void **state)
{
	CLEANUP(report_freep) struct report *report = two_findings();
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct baseline_use use;
	struct err err;

	(void)state;
	apply(&report, false, &use);
	assert_true(use.written);
	assert_int_equal(use.n_hidden, 2);
	assert_int_equal(report_len(report), 0);
	assert_int_equal(file_read_all(path, 10000, &text, &err), 0);
	assert_memory_equal(text.data, "unattend-baseline 1\n", 20);
	assert_non_null(strstr(text.data, " UA901 a.xml\n"));
	assert_null(strstr(text.data, "secret-value"));
}

static void later_only_new_findings_are_left(void **state)
{
	CLEANUP(report_freep) struct report *first = two_findings();
	CLEANUP(report_freep) struct report *second = report_new();
	struct baseline_use use;

	(void)state;
	apply(&first, false, &use);
	add(second, &rule_a, "a.xml", 30, "first"); /* moved down: the same */
	add(second, &rule_a, "a.xml", 31, "first"); /* a second one of its kind: new */
	report_note(second, "kept");
	add(second, &rule_b, "c.xml", 4, "second secret-value");
	apply(&second, false, &use);
	assert_false(use.written);
	assert_int_equal(use.n_hidden, 1);
	assert_int_equal(use.n_stale, 1);
	assert_int_equal(report_len(second), 2);
	assert_int_equal(report_get(second, 0)->where.line, 31);
	assert_string_equal(report_get(second, 0)->note, "kept");
	assert_int_equal(report_get(second, 0)->severity, SEVERITY_ERROR);
}

static void writing_again_replaces_what_was_known(void **state)
{
	CLEANUP(report_freep) struct report *first = two_findings();
	CLEANUP(report_freep) struct report *second = report_new();
	CLEANUP(report_freep) struct report *third = two_findings();
	struct baseline_use use;

	(void)state;
	apply(&first, false, &use);
	add(second, &rule_b, "new.xml", 1, "x");
	apply(&second, true, &use);
	assert_true(use.written);
	assert_int_equal(use.n_hidden, 1);
	apply(&third, false, &use);
	assert_int_equal(use.n_hidden, 0);
	assert_int_equal(use.n_stale, 1);
	assert_int_equal(report_len(third), 2);
}

static void other_files_are_refused_with_their_name(void **state)
{
	static const char *const texts[] = { "", "something\n", "unattend-baseline 1\nxyz UA1 f\n",
					     "unattend-baseline 1\n0123456789abcdef0123456789abcdefg UA1 f\n",
					     "unattend-baseline 1\n0123456789abcdef UA1 f\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(report_freep) struct report *report = two_findings();
		struct err err = { .kind = ERR_NONE };
		struct baseline_use use;
		FILE *f = fopen(path, "w");

		fputs(texts[i], f);
		fclose(f);
		assert_int_equal(baseline_apply(path, "unattend", false, &report, &use, &err), -1);
		assert_non_null(strstr(err.text, path));
		assert_int_equal(report_len(report), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_first_use_records_and_hides_everything, forget),
		cmocka_unit_test_teardown(later_only_new_findings_are_left, forget),
		cmocka_unit_test_teardown(writing_again_replaces_what_was_known, forget),
		cmocka_unit_test_teardown(other_files_are_refused_with_their_name, forget),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
