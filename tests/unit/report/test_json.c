/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/json.h"

#include "tests/unit/cmocka_all.h"

static void nesting_commas_and_kinds_are_right(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	struct json *json = json_new(&out, false);

	json_begin_object(json, NULL);
	json_text(json, "a", "x");
	json_begin_array(json, "b");
	json_uint(json, NULL, UINT64_MAX);
	json_int(json, NULL, INT64_MIN);
	json_begin_object(json, NULL);
	json_end_object(json);
	json_end_array(json);
	json_bool(json, "c", true);
	json_text(json, "d", NULL);
	json_textf(json, "e", "%d\"", 5);
	json_end_object(json);
	assert_string_equal(out.data, "{\"a\":\"x\",\"b\":[18446744073709551615,-9223372036854775808,{}],"
				      "\"c\":true,\"d\":null,\"e\":\"5\\\"\"}\n");
	json_freep(&json);
	strbuf_release(&out);
}

/* RFC 8259 section 7: quote, backslash and controls are escaped. Lone surrogates and invalid bytes are shown. */
static void text_is_escaped_as_the_rfc_wants(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	struct json *json = json_new(&out, false);

	json_begin_array(json, NULL);
	json_text_len(json, NULL, "\"\\\n\r\t\0\x1f\x7f", 8);
	json_text(json, NULL, "\xc3\xbc\xed\xa0\xbd\xff.");
	json_end_array(json);
	assert_string_equal(out.data,
			    "[\"\\\"\\\\\\n\\r\\t\\u0000\\u001f\\u007f\",\"\xc3\xbc\\\\u{d83d}\\\\xff.\"]\n");
	json_freep(&json);
	strbuf_release(&out);
}

static void unwinding_closes_what_is_open(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	struct json *json = json_new(&out, false);

	json_begin_object(json, NULL);
	json_begin_array(json, "a");
	json_begin_object(json, NULL);
	json_unwind(json, 1);
	json_int(json, "n", 1);
	json_unwind(json, 0);
	assert_string_equal(out.data, "{\"a\":[{}],\"n\":1}\n");
	json_freep(&json);
	strbuf_release(&out);
}

static void a_null_writer_writes_nothing(void **state UNUSED)
{
	json_begin_object(NULL, NULL);
	json_text(NULL, "a", "b");
	json_unwind(NULL, 0);
	assert_int_equal(json_depth(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nesting_commas_and_kinds_are_right),
		cmocka_unit_test(text_is_escaped_as_the_rfc_wants),
		cmocka_unit_test(unwinding_closes_what_is_open),
		cmocka_unit_test(a_null_writer_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
