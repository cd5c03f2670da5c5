/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/xpress_decode.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/image/chunk_bits.h"
#include "common/image/match_copy.h"

#define SYMBOLS 512
#define LITERALS 256
#define CODE_LEN_MAX 15
#define TABLE_BITS 11
#define LENS_BYTES (SYMBOLS / 2)

#define LENGTH_MIN 3
#define LENGTH_LONG 15        /* a byte with more follows */
#define LENGTH_BYTE_LONG 0xff /* all of it is in the two bytes behind */

/* Entries of the table. Those of matches have the bits of the offset among the bits to take. */
#define MATCH_LENGTH(entry) (((entry) >> HUFFMAN_RESULT_SHIFT & 15) + LENGTH_MIN)
#define OFFSET_BITS(entry) ((entry) >> (HUFFMAN_RESULT_SHIFT + 4) & 15)
#define LONG_MATCH (1u << 29)

/* What a turn of the fast loop may read and write. */
#define FAST_INPUT (3 * BITS_FILL_MAX + BITS_FAST_LOAD)
#define FAST_OUTPUT (3 + LENGTH_LONG + LENGTH_MIN + MATCH_SLACK)

struct xpress_decoder {
	bool bmi2;
	uint32_t results[SYMBOLS];
	uint32_t table[HUFFMAN_ENTRIES(TABLE_BITS, CODE_LEN_MAX, SYMBOLS)];
};

struct run {
	struct chunk_bits bits;
	struct output out;
};

struct xpress_decoder *xpress_decoder_new(bool portable)
{
	struct xpress_decoder *d = xmalloc(sizeof(*d));

	d->bmi2 = !portable && cpu_has_bmi2();
	for (uint32_t i = 0; i < LITERALS; i++) {
		uint32_t length = i % 16, offset_bits = i / 16;

		d->results[i] = HUFFMAN_LITERAL | i << HUFFMAN_RESULT_SHIFT;
		d->results[LITERALS + i] = (offset_bits << 4 | length) << HUFFMAN_RESULT_SHIFT | offset_bits << 8 |
			(length == LENGTH_LONG ? LONG_MATCH : 0);
	}
	return d;
}

void xpress_decoder_freep(struct xpress_decoder **decoder)
{
	free(*decoder);
	*decoder = NULL;
}

/* The bytes stand behind the unit with the last of the next 16 bits. Those that are missing are zero, as in libwim. */
static ALWAYS_INLINE uint32_t read_long_length(struct chunk_bits *b)
{
	uint32_t length = LENGTH_LONG;

	if (b->in < b->end)
		length += *b->in++;
	if (length == LENGTH_LONG + LENGTH_BYTE_LONG) {
		length = 0;
		if (b->end - b->in >= 2) {
			length = load_le16(b->in);
			b->in += 2;
		}
	}
	return length + LENGTH_MIN;
}

/* A one in front of the n highest bits. */
static inline size_t offset_of(uint64_t next, unsigned n)
{
	return (size_t)((next >> 1 | (uint64_t)1 << 63) >> (63 - n));
}

static int decode_careful(const struct xpress_decoder *d, struct run *r)
{
	struct chunk_bits *b = &r->bits;

	while (r->out.at < r->out.end) {
		uint32_t entry = bits_symbol(b, d->table, TABLE_BITS), length;
		size_t offset;

		if (entry & HUFFMAN_LITERAL) {
			*r->out.at++ = (uint8_t)(entry >> HUFFMAN_RESULT_SHIFT);
			continue;
		}
		bits_need(b, BITS_UNIT);
		offset = offset_of(b->next, OFFSET_BITS(entry));
		bits_take(b, OFFSET_BITS(entry));
		length = entry & LONG_MATCH ? read_long_length(b) : MATCH_LENGTH(entry);
		if (output_match(&r->out, offset, length) < 0)
			return -1;
	}
	return 0;
}

#define NEXT(b) (table[(b).next >> (64 - TABLE_BITS)])

/*
 * As long as much input and room is left. Waiting for the next entry is most of the time, wrong guesses of what it is are
 * the rest: so two entries are taken for literals without asking, which takes nothing if they are none, and input is
 * filled in while an entry is on its way. There are always TABLE_BITS bits at least at the start of a turn.
 */
