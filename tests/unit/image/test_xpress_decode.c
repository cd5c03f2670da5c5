/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/image/chunk_case.h"

#include "common/image/xpress_decode.h"

#define SYMBOLS 512
#define LENS_BYTES 256

#define MATCH(length, offset_bits) (256 + (offset_bits) * 16 + (length))

static int decode(void *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	return xpress_decode(decoder, in, in_len, out, out_len);
}

struct xpress_case {
	struct rivals rivals;
	struct rng rng;
	uint8_t lens[SYMBOLS];
	struct stream stream;
};

static int setup(void **state)
{
	struct xpress_case *c = xcalloc(1, sizeof(*c));

	assert_int_equal(wimlib_create_decompressor(WIMLIB_COMPRESSION_TYPE_XPRESS, XPRESS_CHUNK_MAX, &c->rivals.libwim), 0);
	c->rivals.decode = decode;
	for (int i = 0; i < 2; i++)
		c->rivals.ours[i] = xpress_decoder_new(i);
	c->rng = rng_of(1, "xpress");
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct xpress_case *c = *state;

	for (int i = 0; i < 2; i++)
		xpress_decoder_freep((struct xpress_decoder **)&c->rivals.ours[i]);
	wimlib_free_decompressor(c->rivals.libwim);
	free(c);
	return 0;
}

static void what_libwim_compresses_comes_back(void **state)
{
	static const size_t lens[] = { 1, 2, 3, 17, 100, 300, 4095, 4096, 32767, 32768, 65535, 65536 };
	static const unsigned levels[] = { 1, 30, 60, 100 };
	struct xpress_case *c = *state;

	for (enum contents kind = 0; kind < N_CONTENTS; kind++)
		for (size_t i = 0; i < ARRAY_SIZE(lens); i++)
			for (size_t k = 0; k < ARRAY_SIZE(levels); k++) {
				uint8_t *data = contents_new(&c->rng, kind, lens[i]);

				rivals_bring_back(&c->rivals, WIMLIB_COMPRESSION_TYPE_XPRESS, XPRESS_CHUNK_MAX, levels[k], data, lens[i]);
				free(data);
			}
}

static void damaged_data_is_judged_as_by_libwim(void **state)
{
	struct xpress_case *c = *state;

	for (enum contents kind = 0; kind < N_CONTENTS; kind++) {
		size_t len = 3000, packed_len;
		uint8_t *data = contents_new(&c->rng, kind, len);
		uint8_t *packed = compressed_new(WIMLIB_COMPRESSION_TYPE_XPRESS, XPRESS_CHUNK_MAX, 50, data, len, &packed_len);

		if (packed)
			rivals_damage(&c->rivals, &c->rng, packed, packed_len, len);
		free(packed);
		free(data);
	}
}

static void start(struct xpress_case *c)
{
	memset(&c->stream, 0, sizeof(c->stream));
	for (size_t i = 0; i < LENS_BYTES; i++)
		stream_byte(&c->stream, c->lens[2 * i] | (unsigned)c->lens[2 * i + 1] << 4);
	stream_start(&c->stream);
}

static void put(struct xpress_case *c, unsigned symbol)
{
	stream_symbol(&c->stream, c->lens, SYMBOLS, symbol);
}

/* Literals a and b, and matches of one length header with offsets of 1, 2 to 3 and 4 to 7. */
static void start_with(struct xpress_case *c, unsigned length_header)
{
	memset(c->lens, 0, sizeof(c->lens));
	c->lens['a'] = 1;
	c->lens['b'] = 3;
	c->lens[MATCH(length_header, 0)] = 3;
	c->lens[MATCH(length_header, 1)] = 3;
	c->lens[MATCH(length_header, 2)] = 3;
	start(c);
}

static int finish(struct xpress_case *c, size_t out_len, uint8_t **ret)
{
	return rivals_decode(&c->rivals, c->stream.data, c->stream.len, out_len, ret);
}

static void lengths_of_one_byte_stand_behind_the_next_unit(void **state)
{
	struct xpress_case *c = *state;
	uint8_t *out = NULL;

	for (unsigned before = 0; before < 40; before++) {
		start_with(c, 15);
		put(c, 'b');
		for (unsigned i = 0; i < before; i++)
			put(c, 'a');
		put(c, 'b');
		put(c, MATCH(15, 0));
		stream_byte(&c->stream, 200); /* 15 + 200 + 3 */
		put(c, 'a');
		put(c, MATCH(15, 1));
		stream_bits(&c->stream, 0, 1); /* offset 2 */
		stream_byte(&c->stream, 0); /* 15 + 3 */
		put(c, 'a');

		size_t len = before + 2 + 218 + 1 + 18 + 1;

		assert_int_equal(finish(c, len, &out), 0);
		for (size_t i = 1; i < len; i++)
			assert_int_equal(out[i], i <= before || (i > before + 219 && (i - before) % 2 == 0) || i == len - 1 ? 'a' : 'b');
		free(out);
	}
}

