/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken into an audit and what is not: the time asked for, what is no request, what several logs have. */
#include "tests/unit/kms/audit_case.h"

static void since_and_until_limit_what_is_looked_at(void **state)
{
	struct audit_case *c = *state;

	c->options.since = at_time("2026-08-04");
	c->options.until = at_time("2026-08-05");
	ask(c, "pc1", 1, "2026/8/3 23:59");
	ask(c, "pc1", 1, "2026/8/4 0:00");
	ask(c, "pc1", 1, "2026/8/4 23:59");
	ask(c, "pc1", 1, "2026/8/5 0:00");
	judge_case(c);
	assert_int_equal(c->audit->requests, 2);
	assert_int_equal(c->audit->logs.items[0].skipped[SKIP_OUTSIDE], 2);
	c->options.since = c->options.until = 0;
	case_clear(c);
}

static void what_is_no_request_is_counted_by_its_reason(void **state)
{
	struct audit_case *c = *state;

	strbuf_adds(&c->lines, "L\tD\tS\tE\tT\r\n" TAB("8/4/2026 10:00:00 AM", INFO)
		    TAB("8/4/2026 10:00:00 AM", "0x0,25,pc1," CMID ",2026/8/4 10:00,1")
		    TAB("8/4/2026 10:00:00 AM", "0x0,25,pc1,bad-cmid,2026/8/4 10:00,1,2,1," WINDOWS_10)
		    TAB("8/4/2026 10:00:00 AM", "nothing")
		    "Information\t8/4/2026 10:00:00 AM\tSPP\t12288\tNone\tx\r\n"
		    "Information\t8/4/2026 10:00:00 AM\tSPP\t12294\tNone\tx\r\n");
	judge_case(c);
	assert_int_equal(c->audit->logs.items[0].events, 6);
	assert_int_equal(c->audit->logs.items[0].requests, 1);
	assert_int_equal(c->audit->logs.items[0].skipped[SKIP_CUT], 1);
	assert_int_equal(c->audit->logs.items[0].skipped[SKIP_BAD], 1);
	assert_int_equal(c->audit->logs.items[0].skipped[SKIP_NO_INFO], 1);
	assert_int_equal(c->audit->logs.items[0].skipped[SKIP_CLIENT_EVENT], 1);
	assert_int_equal(c->audit->logs.items[0].skipped[SKIP_OTHER_EVENT], 1);
	case_clear(c);
}

static void record_in_two_exports_of_a_host_counts_once(void **state)
{
	struct audit_case *c = *state;
	static const char first[] = "<Events>" XML(SPP, "12290", "1", "<Data>" INFO "</Data>")
					       XML(SPP, "12290", "2", "<Data>" INFO "</Data>") "</Events>";
	static const char second[] = "<Events>" XML(SPP, "12290", "2", "<Data>" INFO "</Data>")
						XML(SPP, "12290", "3", "<Data>" INFO "</Data>") "</Events>";

	add_log(c, "first.xml", first, strlen(first));
	add_log(c, "second.xml", second, strlen(second));
	judge_case(c);
	assert_int_equal(c->audit->requests, 3);
	assert_int_equal(c->audit->logs.items[1].skipped[SKIP_REPEATED], 1);
	assert_int_equal(c->audit->hosts.len, 1);
	case_clear(c);
}

static void line_in_two_text_exports_counts_once(void **state)
{
	struct audit_case *c = *state;
	static const char first[] = INFO "\n" INFO "\n", second[] = INFO "\n0x0,25,pc2,,2026/8/4 "
									 "15:46,1,2,1," WINDOWS_10 "\n";

	c->options.several_logs = true;
	add_log(c, "first.txt", first, strlen(first));
	add_log(c, "second.txt", second, strlen(second));
	judge_case(c);
	assert_int_equal(c->audit->requests, 3);
	assert_int_equal(c->audit->logs.items[0].skipped[SKIP_REPEATED], 0);
	assert_int_equal(c->audit->logs.items[1].skipped[SKIP_REPEATED], 1);
	c->options.several_logs = false;
	case_clear(c);
}

static void running_number_that_looks_like_an_event_id_hides_nothing(void **state)
{
	struct audit_case *c = *state;

	strbuf_adds(&c->lines, "\"Index\",\"EntryType\",\"InstanceId\",\"Message\"\r\n"
			       "\"12290\",\"Information\",\"1073754114\",\"" INFO "\"\r\n"
			       "\"7\",\"Information\",\"1073754114\",\"" INFO "\"\r\n");
	judge_case(c);
	assert_int_equal(c->audit->requests, 2);
	case_clear(c);
}

static void every_rule_explains_itself(void **state UNUSED)
{
	for (size_t i = 0; kms_rules[i]; i++) {
		assert_true(strlen(kms_rules[i]->summary) > 10);
		assert_true(strlen(kms_rules[i]->why) > 10);
		assert_true(strlen(kms_rules[i]->advice) > 10);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(kms_rules[i]->id, kms_rules[k]->id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(since_and_until_limit_what_is_looked_at),
		cmocka_unit_test(what_is_no_request_is_counted_by_its_reason),
		cmocka_unit_test(record_in_two_exports_of_a_host_counts_once),
		cmocka_unit_test(line_in_two_text_exports_counts_once),
		cmocka_unit_test(running_number_that_looks_like_an_event_id_hides_nothing),
		cmocka_unit_test(every_rule_explains_itself),
	};

	return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
