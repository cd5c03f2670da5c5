/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs in the root of the project: reads docs/rules. */
#include "sysprep-lite/rule_docs.h"

#include <string.h>

#include "common/base/file.h"
#include "sysprep-lite/operations.h"
#include "sysprep-lite/scan.h"
#include "tests/unit/cmocka_all.h"

#define PAGE_MAX (1u << 16)

static void every_page_says_what_its_row_says(void **state UNUSED)
{
	const struct rule_meta *rule;
	const char *verb;
	size_t n = 0, wrong = 0;

	for (; (rule = rule_docs_at(n, &verb)); n++) {
		CLEANUP(freep) char *path = xasprintf("docs/rules/%s.md", rule->id);
		CLEANUP(strbuf_release) struct strbuf wanted = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;

		rule_docs_page(rule, verb, &wanted);
		if (file_read_all(path, PAGE_MAX, &page, NULL) == 0 && strcmp(strbuf_text(&page), wanted.data) == 0)
			continue;
		print_error("%s should be:\n%s\n", path, wanted.data);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	assert_true(n > 30);
}

static void ids_are_used_once(void **state UNUSED)
{
	const struct rule_meta *a, *b;
	const char *verb;

	for (size_t i = 0; (a = rule_docs_at(i, &verb)); i++)
		for (size_t j = i + 1; (b = rule_docs_at(j, &verb)); j++)
			assert_string_not_equal(a->id, b->id);
}

static void every_rule_says_why_or_what_to_do(void **state UNUSED)
{
	const struct rule_meta *rule;
	const char *verb;

	for (size_t i = 0; (rule = rule_docs_at(i, &verb)); i++) {
		assert_non_null(rule->summary);
		assert_non_null(rule->advice);
		assert_int_not_equal(rule->severity, SEVERITY_OFF);
	}
}

static void each_operation_is_told_under_a_rule(void **state UNUSED)
{
	for (size_t i = 0; i < n_op_rows; i++)
		assert_non_null(scan_rule_of(&op_rows[i]));
}

static void a_page_has_its_parts_in_order(void **state UNUSED)
{
	const struct rule_meta rule = {
		.id = "some-rule", .severity = SEVERITY_ERROR, .summary = "it is wrong",
		.why = "because", .advice = "do it",
	};
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;

	rule_docs_page(&rule, "scan", &page);
	assert_string_equal(page.data, "# some-rule\n\nerror of `sysprep-lite scan`: it is wrong.\n\n"
				       "## Why\n\nBecause.\n"
				       "\n## Fix\n\nDo it.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_says_what_its_row_says),
		cmocka_unit_test(ids_are_used_once),
		cmocka_unit_test(every_rule_says_why_or_what_to_do),
		cmocka_unit_test(each_operation_is_told_under_a_rule),
		cmocka_unit_test(a_page_has_its_parts_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
