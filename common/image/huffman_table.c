/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/huffman_table.h"

#include <assert.h>
#include <string.h>

#include "common/base/base.h"

#define FILL 4 /* entries that are written at once */

struct sorted {
	unsigned counts[HUFFMAN_LEN_MAX + 1];
	unsigned first[HUFFMAN_LEN_MAX + 2]; /* of each length in symbols, those without a code in front */
	uint16_t symbols[HUFFMAN_SYMBOLS_MAX];
};

/* Each half has counters of its own: equal neighbours would wait for each other. */
static void sort_by_length(struct sorted *s, const uint8_t *lens, unsigned n)
{
	unsigned half = n / 2, places[2][HUFFMAN_LEN_MAX + 1] = { { 0 } };

	for (unsigned i = 0; i < half; i++) {
		places[0][lens[i]]++;
		places[1][lens[half + i]]++;
	}
	if (n % 2)
		places[1][lens[n - 1]]++;
	for (unsigned len = 0, at = 0; len <= HUFFMAN_LEN_MAX; len++) {
		unsigned low = places[0][len], high = places[1][len];

		s->first[len] = places[0][len] = at;
		places[1][len] = at + low;
		s->counts[len] = low + high;
		at += low + high;
	}
	for (unsigned i = 0; i < half; i++) {
		s->symbols[places[0][lens[i]]++] = (uint16_t)i;
		s->symbols[places[1][lens[half + i]]++] = (uint16_t)(half + i);
	}
	if (n % 2)
		s->symbols[places[1][lens[n - 1]]++] = (uint16_t)(n - 1);
}

/* In parts of 1 / 2^HUFFMAN_LEN_MAX, how much of all codes these take: one code is 2^(HUFFMAN_LEN_MAX - length). */
static uint32_t share_of_codes(const struct sorted *s)
{
	uint32_t sum = 0;

	for (unsigned len = 1; len <= HUFFMAN_LEN_MAX; len++)
		sum += s->counts[len] << (HUFFMAN_LEN_MAX - len);
	return sum;
}

static inline uint32_t entry_of(uint32_t result, unsigned len)
{
	return result + len * (result & HUFFMAN_LITERAL ? 0x10101u : 0x10100u);
}

static inline void fill(uint32_t *at, uint32_t entry, size_t n)
{
	const uint32_t four[FILL] = { entry, entry, entry, entry };

	for (size_t i = 0; i < n; i += FILL)
		memcpy(at + i, four, sizeof(four));
}

/* Codes from min_len to max_len, each with the 2^(max_len - length) entries that begin with it; returns their end. */
static uint32_t *fill_lengths(uint32_t *at, const struct sorted *s, unsigned min_len, unsigned max_len, unsigned taken,
			      const uint32_t *results)
{
	for (unsigned len = min_len; len <= max_len; len++) {
		size_t each = (size_t)1 << (max_len - len);
		const uint16_t *symbols = s->symbols + s->first[len];

		for (unsigned i = 0; i < s->counts[len]; i++, at += each)
			fill(at, entry_of(results[symbols[i]], len - taken), each);
	}
	return at;
}

static void fill_links(uint32_t *table, unsigned table_bits, size_t first, const struct sorted *s, const uint32_t *results)
{
	unsigned longest = HUFFMAN_LEN_MAX;
	size_t end = (size_t)1 << table_bits;

	while (!s->counts[longest])
		longest--;
	fill_lengths(table + end, s, table_bits + 1, longest, table_bits, results);
	for (size_t at = first; at < end; at++)
		table[at] = HUFFMAN_LINK | (longest - table_bits) << 24 |
			(uint32_t)(end + ((at - first) << (longest - table_bits))) << 8;
}

int huffman_table_build(uint32_t *table, unsigned table_bits, const uint8_t *lens, unsigned n_symbols,
			const uint32_t *results)
{
	struct sorted s;
	size_t entries = (size_t)1 << table_bits, filled;
	uint32_t share;

	assert(n_symbols <= HUFFMAN_SYMBOLS_MAX);
	sort_by_length(&s, lens, n_symbols);
	share = share_of_codes(&s);
	if (!share)
		fill(table, results[0], entries);
	if (share != 1u << HUFFMAN_LEN_MAX)
		return share ? -1 : 0;
	filled = (size_t)(fill_lengths(table, &s, 1, table_bits, 0, results) - table);
	if (filled < entries)
		fill_links(table, table_bits, filled, &s, results);
	return 0;
}
