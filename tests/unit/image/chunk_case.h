/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For the tests of decoders: contents of many kinds, libwim's compressors and decompressors beside ours, and a writer of
 * streams that no compressor makes. Buffers that decoders see are as long as what is in them, so that the sanitizers
 * see what lies beside.
 */
#pragma once

#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include <wimlib.h>

#include "common/base/alloc.h"
#include "common/base/bytes.h"
#include "common/image/huffman_table.h"
#include "tests/support/rng.h"

enum contents {
	CONTENTS_TEXT,
	CONTENTS_CODE,    /* x86 calls whose targets come again */
	CONTENTS_RUNS,    /* of short patterns of 1 to 20 bytes */
	CONTENTS_RECORDS, /* repeats at two or three distances */
	CONTENTS_ALIGNED, /* repeats at multiples of 8 */
	CONTENTS_ZEROS,
	CONTENTS_ALL_BYTES,
	CONTENTS_NOISE,
	CONTENTS_SKEWED, /* few bytes with codes of very different lengths */
	N_CONTENTS,
};

static inline size_t contents_piece(struct rng *rng, enum contents kind, uint8_t *to, size_t at)
{
	static const char words[][8] = { "the ", "image", " of\r\n", "Windows", "is ", "0x", "\\", "{", "}\t", "A" };
	static const uint8_t calls[][5] = { { 0xe8, 0x10, 0x20, 0, 0 }, { 0xe8, 0xff, 0xff, 0xff, 0xff }, { 0xe8, 0, 0, 0x40, 0 },
					    { 0xe8, 0xe8, 0xe8, 0, 0 }, { 0x48, 0x8b, 0xc4, 0x90, 0xcc }, { 0xe8, 0, 0x1b, 0xb7, 0 } };
	size_t len = rng_between(rng, 1, 60), step = at;

	switch (kind) {
	case CONTENTS_TEXT:
		len = strlen(words[rng_below(rng, 10)]);
		memcpy(to, words[rng_below(rng, 10)], 8);
		return len;
	case CONTENTS_CODE:
		memcpy(to, calls[rng_below(rng, ARRAY_SIZE(calls))], 5);
		to[1] ^= (uint8_t)rng_below(rng, 4);
		return rng_between(rng, 3, 5);
	case CONTENTS_RUNS:
		step = rng_between(rng, 1, 20);
		len = rng_between(rng, 1, 400);
		break;
	case CONTENTS_RECORDS:
		step = rng_chance(rng, 50) ? 24 : rng_chance(rng, 50) ? 1000 : 77;
		break;
	case CONTENTS_ALIGNED:
		step = (size_t)8 * rng_between(rng, 4, 2000);
		break;
	case CONTENTS_ZEROS:
		memset(to, 0, len);
		return len;
	case CONTENTS_ALL_BYTES:
		to[0] = (uint8_t)at;
		return 1;
	case CONTENTS_NOISE:
		rng_fill(rng, to, len);
		return len;
	default:
		for (len = 1; len < 40 && rng_chance(rng, 50); len++)
			;
		to[0] = (uint8_t)len;
		return 1;
	}
	if (step > at || rng_chance(rng, 20)) {
		to[0] = (uint8_t)rng_next(rng);
		return 1;
	}
	for (size_t i = 0; i < len; i++)
		to[i] = to[i - step];
	return len;
}

static inline uint8_t *contents_new(struct rng *rng, enum contents kind, size_t len)
{
	uint8_t *data = xmalloc(len + 512), *exact;

	for (size_t at = 0; at < len;)
		at += contents_piece(rng, kind, data + at, at);
	exact = xmemdup(data, len);
	free(data);
	return exact;
}

/* NULL when it does not become smaller. */
static inline uint8_t *compressed_new(int type, size_t chunk_size, unsigned level, const uint8_t *data, size_t len,
				      size_t *ret_len)
{
	struct wimlib_compressor *compressor;
	uint8_t *packed = xmalloc(len), *exact = NULL;

	assert_int_equal(wimlib_create_compressor((enum wimlib_compression_type)type, chunk_size, level, &compressor), 0);
	*ret_len = wimlib_compress(data, len, packed, len, compressor);
	if (*ret_len)
		exact = xmemdup(packed, *ret_len);
	wimlib_free_compressor(compressor);
	free(packed);
	return exact;
}

