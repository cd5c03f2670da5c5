/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/lzx_decode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/image/chunk_bits.h"
#include "common/image/lzx_calls.h"
#include "common/image/match_copy.h"

#define LITERALS 256
#define HEADERS 8 /* lengths that a symbol of the main code has room for; the last says that a symbol of the length code follows */
#define SLOTS_MAX 50
#define MAIN_SYMBOLS_MAX (LITERALS + SLOTS_MAX * HEADERS)
#define LENGTH_SYMBOLS 249
#define ALIGNED_SYMBOLS 8
#define PRE_SYMBOLS 20

#define CODE_LEN_MAX 16
#define PRE_LEN_MAX 15
#define ALIGNED_LEN_MAX 7

/* Of the tables. Aligned codes are never longer. */
#define MAIN_BITS 11
#define LENGTH_BITS 9
#define PRE_BITS 7
#define ALIGNED_BITS ALIGNED_LEN_MAX

#define RECENT_SLOTS 3     /* offsets that came before */
#define OFFSET_ADDED 2     /* to the others */
#define EXTRA_BITS_MAX 17
#define ALIGNED_EXTRA_BITS 3 /* with aligned codes, the lowest bits of offsets that have as many at least */
#define ALIGNED_SLOT 8       /* the first that has */

#define LENGTH_MIN 2
#define LENGTH_MAX 257
#define DEFAULT_BLOCK 32768u
#define WINDOW_BITS_MIN 15
#define LENS_OVERRUN 50 /* a run of lengths may go on behind the last: the longest, of 51, begins there */

enum block_type {
	BLOCK_VERBATIM = 1,
	BLOCK_ALIGNED = 2,
	BLOCK_STORED = 3,
};

/* Entries of the main table. Those of matches have the extra bits of the offset among the bits to take. */
#define MATCH_HEADER(entry) ((entry) >> HUFFMAN_RESULT_SHIFT & 7)
#define MATCH_SLOT(entry) ((entry) >> (HUFFMAN_RESULT_SHIFT + 3) & 63)
#define MATCH_EXTRA_BITS(entry) (HUFFMAN_TAKE(entry) - HUFFMAN_CODE_LEN(entry))
/* Those of other tables. */
#define SYMBOL_OF(entry) ((entry) >> HUFFMAN_RESULT_SHIFT & 0xff)

/* What a turn of the fast loop may read, and write without asking. */
#define FAST_INPUT (4 * BITS_FILL_MAX + BITS_FAST_LOAD)
#define FAST_OUTPUT (3 + HEADERS + LENGTH_MIN + MATCH_SLACK)

struct lzx_decoder {
	bool bmi2;
	bool wide; /* a window above 32 KiB */
	unsigned n_main;
	uint32_t slot_base[SLOTS_MAX]; /* the least offset */
	uint32_t main_results[2][MAIN_SYMBOLS_MAX]; /* of blocks without and with aligned codes */
	uint32_t symbol_results[LENGTH_SYMBOLS];
	uint32_t main_table[HUFFMAN_ENTRIES(MAIN_BITS, CODE_LEN_MAX, MAIN_SYMBOLS_MAX)];
	uint32_t length_table[HUFFMAN_ENTRIES(LENGTH_BITS, CODE_LEN_MAX, LENGTH_SYMBOLS)];
	uint32_t aligned_table[HUFFMAN_ENTRIES(ALIGNED_BITS, ALIGNED_LEN_MAX, ALIGNED_SYMBOLS)];
	uint32_t pre_table[HUFFMAN_ENTRIES(PRE_BITS, PRE_LEN_MAX, PRE_SYMBOLS)];
	uint8_t main_lens[MAIN_SYMBOLS_MAX + LENS_OVERRUN];
	uint8_t length_lens[LENGTH_SYMBOLS + LENS_OVERRUN];
};

struct run {
	struct chunk_bits bits;
	struct output out; /* its end is that of the block */
	uint32_t recent[RECENT_SLOTS];
	bool calls; /* there may be some */
};

