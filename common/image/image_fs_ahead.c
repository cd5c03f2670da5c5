/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_fs_ahead.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/image/image_fs_private.h"

#define WALKS 8
#define STEP_MAX 16            /* from one file that is read to the next: the kernel may have those between */
#define FILES_AHEAD 64         /* of one walk */
#define BYTES_AHEAD (4u << 20)
#define WHOLE_MAX (4u << 20)   /* larger contents are not held as a whole */
#define ONE_REQUEST (256u << 10) /* what most kernels ask for at once */
#define KEPT_MAX (WALKS * BYTES_AHEAD)
#define SLOTS 256
#define THREADS_MAX 8

enum slot_state {
	SLOT_FREE,
	SLOT_DECODING,
	SLOT_READY,
};

struct slot {
	enum slot_state state;
	const struct wim_blob *blob;
	uint8_t *data;
	unsigned readers;
	uint64_t used;
};

/* One who reads files in the order of the tree. */
struct walk {
	uint32_t at;     /* the file read last, by its place in the order */
	uint32_t end;    /* the last one that is taken care of */
	uint64_t bytes;  /* of the files between that are not given yet */
	bool goes_on;    /* it made a step */
	bool in_parts;   /* the file read last has more than the part that was wanted */
	bool heads_only; /* the one before was left so: of large files only the beginning is wanted */
	uint64_t used;
};

struct fs_ahead {
	const struct image_fs *fs;
	const struct wim_blob **files; /* contents of all files in the order of the tree */
	uint32_t n_files;
	uint32_t *places; /* in it, of each entry */
	bool *given;      /* files that were read: the kernel has them */
	pthread_mutex_t lock;
	pthread_cond_t wanted; /* there may be something to decode */
	pthread_cond_t done;   /* some slot is not being decoded any more */
	struct walk walks[WALKS];
	struct slot slots[SLOTS];
	uint64_t kept;
	uint64_t clock;
	bool stop;
	pthread_t threads[THREADS_MAX];
	unsigned n_threads, idle;
	unsigned threads_max;
};

/* ---- the order ---- */

static uint32_t next_entry(const struct wim_order *order, uint32_t number)
{
	if (order->items[number].n)
		return order->items[number].first;
	while (number) {
		const struct wim_order_item *folder = &order->items[order->items[number].parent];

		if (number + 1 < folder->first + folder->n)
			return number + 1;
		number = order->items[number].parent;
	}
	return 0;
}

static void list_files(struct fs_ahead *a)
{
	const struct wim_order *order = &a->fs->order;

	a->files = xreallocarray(NULL, order->n, sizeof(*a->files));
	a->places = xcalloc(order->n, sizeof(*a->places));
	a->given = xcalloc(order->n, sizeof(*a->given));
	for (uint32_t number = next_entry(order, 0); number; number = next_entry(order, number)) {
		struct fs_data data = fs_data_of(a->fs, order->items[number].node, 0);

		a->places[number] = a->n_files;
		if (order->items[number].link == number && data.blob && !data.missing)
			a->files[a->n_files++] = data.blob;
	}
}

/* ---- slots; all hold the lock unless said otherwise ---- */

static void free_slot(struct fs_ahead *a, struct slot *slot)
{
	a->kept -= slot->blob->size;
	free(slot->data);
	*slot = (struct slot){ 0 };
}

static struct slot *find_slot(struct fs_ahead *a, const struct wim_blob *blob)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (a->slots[i].blob == blob)
			return &a->slots[i];
	return NULL;
}

static bool drop_oldest(struct fs_ahead *a)
{
	struct slot *oldest = NULL;

	for (size_t i = 0; i < SLOTS; i++)
		if (a->slots[i].state == SLOT_READY && !a->slots[i].readers &&
		    (!oldest || a->slots[i].used < oldest->used))
			oldest = &a->slots[i];
	if (oldest)
		free_slot(a, oldest);
	return oldest;
}

