/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chunk of LZMS: the first bytes tell how large its contents are. libwim has to agree. */
#include <stdlib.h>
#include <string.h>

#include <wimlib.h>

#include "common/base/bytes.h"
#include "common/image/lzms_decode.h"

#define HEAD_LEN 4
#define OUT_MIN 3 /* below that libwim decodes with a code that it did not make */
#define OUT_MAX (OUT_MIN + (0xffffu << 6))
#define IN_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wimlib_decompressor *libwim;
	static struct lzms_decoder *decoders[2];
	static uint8_t in[IN_MAX], ours[OUT_MAX], theirs[OUT_MAX];

	if (size < HEAD_LEN || size > IN_MAX)
		return 0;
	if (!libwim) {
		decoders[0] = lzms_decoder_new(false);
		decoders[1] = lzms_decoder_new(true);
		if (wimlib_create_decompressor(WIMLIB_COMPRESSION_TYPE_LZMS, OUT_MAX, &libwim))
			abort();
	}

	size_t in_len = size - HEAD_LEN;
	size_t out_len = OUT_MIN + ((size_t)load_le16(data) << data[2] % 7);

	memcpy(in, data + HEAD_LEN, in_len);

	bool good = wimlib_decompress(in, in_len, theirs, out_len, libwim) == 0;

	for (unsigned i = 0; i < 2; i++)
		if ((lzms_decode(decoders[i], in, in_len, ours, out_len) == 0) != good ||
		    (good && memcmp(ours, theirs, out_len) != 0))
			abort();
	return 0;
}
