/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a host counts, and why it is less than the computers are. */
#include "tests/unit/kms/audit_case.h"

static void fleet(struct audit_case *c, unsigned n, unsigned needed, const char *time)
{
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "pc%u", i);
		ask_as(c, name, 1000 + i, time, needed, 2, WINDOWS_10);
	}
}

static void count_is_explained_as_a_finding_when_asked_for(void **state)
{
	struct audit_case *c = *state;
	size_t n_off;

	ask(c, "pc1", 1, "2026/8/4 10:00");
	ask(c, "pc2", 1, "2026/8/5 10:00");
	ask(c, "pc1", 1, "2026/8/6 10:00");
	judge_case(c);
	/* rule_args switches rules that are off; here it runs. */
	assert_int_equal(n_found(c, "count-explained"), 1);
	assert_non_null(strstr(found(c, "count-explained")->message, "Windows count of log.txt should be at least 1"));
	assert_non_null(strstr(found(c, "count-explained")->note, "for every computer: 2"));
	for (n_off = 0; kms_rules[n_off] && !kms_rules[n_off]->off; n_off++)
		;
	assert_string_equal(kms_rules[n_off]->id, "count-explained");
	case_clear(c);
}

static void count_is_capped_at_50_with_clients_and_10_without(void **state)
{
	struct audit_case *c = *state;

	fleet(c, 60, 25, "2026/8/4 10:00");
	judge_case(c);
	assert_int_equal(c->audit->counts.items[0].cmids, 60);
	assert_int_equal(c->audit->counts.items[0].cap, 50);
	case_clear(c);
	fleet(c, 60, 5, "2026/8/4 10:00");
	judge_case(c);
	assert_int_equal(c->audit->counts.items[0].cap, 10);
	case_clear(c);
}

static void clones_count_as_one_until_each_has_its_own_cmid(void **state)
{
	struct audit_case *c = *state;

	ask(c, "old", 7, "2026/7/1 10:00");
	fleet(c, 20, 25, "2026/8/4 10:00");
	for (int round = 0; round < 2; round++)
		for (unsigned i = 0; i < 5; i++) {
			char name[32], time[32];

			snprintf(name, sizeof(name), "clone%u", i);
			snprintf(time, sizeof(time), "2026/8/%d 11:%02u", 4 + round, i);
			ask(c, name, 1, time);
		}
	judge_case(c);
	assert_int_equal(c->audit->counts.len, 1);
	assert_true(c->audit->counts.items[0].covered);
	assert_int_equal(c->audit->counts.items[0].cmids, 21);
	assert_int_equal(c->audit->counts.items[0].computers, 25);
	assert_int_equal(c->audit->counts.items[0].requests, 30);
	assert_int_equal(n_found(c, "count-too-low"), 1);
	assert_int_equal(n_found(c, "short-coverage"), 0);
	case_clear(c);
}

static void young_log_cannot_tell_that_a_count_is_too_low(void **state)
{
	struct audit_case *c = *state;

	fleet(c, 3, 25, "2026/8/4 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "count-too-low"), 0);
	assert_int_equal(n_found(c, "short-coverage"), 1);
	case_clear(c);
}

static void client_leaves_the_count_after_the_window(void **state)
{
	struct audit_case *c = *state;

	ask(c, "gone", 1, "2026/7/5 9:59");
	ask(c, "just", 2, "2026/7/5 10:01");
	ask(c, "now", 3, "2026/8/4 10:00");
	judge_case(c);
	assert_int_equal(c->audit->counts.items[0].cmids, 2);
	case_clear(c);
}

static void clients_of_two_hosts_are_told(void **state)
{
	struct audit_case *c = *state;

	add_log(c, "one.txt", INFO "\n", strlen(INFO "\n"));
	judge_case(c);
	assert_int_equal(n_found(c, "several-hosts"), 0);
	case_clear(c);
	add_log(c, "one.txt", INFO "\n", strlen(INFO "\n"));
	add_log(c, "two.txt", INFO "\n", strlen(INFO "\n"));
	judge_case(c);
	assert_int_equal(n_found(c, "several-hosts"), 1);
	assert_int_equal(c->audit->counts.len, 2);
	case_clear(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(count_is_explained_as_a_finding_when_asked_for),
		cmocka_unit_test(count_is_capped_at_50_with_clients_and_10_without),
		cmocka_unit_test(clones_count_as_one_until_each_has_its_own_cmid),
		cmocka_unit_test(young_log_cannot_tell_that_a_count_is_too_low),
		cmocka_unit_test(client_leaves_the_count_after_the_window),
		cmocka_unit_test(clients_of_two_hosts_are_told),
	};

	return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
