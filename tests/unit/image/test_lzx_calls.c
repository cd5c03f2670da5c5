/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/bytes.h"
#include "common/image/lzx_calls.h"
#include "tests/support/rng.h"

static uint32_t undone(size_t at, size_t len, uint32_t target)
{
	CLEANUP(freep) uint8_t *data = xcalloc(len, 1);

	data[at] = 0xe8;
	store_le32(data + at + 1, target);
	lzx_calls_undo(data, len);
	assert_int_equal(data[at], 0xe8);
	return load_le32(data + at + 1);
}

static void targets_in_the_file_count_from_the_call(void **state)
{
	(void)state;
	assert_int_equal(undone(100, 1000, 1000), 900);
	assert_int_equal(undone(100, 1000, 0), (uint32_t)-100);
	assert_int_equal(undone(0, 1000, 77), 77);
	assert_int_equal(undone(900, 1000, 11999999), 11999099);
	assert_int_equal(undone(900, 1000, 12000000), 12000000);
	assert_int_equal(undone(900, 1000, 0x7fffffff), 0x7fffffff);
}

static void targets_before_the_chunk_go_around_the_file(void **state)
{
	(void)state;
	assert_int_equal(undone(100, 1000, (uint32_t)-1), 11999999);
	assert_int_equal(undone(100, 1000, (uint32_t)-100), 11999900);
	assert_int_equal(undone(100, 1000, (uint32_t)-101), (uint32_t)-101);
	assert_int_equal(undone(0, 1000, (uint32_t)-1), (uint32_t)-1);
	assert_int_equal(undone(100, 1000, 0x80000000), 0x80000000);
}

static void the_last_ten_bytes_are_left_alone(void **state)
{
	(void)state;
	for (size_t len = 11; len < 300; len++)
		for (size_t at = len > 40 ? len - 40 : 0; at + 5 <= len; at++)
			assert_int_equal(undone(at, len, 5000), at + 10 < len ? 5000 - at : 5000);
	for (size_t len = 5; len <= 10; len++)
		assert_int_equal(undone(0, len, 5000), 5000);
}

/* As the documents say it, byte by byte. */
static void undo_slowly(uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 10 < len; i++) {
		int64_t target = (int32_t)load_le32(data + i + 1), at = (int64_t)i;

		if (data[i] != 0xe8)
			continue;
		if (target >= -at && target < 12000000)
			store_le32(data + i + 1, (uint32_t)(target >= 0 ? target - at : target + 12000000));
		i += 4;
	}
}

static void no_call_begins_in_the_target_of_another(void **state)
{
	static const uint8_t likely[] = { 0xe8, 0, 0xff, 0xe8, 1, 0xb7, 0x1b, 0xb6 };
	struct rng rng = rng_of(5, "calls");

	(void)state;
	for (int i = 0; i < 3000; i++) {
		size_t len = i % 50 ? rng_below(&rng, 200) : rng_below(&rng, 40000);
		uint8_t *data = xmalloc(len), *expected;
		uint32_t percent = rng_below(&rng, 101);

		for (size_t k = 0; k < len; k++)
			data[k] = rng_chance(&rng, percent) ? likely[rng_below(&rng, 1 + rng_below(&rng, 8))] : (uint8_t)rng_next(&rng);
		expected = xmemdup(data, len);
		undo_slowly(expected, len);
		lzx_calls_undo(data, len);
		assert_memory_equal(data, expected, len);
		free(expected);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_in_the_file_count_from_the_call),
		cmocka_unit_test(targets_before_the_chunk_go_around_the_file),
		cmocka_unit_test(the_last_ten_bytes_are_left_alone),
		cmocka_unit_test(no_call_begins_in_the_target_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
