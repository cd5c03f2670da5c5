/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_writer.h"

#include <inttypes.h>
#include <stdlib.h>

#include <wimlib.h>

#include "common/base/file.h"
#include "common/base/tempfiles.h"
#include "common/image/wimlib_error.h"

struct wim_writer {
	int fd;
	uint64_t at;
	enum wim_compression compression;
	uint32_t chunk_size;
	struct wimlib_compressor *compressor;
	uint8_t *in; /* a chunk that is being filled */
	size_t in_len;
	uint8_t *out;

	/* the resource that is being written */
	uint64_t size;
	uint64_t taken;
	uint64_t begin;
	uint64_t data_at;
	struct strbuf table;
	struct err *err;
};

void (*wim_write_hook)(const char *step);

void wim_write_step(const char *step)
{
	if (wim_write_hook)
		wim_write_hook(step);
}

int wim_write_at(int fd, const void *data, size_t len, uint64_t at, struct err *err)
{
	wim_write_step("write");
	return file_pwrite(fd, data, len, at, err);
}

static int feed_bytes(void *context, wim_data_fn sink, void *sink_context, struct err *err)
{
	const struct bytes *data = context;

	(void)err;
	return data->len ? sink(sink_context, data->data, data->len) : 0;
}

struct wim_source wim_source_of(const struct bytes *data)
{
	return (struct wim_source){ .size = data->len, .context = (void *)(uintptr_t)data, .feed = feed_bytes };
}

struct wim_writer *wim_writer_new(int fd, uint64_t at, const struct wim_header *header, struct err *err)
{
	struct wim_writer *w = xcalloc(1, sizeof(*w));
	int code = 0;

	w->fd = fd;
	w->at = at;
	w->compression = header->compression;
	w->chunk_size = header->chunk_size;
	if (w->compression == WIM_NONE)
		return w;
	w->in = xmalloc(w->chunk_size);
	w->out = xmalloc(w->chunk_size);
	code = wimlib_create_compressor((enum wimlib_compression_type)w->compression, w->chunk_size,
					WIM_COMPRESSION_LEVEL, &w->compressor);
	if (code) {
		image_error_from_wimlib(err, code, "preparing compression");
		wim_writer_freep(&w);
	}
	return w;
}

void wim_writer_freep(struct wim_writer **writer)
{
	struct wim_writer *w = *writer;

	if (!w)
		return;
	wimlib_free_compressor(w->compressor);
	free(w->in);
	free(w->out);
	strbuf_release(&w->table);
	free(w);
	*writer = NULL;
}

uint64_t wim_writer_at(const struct wim_writer *writer)
{
	return writer->at;
}

static int put_bytes(struct wim_writer *w, const void *data, size_t len)
{
	if (tempfiles_signal_pending())
		return err_set(w->err, ERR_CANCELLED, "interrupted by a signal");
	if (wim_write_at(w->fd, data, len, w->at, w->err) < 0)
		return -1;
	w->at += len;
	return 0;
}

static int count_taken(struct wim_writer *w, size_t len)
{
	if (len > w->size - w->taken)
		return err_set(w->err, ERR_BUSY, "grew while it was read");
	w->taken += len;
	return 0;
}

static int take_plain(void *context, const void *data, size_t len)
{
	struct wim_writer *w = context;

	return count_taken(w, len) < 0 ? -1 : put_bytes(w, data, len);
}

static int flush_chunk(struct wim_writer *w)
{
	size_t out_len = 0;
	uint8_t entry[8];

	if (w->in_len == 0)
		return 0;
	/* the table has no entry for the first chunk; four bytes each below 4 GiB of contents */
	if (w->at != w->data_at) {
		store_le64(entry, w->at - w->data_at);
		strbuf_add(&w->table, entry, w->size > UINT32_MAX ? 8 : 4);
	}
	if (w->in_len > 1)
		out_len = wimlib_compress(w->in, w->in_len, w->out, w->in_len - 1, w->compressor);

	int done = out_len ? put_bytes(w, w->out, out_len) : put_bytes(w, w->in, w->in_len);

	w->in_len = 0;
	return done;
}

static int take_chunks(void *context, const void *data, size_t len)
{
	struct wim_writer *w = context;
	const uint8_t *from = data;

	if (count_taken(w, len) < 0)
		return -1;
	while (len) {
		size_t n = MIN(len, w->chunk_size - w->in_len);

		memcpy(w->in + w->in_len, from, n);
		w->in_len += n;
		from += n;
		len -= n;
		if (w->in_len == w->chunk_size && flush_chunk(w) < 0)
			return -1;
	}
	return 0;
}

static int feed(struct wim_writer *w, const struct wim_source *source, wim_data_fn take, struct err *err)
{
	w->err = err;
	w->size = source->size;
	w->taken = 0;
	w->in_len = 0;
	if (source->feed(source->context, take, w, err) != 0)
		return -1;
	if (w->taken != w->size)
		return err_set(err, ERR_BUSY, "shrank while it was read");
	return 0;
}

int wim_writer_put_plain(struct wim_writer *w, const struct wim_source *source, uint8_t flags, struct wim_reshdr *ret,
			 struct err *err)
{
	uint64_t begin = w->at;

	if (feed(w, source, take_plain, err) < 0)
		return -1;
	*ret = (struct wim_reshdr){ .offset = begin, .stored = w->size, .size = w->size, .flags = flags };
	return 0;
}

static int put_chunks(struct wim_writer *w, const struct wim_source *source, struct err *err)
{
	uint64_t n_chunks = source->size / w->chunk_size + (source->size % w->chunk_size != 0);
	uint64_t table_len = (n_chunks - 1) * (source->size > UINT32_MAX ? 8 : 4);

	w->begin = w->at;
	w->data_at = w->at + table_len;
	w->at = w->data_at;
	strbuf_clear(&w->table);
	if (feed(w, source, take_chunks, err) < 0 || flush_chunk(w) < 0)
		return -1;
	if (w->table.len == 0)
		return 0;
	return wim_write_at(w->fd, w->table.data, w->table.len, w->begin, err);
}

int wim_writer_put(struct wim_writer *w, const struct wim_source *source, uint8_t flags, struct wim_reshdr *ret,
		   struct err *err)
{
	uint64_t begin = w->at;

	if (w->compression == WIM_NONE || source->size == 0)
		return wim_writer_put_plain(w, source, flags, ret, err);
	if (put_chunks(w, source, err) < 0)
		return -1;
	if (w->at - begin >= source->size) {
		w->at = begin;
		return wim_writer_put_plain(w, source, flags, ret, err);
	}
	*ret = (struct wim_reshdr){
		.offset = begin,
		.stored = w->at - begin,
		.size = source->size,
		.flags = (uint8_t)(flags | WIM_RES_COMPRESSED),
	};
	return 0;
}
