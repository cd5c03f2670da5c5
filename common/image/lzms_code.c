/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/lzms_code.h"

#include <string.h>

#define COUNTERS 64
#define LANES 4
#define NO_NODE (UINT32_MAX - 1) /* heavier than any, but taken before no leaf */

/*
 * Sorts the numbers from 0 to n - 1 by their keys, those with the same key by themselves. Each lane sorts its part of
 * them, so that the counters of one need not wait for those of another. keys and ret have room for LANES more.
 */
LZMS_INLINE void sort_lanes(uint8_t *keys, unsigned n, unsigned n_keys, unsigned lanes, uint16_t *ret)
{
	uint16_t starts[LANES][COUNTERS] = { 0 };
	unsigned part = (n + lanes - 1) / lanes;
	unsigned start = 0;

	for (unsigned i = n; i < part * lanes; i++)
		keys[i] = (uint8_t)(n_keys - 1);
	for (unsigned i = 0; i < part; i++)
#pragma GCC unroll 4
		for (unsigned lane = 0; lane < lanes; lane++)
			starts[lane][keys[lane * part + i]]++;
	for (unsigned key = 0; key < n_keys; key++)
#pragma GCC unroll 4
		for (unsigned lane = 0; lane < lanes; lane++) {
			unsigned count = starts[lane][key];

			starts[lane][key] = (uint16_t)start;
			start += count;
		}
	for (unsigned i = 0; i < part; i++)
#pragma GCC unroll 4
		for (unsigned lane = 0; lane < lanes; lane++)
			ret[starts[lane][keys[lane * part + i]]++] = (uint16_t)(lane * part + i);
}

static void sort_by_key(uint8_t *keys, unsigned n, unsigned n_keys, uint16_t *ret)
{
	if (n < COUNTERS * LANES)
		sort_lanes(keys, n, n_keys, 1, ret);
	else
		sort_lanes(keys, n, n_keys, LANES, ret);
}

/* Symbols in the order of their counts, those with the same count in their own order. */
static void sort_symbols(const struct lzms_code *code, uint16_t *ret)
{
	uint8_t keys[LZMS_SYMBOLS_MAX + LANES];
	unsigned many = code->n_symbols;

	for (unsigned s = 0; s < code->n_symbols; s++)
		keys[s] = (uint8_t)MIN(code->counts[s], COUNTERS - 1u);
	sort_by_key(keys, code->n_symbols, COUNTERS, ret);
	while (many && code->counts[ret[many - 1]] >= COUNTERS - 1)
		many--;
	for (unsigned i = many; i < code->n_symbols; i++) {
		uint16_t symbol = ret[i];
		unsigned j = i;

		for (; j > many && code->counts[ret[j - 1]] > code->counts[symbol]; j--)
			ret[j] = ret[j - 1];
		ret[j] = symbol;
	}
}

/* The weight of the next leaf or, if it is lighter, of the next node. */
static inline uint32_t take_lighter(const uint32_t *leaves, unsigned *leaf, const uint32_t *nodes, unsigned *node)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): no more are taken than there are */
	if (leaves[*leaf] <= nodes[*node])
		return leaves[(*leaf)++];
	return nodes[(*node)++];
}

/*
 * Builds the Huffman tree of at least two symbols whose counts are sorted; where weights are equal, symbols are taken
 * before nodes. Nodes are numbered as they are made. Sets first_child[i] to the first node that is below no other when i
 * is made: the nodes below i are those from there to first_child[i + 1].
 */
static void build_tree(const struct lzms_code *code, const uint16_t *sorted, uint16_t *first_child)
{
	uint32_t leaves[LZMS_SYMBOLS_MAX + 1];
	uint32_t nodes[LZMS_SYMBOLS_MAX];
	unsigned n = code->n_symbols;
	unsigned leaf = 0;
	unsigned node = 0;

	for (unsigned i = 0; i < n; i++) {
		leaves[i] = code->counts[sorted[i]];
		nodes[i] = NO_NODE;
	}
	leaves[n] = UINT32_MAX;
	for (unsigned made = 0; made < n - 1; made++) {
		first_child[made] = (uint16_t)node;

		uint32_t weight = take_lighter(leaves, &leaf, nodes, &node);

		nodes[made] = weight + take_lighter(leaves, &leaf, nodes, &node);
	}
}

/*
 * Sets ret[len] to how many codewords have that length. None is too long: take from each count 1, from those above 1 another 1.
 * The sum of what is left begins as 0, is at least halved when a code is made, and grows by 1 at most with each of the 1024
 * symbols until the next one: it stays below 2048. A tree of 16 levels has a leaf of at least F(17 - d) (Fibonacci) at depth d;
 * of all those with at most 799 leaves the least sum is 2286.
 */