/* NULL when all is in use. */
static struct slot *new_slot(struct fs_ahead *a, const struct wim_blob *blob)
{
	struct slot *slot;

	while (a->kept + blob->size > KEPT_MAX || !(slot = find_slot(a, NULL)))
		if (!drop_oldest(a))
			return NULL;
	*slot = (struct slot){ .state = SLOT_DECODING, .blob = blob, .used = ++a->clock };
	a->kept += blob->size;
	return slot;
}

/* Unlocks while it decodes. */
static bool fill_slot(struct fs_ahead *a, struct slot *slot)
{
	bool right;

	pthread_mutex_unlock(&a->lock);
	slot->data = malloc((size_t)slot->blob->size);
	right = slot->data && fs_read_whole(a->fs, slot->blob, slot->data, NULL) == 0;
	pthread_mutex_lock(&a->lock);
	if (right)
		slot->state = SLOT_READY;
	else
		free_slot(a, slot);
	pthread_cond_broadcast(&a->done);
	return right;
}

/* ---- walks ---- */

static bool wants_more(const struct fs_ahead *a, const struct walk *walk)
{
	return walk->goes_on && walk->end + 1 < a->n_files && walk->end - walk->at < FILES_AHEAD && walk->bytes < BYTES_AHEAD;
}

static bool takes_whole(const struct walk *walk, const struct wim_blob *blob)
{
	return blob->size <= (walk->heads_only ? ONE_REQUEST : WHOLE_MAX);
}

static struct walk *neediest(struct fs_ahead *a)
{
	struct walk *found = NULL;

	for (size_t i = 0; i < WALKS; i++)
		if (wants_more(a, &a->walks[i]) && (!found || a->walks[i].bytes < found->bytes))
			found = &a->walks[i];
	return found;
}

/* The next contents to decode. NULL when there are enough. */
static const struct wim_blob *next_wanted(struct fs_ahead *a)
{
	struct walk *walk;

	while ((walk = neediest(a))) {
		const struct wim_blob *blob = a->files[++walk->end];

		if (a->given[walk->end])
			continue;
		walk->bytes += blob->size;
		if (takes_whole(walk, blob) && !find_slot(a, blob))
			return blob;
	}
	return NULL;
}

