/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libwim compresses comes out as it was; what is damaged gets libwim's verdict and, where that is good, its bytes. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include <wimlib.h>

#include "common/base/alloc.h"
#include "common/base/base.h"
#include "common/base/bytes.h"
#include "common/image/lzms_decode.h"
#include "tests/support/rng.h"

#define LARGE (9u << 20)
#define MEDIUM (1u << 18)
#define GUARD 64
#define UNTOUCHED 0xa5

struct bench {
	struct rng rng;
	struct lzms_decoder *decoder, *portable;
	uint8_t *plain, *packed, *ours, *other, *theirs; /* LARGE bytes and GUARD more each */
};

static int open_bench(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->rng = rng_of(5, "lzms");
	b->decoder = lzms_decoder_new(false);
	b->portable = lzms_decoder_new(true);
	b->plain = xmalloc(LARGE + GUARD);
	b->packed = xmalloc(LARGE + GUARD);
	b->ours = xmalloc(LARGE + GUARD);
	b->other = xmalloc(LARGE + GUARD);
	b->theirs = xmalloc(LARGE + GUARD);
	*state = b;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *b = *state;

	lzms_decoder_freep(&b->decoder);
	lzms_decoder_freep(&b->portable);
	free(b->plain);
	free(b->packed);
	free(b->ours);
	free(b->other);
	free(b->theirs);
	free(b);
	return 0;
}

/* Compresses plain; 0 where nothing is gained. */
static size_t pack(struct bench *b, size_t len, unsigned level)
{
	struct wimlib_compressor *compressor;

	assert_int_equal(wimlib_create_compressor(WIMLIB_COMPRESSION_TYPE_LZMS, len, level, &compressor), 0);

	size_t packed = wimlib_compress(b->plain, len, b->packed, len - 1, compressor);

	wimlib_free_compressor(compressor);
	return packed;
}

/* Decodes into ours; nothing behind it is written. */
static int decode_by(struct bench *b, struct lzms_decoder *decoder, size_t packed_len, size_t len)
{
	int result;

	memset(b->ours, UNTOUCHED, len + GUARD);
	result = lzms_decode(decoder, b->packed, packed_len, b->ours, len);
	for (size_t i = len; i < len + GUARD; i++)
		assert_int_equal(b->ours[i], UNTOUCHED);
	return result;
}

/* With and without what not every processor can do. */
static int decode(struct bench *b, size_t packed_len, size_t len)
{
	int result = decode_by(b, b->portable, packed_len, len);

	memcpy(b->other, b->ours, len);
	assert_int_equal(decode_by(b, b->decoder, packed_len, len), result);
	if (result == 0)
		assert_memory_equal(b->ours, b->other, len);
	return result;
}

static bool comes_back(struct bench *b, size_t len, unsigned level)
{
	size_t packed = pack(b, len, level);

	if (!packed)
		return false;
	assert_int_equal(decode(b, packed, len), 0);
	assert_memory_equal(b->ours, b->plain, len);
	return true;
}

static bool libwim_decodes(struct bench *b, size_t packed_len, size_t len)
{
	struct wimlib_decompressor *d;

	assert_int_equal(wimlib_create_decompressor(WIMLIB_COMPRESSION_TYPE_LZMS, len, &d), 0);

	bool good = wimlib_decompress(b->packed, packed_len, b->theirs, len, d) == 0;

	wimlib_free_decompressor(d);
	return good;
}

static void judged_as_libwim_does(struct bench *b, size_t packed_len, size_t len)
{
	bool good = libwim_decodes(b, packed_len, len);

	assert_int_equal(decode(b, packed_len, len), good ? 0 : -1);
	if (good)
		assert_memory_equal(b->ours, b->theirs, len);
}

/* ---- contents ---- */

static void make_text(struct bench *b, size_t len)
{
	static const char *const words[] = { "the ", "image ", "of ", "a chunk", ", ", "system32\\", "and ", "\r\n", "0x", "driver" };

	for (size_t at = 0; at < len;) {
		const char *word = words[rng_below(&b->rng, ARRAY_SIZE(words))];

		for (; *word && at < len; word++)
			b->plain[at++] = (uint8_t)*word;
		if (at < len && rng_chance(&b->rng, 15))
			b->plain[at++] = (uint8_t)rng_next(&b->rng);
	}
}

