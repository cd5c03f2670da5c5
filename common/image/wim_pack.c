/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_pack.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <wimlib.h>

#include "common/base/alloc.h"
#include "common/image/wim_noise.h"
#include "common/image/wimlib_error.h"

#define THREADS_MAX 256
#define SLOTS_PER_THREAD 16
#define RING_BYTES_MAX (64u << 20) /* of contents that wait; large chunks have two slots more than threads */

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_DONE };

struct slot {
	enum slot_state state;
	uint8_t *in; /* made when first used */
	uint8_t *out;
	size_t in_len;
	size_t out_len; /* 0: stored as it is */
	bool is_packed; /* out is there already */
	void *tag;
};

/* What a whole chunk of zeros becomes: sparse files and disk images are full of them. */
struct zeros {
	size_t len;
	uint8_t data[];
};

struct wim_pack {
	struct wim_packing packing;
	struct slot *slots;
	size_t n_slots;
	size_t first; /* the oldest chunk */
	size_t n;     /* chunks in the ring */
	size_t n_begun; /* of them, those that a thread has taken; always the oldest */
	const struct slot *awaited; /* by the owner */
	bool stop;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t done;
	pthread_t *threads;
	_Atomic(struct zeros *) zeros; /* NULL until there was such a chunk */
	struct wimlib_compressor **compressors;
	unsigned n_threads; /* that run */
};

unsigned wim_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return (unsigned)MIN(MAX(n, 1), THREADS_MAX);
}

struct wim_pack *wim_pack_new(const struct wim_packing *packing, struct err *err)
{
	struct wim_pack *pack = xcalloc(1, sizeof(*pack));
	unsigned threads = packing->threads ? MIN(packing->threads, (unsigned)THREADS_MAX) : wim_processors();

	pack->packing = *packing;
	pack->packing.threads = threads;
	pack->n_slots = MIN((size_t)threads * SLOTS_PER_THREAD, RING_BYTES_MAX / packing->chunk_size);
	pack->n_slots = MAX(pack->n_slots, (size_t)threads + 2);
	pack->slots = xcalloc(pack->n_slots, sizeof(*pack->slots));
	pack->threads = xcalloc(threads, sizeof(*pack->threads));
	pack->compressors = xcalloc(threads, sizeof(struct wimlib_compressor *));
	pthread_mutex_init(&pack->lock, NULL);
	pthread_cond_init(&pack->work, NULL);
	pthread_cond_init(&pack->done, NULL);
	for (unsigned i = 0; i < threads; i++) {
		int code = wimlib_create_compressor((enum wimlib_compression_type)packing->compression,
						    packing->chunk_size, packing->level, &pack->compressors[i]);

		if (!code)
			continue;
		image_error_from_wimlib(err, code, "preparing compression");
		wim_pack_freep(&pack);
		return NULL;
	}
	return pack;
}

void wim_pack_freep(struct wim_pack **p)
{
	struct wim_pack *pack = *p;

	if (!pack)
		return;
	pthread_mutex_lock(&pack->lock);
	pack->stop = true;
	pthread_cond_broadcast(&pack->work);
	pthread_mutex_unlock(&pack->lock);
	for (unsigned i = 0; i < pack->n_threads; i++)
		pthread_join(pack->threads[i], NULL);
	for (unsigned i = 0; i < pack->packing.threads; i++)
		wimlib_free_compressor(pack->compressors[i]);
	for (size_t i = 0; i < pack->n_slots; i++) {
		free(pack->slots[i].in);
		free(pack->slots[i].out);
	}
	pthread_mutex_destroy(&pack->lock);
	pthread_cond_destroy(&pack->work);
	pthread_cond_destroy(&pack->done);
	free(atomic_load(&pack->zeros));
	free(pack->slots);
	free(pack->threads);
	free(pack->compressors);
	free(pack);
	*p = NULL;
}

static bool is_whole_zeros(const struct wim_pack *pack, const struct slot *slot)
{
	return slot->in_len == pack->packing.chunk_size && slot->in[0] == 0 && memcmp(slot->in, slot->in + 1, slot->in_len - 1) == 0;
}

static void keep_zeros(struct wim_pack *pack, const struct slot *slot)
{
	struct zeros *zeros = xmalloc(sizeof(*zeros) + slot->out_len), *none = NULL;

	zeros->len = slot->out_len;
	memcpy(zeros->data, slot->out, slot->out_len);
	if (!atomic_compare_exchange_strong(&pack->zeros, &none, zeros))
		free(zeros); /* another thread was quicker */
}

/* A chunk that does not become shorter is stored as it is. LZMS, with its contexts, finds more than the test for noise. */
static void compress_slot(struct wim_pack *pack, struct slot *slot, struct wimlib_compressor *compressor)
{
	bool zeros = is_whole_zeros(pack, slot);
	const struct zeros *known = zeros ? atomic_load(&pack->zeros) : NULL;
	bool in_vain = slot->in_len <= 1 ||
		(pack->packing.compression != WIM_LZMS && wim_is_noise(slot->in, slot->in_len));

	if (known) {
		memcpy(slot->out, known->data, known->len);
		slot->out_len = known->len;
		return;
	}
	slot->out_len = in_vain ? 0 : wimlib_compress(slot->in, slot->in_len, slot->out, slot->in_len - 1, compressor);
	if (zeros && slot->out_len)
		keep_zeros(pack, slot);
}

