/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_resource.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "common/base/vec.h"
#include "common/image/wim_decompress.h"

#define PLAIN_PIECE (1u << 18)
#define SOLID_HEADER_LEN 16
#define PIPABLE_CHUNK_HEADER_LEN 4
#define TABLE_ALWAYS (16u << 20)
#define TABLE_RATIO 1024 /* of each entry at least a part of its name is new: long names that are much alike reach 400 */

#define WINDOW (1u << 20)

struct wim_reader {
	VEC(int) files;

	/* what was read from a file last */
	uint8_t *window;
	size_t window_cap;
	size_t window_len;
	uint64_t window_at;
	unsigned window_source;

	/* see wim_reader_expect */
	unsigned expected_source;
	uint64_t expected_end;
	uint64_t stream_end; /* of the bytes that the stream now read will want, in its file; 0: just now */

	wim_decoded_fn decoded; /* may be NULL */
	void *decoded_context;

	struct wim_decompressor *decompressor;
	enum wim_compression compression;
	uint32_t chunk_size;

	/* offsets of the chunks of the resource table_of and their end, relative to the first */
	uint8_t *table_memory;
	size_t table_cap;
	uint64_t *table; /* NULL when there is none */
	struct wim_resource table_of;

	/* a table is not looked at again for each of its chunks, when nothing can be read with it */
	struct wim_resource broken_of;
	struct err broken; /* ERR_NONE: there is none */

	uint8_t *out;
	size_t out_cap;
	struct wim_resource out_of; /* resource and chunk whose contents are in out, when have_out */
	uint64_t out_chunk;
	bool have_out;
};

struct wim_reader *wim_reader_new(int fd)
{
	struct wim_reader *reader = xcalloc(1, sizeof(*reader));

	wim_reader_add_file(reader, fd);
	return reader;
}

unsigned wim_reader_add_file(struct wim_reader *reader, int fd)
{
	*vec_add(&reader->files) = fd;
	return (unsigned)reader->files.len - 1;
}

void wim_reader_expect(struct wim_reader *reader, unsigned source, uint64_t end)
{
	reader->expected_source = source;
	reader->expected_end = end;
}

void wim_reader_set_decoded(struct wim_reader *reader, wim_decoded_fn fn, void *context)
{
	reader->decoded = fn;
	reader->decoded_context = context;
}

void wim_reader_freep(struct wim_reader **reader)
{
	struct wim_reader *r = *reader;

	if (!r)
		return;
	wim_decompressor_freep(&r->decompressor);
	free(r->table_memory);
	free(r->window);
	free(r->out);
	vec_release(&r->files);
	free(r);
	*reader = NULL;
}

int wim_resource_from_reshdr(const struct wim_header *header, uint64_t file_bytes, const struct wim_reshdr *hdr,
			     const char *what, struct wim_resource *ret, struct err *err)
{
	if (wim_reshdr_check(hdr, file_bytes, what, err) < 0)
		return -1;
	if (hdr->flags & WIM_RES_SOLID)
		return err_set(err, ERR_UNSUPPORTED, "%s is inside a solid resource", what);
	if ((hdr->flags & WIM_RES_COMPRESSED) && header->compression == WIM_NONE)
		return err_set(err, ERR_FORMAT, "%s is compressed, but the WIM names no compression", what);
	*ret = (struct wim_resource){
		.offset = hdr->offset,
		.stored = hdr->stored,
		.size = hdr->size,
		.compressed = hdr->flags & WIM_RES_COMPRESSED,
		.compression = header->compression,
		.chunk_size = header->chunk_size,
		.pipable = header->pipable,
	};
	return 0;
}

int wim_resource_open_solid(int fd, uint64_t file_bytes, const struct wim_reshdr *hdr, struct wim_resource *ret,
			    struct err *err)
{
	uint8_t raw[SOLID_HEADER_LEN];

	if (wim_reshdr_check(hdr, file_bytes, "solid resource", err) < 0)
		return -1;
	if (hdr->stored < SOLID_HEADER_LEN)
		return err_at(err, ERR_FORMAT, hdr->offset, "solid resource of %" PRIu64 " bytes", hdr->stored);
	if (file_pread(fd, raw, sizeof(raw), hdr->offset, err) < 0)
		return -1;

