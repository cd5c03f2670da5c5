/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every rule: what makes the finding, and what is near it but makes none. */
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
	assert_non_null(strstr(found(c, "non-persistent-pool")->note, "1 computers have used 6 CMIDs"));
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

static void product_keys_in_messages_are_starred_out(void **state)
{
	static const char log[] =
		"<Event><System><Provider Name='x A1B2C-D3E4F-G5H6J-K7L8M-N9P2Q'/><EventID>7</EventID><Channel>Key Management "
		"Service</Channel><TimeCreated SystemTime='2026-08-09T10:00:00Z'/><Computer>k</Computer></System></Event>"
		"<Event><System><Provider Name='Microsoft-Windows-Security-SPP'/><EventID>12293</EventID><TimeCreated "
		"SystemTime='2026-08-09T10:00:00Z'/><Computer>k</Computer></System><EventData><Data>0x80070005 "
		"A1B2C-D3E4F-G5H6J-K7L8M-N9P2Q and 00000000-0000-0000-0000-000000000000</Data></EventData></Event>";
	struct audit_case *c = *state;

	add_log(c, "log.xml", log, strlen(log));
	judge_case(c);
	assert_non_null(strstr(found(c, "dns-publishing-failed")->message,
			       "*****-*****-*****-*****-N9P2Q and 00000000-0000-0000-0000-000000000000"));
	assert_non_null(strstr(found(c, "foreign-record")->message, "*****-*****-*****-*****-N9P2Q"));
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

#define TAB(time, info) "Information\t" time "\tSPP\t12290\tNone\t\"Info:\r\n" info "\"\r\n"

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

static void fleet(struct audit_case *c, unsigned n, unsigned needed, const char *time)
{
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "pc%u", i);
		ask_as(c, name, 1000 + i, time, needed, 2, WINDOWS_10);
	}
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

#define XML(provider, id, record, rest)                                                                \
	"<Event><System><Provider Name='" provider "'/><EventID>" id "</EventID><TimeCreated "         \
	"SystemTime='2026-08-04T10:00:00Z'/><EventRecordID>" record "</EventRecordID>"                 \
	"<Channel>Key Management Service</Channel><Computer>kms01</Computer></System><EventData>" rest \
	"</EventData></Event>"
#define SPP "Microsoft-Windows-Security-SPP"

static void record_that_is_not_the_kms_own_is_foreign(void **state)
{
	struct audit_case *c = *state;
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf large = STRBUF_INIT;

	strbuf_add_fill(&large, 'a', 2 * 4000);
	strbuf_adds(&log,
		    "<Events>" XML(SPP, "12290", "1", "<Data>" INFO "</Data>")
			    XML("Persistence", "1337", "2", "<Data>x</Data>") XML(SPP, "9999", "3", "<Data>x</Data>"));
	strbuf_addf(&log, XML(SPP, "12290", "4", "<Data>" INFO "</Data><Binary>%.520s</Binary>"), large.data);
	strbuf_addf(&log, XML(SPP, "12290", "5", "<Data>" INFO "</Data><Binary>%s</Binary>"), large.data);
	strbuf_adds(&log, XML(SPP, "12290", "6", "<Data>hello</Data>"));
	strbuf_addf(&log, XML(SPP, "12290", "7", "<Data>hello</Data><Binary>%.520s</Binary>") "</Events>", large.data);
	add_log(c, "log.xml", log.data, strlen(log.data));
	judge_case(c);
	assert_int_equal(n_found(c, "foreign-record"), 4);
	assert_int_equal(c->audit->requests, 3);
	case_clear(c);
}

static void dns_failure_is_told_with_its_code(void **state)
{
	struct audit_case *c = *state;
	static const char log[] = "<Events>" XML(SPP, "12293", "1",
						 "<Data>0x8007232D</Data><Data>example.com</Data>") "</Events>";

	add_log(c, "log.xml", log, strlen(log));
	judge_case(c);
	assert_int_equal(n_found(c, "dns-publishing-failed"), 1);
	assert_non_null(strstr(found(c, "dns-publishing-failed")->message, "0x8007232D"));
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
		cmocka_unit_test(names_that_take_turns_are_clones),
		cmocka_unit_test(name_that_stops_before_another_begins_is_a_rename),
		cmocka_unit_test(short_name_and_full_name_are_one_computer),
		cmocka_unit_test(two_domains_that_take_turns_are_two_computers),
		cmocka_unit_test(domain_that_follows_another_is_a_move),
		cmocka_unit_test(addresses_are_whole_names),
		cmocka_unit_test(many_names_one_after_the_other_are_probably_clones),
		cmocka_unit_test(order_of_lines_does_not_matter),
		cmocka_unit_test(clone_that_was_repaired_is_told),
		cmocka_unit_test(changed_cmid_is_a_note_and_many_are_a_warning),
		cmocka_unit_test(pool_is_allowed_to_change),
		cmocka_unit_test(two_cmids_that_take_turns_are_two_computers_of_one_name),
		cmocka_unit_test(office_2010_has_a_cmid_of_its_own),
		cmocka_unit_test(office_with_a_cmid_of_its_own_is_neither_a_change_nor_a_repair),
		cmocka_unit_test(one_renewal_a_week_is_normal_and_one_a_day_is_not),
		cmocka_unit_test(minutes_left_tell_clones_of_one_name_from_a_short_interval),
		cmocka_unit_test(renewals_count_over_hosts_and_spellings_of_a_name),
		cmocka_unit_test(product_newer_than_the_host_key_is_named_with_the_key_it_needs),
		cmocka_unit_test(product_keys_in_messages_are_starred_out),
		cmocka_unit_test(rearm_told_by_the_log_of_a_client_is_a_repair),
		cmocka_unit_test(count_is_explained_as_a_finding_when_asked_for),
		cmocka_unit_test(refused_requests_are_grouped_by_code_and_not_counted),
		cmocka_unit_test(clock_more_than_four_hours_off_is_told),
		cmocka_unit_test(clock_as_wrong_both_ways_is_told_alike_in_any_order),
		cmocka_unit_test(request_without_a_cmid_is_told_and_not_indexed),
		cmocka_unit_test(count_is_capped_at_50_with_clients_and_10_without),
		cmocka_unit_test(clones_count_as_one_until_each_has_its_own_cmid),
		cmocka_unit_test(young_log_cannot_tell_that_a_count_is_too_low),
		cmocka_unit_test(client_leaves_the_count_after_the_window),
		cmocka_unit_test(since_and_until_limit_what_is_looked_at),
		cmocka_unit_test(what_is_no_request_is_counted_by_its_reason),
		cmocka_unit_test(record_that_is_not_the_kms_own_is_foreign),
		cmocka_unit_test(dns_failure_is_told_with_its_code),
		cmocka_unit_test(record_in_two_exports_of_a_host_counts_once),
		cmocka_unit_test(clients_of_two_hosts_are_told),
		cmocka_unit_test(running_number_that_looks_like_an_event_id_hides_nothing),
		cmocka_unit_test(line_in_two_text_exports_counts_once),
		cmocka_unit_test(every_rule_explains_itself),
	};

	return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