/* Instructions with addresses, some to the same few targets, between bytes that are none. */
static void make_code(struct bench *b, size_t len)
{
	static const struct {
		uint8_t bytes[3], n;
	} opcodes[] = {
		{ { 0xe8 }, 1 }, { { 0xe8 }, 1 }, { { 0xe8 }, 1 }, { { 0xe9 }, 1 }, { { 0x48, 0x8d, 0x0d }, 3 },
		{ { 0x4c, 0x8d, 0xc5 }, 3 }, { { 0x48, 0x8b, 0x05 }, 3 }, { { 0x48, 0x8b, 0x0d }, 3 }, { { 0x48, 0x8b, 0x15 }, 3 },
		{ { 0x4c, 0x8b, 0x05 }, 3 }, { { 0xff, 0x15 }, 2 }, { { 0xff, 0x25 }, 2 }, { { 0xf0, 0x83, 0x05 }, 3 },
		{ { 0x48, 0x48, 0x8d }, 2 },
	};
	size_t at = 0;

	while (at + 16 < len) {
		unsigned k = rng_below(&b->rng, ARRAY_SIZE(opcodes));
		size_t gap = rng_chance(&b->rng, 3) ? rng_below(&b->rng, 3000) : rng_below(&b->rng, 8);

		memcpy(b->plain + at, opcodes[k].bytes, opcodes[k].n);
		store_le32(b->plain + at + opcodes[k].n, rng_below(&b->rng, 40) * 0x10f3 - (uint32_t)at);
		for (at += opcodes[k].n + 4u; gap && at + 16 < len; gap--)
			b->plain[at++] = (uint8_t)(rng_chance(&b->rng, 50) ? 0x90 : rng_below(&b->rng, 8) * 0x22);
	}
	memset(b->plain + at, 0xe8, len - at);
}

/* Ramps of numbers of 1 to 128 bytes, with disturbances. */
static void make_ramps(struct bench *b, size_t len)
{
	for (size_t at = 0; at < len;) {
		unsigned width = 1u << rng_below(&b->rng, 8);
		unsigned n = rng_between(&b->rng, 20, 400);
		uint8_t value[128];
		uint8_t step[128];

		rng_fill(&b->rng, value, sizeof(value));
		rng_fill(&b->rng, step, sizeof(step));
		for (; n && at < len; n--)
			for (unsigned i = 0; i < width && at < len; i++)
				b->plain[at++] = value[i] = (uint8_t)(value[i] + step[i]);
	}
}

/* Records that repeat at a few distances in turn, with single bytes changed. */
static void make_repeats(struct bench *b, size_t len)
{
	uint32_t distances[5] = { 1, 3, 17, 200, 900 };

	rng_fill(&b->rng, b->plain, MIN(len, (size_t)1024));
	for (size_t at = 1024; at < len;) {
		uint32_t distance = distances[rng_below(&b->rng, ARRAY_SIZE(distances))];

		for (unsigned n = rng_between(&b->rng, 1, 40); n && at < len; n--, at++)
			b->plain[at] = b->plain[at - distance];
		if (at < len && rng_chance(&b->rng, 60))
			b->plain[at++] = (uint8_t)rng_next(&b->rng);
		if (rng_chance(&b->rng, 2))
			distances[rng_below(&b->rng, ARRAY_SIZE(distances))] = rng_between(&b->rng, 1, 1000);
	}
}

static void make_runs(struct bench *b, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = MIN(len - at, (size_t)rng_between(&b->rng, 1, rng_chance(&b->rng, 5) ? 100000 : 70));

		memset(b->plain + at, rng_chance(&b->rng, 50) ? 0 : (int)rng_below(&b->rng, 256), n);
		at += n;
	}
}

/* Rare bytes get codewords longer than the table of the decoder. */
static void make_skewed(struct bench *b, size_t len)
{
	for (size_t at = 0; at < len; at++)
		b->plain[at] = (uint8_t)(__builtin_ctzll(rng_next(&b->rng) | 1ull << 40) * (rng_chance(&b->rng, 50) ? 1 : 5));
}

/* Something of all, and of what came long before. */
static void make_mixture(struct bench *b, size_t len);

typedef void (*make_fn)(struct bench *b, size_t len);

static const make_fn makers[] = { make_text, make_code, make_ramps, make_repeats, make_runs, make_skewed, make_mixture };

static void make_mixture(struct bench *b, size_t len)
{
	uint8_t *start = b->plain;

	for (size_t at = 0; at < len;) {
		size_t n = MIN(len - at, (size_t)rng_between(&b->rng, 1, 60000));

		b->plain = start + at;
		if (at > n && rng_chance(&b->rng, 40))
			memcpy(b->plain, start + rng_below(&b->rng, (uint32_t)(at - n)), n);
		else
			makers[rng_below(&b->rng, ARRAY_SIZE(makers) - 1)](b, n);
		at += n;
	}
	b->plain = start;
}

/* ---- tests ---- */

static void contents_of_every_kind_and_level_come_back(void **state)
{
	static const unsigned levels[] = { 1, 20, 35, 50, 100 };
	struct bench *b = *state;
	size_t packed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		for (size_t k = 0; k < ARRAY_SIZE(levels); k++) {
			makers[i](b, MEDIUM);
			packed += comes_back(b, MEDIUM - k, levels[k]);
		}
	assert_true(packed >= ARRAY_SIZE(makers) * (ARRAY_SIZE(levels) - 1));
}

