/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The adaptive Huffman codes of LZMS and the bits they are read from. A code counts its symbols and is made anew of the
 * counts whenever so many were read. Facts of the format as wimlib's lzms_decompress.c documents them.
 *
 * The bits are those of 16-bit little-endian units, high bits first, from the last unit of a chunk to the first; behind
 * the first unit zeroes are read.
 */
#pragma once

#include "common/base/bytes.h"

#define LZMS_SYMBOLS_MAX 799
#define LZMS_CODEWORD_MAX 15
#define LZMS_TABLE_BITS 10

#define LZMS_INLINE static inline __attribute__((always_inline))

struct lzms_bits {
	uint64_t buffer; /* the next bits, highest first, all others 0 or as they will be read */
	unsigned held;   /* how many of them count */
	const uint8_t *start;
	const uint8_t *end; /* of what is not in the buffer yet */
};

/* A symbol stands for a number: the base of its slot and so many more bits, at most 30. */
struct lzms_slots {
	unsigned n;
	uint32_t base[LZMS_SYMBOLS_MAX + 1]; /* one more: the end of the last slot */
	uint32_t stems[LZMS_SYMBOLS_MAX]; /* entries of tables for codewords without any bits */
};

struct lzms_code {
	const struct lzms_slots *slots; /* NULL: symbols stand for themselves */
	unsigned n_symbols;
	unsigned period;
	unsigned left; /* symbols until the code is made anew */
	uint16_t counts[LZMS_SYMBOLS_MAX];

	/* By the next bits: symbol << 16 | extra bits << 8 | bits of codeword and extra bits; 0: a longer codeword. */
	uint32_t table[1 << LZMS_TABLE_BITS];

	/* By length, for longer codewords: the first one behind those of that length, with zeroes appended to make
	 * LZMS_CODEWORD_MAX bits, and what is added to a codeword to find it in symbols. */
	uint32_t ends[LZMS_CODEWORD_MAX + 1];
	uint32_t firsts[LZMS_CODEWORD_MAX + 1];
	uint16_t symbols[LZMS_SYMBOLS_MAX + 4]; /* in the order of their codewords */
};

/* Makes the code in which all symbols are equally likely; slots live as long as the code is used. */
void lzms_code_init(struct lzms_code *code, const struct lzms_slots *slots, unsigned n_symbols, unsigned period);

void lzms_code_rebuild(struct lzms_code *code);

/* The entry that the table would have for these bits, were it large enough. */
uint32_t lzms_code_long_entry(const struct lzms_code *code, uint64_t buffer);

/* The same as lzms_bits_refill where less than a buffer is left. */
struct lzms_bits lzms_bits_refill_last(struct lzms_bits bits);

/* Takes more bits into the buffer; at least 48 are held then. */
LZMS_INLINE void lzms_bits_refill(struct lzms_bits *bits)
{
	if (__builtin_expect(bits->end < bits->start + sizeof(bits->buffer), 0)) {
		*bits = lzms_bits_refill_last(*bits);
		return;
	}
	bits->buffer |= load_le64(bits->end - sizeof(bits->buffer)) >> bits->held;
	bits->end -= 6 - (bits->held >> 3 & 6); /* as many units as there is room for */
	bits->held |= 48;
}

LZMS_INLINE uint32_t lzms_code_entry(struct lzms_code *code, struct lzms_bits *bits)
{
	uint32_t entry;

	lzms_bits_refill(bits);
	entry = code->table[bits->buffer >> (64 - LZMS_TABLE_BITS)];
	if (__builtin_expect(!entry, 0))
		entry = lzms_code_long_entry(code, bits->buffer);
	code->counts[entry >> 16]++;
	return entry;
}

LZMS_INLINE void lzms_code_take(struct lzms_code *code, struct lzms_bits *bits, uint32_t entry)
{
	bits->buffer <<= entry & 63;
	bits->held -= entry & 63;
	if (__builtin_expect(--code->left == 0, 0))
		lzms_code_rebuild(code);
}

/* Reads a symbol of a code whose symbols have no extra bits. */
LZMS_INLINE uint32_t lzms_code_symbol(struct lzms_code *code, struct lzms_bits *bits)
{
	uint32_t entry = lzms_code_entry(code, bits);

	lzms_code_take(code, bits, entry);
	return entry >> 16;
}

/* Reads a number. */
LZMS_INLINE uint32_t lzms_code_number(struct lzms_code *code, struct lzms_bits *bits)
{
	uint32_t entry = lzms_code_entry(code, bits);
	uint32_t more = (uint32_t)(bits->buffer >> (-entry & 63)) & ((1u << (entry >> 8 & 31)) - 1);

	lzms_code_take(code, bits, entry);
	return code->slots->base[entry >> 16] + more;
}
