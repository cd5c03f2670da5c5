/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computers that share a client machine ID, those that only changed their name, and clones of one name. */
#include "tests/unit/kms/audit_case.h"

static void names_that_take_turns_are_clones(void **state)
{
	struct audit_case *c = *state;

	ask(c, "TEST-01.contoso.com", 1, "2026/8/4 10:00");
	ask(c, "TEST-02.contoso.com", 1, "2026/8/5 10:00");
	ask(c, "test-01.contoso.com", 1, "2026/8/6 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "duplicate-cmid"), 1);
	assert_int_equal(found(c, "duplicate-cmid")->severity, SEVERITY_ERROR);
	assert_string_equal(found(c, "duplicate-cmid")->where.item, "00000001-230c-49ad-a8c2-c24914da4739");
	assert_non_null(strstr(found(c, "duplicate-cmid")->note, "TEST-01.contoso.com: 2 requests"));
	assert_non_null(strstr(found(c, "duplicate-cmid")->note, "TEST-02.contoso.com: 1 request,"));
	assert_int_equal(n_found(c, "computer-renamed"), 0);
	case_clear(c);
}

static void name_that_stops_before_another_begins_is_a_rename(void **state)
{
	struct audit_case *c = *state;

	/* Seen on real hosts: a cloud image is renamed and joins a domain. */
	ask(c, "EC2AMAZ-U1F32CD", 1, "2026/8/4 10:00");
	ask(c, "EC2AMAZ-U1F32CD", 1, "2026/8/5 10:00");
	ask(c, "WinADController.aperture.sci", 1, "2026/8/6 10:00");
	ask(c, "WinADController.aperture.sci", 1, "2026/8/13 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "duplicate-cmid"), 0);
	assert_int_equal(n_found(c, "computer-renamed"), 1);
	assert_int_equal(found(c, "computer-renamed")->severity, SEVERITY_INFO);
	case_clear(c);
}

static void short_name_and_full_name_are_one_computer(void **state)
{
	struct audit_case *c = *state;

	ask(c, "WKSTN63.contoso.com.", 1, "2026/8/4 10:00");
	ask(c, "WKSTN63", 1, "2026/8/5 10:00");
	ask(c, "wkstn63.CONTOSO.com", 1, "2026/8/6 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "duplicate-cmid"), 0);
	assert_int_equal(n_found(c, "computer-renamed"), 0);
	case_clear(c);
}

static void two_domains_that_take_turns_are_two_computers(void **state)
{
	struct audit_case *c = *state;

	ask(c, "pc1.a.example.com", 1, "2026/8/4 10:00");
	ask(c, "pc1.b.example.com", 1, "2026/8/5 10:00");
	ask(c, "pc1.a.example.com", 1, "2026/8/6 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "duplicate-cmid"), 1);
	case_clear(c);
}

static void domain_that_follows_another_is_a_move(void **state)
{
	struct audit_case *c = *state;

	ask(c, "pc1.a.example.com", 1, "2026/8/4 10:00");
	ask(c, "pc1.b.example.com", 1, "2026/8/5 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "duplicate-cmid"), 0);
	assert_int_equal(n_found(c, "computer-renamed"), 1);
	case_clear(c);
}

static void addresses_are_whole_names(void **state)
{
	struct audit_case *c = *state;

	ask(c, "10.0.0.1", 1, "2026/8/4 10:00");
	ask(c, "10.0.0.2", 1, "2026/8/5 10:00");
	ask(c, "10.0.0.1", 1, "2026/8/6 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "duplicate-cmid"), 1);
	case_clear(c);
}

static void many_names_one_after_the_other_are_probably_clones(void **state)
{
	struct audit_case *c = *state;

	ask(c, "pc1", 1, "2026/8/4 10:00");
	ask(c, "pc2", 1, "2026/8/4 11:00");
	ask(c, "pc3", 1, "2026/8/4 12:00");
	ask(c, "pc4", 1, "2026/8/4 13:00");
	judge_case(c);
	assert_int_equal(n_found(c, "duplicate-cmid"), 1);
	assert_int_equal(found(c, "duplicate-cmid")->severity, SEVERITY_WARNING);
	case_clear(c);
}

static void order_of_lines_does_not_matter(void **state)
{
	struct audit_case *c = *state;

	ask(c, "pc2", 1, "2026/8/6 10:00");
	ask(c, "pc1", 1, "2026/8/5 10:00");
	ask(c, "pc1", 1, "2026/8/4 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "computer-renamed"), 1);
	assert_string_equal(cmid_index_name(c->audit->index, c->audit->computers.items[0].name), "pc1");
	case_clear(c);
}

static void clone_that_was_repaired_is_told(void **state)
{
	struct audit_case *c = *state;

	ask(c, "pc1", 1, "2026/8/4 10:00");
	ask(c, "pc2", 1, "2026/8/5 10:00");
	ask(c, "pc1", 1, "2026/8/6 10:00");
	ask(c, "pc1", 2, "2026/8/7 10:00");
	judge_case(c);
	assert_non_null(strstr(found(c, "duplicate-cmid")->note, "00000002-230c-49ad-a8c2-c24914da4739"));
	assert_int_equal(n_found(c, "cmid-changed"), 1);
	case_clear(c);
}

static void rearm_told_by_the_log_of_a_client_is_a_repair(void **state)
{
	static const char rearm[] =
		"<Event><System><Provider Name='Microsoft-Windows-Security-SPP'/><EventID>12306</EventID>"
		"<TimeCreated SystemTime='2026-08-09T10:00:00Z'/><Computer>PC2</Computer></System><EventData>"
		"<Data>a</Data></EventData></Event>";
	struct audit_case *c = *state;

	ask(c, "pc1", 1, "2026/8/4 10:00");
	ask(c, "pc2", 1, "2026/8/5 10:00");
	ask(c, "pc1", 1, "2026/8/6 10:00");
	add_log(c, "client.xml", rearm, strlen(rearm));
	judge_case(c);
	assert_non_null(strstr(found(c, "duplicate-cmid")->note, "since then it was rearmed, on 2026-08-09"));
	assert_non_null(strstr(found(c, "duplicate-cmid")->note, "all but one have been repaired since"));
	case_clear(c);
}

static void one_renewal_a_week_is_normal_and_one_a_day_is_not(void **state)
{
	struct audit_case *c = *state;
	char time[32];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(time, sizeof(time), "2026/8/%u 10:00", 1 + 7 * i);
		ask_as(c, "weekly", 1, time, 5, 1, WINDOWS_10);
	}
	for (unsigned i = 0; i < 20; i++) {
		snprintf(time, sizeof(time), "2026/8/%u 10:00", 1 + i);
		ask_as(c, "daily", 2, time, 5, 1, WINDOWS_10);
		ask_as(c, "grace", 3, time, 5, 2, WINDOWS_10);
	}
	judge_case(c);
	assert_int_equal(n_found(c, "several-renewals-one-name"), 1);
	assert_non_null(strstr(found(c, "several-renewals-one-name")->message, "daily"));
	assert_non_null(strstr(found(c, "several-renewals-one-name")->note, "20 renewals of"));
	case_clear(c);
}

static void minutes_left_tell_clones_of_one_name_from_a_short_interval(void **state)
{
	struct audit_case *c = *state;

	/* Five machines, each a week after its own renewal before. */
	for (unsigned week = 0; week < 4; week++)
		for (unsigned machine = 0; machine < 5; machine++)
			renew(c, "CLONE", 1, week * 10080 + machine * 700, 249120 - machine);
	/* One machine that asks each day: each renewal is a day after the one before. */
	for (unsigned i = 0; i < 28; i++)
		renew(c, "policy", 2, i * 1440, 259200 - 1440);
	/* One whose renewals do not succeed: the minutes run down, as they do for several. */
	for (unsigned i = 0; i < 100; i++)
		renew(c, "stuck", 3, i * 120, 249000 - i * 120);
	judge_case(c);
	assert_int_equal(c->audit->renewals.len, 3);
	assert_int_equal(c->audit->renewals.items[0].verdict, RENEWAL_CLONES);
	assert_int_equal(c->audit->renewals.items[0].computers, 5);
	assert_int_equal(c->audit->renewals.items[1].verdict, RENEWAL_SHORT_INTERVAL);
	assert_int_equal(c->audit->renewals.items[2].verdict, RENEWAL_LIKELY_CLONES);
	assert_int_equal(n_found(c, "several-renewals-one-name"), 3);
	assert_int_equal(report_count(c->report, SEVERITY_WARNING), 2);
	case_clear(c);
}

static void renewals_count_over_hosts_and_spellings_of_a_name(void **state)
{
	struct audit_case *c = *state;

	for (unsigned week = 0; week < 4; week++)
		for (unsigned machine = 0; machine < 4; machine++)
			renew(c, machine % 2 ? "pc" : "PC.example.com", 1, week * 10080 + machine * 700, 249120);
	judge_case(c);
	assert_int_equal(c->audit->renewals.len, 1);
	assert_int_equal(c->audit->renewals.items[0].renewals, 16);
	assert_int_equal(c->audit->renewals.items[0].computers, 4);
	case_clear(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_take_turns_are_clones),
		cmocka_unit_test(name_that_stops_before_another_begins_is_a_rename),
		cmocka_unit_test(short_name_and_full_name_are_one_computer),
		cmocka_unit_test(two_domains_that_take_turns_are_two_computers),
		cmocka_unit_test(domain_that_follows_another_is_a_move),
		cmocka_unit_test(addresses_are_whole_names),
		cmocka_unit_test(many_names_one_after_the_other_are_probably_clones),
		cmocka_unit_test(order_of_lines_does_not_matter),
		cmocka_unit_test(clone_that_was_repaired_is_told),
		cmocka_unit_test(rearm_told_by_the_log_of_a_client_is_a_repair),
		cmocka_unit_test(one_renewal_a_week_is_normal_and_one_a_day_is_not),
		cmocka_unit_test(minutes_left_tell_clones_of_one_name_from_a_short_interval),
		cmocka_unit_test(renewals_count_over_hosts_and_spellings_of_a_name),
	};

	return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
