/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decompression of one chunk, whatever the compression. One decompressor serves one thread; it keeps the state of its
 * algorithm between chunks, but nothing of their contents.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/image/wim_header.h"

struct wim_decompressor;

/* For chunks of at most chunk_size contents. NULL where this compression has no chunks of that size. */
struct wim_decompressor *wim_decompressor_new(enum wim_compression compression, size_t chunk_size, struct err *err);
void wim_decompressor_freep(struct wim_decompressor **decompressor);

/* Makes exactly out_len bytes of in; -1 when in is damaged, after which out holds anything. */
int wim_decompress(struct wim_decompressor *decompressor, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len);
