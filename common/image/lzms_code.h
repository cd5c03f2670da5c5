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
	uint8_t extra[LZMS_SYMBOLS_MAX];
};

struct lzms_code {
	const struct lzms_slots *slots; /* NULL: symbols stand for themselves */
	unsigned n_symbols;
	unsigned period;
	unsigned left; /* symbols until the code is made anew */
	uint16_t counts[LZMS_SYMBOLS_MAX];

	/* By the next bits: symbol << 16 | extra bits << 8 | bits of codeword and extra bits; 0: a longer codeword. */
	uint32_t table[1 << LZMS_TABLE_BITS];

	/* For longer codewords, with zeroes appended to make LZMS_CODEWORD_MAX bits: the first one behind those of each length, and
	 * what is added to the index of a codeword among all of its length to find it in symbols. */
	uint32_t ends[LZMS_CODEWORD_MAX + 1];
	uint32_t firsts[LZMS_CODEWORD_MAX + 1];
	uint16_t symbols[LZMS_SYMBOLS_MAX]; /* in the order of their codewords */
};

/* Makes the code in which all symbols are equally likely; slots live as long as the code is used. */
void lzms_code_init(struct lzms_code *code, const struct lzms_slots *slots, unsigned n_symbols, unsigned period);

void lzms_code_rebuild(struct lzms_code *code);

/* The entry that the table would have for these bits, were it large enough. */
uint32_t lzms_code_long_entry(const struct lzms_code *code, uint64_t buffer);

/* Adds bits at the end of the chunk; at least 48 are held then. */
static inline void lzms_bits_refill(struct lzms_bits *bits)
{
	if (__builtin_expect(bits->end - bits->start >= 8, 1)) {
		unsigned units = (63 - bits->held) >> 4;

		bits->buffer |= load_le64(bits->end - 8) >> bits->held;
		bits->end -= (size_t)units * 2;
		bits->held += units * 16;
		return;
	}
	for (; bits->held < 48; bits->held += 16) {
		if (bits->end == bits->start)
			continue;
		bits->end -= 2;
		bits->buffer |= (uint64_t)load_le16(bits->end) << (48 - bits->held);
	}
}

static inline uint32_t lzms_code_entry(struct lzms_code *code, struct lzms_bits *bits)
{
	uint32_t entry;

	lzms_bits_refill(bits);
	entry = code->table[bits->buffer >> (64 - LZMS_TABLE_BITS)];
	if (__builtin_expect(!entry, 0))
		entry = lzms_code_long_entry(code, bits->buffer);
	code->counts[entry >> 16]++;
	return entry;
}

static inline void lzms_code_count(struct lzms_code *code)
{
	if (__builtin_expect(--code->left == 0, 0))
		lzms_code_rebuild(code);
}

/* Reads a symbol of a code without slots. */
static inline uint32_t lzms_code_symbol(struct lzms_code *code, struct lzms_bits *bits)
{
	uint32_t entry = lzms_code_entry(code, bits);
	unsigned len = entry & 0xff;

	bits->buffer <<= len;
	bits->held -= len;
	lzms_code_count(code);
	return entry >> 16;
}

/* Reads a number of a code with slots. */
static inline uint32_t lzms_code_number(struct lzms_code *code, struct lzms_bits *bits)
{
	uint32_t entry = lzms_code_entry(code, bits);
	unsigned len = entry & 0xff;
	unsigned extra = entry >> 8 & 0xff;
	uint32_t more = (uint32_t)(bits->buffer >> (64 - len)) & ((1u << extra) - 1);

	bits->buffer <<= len;
	bits->held -= len;
	lzms_code_count(code);
	return code->slots->base[entry >> 16] + more;
}
