/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/guid.h"

#include "tests/unit/cmocka_all.h"

/* MS-DTYP 2.3.4: Data1-3 little-endian, Data4 as bytes. */
static const uint8_t on_disk[16] = { 0x85, 0x99, 0xeb, 0x01, 0x0c, 0x23, 0xad, 0x49,
				     0xa8, 0xc2, 0xc2, 0x49, 0x14, 0xda, 0x47, 0x39 };
static const char text[] = "01eb9985-230c-49ad-a8c2-c24914da4739";

static void text_becomes_the_mixed_endian_bytes_of_the_disk(void **state UNUSED)
{
	struct guid guid;

	assert_true(guid_parse(text, &guid));
	assert_memory_equal(guid.bytes, on_disk, sizeof(on_disk));
}

static void bytes_are_formatted_in_every_style(void **state UNUSED)
{
	char out[GUID_BRACED_LEN + 1];
	struct guid guid;

	assert_true(guid_parse_all("{01EB9985-230C-49AD-A8C2-C24914DA4739}", &guid));
	assert_string_equal(guid_format(&guid, GUID_PLAIN, out), text);
	assert_string_equal(guid_format(&guid, GUID_BRACES | GUID_UPPER, out), "{01EB9985-230C-49AD-A8C2-C24914DA4739}");
}

static void what_is_no_guid_is_refused(void **state UNUSED)
{
	struct guid guid;

	assert_false(guid_parse_all("", &guid));
	assert_false(guid_parse_all("01eb9985-230c-49ad-a8c2-c24914da473", &guid));
	assert_false(guid_parse_all("01eb9985-230c-49ad-a8c2-c24914da47390", &guid));
	assert_false(guid_parse_all("{01eb9985-230c-49ad-a8c2-c24914da4739", &guid));
	assert_false(guid_parse_all("01eb9985x230c-49ad-a8c2-c24914da4739", &guid));
	assert_false(guid_parse_all("01eb9985-230c-49ad-a8c2-c24914da473g", &guid));
}

static void order_is_that_of_the_text(void **state UNUSED)
{
	struct guid a, b;

	assert_true(guid_parse("00000001-0000-0000-0000-000000000000", &a));
	assert_true(guid_parse("01000000-0000-0000-0000-000000000000", &b));
	assert_true(guid_compare(&a, &b) < 0);
	assert_true(guid_compare(&b, &a) > 0);
	assert_int_equal(guid_compare(&a, &a), 0);
}

static void random_ones_differ_and_say_version_four(void **state UNUSED)
{
	char out[GUID_BRACED_LEN + 1];
	struct guid a, b;

	assert_int_equal(guid_random(&a, NULL), 0);
	assert_int_equal(guid_random(&b, NULL), 0);
	assert_false(guid_equal(&a, &b));
	guid_format(&a, GUID_PLAIN, out);
	assert_int_equal(out[14], '4');
	assert_true(out[19] == '8' || out[19] == '9' || out[19] == 'a' || out[19] == 'b');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_the_mixed_endian_bytes_of_the_disk),
		cmocka_unit_test(bytes_are_formatted_in_every_style),
		cmocka_unit_test(what_is_no_guid_is_refused),
		cmocka_unit_test(order_is_that_of_the_text),
		cmocka_unit_test(random_ones_differ_and_say_version_four),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
