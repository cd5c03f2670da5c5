/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "common/base/utf16.h"

enum {
	RAW_STEP = 256 << 10,
	PLAIN_STEP = 64 << 10,  /* unpacked, not yet turned into UTF-8 */
	UTF16_SAMPLE = 64,
	ZSTD_WINDOW_LOG_MAX = 23, /* 8 MiB, what the format asks every reader to have */
	GZIP_ONLY = 16,
};

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };
enum text_kind { TEXT_UNKNOWN, TEXT_AS_IS, TEXT_UTF16LE, TEXT_UTF16BE };

struct stream {
	int fd;
	uint8_t *raw_buffer; /* of a file */
	struct bytes raw;    /* not yet unpacked */
	bool raw_ended;
	enum packing packing;
	z_stream gzip;
	bool gzip_ready;
	bool in_member;      /* between its first and last byte */
	ZSTD_DCtx *zstd;
	size_t zstd_left;
	bool zstd_full;      /* it had more to say than there was room for */
	enum text_kind kind;
	uint8_t *plain_buffer;
	struct bytes plain;  /* unpacked and held back, to look at it or to turn it */
	bool plain_ended;
	struct strbuf text;  /* turned into UTF-8 */
	size_t text_at;
};

static bool is_gzip(struct bytes b)
{
	return bytes_equal(b, 0, "\x1f\x8b\x08", 3);
}

static bool is_zstd(struct bytes b)
{
	return bytes_equal(b, 0, "\x28\xb5\x2f\xfd", 4);
}

/* UTF-16 with a mark, or without one in the order of Windows when every second byte of the start is zero. */
static enum text_kind kind_of(struct bytes b)
{
	if (bytes_equal(b, 0, "\xff\xfe", 2))
		return TEXT_UTF16LE;
	if (bytes_equal(b, 0, "\xfe\xff", 2))
		return TEXT_UTF16BE;
	if (b.len < UTF16_SAMPLE)
		return TEXT_AS_IS;
	for (size_t i = 0; i < UTF16_SAMPLE; i += 2)
		if (b.data[i] == 0 || b.data[i + 1] != 0)
			return TEXT_AS_IS;
	return TEXT_UTF16LE;
}

bool stream_is_needed(struct bytes start)
{
	return is_gzip(start) || is_zstd(start) || kind_of(start) != TEXT_AS_IS;
}

struct stream *stream_new(int fd, struct bytes bytes)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->fd = fd;
	s->raw = bytes;
	s->raw_ended = fd < 0;
	if (fd >= 0) {
		s->raw_buffer = xmalloc(RAW_STEP);
		s->raw = bytes_of(s->raw_buffer, 0);
	}
	s->plain_buffer = xmalloc(PLAIN_STEP);
	s->plain = bytes_of(s->plain_buffer, 0);
	return s;
}

void stream_freep(struct stream **pointer)
{
	struct stream *s = *pointer;

	if (!s)
		return;
	if (s->gzip_ready)
		inflateEnd(&s->gzip);
	ZSTD_freeDCtx(s->zstd);
	strbuf_release(&s->text);
	free(s->raw_buffer);
	free(s->plain_buffer);
	free(s);
	*pointer = NULL;
}

/* Adds to s->raw what is there, behind the rest of it. */
static int fill_raw(struct stream *s, struct err *err)
{
	ssize_t got;

	if (s->raw_ended)
		return 0;
	memmove(s->raw_buffer, s->raw.data, s->raw.len);
	s->raw.data = s->raw_buffer;
	do
		got = read(s->fd, s->raw_buffer + s->raw.len, RAW_STEP - s->raw.len);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(err, errno, "cannot read");
	s->raw.len += (size_t)got;
	s->raw_ended = got == 0;
	return 0;
}

static int find_packing(struct stream *s, struct err *err)
{
	while (s->raw.len < 4 && !s->raw_ended)
		if (fill_raw(s, err) < 0)
			return -1;
	s->packing = is_gzip(s->raw) ? PACKING_GZIP : is_zstd(s->raw) ? PACKING_ZSTD : PACKING_NONE;
	if (s->packing == PACKING_GZIP) {
		s->gzip_ready = inflateInit2(&s->gzip, MAX_WBITS + GZIP_ONLY) == Z_OK;
		s->in_member = true;
	}
	if (s->packing == PACKING_ZSTD) {
		s->zstd = ZSTD_createDCtx();
		if (s->zstd)
			ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
	}
	if ((s->packing == PACKING_GZIP && !s->gzip_ready) || (s->packing == PACKING_ZSTD && !s->zstd))
		return err_set(err, ERR_MEMORY, "packed data cannot be unpacked: no memory");
	return 0;
}

static void use_raw(struct stream *s, size_t len)
{
	s->raw = bytes_from(s->raw, len);
}

/* One step; *ret may be 0 when nothing came out yet. Sets *ret_end at the end of all members. */
static int step_gzip(struct stream *s, uint8_t *to, size_t cap, size_t *ret, bool *ret_end, struct err *err)
{
	uInt give = (uInt)MIN(s->raw.len, (size_t)1 << 30);
	int state;

	if (!s->in_member) {
		*ret_end = !is_gzip(s->raw);
		s->in_member = !*ret_end;
		if (*ret_end || inflateReset(&s->gzip) != Z_OK)
			return 0;
	}
	s->gzip.next_in = (Bytef *)(uintptr_t)s->raw.data;
	s->gzip.avail_in = give;
	s->gzip.next_out = to;
	s->gzip.avail_out = (uInt)cap;
	state = inflate(&s->gzip, Z_NO_FLUSH);
	use_raw(s, give - s->gzip.avail_in);
	*ret = cap - s->gzip.avail_out;
	if (state == Z_STREAM_END)
		s->in_member = false;
	else if (state == Z_BUF_ERROR || (state == Z_OK && *ret == 0 && s->raw.len == 0 && s->raw_ended))
		return err_set(err, ERR_TRUNCATED, "the gzip data ends too early");
	else if (state != Z_OK)
		return err_set(err, ERR_FORMAT, "damaged gzip data");
	return 0;
}

