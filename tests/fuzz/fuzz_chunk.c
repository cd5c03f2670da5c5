/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A compressed chunk, which our decoders must judge and decode like libwim: the first bytes say how long its contents are. */
#include <stdlib.h>
#include <string.h>

#include <wimlib.h>

#include "common/base/alloc.h"
#include "common/base/bytes.h"
#include "common/image/xpress_decode.h"

#define HEAD_LEN 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_xpress(bool portable, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	CLEANUP(xpress_decoder_freep) struct xpress_decoder *decoder = xpress_decoder_new(portable);

	return xpress_decode(decoder, in, in_len, out, out_len);
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
	size_t out_len, in_len = size - HEAD_LEN;

	if (size < HEAD_LEN)
		return 0;
	out_len = load_le16(data + 1) + 1u;

	CLEANUP(freep) uint8_t *in = xmemdup(data + HEAD_LEN, in_len);
	CLEANUP(freep) uint8_t *theirs = xmalloc(out_len);
	int verdict = by_libwim(WIMLIB_COMPRESSION_TYPE_XPRESS, XPRESS_CHUNK_MAX, in, in_len, theirs, out_len);

	for (int portable = 0; portable < 2; portable++) {
		CLEANUP(freep) uint8_t *ours = xmalloc(out_len);

		if (by_xpress(portable, in, in_len, ours, out_len) != verdict ||
		    (verdict == 0 && memcmp(ours, theirs, out_len) != 0))
			abort();
	}
	return 0;
}
