/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_decompress.h"

#include <stdlib.h>

#include <wimlib.h>

#include "common/base/alloc.h"
#include "common/image/wimlib_error.h"

struct wim_decompressor {
	struct wimlib_decompressor *libwim;
};

struct wim_decompressor *wim_decompressor_new(enum wim_compression compression, size_t chunk_size, struct err *err)
{
	struct wimlib_decompressor *libwim = NULL;
	int code = wimlib_create_decompressor((enum wimlib_compression_type)compression, chunk_size, &libwim);

	if (code) {
		image_error_from_wimlib(err, code, "preparing decompression");
		return NULL;
	}

	struct wim_decompressor *d = xcalloc(1, sizeof(*d));

	d->libwim = libwim;
	return d;
}

void wim_decompressor_freep(struct wim_decompressor **decompressor)
{
	struct wim_decompressor *d = *decompressor;

	if (!d)
		return;
	wimlib_free_decompressor(d->libwim);
	free(d);
	*decompressor = NULL;
}

int wim_decompress(struct wim_decompressor *decompressor, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	return wimlib_decompress(in, in_len, out, out_len, decompressor->libwim) == 0 ? 0 : -1;
}
