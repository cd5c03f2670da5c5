/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a single request tells: refused, a wrong clock, a product that the host key does not cover, no client machine ID. */
#include "tests/unit/kms/audit_case.h"

static void refused_requests_are_grouped_by_code_and_not_counted(void **state)
{
	struct audit_case *c = *state;

	strbuf_adds(&c->lines,
		    "0xC004F042,25,pc1," CMID ",2026/8/4 10:00,1,2,1," WINDOWS_10 "\n"
		    "0xC004F042,25,pc2,02eb9985-230c-49ad-a8c2-c24914da4739,2026/8/4 10:01,1,2,1," WINDOWS_10 "\n"
		    "0xC0049999,25,pc3,03eb9985-230c-49ad-a8c2-c24914da4739,2026/8/4 10:02,1,2,1," WINDOWS_10 "\n");
	judge_case(c);
	assert_int_equal(n_found(c, "failed-requests"), 2);
	assert_int_equal(c->audit->failures.items[1].requests, 2);
	assert_int_equal(c->audit->failures.items[1].hresult, 0xc004f042);
	assert_int_equal(c->audit->refused, 3);
	assert_int_equal(c->audit->counts.items[0].cmids, 0);
	case_clear(c);
}

static void product_newer_than_the_host_key_is_named_with_the_key_it_needs(void **state)
{
	struct audit_case *c = *state;

	for (unsigned i = 0; i < 3; i++)
		strbuf_addf(&c->lines, "0xC004F042,5,srv%u,%08x-230c-49ad-a8c2-c24914da4739,2026/8/4 10:0%u,1,2,1,"
				       "ef6cfc9f-8c5d-44ac-9aad-de6a2ea0ae03\n", i, i + 1, i);
	strbuf_adds(&c->lines, "0xC004F06C,5,srv9,00000009-230c-49ad-a8c2-c24914da4739,2026/8/4 10:09,1,2,1," WINDOWS_10 "\n");
	c->options.host = "kms01";
	judge_case(c);
	assert_int_equal(n_found(c, "unsupported-product"), 1);
	assert_non_null(strstr(found(c, "unsupported-product")->message, "kms01 does not activate Windows Server 2022"));
	assert_non_null(strstr(found(c, "unsupported-product")->note, "Windows Server 2016; Windows Server 2019; Windows Server 2022"));
	assert_non_null(strstr(found(c, "unsupported-product")->note, "3 requests"));
	c->options.host = NULL;
	case_clear(c);
}

static void clock_more_than_four_hours_off_is_told(void **state)
{
	struct audit_case *c = *state;

	strbuf_adds(&c->lines,
		    "L\tD\tS\tE\tT\r\n" TAB("8/4/2026 10:00:00 AM", "0x0,25,pc1," CMID ",2026/8/4 "
										       "10:00,1,2,1," WINDOWS_10)
			    TAB("8/4/2026 10:05:00 AM", "0x0,25,pc2,02eb9985-230c-49ad-a8c2-c24914da4739,2026/8/4 "
							"6:05,1,2,1," WINDOWS_10)
				    TAB("8/4/2026 10:06:00 AM", "0x0,25,pc3,03eb9985-230c-49ad-a8c2-c24914da4739,2026/"
								"8/4 14:07,1,2,1," WINDOWS_10)
					    TAB("8/4/2026 10:07:00 AM", "0x0,25,pc4,04eb9985-230c-49ad-a8c2-"
									"c24914da4739,2026/8/4 10:07,1,2,1," WINDOWS_10)
						    TAB("8/4/2026 10:08:00 AM", "0x0,25,pc5,05eb9985-230c-49ad-a8c2-"
										"c24914da4739,2026/8/4 "
										"10:08,1,2,1," WINDOWS_10));
	judge_case(c);
	/* pc2 is exactly 240 minutes behind, which the host still takes. */
	assert_int_equal(n_found(c, "clock-skew"), 1);
	assert_non_null(strstr(found(c, "clock-skew")->note, "241 minutes"));
	assert_non_null(strstr(found(c, "clock-skew")->message, "pc3 is more than four hours ahead"));
	case_clear(c);
}

static void clock_as_wrong_both_ways_is_told_alike_in_any_order(void **state)
{
	static const char *const rows[] = {
		TAB("8/4/2026 10:00:00 AM", "0x0,25,pc1," CMID ",2026/8/4 15:00,1,2,1," WINDOWS_10),
		TAB("8/4/2026 11:00:00 PM", "0x0,25,pc1," CMID ",2026/8/4 18:00,1,2,1," WINDOWS_10),
	};
	struct audit_case *c = *state;

	for (size_t first = 0; first < 2; first++) {
		strbuf_addf(&c->lines, "L\tD\tS\tE\tT\r\n%s%s", rows[first], rows[1 - first]);
		/* The zone of the columns is taken from what most rows say. */
		for (unsigned i = 0; i < 5; i++)
			strbuf_adds(&c->lines, TAB("8/4/2026 10:10:00 AM", "0x0,25,pc2,02eb9985-230c-49ad-a8c2-c24914da4739,"
								"2026/8/4 10:10,1,2,1," WINDOWS_10));
		judge_case(c);
		assert_non_null(strstr(found(c, "clock-skew")->message, "behind"));
		assert_non_null(strstr(found(c, "clock-skew")->note, "300 minutes (2 of 2"));
		case_clear(c);
	}
}

static void request_without_a_cmid_is_told_and_not_indexed(void **state)
{
	struct audit_case *c = *state;

	strbuf_adds(&c->lines, "0x0,25,pc1,,2026/8/4 10:00,1,2,1," WINDOWS_10 "\n"
			       "0x0,25,pc2,00000000-0000-0000-0000-000000000000,2026/8/4 10:01,1,2,1," WINDOWS_10 "\n");
	judge_case(c);
	assert_int_equal(n_found(c, "empty-cmid"), 2);
	assert_int_equal(cmid_index_clients(c->audit->index), 0);
	assert_int_equal(c->audit->requests, 2);
	case_clear(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_requests_are_grouped_by_code_and_not_counted),
		cmocka_unit_test(product_newer_than_the_host_key_is_named_with_the_key_it_needs),
		cmocka_unit_test(clock_more_than_four_hours_off_is_told),
		cmocka_unit_test(clock_as_wrong_both_ways_is_told_alike_in_any_order),
		cmocka_unit_test(request_without_a_cmid_is_told_and_not_indexed),
	};

	return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