static ALWAYS_INLINE int decode_fast(const struct xpress_decoder *d, struct run *run)
{
	const uint32_t *table = d->table;
	struct chunk_bits b = run->bits;
	const uint8_t *in_safe = b.end - FAST_INPUT, *out_safe = run->out.end - FAST_OUTPUT;
	uint8_t *out = run->out.at;

	bits_fill(&b);
	while (b.in <= in_safe && out <= out_safe) {
		uint32_t entry = NEXT(b);
		size_t offset, length;

		bits_fill(&b);
		for (int i = 0; i < 2; i++) {
			out = bits_put_literal(&b, out, entry);
			entry = NEXT(b);
		}
		bits_fill(&b);
		if (entry & HUFFMAN_LITERAL) {
			out = bits_put_literal(&b, out, entry);
			entry = NEXT(b);
			if (entry & HUFFMAN_LITERAL) {
				out = bits_put_literal(&b, out, entry);
				continue;
			}
		}
		if (entry & HUFFMAN_LINK) {
			bits_fill(&b);
			bits_take_fast(&b, TABLE_BITS);
			entry = table[HUFFMAN_LINK_START(entry) + bits_top(b.next, HUFFMAN_LINK_BITS(entry))];
			if (entry & HUFFMAN_LITERAL) {
				out = bits_put_literal(&b, out, entry);
				continue;
			}
		}

		offset = offset_of(b.next << HUFFMAN_CODE_LEN(entry), OFFSET_BITS(entry));
		if (offset > (size_t)(out - run->out.begin))
			return -1;
		if (!(entry & LONG_MATCH)) {
			bits_take_fast(&b, HUFFMAN_TAKE_SHIFTED(entry));
			match_copy_24(out, offset);
			out += MATCH_LENGTH(entry);
			continue;
		}
		bits_take_fast(&b, HUFFMAN_CODE_LEN(entry));
		bits_settle(&b);
		bits_take(&b, OFFSET_BITS(entry));
		length = read_long_length(&b);
		if (length > (size_t)(run->out.end - out))
			return -1;
		if (b.in > in_safe || length > (size_t)(run->out.end - out) - MATCH_SLACK) {
			run->bits = b;
			run->out.at = out;
			return output_match(&run->out, offset, length);
		}
		bits_fill(&b);
		match_copy_wide(out, offset, length);
		out += length;
	}
	bits_settle(&b);
	run->bits = b;
	run->out.at = out;
	return 0;
}

static int decode_fast_plain(const struct xpress_decoder *d, struct run *run)
{
	return decode_fast(d, run);
}

#ifdef __x86_64__
__attribute__((target("bmi2"))) static int decode_fast_bmi2(const struct xpress_decoder *d, struct run *run)
{
	return decode_fast(d, run);
}
#endif

/* Does nothing when there is too little for a turn. */
static int decode_most(const struct xpress_decoder *d, struct run *run)
{
	if (run->bits.end - run->bits.in < FAST_INPUT || run->out.end - run->out.at < FAST_OUTPUT)
		return 0;
#ifdef __x86_64__
	if (d->bmi2)
		return decode_fast_bmi2(d, run);
#endif
	return decode_fast_plain(d, run);
}

static int read_lengths(struct xpress_decoder *d, const uint8_t *in)
{
	uint8_t lens[SYMBOLS];

	for (size_t i = 0; i < LENS_BYTES; i++) {
		lens[2 * i] = in[i] & 15;
		lens[2 * i + 1] = in[i] >> 4;
	}
	return huffman_table_build(d->table, TABLE_BITS, lens, SYMBOLS, d->results);
}

int xpress_decode(struct xpress_decoder *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	struct run run = { .out = { .begin = out, .at = out, .end = out + out_len, .room = out + out_len } };

	if (in_len < LENS_BYTES || read_lengths(decoder, in) < 0)
		return -1;
	run.bits = bits_of(in + LENS_BYTES, in_len - LENS_BYTES);
	return decode_most(decoder, &run) < 0 || decode_careful(decoder, &run) < 0 ? -1 : 0;
}
