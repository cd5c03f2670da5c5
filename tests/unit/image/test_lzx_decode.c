/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/image/chunk_case.h"

#include "common/image/lzx_calls.h"
#include "common/image/lzx_decode.h"

#define CHUNK 32768u
#define MAIN_SYMBOLS (256 + 32 * 8) /* of a window of 64 KiB */
#define LENGTH_SYMBOLS 249

#define MATCH(slot, length_header) (256 + (slot) * 8 + (length_header))
#define LONG 7

enum { VERBATIM = 1, ALIGNED = 2, STORED = 3 };

static int decode(void *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	return lzx_decode(decoder, in, in_len, out, out_len);
}

struct lzx_case {
	struct rivals rivals;
	struct rng rng;
	struct stream stream;
	size_t n_main; /* 30 slots, with windows of 64 KiB 32 */
	uint8_t main_lens[MAIN_SYMBOLS], length_lens[LENGTH_SYMBOLS]; /* that are to be */
	uint8_t old_main[MAIN_SYMBOLS], old_length[LENGTH_SYMBOLS];   /* of the block before */
};

static void rivals_start(struct rivals *r, size_t chunk_size)
{
	assert_int_equal(wimlib_create_decompressor(WIMLIB_COMPRESSION_TYPE_LZX, chunk_size, &r->libwim), 0);
	r->decode = decode;
	for (int i = 0; i < 2; i++)
		r->ours[i] = lzx_decoder_new(chunk_size, i);
}

static void rivals_end(struct rivals *r)
{
	for (int i = 0; i < 2; i++)
		lzx_decoder_freep((struct lzx_decoder **)&r->ours[i]);
	wimlib_free_decompressor(r->libwim);
}

static int setup(void **state)
{
	struct lzx_case *c = xcalloc(1, sizeof(*c));

	rivals_start(&c->rivals, CHUNK);
	c->rng = rng_of(2, "lzx");
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct lzx_case *c = *state;

	rivals_end(&c->rivals);
	free(c);
	return 0;
}

static void bring_back(struct rivals *r, struct rng *rng, enum contents kind, size_t chunk_size, size_t len, unsigned level)
{
	uint8_t *data = contents_new(rng, kind, len);

	rivals_bring_back(r, WIMLIB_COMPRESSION_TYPE_LZX, chunk_size, level, data, len);
	free(data);
}

static void what_libwim_compresses_comes_back(void **state)
{
	static const size_t lens[] = { 1, 2, 10, 11, 12, 100, 300, 4096, 32767, 32768 };
	static const unsigned levels[] = { 1, 20, 50, 100 };
	struct lzx_case *c = *state;

	for (enum contents kind = 0; kind < N_CONTENTS; kind++)
		for (size_t i = 0; i < ARRAY_SIZE(lens); i++)
			for (size_t k = 0; k < ARRAY_SIZE(levels); k++)
				bring_back(&c->rivals, &c->rng, kind, CHUNK, lens[i], levels[k]);
}

static void chunks_of_any_size_come_back(void **state)
{
	struct lzx_case *c = *state;

	for (size_t size = 1; size <= LZX_CHUNK_MAX; size *= 2)
		for (size_t chunk_size = size; chunk_size <= MIN(size + 1, LZX_CHUNK_MAX); chunk_size++) {
			struct rivals rivals;

			rivals_start(&rivals, chunk_size);
			for (enum contents kind = 0; kind < N_CONTENTS; kind += size > CHUNK ? 2 : 1)
				bring_back(&rivals, &c->rng, kind, chunk_size, chunk_size, 20);
			rivals_end(&rivals);
		}
}

static void repeats_from_far_away_come_back(void **state)
{
	struct lzx_case *c = *state;

	for (size_t chunk_size = 4 * CHUNK; chunk_size <= LZX_CHUNK_MAX; chunk_size *= 2) {
		uint8_t *data = contents_new(&c->rng, CONTENTS_NOISE, chunk_size);
		struct rivals rivals;

		for (size_t at = chunk_size / 2; at + 100 < chunk_size; at += rng_between(&c->rng, 100, 200))
			memcpy(data + at, data + rng_below(&c->rng, (uint32_t)at / 2), 99);
		memcpy(data + chunk_size - 1000, data + 3, 1000);
		rivals_start(&rivals, chunk_size);
		rivals_bring_back(&rivals, WIMLIB_COMPRESSION_TYPE_LZX, chunk_size, 20, data, chunk_size);
		rivals_end(&rivals);
		free(data);
	}
}