	uint32_t chunk_size = load_le32(raw + 8);
	uint32_t format = load_le32(raw + 12);

	if (format > WIM_LZMS)
		return err_at(err, ERR_UNSUPPORTED, hdr->offset + 12, "solid resource with unknown compression %u",
			      format);
	if (chunk_size < (1u << 12) || chunk_size > WIM_SOLID_CHUNK_MAX || (chunk_size & (chunk_size - 1)))
		return err_at(err, ERR_LIMIT, hdr->offset + 8,
			      "solid resource with chunks of %u bytes; at most %u are read", chunk_size,
			      WIM_SOLID_CHUNK_MAX);
	*ret = (struct wim_resource){
		.offset = hdr->offset,
		.stored = hdr->stored,
		.size = load_le64(raw),
		.compressed = true,
		.solid = true,
		.compression = (enum wim_compression)format,
		.chunk_size = chunk_size,
	};
	return 0;
}

static bool same_resource(const struct wim_resource *a, const struct wim_resource *b)
{
	return a->source == b->source && a->offset == b->offset && a->stored == b->stored && a->size == b->size && a->solid == b->solid &&
	       a->chunk_size == b->chunk_size && a->compression == b->compression;
}

static int need_buffer(uint8_t **buffer, size_t *cap, size_t size, struct err *err)
{
	if (*cap >= size)
		return 0;

	uint8_t *grown = try_alloc(size, err);

	if (!grown)
		return -1;
	alloc_in_huge_pages(grown, size);
	free(*buffer);
	*buffer = grown;
	*cap = size;
	return 0;
}

/* Lends len bytes of a file until the next call; NULL on error. */
static const uint8_t *fetch(struct wim_reader *r, unsigned source, uint64_t at, size_t len, struct err *err)
{
	uint64_t end = MAX(r->stream_end, source == r->expected_source ? r->expected_end : 0);
	size_t want = len;

	if (source == r->window_source && at >= r->window_at && len <= r->window_len &&
	    at - r->window_at <= r->window_len - len)
		return r->window + (at - r->window_at);
	if (end > at + len)
		want = MAX(len, (size_t)MIN(end - at, (uint64_t)WINDOW));
	r->window_len = 0;
	if (need_buffer(&r->window, &r->window_cap, want, err) < 0 ||
	    file_pread(r->files.items[source], r->window, want, at, err) < 0)
		return NULL;
	r->window_source = source;
	r->window_at = at;
	r->window_len = want;
	return r->window;
}

/* Where things are in a compressed resource: [header] [table] chunks [table of a pipable one]. */
struct layout {
	uint64_t n_chunks;
	unsigned entry_len;
	uint64_t n_entries;
	uint64_t table_at; /* in the file */
	uint64_t data_at;  /* in the file */
	uint64_t data_len; /* all chunks; without the headers of pipable chunks */
};

static uint64_t chunk_contents(const struct wim_resource *res, uint64_t chunk)
{
	return MIN((uint64_t)res->chunk_size, res->size - chunk * res->chunk_size);
}

static int find_layout(const struct wim_resource *res, struct layout *ret, struct err *err)
{
	uint64_t n = res->size / res->chunk_size + (res->size % res->chunk_size != 0);
	unsigned entry_len = res->solid || res->size <= UINT32_MAX ? 4 : 8;
	uint64_t n_entries = res->solid ? n : n - 1;
	uint64_t fixed = res->solid ? SOLID_HEADER_LEN : 0;
	uint64_t per_chunk = res->pipable ? PIPABLE_CHUNK_HEADER_LEN : 0;

	/* every chunk takes at least one byte */
	if (n > res->stored || fixed + n_entries * entry_len + n * (per_chunk + 1) > res->stored)
		return err_at(err, ERR_FORMAT, res->offset,
			      "a resource of %" PRIu64 " bytes cannot hold the %" PRIu64 " bytes it claims",
			      res->stored, res->size);
	*ret = (struct layout){
		.n_chunks = n,
		.entry_len = entry_len,
		.n_entries = n_entries,
		.table_at = res->offset + fixed,
		.data_at = res->offset + fixed + n_entries * entry_len,
		.data_len = res->stored - fixed - n_entries * entry_len - n * per_chunk,
	};
	if (res->pipable) {
		ret->table_at = res->offset + res->stored - n_entries * entry_len;
		ret->data_at = res->offset;
	}
	return 0;
}

