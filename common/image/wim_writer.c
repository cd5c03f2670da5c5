/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_writer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/tempfiles.h"
#include "common/image/wim_blobs.h"
#include "common/image/wim_decompress.h"

#define COPY_PIECE (1u << 20)
#define COPY_STEP (64u << 20) /* so that a signal is seen, and progress goes on */
#define SOLID_HEADER_LEN 16
#define PIPE_CHUNK_HEADER_LEN 4 /* the size of the chunk that follows */

/* libwim's pwm_blob_hdr. */
enum pipe_header_field {
	PIPE_MAGIC = 0,
	PIPE_SIZE = 8,
	PIPE_HASH = 16,
	PIPE_FLAGS = 36,
};
#define PIPE_MAGIC_NUMBER 0x2b9b9ba2443db9d8ULL

/* A resource on its way into the file. */
struct resource {
	struct wim_reshdr *ret;
	struct wim_reshdr from; /* of a copy */
	int from_fd;            /* -1: its contents come in chunks */
	const uint8_t *hash;
	uint64_t size;
	uint8_t flags;
	bool solid; /* its table has the sizes of all chunks */
	uint64_t n_chunks;
	uint64_t n_written;
	uint64_t begin;
	uint64_t data_at;
	struct strbuf table;
};

/* Resources that lie beside one another, there and here: copied at once. The writer is at their end. */
struct run {
	int from_fd;
	uint64_t from_at;
	uint64_t len; /* 0: nothing waits */
};

struct wim_writer {
	int fd;
	uint64_t at;
	struct run run;
	uint32_t chunk_size;
	enum wim_compression compression;
	bool pipable;
	struct wim_pack *pack; /* NULL without compression */
	struct wim_decompressor *decompressor;
	wim_written_fn written;
	void *written_context;

	/* the resource that is being read */
	struct resource *current;
	const struct wim_source *source;
	uint64_t n_chunks; /* of it, in the queue */
	size_t in_len; /* in its last chunk */
	uint64_t taken;
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

int wim_write_pipe_header(int fd, uint64_t at, const uint8_t hash[WIM_HASH_LEN], uint64_t size, uint8_t flags,
			  struct err *err)
{
	uint8_t raw[WIM_PIPE_HEADER_LEN];

