/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/solid_ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/vec.h"

#define THREADS_MAX 16
#define CHUNK_SMALL (64u << 10) /* handing over smaller ones costs more than it gains */
#define MEMORY (260u << 20) /* for all threads; three of them with chunks of 64 MiB */

/* Chunks [next, end) of a resource. */
struct range {
	int fd;
	struct wim_resource res;
	uint64_t next, end;
};

enum slot_state {
	SLOT_FREE,
	SLOT_DECODING,
	SLOT_DONE,
};

/* One for each thread: what it decodes, then lends. */
struct slot {
	enum slot_state state;
	size_t number; /* of all chunks, in their order */
	int fd;
	struct wim_resource res;
	uint64_t chunk;
	const uint8_t *data; /* NULL: it cannot be decoded */
};

struct solid_ahead {
	unsigned processors;
	VEC(struct range) ranges;
	uint64_t chunk_max;
	pthread_t threads[THREADS_MAX];
	struct slot slots[THREADS_MAX];
	size_t n_threads;
	bool started;

	pthread_mutex_t lock; /* of all below, and of slots and ranges once threads run */
	pthread_cond_t changed;
	size_t range;    /* all before are begun */
	size_t n_begun;  /* chunks that a thread has taken */
	size_t n_decoding; /* at most processors */
	size_t n_given;  /* chunks that the owner has had */
	struct slot *lent;
	bool stop;
};

struct solid_ahead *solid_ahead_new(unsigned processors)
{
	struct solid_ahead *a = xcalloc(1, sizeof(*a));

	a->processors = processors;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	return a;
}

void solid_ahead_freep(struct solid_ahead **ahead)
{
	struct solid_ahead *a = *ahead;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
	for (size_t i = 0; i < a->n_threads; i++)
		pthread_join(a->threads[i], NULL);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->changed);
	vec_release(&a->ranges);
	free(a);
	*ahead = NULL;
}

static bool same_resource(int fd_a, const struct wim_resource *a, int fd_b, const struct wim_resource *b)
{
	return fd_a == fd_b && a->offset == b->offset && a->size == b->size && a->chunk_size == b->chunk_size;
}

/* The next blob mostly goes on in the chunk in which the last one ended. */
static bool goes_on(const struct range *last, const struct range *range)
{
	return same_resource(last->fd, &last->res, range->fd, &range->res) && range->next + 1 >= last->end &&
	       range->next <= last->end;
}

void solid_ahead_expect(struct solid_ahead *a, int fd, const struct wim_resource *res, uint64_t offset, uint64_t len)
{
	struct range range = { .fd = fd, .res = *res };
	struct range *last = a->ranges.len ? &a->ranges.items[a->ranges.len - 1] : NULL;

	if (!res->solid || res->chunk_size < CHUNK_SMALL || !len || offset > res->size || len > res->size - offset)
		return;
	range.res.source = 0;
	range.next = offset / res->chunk_size;
	range.end = (offset + len - 1) / res->chunk_size + 1;
	if (last && goes_on(last, &range))
		last->end = MAX(last->end, range.end);
	else
		*vec_add(&a->ranges) = range;
	a->chunk_max = MAX(a->chunk_max, MIN((uint64_t)res->chunk_size, res->size));
}

/* ---- threads; all hold the lock unless said otherwise ---- */

/* Where the next chunk to decode is; NULL when all are begun. */
static struct range *next_range(struct solid_ahead *a)
{
	while (a->range < a->ranges.len && a->ranges.items[a->range].next == a->ranges.items[a->range].end)
		a->range++;
	return a->range < a->ranges.len ? &a->ranges.items[a->range] : NULL;
}

static bool take_next(struct solid_ahead *a, struct slot *slot)
{
	struct range *range = next_range(a);

	if (!range)
		return false;
	*slot = (struct slot){ .state = SLOT_DECODING, .number = a->n_begun++, .fd = range->fd, .res = range->res,
			       .chunk = range->next++ };
	return true;
}

