/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/lzms_decode.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/image/lzms_code.h"
#include "common/image/lzms_x86.h"

#define LITERALS 256
#define LENGTHS 54
#define POWERS 8
#define RECENT 4 /* offsets that are kept; the one of the item just before cannot be named, so three can */

#define BATCH 64
#define BATCH_LITERALS 1024
#define WIDE 16
#define SLACK 64 /* what fast copies may write behind their end */

/* How likely the next decision is 0: the part of zeroes among the last 64 made in the same state. */
struct chance {
	uint64_t recent;
	uint32_t zeroes;
	uint32_t of_64; /* as zeroes, but from 1 to 63 */
};

/* One kind of decision; its state is the decisions of that kind made last, as many as tell the chances apart. */
struct decision {
	unsigned state;
	struct chance chances[64];
};

enum { MAIN_STATES = 16, MATCH_STATES = 32, OTHER_STATES = 64 };

struct range {
	uint32_t range;
	uint32_t code;
	const uint8_t *next;
	const uint8_t *end;
};

/* Literals, then a match. */
struct sequence {
	uint32_t n_literals;
	uint32_t offset;
	uint32_t len;
	uint32_t span; /* of a delta match; otherwise 0 */
};

struct lzms_decoder {
	struct decision is_match, is_delta, lz_repeats, lz_later[2], delta_repeats, delta_later[2];
	struct lzms_code literals, lengths, lz_offsets, powers, delta_offsets;
	struct lzms_slots offset_slots, length_slots;
	uint32_t recent_offsets[RECENT];
	uint64_t recent_deltas[RECENT]; /* power << 32 | offset in spans */
	struct sequence batch[BATCH];
	uint8_t batch_literals[BATCH_LITERALS + WIDE];
	int32_t x86_places[LZMS_X86_TARGETS];
};

/* Where decoding is. */
struct state {
	struct range range;
	struct lzms_bits bits;
	size_t at; /* in the contents, behind all items read */
	size_t out_len;
	unsigned n_sequences;
	unsigned n_literals; /* of the batch */
	unsigned run;        /* those behind its last match */
	unsigned after;      /* AFTER_LZ, AFTER_DELTA: the item just before was one */
};

enum { AFTER_LITERAL = 0, AFTER_LZ = 1, AFTER_DELTA = 2 };

static inline void chance_note(struct chance *c, unsigned bit)
{
	c->zeroes += (uint32_t)(c->recent >> 63) - bit;
	c->recent = c->recent << 1 | bit;
	c->of_64 = MIN(MAX(c->zeroes, 1u), 63u);
}

static inline unsigned decide(struct range *r, struct decision *d, unsigned states)
{
	struct chance *chance = &d->chances[d->state];
	uint32_t bound;
	unsigned bit;

	if (r->range <= 0xffff) {
		r->range <<= 16;
		r->code <<= 16;
		if (__builtin_expect(r->next != r->end, 1)) {
			r->code |= load_le16(r->next);
			r->next += 2;
		}
	}
	bound = (r->range >> 6) * chance->of_64;
	bit = r->code >= bound;
	if (bit) {
		r->range -= bound;
		r->code -= bound;
	} else {
		r->range = bound;
	}
	d->state = (d->state << 1 | bit) & (states - 1);
	chance_note(chance, bit);
	return bit;
}

/* The offset at this place is used again and comes first. */
static inline uint32_t reuse_offset(uint32_t *recent, unsigned place)
{
	uint32_t offset = recent[place];

	for (; place; place--)
		recent[place] = recent[place - 1];
	recent[0] = offset;
	return offset;
}

static inline uint64_t reuse_delta(uint64_t *recent, unsigned place)
{
	uint64_t delta = recent[place];

	for (; place; place--)
		recent[place] = recent[place - 1];
	recent[0] = delta;
	return delta;
}

static inline unsigned which_recent(struct range *r, struct decision later[2])
{
	if (!decide(r, &later[0], OTHER_STATES))
		return 0;
	return decide(r, &later[1], OTHER_STATES) ? 2 : 1;
}

static inline bool read_lz(struct lzms_decoder *d, struct state *s, const uint8_t *out, struct sequence *ret)
{
	if (decide(&s->range, &d->lz_repeats, OTHER_STATES)) {
		ret->offset = reuse_offset(d->recent_offsets,
					   which_recent(&s->range, d->lz_later) + (s->after == AFTER_LZ));
	} else {
		(void)reuse_offset(d->recent_offsets, RECENT - 1);
		ret->offset = d->recent_offsets[0] = lzms_code_number(&d->lz_offsets, &s->bits);
	}
	if (ret->offset > s->at)
		return false;
	__builtin_prefetch(out + (s->at - ret->offset));
	ret->len = lzms_code_number(&d->lengths, &s->bits);
	ret->span = 0;
	s->after = AFTER_LZ;
	return true;
}