	store_le64(raw + PIPE_MAGIC, PIPE_MAGIC_NUMBER);
	store_le64(raw + PIPE_SIZE, size);
	memcpy(raw + PIPE_HASH, hash, WIM_HASH_LEN);
	store_le32(raw + PIPE_FLAGS, flags);
	return wim_write_at(fd, raw, sizeof(raw), at, err);
}

static int copy_by_hand(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t len, struct err *err)
{
	CLEANUP(freep) uint8_t *piece = xmalloc(COPY_PIECE);

	while (len) {
		size_t n = (size_t)MIN(len, (uint64_t)COPY_PIECE);

		if (file_pread(from, piece, n, from_at, err) < 0 || wim_write_at(to, piece, n, to_at, err) < 0)
			return -1;
		from_at += n;
		to_at += n;
		len -= n;
	}
	return 0;
}

int wim_copy_range(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t len, struct err *err)
{
	wim_write_step("write");
	while (len) {
		off64_t in = (off64_t)from_at, out = (off64_t)to_at;
		ssize_t n = copy_file_range(from, &in, to, &out, (size_t)MIN(len, (uint64_t)COPY_STEP), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOSPC)
			return err_errno(err, errno, "writing");
		if (n <= 0) /* other file systems, overlapping ranges, the end of the file: these say it by themselves */
			return copy_by_hand(from, from_at, to, to_at, len, err);
		if (tempfiles_signal_pending())
			return err_set(err, ERR_CANCELLED, "interrupted by a signal");
		from_at += (uint64_t)n;
		to_at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
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
	const struct wim_packing packing = {
		.compression = header->compression,
		.chunk_size = header->chunk_size,
		.level = WIM_COMPRESSION_LEVEL,
	};

	return wim_writer_new_packing(fd, at, &packing, err);
}

struct wim_writer *wim_writer_new_packing(int fd, uint64_t at, const struct wim_packing *packing, struct err *err)
{
	struct wim_writer *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->at = at;
	w->compression = packing->compression;
	w->chunk_size = packing->chunk_size;
	if (w->compression == WIM_NONE)
		return w;
	w->pack = wim_pack_new(packing, err);
	if (!w->pack)
		wim_writer_freep(&w);
	return w;
}

static void resource_free(struct resource *resource)
{
	strbuf_release(&resource->table);
	free(resource);
}

/* What waits after an error: each resource has at least one place in the order. */
static void forget_waiting(struct wim_writer *w)
{
	struct wim_packed chunk;
	struct resource *last = NULL;

	while (wim_pack_take(w->pack, &chunk)) {
		struct resource *resource = chunk.tag;

		if (last && last != resource && last != w->current)
			resource_free(last);
		last = resource;
		wim_pack_drop(w->pack);
	}
	if (last && last != w->current)
		resource_free(last);
	if (w->current)
		resource_free(w->current);
}

void wim_writer_freep(struct wim_writer **writer)
{
	struct wim_writer *w = *writer;

	if (!w)
		return;
	if (w->pack)
		forget_waiting(w);
	wim_pack_freep(&w->pack);
	wim_decompressor_freep(&w->decompressor);
	free(w);
	*writer = NULL;
}

uint64_t wim_writer_at(const struct wim_writer *writer)
{
	return writer->at;
}

void wim_writer_move(struct wim_writer *writer, int fd, uint64_t at)
{
	assert(writer->run.len == 0);
	writer->fd = fd;
	writer->at = at;
}

void wim_writer_set_pipable(struct wim_writer *writer)
{
	writer->pipable = true;
}

void wim_writer_on_written(struct wim_writer *writer, wim_written_fn fn, void *context)
{
	writer->written = fn;
	writer->written_context = context;
}

int wim_writer_settle(struct wim_writer *w, struct err *err)
{
	uint64_t len = w->run.len;

	w->run.len = 0;
	return len ? wim_copy_range(w->run.from_fd, w->run.from_at, w->fd, w->at - len, len, err) : 0;
}

static int put_bytes(struct wim_writer *w, const void *data, size_t len, struct err *err)
{
	if (tempfiles_signal_pending())
		return err_set(err, ERR_CANCELLED, "interrupted by a signal");
	if (wim_write_at(w->fd, data, len, w->at, err) < 0)
		return -1;
	w->at += len;
	return 0;
}

/* ---- out of the queue, into the file ---- */

static int begin_piped(struct wim_writer *w, const uint8_t *hash, uint64_t size, uint8_t flags, struct err *err)
{
	if (wim_write_pipe_header(w->fd, w->at, hash, size, flags, err) < 0)
		return -1;
	w->at += WIM_PIPE_HEADER_LEN;
	return 0;
}

static int tell(struct wim_writer *w, struct wim_reshdr *ret, struct err *err)
{
	return w->written ? w->written(w->written_context, ret, err) : 0;
}

static int put_copy(struct wim_writer *w, const struct resource *r, struct err *err)
{
	struct run *run = &w->run;
	bool goes_on = !w->pipable && run->len && run->len < COPY_STEP && run->from_fd == r->from_fd && run->from_at + run->len == r->from.offset;

	if (!goes_on && wim_writer_settle(w, err) < 0)
		return -1;
	if (w->pipable && begin_piped(w, r->hash, r->from.size, r->from.flags, err) < 0)
		return -1;
	if (!goes_on)
		*run = (struct run){ .from_fd = r->from_fd, .from_at = r->from.offset };
	*r->ret = r->from;
	r->ret->offset = w->at;
	run->len += r->from.stored;
	w->at += r->from.stored;
	return 0;
}

/* The table has no entry for the first chunk; four bytes each below 4 GiB of contents. That of a solid one has sizes. */
static void note_chunk(struct wim_writer *w, struct resource *r, size_t len)
{
	uint8_t entry[8];

	if (r->solid) {
		if (r->n_written++ == 0) {
			r->begin = w->at;
			w->at += SOLID_HEADER_LEN + r->n_chunks * 4;
		}
		store_le32(entry, (uint32_t)len);
		strbuf_add(&r->table, entry, 4);
		return;
	}

	if (r->n_written++ == 0) {
		uint64_t entry_len = r->size > UINT32_MAX ? 8 : 4;

		r->begin = w->at;
		if (!w->pipable)
			w->at += (r->n_chunks - 1) * entry_len;
		r->data_at = w->at;
		return;
	}
	/* the headers of chunks do not count */
	store_le64(entry, w->at - r->data_at - (w->pipable ? (r->n_written - 1) * PIPE_CHUNK_HEADER_LEN : 0));
	strbuf_add(&r->table, entry, r->size > UINT32_MAX ? 8 : 4);
}

static uint64_t chunk_offset(const struct resource *r, uint64_t chunk)
{
	const uint8_t *table = (const uint8_t *)r->table.data;

	if (chunk == 0)
		return 0;
	return r->size > UINT32_MAX ? load_le64(table + (chunk - 1) * 8) : load_le32(table + (chunk - 1) * 4);
}

/* Contents of one chunk of r, as they are in the file, into out. */
static int read_chunk(struct wim_writer *w, const struct resource *r, uint64_t chunk, uint8_t *in, uint8_t *out,
		      size_t *out_len, struct err *err)
{
	uint64_t from = chunk_offset(r, chunk);
	uint64_t to = chunk + 1 == r->n_chunks ? w->at - r->data_at : chunk_offset(r, chunk + 1);
	size_t in_len = (size_t)(to - from);

	*out_len = (size_t)MIN((uint64_t)w->chunk_size, r->size - chunk * w->chunk_size);
	if (file_pread(w->fd, in_len == *out_len ? out : in, in_len, r->data_at + from, err) < 0)
		return -1;
	if (in_len == *out_len)
		return 0;
	if (!w->decompressor)
		w->decompressor = wim_decompressor_new(w->compression, w->chunk_size, err);
	if (!w->decompressor)
		return -1;
	if (wim_decompress(w->decompressor, in, in_len, out, *out_len) < 0)
		return err_set(err, ERR_IO, "what was written reads back differently");
	return 0;
}

/*
 * The table takes more than compression gave: the contents are moved over it. Each chunk moves towards the
 * beginning, since what all chunks have saved is at most the length of the table.
 */
static int unpack(struct wim_writer *w, const struct resource *r, struct err *err)
{
	CLEANUP(freep) uint8_t *in = xmalloc(w->chunk_size);
	CLEANUP(freep) uint8_t *out = xmalloc(w->chunk_size);
	uint64_t to = r->begin;

	for (uint64_t i = 0; i < r->n_chunks; i++) {
		size_t len = 0;

		if (read_chunk(w, r, i, in, out, &len, err) < 0 || wim_write_at(w->fd, out, len, to, err) < 0)
			return -1;
		to += len;
	}
	w->at = to;
	return 0;
}

static int end_solid(struct wim_writer *w, const struct resource *r, struct err *err)
{
	uint8_t header[SOLID_HEADER_LEN];

	store_le64(header, r->size);
	store_le32(header + 8, w->chunk_size);
	store_le32(header + 12, (uint32_t)w->compression);
	*r->ret = (struct wim_reshdr){
		.offset = r->begin,
		.stored = w->at - r->begin,
		.size = WIM_SOLID_SIZE_MARK,
		.flags = WIM_RES_SOLID,
	};
	if (wim_write_at(w->fd, header, sizeof(header), r->begin, err) < 0)
		return -1;
	return wim_write_at(w->fd, r->table.data, r->table.len, r->begin + SOLID_HEADER_LEN, err);
}

/* Contents that do not become smaller are in chunks, too: what is written into a pipe stays written. */
static int end_piped(struct wim_writer *w, const struct resource *r, struct err *err)
{
	if (r->table.len && put_bytes(w, r->table.data, r->table.len, err) < 0)
		return -1;
	*r->ret = (struct wim_reshdr){
		.offset = r->begin,
		.stored = w->at - r->begin,
		.size = r->size,
		.flags = r->flags | WIM_RES_COMPRESSED,
	};
	return 0;
}

static int end_chunks(struct wim_writer *w, const struct resource *r, struct err *err)
{
	if (r->solid)
		return end_solid(w, r, err);
	if (w->pipable)
		return end_piped(w, r, err);

	bool packed = w->at - r->begin < r->size;

	if (!packed && r->n_chunks > 1 && unpack(w, r, err) < 0)
		return -1;
	if (packed && r->table.len && wim_write_at(w->fd, r->table.data, r->table.len, r->begin, err) < 0)
		return -1;
	*r->ret = (struct wim_reshdr){
		.offset = r->begin,
		.stored = w->at - r->begin,
		.size = r->size,
		.flags = (uint8_t)(r->flags | (packed ? WIM_RES_COMPRESSED : 0)),
	};
	return 0;
}

static int put_chunk(struct wim_writer *w, struct resource *r, const struct wim_packed *chunk, struct err *err)
{
	uint8_t size[PIPE_CHUNK_HEADER_LEN];

	if (w->pipable && r->n_written == 0 &&
	    begin_piped(w, r->hash, r->size, r->flags | WIM_RES_COMPRESSED, err) < 0)
		return -1;
	note_chunk(w, r, chunk->len);
	store_le32(size, (uint32_t)chunk->len);
	if (w->pipable && put_bytes(w, size, sizeof(size), err) < 0)
		return -1;
	return put_bytes(w, chunk->data, chunk->len, err);
}

/* Writes the oldest chunk in the queue. */
static int drain_one(struct wim_writer *w, struct err *err)
{
	struct wim_packed chunk;
	struct resource *r;
	bool last;

	if (!wim_pack_take(w->pack, &chunk))
		return 0;
	r = chunk.tag;
	if (r->from_fd >= 0) {
		last = true;
		if (put_copy(w, r, err) < 0)
			return -1;
	} else {
		if (wim_writer_settle(w, err) < 0)
			return -1;
		if (put_chunk(w, r, &chunk, err) < 0)
			return -1;
		last = r->n_written == r->n_chunks;
		if (last && end_chunks(w, r, err) < 0)
			return -1;
	}
	if (last) {
		if (tell(w, r->ret, err) < 0)
			return -1;
		resource_free(r);
	}
	wim_pack_drop(w->pack);
	return 0;
}

int wim_writer_flush(struct wim_writer *w, struct err *err)
{
	struct wim_packed chunk;

	while (w->pack && wim_pack_take(w->pack, &chunk))
		if (drain_one(w, err) < 0)
			return -1;
	return wim_writer_settle(w, err);
}

/* ---- into the queue ---- */

static int count_taken(struct wim_writer *w, uint64_t size, size_t len)
{
	if (len > size - w->taken)
		return err_set(w->err, ERR_BUSY, "grew while it was read");
	w->taken += len;
	return 0;
}

static void submit_chunk(struct wim_writer *w)
{
	const struct wim_source *source = w->source;
	size_t packed = 0;

	if (source->packed)
		packed = source->packed(source->context, w->n_chunks, wim_pack_room(w->pack), w->in_len,
					wim_pack_packed_room(w->pack));
	wim_pack_submit_packed(w->pack, w->in_len, packed, w->current);
	w->n_chunks++;
	w->in_len = 0;
}

static int make_room(struct wim_writer *w, struct err *err)
{
	while (wim_pack_is_full(w->pack))
		if (drain_one(w, err) < 0)
			return -1;
	return 0;
}

static int take_chunks(void *context, const void *data, size_t len)
{
	struct wim_writer *w = context;
	const uint8_t *from = data;

	if (count_taken(w, w->current->size, len) < 0)
		return -1;
	while (len) {
		size_t n = MIN(len, w->chunk_size - w->in_len);

		if (make_room(w, w->err) < 0)
			return -1;
		memcpy(wim_pack_room(w->pack) + w->in_len, from, n);
		w->in_len += n;
		from += n;
		len -= n;
		if (w->in_len == w->chunk_size)
			submit_chunk(w);
	}
	return 0;
}

static int check_whole(const struct wim_writer *w, uint64_t size, struct err *err)
{
	return w->taken == size ? 0 : err_set(err, ERR_BUSY, "shrank while it was read");
}

struct plain {
	struct wim_writer *writer;
	uint64_t size;
};

static int take_plain(void *context, const void *data, size_t len)
{
	struct plain *plain = context;
	struct wim_writer *w = plain->writer;

	return count_taken(w, plain->size, len) < 0 ? -1 : put_bytes(w, data, len, w->err);
}

int wim_writer_put_plain(struct wim_writer *w, const struct wim_source *source, uint8_t flags, struct wim_reshdr *ret,
			 struct err *err)
{
	struct plain plain = { .writer = w, .size = source->size };
	uint64_t begin;

	if (wim_writer_flush(w, err) < 0 ||
	    (w->pipable && begin_piped(w, source->hash, source->size, flags, err) < 0))
		return -1;
	begin = w->at;
	w->err = err;
	w->taken = 0;
	if (source->feed(source->context, take_plain, &plain, err) != 0 || check_whole(w, source->size, err) < 0)
		return -1;
	*ret = (struct wim_reshdr){ .offset = begin, .stored = source->size, .size = source->size, .flags = flags };
	return 0;
}

static int queue_chunks(struct wim_writer *w, const struct wim_source *source, struct err *err)
{
	w->err = err;
	w->source = source;
	w->n_chunks = 0;
	w->taken = 0;
	w->in_len = 0;
	if (source->feed(source->context, take_chunks, w, err) != 0 || check_whole(w, source->size, err) < 0)
		return -1;
	if (w->in_len)
		submit_chunk(w);
	w->current = NULL;
	return 0;
}

static struct resource *new_resource(const struct wim_writer *w, uint64_t size, const uint8_t *hash, uint8_t flags,
				     struct wim_reshdr *ret)
{
	struct resource *resource = xcalloc(1, sizeof(*resource));

	*resource = (struct resource){
		.ret = ret,
		.from_fd = -1,
		.hash = hash,
		.size = size,
		.flags = flags,
		.n_chunks = size / w->chunk_size + (size % w->chunk_size != 0),
	};
	return resource;
}

int wim_writer_put_solid(struct wim_writer *w, const struct wim_source *source, struct wim_reshdr *ret,
			 struct err *err)
{
	if (!w->pack || source->size == 0)
		return err_set(err, ERR_UNSUPPORTED, "a solid resource has contents and is compressed");
	w->current = new_resource(w, source->size, NULL, 0, ret);
	w->current->solid = true;
	return queue_chunks(w, source, err) < 0 ? -1 : wim_writer_flush(w, err);
}

int wim_writer_queue(struct wim_writer *w, const struct wim_source *source, uint8_t flags, struct wim_reshdr *ret,
		     struct err *err)
{
	if (!w->pack || source->size == 0) {
		if (wim_writer_put_plain(w, source, flags, ret, err) < 0)
			return -1;
		return tell(w, ret, err);
	}
	w->current = new_resource(w, source->size, source->hash, flags, ret);
	return queue_chunks(w, source, err);
}

int wim_writer_queue_copy(struct wim_writer *w, int fd, const struct wim_reshdr *from, const uint8_t *hash,
			  struct wim_reshdr *ret, struct err *err)
{
	struct resource copy = { .ret = ret, .from = *from, .from_fd = fd, .hash = hash };

	if (!w->pack || wim_pack_is_empty(w->pack))
		return put_copy(w, &copy, err) < 0 ? -1 : tell(w, ret, err);
	if (make_room(w, err) < 0)
		return -1;
	wim_pack_submit(w->pack, 0, xmemdup(&copy, sizeof(copy)));
	return 0;
}

static int queue_stored_chunk(struct wim_writer *w, struct wim_reader *reader, const struct wim_resource *res,
			      uint64_t chunk, struct err *err)
{
	size_t contents = (size_t)MIN((uint64_t)res->chunk_size, res->size - chunk * res->chunk_size);
	const uint8_t *data;
	size_t len;

	if (make_room(w, err) < 0 || wim_reader_stored_chunk(reader, res, chunk, &data, &len, err) < 0)
		return -1;
	memcpy(wim_pack_packed_room(w->pack), data, len);
	wim_pack_submit_packed(w->pack, contents, len, w->current);
	return 0;
}

int wim_writer_queue_chunks(struct wim_writer *w, struct wim_reader *reader, const struct wim_resource *res,
			    const uint8_t *hash, uint8_t flags, struct wim_reshdr *ret, struct err *err)
{
	const struct bytes nothing = { .data = NULL };
	struct wim_source empty = wim_source_of(&nothing);

	assert(w->pack && res->compressed && res->chunk_size == w->chunk_size);
	empty.hash = hash;
	if (res->size == 0)
		return wim_writer_queue(w, &empty, flags, ret, err);
	w->current = new_resource(w, res->size, hash, flags, ret);
	for (uint64_t i = 0; i < w->current->n_chunks; i++)
		if (queue_stored_chunk(w, reader, res, i, err) < 0)
			return -1;
	w->current = NULL;
	return 0;
}

int wim_writer_put(struct wim_writer *w, const struct wim_source *source, uint8_t flags, struct wim_reshdr *ret,
		   struct err *err)
{
	return wim_writer_queue(w, source, flags, ret, err) < 0 ? -1 : wim_writer_flush(w, err);
}