/* Two slots for each number of extra bits, from slot 2 on; those with EXTRA_BITS_MAX go on. */
static unsigned slot_extra_bits(unsigned slot)
{
	return slot < 4 ? 0 : MIN(slot / 2 - 1, EXTRA_BITS_MAX);
}

static void make_results(struct lzx_decoder *d)
{
	for (uint32_t i = 0; i < LENGTH_SYMBOLS; i++)
		d->symbol_results[i] = HUFFMAN_LITERAL | i << HUFFMAN_RESULT_SHIFT;
	for (uint32_t i = 0; i < LITERALS; i++)
		d->main_results[0][i] = d->main_results[1][i] = HUFFMAN_LITERAL | i << HUFFMAN_RESULT_SHIFT;
	for (uint32_t i = 0; i < SLOTS_MAX * HEADERS; i++) {
		uint32_t slot = i / HEADERS, result = i << HUFFMAN_RESULT_SHIFT, extra = slot_extra_bits(slot);

		d->main_results[0][LITERALS + i] = result | extra << 8;
		d->main_results[1][LITERALS + i] = result | (extra - (slot >= ALIGNED_SLOT ? ALIGNED_EXTRA_BITS : 0)) << 8;
	}
}

/* Slots are as many as the offsets of the window need, with which the first two bytes cannot match the last two. */
static unsigned count_slots(struct lzx_decoder *d, size_t window)
{
	unsigned n = 0;

	for (size_t base = 0; n < SLOTS_MAX; base += (size_t)1 << slot_extra_bits(n++)) {
		if (base >= window)
			break;
		d->slot_base[n] = (uint32_t)(base - OFFSET_ADDED);
	}
	return n;
}

struct lzx_decoder *lzx_decoder_new(size_t chunk_size, bool portable)
{
	struct lzx_decoder *d = xcalloc(1, sizeof(*d));
	size_t window = (size_t)1 << WINDOW_BITS_MIN;

	assert(chunk_size > 0 && chunk_size <= LZX_CHUNK_MAX);
	while (window < chunk_size)
		window *= 2;
	d->bmi2 = !portable && cpu_has_bmi2();
	d->wide = window > (size_t)1 << WINDOW_BITS_MIN;
	d->n_main = LITERALS + count_slots(d, window) * HEADERS;
	make_results(d);
	return d;
}

void lzx_decoder_freep(struct lzx_decoder **decoder)
{
	free(*decoder);
	*decoder = NULL;
}

/* Lengths are told as what they are less than the last time, modulo 17. */
static inline uint8_t changed_len(uint8_t old, unsigned less)
{
	return (uint8_t)(old >= less ? old - less : old + 17 - less);
}

static ALWAYS_INLINE void need(struct chunk_bits *b, bool fast)
{
	if (fast)
		bits_fill(b);
	else
		bits_need(b, BITS_UNIT);
}

/* Needs the bits of the longest code. */
static ALWAYS_INLINE unsigned read_presymbol(const struct lzx_decoder *d, struct chunk_bits *b)
{
	unsigned linked;
	uint32_t entry = huffman_look_up(d->pre_table, PRE_BITS, b->next, &linked);

	bits_take(b, linked + HUFFMAN_LITERAL_BITS(entry));
	return SYMBOL_OF(entry);
}

static ALWAYS_INLINE unsigned read_few(struct chunk_bits *b, unsigned n, bool fast)
{
	unsigned value;

	need(b, fast);
	value = (unsigned)bits_top(b->next, n);
	bits_take(b, n);
	return value;
}

/* The lengths at lens[at] and behind it that one symbol tells, or more: a run of equal ones takes two. Returns their number. */
static ALWAYS_INLINE unsigned read_some_lens(const struct lzx_decoder *d, struct chunk_bits *b, uint8_t *lens, bool fast)
{
	unsigned symbol, count = 1;
	uint8_t len = 0;

	need(b, fast);
	symbol = read_presymbol(d, b);
	if (symbol < 17) {
		*lens = changed_len(*lens, symbol);
		return 1;
	}
	if (symbol == 17) {
		count = 4 + read_few(b, 4, fast);
	} else if (symbol == 18) {
		count = 20 + read_few(b, 5, fast);
	} else {
		count = 4 + read_few(b, 1, fast);
		need(b, fast);
		symbol = read_presymbol(d, b);
		if (symbol > 17)
			return 0;
		len = changed_len(*lens, symbol);
	}
	memset(lens, len, count);
	return count;
}