static void damaged_data_is_judged_as_by_libwim(void **state)
{
	struct lzx_case *c = *state;

	for (enum contents kind = 0; kind < N_CONTENTS; kind++)
		for (size_t chunk_size = CHUNK; chunk_size <= 2 * CHUNK; chunk_size *= 2) {
			size_t len = 3000, packed_len;
			uint8_t *data = contents_new(&c->rng, kind, len);
			uint8_t *packed = compressed_new(WIMLIB_COMPRESSION_TYPE_LZX, chunk_size, 50, data, len, &packed_len);
			struct rivals rivals;

			rivals_start(&rivals, chunk_size);
			if (packed)
				rivals_damage(&rivals, &c->rng, packed, packed_len, len);
			rivals_end(&rivals);
			free(packed);
			free(data);
		}
}

static void start(struct lzx_case *c)
{
	memset(&c->stream, 0, sizeof(c->stream));
	memset(c->main_lens, 0, sizeof(c->main_lens));
	memset(c->length_lens, 0, sizeof(c->length_lens));
	memset(c->old_main, 0, sizeof(c->old_main));
	memset(c->old_length, 0, sizeof(c->old_length));
	c->n_main = 256 + 30 * 8;
	stream_start(&c->stream);
}

/* The precode has 12 codes of 4 bits and 8 of 5: as many as there are symbols. */
static const uint8_t pre_lens[20] = { 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5 };

static void put_pre_lens(struct lzx_case *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(pre_lens); i++)
		stream_bits(&c->stream, pre_lens[i], 4);
}

static void put_presymbol(struct lzx_case *c, unsigned symbol)
{
	stream_symbol(&c->stream, pre_lens, ARRAY_SIZE(pre_lens), symbol);
}

static void put_lens(struct lzx_case *c, uint8_t *old, const uint8_t *lens, size_t n)
{
	put_pre_lens(c);
	for (size_t i = 0; i < n; i++) {
		put_presymbol(c, (17u + old[i] - lens[i]) % 17);
		old[i] = lens[i];
	}
}

static void put_head(struct lzx_case *c, unsigned type, size_t len)
{
	stream_bits(&c->stream, type, 3);
	stream_bits(&c->stream, 0, 1);
	stream_bits(&c->stream, (unsigned)len, c->n_main < MAIN_SYMBOLS ? 16 : 24);
}

static void put_codes(struct lzx_case *c)
{
	put_lens(c, c->old_main, c->main_lens, 256);
	put_lens(c, c->old_main + 256, c->main_lens + 256, c->n_main - 256);
	put_lens(c, c->old_length, c->length_lens, LENGTH_SYMBOLS);
}

static void put_block(struct lzx_case *c, size_t len)
{
	put_head(c, VERBATIM, len);
	put_codes(c);
}

static const uint8_t aligned_lens[8] = { 1, 3, 3, 4, 4, 4, 5, 5 };

static void put_aligned_block(struct lzx_case *c, size_t len)
{
	put_head(c, ALIGNED, len);
	for (size_t i = 0; i < ARRAY_SIZE(aligned_lens); i++)
		stream_bits(&c->stream, aligned_lens[i], 3);
	put_codes(c);
}

static void put(struct lzx_case *c, unsigned symbol)
{
	stream_symbol(&c->stream, c->main_lens, MAIN_SYMBOLS, symbol);
}

/* Bytes are not between units here but behind the one that is begun; a full one has another behind it that is left out. */
static void put_stored(struct lzx_case *c, const uint32_t recent[3], const uint8_t *data, size_t len)
{
	struct stream *s = &c->stream;

	s->len = s->next + (s->free ? 0 : 2);
	for (int i = 0; i < 3; i++, s->len += 4)
		store_le32(s->data + s->len, recent[i]);
	for (size_t i = 0; i < len + len % 2; i++)
		stream_byte(s, i < len ? data[i] : 0xee);
	stream_start(s);
}

static int finish(struct lzx_case *c, size_t out_len, uint8_t **ret)
{
	return rivals_decode(&c->rivals, c->stream.data, c->stream.len, out_len, ret);
}

