/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include <wimlib.h>

#include "common/base/alloc.h"
#include "common/image/wim_noise.h"
#include "tests/support/rng.h"

#define CHUNK 32768u
#define LOSS_MAX 100 /* "some tens of bytes" */

struct chunk {
	struct rng rng;
	uint8_t data[WIM_NOISE_MAX + 1];
};

static int make_chunk(void **state)
{
	struct chunk *chunk = xmalloc(sizeof(*chunk));

	chunk->rng = rng_of(11, "noise");
	rng_fill(&chunk->rng, chunk->data, sizeof(chunk->data));
	*state = chunk;
	return 0;
}

static int free_chunk(void **state)
{
	free(*state);
	return 0;
}

static void random_bytes_are_noise(void **state)
{
	struct chunk *chunk = *state;

	for (size_t at = 0; at < CHUNK; at += CHUNK / 4)
		assert_true(wim_is_noise(chunk->data + at, CHUNK));
	assert_true(wim_is_noise(chunk->data, WIM_NOISE_MAX));
}

static void what_is_short_or_long_is_left_to_the_compressor(void **state)
{
	struct chunk *chunk = *state;

	for (size_t len = 0; len < 4096; len += 63)
		assert_false(wim_is_noise(chunk->data, len));
	assert_false(wim_is_noise(chunk->data, WIM_NOISE_MAX + 1));
}

static void letters_of_a_smaller_alphabet_are_no_noise(void **state)
{
	struct chunk *chunk = *state;

	for (size_t i = 0; i < CHUNK; i++)
		chunk->data[i] &= 0x7f;
	assert_false(wim_is_noise(chunk->data, CHUNK));
	for (size_t i = 0; i < CHUNK; i++)
		chunk->data[i] = 'x';
	assert_false(wim_is_noise(chunk->data, CHUNK));
}

/* All bytes are equally frequent. */
static void noise_that_is_there_twice_is_none(void **state)
{
	struct chunk *chunk = *state;

	memcpy(chunk->data + CHUNK / 2, chunk->data, 1000);
	assert_false(wim_is_noise(chunk->data, CHUNK));
}

static void ramps_are_no_noise(void **state)
{
	struct chunk *chunk = *state;

	for (size_t i = 0; i < CHUNK; i++)
		chunk->data[i] = (uint8_t)i;
	assert_false(wim_is_noise(chunk->data, CHUNK));
	for (size_t i = 0; i < CHUNK; i++)
		chunk->data[i] = (uint8_t)(i * 7 + i / 256);
	assert_false(wim_is_noise(chunk->data, CHUNK));
}

/* One thing in noise at a time: some length of it at some place comes from elsewhere in the chunk, or has fewer letters. */
static void spoil(struct chunk *chunk, size_t i)
{
	size_t len = rng_between(&chunk->rng, 4, (uint32_t)(4u << i % 11));
	size_t to = rng_below(&chunk->rng, (uint32_t)(CHUNK - len));
	size_t from = rng_below(&chunk->rng, (uint32_t)(CHUNK - len));

	rng_fill(&chunk->rng, chunk->data, CHUNK);
	if (i % 2)
		memmove(chunk->data + to, chunk->data + from, len);
	for (size_t k = 0; i % 2 == 0 && k < len; k++)
		chunk->data[to + k] &= 0x1f;
}

/* libwim is asked. */
static void what_is_called_noise_hardly_becomes_shorter(void **state)
{
	static const enum wimlib_compression_type types[] = { WIMLIB_COMPRESSION_TYPE_XPRESS, WIMLIB_COMPRESSION_TYPE_LZX };
	struct chunk *chunk = *state;
	uint8_t out[CHUNK];
	size_t noise = 0;

	for (size_t type = 0; type < ARRAY_SIZE(types); type++) {
		struct wimlib_compressor *compressor;

		assert_int_equal(wimlib_create_compressor(types[type], CHUNK, 20, &compressor), 0);
		for (size_t i = 0; i < 400; i++) {
			size_t len;

			spoil(chunk, i);
			if (!wim_is_noise(chunk->data, CHUNK))
				continue;
			noise++;
			len = wimlib_compress(chunk->data, CHUNK, out, CHUNK - 1, compressor);
			assert_true(len == 0 || len >= CHUNK - LOSS_MAX);
		}
		wimlib_free_compressor(compressor);
	}
	assert_in_range(noise, 200, 700); /* both were seen */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(random_bytes_are_noise, make_chunk, free_chunk),
		cmocka_unit_test_setup_teardown(what_is_short_or_long_is_left_to_the_compressor, make_chunk, free_chunk),
		cmocka_unit_test_setup_teardown(letters_of_a_smaller_alphabet_are_no_noise, make_chunk, free_chunk),
		cmocka_unit_test_setup_teardown(noise_that_is_there_twice_is_none, make_chunk, free_chunk),
		cmocka_unit_test_setup_teardown(ramps_are_no_noise, make_chunk, free_chunk),
		cmocka_unit_test_setup_teardown(what_is_called_noise_hardly_becomes_shorter, make_chunk, free_chunk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