static inline bool read_delta(struct lzms_decoder *d, struct state *s, struct sequence *ret)
{
	uint64_t delta;
	uint64_t offset;

	if (decide(&s->range, &d->delta_repeats, OTHER_STATES)) {
		delta = reuse_delta(d->recent_deltas,
				    which_recent(&s->range, d->delta_later) + (s->after == AFTER_DELTA));
	} else {
		(void)reuse_delta(d->recent_deltas, RECENT - 1);
		delta = (uint64_t)lzms_code_symbol(&d->powers, &s->bits) << 32;
		delta |= lzms_code_number(&d->delta_offsets, &s->bits);
		d->recent_deltas[0] = delta;
	}
	ret->span = 1u << (delta >> 32);
	offset = (delta & UINT32_MAX) << (delta >> 32);
	if (offset + ret->span > s->at)
		return false;
	ret->offset = (uint32_t)offset;
	ret->len = lzms_code_number(&d->lengths, &s->bits);
	s->after = AFTER_DELTA;
	return true;
}

/* Reads items until the batch is full or all are read; false when one is impossible. */
static bool read_batch(struct lzms_decoder *d, struct state *state, const uint8_t *out)
{
	struct state s = *state;
	bool good = true;

	while (s.at < s.out_len && s.n_sequences < BATCH - 1 && s.n_literals < BATCH_LITERALS) {
		struct sequence *q = &d->batch[s.n_sequences];

		if (!decide(&s.range, &d->is_match, MAIN_STATES)) {
			d->batch_literals[s.n_literals++] = (uint8_t)lzms_code_symbol(&d->literals, &s.bits);
			s.run++;
			s.at++;
			s.after = AFTER_LITERAL;
			continue;
		}
		if (decide(&s.range, &d->is_delta, MATCH_STATES))
			good = read_delta(d, &s, q);
		else
			good = read_lz(d, &s, out, q);
		if (!good || q->len > s.out_len - s.at) {
			good = false;
			break;
		}
		q->n_literals = s.run;
		s.at += q->len;
		s.run = 0;
		s.n_sequences++;
	}
	d->batch[s.n_sequences] = (struct sequence){ .n_literals = s.run };
	*state = s;
	return good;
}

/* The bytes may overlap. */
static inline void copy_once(uint8_t *to, const uint8_t *from)
{
	uint8_t bytes[WIDE];

	memcpy(bytes, from, WIDE);
	memcpy(to, bytes, WIDE);
}

static inline void copy_wide(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t done = 0;

	do {
		copy_once(to + done, from + done);
		done += WIDE;
	} while (done < len);
}

/* Copies what repeats itself within WIDE bytes: each step doubles what there is of it. */
static void copy_repeats(uint8_t *to, size_t offset, size_t len)
{
	const uint8_t *from = to - offset;
	uint8_t *end = to + len;

	while (to < end && (size_t)(to - from) < WIDE) {
		copy_once(to, from);
		to += to - from;
	}
	if (to < end)
		copy_wide(to, from, (size_t)(end - to));
}

static void copy_bytes(uint8_t *to, size_t offset, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (to - offset)[i];
}

static void copy_delta(uint8_t *to, const struct sequence *q)
{
	const uint8_t *from = to - q->offset;
	const uint8_t *before = to - q->span;
	const uint8_t *from_before = from - q->span;

	for (size_t i = 0; i < q->len; i++)
		to[i] = (uint8_t)(from[i] + before[i] - from_before[i]);
}

static void copy_match(uint8_t *to, const struct sequence *q, size_t room)
{
	if (q->span)
		copy_delta(to, q);
	else if (room < (size_t)q->len + SLACK)
		copy_bytes(to, q->offset, q->len);
	else if (q->offset >= WIDE)
		copy_wide(to, to - q->offset, q->len);
	else
		copy_repeats(to, q->offset, q->len);
}

/* Writes the items of the batch behind what was written before; returns the end. */
static uint8_t *write_batch(const struct lzms_decoder *d, const struct state *s, uint8_t *out, const uint8_t *end)
{
	const uint8_t *literals = d->batch_literals;

	for (unsigned i = 0; i <= s->n_sequences; i++) {
		const struct sequence *q = &d->batch[i];

		if ((size_t)(end - out) >= (size_t)q->n_literals + SLACK)
			copy_wide(out, literals, q->n_literals);
		else
			memcpy(out, literals, q->n_literals);
		literals += q->n_literals;
		out += q->n_literals;
		if (q->len)
			copy_match(out, q, (size_t)(end - out));
		out += q->len;
	}
	return out;
}