/* Codes of literals a to d, and of eight other symbols. */
static void code_with(struct lzx_case *c, const unsigned others[8])
{
	memset(c->main_lens, 0, sizeof(c->main_lens));
	for (unsigned i = 0; i < 4; i++)
		c->main_lens['a' + i] = 3;
	for (unsigned i = 0; i < 8; i++)
		c->main_lens[others[i]] = 4;
	for (unsigned i = 0; i < LENGTH_SYMBOLS; i++)
		c->length_lens[i] = i < 7 ? 7 : 8;
}

static void put_text(struct lzx_case *c, const char *text)
{
	for (; *text; text++)
		put(c, (unsigned)*text);
}

static void put_many(struct lzx_case *c, unsigned symbol, unsigned n)
{
	while (n--)
		put(c, symbol);
}

static const unsigned near_matches[8] = { MATCH(0, 0), MATCH(1, 0), MATCH(2, 0), MATCH(3, 0), MATCH(4, 0), MATCH(5, 0), MATCH(0, LONG), MATCH(8, 1) };

static void put_near(struct lzx_case *c, unsigned slot, unsigned extra)
{
	put(c, MATCH(slot, 0));
	stream_bits(&c->stream, extra, 1);
}

static void recent_offsets_change_places(void **state)
{
	struct lzx_case *c = *state;

	for (unsigned behind = 0; behind <= 500; behind += 500) {
		static const char expected[] = "abcd" "ab" "ab" "ba" "ab" "ab" "ba" "bb" "ba" "bbabbabbabba";
		size_t len = strlen(expected);
		uint8_t *out = NULL;

		start(c);
		code_with(c, near_matches);
		put_block(c, len + behind);
		put_text(c, "abcd");
		put_near(c, 5, 0);  /* offset 4 */
		put_near(c, 4, 0);  /* offset 2 */
		put_near(c, 4, 1);  /* offset 3 */
		put(c, MATCH(2, 0)); /* 4: now 4, 2, 3 */
		put(c, MATCH(1, 0)); /* 2: now 2, 4, 3 */
		put(c, MATCH(2, 0)); /* 3: now 3, 4, 2 */
		put(c, MATCH(0, 0)); /* 3 */
		put(c, MATCH(1, 0)); /* 4: now 4, 3, 2 */
		put(c, MATCH(1, 0)); /* 3: now 3, 4, 2 */
		put(c, MATCH(0, LONG));
		stream_symbol(&c->stream, c->length_lens, LENGTH_SYMBOLS, 1); /* 2 + 7 + 1 */
		put_many(c, 'd', behind);
		assert_int_equal(finish(c, len + behind, &out), 0);
		assert_memory_equal(out, expected, len);
		free(out);
	}
}

static void low_bits_of_offsets_are_aligned_codes(void **state)
{
	static const unsigned others[8] = { MATCH(6, 3), MATCH(7, 3), MATCH(8, 3), MATCH(9, 3), MATCH(10, 3), MATCH(11, 3), MATCH(12, 3), MATCH(13, 3) };
	static const unsigned bases[8] = { 8, 12, 16, 24, 32, 48, 64, 96 }, extra_bits[8] = { 2, 2, 3, 3, 4, 4, 5, 5 };
	struct lzx_case *c = *state;
	size_t len = 300 + 200 * 5, at = 0;
	uint8_t *expected = xmalloc(len), *out = NULL;

	start(c);
	code_with(c, others);
	put_aligned_block(c, len);
	for (; at < 300; at++)
		put(c, expected[at] = (uint8_t)('a' + rng_below(&c->rng, 4)));
	for (; at < len; at += 5) {
		unsigned i = rng_below(&c->rng, 8), extra = rng_below(&c->rng, 1u << extra_bits[i]);

		put(c, others[i]);
		if (extra_bits[i] < 3) {
			stream_bits(&c->stream, extra, extra_bits[i]);
		} else {
			stream_bits(&c->stream, extra >> 3, extra_bits[i] - 3);
			stream_symbol(&c->stream, aligned_lens, 8, extra & 7);
		}
		for (size_t k = at; k < at + 5; k++)
			expected[k] = expected[k - (bases[i] + extra - 2)];
	}
	assert_int_equal(finish(c, len, &out), 0);
	assert_memory_equal(out, expected, len);
	free(out);
	free(expected);
}

