/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/lzms_decode.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/image/lzms_code.h"
#include "common/image/lzms_x86.h"
#include "common/image/match_copy.h"

#define LITERALS 256
#define LENGTHS 54
#define POWERS 8
#define RECENT 4 /* offsets that are kept; the one of the item just before cannot be named, so three can */

#define BATCH 64
#define BATCH_LITERALS 1024
#define WIDE 16

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

struct state;

typedef bool (*read_fn)(struct lzms_decoder *d, struct state *state, const uint8_t *out);

struct lzms_decoder {
	read_fn read;
	struct decision is_match, is_delta, lz_repeats, lz_later[2], delta_repeats, delta_later[2];
	struct lzms_code literals, lengths, lz_offsets, powers, delta_offsets;
	struct lzms_slots literal_slots, offset_slots, length_slots;
	uint32_t recent_offsets[RECENT];
	uint64_t recent_deltas[RECENT]; /* power << 32 | offset in spans */
	struct sequence batch[BATCH];
	uint8_t batch_literals[BATCH_LITERALS + WIDE];
	struct lzms_x86 x86;
};

/* Where decoding is. */
struct state {
	struct range range;
	struct lzms_bits bits;
	size_t at; /* in the contents, behind all items read */
	size_t out_len;
	unsigned n_sequences; /* of the batch */
	bool after_lz;	      /* the item just before was one */
	bool after_delta;
};

LZMS_INLINE void note(struct decision *d, struct chance *c, unsigned states, unsigned bit)
{
	c->zeroes += (uint32_t)(c->recent >> 63) - bit;
	c->recent = c->recent << 1 | bit;
	c->of_64 = bit ? MAX(c->zeroes, 1u) : MIN(c->zeroes, 63u);
	d->state = (d->state << 1 | bit) & (states - 1);
}

/* Each outcome has code of its own, so that what follows does not wait for the comparison when it is foreseen. */
LZMS_INLINE bool decide(struct range *r, struct decision *d, unsigned states)
{
	struct chance *chance = &d->chances[d->state];
	uint32_t bound;

	if (r->range <= 0xffff) {
		r->range <<= 16;
		r->code <<= 16;
		if (__builtin_expect(r->next != r->end, 1)) {
			r->code |= load_le16(r->next);
			r->next += 2;
		}
	}
	bound = (r->range >> 6) * chance->of_64;
	if (r->code < bound) {
		r->range = bound;
		note(d, chance, states, 0);
		return false;
	}
	r->range -= bound;
	r->code -= bound;
	note(d, chance, states, 1);
	return true;
}

LZMS_INLINE unsigned which_recent(struct range *r, struct decision later[2])
{
	if (!decide(r, &later[0], OTHER_STATES))
		return 0;
	return decide(r, &later[1], OTHER_STATES) ? 2 : 1;
}

/* What was first to place - 1 moves up; first comes what is returned. */
#define MOVE_UP(recent, place, first)                               \
	do {                                                        \
		(recent)[3] = (place) > 2 ? (recent)[2] : (recent)[3]; \
		(recent)[2] = (place) > 1 ? (recent)[1] : (recent)[2]; \
		(recent)[1] = (place) > 0 ? (recent)[0] : (recent)[1]; \
		(recent)[0] = (first);                              \
	} while (0)

LZMS_INLINE bool read_lz(struct lzms_decoder *d, struct state *s, const uint8_t *out, struct sequence *ret)
{
	uint32_t *recent = d->recent_offsets;

	if (decide(&s->range, &d->lz_repeats, OTHER_STATES)) {
		unsigned place = which_recent(&s->range, d->lz_later) + s->after_lz;

		ret->offset = recent[place];
		MOVE_UP(recent, place, ret->offset);
	} else {
		ret->offset = lzms_code_number(&d->lz_offsets, &s->bits);
		MOVE_UP(recent, RECENT - 1, ret->offset);
	}
	if (ret->offset > s->at)
		return false;
	__builtin_prefetch(out + (s->at - ret->offset));
	ret->len = lzms_code_number(&d->lengths, &s->bits);
	ret->span = 0;
	return true;
}

LZMS_INLINE bool read_delta(struct lzms_decoder *d, struct state *s, struct sequence *ret)
{
	uint64_t *recent = d->recent_deltas;
	uint64_t delta;
	uint64_t offset;

	if (decide(&s->range, &d->delta_repeats, OTHER_STATES)) {
		unsigned place = which_recent(&s->range, d->delta_later) + s->after_delta;

		delta = recent[place];
		MOVE_UP(recent, place, delta);
	} else {
		delta = (uint64_t)lzms_code_symbol(&d->powers, &s->bits) << 32;
		delta |= lzms_code_number(&d->delta_offsets, &s->bits);
		MOVE_UP(recent, RECENT - 1, delta);
	}
	ret->span = 1u << (delta >> 32);
	offset = (delta & UINT32_MAX) << (delta >> 32);
	if (offset + ret->span > s->at)
		return false;
	ret->offset = (uint32_t)offset;
	ret->len = lzms_code_number(&d->lengths, &s->bits);
	return true;
}