static int read_lens(struct lzx_decoder *d, struct chunk_bits *bits, uint8_t *lens, unsigned n)
{
	struct chunk_bits b = *bits;
	uint8_t pre_lens[PRE_SYMBOLS];
	unsigned at = 0, some = 1;

	for (unsigned i = 0; i < PRE_SYMBOLS; i++)
		pre_lens[i] = (uint8_t)bits_read(&b, 4);
	if (huffman_table_build(d->pre_table, PRE_BITS, pre_lens, PRE_SYMBOLS, d->symbol_results) < 0)
		return -1;
	for (; some && at < n && b.end - b.in >= FAST_INPUT; at += some)
		some = read_some_lens(d, &b, lens + at, true);
	bits_settle(&b);
	for (; some && at < n; at += some)
		some = read_some_lens(d, &b, lens + at, false);
	*bits = b;
	return some ? 0 : -1;
}

/* Makes the tables of a block. */
static int read_codes(struct lzx_decoder *d, struct chunk_bits *b, bool aligned)
{
	uint8_t aligned_lens[ALIGNED_SYMBOLS];

	for (unsigned i = 0; aligned && i < ALIGNED_SYMBOLS; i++)
		aligned_lens[i] = (uint8_t)bits_read(b, 3);
	if (read_lens(d, b, d->main_lens, LITERALS) < 0 || read_lens(d, b, d->main_lens + LITERALS, d->n_main - LITERALS) < 0 ||
	    read_lens(d, b, d->length_lens, LENGTH_SYMBOLS) < 0)
		return -1;
	if (aligned && huffman_table_build(d->aligned_table, ALIGNED_BITS, aligned_lens, ALIGNED_SYMBOLS, d->symbol_results) < 0)
		return -1;
	if (huffman_table_build(d->main_table, MAIN_BITS, d->main_lens, d->n_main, d->main_results[aligned]) < 0)
		return -1;
	return huffman_table_build(d->length_table, LENGTH_BITS, d->length_lens, LENGTH_SYMBOLS, d->symbol_results);
}

/* A recent offset changes places with the first one; any other pushes them down. */
static inline size_t recent_offset(uint32_t recent[RECENT_SLOTS], unsigned slot)
{
	uint32_t offset = recent[slot];

	recent[slot] = recent[0];
	recent[0] = offset;
	return offset;
}

static inline size_t new_offset(uint32_t recent[RECENT_SLOTS], size_t offset)
{
	recent[2] = recent[1];
	recent[1] = recent[0];
	recent[0] = (uint32_t)offset;
	return offset;
}

static size_t read_offset(const struct lzx_decoder *d, struct run *r, uint32_t entry, bool aligned)
{
	unsigned slot = MATCH_SLOT(entry), n = MATCH_EXTRA_BITS(entry);
	size_t extra = 0;

	if (slot < RECENT_SLOTS)
		return recent_offset(r->recent, slot);
	if (n > BITS_UNIT) {
		n -= BITS_UNIT;
		extra = (size_t)bits_read(&r->bits, BITS_UNIT) << n;
	}
	extra |= bits_read(&r->bits, n);
	if (aligned && slot >= ALIGNED_SLOT)
		extra = extra << ALIGNED_EXTRA_BITS | SYMBOL_OF(bits_symbol(&r->bits, d->aligned_table, ALIGNED_BITS));
	return new_offset(r->recent, d->slot_base[slot] + extra);
}

