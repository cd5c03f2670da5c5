/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bits of a compressed chunk, of XPRESS and LZX alike: units of 16 bits, little endian, the first bit of each being its
 * highest ([MS-XCA] 2.2.4, [MS-PATCH] 2.1); bytes stand between units. One reader has two ways, between which bits_settle changes:
 *
 * - fast: at least BITS_FAST_INPUT bytes are left, from which bits_fill takes as many whole units as fit. Only the lowest
 *   six bits of `left` count, so that a whole entry of a Huffman table may be subtracted.
 * - careful: a unit is taken when it is needed, so that what stands between the units is at in. Behind the end
 *   there are only zeros, as for libwim; a single byte in front of the end is no unit.
 */
#pragma once

#include <stddef.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/base/bytes.h"
#include "common/image/huffman_table.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define BITS_UNIT 16
#define BITS_FILLED 48    /* so many there are at least after bits_fill */
#define BITS_FAST_LOAD 8  /* bytes bits_fill reads */
#define BITS_FILL_MAX 6   /* bytes it takes at most */

/* Shifts by a variable take one instruction instead of three. */
static inline bool cpu_has_bmi2(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("bmi2");
#else
	return false;
#endif
}

struct chunk_bits {
	uint64_t next; /* the next bit is the highest; careful: the lowest ones are zero */
	unsigned left; /* how many are there */
	const uint8_t *in;
	const uint8_t *end;
};

static inline struct chunk_bits bits_of(const uint8_t *in, size_t len)
{
	return (struct chunk_bits){ .in = in, .end = in + len };
}

/* Four units, the first one at the top. */
static ALWAYS_INLINE uint64_t bits_load_units(const uint8_t *in)
{
#ifdef __SSE2__
	__m128i units = _mm_loadl_epi64((const __m128i *)(const void *)in);

	return (uint64_t)_mm_cvtsi128_si64(_mm_shufflelo_epi16(units, _MM_SHUFFLE(0, 1, 2, 3)));
#else
	uint64_t v = load_le64(in);

	v = v << 32 | v >> 32;
	return (v & 0xffff0000ffff) << 16 | (v >> 16 & 0xffff0000ffff);
#endif
}

static ALWAYS_INLINE void bits_fill(struct chunk_bits *b)
{
	b->next |= bits_load_units(b->in) >> (b->left & 63);
	b->in += 6 - (b->left >> 3 & 6);
	b->left |= BITS_FILLED;
}

/* Takes n bits, of which at most 63 are there; n may have anything above its lowest six bits. */
static ALWAYS_INLINE void bits_take_fast(struct chunk_bits *b, unsigned n)
{
	b->next <<= n & 63;
	b->left -= n;
}

/* The n highest bits, 0 to 63. */
static ALWAYS_INLINE uint64_t bits_top(uint64_t next, unsigned n)
{
	return next >> 1 >> (63 - n);
}

/* From fast to careful: units that are not needed yet go back. */
static ALWAYS_INLINE void bits_settle(struct chunk_bits *b)
{
	unsigned left = b->left & 63, keep = left < BITS_UNIT ? left : BITS_UNIT + left % BITS_UNIT;

	b->in -= (left - keep) / 8;
	b->left = keep;
	b->next = keep ? b->next & ~(uint64_t)0 << (64 - keep) : 0;
}

/* Careful: at least n bits, up to 16. */
static ALWAYS_INLINE void bits_need(struct chunk_bits *b, unsigned n)
{
	if (b->left >= n)
		return;
	if (b->end - b->in < 2) {
		b->left = 32;
		return;
	}
	b->next |= (uint64_t)load_le16(b->in) << (48 - b->left);
	b->in += 2;
	b->left += BITS_UNIT;
}

static ALWAYS_INLINE void bits_take(struct chunk_bits *b, unsigned n)
{
	b->next <<= n;
	b->left -= n;
}

static ALWAYS_INLINE unsigned bits_read(struct chunk_bits *b, unsigned n)
{
	unsigned value;

	bits_need(b, n);
	value = (unsigned)bits_top(b->next, n);
	bits_take(b, n);
	return value;
}

/* Careful: takes the code of one symbol and returns its entry, whose other bits are not taken. */
static inline uint32_t bits_symbol(struct chunk_bits *b, const uint32_t *table, unsigned table_bits)
{
	unsigned linked;
	uint32_t entry;

	bits_need(b, BITS_UNIT);
	entry = huffman_look_up(table, table_bits, b->next, &linked);
	bits_take(b, linked + HUFFMAN_CODE_LEN(entry));
	return entry;
}

/* Fast: takes nothing, and leaves out where it is, when entry is no literal. */
static ALWAYS_INLINE uint8_t *bits_put_literal(struct chunk_bits *b, uint8_t *out, uint32_t entry)
{
	*out = (uint8_t)(entry >> HUFFMAN_RESULT_SHIFT);
	bits_take_fast(b, entry);
	return out + entry / HUFFMAN_LITERAL;
}