static int step_zstd(struct stream *s, uint8_t *to, size_t cap, size_t *ret, bool *ret_end, struct err *err)
{
	ZSTD_inBuffer in = { s->raw.data, s->raw.len, 0 };
	ZSTD_outBuffer out = { to, cap, 0 };

	if (s->raw.len == 0 && !s->zstd_full) {
		*ret_end = true;
		return s->zstd_left ? err_set(err, ERR_TRUNCATED, "the zstd data ends too early") : 0;
	}
	s->zstd_left = ZSTD_decompressStream(s->zstd, &out, &in);
	if (ZSTD_isError(s->zstd_left))
		return err_set(err, ERR_FORMAT, "damaged zstd data: %s", ZSTD_getErrorName(s->zstd_left));
	use_raw(s, in.pos);
	*ret = out.pos;
	s->zstd_full = s->zstd_left && out.pos == out.size;
	return 0;
}

/* Unpacked bytes: at least one, or 0 at the end. */
static ssize_t read_plain(struct stream *s, uint8_t *to, size_t cap, struct err *err)
{
	cap = MIN(cap, (size_t)1 << 30);
	if (s->packing == PACKING_UNKNOWN && find_packing(s, err) < 0)
		return -1;
	for (;;) {
		size_t got = 0;
		bool end = false;
		int done = 0;

		if (s->raw.len < 4 && !s->raw_ended && fill_raw(s, err) < 0)
			return -1;
		if (s->packing == PACKING_GZIP) {
			done = step_gzip(s, to, cap, &got, &end, err);
		} else if (s->packing == PACKING_ZSTD) {
			done = s->raw.len || s->raw_ended ? step_zstd(s, to, cap, &got, &end, err) : 0;
		} else {
			got = MIN(s->raw.len, cap);
			memcpy(to, s->raw.data, got);
			use_raw(s, got);
			end = s->raw_ended;
		}
		if (done < 0)
			return -1;
		if (got || end)
			return (ssize_t)got;
	}
}

/* Fills s->plain up. */
static int fill_plain(struct stream *s, struct err *err)
{
	memmove(s->plain_buffer, s->plain.data, s->plain.len);
	s->plain.data = s->plain_buffer;
	while (s->plain.len < PLAIN_STEP && !s->plain_ended) {
		ssize_t got = read_plain(s, s->plain_buffer + s->plain.len, PLAIN_STEP - s->plain.len, err);

		if (got < 0)
			return -1;
		s->plain.len += (size_t)got;
		s->plain_ended = got == 0;
	}
	return 0;
}

/* Half a pair at the end waits for its other half. */
static size_t whole_units(struct bytes b, bool big_endian, bool ended)
{
	size_t len = b.len & ~(size_t)1;

	if (!ended && len >= 2 && (b.data[len - (big_endian ? 2 : 1)] & 0xfc) == 0xd8)
		len -= 2;
	return len;
}

static void swap_units(uint8_t *at, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		uint8_t high = at[i];

		at[i] = at[i + 1];
		at[i + 1] = high;
	}
}

static int turn_text(struct stream *s, struct err *err)
{
	int done = fill_plain(s, err);
	size_t len = whole_units(s->plain, s->kind == TEXT_UTF16BE, s->plain_ended || done < 0);

	strbuf_clear(&s->text);
	s->text_at = 0;
	if (s->kind == TEXT_UTF16BE)
		swap_units(s->plain_buffer, len);
	utf16le_to_text((struct bytes){ s->plain.data, len, 0 }, &s->text);
	s->plain = bytes_from(s->plain, len);
	return s->text.len ? 0 : done;
}

static int find_kind(struct stream *s, struct err *err)
{
	if (fill_plain(s, err) < 0 && s->plain.len == 0)
		return -1;
	s->kind = kind_of(s->plain);
	if (bytes_equal(s->plain, 0, "\xff\xfe", 2) || bytes_equal(s->plain, 0, "\xfe\xff", 2))
		s->plain = bytes_from(s->plain, 2);
	return 0;
}

ssize_t stream_read(struct stream *s, void *to, size_t cap, struct err *err)
{
	size_t got;

	if (s->kind == TEXT_UNKNOWN && find_kind(s, err) < 0)
		return -1;
	if (s->kind != TEXT_AS_IS) {
		if (s->text_at == s->text.len && turn_text(s, err) < 0)
			return -1;
		got = MIN(cap, s->text.len - s->text_at);
		if (got)
			memcpy(to, s->text.data + s->text_at, got);
		s->text_at += got;
		return (ssize_t)got;
	}
	if (s->plain.len == 0)
		return s->plain_ended ? 0 : read_plain(s, to, cap, err);
	got = MIN(cap, s->plain.len);
	memcpy(to, s->plain.data, got);
	s->plain = bytes_from(s->plain, got);
	return (ssize_t)got;
}