struct worker {
	struct wim_pack *pack;
	struct wimlib_compressor *compressor;
};

static void *work(void *context)
{
	struct worker worker = *(struct worker *)context;
	struct wim_pack *pack = worker.pack;

	free(context);
	pthread_mutex_lock(&pack->lock);
	for (;;) {
		while (!pack->stop && pack->n_begun == pack->n)
			pthread_cond_wait(&pack->work, &pack->lock);
		if (pack->stop)
			break;

		struct slot *slot = &pack->slots[(pack->first + pack->n_begun++) % pack->n_slots];

		if (slot->in_len && !slot->is_packed) {
			pthread_mutex_unlock(&pack->lock);
			compress_slot(pack, slot, worker.compressor);
			pthread_mutex_lock(&pack->lock);
		}
		slot->state = SLOT_DONE;
		if (slot == pack->awaited)
			pthread_cond_signal(&pack->done);
	}
	pthread_mutex_unlock(&pack->lock);
	return NULL;
}

/* When not one thread can be had, the owner compresses itself, see wim_pack_take. */
static void start_threads(struct wim_pack *pack)
{
	while (pack->n_threads < pack->packing.threads) {
		struct worker *worker = xmalloc(sizeof(*worker));

		*worker = (struct worker){ .pack = pack, .compressor = pack->compressors[pack->n_threads] };
		if (pthread_create(&pack->threads[pack->n_threads], NULL, work, worker) != 0) {
			free(worker);
			return;
		}
		pack->n_threads++;
	}
}

bool wim_pack_is_empty(const struct wim_pack *pack)
{
	return pack->n == 0;
}

bool wim_pack_is_full(const struct wim_pack *pack)
{
	return pack->n == pack->n_slots;
}

uint8_t *wim_pack_room(struct wim_pack *pack)
{
	struct slot *slot = &pack->slots[(pack->first + pack->n) % pack->n_slots];

	if (!slot->in) {
		slot->in = xmalloc(pack->packing.chunk_size);
		slot->out = xmalloc(pack->packing.chunk_size);
	}
	return slot->in;
}

uint8_t *wim_pack_packed_room(struct wim_pack *pack)
{
	(void)wim_pack_room(pack);
	return pack->slots[(pack->first + pack->n) % pack->n_slots].out;
}

void wim_pack_submit(struct wim_pack *pack, size_t len, void *tag)
{
	wim_pack_submit_packed(pack, len, 0, tag);
}

void wim_pack_submit_packed(struct wim_pack *pack, size_t len, size_t packed_len, void *tag)
{
	struct slot *slot = &pack->slots[(pack->first + pack->n) % pack->n_slots];

	if (!pack->n_threads)
		start_threads(pack);
	slot->in_len = len;
	slot->out_len = packed_len;
	slot->is_packed = packed_len > 0;
	slot->tag = tag;
	slot->state = SLOT_WAITING;
	pthread_mutex_lock(&pack->lock);
	pack->n++;
	if (slot->is_packed && pack->n_begun + 1 == pack->n) {
		pack->n_begun++;
		slot->state = SLOT_DONE;
	} else {
		pthread_cond_signal(&pack->work);
	}
	pthread_mutex_unlock(&pack->lock);
}

static void wait_until_done(struct wim_pack *pack, const struct slot *slot)
{
	pack->awaited = slot;
	while (slot->state != SLOT_DONE)
		pthread_cond_wait(&pack->done, &pack->lock);
}

/* Of many chunks the owner waits for half, since waking it for each costs more than the chunk that it writes. */
static void wait_for(struct wim_pack *pack, struct slot *slot)
{
	if (!pack->n_threads && slot->state != SLOT_DONE) {
		pack->n_begun = 1;
		if (!slot->is_packed)
			compress_slot(pack, slot, pack->compressors[0]);
		slot->state = SLOT_DONE;
		return;
	}
	pthread_mutex_lock(&pack->lock);
	if (slot->state != SLOT_DONE && pack->n > 4 * (size_t)pack->n_threads)
		wait_until_done(pack, &pack->slots[(pack->first + pack->n / 2) % pack->n_slots]);
	wait_until_done(pack, slot);
	pthread_mutex_unlock(&pack->lock);
}

bool wim_pack_take(struct wim_pack *pack, struct wim_packed *ret)
{
	struct slot *slot = &pack->slots[pack->first];

	if (!pack->n)
		return false;
	wait_for(pack, slot);
	*ret = (struct wim_packed){
		.data = slot->out_len ? slot->out : slot->in,
		.len = slot->out_len ? slot->out_len : slot->in_len,
		.contents = slot->in_len,
		.tag = slot->tag,
	};
	return true;
}

void wim_pack_drop(struct wim_pack *pack)
{
	pthread_mutex_lock(&pack->lock);
	pack->slots[pack->first].state = SLOT_FREE;
	pack->first = (pack->first + 1) % pack->n_slots;
	pack->n--;
	pack->n_begun--;
	pthread_mutex_unlock(&pack->lock);
}
