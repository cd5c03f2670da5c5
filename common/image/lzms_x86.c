/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/lzms_x86.h"

#include "common/base/bytes.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define TAIL 16		  /* nothing is changed from here to the end on */
#define NEAR 1023	  /* so far behind an instruction that is surely one, others are believed to be */
#define NEAR_CALL (NEAR / 2)
#define SAME_TARGET 65535 /* two instructions that near to one another with one target are surely two */
#define ADDRESS_LEN 4
#define WIDE 32

enum { CALL = 0xe8, JUMP = 0xe9 };

/* Length of what stands before the address in the instruction at p; 0 where there is none of interest. */
static inline unsigned opcode_len(const uint8_t *p)
{
	bool lea = (p[0] | 0x04) == 0x4c && p[1] == 0x8d && (p[2] & 0x07) == 0x05;
	bool mov = p[0] == 0x48 && p[1] == 0x8b && (p[2] & 0xf7) == 0x05;
	bool lock_add = p[0] == 0xf0 && p[1] == 0x83 && p[2] == 0x05;

	if ((p[0] | 1) == JUMP)
		return 1;
	if (p[0] == 0xff && p[1] == 0x15)
		return 2;
	return lea || mov || lock_add ? 3 : 0;
}

/* Lists the places that opcode_len may like, by first bytes alone; returns how many. The byte at end can be read. */
typedef size_t (*find_fn)(const uint8_t *data, int32_t at, int32_t end, int32_t *ret);

static size_t find_plainly(const uint8_t *data, int32_t at, int32_t end, int32_t *ret)
{
	static const uint8_t starts[256] = { [0x48] = 1, [0x4c] = 1, [CALL] = 1, [JUMP] = 1, [0xf0] = 1, [0xff] = 1 };
	size_t n = 0;

	for (; at < end; at++) {
		ret[n] = at;
		n += starts[data[at]];
	}
	return n;
}

#ifdef __x86_64__
#define IS(v, byte) _mm256_cmpeq_epi8(v, _mm256_set1_epi8((char)(byte)))
#define AND _mm256_and_si256
#define OR _mm256_or_si256

__attribute__((target("avx2"))) static inline uint32_t which_of_wide(const uint8_t *p)
{
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1));
	__m256i jump_or_call = IS(OR(a, _mm256_set1_epi8(0x01)), JUMP);
	__m256i lea = AND(IS(OR(a, _mm256_set1_epi8(0x04)), 0x4c), IS(b, 0x8d));
	__m256i mov = AND(IS(a, 0x48), IS(b, 0x8b));
	__m256i indirect = AND(IS(a, 0xff), IS(b, 0x15));
	__m256i lock_add = AND(IS(a, 0xf0), IS(b, 0x83));

	return (uint32_t)_mm256_movemask_epi8(OR(OR(jump_or_call, lea), OR(mov, OR(indirect, lock_add))));
}

/* Most often a step finds none or one: two are written without asking. */
__attribute__((target("avx2,bmi,popcnt"))) static size_t find_wide(const uint8_t *data, int32_t at, int32_t end,
								   int32_t *ret)
{
	size_t n = 0;

	for (; end - at >= WIDE; at += WIDE) {
		uint32_t which = which_of_wide(data + at);
		size_t next = n + (size_t)__builtin_popcount(which);

		do {
			for (unsigned i = 0; i < 2; i++) {
				ret[n + i] = at + (int32_t)_tzcnt_u32(which);
				which = _blsr_u32(which);
			}
			n += 2;
		} while (which);
		n = next;
	}
	return n + find_plainly(data, at, end, ret + n);
}

static find_fn best_find(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") ? find_wide : find_plainly;
}
#else
static find_fn best_find(void)
{
	return find_plainly;
}
#endif

/* Where decoding of a chunk is. */
struct state {
	uint8_t *data;
	int32_t next; /* where an instruction may start again */
	int32_t sure; /* where the last instruction ends that surely is one */
};

/* Looks at an instruction. A jump keeps its address and tells nothing, but nothing in it is looked at either. */
static inline void look_at(struct lzms_x86 *x, struct state *s, int32_t at, unsigned opcode)
{
	uint8_t *address = s->data + at + opcode;
	int32_t last = at + (int32_t)opcode + ADDRESS_LEN - 1;
	int32_t near = s->data[at] == CALL ? NEAR_CALL : NEAR;

	s->next = last + 1;
	if (s->data[at] == JUMP)
		return;
	if (at - s->sure <= near)
		store_le32(address, load_le32(address) - (uint32_t)at);

	int32_t *place = &x->places[(uint16_t)((uint32_t)at + load_le16(address))];

	if (last - *place <= SAME_TARGET)
		s->sure = last;
	*place = last;
}

void lzms_x86_restore(struct lzms_x86 *x, uint8_t *data, size_t len)
{
	struct state s = { .data = data, .next = 1, .sure = -NEAR - 1 }; /* the first byte is never looked at */
	int32_t end = (int32_t)len - TAIL;
	find_fn find = x->portable ? find_plainly : best_find();

	for (size_t i = 0; i < ARRAY_SIZE(x->places); i++)
		x->places[i] = -SAME_TARGET - 1;
	for (int32_t at = 0; at < end; at += LZMS_X86_PIECE) {
		size_t n = find(data, at, MIN(end, at + LZMS_X86_PIECE), x->found);

		for (size_t i = 0; i < n; i++) {
			unsigned opcode = x->found[i] >= s.next ? opcode_len(data + x->found[i]) : 0;

			if (opcode)
				look_at(x, &s, x->found[i], opcode);
		}
	}
}
