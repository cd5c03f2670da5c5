/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decoding tables for canonical Huffman codes whose first bit is the highest, as XPRESS and LZX have them: shorter
 * codes come first, codes of one length in the order of their symbols ([MS-XCA] 2.2.4).
 *
 * A table is looked up with the next bits of the input. An entry is what the caller wants to know of a symbol with
 * the length of its code added, or a link to the entries of codes that are longer than the table's bits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HUFFMAN_LEN_MAX 16
#define HUFFMAN_SYMBOLS_MAX 1024

/*
 * An entry. A caller's result may add to HUFFMAN_TAKE, and uses bits 21 to 29 as it likes. Lengths of codes are what is
 * left of them behind a link. A literal is a symbol whose result has HUFFMAN_LITERAL; all others have 0 as their literal
 * bits, so that what is no literal can be stepped over without a branch.
 */
#define HUFFMAN_LITERAL_BITS(entry) ((entry) & 63)
#define HUFFMAN_TAKE(entry) ((entry) >> 8 & 63)
#define HUFFMAN_TAKE_SHIFTED(entry) ((entry) >> 8) /* with other bits above the lowest six */
#define HUFFMAN_CODE_LEN(entry) ((entry) >> 16 & 31)
#define HUFFMAN_RESULT_SHIFT 21
#define HUFFMAN_LINK (1u << 30)
#define HUFFMAN_LITERAL (1u << 31)

/* Behind a link, which takes the table's bits: the entry is at its start plus the value of so many further bits. */
#define HUFFMAN_LINK_START(entry) ((entry) >> 8 & 0xffff)
#define HUFFMAN_LINK_BITS(entry) ((entry) >> 24 & 15)

/* Entries of a table: each value of its bits, then the longer codes, of which two or more share a link. */
#define HUFFMAN_ENTRIES(table_bits, len_max, n_symbols) \
	((1u << (table_bits)) + ((n_symbols) / 2u << ((len_max) - (table_bits))) + 4)

/*
 * Makes table, of HUFFMAN_ENTRIES, for the codes of lens[n_symbols], 0 where a symbol has none. -1 when the lengths
 * are too many or too few for a code; but when there are none at all, any input stands for symbol 0 and takes nothing
 * but what results[0] says. (libwim reads such data that way.)
 */
int huffman_table_build(uint32_t *table, unsigned table_bits, const uint8_t *lens, unsigned n_symbols,
			const uint32_t *results);

/* The entry for the bits at the top of next, which are enough for the longest code; *ret_linked is what a link took. */
static inline uint32_t huffman_look_up(const uint32_t *table, unsigned table_bits, uint64_t next, unsigned *ret_linked)
{
	uint32_t entry = table[next >> (64 - table_bits)];

	*ret_linked = 0;
	if (entry & HUFFMAN_LINK) {
		*ret_linked = table_bits;
		entry = table[HUFFMAN_LINK_START(entry) + (next << table_bits >> (64 - HUFFMAN_LINK_BITS(entry)))];
	}
	return entry;
}
