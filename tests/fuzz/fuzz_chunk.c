/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A compressed chunk, which our decoders must judge and decode like libwim. The first bytes say whether it is XPRESS or LZX,
 * of which window, and how long its contents are: with LZX at most 32 KiB, for the reason in lzx_decode.h.
 */
#include <stdlib.h>
#include <string.h>

#include <wimlib.h>

#include "common/base/alloc.h"
#include "common/base/bytes.h"
#include "common/image/lzx_decode.h"
#include "common/image/xpress_decode.h"

#define HEAD_LEN 3
#define LZX_CONTENTS_MAX 32768u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_xpress(bool portable, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	CLEANUP(xpress_decoder_freep) struct xpress_decoder *decoder = xpress_decoder_new(portable);

	return xpress_decode(decoder, in, in_len, out, out_len);
}

static int by_lzx(size_t chunk_size, bool portable, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	CLEANUP(lzx_decoder_freep) struct lzx_decoder *decoder = lzx_decoder_new(chunk_size, portable);

	return lzx_decode(decoder, in, in_len, out, out_len);
}

static int by_libwim(enum wimlib_compression_type type, size_t chunk_size, const uint8_t *in, size_t in_len, uint8_t *out,
		     size_t out_len)
{
	struct wimlib_decompressor *decompressor;
	int verdict;

	if (wimlib_create_decompressor(type, chunk_size, &decompressor))
		abort();
	verdict = wimlib_decompress(in, in_len, out, out_len, decompressor) ? -1 : 0;
	wimlib_free_decompressor(decompressor);
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD_LEN)
		return 0;

	bool lzx = data[0] & 1;
	size_t chunk_size = lzx ? MIN(LZX_CONTENTS_MAX << (data[0] >> 1 & 7), LZX_CHUNK_MAX) : XPRESS_CHUNK_MAX;
	size_t in_len = size - HEAD_LEN, out_len = MIN(load_le16(data + 1) + 1u, lzx ? LZX_CONTENTS_MAX : XPRESS_CHUNK_MAX);
	CLEANUP(freep) uint8_t *in = xmemdup(data + HEAD_LEN, in_len);
	CLEANUP(freep) uint8_t *theirs = xmalloc(out_len);
	int verdict = by_libwim(lzx ? WIMLIB_COMPRESSION_TYPE_LZX : WIMLIB_COMPRESSION_TYPE_XPRESS, chunk_size, in, in_len,
				theirs, out_len);

	for (int portable = 0; portable < 2; portable++) {
		CLEANUP(freep) uint8_t *ours = xmalloc(out_len);
		int ours_says = lzx ? by_lzx(chunk_size, portable, in, in_len, ours, out_len) :
				      by_xpress(portable, in, in_len, ours, out_len);

		if (ours_says != verdict || (verdict == 0 && memcmp(ours, theirs, out_len) != 0))
			abort();
	}
	return 0;
}
