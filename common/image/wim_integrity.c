/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_integrity.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "common/base/file.h"
#include "common/image/wim_hash.h"
#include "common/image/wim_pack.h"

#define PIECE (1u << 20)
#define CHUNK_MIN 4096u
#define CHUNK_MAX (1u << 30)
#define CHUNK_USUAL (10u << 20)
#define SUM_THREADS_MAX 64

uint64_t wim_integrity_end(const struct wim_header *header)
{
	return header->blob_table.offset + header->blob_table.stored;
}

static uint64_t count_chunks(uint32_t chunk_size, uint64_t end)
{
	uint64_t covered = end - WIM_HEADER_LEN;

	return covered / chunk_size + (covered % chunk_size != 0);
}

int wim_integrity_load(int fd, uint64_t file_bytes, const struct wim_header *header, struct strbuf *ret,
		       struct err *err)
{
	const struct wim_reshdr *at = &header->integrity;

	if (wim_reshdr_check(at, file_bytes, "integrity table", err) < 0)
		return -1;
	if (at->flags & WIM_RES_COMPRESSED || at->size > WIM_INTEGRITY_MAX || at->size < INTEGRITY_HEADER_LEN)
		return err_set(err, ERR_FORMAT, "integrity table of %" PRIu64 " bytes", at->size);
	if (wim_integrity_end(header) < WIM_HEADER_LEN)
		return err_set(err, ERR_FORMAT, "the blob table is inside the header");
	strbuf_add_fill(ret, '\0', (size_t)at->size);
	if (file_pread(fd, ret->data, ret->len, at->offset, err) < 0)
		return -1;

	struct bytes table = bytes_of(ret->data, ret->len);
	uint64_t n = bytes_le32(table, INTEGRITY_COUNT);
	uint32_t chunk_size = bytes_le32(table, INTEGRITY_CHUNK_SIZE);

	if (chunk_size < CHUNK_MIN || chunk_size > CHUNK_MAX || bytes_le32(table, INTEGRITY_SIZE) != table.len ||
	    table.len != INTEGRITY_HEADER_LEN + n * WIM_HASH_LEN ||
	    n != count_chunks(chunk_size, wim_integrity_end(header)))
		return err_at(err, ERR_FORMAT, at->offset, "the integrity table does not fit the WIM");
	return 0;
}

int wim_integrity_chunk(int fd, uint32_t chunk_size, uint64_t index, uint64_t end, uint8_t ret[20], struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha1();
	CLEANUP(freep) uint8_t *piece = xmalloc(MIN(PIECE, chunk_size));
	uint64_t at = WIM_HEADER_LEN + index * chunk_size;
	uint64_t left = MIN((uint64_t)chunk_size, end - at);

	while (left) {
		size_t n = (size_t)MIN(left, (uint64_t)MIN(PIECE, chunk_size));

		if (file_pread(fd, piece, n, at, err) < 0)
			return -1;
		wim_hash_update(hash, piece, n);
		at += n;
		left -= n;
	}
	wim_hash_final(hash, ret);
	return 0;
}

struct sums {
	int fd;
	uint32_t chunk_size;
	uint64_t end;
	uint64_t n;
	uint8_t *table;
	uint64_t first; /* that is summed here */
	atomic_uint_fast64_t next;
	pthread_mutex_t lock;
	struct err err; /* the first */
	const struct wim_integrity_steps *steps; /* may be NULL */
	uint64_t told;                           /* chunks that steps has heard of */
};

static void note_error(struct sums *sums, const struct err *err)
{
	pthread_mutex_lock(&sums->lock);
	if (sums->err.kind == ERR_NONE)
		sums->err = *err;
	pthread_mutex_unlock(&sums->lock);
	atomic_store(&sums->next, sums->n);
}

static bool sum_next(struct sums *sums)
{
	uint64_t i = atomic_fetch_add(&sums->next, 1);
	struct err err = { 0 };

	if (i >= sums->n)
		return false;
	if (wim_integrity_chunk(sums->fd, sums->chunk_size, i, sums->end, sums->table + i * WIM_HASH_LEN, &err) < 0)
		note_error(sums, &err);
	return true;
}

