/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XPRESS in its Huffman variant ([MS-XCA] 2.2, "LZ77+Huffman"), one chunk of a WIM at a time. Where that page leaves
 * open what damaged data means, libwim's src/xpress_decompress.c is followed: zeros behind the end of the input, nothing
 * is asked of what stands behind the last byte of contents.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XPRESS_CHUNK_MAX 65536u /* offsets have 16 bits */

/* Serves one thread. */
struct xpress_decoder;

/* portable: without instructions that not every processor of its kind has; for tests. */
struct xpress_decoder *xpress_decoder_new(bool portable);
void xpress_decoder_freep(struct xpress_decoder **decoder);

/* Makes exactly out_len bytes of in; -1 when in is damaged, after which out holds anything. */
int xpress_decode(struct xpress_decoder *decoder, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len);
