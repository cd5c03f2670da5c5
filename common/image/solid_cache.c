/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/solid_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/vec.h"

#define MEMORY_LIMIT_MAX (256ULL << 20)

enum chunk_state {
	CHUNK_ABSENT,
	CHUNK_DECODING,
	CHUNK_READY,
};

struct chunk {
	enum chunk_state state;
	unsigned readers; /* it stays while there are some */
	uint64_t used;    /* the clock when it was last wanted */
};

struct resource {
	struct wim_resource res;
	uint64_t scratch_at;
	uint64_t n_chunks;
	struct chunk *chunks;
};

struct solid_cache {
	const struct image_file *file;
	int scratch;
	uint64_t limit;
	uint64_t kept;
	uint64_t scratch_end;
	uint64_t clock;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a chunk became ready or absent, a decoder free */
	VEC(struct resource *) resources;
	struct {
		struct wim_reader *reader;
		bool busy;
	} decoders[SOLID_DECODERS];
};

static int open_scratch(const char *folder)
{
	CLEANUP(freep) char *path = NULL;
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	path = path_join(folder, ".goldwim-scratch.XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

struct solid_cache *solid_cache_new(const struct image_file *file, const char *folder, uint64_t limit)
{
	struct solid_cache *cache = xcalloc(1, sizeof(*cache));

	cache->file = file;
	cache->limit = limit;
	cache->scratch = open_scratch(folder);
	if (cache->scratch < 0) {
		cache->scratch = memfd_create("goldwim-solid", MFD_CLOEXEC);
		cache->limit = MIN(limit, MEMORY_LIMIT_MAX);
	}
	pthread_mutex_init(&cache->lock, NULL);
	pthread_cond_init(&cache->changed, NULL);
	return cache;
}

void solid_cache_freep(struct solid_cache **cache)
{
	struct solid_cache *c = *cache;

	if (!c)
		return;
	for (size_t i = 0; i < c->resources.len; i++) {
		free(c->resources.items[i]->chunks);
		free(c->resources.items[i]);
	}
	vec_release(&c->resources);
	for (size_t i = 0; i < SOLID_DECODERS; i++)
		wim_reader_freep(&c->decoders[i].reader);
	close_fdp(&c->scratch);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	free(c);
	*cache = NULL;
}

static uint64_t chunk_len(const struct resource *r, uint64_t chunk)
{
	return MIN((uint64_t)r->res.chunk_size, r->res.size - chunk * r->res.chunk_size);
}

/* ---- all below hold the lock unless said otherwise ---- */

static struct resource *find_resource(struct solid_cache *c, const struct wim_resource *res)
{
	struct resource *r;

	for (size_t i = 0; i < c->resources.len; i++) {
		r = c->resources.items[i];
		if (r->res.source == res->source && r->res.offset == res->offset && r->res.size == res->size)
			return r;
	}
	r = xcalloc(1, sizeof(*r));
	r->res = *res;
	r->scratch_at = c->scratch_end;
	r->n_chunks = (res->size + res->chunk_size - 1) / res->chunk_size;
	r->chunks = xcalloc(r->n_chunks, sizeof(*r->chunks));
	c->scratch_end += round_up(res->size, 1u << 16);
	*vec_add(&c->resources) = r;
	return r;
}

static struct chunk *oldest_chunk(struct solid_cache *c, struct resource **ret_resource)
{
	struct chunk *oldest = NULL;

	for (size_t i = 0; i < c->resources.len; i++) {
		struct resource *r = c->resources.items[i];

		for (uint64_t k = 0; k < r->n_chunks; k++) {
			struct chunk *chunk = &r->chunks[k];

			if (chunk->state != CHUNK_READY || chunk->readers || (oldest && chunk->used >= oldest->used))
				continue;
			oldest = chunk;
			*ret_resource = r;
		}
	}
	return oldest;
}

static bool drop_oldest(struct solid_cache *c)
{
	struct resource *r = NULL;
	struct chunk *chunk = oldest_chunk(c, &r);
	uint64_t k;

	if (!chunk)
		return false;
	k = (uint64_t)(chunk - r->chunks);
	chunk->state = CHUNK_ABSENT;
	c->kept -= chunk_len(r, k);
	(void)fallocate(c->scratch, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)(r->scratch_at + k * r->res.chunk_size), (off_t)chunk_len(r, k));
	return true;
}

static size_t take_decoder(struct solid_cache *c)
{
	for (;;) {
		for (size_t i = 0; i < SOLID_DECODERS; i++)
			if (!c->decoders[i].busy) {
				c->decoders[i].busy = true;
				return i;
			}
		pthread_cond_wait(&c->changed, &c->lock);
	}
}

/* Without the lock: a decoder belongs to one thread. */
static struct wim_reader *decoder_of(struct solid_cache *c, size_t index)
{
	if (!c->decoders[index].reader)
		c->decoders[index].reader = image_reader_new(c->file);
	return c->decoders[index].reader;
}

/* Where decoded data goes: into the scratch file, and the wanted part to the one who asked first. */
struct decoding {
	int scratch;
	uint64_t scratch_at;
	uint64_t at; /* of the next piece in the resource */
	uint64_t want_at;
	size_t want_len;
	uint8_t *want;
	bool kept;
};

static int take_piece(void *context, const void *data, size_t len)
{
	struct decoding *d = context;
	uint64_t from = MAX(d->at, d->want_at);
	uint64_t to = MIN(d->at + len, d->want_at + d->want_len);

	if (from < to)
		memcpy(d->want + (from - d->want_at), (const uint8_t *)data + (from - d->at), (size_t)(to - from));
	if (d->kept && file_pwrite(d->scratch, data, len, d->scratch_at + d->at, NULL) < 0)
		d->kept = false;
	d->at += len;
	return 0;
}

static int decode(struct solid_cache *c, struct resource *r, uint64_t k, struct decoding *d, struct err *err)
{
	struct chunk *chunk = &r->chunks[k];
	size_t decoder;
	int done;

	chunk->state = CHUNK_DECODING;
	while (c->kept + chunk_len(r, k) > c->limit && drop_oldest(c))
		;
	c->kept += chunk_len(r, k);
	decoder = take_decoder(c);
	pthread_mutex_unlock(&c->lock);
	done = wim_reader_stream(decoder_of(c, decoder), &r->res, d->at, chunk_len(r, k), take_piece, d, err);
	pthread_mutex_lock(&c->lock);
	c->decoders[decoder].busy = false;
	chunk->state = done == 0 && d->kept ? CHUNK_READY : CHUNK_ABSENT;
	if (chunk->state == CHUNK_ABSENT)
		c->kept -= chunk_len(r, k);
	pthread_cond_broadcast(&c->changed);
	return done;
}

static int read_kept(struct solid_cache *c, struct resource *r, struct chunk *chunk, uint64_t offset, size_t len,
		     void *ret, struct err *err)
{
	int done;

	chunk->readers++;
	pthread_mutex_unlock(&c->lock);
	done = file_pread(c->scratch, ret, len, r->scratch_at + offset, err);
	pthread_mutex_lock(&c->lock);
	chunk->readers--;
	return done;
}

/* [offset, offset + len) is inside of one chunk. */
static int read_in_chunk(struct solid_cache *c, struct resource *r, uint64_t offset, size_t len, void *ret,
			 struct err *err)
{
	uint64_t k = offset / r->res.chunk_size;
	struct chunk *chunk = &r->chunks[k];
	struct decoding d = {
		.scratch = c->scratch, .scratch_at = r->scratch_at, .at = k * r->res.chunk_size,
		.want_at = offset, .want_len = len, .want = ret, .kept = c->scratch >= 0,
	};

	while (chunk->state == CHUNK_DECODING)
		pthread_cond_wait(&c->changed, &c->lock);
	chunk->used = ++c->clock;
	if (chunk->state == CHUNK_READY)
		return read_kept(c, r, chunk, offset, len, ret, err);
	return decode(c, r, k, &d, err);
}

int solid_cache_read(struct solid_cache *cache, const struct wim_resource *res, uint64_t offset, size_t len,
		     void *ret, struct err *err)
{
	uint8_t *to = ret;
	int done = 0;

	if (offset > res->size || len > res->size - offset)
		return err_at(err, ERR_FORMAT, res->offset, "data outside of its resource");
	/* so that the list of chunks is no larger than the file stands for */
	if (wim_resource_check_size(res, err) < 0)
		return -1;
	pthread_mutex_lock(&cache->lock);

	struct resource *r = len ? find_resource(cache, res) : NULL;

	while (done == 0 && len) {
		size_t n = (size_t)MIN(len, res->chunk_size - offset % res->chunk_size);

		done = read_in_chunk(cache, r, offset, n, to, err);
		offset += n;
		to += n;
		len -= n;
	}
	pthread_mutex_unlock(&cache->lock);
	return done;
}