static void *sum_chunks(void *context)
{
	while (sum_next(context))
		;
	return NULL;
}

/* In bytes, by the calling thread alone: what all threads have taken since it was told last. */
static void tell(struct sums *sums)
{
	static const struct err stopped = { .kind = ERR_CANCELLED, .text = "stopped" };
	uint64_t taken = MIN((uint64_t)atomic_load(&sums->next), sums->n) - sums->first - sums->told;

	sums->told += taken;
	if (sums->steps && sums->steps->fn(sums->steps->context, taken * sums->chunk_size) != 0)
		note_error(sums, &stopped);
}

/* On all processors: each chunk has its own sum. */
static int sum_all(struct sums *sums, struct err *err)
{
	pthread_t threads[SUM_THREADS_MAX];
	unsigned n = 0;
	uint64_t left = sums->n - MIN(sums->n, (uint64_t)atomic_load(&sums->next));
	unsigned wanted = (unsigned)MIN(MIN((uint64_t)wim_processors(), (uint64_t)SUM_THREADS_MAX), left);

	while (n + 1 < wanted && pthread_create(&threads[n], NULL, sum_chunks, sums) == 0)
		n++;
	while (sum_next(sums))
		tell(sums);
	while (n)
		pthread_join(threads[--n], NULL);
	if (sums->err.kind == ERR_NONE)
		return 0;
	if (err)
		*err = sums->err;
	return -1;
}

int wim_integrity_build(int fd, const struct strbuf *old, uint64_t kept_end, uint64_t end, struct strbuf *ret,
			struct err *err)
{
	return wim_integrity_build_telling(fd, old, kept_end, end, NULL, ret, err);
}

int wim_integrity_build_telling(int fd, const struct strbuf *old, uint64_t kept_end, uint64_t end,
				const struct wim_integrity_steps *steps, struct strbuf *ret, struct err *err)
{
	uint32_t chunk_size = old && old->len ? load_le32((const uint8_t *)old->data + INTEGRITY_CHUNK_SIZE) :
						CHUNK_USUAL;
	uint64_t n = count_chunks(chunk_size, end);
	uint64_t kept = old && old->len ? (kept_end - WIM_HEADER_LEN) / chunk_size : 0;
	uint8_t header[INTEGRITY_HEADER_LEN];
	struct sums sums = { .fd = fd, .chunk_size = chunk_size, .end = end, .n = n, .first = kept, .steps = steps,
			     .lock = PTHREAD_MUTEX_INITIALIZER };

	store_le32(header + INTEGRITY_SIZE, (uint32_t)(INTEGRITY_HEADER_LEN + n * WIM_HASH_LEN));
	store_le32(header + INTEGRITY_COUNT, (uint32_t)n);
	store_le32(header + INTEGRITY_CHUNK_SIZE, chunk_size);
	strbuf_add(ret, header, sizeof(header));
	if (kept)
		strbuf_add(ret, old->data + INTEGRITY_HEADER_LEN, (size_t)kept * WIM_HASH_LEN);
	strbuf_add_fill(ret, '\0', (size_t)(n - kept) * WIM_HASH_LEN);
	sums.table = (uint8_t *)ret->data + ret->len - n * WIM_HASH_LEN;
	atomic_store(&sums.next, kept);
	return sum_all(&sums, err);
}

int wim_integrity_compare(int fd, uint64_t file_bytes, const struct wim_header *header, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf table = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;

	if (!header->integrity.offset)
		return 0;
	if (wim_integrity_load(fd, file_bytes, header, &table, err) < 0 ||
	    wim_integrity_build(fd, &table, WIM_HEADER_LEN, wim_integrity_end(header), &now, err) < 0)
		return -1;
	if (now.len == table.len && memcmp(strbuf_text(&now), strbuf_text(&table), now.len) == 0)
		return 0;
	err_set(err, ERR_FORMAT, "the file differs from its integrity table");
	return err_hint(err, "wimtool verify says where");
}