static void init_decision(struct decision *d)
{
	d->state = 0;
	for (size_t i = 0; i < ARRAY_SIZE(d->chances); i++)
		d->chances[i] = (struct chance){ .recent = 0x55555555, .zeroes = 48, .of_64 = 48 };
}

static unsigned n_offset_slots(const struct lzms_slots *slots, size_t out_len)
{
	unsigned n = 0;

	while (n < slots->n && slots->base[n] < out_len)
		n++;
	return n;
}

static void init(struct lzms_decoder *d, size_t out_len)
{
	unsigned n_offsets = n_offset_slots(&d->offset_slots, out_len);

	init_decision(&d->is_match);
	init_decision(&d->is_delta);
	init_decision(&d->lz_repeats);
	init_decision(&d->delta_repeats);
	for (unsigned i = 0; i < 2; i++) {
		init_decision(&d->lz_later[i]);
		init_decision(&d->delta_later[i]);
	}
	for (unsigned i = 0; i < RECENT; i++)
		d->recent_offsets[i] = (uint32_t)(d->recent_deltas[i] = i + 1);
	lzms_code_init(&d->literals, NULL, LITERALS, 1024);
	lzms_code_init(&d->lz_offsets, &d->offset_slots, n_offsets, 1024);
	lzms_code_init(&d->lengths, &d->length_slots, LENGTHS, 512);
	lzms_code_init(&d->delta_offsets, &d->offset_slots, n_offsets, 1024);
	lzms_code_init(&d->powers, NULL, POWERS, 512);
}

/* Slots in the order of their extra bits; counts has how many have 0, 1, 2 and so on of them, and the last has 30. */
static void make_slots(struct lzms_slots *slots, const uint8_t (*counts)[2], size_t n_counts)
{
	uint32_t base = 1;

	for (size_t i = 0; i < n_counts; i++)
		for (unsigned k = 0; k < counts[i][1]; k++) {
			slots->base[slots->n] = base;
			slots->extra[slots->n++] = counts[i][0];
			base += 1u << counts[i][0];
		}
	slots->base[slots->n] = base;
}

/* extra bits, and how many slots have them */
static const uint8_t offset_slots[][2] = {
	{ 0, 8 },   { 2, 9 },	{ 3, 7 },   { 4, 10 },	{ 5, 15 },  { 6, 15 },	{ 7, 20 },
	{ 8, 20 },  { 9, 30 },	{ 10, 33 }, { 11, 40 }, { 12, 42 }, { 13, 45 }, { 14, 60 },
	{ 15, 73 }, { 16, 80 }, { 17, 85 }, { 18, 95 }, { 19, 105 }, { 20, 6 }, { 30, 1 },
};
static const uint8_t length_slots[][2] = {
	{ 0, 26 }, { 1, 4 }, { 2, 6 }, { 3, 4 }, { 4, 5 },  { 5, 2 },  { 6, 1 },
	{ 7, 1 },  { 8, 1 }, { 9, 1 }, { 10, 1 }, { 16, 1 }, { 30, 1 },
};

struct lzms_decoder *lzms_decoder_new(void)
{
	struct lzms_decoder *d = xcalloc(1, sizeof(*d));

	make_slots(&d->offset_slots, offset_slots, ARRAY_SIZE(offset_slots));
	make_slots(&d->length_slots, length_slots, ARRAY_SIZE(length_slots));
	return d;
}

void lzms_decoder_freep(struct lzms_decoder **decoder)
{
	free(*decoder);
	*decoder = NULL;
}

int lzms_decode(struct lzms_decoder *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	struct state s = { .out_len = out_len };
	uint8_t *end = out;

	if (in_len % 2 || in_len < 4 || out_len > LZMS_CHUNK_MAX)
		return -1;
	s.range = (struct range){
		.range = UINT32_MAX,
		.code = (uint32_t)load_le16(in) << 16 | load_le16(in + 2),
		.next = in + 4,
		.end = in + in_len,
	};
	s.bits = (struct lzms_bits){ .start = in, .end = in + in_len };
	init(decoder, out_len);
	while (s.at < out_len) {
		s.n_sequences = s.n_literals = s.run = 0;
		if (!read_batch(decoder, &s, out))
			return -1;
		end = write_batch(decoder, &s, end, out + out_len);
	}
	lzms_x86_restore(out, out_len, decoder->x86_places);
	return 0;
}