static int decode_careful(const struct lzx_decoder *d, struct run *r, bool aligned)
{
	while (r->out.at < r->out.end) {
		uint32_t entry = bits_symbol(&r->bits, d->main_table, MAIN_BITS), length;

		if (entry & HUFFMAN_LITERAL) {
			*r->out.at++ = (uint8_t)(entry >> HUFFMAN_RESULT_SHIFT);
			continue;
		}
		length = MATCH_HEADER(entry);
		if (length == HEADERS - 1)
			length += SYMBOL_OF(bits_symbol(&r->bits, d->length_table, LENGTH_BITS));
		if (output_match(&r->out, read_offset(d, r, entry, aligned), length + LENGTH_MIN) < 0)
			return -1;
	}
	return 0;
}

/* Choices without branches: what comes cannot be foreseen. */
static ALWAYS_INLINE uint32_t mask_if(bool yes)
{
	return 0 - (uint32_t)yes;
}

static ALWAYS_INLINE uint32_t choose(uint32_t mask, uint32_t yes, uint32_t no)
{
	return no ^ ((yes ^ no) & mask);
}

#define NEXT(b) (table[(b).next >> (64 - MAIN_BITS)])

/* As long as much input and room is left; xpress_decode.c has the reasons of its ways. */
static ALWAYS_INLINE int decode_fast(const struct lzx_decoder *d, struct run *run, bool aligned)
{
	const uint32_t *table = d->main_table;
	struct chunk_bits b = run->bits;
	const uint8_t *in_safe = b.end - FAST_INPUT, *out_safe = run->out.end - FAST_OUTPUT;
	uint8_t *out = run->out.at;
	uint32_t r0 = run->recent[0], r1 = run->recent[1], r2 = run->recent[2];
	int result = 0;

	bits_fill(&b);
	while (b.in <= in_safe && out <= out_safe) {
		uint32_t entry = NEXT(b), slot, length;
		size_t offset;
		uint64_t extra;
		unsigned n;

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
			bits_fill(&b);
		}
		if (entry & HUFFMAN_LINK) {
			bits_take_fast(&b, MAIN_BITS);
			entry = table[HUFFMAN_LINK_START(entry) + bits_top(b.next, HUFFMAN_LINK_BITS(entry))];
			if (entry & HUFFMAN_LITERAL) {
				out = bits_put_literal(&b, out, entry);
				continue;
			}
		}

		slot = MATCH_SLOT(entry);
		length = MATCH_HEADER(entry) + LENGTH_MIN;
		n = MATCH_EXTRA_BITS(entry);
		extra = b.next << HUFFMAN_CODE_LEN(entry);
		if (length == HEADERS - 1 + LENGTH_MIN) {
			uint32_t more;

			bits_take_fast(&b, HUFFMAN_CODE_LEN(entry));
			more = d->length_table[b.next >> (64 - LENGTH_BITS)];
			bits_fill(&b);
			if (more & HUFFMAN_LINK) {
				bits_take_fast(&b, LENGTH_BITS);
				more = d->length_table[HUFFMAN_LINK_START(more) + bits_top(b.next, HUFFMAN_LINK_BITS(more))];
			}
			length += SYMBOL_OF(more);
			bits_take_fast(&b, more);
			extra = b.next;
			bits_take_fast(&b, n);
		} else {
			bits_take_fast(&b, HUFFMAN_TAKE_SHIFTED(entry));
		}
		extra = bits_top(extra, n);
		if (slot < RECENT_SLOTS) {
			uint32_t is_1 = mask_if(slot == 1), is_2 = mask_if(slot == 2);

			offset = choose(is_2, r2, choose(is_1, r1, r0));
			r2 = choose(is_2, r0, r2);
			r1 = choose(is_1, r0, r1);
		} else {
			if (aligned && slot >= ALIGNED_SLOT) {
				uint32_t low = d->aligned_table[b.next >> (64 - ALIGNED_BITS)];

				bits_take_fast(&b, low);
				extra = extra << ALIGNED_EXTRA_BITS | SYMBOL_OF(low);
			}
			offset = d->slot_base[slot] + (uint32_t)extra;
			r2 = r1;
			r1 = r0;
		}
		r0 = (uint32_t)offset;
		if (offset > (size_t)(out - run->out.begin))
			return -1;
		if (length < HEADERS - 1 + LENGTH_MIN) {
			match_copy_8(out, offset);
			out += length;
			continue;
		}
		if (length > (size_t)(run->out.end - out))
			return -1;
		if (length > (size_t)(run->out.room - out) - MATCH_SLACK) {
			run->out.at = out;
			result = output_match(&run->out, offset, length);
			out = run->out.at;
			break;
		}
		match_copy_wide(out, offset, length);
		out += length;
	}
	bits_settle(&b);
	run->bits = b;
	run->out.at = out;
	run->recent[0] = r0;
	run->recent[1] = r1;
	run->recent[2] = r2;
	return result;
}

