/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/unpack.h"

#include "kms/stream.h"

int text_unpack(struct bytes b, uint64_t max, struct strbuf *ret, struct bytes *ret_view, struct err *err)
{
	enum { STEP = 64 << 10 };
	CLEANUP(stream_freep) struct stream *stream = NULL;
	ssize_t got;

	if (bytes_equal(b, 0, "\xef\xbb\xbf", 3))
		b = bytes_from(b, 3);
	*ret_view = b;
	if (!stream_is_needed(b))
		return 0;
	stream = stream_new(-1, b);
	do {
		if (ret->len > max)
			return err_set(err, ERR_LIMIT, "larger than %llu MiB", (unsigned long long)(max >> 20));
		strbuf_reserve(ret, STEP);
		got = stream_read(stream, ret->data + ret->len, STEP, err);
		if (got < 0)
			return -1;
		ret->len += (size_t)got;
	} while (got);
	ret->data[ret->len] = '\0';
	*ret_view = bytes_of(ret->data, ret->len);
	return 0;
}
