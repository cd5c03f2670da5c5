/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/lzms_x86.h"

#include "common/base/bytes.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define TAIL 16              /* nothing is changed from here to the end on */
#define NEAR 1023            /* so far behind an instruction that is surely one, others are believed to be */
#define NEAR_CALL (NEAR / 2)
#define SAME_TARGET 65535    /* two instructions that near to one another with one target are surely two */
#define ADDRESS_LEN 4
#define SCAN 16

struct x86 {
	uint8_t *data;
	int32_t sure; /* where the last instruction ends that surely is one */
	int32_t *places; /* by the low half of the target: where an instruction ended that has it */
};

/* Length of what stands before the address in the instruction at p; 0 where there is none with an address. */
static unsigned opcode_len(const uint8_t *p)
{
	switch (p[0]) {
	case 0x48: /* mov and lea relative to the instruction pointer */
		if (p[1] == 0x8b)
			return (p[2] & 0xf7) == 0x05 ? 3 : 0;
		return p[1] == 0x8d && (p[2] & 0x07) == 0x05 ? 3 : 0;
	case 0x4c:
		return p[1] == 0x8d && (p[2] & 0x07) == 0x05 ? 3 : 0;
	case 0xe8: /* call */
		return 1;
	case 0xf0: /* lock add */
		return p[1] == 0x83 && p[2] == 0x05 ? 3 : 0;
	case 0xff: /* call indirect */
		return p[1] == 0x15 ? 2 : 0;
	default:
		return 0;
	}
}

static void restore_address(struct x86 *x, int32_t at, unsigned opcode)
{
	uint8_t *address = x->data + at + opcode;
	int32_t last = at + (int32_t)opcode + ADDRESS_LEN - 1;
	int32_t near = x->data[at] == 0xe8 ? NEAR_CALL : NEAR;

	if (at - x->sure <= near)
		store_le32(address, load_le32(address) - (uint32_t)at);

	uint16_t target = (uint16_t)((uint32_t)at + load_le16(address));

	if (last - x->places[target] <= SAME_TARGET)
		x->sure = last;
	x->places[target] = last;
}

/* Looks at what may be an instruction; returns where the next one may start. */
static int32_t look_at(struct x86 *x, int32_t at)
{
	unsigned opcode = opcode_len(x->data + at);

	if (opcode) {
		restore_address(x, at, opcode);
		return at + (int32_t)opcode + ADDRESS_LEN;
	}
	return at + (x->data[at] == 0xe9 ? 1 + ADDRESS_LEN : 1); /* a jump is skipped with its address */
}

#ifdef __SSE2__
/* A bit for each of the SCAN bytes at p which, with the byte behind it, may start an instruction of interest. */
static unsigned candidates(const uint8_t *p)
{
	__m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
#define IS(v, byte) _mm_cmpeq_epi8(v, _mm_set1_epi8((char)(byte)))
	__m128i jump_or_call = IS(_mm_or_si128(a, _mm_set1_epi8(1)), 0xe9);
	__m128i lea = _mm_and_si128(IS(_mm_or_si128(a, _mm_set1_epi8(4)), 0x4c), IS(b, 0x8d));
	__m128i mov = _mm_and_si128(IS(a, 0x48), IS(b, 0x8b));
	__m128i indirect = _mm_and_si128(IS(a, 0xff), IS(b, 0x15));
	__m128i lock = _mm_and_si128(IS(a, 0xf0), IS(b, 0x83));
#undef IS
	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(_mm_or_si128(jump_or_call, lea), _mm_or_si128(mov, _mm_or_si128(indirect, lock))));
}
#else
static unsigned candidates(const uint8_t *p)
{
	(void)p;
	return (1u << SCAN) - 1;
}
#endif

void lzms_x86_restore(uint8_t *data, size_t len, int32_t places[LZMS_X86_TARGETS])
{
	struct x86 x = { .data = data, .sure = -NEAR - 1, .places = places };
	int32_t end = (int32_t)len - TAIL;
	int32_t next = 1; /* the first byte is never looked at */

	for (size_t i = 0; i < LZMS_X86_TARGETS; i++)
		places[i] = -SAME_TARGET - 1;
	for (int32_t at = 0; at < end; at += SCAN) {
		for (unsigned found = candidates(data + at); found; found &= found - 1) {
			int32_t place = at + __builtin_ctz(found);

			if (place >= next && place < end)
				next = look_at(&x, place);
		}
	}
}