/* Sizes in a solid resource, otherwise the offsets of all chunks but the first. */
static void decode_table(const struct wim_resource *res, const struct layout *at, const uint8_t *raw, uint64_t *table)
{
	uint64_t sum = 0;

	table[0] = 0;
	for (uint64_t i = 0; i < at->n_entries; i++) {
		uint64_t entry = at->entry_len == 4 ? load_le32(raw + i * 4) : load_le64(raw + i * 8);

		sum += entry;
		table[i + 1] = res->solid ? sum : entry;
	}
	if (!res->solid)
		table[at->n_chunks] = at->data_len;
}

static int check_table(const struct wim_resource *res, const struct layout *at, const uint64_t *table, struct err *err)
{
	for (uint64_t i = 0; i < at->n_chunks; i++)
		if (table[i + 1] <= table[i] || table[i + 1] > at->data_len ||
		    table[i + 1] - table[i] > chunk_contents(res, i))
			return err_at(err, ERR_FORMAT, at->table_at,
				      "chunk table: chunk %" PRIu64 " has an impossible size", i);
	return 0;
}

static int refuse_table(const struct wim_reader *r, struct err *err)
{
	if (err)
		*err = r->broken;
	return -1;
}

static int load_table(struct wim_reader *r, const struct wim_resource *res, struct layout *at, struct err *err)
{
	if (find_layout(res, at, err) < 0)
		return -1;
	if (r->table && same_resource(&r->table_of, res))
		return 0;
	if (r->broken.kind != ERR_NONE && same_resource(&r->broken_of, res))
		return refuse_table(r, err);

	size_t raw_len = (size_t)(at->n_entries * at->entry_len);
	const uint8_t *raw = (const uint8_t *)"";

	r->table = NULL;
	if (raw_len)
		raw = fetch(r, res->source, at->table_at, raw_len, err);
	if (!raw || need_buffer(&r->table_memory, &r->table_cap, (size_t)(at->n_chunks + 1) * sizeof(uint64_t), err) < 0)
		return -1;

	uint64_t *table = (uint64_t *)(void *)r->table_memory;

	decode_table(res, at, raw, table);
	if (check_table(res, at, table, &r->broken) < 0) {
		r->broken_of = *res;
		return refuse_table(r, err);
	}
	r->table = table;
	r->table_of = *res;
	return 0;
}

static int need_decompressor(struct wim_reader *r, const struct wim_resource *res, struct err *err)
{
	if (r->decompressor && r->compression == res->compression && r->chunk_size == res->chunk_size)
		return 0;

	wim_decompressor_freep(&r->decompressor);
	r->decompressor = wim_decompressor_new(res->compression, res->chunk_size, err);
	if (!r->decompressor)
		return -1;
	r->compression = res->compression;
	r->chunk_size = res->chunk_size;
	return 0;
}

static uint64_t chunk_place(const struct wim_reader *r, const struct wim_resource *res, const struct layout *at,
			    uint64_t chunk)
{
	return at->data_at + r->table[chunk] + (res->pipable ? (chunk + 1) * PIPABLE_CHUNK_HEADER_LEN : 0);
}

static size_t stored_len(const struct wim_reader *r, uint64_t chunk)
{
	return (size_t)(r->table[chunk + 1] - r->table[chunk]);
}

static int decode(struct wim_reader *r, const struct wim_resource *res, uint64_t place, const uint8_t *in,
		  size_t in_len, size_t out_len, struct err *err)
{
	if (need_buffer(&r->out, &r->out_cap, out_len, err) < 0 || need_decompressor(r, res, err) < 0)
		return -1;
	if (wim_decompress(r->decompressor, in, in_len, r->out, out_len) < 0)
		return err_at(err, ERR_FORMAT, place, "damaged %s data", wim_compression_name(res->compression));
	return 0;
}