static void *decode_ahead(void *context)
{
	struct fs_ahead *a = context;

	pthread_mutex_lock(&a->lock);
	while (!a->stop) {
		const struct wim_blob *blob = next_wanted(a);
		struct slot *slot = blob ? new_slot(a, blob) : NULL;

		if (slot) {
			fill_slot(a, slot);
			continue;
		}
		a->idle++;
		pthread_cond_wait(&a->wanted, &a->lock);
		a->idle--;
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static void wake_thread(struct fs_ahead *a)
{
	if (!neediest(a))
		return;
	if (a->idle)
		pthread_cond_signal(&a->wanted);
	else if (a->n_threads < a->threads_max && pthread_create(&a->threads[a->n_threads], NULL, decode_ahead, a) == 0)
		a->n_threads++;
}

static void step_to(struct fs_ahead *a, struct walk *walk, uint32_t place)
{
	walk->at = place;
	walk->end = MAX(walk->end, place);
	walk->bytes = 0;
	for (uint32_t i = place + 1; i <= walk->end; i++)
		walk->bytes += a->given[i] ? 0 : a->files[i]->size;
	walk->goes_on = true;
	walk->heads_only = walk->in_parts;
	walk->in_parts = false;
}

static struct walk *find_walk(struct fs_ahead *a, uint32_t place)
{
	struct walk *oldest = &a->walks[0];

	for (size_t i = 0; i < WALKS; i++) {
		struct walk *walk = &a->walks[i];

		if (walk->used && place >= walk->at && place - walk->at <= STEP_MAX)
			return walk;
		if (walk->used < oldest->used)
			oldest = walk;
	}
	*oldest = (struct walk){ .at = place, .end = place };
	return oldest;
}

/* What is read again the kernel has forgotten, and what comes behind it most likely, too. */
static void note_given(struct fs_ahead *a, struct walk *walk, uint32_t place)
{
	if (a->given[place]) {
		memset(a->given + place, 0, MIN(a->n_files - place, (uint32_t)FILES_AHEAD));
		walk->end = place;
		walk->bytes = 0;
	}
	a->given[place] = true;
}

static struct walk *follow(struct fs_ahead *a, uint32_t place, bool first_part, bool last_part)
{
	struct walk *walk = find_walk(a, place);

	walk->used = ++a->clock;
	if (place > walk->at)
		step_to(a, walk, place);
	if (first_part)
		note_given(a, walk, place);
	wake_thread(a);
	if (first_part || last_part)
		walk->in_parts = !last_part;
	return walk;
}

/* ---- reading ---- */

static void take(struct fs_ahead *a, struct slot *slot, uint64_t offset, size_t len, void *ret)
{
	slot->readers++;
	slot->used = ++a->clock;
	pthread_mutex_unlock(&a->lock);
	memcpy(ret, slot->data + offset, len);
	pthread_mutex_lock(&a->lock);
	if (--slot->readers == 0 && offset + len == slot->blob->size)
		free_slot(a, slot);
}

/* Others may ask meanwhile. */
static void about_to_wait(struct fs_ahead *a)
{
	pthread_mutex_unlock(&a->lock);
	if (a->fs->options.slow)
		a->fs->options.slow();
	pthread_mutex_lock(&a->lock);
}

/* NULL when it is not here, and nobody is decoding it. */
static struct slot *await_slot(struct fs_ahead *a, const struct wim_blob *blob)
{
	struct slot *slot = find_slot(a, blob);

	if (slot && slot->state == SLOT_DECODING)
		about_to_wait(a);
	while ((slot = find_slot(a, blob)) && slot->state == SLOT_DECODING)
		pthread_cond_wait(&a->done, &a->lock);
	return slot;
}

/* All parts of a file that is read in order are decoded at once. */
static struct slot *decode_now(struct fs_ahead *a, const struct wim_blob *blob)
{
	struct slot *slot;

	about_to_wait(a);
	slot = find_slot(a, blob) ? NULL : new_slot(a, blob);
	return slot && fill_slot(a, slot) ? slot : NULL;
}

bool fs_ahead_read(struct fs_ahead *a, uint32_t number, const struct wim_blob *blob, uint64_t offset, size_t len,
		   void *ret)
{
	bool last_part = offset + len == blob->size;
	const struct walk *walk;
	struct slot *slot;

	pthread_mutex_lock(&a->lock);
	walk = follow(a, a->places[number], offset == 0, last_part);
	slot = await_slot(a, blob);
	if (!slot && walk->goes_on && walk->in_parts && offset == 0 && takes_whole(walk, blob))
		slot = decode_now(a, blob);
	if (slot)
		take(a, slot, offset, len, ret);
	pthread_mutex_unlock(&a->lock);
	return slot;
}

/* ---- all ---- */

struct fs_ahead *fs_ahead_new(const struct image_fs *fs)
{
	struct fs_ahead *a = xcalloc(1, sizeof(*a));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	a->fs = fs;
	a->threads_max = (unsigned)MAX(MIN(cpus, (long)THREADS_MAX), 1L);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->wanted, NULL);
	pthread_cond_init(&a->done, NULL);
	list_files(a);
	return a;
}

void fs_ahead_freep(struct fs_ahead **ahead)
{
	struct fs_ahead *a = *ahead;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_broadcast(&a->wanted);
	pthread_mutex_unlock(&a->lock);
	for (unsigned i = 0; i < a->n_threads; i++)
		pthread_join(a->threads[i], NULL);
	while (drop_oldest(a))
		;
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->wanted);
	pthread_cond_destroy(&a->done);
	free(a->files);
	free(a->places);
	free(a->given);
	free(a);
	*ahead = NULL;
}