static void stored_blocks_begin_at_a_unit(void **state)
{
	static const uint32_t recent[3] = { 7, 3, 5 };
	struct lzx_case *c = *state;

	for (unsigned before = 0; before < 40; before++)
		for (size_t n = 8; n < 12; n++) {
			uint8_t *out = NULL;

			start(c);
			code_with(c, near_matches);
			if (before) {
				put_block(c, before);
				put_many(c, 'a', before);
			}
			put_head(c, STORED, n);
			put_stored(c, recent, (const uint8_t *)"0123456789abcdef", n);
			put_block(c, 7);
			put(c, 'd');
			put(c, MATCH(1, 0));
			put(c, MATCH(0, 0));
			put(c, MATCH(2, 0));
			assert_int_equal(finish(c, before + n + 7, &out), 0);
			assert_memory_equal(out + before, "0123456789abcdef", n);
			assert_int_equal(out[before + n], 'd');
			for (size_t i = before + n + 1; i < before + n + 7; i++)
				assert_int_equal(out[i], out[i - (i < before + n + 5 ? 3 : 5)]);
			free(out);
		}
}

static void stored_blocks_are_whole(void **state)
{
	struct lzx_case *c = *state;

	for (int missing = 0; missing < 3; missing++) {
		uint32_t recent[3] = { 1, 1, 1 };

		for (int zero = -1; zero < 3; zero++) {
			size_t len;

			if (zero >= 0)
				recent[zero] = 0;
			start(c);
			put_head(c, STORED, 9);
			put_stored(c, recent, (const uint8_t *)"123456789", 9);
			len = c->stream.here;
			assert_int_equal(rivals_decode(&c->rivals, c->stream.data, len - (size_t)missing, 9, NULL), zero >= 0 || missing > 1 ? -1 : 0);
			if (zero >= 0)
				recent[zero] = 1;
		}
	}
}

static void one_bit_says_32_kib(void **state)
{
	struct lzx_case *c = *state;
	uint8_t *data = contents_new(&c->rng, CONTENTS_TEXT, CHUNK), *out = NULL;

	start(c);
	stream_bits(&c->stream, STORED, 3);
	stream_bits(&c->stream, 1, 1);
	put_stored(c, (const uint32_t[]){ 1, 1, 1 }, data, CHUNK);
	assert_int_equal(finish(c, CHUNK, &out), 0);
	assert_memory_equal(out, data, CHUNK);
	free(out);
	assert_int_equal(finish(c, CHUNK - 1, NULL), -1);
	free(data);
}

/* libwim cannot be asked: see lzx_decode.h. */
static void stored_blocks_of_32_kib_may_follow_others(void **state)
{
	struct lzx_case *c = *state;
	uint8_t *data = contents_new(&c->rng, CONTENTS_TEXT, CHUNK), *out = xmalloc(2 * CHUNK);

	for (unsigned before = 1; before < 40; before++)
		for (int portable = 0; portable < 2; portable++) {
			struct lzx_decoder *decoder = lzx_decoder_new(2 * CHUNK, portable);

			start(c);
			c->n_main = MAIN_SYMBOLS;
			code_with(c, near_matches);
			put_block(c, before);
			put_many(c, 'a', before);
			stream_bits(&c->stream, STORED, 3);
			stream_bits(&c->stream, 1, 1);
			put_stored(c, (const uint32_t[]){ 1, 1, 1 }, data, CHUNK);
			assert_int_equal(lzx_decode(decoder, c->stream.data, c->stream.len, out, before + CHUNK), 0);
			assert_memory_equal(out + before, data, CHUNK);
			lzx_decoder_freep(&decoder);
		}
	free(out);
	free(data);
}

static void put_zero_run(struct lzx_case *c, unsigned n)
{
	put_presymbol(c, 18);
	stream_bits(&c->stream, n - 20, 5);
}

