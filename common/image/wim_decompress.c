/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_decompress.h"

#include <stdlib.h>

#include <wimlib.h>

#include "common/base/alloc.h"
#include "common/image/lzms_decode.h"
#include "common/image/lzx_decode.h"
#include "common/image/wimlib_error.h"
#include "common/image/xpress_decode.h"

struct wim_decompressor {
	struct xpress_decoder *xpress;
	struct lzms_decoder *lzms;
	struct lzx_decoder *lzx;
	struct wimlib_decompressor *libwim; /* for what is none of the above */
};

struct wim_decompressor *wim_decompressor_new(enum wim_compression compression, size_t chunk_size, struct err *err)
{
	struct wim_decompressor *d = xcalloc(1, sizeof(*d));
	int code = 0;

	if (compression == WIM_XPRESS && chunk_size <= XPRESS_CHUNK_MAX)
		d->xpress = xpress_decoder_new(false);
	else if (compression == WIM_LZMS && chunk_size <= LZMS_CHUNK_MAX)
		d->lzms = lzms_decoder_new(false);
	else if (compression == WIM_LZX && chunk_size > 0 && chunk_size <= LZX_CHUNK_MAX)
		d->lzx = lzx_decoder_new(chunk_size, false);
	else
		code = wimlib_create_decompressor((enum wimlib_compression_type)compression, chunk_size, &d->libwim);
	if (code) {
		image_error_from_wimlib(err, code, "preparing decompression");
		wim_decompressor_freep(&d);
	}
	return d;
}

void wim_decompressor_freep(struct wim_decompressor **decompressor)
{
	struct wim_decompressor *d = *decompressor;

	if (!d)
		return;
	xpress_decoder_freep(&d->xpress);
	lzms_decoder_freep(&d->lzms);
	lzx_decoder_freep(&d->lzx);
	wimlib_free_decompressor(d->libwim);
	free(d);
	*decompressor = NULL;
}

int wim_decompress(struct wim_decompressor *decompressor, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	if (decompressor->xpress)
		return xpress_decode(decompressor->xpress, in, in_len, out, out_len);
	if (decompressor->lzms)
		return lzms_decode(decompressor->lzms, in, in_len, out, out_len);
	if (decompressor->lzx)
		return lzx_decode(decompressor->lzx, in, in_len, out, out_len);
	return wimlib_decompress(in, in_len, out, out_len, decompressor->libwim) == 0 ? 0 : -1;
}