static void count_lengths(const uint16_t *first_child, unsigned n_symbols, unsigned ret[LZMS_CODEWORD_MAX + 1])
{
	unsigned end = n_symbols - 1; /* of the nodes at this depth */
	unsigned start = end - 1;
	unsigned depth = 0;

	memset(ret, 0, (LZMS_CODEWORD_MAX + 1) * sizeof(*ret));
	while (start < end) {
		unsigned below = first_child[start];

		assert(depth < LZMS_CODEWORD_MAX);
		ret[++depth] = 2 * (end - start) - (start - below);
		end = start;
		start = below;
	}
}

/* Sets code->symbols: by length, then by symbol. sorted has the rarest first, which get the longest codewords. */
static void order_symbols(struct lzms_code *code, const uint16_t *sorted, const unsigned *lengths)
{
	uint8_t len_of[LZMS_SYMBOLS_MAX + LANES];
	unsigned i = 0;

	for (unsigned len = LZMS_CODEWORD_MAX; len > 0; len--)
		for (unsigned end = i + lengths[len]; i < end; i++)
			len_of[sorted[i]] = (uint8_t)len;
	sort_by_key(len_of, code->n_symbols, LZMS_CODEWORD_MAX + 1, code->symbols);
}

/* Writes copies of an entry, a power of two. */
static inline uint32_t *fill(uint32_t *to, uint32_t entry, unsigned copies)
{
	uint32_t four[4] = { entry, entry, entry, entry };

	if (copies < ARRAY_SIZE(four)) {
		for (unsigned i = 0; i < copies; i++)
			to[i] = entry;
		return to + copies;
	}
	for (unsigned i = 0; i < copies; i += ARRAY_SIZE(four))
		memcpy(to + i, four, sizeof(four));
	return to + copies;
}

static void fill_table(struct lzms_code *code, const unsigned *lengths)
{
	uint32_t *next = code->table;
	const uint16_t *symbol = code->symbols;

	for (unsigned len = 1; len <= LZMS_TABLE_BITS; len++)
		for (const uint16_t *end = symbol + lengths[len]; symbol < end; symbol++)
			next = fill(next, code->slots->stems[*symbol] + len, 1u << (LZMS_TABLE_BITS - len));
	memset(next, 0, (size_t)(code->table + ARRAY_SIZE(code->table) - next) * sizeof(*next));
}

static void note_lengths(struct lzms_code *code, const unsigned *lengths)
{
	uint32_t word = 0;
	uint32_t index = 0;

	for (unsigned len = 1; len <= LZMS_CODEWORD_MAX; len++) {
		code->firsts[len] = index - (word >> (LZMS_CODEWORD_MAX - len));
		index += lengths[len];
		word += lengths[len] << (LZMS_CODEWORD_MAX - len);
		code->ends[len] = word;
	}
}

static void make_code(struct lzms_code *code)
{
	uint16_t sorted[LZMS_SYMBOLS_MAX + LANES];
	uint16_t first_child[LZMS_SYMBOLS_MAX];
	unsigned lengths[LZMS_CODEWORD_MAX + 1] = { 0 };

	sort_symbols(code, sorted);
	build_tree(code, sorted, first_child);
	count_lengths(first_child, code->n_symbols, lengths);
	order_symbols(code, sorted, lengths);
	note_lengths(code, lengths);
	fill_table(code, lengths);
	code->left = code->period;
}

uint32_t lzms_code_long_entry(const struct lzms_code *code, uint64_t buffer)
{
	uint32_t word = (uint32_t)(buffer >> (64 - LZMS_CODEWORD_MAX));
	unsigned len = LZMS_TABLE_BITS + 1;

	while (word >= code->ends[len])
		len++;
	return code->slots->stems[code->symbols[code->firsts[len] + (word >> (LZMS_CODEWORD_MAX - len))]] + len;
}

void lzms_code_rebuild(struct lzms_code *code)
{
	make_code(code);
	for (unsigned s = 0; s < code->n_symbols; s++)
		code->counts[s] = (uint16_t)(code->counts[s] / 2 + 1);
}

void lzms_code_init(struct lzms_code *code, const struct lzms_slots *slots, unsigned n_symbols, unsigned period)
{
	code->slots = slots;
	code->n_symbols = MAX(n_symbols, 2u);
	code->period = period;
	for (unsigned s = 0; s < code->n_symbols; s++)
		code->counts[s] = 1;
	make_code(code);
}

struct lzms_bits lzms_bits_refill_last(struct lzms_bits bits)
{
	for (; bits.held < 48; bits.held += 16) {
		if (bits.end == bits.start)
			continue;
		bits.end -= 2;
		bits.buffer |= (uint64_t)load_le16(bits.end) << (48 - bits.held);
	}
	return bits;
}