static void runs_of_lengths_may_go_on_behind_the_last(void **state)
{
	struct lzx_case *c = *state;
	uint8_t *data = contents_new(&c->rng, CONTENTS_NOISE, 2000), *out = NULL;

	start(c);
	put_head(c, VERBATIM, 2000);
	put_pre_lens(c);
	for (int i = 0; i < 52; i++) { /* 5 times 8 each */
		put_presymbol(c, 19);
		stream_bits(&c->stream, 1, 1);
		put_presymbol(c, (17 - 8) % 17);
	}
	put_pre_lens(c);
	for (int i = 0; i < 240; i += 51)
		put_zero_run(c, 51);
	put_pre_lens(c);
	put_presymbol(c, 17);
	stream_bits(&c->stream, 15, 4); /* 19 zeros */
	for (int i = 19; i < LENGTH_SYMBOLS; i += 51)
		put_zero_run(c, 51);
	for (int i = 0; i < 2000; i++)
		stream_bits(&c->stream, data[i], 8);
	assert_int_equal(finish(c, 2000, &out), 0);
	lzx_calls_undo(data, 2000);
	assert_memory_equal(out, data, 2000);
	free(out);
	free(data);
}

static void a_code_without_symbols_makes_zeros(void **state)
{
	struct lzx_case *c = *state;
	uint8_t *out = NULL;

	start(c);
	put_block(c, 1000);
	assert_int_equal(finish(c, 1000, &out), 0);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(out[i], 0);
	free(out);
}

/* Where the stream says nothing, all is zero. */
static void wrong_heads_are_refused(void **state)
{
	struct lzx_case *c = *state;

	for (unsigned type = 0; type < 8; type++) {
		start(c);
		put_head(c, type, 100);
		assert_int_equal(finish(c, 100, NULL), type == VERBATIM || type == ALIGNED ? 0 : -1);
	}
	for (size_t len = 0; len < 200; len += 50) {
		start(c);
		put_block(c, len);
		put_block(c, MAX(len, 50));
		put_block(c, 50);
		assert_int_equal(finish(c, 100, NULL), len == 50 || len == 100 ? 0 : -1);
	}
}

static void wrong_codes_are_refused(void **state)
{
	struct lzx_case *c = *state;

	start(c);
	put_head(c, VERBATIM, 100);
	put_pre_lens(c);
	put_presymbol(c, 19);
	stream_bits(&c->stream, 0, 1);
	put_presymbol(c, 18);
	assert_int_equal(finish(c, 100, NULL), -1);

	start(c);
	put_head(c, VERBATIM, 100);
	stream_bits(&c->stream, 1, 4);
	assert_int_equal(finish(c, 100, NULL), -1);

	start(c);
	put_head(c, ALIGNED, 100);
	stream_bits(&c->stream, 1, 3);
	assert_int_equal(finish(c, 100, NULL), -1);

	for (unsigned symbol = 1; symbol < 400; symbol += 100) {
		start(c);
		code_with(c, near_matches);
		c->main_lens[symbol] = 16;
		put_block(c, 100);
		assert_int_equal(finish(c, 100, NULL), -1);
	}
	start(c);
	c->length_lens[5] = 1;
	put_block(c, 100);
	assert_int_equal(finish(c, 100, NULL), -1);
}

static void matches_stay_in_the_contents_and_their_block(void **state)
{
	struct lzx_case *c = *state;

	for (unsigned before = 1; before < 80; before++)
		for (unsigned len = 3; len <= 257; len += 127) {
			size_t block = before + len;

			for (int more = -1; more < 2; more++) {
				start(c);
				code_with(c, near_matches);
				put_block(c, block + (size_t)more);
				put_many(c, 'a', before);
				put(c, MATCH(8, 1)); /* offset 14 to 21 */
				stream_bits(&c->stream, before > 14 ? 0 : 7, 3);
				put_many(c, 'b', 3);
				put_block(c, 500);
				put_many(c, 'c', 500);
				(void)finish(c, block + (size_t)more + 500, NULL);

				start(c);
				code_with(c, near_matches);
				put_block(c, block + (size_t)more);
				put_many(c, 'a', before);
				put(c, MATCH(0, LONG));
				stream_symbol(&c->stream, c->length_lens, LENGTH_SYMBOLS, MAX(len, 9) - 9);
				if (more > 0)
					put(c, 'b');
				put_block(c, 500);
				put_many(c, 'c', 500);
				assert_int_equal(finish(c, block + (size_t)more + 500, NULL), len > 9 && more >= 0 ? 0 : -1);
				if (more < 0)
					assert_int_equal(finish(c, block + 500, NULL), -1);
			}
		}
}

