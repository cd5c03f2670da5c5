/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What else is in the log: records that are not of KMS, failures of DNS publishing; and nothing of them that is secret. */
#include "tests/unit/kms/audit_case.h"

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

/* The System log tells it of all logs. */
static void cleared_log_is_told(void **state)
{
	struct audit_case *c = *state;
	static const char log[] =
		"<Events>" XML(SPP, "12290", "1", "<Data>" INFO "</Data>")
			"<Event><System><Provider Name='Microsoft-Windows-Eventlog'/><EventID>104</EventID><TimeCreated "
			"SystemTime='2026-08-05T10:00:00Z'/><EventRecordID>2</EventRecordID><Channel>System</Channel>"
			"</System><UserData><LogFileCleared xmlns='http://manifests.microsoft.com/win/2004/08/windows/eventlog'>"
			"<SubjectUserName>anna</SubjectUserName><SubjectDomainName>CONTOSO</SubjectDomainName>"
			"<Channel>Key Management Service</Channel><BackupPath/></LogFileCleared></UserData></Event>"
			"<Event><System><Provider Name='disk'/><EventID>104</EventID><TimeCreated "
			"SystemTime='2026-08-05T10:00:00Z'/><EventRecordID>3</EventRecordID><Channel>System</Channel>"
			"</System></Event></Events>";

	add_log(c, "log.xml", log, strlen(log));
	judge_case(c);
	assert_int_equal(n_found(c, "log-cleared"), 1);
	assert_int_equal(found(c, "log-cleared")->severity, SEVERITY_INFO);
	assert_string_equal(found(c, "log-cleared")->message, "a log was cleared (anna, CONTOSO, Key Management Service)");
	assert_int_equal(n_found(c, "foreign-record"), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_that_is_not_the_kms_own_is_foreign),
		cmocka_unit_test(dns_failure_is_told_with_its_code),
		cmocka_unit_test(cleared_log_is_told),
		cmocka_unit_test(product_keys_in_messages_are_starred_out),
	};

	return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