static int decode_fast_plain(const struct lzx_decoder *d, struct run *run, bool aligned)
{
	return aligned ? decode_fast(d, run, true) : decode_fast(d, run, false);
}

#ifdef __x86_64__
__attribute__((target("bmi2"))) static int decode_fast_bmi2(const struct lzx_decoder *d, struct run *run, bool aligned)
{
	return aligned ? decode_fast(d, run, true) : decode_fast(d, run, false);
}
#endif

/* Does nothing when there is too little for a turn. */
static int decode_most(const struct lzx_decoder *d, struct run *run, bool aligned)
{
	if (run->bits.end - run->bits.in < FAST_INPUT || run->out.end - run->out.at < FAST_OUTPUT)
		return 0;
#ifdef __x86_64__
	if (d->bmi2)
		return decode_fast_bmi2(d, run, aligned);
#endif
	return decode_fast_plain(d, run, aligned);
}

static int decode_compressed(struct lzx_decoder *d, struct run *r, bool aligned)
{
	if (read_codes(d, &r->bits, aligned) < 0)
		return -1;
	r->calls |= d->main_lens[0xe8] != 0;
	return decode_most(d, r, aligned) < 0 || decode_careful(d, r, aligned) < 0 ? -1 : 0;
}

/* From the next unit on, or the one behind it where no bits are left of this one: recent offsets, bytes, even in number. */
static int copy_stored(struct run *r)
{
	struct chunk_bits *b = &r->bits;
	size_t len = (size_t)(r->out.end - r->out.at);

	bits_need(b, 1);
	if (b->left > BITS_UNIT && b->end - b->in >= 2)
		b->in -= 2; /* not when there are only zeros behind the end; what follows is missing then */
	*b = bits_of(b->in, (size_t)(b->end - b->in));
	if ((size_t)(b->end - b->in) < 4 * RECENT_SLOTS + len)
		return -1;
	for (unsigned i = 0; i < RECENT_SLOTS; i++, b->in += 4)
		if (!(r->recent[i] = load_le32(b->in)))
			return -1;
	memcpy(r->out.at, b->in, len);
	r->out.at += len;
	b->in += MIN(len + len % 2, (size_t)(b->end - b->in));
	r->calls = true;
	return 0;
}

static int decode_block(struct lzx_decoder *d, struct run *r)
{
	unsigned type = bits_read(&r->bits, 3);
	size_t len = DEFAULT_BLOCK;

	if (!bits_read(&r->bits, 1)) {
		len = bits_read(&r->bits, 16);
		if (d->wide)
			len = len << 8 | bits_read(&r->bits, 8);
	}
	if (len == 0 || len > (size_t)(r->out.room - r->out.at))
		return -1;
	r->out.end = r->out.at + len;
	switch (type) {
	case BLOCK_VERBATIM:
	case BLOCK_ALIGNED:
		return decode_compressed(d, r, type == BLOCK_ALIGNED);
	case BLOCK_STORED:
		return copy_stored(r);
	default:
		return -1;
	}
}

int lzx_decode(struct lzx_decoder *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	struct run run = {
		.bits = bits_of(in, in_len),
		.out = { .begin = out, .at = out, .room = out + out_len },
		.recent = { 1, 1, 1 },
	};

	memset(decoder->main_lens, 0, sizeof(decoder->main_lens));
	memset(decoder->length_lens, 0, sizeof(decoder->length_lens));
	while (run.out.at < run.out.room)
		if (decode_block(decoder, &run) < 0)
			return -1;
	if (run.calls)
		lzx_calls_undo(out, out_len);
	return 0;
}