/* In memory that is the system's again at once: malloc keeps what it has freed, up to 64 MiB for each thread. */
static int decode_large(struct wim_reader *r, const struct wim_resource *res, uint64_t place, size_t in_len,
			size_t out_len, struct err *err)
{
	uint8_t *in = mmap(NULL, in_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int done;

	if (in == MAP_FAILED)
		return err_set(err, ERR_MEMORY, "no memory for %zu bytes", in_len);
	done = file_pread(r->files.items[res->source], in, in_len, place, err);
	if (done == 0)
		done = decode(r, res, place, in, in_len, out_len, err);
	munmap(in, in_len);
	return done;
}

/* Into r->out. What is large is in memory once: not in the window, too. */
static int fill_out(struct wim_reader *r, const struct wim_resource *res, uint64_t place, size_t in_len, size_t out_len,
		    struct err *err)
{
	const uint8_t *in;

	if (in_len == out_len)
		return need_buffer(&r->out, &r->out_cap, out_len, err) < 0 ?
			-1 : file_pread(r->files.items[res->source], r->out, out_len, place, err);
	if (res->compression == WIM_NONE)
		return err_at(err, ERR_FORMAT, place, "shortened chunk in a resource that is not compressed");
	if (in_len > WINDOW)
		return decode_large(r, res, place, in_len, out_len, err);
	in = fetch(r, res->source, place, in_len, err);
	return in ? decode(r, res, place, in, in_len, out_len, err) : -1;
}

/* Lends the contents of a chunk. */
static const uint8_t *load_chunk(struct wim_reader *r, const struct wim_resource *res, const struct layout *at,
				 uint64_t chunk, struct err *err)
{
	size_t out_len = (size_t)chunk_contents(res, chunk);
	size_t in_len = stored_len(r, chunk);
	uint64_t place = chunk_place(r, res, at, chunk);
	const uint8_t *decoded = NULL;

	if (r->have_out && same_resource(&r->out_of, res) && r->out_chunk == chunk)
		return r->out;
	if (r->decoded && res->solid)
		decoded = r->decoded(r->decoded_context, r->files.items[res->source], res, chunk);
	if (decoded)
		return decoded;
	if (in_len == out_len && out_len <= WINDOW)
		return fetch(r, res->source, place, out_len, err);
	r->have_out = false;
	if (fill_out(r, res, place, in_len, out_len, err) < 0)
		return NULL;
	r->out_of = *res;
	r->out_chunk = chunk;
	r->have_out = true;
	return r->out;
}

static int find_chunk(struct wim_reader *reader, const struct wim_resource *res, uint64_t chunk, struct layout *ret,
		      struct err *err)
{
	reader->stream_end = 0;
	if (!res->compressed || chunk >= res->size / res->chunk_size + (res->size % res->chunk_size != 0))
		return err_at(err, ERR_FORMAT, res->offset, "data outside of its resource");
	return load_table(reader, res, ret, err);
}

int wim_reader_stored_chunk(struct wim_reader *reader, const struct wim_resource *res, uint64_t chunk,
			    const uint8_t **ret, size_t *ret_len, struct err *err)
{
	struct layout at = { 0 };

	if (find_chunk(reader, res, chunk, &at, err) < 0)
		return -1;
	*ret_len = stored_len(reader, chunk);
	*ret = fetch(reader, res->source, chunk_place(reader, res, &at, chunk), *ret_len, err);
	return *ret ? 0 : -1;
}

int wim_reader_stored_len(struct wim_reader *reader, const struct wim_resource *res, uint64_t chunk, size_t *ret,
			  struct err *err)
{
	struct layout at = { 0 };

	if (find_chunk(reader, res, chunk, &at, err) < 0)
		return -1;
	*ret = stored_len(reader, chunk);
	return 0;
}

int wim_reader_chunk(struct wim_reader *reader, const struct wim_resource *res, uint64_t chunk, const uint8_t **ret,
		     size_t *ret_len, struct err *err)
{
	struct layout at = { 0 };

	if (find_chunk(reader, res, chunk, &at, err) < 0)
		return -1;
	*ret = load_chunk(reader, res, &at, chunk, err);
	*ret_len = (size_t)chunk_contents(res, chunk);
	return *ret ? 0 : -1;
}

/* The end, in the file, of the chunk that holds the byte before end. */
static uint64_t chunks_end(const struct wim_reader *r, const struct wim_resource *res, const struct layout *at,
			   uint64_t end)
{
	uint64_t chunk = (end - 1) / res->chunk_size + 1;

	return at->data_at + r->table[chunk] + (res->pipable ? chunk * PIPABLE_CHUNK_HEADER_LEN : 0);
}

static int stream_chunks(struct wim_reader *r, const struct wim_resource *res, uint64_t offset, uint64_t len,
			 wim_data_fn fn, void *context, struct err *err)
{
	struct layout at = { 0 };

	if (load_table(r, res, &at, err) < 0)
		return -1;
	r->stream_end = chunks_end(r, res, &at, offset + len);
	while (len) {
		uint64_t chunk = offset / res->chunk_size;
		size_t skip = (size_t)(offset % res->chunk_size);
		const uint8_t *data = load_chunk(r, res, &at, chunk, err);

		if (!data)
			return -1;

		size_t n = (size_t)MIN(len, chunk_contents(res, chunk) - skip);
		int stop = fn(context, data + skip, n);

		if (stop)
			return stop;
		offset += n;
		len -= n;
	}
	return 0;
}

static int stream_plain(struct wim_reader *r, const struct wim_resource *res, uint64_t offset, uint64_t len,
			wim_data_fn fn, void *context, struct err *err)
{
	while (len) {
		size_t n = (size_t)MIN(len, (uint64_t)PLAIN_PIECE);
		const uint8_t *data = fetch(r, res->source, res->offset + offset, n, err);

		if (!data)
			return -1;

		int stop = fn(context, data, n);

		if (stop)
			return stop;
		offset += n;
		len -= n;
	}
	return 0;
}

int wim_reader_stream(struct wim_reader *reader, const struct wim_resource *res, uint64_t offset, uint64_t len,
		      wim_data_fn fn, void *context, struct err *err)
{
	if (offset > res->size || len > res->size - offset)
		return err_at(err, ERR_FORMAT, res->offset, "data outside of its resource");
	if (len == 0)
		return 0;
	reader->stream_end = 0;
	return (res->compressed ? stream_chunks : stream_plain)(reader, res, offset, len, fn, context, err);
}

static int append(void *context, const void *data, size_t len)
{
	strbuf_add(context, data, len);
	return 0;
}

int wim_resource_check_table(const struct wim_resource *res, uint64_t max, struct err *err)
{
	if (res->size > max)
		return err_at(err, ERR_LIMIT, res->offset, "%" PRIu64 " bytes; at most %" PRIu64 " are read", res->size,
			      max);
	if (res->size > TABLE_ALWAYS && (res->size - TABLE_ALWAYS) / TABLE_RATIO > res->stored)
		return err_at(err, ERR_LIMIT, res->offset,
			      "%" PRIu64 " bytes compressed to %" PRIu64 " are no real table", res->size, res->stored);
	return 0;
}

int wim_reader_load(struct wim_reader *reader, const struct wim_resource *res, uint64_t max, struct strbuf *ret,
		    struct err *err)
{
	if (wim_resource_check_table(res, max, err) < 0)
		return -1;
	return wim_reader_stream(reader, res, 0, res->size, append, ret, err);
}

int wim_resource_check_size(const struct wim_resource *res, struct err *err)
{
	struct layout layout;

	if (res->compressed)
		return res->size ? find_layout(res, &layout, err) : 0;
	if (res->size <= res->stored)
		return 0;
	return err_at(err, ERR_FORMAT, res->offset,
		      "a resource of %" PRIu64 " bytes cannot hold the %" PRIu64 " bytes it claims", res->stored,
		      res->size);
}