static void matches_end_where_the_contents_end(void **state)
{
	static const unsigned lengths[] = { 2, 6, 9, 10, 16, 17, 24, 25, 31, 32, 33, 40, 41, 42, 43, 44, 45 };
	struct lzx_case *c = *state;

	for (unsigned before = 1; before < 60; before++)
		for (size_t k = 0; k < ARRAY_SIZE(lengths); k++) {
			unsigned length = lengths[k], n = 100 / length, literals = before % 4;
			size_t len = before + (size_t)n * (literals + length);

			start(c);
			code_with(c, near_matches);
			c->main_lens[MATCH(0, 0)] = 5; /* makes room for another of the same length */
			c->main_lens[MATCH(0, 4)] = 5;
			put_block(c, len);
			put_many(c, 'a', before);
			while (n--) {
				put_many(c, 'b', literals);
				put(c, length == 2 ? MATCH(0, 0) : length == 6 ? MATCH(0, 4) : MATCH(0, LONG));
				if (length >= 9)
					stream_symbol(&c->stream, c->length_lens, LENGTH_SYMBOLS, length - 9);
			}
			for (int i = 0; i < 40; i++)
				stream_bits(&c->stream, 0, 16);
			assert_int_equal(finish(c, len, NULL), 0);
		}
}

static void calls_in_stored_blocks_are_undone(void **state)
{
	static const uint8_t data[20] = { 1, 2, 0xe8, 100, 0, 0, 0, 0xe8, 0xff, 0xff, 0xff, 0xff };
	struct lzx_case *c = *state;
	uint8_t *out = NULL;

	start(c);
	put_head(c, STORED, sizeof(data));
	put_stored(c, (const uint32_t[]){ 1, 1, 1 }, data, sizeof(data));
	assert_int_equal(finish(c, sizeof(data), &out), 0);
	assert_int_equal(load_le32(out + 3), 98);
	assert_int_equal(load_le32(out + 8), 12000000 - 1);
	free(out);
}

static void codes_of_sixteen_bits_are_read(void **state)
{
	struct lzx_case *c = *state;
	uint8_t *out = NULL;

	start(c);
	for (unsigned i = 0; i < 16; i++)
		c->main_lens['a' + i] = (uint8_t)(i + 1);
	c->main_lens[MATCH(0, LONG)] = 16;
	for (unsigned i = 0; i < 16; i++)
		c->length_lens[i * 10] = (uint8_t)(i + 1);
	c->length_lens[248] = 16;
	put_block(c, 16000 + 60 * 257);
	for (unsigned i = 0; i < 16000; i++)
		put(c, 'a' + i % 16);
	for (unsigned i = 0; i < 60; i++) {
		put(c, MATCH(0, LONG));
		stream_symbol(&c->stream, c->length_lens, LENGTH_SYMBOLS, 248);
	}
	assert_int_equal(finish(c, 16000 + 60 * 257, &out), 0);
	for (unsigned i = 0; i < 16000 + 60 * 257; i++)
		assert_int_equal(out[i], i < 16000 ? 'a' + i % 16 : 'p');
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_libwim_compresses_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(chunks_of_any_size_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(repeats_from_far_away_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_data_is_judged_as_by_libwim, setup, teardown),
		cmocka_unit_test_setup_teardown(recent_offsets_change_places, setup, teardown),
		cmocka_unit_test_setup_teardown(low_bits_of_offsets_are_aligned_codes, setup, teardown),
		cmocka_unit_test_setup_teardown(stored_blocks_begin_at_a_unit, setup, teardown),
		cmocka_unit_test_setup_teardown(stored_blocks_are_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(one_bit_says_32_kib, setup, teardown),
		cmocka_unit_test_setup_teardown(stored_blocks_of_32_kib_may_follow_others, setup, teardown),
		cmocka_unit_test_setup_teardown(runs_of_lengths_may_go_on_behind_the_last, setup, teardown),
		cmocka_unit_test_setup_teardown(a_code_without_symbols_makes_zeros, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_heads_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_codes_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(matches_stay_in_the_contents_and_their_block, setup, teardown),
		cmocka_unit_test_setup_teardown(matches_end_where_the_contents_end, setup, teardown),
		cmocka_unit_test_setup_teardown(calls_in_stored_blocks_are_undone, setup, teardown),
		cmocka_unit_test_setup_teardown(codes_of_sixteen_bits_are_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
