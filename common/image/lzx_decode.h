/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LZX as WIMs have it, one chunk at a time: [MS-PATCH] and "Microsoft LZX Data Compression Format" (1997) with the
 * differences that the heads of libwim's src/lzx_decompress.c and src/lzx_common.c tell: nothing goes over from chunk to
 * chunk, targets of calls (0xe8) are always translated, for a file of 12000000 bytes and from the start of the chunk, and
 * a block has a length of 16 bits, or 24 with windows above 32 KiB, or is 32 KiB long, which one bit says.
 *
 * Damaged data is judged as libwim does. One thing libwim reads otherwise, which no known program writes: behind other blocks
 * it can miss where a stored block of 32 KiB begins.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LZX_CHUNK_MAX (1u << 21)

/* Serves one thread. */
struct lzx_decoder;

/*
 * For chunks of at most chunk_size contents, 1 to LZX_CHUNK_MAX, which says what their codes are. portable: without
 * instructions that not every processor of its kind has; for tests.
 */
struct lzx_decoder *lzx_decoder_new(size_t chunk_size, bool portable);
void lzx_decoder_freep(struct lzx_decoder **decoder);

/* Makes exactly out_len bytes of in; -1 when in is damaged, after which out holds anything. */
int lzx_decode(struct lzx_decoder *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len);