/* Any of ours. */
typedef int (*decode_fn)(void *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len);

struct rivals {
	struct wimlib_decompressor *libwim;
	decode_fn decode;
	void *ours[2]; /* with and without the instructions of newer processors */
};

/* All say the same of in, and make the same bytes; 0 with a copy of them in *ret (unless NULL), or -1. */
static inline int rivals_decode(struct rivals *r, const uint8_t *in, size_t in_len, size_t out_len, uint8_t **ret)
{
	uint8_t *exact = xmemdup(in, in_len), *theirs = xmalloc(out_len);
	int verdict = wimlib_decompress(exact, in_len, theirs, out_len, r->libwim) ? -1 : 0;

	for (size_t i = 0; i < ARRAY_SIZE(r->ours); i++) {
		uint8_t *out = xmalloc(out_len);

		assert_int_equal(r->decode(r->ours[i], exact, in_len, out, out_len), verdict);
		if (verdict == 0)
			assert_memory_equal(out, theirs, out_len);
		free(out);
	}
	free(exact);
	if (ret && verdict == 0)
		*ret = theirs;
	else
		free(theirs);
	return verdict;
}

static inline void rivals_bring_back(struct rivals *r, int type, size_t chunk_size, unsigned level, const uint8_t *data,
				     size_t len)
{
	size_t packed_len;
	uint8_t *packed = compressed_new(type, chunk_size, level, data, len, &packed_len), *out = NULL;

	if (!packed)
		return;
	assert_int_equal(rivals_decode(r, packed, packed_len, len, &out), 0);
	assert_memory_equal(out, data, len);
	free(out);
	free(packed);
}

/* Cut at every byte; then with some bytes changed. */
static inline void rivals_damage(struct rivals *r, struct rng *rng, uint8_t *packed, size_t packed_len, size_t len)
{
	for (size_t cut = 0; cut < packed_len; cut++)
		(void)rivals_decode(r, packed, cut, len, NULL);
	for (int i = 0; i < 2000; i++) {
		uint8_t *damaged = xmemdup(packed, packed_len);

		for (uint32_t n = rng_between(rng, 1, 3); n; n--)
			damaged[rng_below(rng, (uint32_t)packed_len)] ^= (uint8_t)(1u << rng_below(rng, 8));
		(void)rivals_decode(r, damaged, packed_len, len, NULL);
		free(damaged);
	}
}

/*
 * Writes bits in units of 16, the way [MS-XCA] 2.1.4.3 does: the places of this unit and the next are kept free, bytes go
 * behind them.
 */
struct stream {
	uint8_t data[1 << 17];
	size_t here, next, len;
	unsigned unit, free;
};

static inline void stream_start(struct stream *s)
{
	s->here = s->len;
	s->next = s->len + 2;
	s->len += 4;
	s->unit = 0;
	s->free = 16;
}

static inline void stream_bits(struct stream *s, unsigned value, unsigned n)
{
	for (unsigned i = n; i; i--) {
		if (!s->free) {
			s->here = s->next;
			s->next = s->len;
			s->len += 2;
			s->unit = 0;
			s->free = 16;
		}
		s->free--;
		s->unit |= (value >> (i - 1) & 1) << s->free;
		store_le16(s->data + s->here, (uint16_t)s->unit);
	}
}

static inline void stream_byte(struct stream *s, unsigned value)
{
	s->data[s->len++] = (uint8_t)value;
}

/* The canonical code of a symbol. */
static inline void stream_symbol(struct stream *s, const uint8_t *lens, unsigned n_symbols, unsigned symbol)
{
	unsigned code = 0;

	assert_true(lens[symbol] > 0);
	for (unsigned len = 1; len <= lens[symbol]; len++) {
		code <<= 1;
		for (unsigned i = 0; i < (len < lens[symbol] ? n_symbols : symbol); i++)
			code += lens[i] == len;
	}
	stream_bits(s, code, lens[symbol]);
}
