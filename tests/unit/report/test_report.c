/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/fingerprint.h"
#include "common/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"

static const struct rule_meta error_rule = { .id = "T2", .severity = SEVERITY_ERROR };
static const struct rule_meta style_rule = { .id = "T1", .severity = SEVERITY_STYLE };
static const struct rule_meta off_rule = { .id = "T0", .severity = SEVERITY_OFF };

static struct place at(const char *file, uint32_t line, uint32_t column)
{
	return (struct place){ .file = file, .line = line, .column = column };
}

static char *rendered(struct report *report, bool color)
{
	const struct render_options options = { .color = color, .tool = "t" };
	struct strbuf out = STRBUF_INIT;

	renderer_find("text")->render(report, &options, &out);
	return strbuf_detach(&out);
}

static void findings_come_by_file_line_column_and_id(void **state UNUSED)
{
	struct report *report = report_new();
	char *text;

	report_add(report, &error_rule, at("b.xml", 9, 1), "late");
	report_add(report, &error_rule, at("b.xml", 2, 7), "right");
	report_add(report, &error_rule, at("a.xml", 1, 1), "other file, named later");
	report_add(report, &error_rule, at("b.xml", 2, 3), "same place, id behind");
	report_add(report, &style_rule, at("b.xml", 2, 3), "same place, id before");
	report_note(report, "first\nsecond");
	report_add(report, &off_rule, at("b.xml", 1, 1), "never");
	text = rendered(report, false);
	assert_string_equal(text, "b.xml:2:3: style: same place, id before [T1]\n"
				  "    first\n    second\n"
				  "b.xml:2:3: error: same place, id behind [T2]\n"
				  "b.xml:2:7: error: right [T2]\n"
				  "b.xml:9:1: error: late [T2]\n"
				  "a.xml:1:1: error: other file, named later [T2]\n");
	assert_int_equal(report_count(report, SEVERITY_STYLE), 5);
	assert_int_equal(report_count(report, SEVERITY_WARNING), 4);
	free(text);
	report_freep(&report);
}

static void notes_go_to_the_finding_added_last_even_after_sorting(void **state UNUSED)
{
	struct report *report = report_new();

	report_add(report, &error_rule, at("a", 5, 1), "first");
	report_add(report, &error_rule, at("a", 1, 1), "second");
	assert_string_equal(report_get(report, 0)->message, "second");
	report_note(report, "of the second");
	assert_string_equal(report_get(report, 0)->note, "of the second");
	assert_null(report_get(report, 1)->note);
	report_freep(&report);
}

static void terminal_controls_in_names_and_messages_are_escaped(void **state UNUSED)
{
	struct report *report = report_new();
	char *text;

	report_add(report, &error_rule, (struct place){ .file = "a\x1b[2J", .has_offset = true, .offset = 0x1f }, "x\ny");
	text = rendered(report, true);
	assert_string_equal(text, "a\\u{1b}[2J:0x1f: \033[1;31merror\033[0m: x\\u{a}y [T2]\n");
	free(text);
	report_freep(&report);
}

static void severities_are_named_both_ways(void **state UNUSED)
{
	enum severity severity;

	for (enum severity s = SEVERITY_OFF; s <= SEVERITY_ERROR; s++) {
		assert_true(severity_parse(severity_name(s), &severity));
		assert_int_equal(severity, s);
	}
	assert_false(severity_parse("fatal", &severity));
	assert_null(renderer_find("nothing"));
}

static void chosen_severities_hold_for_what_is_added_and_its_notes(void **state UNUSED)
{
	struct report *report = report_new();

	report_set_severity(report, &error_rule, SEVERITY_OFF);
	report_add(report, &style_rule, at("a", 1, 1), "kept");
	report_add(report, &error_rule, at("a", 2, 1), "off");
	report_note(report, "of what is off");
	assert_int_equal(report_len(report), 1);
	assert_null(report_get(report, 0)->note);
	report_set_severity(report, &error_rule, SEVERITY_INFO);
	report_add_as(report, &error_rule, SEVERITY_WARNING, at("a", 3, 1), "info");
	assert_int_equal(report_get(report, 1)->severity, SEVERITY_INFO);
	report_unset_severity(report, &error_rule);
	report_add_as(report, &error_rule, SEVERITY_WARNING, at("a", 4, 1), "as added");
	assert_int_equal(report_get(report, 2)->severity, SEVERITY_WARNING);
	report_freep(&report);
}

static void equal_findings_are_numbered_and_those_of_an_item_whatever_their_file(void **state UNUSED)
{
	static const struct rule_meta by_item = { .id = "T3", .severity = SEVERITY_INFO, .by_item = true };
	struct report *report = report_new();
	char one[FINGERPRINT_LEN + 1], other[FINGERPRINT_LEN + 1];

	report_add(report, &error_rule, at("a", 1, 1), "same");
	report_add(report, &error_rule, at("a", 2, 1), "same");
	report_add(report, &by_item, (struct place){ .file = "b", .item = "x" }, "m");
	assert_int_equal(report_get(report, 0)->nth, 0);
	assert_int_equal(report_get(report, 1)->nth, 1);
	assert_string_not_equal(finding_fingerprint(report, 0, one), finding_fingerprint(report, 1, other));
	finding_fingerprint(report, 2, one);
	report_freep(&report);
	report = report_new();
	report_add(report, &by_item, (struct place){ .file = "c", .item = "x" }, "m");
	assert_string_equal(finding_fingerprint(report, 0, other), one);
	report_freep(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_come_by_file_line_column_and_id),
		cmocka_unit_test(notes_go_to_the_finding_added_last_even_after_sorting),
		cmocka_unit_test(terminal_controls_in_names_and_messages_are_escaped),
		cmocka_unit_test(chosen_severities_hold_for_what_is_added_and_its_notes),
		cmocka_unit_test(equal_findings_are_numbered_and_those_of_an_item_whatever_their_file),
		cmocka_unit_test(severities_are_named_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