static void lengths_of_two_bytes_are_whole_lengths(void **state)
{
	static const unsigned lengths[] = { XPRESS_CHUNK_MAX - 104, 40000, 300, 10, 0 };
	struct xpress_case *c = *state;
	uint8_t *out = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		start_with(c, 15);
		put(c, 'b');
		put(c, MATCH(15, 0));
		stream_byte(&c->stream, 255);
		stream_byte(&c->stream, lengths[i] & 0xff);
		stream_byte(&c->stream, lengths[i] >> 8);
		for (int k = 0; k < 100; k++)
			put(c, 'a');

		size_t len = 1 + lengths[i] + 3;

		assert_int_equal(finish(c, len + 100, &out), 0);
		assert_int_equal(out[len - 1], 'b');
		assert_int_equal(out[len], 'a');
		free(out);
		assert_int_equal(finish(c, len, NULL), 0);
		assert_int_equal(finish(c, len - 1, NULL), -1);
	}
}

static void lengths_behind_the_end_are_short(void **state)
{
	struct xpress_case *c = *state;

	start_with(c, 15);
	put(c, 'b');
	put(c, MATCH(15, 0));
	assert_int_equal(finish(c, 1 + 18, NULL), 0);
	stream_byte(&c->stream, 255);
	assert_int_equal(finish(c, 1 + 3 + 20, NULL), 0);
	stream_byte(&c->stream, 1);
	assert_int_equal(finish(c, 1 + 3 + 20, NULL), 0);
}

static void matches_begin_in_the_contents(void **state)
{
	struct xpress_case *c = *state;

	for (unsigned before = 0; before < 100; before++)
		for (unsigned offset = 4; offset < 8; offset++) {
			start_with(c, 0);
			for (unsigned i = 0; i < before; i++)
				put(c, 'a');
			put(c, MATCH(0, 2));
			stream_bits(&c->stream, offset - 4, 2);
			for (unsigned i = 0; i < 100; i++)
				put(c, 'b');
			assert_int_equal(finish(c, before + 3 + 100, NULL), offset <= before ? 0 : -1);
		}
}

static void matches_end_in_the_contents(void **state)
{
	struct xpress_case *c = *state;

	for (size_t len = 90; len < 120; len++) {
		start_with(c, 10);
		for (unsigned i = 0; i < 20; i++)
			put(c, 'b');
		while (c->stream.len < 4000)
			put(c, MATCH(10, 0));
		assert_int_equal(finish(c, len, NULL), (len - 20) % 13 == 0 ? 0 : -1);
	}
}

static void a_code_without_symbols_makes_zeros(void **state)
{
	struct xpress_case *c = *state;
	uint8_t *out = NULL;

	memset(c->lens, 0, sizeof(c->lens));
	start(c);
	for (int i = 0; i < 1000; i++)
		stream_byte(&c->stream, 0xa5);
	assert_int_equal(finish(c, 5000, &out), 0);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(out[i], 0);
	free(out);
}

static void codes_that_are_too_many_or_too_few_are_refused(void **state)
{
	struct xpress_case *c = *state;

	start_with(c, 15);
	c->lens['c'] = 15;
	start(c);
	assert_int_equal(finish(c, 10, NULL), -1);
	c->lens['c'] = 0;
	c->lens['b'] = 4;
	start(c);
	assert_int_equal(finish(c, 10, NULL), -1);
	c->lens['b'] = 0;
	start(c);
	assert_int_equal(finish(c, 10, NULL), -1);
}

static void codes_of_fifteen_bits_are_read(void **state)
{
	struct xpress_case *c = *state;
	uint8_t *out = NULL;

	memset(c->lens, 0, sizeof(c->lens));
	for (unsigned i = 0; i < 15; i++)
		c->lens['a' + i] = (uint8_t)(i + 1);
	c->lens[MATCH(4, 15)] = 15;
	start(c);
	for (unsigned i = 0; i < 33000; i++)
		put(c, 'a' + (i % 100 == 99 ? 14 : i % 13));
	for (unsigned i = 0; i < 100; i++) {
		put(c, MATCH(4, 15));
		stream_bits(&c->stream, 233, 15); /* offset 33001 */
		put(c, 'o');
	}
	assert_int_equal(finish(c, 33000, &out), 0);
	for (size_t i = 0; i < 33000; i++)
		assert_int_equal(out[i], 'a' + (i % 100 == 99 ? 14 : i % 13));
	free(out);
	assert_int_equal(finish(c, 33000 + 100 * 8, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_libwim_compresses_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_data_is_judged_as_by_libwim, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_of_one_byte_stand_behind_the_next_unit, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_of_two_bytes_are_whole_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_behind_the_end_are_short, setup, teardown),
		cmocka_unit_test_setup_teardown(matches_begin_in_the_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(matches_end_in_the_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(a_code_without_symbols_makes_zeros, setup, teardown),
		cmocka_unit_test_setup_teardown(codes_that_are_too_many_or_too_few_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(codes_of_fifteen_bits_are_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