/* Unlocks while it decodes. */
static void decode(struct solid_ahead *a, struct wim_reader *reader, struct slot *slot)
{
	const uint8_t *data = NULL;
	size_t len;

	a->n_decoding++;
	pthread_mutex_unlock(&a->lock);
	if (wim_reader_chunk(reader, &slot->res, slot->chunk, &data, &len, NULL) < 0)
		data = NULL;
	pthread_mutex_lock(&a->lock);
	a->n_decoding--;
	slot->data = data;
	slot->state = SLOT_DONE;
	pthread_cond_broadcast(&a->changed);
}

struct worker {
	struct solid_ahead *ahead;
	struct slot *slot;
};

static void *work(void *context)
{
	struct worker worker = *(struct worker *)context;
	struct solid_ahead *a = worker.ahead;
	struct wim_reader *reader = NULL;
	int fd = -1;

	free(context);
	pthread_mutex_lock(&a->lock);
	while (!a->stop) {
		if (worker.slot->state != SLOT_FREE || a->n_decoding == a->processors) {
			pthread_cond_wait(&a->changed, &a->lock);
			continue;
		}
		if (!take_next(a, worker.slot))
			break;
		if (worker.slot->fd != fd)
			wim_reader_freep(&reader);
		fd = worker.slot->fd;
		if (!reader)
			reader = wim_reader_new(fd);
		decode(a, reader, worker.slot);
	}
	pthread_mutex_unlock(&a->lock);
	wim_reader_freep(&reader);
	return NULL;
}

/* One more than processors, as one waits with what is being used. */
static void start_threads(struct solid_ahead *a)
{
	size_t n = MIN((size_t)a->processors + 1, (size_t)THREADS_MAX);

	a->started = true;
	if (a->chunk_max)
		n = MIN(n, (size_t)(MEMORY / (a->chunk_max + a->chunk_max / 4)));
	if (n < 2 || a->processors < 2)
		return;
	while (a->n_threads < n) {
		struct worker *worker = xmalloc(sizeof(*worker));

		*worker = (struct worker){ .ahead = a, .slot = &a->slots[a->n_threads] };
		if (pthread_create(&a->threads[a->n_threads], NULL, work, worker) != 0) {
			free(worker);
			return;
		}
		a->n_threads++;
	}
}

/* ---- the owner ---- */

static void take_back(struct solid_ahead *a)
{
	if (!a->lent)
		return;
	a->lent->state = SLOT_FREE;
	a->lent = NULL;
	pthread_cond_broadcast(&a->changed);
}

/* The chunk with the next number, when a thread has taken it. */
static struct slot *next_slot(struct solid_ahead *a)
{
	for (size_t i = 0; i < a->n_threads; i++)
		if (a->slots[i].state != SLOT_FREE && a->slots[i].number == a->n_given)
			return &a->slots[i];
	return NULL;
}

static bool is_in_slot(const struct slot *slot, int fd, const struct wim_resource *res, uint64_t chunk)
{
	return slot->chunk == chunk && same_resource(slot->fd, &slot->res, fd, res);
}

static bool is_next(struct solid_ahead *a, int fd, const struct wim_resource *res, uint64_t chunk)
{
	const struct slot *slot = a->n_given < a->n_begun ? next_slot(a) : NULL;
	const struct range *range;

	if (slot)
		return is_in_slot(slot, fd, res, chunk);
	range = next_range(a);
	return range && range->next == chunk && same_resource(range->fd, &range->res, fd, res);
}

static const uint8_t *await_next(struct solid_ahead *a)
{
	struct slot *slot;

	while (!(slot = next_slot(a)) || slot->state != SLOT_DONE)
		pthread_cond_wait(&a->changed, &a->lock);
	a->n_given++;
	a->lent = slot;
	return slot->data;
}

const uint8_t *solid_ahead_chunk(void *ahead, int fd, const struct wim_resource *res, uint64_t chunk)
{
	struct solid_ahead *a = ahead;
	const uint8_t *data = NULL;

	if (a->lent && is_in_slot(a->lent, fd, res, chunk))
		return a->lent->data;
	if (!a->started)
		start_threads(a);
	pthread_mutex_lock(&a->lock);
	if (a->n_threads && is_next(a, fd, res, chunk)) {
		take_back(a);
		data = await_next(a);
	}
	pthread_mutex_unlock(&a->lock);
	return data;
}
