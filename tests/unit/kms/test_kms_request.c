/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/kms_request.h"

#include "tests/unit/kms/kms_case.h"

static struct text text_of(const char *text)
{
	return (struct text){ text, strlen(text) };
}

static struct kms_request parsed(const char *line)
{
	struct kms_request request;

	assert_int_equal(kms_request_parse(text_of(line), &request), REQUEST_GOOD);
	return request;
}

static enum request_problem problem_of(const char *line)
{
	struct kms_request request;

	return kms_request_parse(text_of(line), &request);
}

static void assert_name(const struct kms_request *request, const char *name)
{
	assert_int_equal(request->name.len, strlen(name));
	assert_memory_equal(request->name.data, name, strlen(name));
}

static void assert_guid(const struct guid *guid, const char *text)
{
	char shown[GUID_BRACED_LEN + 1];

	assert_string_equal(guid_format(guid, GUID_PLAIN, shown), text);
}

/* The example of Microsoft's operations guide. */
static void published_line_of_a_vista_client_is_read(void **state UNUSED)
{
	struct kms_request r = parsed("0x0,25,kms03.site5.contoso.com,e5c98033-aab6-4d0b-9af9-1d399597dd56,"
				      "2006/1/14 22:36,1,2,40123,cf67834d-db4a-402c-ab1f-2c134f02b700");

	assert_int_equal(r.hresult, 0);
	assert_int_equal(r.needed, 25);
	assert_name(&r, "kms03.site5.contoso.com");
	assert_guid(&r.cmid, "e5c98033-aab6-4d0b-9af9-1d399597dd56");
	assert_true(r.has_cmid);
	assert_true(r.has_client_time);
	assert_true(r.client_time == at_time("2006-01-14T22:36:00Z"));
	assert_int_equal(r.vm, 1);
	assert_int_equal(r.status, 2);
	assert_int_equal(r.minutes, 40123);
	assert_guid(&r.product, "cf67834d-db4a-402c-ab1f-2c134f02b700");
}

static void result_of_a_refused_request_is_kept(void **state UNUSED)
{
	struct kms_request r = parsed("0xC004F06C,5,<KMS Client name>,36f27b39-2fd5-440b-be67-a09996d27a38,"
				      "2010/9/29 21:46,0,2,41520,68531fb9-5511-4989-97be-d11a0f55633f");

	assert_int_equal(r.hresult, 0xc004f06c);
	assert_name(&r, "<KMS Client name>");
}

static void name_with_commas_is_one_name(void **state UNUSED)
{
	struct kms_request r = parsed("0x0,25,pc,with,commas," CMID ",2026/8/4 15:46,1,2,1," WINDOWS_10);

	assert_name(&r, "pc,with,commas");
	assert_guid(&r.cmid, CMID);
}

static void spaces_case_braces_and_further_fields_do_not_matter(void **state UNUSED)
{
	struct kms_request r = parsed("0X0, 25, PC1., {01EB9985-230C-49AD-A8C2-C24914DA4739}, 2026/08/04 15:46, 1, 2, "
				      "7, "
				      "73111121-5638-40F6-BC11-F1D7B0D64300, extra, 1");

	assert_name(&r, "PC1");
	assert_guid(&r.cmid, CMID);
	assert_guid(&r.product, WINDOWS_10);
	assert_true(r.client_time == at_time("2026-08-04T15:46:00Z"));
}

static void year_at_the_end_is_understood(void **state UNUSED)
{
	struct kms_request r = parsed("0x0,25,pc1," CMID ",1/14/2006 2:30,1,2,1," WINDOWS_10);

	assert_true(r.client_time == at_time("2006-01-14T02:30:00Z"));
}

static void empty_and_zero_cmid_are_told(void **state UNUSED)
{
	assert_false(parsed("0x0,25,pc1,,2026/8/4 15:46,1,2,1," WINDOWS_10).has_cmid);
	assert_false(
		parsed("0x0,25,pc1,00000000-0000-0000-0000-000000000000,2026/8/4 15:46,1,2,1," WINDOWS_10).has_cmid);
}