/* Reads literals up to a match or the limit; *ret_end is behind them. Returns whether a match comes. */
LZMS_INLINE bool read_literals(struct lzms_decoder *d, struct state *s, uint8_t *to, const uint8_t *limit,
			       uint8_t **ret_end)
{
	bool match = false;

	while (to < limit && !(match = decide(&s->range, &d->is_match, MAIN_STATES)))
		*to++ = (uint8_t)lzms_code_symbol(&d->literals, &s->bits);
	*ret_end = to;
	return match;
}

/* Reads items until the batch is full or all are read; false when one is impossible. */
LZMS_INLINE bool read_items(struct lzms_decoder *d, struct state *state, const uint8_t *out)
{
	struct state s = *state;
	uint8_t *literal = d->batch_literals;
	struct sequence *q = d->batch;

	for (; q < d->batch + BATCH; q++) {
		uint8_t *run = literal;
		size_t room = MIN(s.out_len - s.at, (size_t)(d->batch_literals + BATCH_LITERALS - run));
		bool match = read_literals(d, &s, run, run + room, &literal);

		*q = (struct sequence){ .n_literals = (uint32_t)(literal - run) };
		s.at += q->n_literals;
		if (q->n_literals)
			s.after_lz = s.after_delta = false;
		if (!match) {
			q++;
			break;
		}

		bool delta = decide(&s.range, &d->is_delta, MATCH_STATES);

		if (!(delta ? read_delta(d, &s, q) : read_lz(d, &s, out, q)) || q->len > s.out_len - s.at)
			return false;
		s.at += q->len;
		s.after_delta = delta;
		s.after_lz = !delta;
	}
	s.n_sequences = (unsigned)(q - d->batch);
	*state = s;
	return true;
}

static bool read_batch(struct lzms_decoder *d, struct state *state, const uint8_t *out)
{
	return read_items(d, state, out);
}

#ifdef __x86_64__
__attribute__((target("bmi,bmi2"))) static bool read_batch_bmi2(struct lzms_decoder *d, struct state *state,
								const uint8_t *out)
{
	return read_items(d, state, out);
}

static read_fn best_read(void)
{
	return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") ? read_batch_bmi2 : read_batch;
}
#else
static read_fn best_read(void)
{
	return read_batch;
}
#endif

static void copy_literals(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t done = 0;

	do {
		memcpy(to + done, from + done, WIDE);
		done += WIDE;
	} while (done < len);
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
	else if (room < (size_t)q->len + MATCH_SLACK)
		match_copy_exact(to, q->offset, q->len);
	else
		match_copy_wide(to, q->offset, q->len);
}

/* Writes the items of the batch behind what was written before; returns the end. */
static uint8_t *write_batch(const struct lzms_decoder *d, const struct state *s, uint8_t *out, const uint8_t *end)
{
	const uint8_t *literals = d->batch_literals;

	for (unsigned i = 0; i < s->n_sequences; i++) {
		const struct sequence *q = &d->batch[i];

		if ((size_t)(end - out) >= (size_t)q->n_literals + WIDE)
			copy_literals(out, literals, q->n_literals);
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
	lzms_code_init(&d->literals, &d->literal_slots, LITERALS, 1024);
	lzms_code_init(&d->lz_offsets, &d->offset_slots, n_offsets, 1024);
	lzms_code_init(&d->lengths, &d->length_slots, LENGTHS, 512);
	lzms_code_init(&d->delta_offsets, &d->offset_slots, n_offsets, 1024);
	lzms_code_init(&d->powers, &d->literal_slots, POWERS, 512);
}

/* Slots in the order of their extra bits; counts has how many have 0, 1, 2 and so on of them, and the last has 30. */
static void make_slots(struct lzms_slots *slots, uint32_t base, const uint8_t (*counts)[2], size_t n_counts)
{
	for (size_t i = 0; i < n_counts; i++)
		for (unsigned k = 0; k < counts[i][1]; k++) {
			slots->base[slots->n] = base;
			slots->stems[slots->n] = slots->n << 16 | (uint32_t)counts[i][0] << 8 | counts[i][0];
			slots->n++;
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
static const uint8_t literal_slots[][2] = { { 0, LITERALS / 2 }, { 0, LITERALS / 2 } };
static const uint8_t length_slots[][2] = {
	{ 0, 26 }, { 1, 4 }, { 2, 6 }, { 3, 4 }, { 4, 5 },  { 5, 2 },  { 6, 1 },
	{ 7, 1 },  { 8, 1 }, { 9, 1 }, { 10, 1 }, { 16, 1 }, { 30, 1 },
};

struct lzms_decoder *lzms_decoder_new(bool portable)
{
	struct lzms_decoder *d = xcalloc(1, sizeof(*d));

	d->read = portable ? read_batch : best_read();
	d->x86.portable = portable;
	make_slots(&d->offset_slots, 1, offset_slots, ARRAY_SIZE(offset_slots));
	make_slots(&d->literal_slots, 0, literal_slots, ARRAY_SIZE(literal_slots));
	make_slots(&d->length_slots, 1, length_slots, ARRAY_SIZE(length_slots));
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
		if (!decoder->read(decoder, &s, out))
			return -1;
		end = write_batch(decoder, &s, end, out + out_len);
	}
	lzms_x86_restore(&decoder->x86, out, out_len);
	return 0;
}
