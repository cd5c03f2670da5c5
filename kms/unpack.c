/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include "common/base/utf16.h"

bool bytes_are_gzip(struct bytes b)
{
	return bytes_equal(b, 0, "\x1f\x8b\x08", 3);
}

bool bytes_are_zstd(struct bytes b)
{
	return bytes_equal(b, 0, "\x28\xb5\x2f\xfd", 4);
}

static void zstd_freep(ZSTD_DCtx **context)
{
	ZSTD_freeDCtx(*context);
}

/* Every frame of the file. The window of a frame is limited by the library (128 MiB). */
int zstd_unpack(struct bytes b, uint64_t max, struct strbuf *ret, struct err *err)
{
	enum { STEP = 1 << 18 };
	CLEANUP(zstd_freep) ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer in = { b.data, b.len, 0 };
	ZSTD_outBuffer out = { 0 };
	size_t left = 0;

	if (!context)
		return err_set(err, ERR_MEMORY, "zstd cannot be unpacked: no memory");
	while (in.pos < in.size || (left && out.pos == out.size)) {
		if (ret->len >= max)
			return err_set(err, ERR_LIMIT, "unpacked it is larger than %llu MiB",
				       (unsigned long long)(max >> 20));
		strbuf_reserve(ret, STEP);
		out = (ZSTD_outBuffer){ ret->data + ret->len, STEP, 0 };
		left = ZSTD_decompressStream(context, &out, &in);
		if (ZSTD_isError(left))
			return err_set(err, ERR_FORMAT, "damaged zstd data: %s", ZSTD_getErrorName(left));
		ret->len += out.pos;
		ret->data[ret->len] = '\0';
	}
	if (left)
		return err_set(err, ERR_TRUNCATED, "the zstd data ends too early");
	return 0;
}

static void inflate_endp(z_stream **stream)
{
	inflateEnd(*stream);
}

/* One member of a gzip file. *ret_used is how much of b it took. */
static int unpack_member(struct bytes b, uint64_t max, struct strbuf *ret, size_t *ret_used, struct err *err)
{
	enum { STEP = 1 << 18, GZIP_ONLY = 16 };
	z_stream stream = { 0 };
	int state = inflateInit2(&stream, MAX_WBITS + GZIP_ONLY);
	CLEANUP(inflate_endp) UNUSED z_stream *end = &stream;
	size_t left = b.len;

	if (state != Z_OK)
		return err_set(err, ERR_MEMORY, "gzip cannot be unpacked: no memory");
	stream.next_in = (Bytef *)(uintptr_t)b.data;
	while (state != Z_STREAM_END) {
		uInt give = (uInt)MIN(left, (size_t)1 << 30);

		if (ret->len >= max)
			return err_set(err, ERR_LIMIT, "unpacked it is larger than %llu MiB",
				       (unsigned long long)(max >> 20));
		strbuf_reserve(ret, STEP);
		stream.next_out = (Bytef *)ret->data + ret->len;
		stream.avail_out = STEP;
		stream.avail_in = give;
		state = inflate(&stream, Z_NO_FLUSH);
		left -= give - stream.avail_in;
		ret->len += STEP - stream.avail_out;
		ret->data[ret->len] = '\0';
		if (state == Z_BUF_ERROR || (state == Z_OK && left == 0 && stream.avail_out))
			return err_set(err, ERR_TRUNCATED, "the gzip data ends too early");
		if (state != Z_OK && state != Z_STREAM_END)
			return err_set(err, ERR_FORMAT, "damaged gzip data");
	}
	*ret_used = b.len - left;
	return 0;
}

int gzip_unpack(struct bytes b, uint64_t max, struct strbuf *ret, struct err *err)
{
	while (bytes_are_gzip(b)) {
		size_t used = 0;

		if (unpack_member(b, max, ret, &used, err) < 0)
			return -1;
		b = bytes_from(b, used);
	}
	return 0;
}

/* UTF-16 in the order of Windows, with a mark, or without when every second byte of the start is zero. */
static bool looks_utf16le(struct bytes b)
{
	enum { SAMPLE = 64 };

	if (bytes_equal(b, 0, "\xff\xfe", 2))
		return true;
	if (b.len < SAMPLE)
		return false;
	for (size_t i = 0; i < SAMPLE; i += 2)
		if (b.data[i] == 0 || b.data[i + 1] != 0)
			return false;
	return true;
}

int text_unpack(struct bytes b, uint64_t max, struct strbuf *ret, struct bytes *ret_view, struct err *err)
{
	if (bytes_equal(b, 0, "\xef\xbb\xbf", 3)) {
		*ret_view = bytes_from(b, 3);
		return 0;
	}
	if (!looks_utf16le(b)) {
		*ret_view = b;
		return 0;
	}
	if (b.len > max)
		return err_set(err, ERR_LIMIT, "UTF-16 text larger than %llu MiB", (unsigned long long)(max >> 20));
	utf16le_to_text(bytes_from(b, bytes_equal(b, 0, "\xff\xfe", 2) ? 2 : 0), ret);
	*ret_view = bytes_of(strbuf_text(ret), ret->len);
	return 0;
}