static void date_before_1970_is_no_time(void **state UNUSED)
{
	assert_false(parsed("0x0,25,pc1," CMID ",1601/1/1 0:00,1,2,1," WINDOWS_10).has_client_time);
}

static void line_without_its_end_is_cut(void **state UNUSED)
{
	assert_int_equal(problem_of("0x0,25,pc1," CMID ",2026/8/4 15:46,1"), REQUEST_CUT);
	assert_int_equal(problem_of("0x0,25,pc1," CMID), REQUEST_CUT);
}

static void nonsense_in_a_field_is_bad(void **state UNUSED)
{
	assert_int_equal(problem_of("0x0,25,pc1,no-guid,2026/8/4 15:46,1,2,1," WINDOWS_10), REQUEST_BAD);
	assert_int_equal(problem_of("0x0,25,pc1," CMID ",2026/8/4 15:46,x,2,1," WINDOWS_10), REQUEST_BAD);
	assert_int_equal(problem_of("0x0,25,pc\n1," CMID ",2026/8/4 15:46,1,2,1," WINDOWS_10), REQUEST_BAD);
	assert_int_equal(problem_of("0x0,25,pc1," CMID ",no date,1,2,1," WINDOWS_10), REQUEST_BAD);
}

/* 12288 and 12289 look alike, but their second field is a flag word. */
static void lines_of_the_client_side_are_no_requests(void **state UNUSED)
{
	assert_int_equal(problem_of("0x0, 0x8, kms01.contoso.com:1688, 08c3bda0-c556-4b61-9e4e-7bf6d4df80be, 2006/1/14 "
				    "2:30, 1, 2, "
				    "40123, cf67834d-db4a-402c-ab1f-2c134f02b700, 25"),
			 REQUEST_NOT_INFO);
	assert_int_equal(problem_of("0x0, 0x4000008, 0, 0, 4, 120, 10080, 1/14/2006 2:30"), REQUEST_NOT_INFO);
	assert_int_equal(problem_of(""), REQUEST_NOT_INFO);
	assert_int_equal(problem_of("An activation request has been processed."), REQUEST_NOT_INFO);
}

static void nine_strings_are_the_same_request(void **state UNUSED)
{
	const struct text fields[] = { TEXT("0x0"), TEXT("25"), TEXT("pc,1"),  TEXT(CMID),	TEXT("2026/8/4 15:46"),
				       TEXT("1"),   TEXT("2"),	TEXT("41065"), TEXT(WINDOWS_10) };
	struct kms_request r;

	assert_int_equal(kms_request_from_fields(fields, ARRAY_SIZE(fields), &r), REQUEST_GOOD);
	assert_name(&r, "pc,1");
	assert_int_equal(r.minutes, 41065);
	assert_int_equal(kms_request_from_fields(fields, 7, &r), REQUEST_CUT);
	assert_int_equal(kms_request_from_fields(fields + 1, 8, &r), REQUEST_NOT_INFO);
}

static void line_is_found_inside_a_message(void **state UNUSED)
{
	struct kms_request r;

	assert_int_equal(kms_request_search(text_of("Eine Anfrage 0x80 Info:\r\n" INFO "\r\nmore"), &r), REQUEST_GOOD);
	assert_name(&r, "pc1.example.com");
	assert_int_equal(kms_request_search(text_of("no 0x line, nothing"), &r), REQUEST_NOT_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_line_of_a_vista_client_is_read),
		cmocka_unit_test(result_of_a_refused_request_is_kept),
		cmocka_unit_test(name_with_commas_is_one_name),
		cmocka_unit_test(spaces_case_braces_and_further_fields_do_not_matter),
		cmocka_unit_test(year_at_the_end_is_understood),
		cmocka_unit_test(empty_and_zero_cmid_are_told),
		cmocka_unit_test(date_before_1970_is_no_time),
		cmocka_unit_test(line_without_its_end_is_cut),
		cmocka_unit_test(nonsense_in_a_field_is_bad),
		cmocka_unit_test(lines_of_the_client_side_are_no_requests),
		cmocka_unit_test(nine_strings_are_the_same_request),
		cmocka_unit_test(line_is_found_inside_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
