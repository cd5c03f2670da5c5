/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms for several characters at a time do what the plain ones do. */
#include "kms/text_scan.h"

#include <string.h>

#include "common/base/strbuf.h"
#include "kms/info_line.h"
#include "tests/support/rng.h"
#include "tests/unit/kms/kms_case.h"

enum { ROUNDS = 20000, LONGEST = 100 };

static void characters_are_found_and_counted_alike(void **state UNUSED)
{
	struct rng rng = rng_of(1, "text_scan");
	char text[LONGEST];

	for (int round = 0; round < ROUNDS; round++) {
		size_t len = rng_below(&rng, LONGEST + 1);

		for (size_t i = 0; i < len; i++)
			text[i] = rng_chance(&rng, 97) ? 'x' : "ab\n\xff"[rng_below(&rng, 4)];
		assert_ptr_equal(text_find3(text, text + len, 'a', 'b', '\n'),
				 text_find3_portable(text, text + len, 'a', 'b', '\n'));
		assert_int_equal(text_count(text, text + len, '\n'), text_count_portable(text, text + len, '\n'));
	}
}

static void texts_are_compared_alike(void **state UNUSED)
{
	struct rng rng = rng_of(4, "text_scan");
	char a[LONGEST], b[LONGEST];

	for (int round = 0; round < ROUNDS; round++) {
		size_t len = rng_below(&rng, LONGEST + 1);

		memset(a, 'x', sizeof(a));
		memset(b, 'x', sizeof(b));
		/* What lies behind the length may differ. */
		if (rng_chance(&rng, 80))
			b[rng_below(&rng, LONGEST)] = 'y';
		assert_int_equal(text_equal(a, b, len), memcmp(a, b, len) == 0);
		assert_int_equal(text_equal_portable(a, b, len), memcmp(a, b, len) == 0);
	}
}

static void many_characters_are_counted(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add_fill(&text, '\n', 70000);
	assert_int_equal(text_count(text.data, text.data + text.len, '\n'), 70000);
}

static void utf16_is_read_alike(void **state UNUSED)
{
	struct rng rng = rng_of(2, "text_scan");
	uint8_t text[LONGEST];
	char a[LONGEST], b[LONGEST];

	for (int round = 0; round < ROUNDS; round++) {
		size_t len = rng_below(&rng, LONGEST / 2 + 1) * 2;

		for (size_t i = 0; i < len; i += 2) {
			text[i] = rng_chance(&rng, 98) ? 'x' : (uint8_t)rng_below(&rng, 256);
			text[i + 1] = rng_chance(&rng, 99) ? 0 : (uint8_t)rng_below(&rng, 256);
			if (rng_chance(&rng, 1))
				text[i] = text[i + 1] = 0;
		}
		assert_int_equal(utf16_find_nul(text, 0, len), utf16_find_nul_portable(text, 0, len));
		assert_int_equal(utf16_to_ascii(text, len, a), utf16_to_ascii_portable(text, 0, len, b));
		if (utf16_to_ascii(text, len, a))
			assert_memory_equal(a, b, len / 2);
	}
}

static void guids_are_read_alike(void **state UNUSED)
{
	struct rng rng = rng_of(3, "text_scan");

	for (int round = 0; round < ROUNDS; round++) {
		struct guid guid = rng_guid(&rng), a, b;
		char text[GUID_BRACED_LEN + 1];

		guid_format(&guid, rng_chance(&rng, 50) ? GUID_UPPER : GUID_PLAIN, text);
		if (rng_chance(&rng, 50))
			text[rng_below(&rng, GUID_TEXT_LEN)] = (char)rng_between(&rng, 1, 255);
		assert_int_equal(info_line_guid(text, &a), guid_parse(text, &b));
		if (guid_parse(text, &b))
			assert_memory_equal(&a, &b, sizeof(a));
	}
}

static void assert_same_request(const struct kms_request *a, const struct kms_request *b)
{
	assert_int_equal(a->hresult, b->hresult);
	assert_int_equal(a->needed, b->needed);
	assert_int_equal(a->name.len, b->name.len);
	assert_ptr_equal(a->name.data, b->name.data);
	assert_memory_equal(&a->cmid, &b->cmid, sizeof(a->cmid));
	assert_int_equal(a->has_cmid, b->has_cmid);
	assert_int_equal(a->has_client_time, b->has_client_time);
	assert_true(a->client_time == b->client_time);
	assert_int_equal(a->vm, b->vm);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->minutes, b->minutes);
	assert_memory_equal(&a->product, &b->product, sizeof(a->product));
}

/* Lines with a few changed characters: what the quick way takes, the other takes, too, and reads the same. */
static void quick_way_reads_what_the_other_reads(void **state UNUSED)
{
	static const char *const lines[] = {
		INFO, "0xC004F06C,5,PC-7," CMID ",2010/9/29 21:46,0,2,41520,68531fb9-5511-4989-97be-d11a0f55633f",
		"0x0,25,a.b," CMID ",2024/2/29 0:00,1,1,0," WINDOWS_10,
	};
	static const char changes[] = "0123456789abcdefxX,/: .-{}GZz\t\"";
	struct rng rng = rng_of(4, "text_scan");
	size_t n_quick = 0;

	for (int round = 0; round < 10 * ROUNDS; round++) {
		struct kms_request quick, other;
		char text[256];
		size_t len;

		snprintf(text, sizeof(text), "%s", lines[rng_below(&rng, ARRAY_SIZE(lines))]);
		len = strlen(text);
		for (uint32_t n = rng_below(&rng, 4); n > 0; n--)
			text[2 + rng_below(&rng, (uint32_t)len - 2)] = changes[rng_below(&rng, sizeof(changes) - 1)];
		if (rng_chance(&rng, 5))
			len -= rng_below(&rng, (uint32_t)len);
		if (text[1] != 'x' || !info_line_parse(text, text + len, &quick))
			continue;
		n_quick++;
		assert_int_equal(kms_request_parse_any((struct text){ text, len }, &other), REQUEST_GOOD);
		assert_same_request(&quick, &other);
	}
	assert_true(n_quick > ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_are_found_and_counted_alike),
		cmocka_unit_test(texts_are_compared_alike),
		cmocka_unit_test(many_characters_are_counted),
		cmocka_unit_test(utf16_is_read_alike),
		cmocka_unit_test(guids_are_read_alike),
		cmocka_unit_test(quick_way_reads_what_the_other_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
