/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computers whose client machine ID changed, and pools that are allowed to. */
#include "tests/unit/kms/audit_case.h"

static void changed_cmid_is_a_note_and_many_are_a_warning(void **state)
{
	struct audit_case *c = *state;
	char time[32];

	ask(c, "once", 1, "2026/8/4 10:00");
	ask(c, "once", 2, "2026/8/5 10:00");
	for (unsigned i = 0; i < 6; i++) {
		snprintf(time, sizeof(time), "2026/8/%u 10:00", 4 + i);
		ask(c, "vdi-7", 100 + i, time);
	}
	/* As often, but it was there long enough to renew. */
	for (unsigned i = 0; i < 6; i++)
		renew(c, "loop", 200 + i, 1440 * i, 249120);
	judge_case(c);
	assert_int_equal(n_found(c, "cmid-changed"), 2);
	assert_int_equal(report_count(c->report, SEVERITY_WARNING), 1);
	assert_non_null(strstr(found(c, "non-persistent-pool")->message, "vdi-7"));
	assert_int_equal(n_found(c, "non-persistent-pool"), 1);
	case_clear(c);
}

static void pool_is_allowed_to_change(void **state)
{
	static const char *const pools[] = { "VDI-*" };
	struct audit_case *c = *state;
	char time[32];

	c->options.pools = pools;
	c->options.n_pools = 1;
	for (unsigned i = 0; i < 6; i++) {
		snprintf(time, sizeof(time), "2026/8/%u 10:00", 4 + i);
		ask(c, "vdi-7", 100 + i, time);
	}
	judge_case(c);
	assert_int_equal(n_found(c, "cmid-changed"), 0);
	assert_non_null(strstr(found(c, "non-persistent-pool")->note, "1 computer has used 6 CMIDs"));
	assert_int_equal(c->audit->pools.items[0].now_cmids, 6);
	c->options.n_pools = 0;
	case_clear(c);
}

static void two_cmids_that_take_turns_are_two_computers_of_one_name(void **state)
{
	struct audit_case *c = *state;

	ask(c, "pc1", 1, "2026/8/4 10:00");
	ask(c, "pc1", 2, "2026/8/5 10:00");
	ask(c, "pc1", 1, "2026/8/6 10:00");
	judge_case(c);
	assert_int_equal(n_found(c, "shared-name"), 1);
	assert_int_equal(n_found(c, "cmid-changed"), 0);
	case_clear(c);
}

static void office_2010_has_a_cmid_of_its_own(void **state)
{
	struct audit_case *c = *state;

	ask(c, "pc1", 1, "2026/8/4 10:00");
	ask_as(c, "pc1", 2, "2026/8/5 10:00", 5, 2, OFFICE_2010);
	ask(c, "pc1", 1, "2026/8/6 10:00");
	ask_as(c, "pc1", 1, "2026/8/6 10:01", 5, 2, OFFICE_2016);
	judge_case(c);
	assert_int_equal(n_found(c, "cmid-changed") + n_found(c, "shared-name") + n_found(c, "duplicate-cmid"), 0);
	assert_int_equal(c->audit->counts.len, 3);
	case_clear(c);
}

static void office_with_a_cmid_of_its_own_is_neither_a_change_nor_a_repair(void **state)
{
	struct audit_case *c = *state;

	/* Windows 7 with Office 2016: two CMIDs, all the time. */
	ask(c, "pc1", 1, "2026/8/4 10:00");
	ask_as(c, "pc1", 2, "2026/8/4 11:00", 5, 2, OFFICE_2016);
	ask(c, "pc1", 1, "2026/8/6 10:00");
	ask_as(c, "pc1", 2, "2026/8/6 11:00", 5, 2, OFFICE_2016);
	/* A clone of it asks for Office later: its Windows is not repaired by that. */
	ask(c, "pc3", 1, "2026/8/5 10:00");
	ask_as(c, "pc3", 4, "2026/8/9 10:00", 5, 2, OFFICE_2016);
	/* Installed again, with the new CMID for both: told once. */
	ask(c, "pc5", 5, "2026/8/4 10:00");
	ask_as(c, "pc5", 5, "2026/8/4 10:01", 5, 2, OFFICE_2016);
	ask(c, "pc5", 6, "2026/8/5 10:00");
	ask_as(c, "pc5", 6, "2026/8/5 10:01", 5, 2, OFFICE_2016);
	judge_case(c);
	assert_int_equal(n_found(c, "shared-name"), 0);
	assert_int_equal(n_found(c, "duplicate-cmid"), 1);
	assert_null(strstr(found(c, "duplicate-cmid")->note, "another CMID"));
	assert_int_equal(n_found(c, "cmid-changed"), 1);
	assert_string_equal(found(c, "cmid-changed")->where.item, "pc5");
	case_clear(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_cmid_is_a_note_and_many_are_a_warning),
		cmocka_unit_test(pool_is_allowed_to_change),
		cmocka_unit_test(two_cmids_that_take_turns_are_two_computers_of_one_name),
		cmocka_unit_test(office_2010_has_a_cmid_of_its_own),
		cmocka_unit_test(office_with_a_cmid_of_its_own_is_neither_a_change_nor_a_repair),
	};

	return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