static void chunks_of_every_small_size_come_back(void **state)
{
	struct bench *b = *state;
	size_t packed = 0;

	for (size_t len = 1; len < 400; len++)
		for (size_t i = 0; i < ARRAY_SIZE(makers) - 1; i++) {
			makers[i](b, len);
			packed += comes_back(b, len, 50);
		}
	assert_true(packed > 1000);
}

static void runs_of_one_byte_come_back_at_every_length(void **state)
{
	struct bench *b = *state;

	for (size_t len = 20; len < 3000; len += len < 400 ? 1 : 37) {
		memset(b->plain, (int)len, len);
		assert_true(comes_back(b, len, 30));
	}
}

static void patterns_of_every_period_come_back(void **state)
{
	struct bench *b = *state;

	for (size_t period = 1; period < 70; period++) {
		rng_fill(&b->rng, b->plain, period);
		for (size_t i = period; i < 1000; i++)
			b->plain[i] = b->plain[i - period];
		assert_true(comes_back(b, 1000 - period, 50));
	}
}

static void large_chunks_come_back(void **state)
{
	struct bench *b = *state;

	make_mixture(b, LARGE);
	assert_true(comes_back(b, LARGE, 20));
	memset(b->plain, 0, LARGE);
	assert_true(comes_back(b, LARGE, 20));
}

/* The x86 filter leaves the last bytes alone. */
static void code_up_to_the_end_comes_back(void **state)
{
	struct bench *b = *state;

	for (size_t len = 4096; len < 4096 + 40; len++) {
		make_code(b, len);
		assert_true(comes_back(b, len, 50));
	}
}

static void no_contents_come_from_nothing_but_a_start(void **state)
{
	struct bench *b = *state;

	memset(b->packed, 0, 8);
	assert_int_equal(decode(b, 4, 0), 0);
	assert_int_equal(decode(b, 2, 0), -1);
	assert_int_equal(decode(b, 0, 0), -1);
	assert_int_equal(decode(b, 5, 1), -1);
}

static void a_match_before_the_start_is_refused(void **state)
{
	struct bench *b = *state;

	memset(b->packed, 0xff, 64);
	for (size_t len = 1; len < 64; len++)
		assert_int_equal(decode(b, 64, len), -1);
}

static void damage_gets_libwims_verdict(void **state)
{
	struct bench *b = *state;
	uint8_t *good = xmalloc(8192);

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		makers[i](b, 8192);

		size_t packed = pack(b, 8192, 50);

		assert_true(packed > 0);
		memcpy(good, b->packed, packed);
		for (unsigned k = 0; k < 300; k++) {
			memcpy(b->packed, good, packed);
			for (unsigned n = rng_between(&b->rng, 1, 3); n; n--)
				b->packed[rng_below(&b->rng, (uint32_t)packed)] ^= (uint8_t)(1u << rng_below(&b->rng, 8));
			judged_as_libwim_does(b, packed, 8192);
		}
	}
	free(good);
}

static void what_is_cut_off_gets_libwims_verdict(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		makers[i](b, 8192);
		for (size_t packed = pack(b, 8192, 50); packed >= 4; packed -= packed > 200 ? 14 : 2)
			judged_as_libwim_does(b, packed, 8192);
	}
}

static void another_size_than_packed_gets_libwims_verdict(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		makers[i](b, 8192);

		size_t packed = pack(b, 8192, 50);

		for (size_t len = 3; len < 70000; len += len < 100 ? 1 : 1700)
			judged_as_libwim_does(b, packed, len);
	}
}

static void random_bytes_get_libwims_verdict(void **state)
{
	struct bench *b = *state;

	for (unsigned k = 0; k < 3000; k++) {
		size_t packed = 4 + 2 * (size_t)rng_below(&b->rng, 500);

		rng_fill(&b->rng, b->packed, packed);
		if (k % 2) /* low: literals first */
			memset(b->packed, 0, MIN(packed, (size_t)rng_below(&b->rng, 100)));
		judged_as_libwim_does(b, packed, rng_between(&b->rng, 3, 9000));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_of_every_kind_and_level_come_back),
		cmocka_unit_test(chunks_of_every_small_size_come_back),
		cmocka_unit_test(runs_of_one_byte_come_back_at_every_length),
		cmocka_unit_test(patterns_of_every_period_come_back),
		cmocka_unit_test(large_chunks_come_back),
		cmocka_unit_test(code_up_to_the_end_comes_back),
		cmocka_unit_test(no_contents_come_from_nothing_but_a_start),
		cmocka_unit_test(a_match_before_the_start_is_refused),
		cmocka_unit_test(damage_gets_libwims_verdict),
		cmocka_unit_test(what_is_cut_off_gets_libwims_verdict),
		cmocka_unit_test(another_size_than_packed_gets_libwims_verdict),
		cmocka_unit_test(random_bytes_get_libwims_verdict),
	};

	return cmocka_run_group_tests(tests, open_bench, close_bench);
}
