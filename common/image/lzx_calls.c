/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/lzx_calls.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/base/base.h"
#include "common/base/bytes.h"

#define CALL 0xe8
#define CALL_LEN 5
#define TAIL 10 /* in which no call begins */
#define FILE_SIZE 12000000u

#define LINE 32
#define PIECE 4096 /* looked through for calls before they are undone, so that the processor need not guess where the next one is */

/* Bit i: line[i] is a call. */
static inline uint64_t calls_of_line(const uint8_t *line)
{
	uint64_t found = 0;

#ifdef __SSE2__
	const __m128i call = _mm_set1_epi8((char)CALL);

	for (unsigned i = 0; i < LINE; i += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(line + i));

		found |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, call)) << i;
	}
#else
	for (unsigned i = 0; i < LINE; i++)
		found |= (uint64_t)(line[i] == CALL) << i;
#endif
	return found;
}

/* Writes behind what it returns. */
static inline uint32_t *list_first_call(uint32_t *list, uint32_t line, uint64_t found)
{
	*list = line + (uint32_t)__builtin_ctzll(found | (uint64_t)1 << LINE);
	return list + (found != 0);
}

/* Lists where bytes from at to end are a call. */
static size_t list_calls(const uint8_t *data, size_t at, size_t end, uint32_t *list)
{
	uint32_t *next = list;

	for (; at + LINE <= end; at += LINE) {
		uint64_t found = calls_of_line(data + at);

		/* Most lines have two at most, for whose number nothing is guessed. */
		next = list_first_call(next, (uint32_t)at, found);
		found &= found - 1;
		next = list_first_call(next, (uint32_t)at, found);
		while (found & (found - 1)) {
			found &= found - 1;
			next = list_first_call(next, (uint32_t)at, found);
		}
	}
	for (; at < end; at++) {
		*next = (uint32_t)at;
		next += data[at] == CALL;
	}
	return (size_t)(next - list);
}

/* What is in the file counts from the call again; what was taken around the end of the file goes back there. */
static inline void undo_call(uint8_t *target, uint32_t at)
{
	uint32_t place = load_le32(target), undone = place < FILE_SIZE ? place - at : place;

	store_le32(target, ~place < at ? place + FILE_SIZE : undone);
}

/* No call begins in the target of another, changed or not. */
void lzx_calls_undo(uint8_t *data, size_t len)
{
	size_t end = len > TAIL ? len - TAIL : 0, free_from = 0;
	uint32_t list[PIECE + 1];

	for (size_t piece = 0; piece < end; piece += PIECE) {
		size_t n = list_calls(data, MAX(piece, free_from), MIN(piece + PIECE, end), list);

		for (size_t i = 0; i < n; i++)
			if (list[i] >= free_from) {
				undo_call(data + list[i] + 1, list[i]);
				free_from = list[i] + CALL_LEN;
			}
	}
}
