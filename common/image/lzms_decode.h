/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decompression of LZMS, the compression of solid WIMs. Microsoft has not described it; facts of the format as wimlib's
 * lzms_decompress.c and lzms_common.c document them.
 *
 * A chunk is read from both ends. From its start on, a range coder tells of which kind the next item is: a literal, a
 * match (copy of what stands offset bytes before) or a delta match (the same for the differences of bytes that are span
 * bytes apart), and whether its offset is one of the three used last. From its end on, backwards, Huffman codes tell
 * literals, offsets and lengths. Both adapt to what was read. At last, addresses in x86 code are made relative again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LZMS_CHUNK_MAX 1180427429u /* what the longest offset can reach across */

struct lzms_decoder;

/*
 * One serves one thread; it takes about 400 KiB and keeps nothing from one chunk to the next. portable: without
 * instructions that not every processor of its kind has; for tests.
 */
struct lzms_decoder *lzms_decoder_new(bool portable);
void lzms_decoder_freep(struct lzms_decoder **decoder);

/*
 * Makes exactly out_len bytes, at most LZMS_CHUNK_MAX, of in; -1 when in is damaged, after which out holds anything. What
 * is missing at either end of in counts as zeroes.
 */
int lzms_decode(struct lzms_decoder *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len);
