/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/blob_read.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/image/blob_units.h"

#define STEP_NS 50000000L       /* between two reports of progress */
#define PIECE (1u << 18)        /* to the hash and the sink at once: fits the second cache */
#define STACK (1u << 20)        /* of a thread: sinks print a path or two */
#define CHUNK_SMALL (1u << 20)
#define CHUNK_MEMORY (320u << 20) /* for chunks, unless the caller names a number of threads */

/* What a unit has of a blob that several share. */
struct part {
	uint64_t from, len;
	const uint8_t *data; /* NULL when it cannot be read */
	const struct err *damage;
};

/* A part that was there before what stands in front of it: whoever hands that on goes on with it. */
struct kept {
	struct kept *next;
	struct part part;
	struct err damage;
	uint8_t data[];
};

/* A blob that several units share: its hash goes from one to the next. */
struct shared {
	struct wim_hash *hash;
	void *handle;
	struct err *damage;
	struct kept *kept, **kept_end; /* as they came, mostly in their order; the end is not set when there are none */
	uint64_t done; /* bytes handed on */
	bool begun, ended;
};

struct job {
	const struct image_file *file;
	const struct blob_list *list;
	const struct blob_sink *sink;
	const struct blob_read_options *options;
	struct shared *shared; /* of each blob that list says is shared; others are not used */
	atomic_size_t next;
	atomic_uint_fast64_t done;
	atomic_bool stop;

	pthread_mutex_t lock; /* of all below, and of shared[].done and shared[].kept */
	pthread_cond_t moved; /* shared[].done has grown, or stop */
	pthread_cond_t ended; /* a worker has ended */
	uint64_t kept; /* bytes */
	unsigned running;
	struct err err; /* the first one of a sink */
};

struct worker {
	struct job *job;
	struct wim_reader *reader;
	struct wim_hash *hash;
	uint8_t *buffer; /* a unit of a large blob */
	size_t buffer_len;
};

/* One blob while data goes by. */
struct flow {
	struct job *job;
	struct wim_hash *hash;
	void *handle;
	const struct err *damage;
};

static void stop_all(struct job *job, const struct err *why)
{
	pthread_mutex_lock(&job->lock);
	if (why && job->err.kind == ERR_NONE)
		job->err = *why;
	atomic_store(&job->stop, true);
	pthread_cond_broadcast(&job->moved);
	pthread_mutex_unlock(&job->lock);
}

static int begin(struct job *job, size_t index, void **ret_handle)
{
	struct err err = { 0 };

	*ret_handle = NULL;
	if (!job->sink->begin || job->sink->begin(job->sink->context, index, ret_handle, &err) == 0)
		return 0;
	stop_all(job, &err);
	return -1;
}

static void end(struct job *job, size_t index, void *handle, const struct err *damage)
{
	struct err err = { 0 };

	if (job->sink->end && job->sink->end(job->sink->context, index, handle, damage, &err) < 0)
		stop_all(job, &err);
}

/* Hashes and hands on; 1 when the work is to stop. */
static int pass_on(void *context, const void *data, size_t len)
{
	struct flow *flow = context;
	struct job *job = flow->job;
	struct err err = { 0 };

	for (size_t at = 0; at < len;) {
		const uint8_t *piece = (const uint8_t *)data + at;
		size_t n = MIN(len - at, (size_t)PIECE);

		if (atomic_load_explicit(&job->stop, memory_order_relaxed))
			return 1;
		wim_hash_update(flow->hash, piece, n);
		if (job->sink->data && job->sink->data(job->sink->context, flow->handle, piece, n, &err) < 0) {
			stop_all(job, &err);
			return 1;
		}
		atomic_fetch_add_explicit(&job->done, n, memory_order_relaxed);
		at += n;
	}
	return 0;
}

static int pass_zeros(struct flow *flow, uint64_t len)
{
	static const uint8_t zeros[1u << 16];
	int stop = 0;

	for (; len && !stop; len -= MIN(len, (uint64_t)sizeof(zeros)))
		stop = pass_on(flow, zeros, (size_t)MIN(len, (uint64_t)sizeof(zeros)));
	return stop;
}

static const struct err wrong_hash = { .kind = ERR_FORMAT, .text = "the data is damaged (its SHA-1 is wrong)" };
static const struct err stopped = { .kind = ERR_CANCELLED, .text = "stopped" };

/* NULL when the hash is that of the blob. */
static const struct err *check_hash(struct wim_hash *hash, const struct wim_blob *blob)
{
	uint8_t sum[WIM_HASH_LEN];

	wim_hash_final(hash, sum);
	return memcmp(sum, blob->hash, WIM_HASH_LEN) == 0 ? NULL : &wrong_hash;
}

/* ---- blobs that one unit has as a whole ---- */

struct counting {
	struct flow *flow;
	uint64_t done;
};

static int count_and_pass(void *context, const void *data, size_t len)
{
	struct counting *counting = context;

	counting->done += len;
	return pass_on(counting->flow, data, len);
}

/* With gaps filled, chunk by chunk, since one that is broken does not break the next. */
static int stream_with_gaps(struct worker *w, struct flow *flow, const struct wim_blob *blob, struct err *damage)
{
	uint64_t step = blob->res.compressed ? blob->res.chunk_size : PIECE;
	uint64_t done = 0;

	while (done < blob->size) {
		uint64_t at = blob->at + done;
		uint64_t len = MIN(blob->size - done, step - at % step);
		struct counting counting = { .flow = flow };
		struct err err = { 0 };
		int result = wim_reader_stream(w->reader, &blob->res, at, len, count_and_pass, &counting, &err);

		if (result > 0 || (result < 0 && pass_zeros(flow, len - counting.done)))
			return 1;
		if (result < 0)
			*damage = err;
		done += len;
	}
	return 0;
}

static void read_whole(struct worker *w, size_t index)
{
	struct job *job = w->job;
	const struct wim_blob *blob = job->list->blobs[index];
	struct flow flow = { .job = job, .hash = w->hash };
	struct err damage = { 0 };
	const struct err *result = NULL;
	int done;

	if (begin(job, index, &flow.handle) < 0)
		return;
	if (job->options->fill_gaps)
		done = stream_with_gaps(w, &flow, blob, &damage);
	else
		done = wim_reader_stream(w->reader, &blob->res, blob->at, blob->size, pass_on, &flow, &damage);
	if (done > 0)
		result = &stopped;
	else if (damage.kind != ERR_NONE)
		result = &damage;
	if (result)
		wim_hash_begin(w->hash);
	else
		result = check_hash(w->hash, blob);
	end(job, index, flow.handle, result);
}

/* ---- blobs of which a unit has a part ---- */

static void keep(struct job *job, struct shared *shared, const struct part *part)
{
	struct kept *kept = xmalloc(sizeof(*kept) + (part->data ? (size_t)part->len : 0));

	*kept = (struct kept){ .part = *part };
	if (part->data)
		kept->part.data = memcpy(kept->data, part->data, (size_t)part->len);
	else
		kept->damage = *part->damage;
	kept->part.damage = &kept->damage;
	*(shared->kept ? shared->kept_end : &shared->kept) = kept;
	shared->kept_end = &kept->next;
	job->kept += part->len;
}

/*
 * Waits until the blob has come to this part. False when there is nothing more to do: the work stops, or the part is kept and
 * another thread will hand it on. One of a unit that is ahead does not wait: what it would wait for may be begun by nobody.
 */
static bool wait_for(struct job *job, struct shared *shared, const struct part *part, bool ahead)
{
	bool ready;

	pthread_mutex_lock(&job->lock);
	while (!(ready = shared->done == part->from) && !atomic_load(&job->stop)) {
		if (ahead || (part->len <= BLOB_UNIT_KEPT && job->kept + part->len <= BLOB_UNIT_AHEAD)) {
			keep(job, shared, part);
			break;
		}
		pthread_cond_wait(&job->moved, &job->lock);
	}
	pthread_mutex_unlock(&job->lock);
	return ready && !atomic_load(&job->stop);
}

/* Returns the next part when it is there already. */
static struct kept *advance(struct job *job, struct shared *shared, uint64_t done)
{
	struct kept **at, *next;

	pthread_mutex_lock(&job->lock);
	shared->done = done;
	for (at = &shared->kept; *at && (*at)->part.from != done;)
		at = &(*at)->next;
	next = *at;
	if (next) {
		*at = next->next;
		if (!*at)
			shared->kept_end = at;
		job->kept -= next->part.len;
	}
	pthread_cond_broadcast(&job->moved);
	pthread_mutex_unlock(&job->lock);
	return next;
}

static void note_damage(struct shared *shared, const struct err *damage)
{
	if (!shared->damage)
		shared->damage = xmemdup(damage, sizeof(*damage));
}

static void finish_shared(struct job *job, size_t index, struct shared *shared)
{
	const struct err *damage = shared->damage;

	if (!damage)
		damage = check_hash(shared->hash, job->list->blobs[index]);
	shared->ended = true;
	end(job, index, shared->handle, damage);
}

/* The part of a shared blob that comes now; non-zero when the work stops. */
static int hand_on(struct job *job, size_t index, const struct part *part)
{
	struct shared *shared = &job->shared[index];
	struct flow flow = { .job = job };

	if (!shared->begun) {
		if (begin(job, index, &shared->handle) < 0)
			return 1;
		shared->begun = true;
		shared->hash = wim_hash_new_sha1();
	}
	flow.hash = shared->hash;
	flow.handle = shared->handle;
	if (!part->data)
		note_damage(shared, part->damage);
	if (part->data && (!shared->damage || job->options->fill_gaps)) {
		if (pass_on(&flow, part->data, (size_t)part->len))
			return 1;
	} else if (job->options->fill_gaps && pass_zeros(&flow, part->len)) {
		return 1;
	}
	if (part->from + part->len == job->list->blobs[index]->size)
		finish_shared(job, index, shared);
	return 0;
}

/* A part of a shared blob, and those behind it that are kept. */
static void read_part(struct job *job, size_t index, const struct part *part, bool ahead)
{
	struct shared *shared = &job->shared[index];

	if (!wait_for(job, shared, part, ahead))
		return;

	struct kept *kept = NULL;

	while (part && hand_on(job, index, part) == 0) {
		struct kept *next = advance(job, shared, part->from + part->len);

		free(kept);
		kept = next;
		part = kept ? &kept->part : NULL;
	}
	free(kept);
}

/* ---- units ---- */

/* The unit's part of the resource is at data, or cannot be read. */
static void deal_out(struct worker *w, const struct blob_unit *unit, size_t index, const uint8_t *data,
		     const struct err *damage)
{
	const struct wim_blob *blob = w->job->list->blobs[index];
	uint64_t from = MAX(blob->at, unit->from);
	uint64_t to = MIN(blob->at + blob->size, unit->to);
	struct flow flow = { .job = w->job, .hash = w->hash };

	if (w->job->list->is_shared[index]) {
		struct part part = { .from = from - blob->at, .len = to - from, .damage = damage };

		part.data = data ? data + (from - unit->from) : NULL;
		read_part(w->job, index, &part, unit->ahead);
		return;
	}
	if (begin(w->job, index, &flow.handle) < 0)
		return;
	if (!data && w->job->options->fill_gaps && pass_zeros(&flow, to - from))
		damage = &stopped;
	else if (data && pass_on(&flow, data + (from - unit->from), (size_t)(to - from)))
		damage = &stopped;
	if (damage)
		wim_hash_begin(w->hash);
	else
		damage = check_hash(w->hash, blob);
	end(w->job, index, flow.handle, damage);
}

static bool goes_on(const struct job *job, const struct blob_unit *unit, size_t index)
{
	const struct wim_blob *blob = job->list->blobs[index];

	return blob->at + blob->size > unit->to;
}

static bool comes_from_before(const struct job *job, const struct blob_unit *unit, size_t index)
{
	return job->list->blobs[index]->at < unit->from;
}

/*
 * First what another thread may wait for, last what this one has to wait for: a blob from an earlier unit. (A blob
 * that is both must wait.) A unit never waits for one behind it in the list.
 */
static void deal_out_all(struct worker *w, const struct blob_unit *unit, const uint8_t *data, const struct err *damage)
{
	const struct job *job = w->job;

	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = unit->first; i < unit->first + unit->n; i++) {
			size_t index = job->list->order[i];
			bool before = comes_from_before(job, unit, index);
			int mine = before ? 2 : goes_on(job, unit, index) ? 0 : 1;

			if (mine == turn && !atomic_load(&job->stop))
				deal_out(w, unit, index, data, damage);
		}
	}
}

static int add_to_buffer(void *context, const void *data, size_t len)
{
	struct worker *w = context;

	memcpy(w->buffer + w->buffer_len, data, len);
	w->buffer_len += len;
	return 0;
}

/* A part of a large blob is gathered, so that its chunks are decompressed while another thread hashes. */
static const uint8_t *gather(struct worker *w, const struct wim_blob *blob, const struct blob_unit *unit,
			     struct err *err)
{
	if (!w->buffer)
		w->buffer = try_alloc(BLOB_UNIT_LARGE, err);
	w->buffer_len = 0;
	if (!w->buffer || wim_reader_stream(w->reader, &blob->res, unit->from, unit->to - unit->from, add_to_buffer, w,
					    err) != 0)
		return NULL;
	return w->buffer;
}

static void work_on(struct worker *w, const struct blob_unit *unit)
{
	const struct blob_list *list = w->job->list;
	const struct wim_blob *blob = list->blobs[list->order[unit->first]];
	struct err damage = { 0 };
	const uint8_t *data = NULL;
	size_t len;

	switch (unit->kind) {
	case BLOB_UNIT_BATCH:
		for (size_t i = unit->first; i < unit->first + unit->n && !atomic_load(&w->job->stop); i++) {
			wim_reader_expect(w->reader, blob->res.source, unit->to);
			read_whole(w, list->order[i]);
		}
		return;
	case BLOB_UNIT_CHUNK:
		if (wim_reader_chunk(w->reader, &blob->res, unit->from / blob->res.chunk_size, &data, &len, &damage) < 0)
			data = NULL;
		break;
	case BLOB_UNIT_PART:
		data = gather(w, blob, unit, &damage);
		break;
	}
	deal_out_all(w, unit, data, data ? NULL : &damage);
}

static void *work(void *context)
{
	struct job *job = context;
	struct worker w = { .job = job, .reader = image_reader_new(job->file), .hash = wim_hash_new_sha1() };

	while (!atomic_load(&job->stop)) {
		size_t next = atomic_fetch_add(&job->next, 1);

		if (next >= job->list->n_units)
			break;
		work_on(&w, &job->list->units[next]);
	}
	wim_reader_freep(&w.reader);
	wim_hash_freep(&w.hash);
	free(w.buffer);
	pthread_mutex_lock(&job->lock);
	job->running--;
	pthread_cond_signal(&job->ended);
	pthread_mutex_unlock(&job->lock);
	return NULL;
}

/* ---- the calling thread ---- */

static void wait_a_step(struct job *job)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STEP_NS;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&job->ended, &job->lock, &until);
}

static bool step(struct job *job)
{
	uint64_t done = atomic_exchange(&job->done, 0);

	return !job->options->step || job->options->step(job->options->step_context, done) == 0;
}

/* Until all threads have ended. */
static void watch(struct job *job)
{
	static const struct err cancelled = { .kind = ERR_CANCELLED, .text = "stopped" };

	pthread_mutex_lock(&job->lock);
	while (job->running) {
		wait_a_step(job);
		pthread_mutex_unlock(&job->lock);
		if (!atomic_load(&job->stop) && !step(job))
			stop_all(job, &cancelled);
		pthread_mutex_lock(&job->lock);
	}
	pthread_mutex_unlock(&job->lock);
	if (!atomic_load(&job->stop) && !step(job))
		stop_all(job, &cancelled);
}

static unsigned count_threads(const struct blob_list *list, unsigned wanted)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = wanted;

	if (n == 0) {
		n = cpus > 0 ? (unsigned)cpus : 1;
		/* the chunk, and what it is decompressed from */
		if (list->chunk_max > CHUNK_SMALL)
			n = MIN(n, MAX(2u, CHUNK_MEMORY / (list->chunk_max + list->chunk_max / 4)));
	}
	n = MIN(n, (unsigned)BLOB_READ_THREADS_MAX);
	return (unsigned)MIN((size_t)n, MAX(list->n_units, (size_t)1));
}

/* Packed bytes take three times as long as those that come of them; chunks that are not packed are only hashed. */
static void weigh_chunks(const struct job *job, struct blob_list *list)
{
	CLEANUP(wim_reader_freep) struct wim_reader *reader = image_reader_new(job->file);
	int result = 0;

	for (size_t i = 0; i < list->n_units && list->units[i].kind == BLOB_UNIT_CHUNK && result == 0; i++) {
		struct blob_unit *unit = &list->units[i];
		const struct wim_resource *res = &list->blobs[list->order[unit->first]]->res;
		uint64_t contents = unit->to - unit->from;
		size_t stored = 0;

		result = wim_reader_stored_len(reader, res, unit->from / res->chunk_size, &stored, NULL);
		unit->cost = stored < contents ? contents + 3 * (uint64_t)stored : contents / 4;
	}
}

static int run(struct job *job, unsigned n_threads, struct err *err)
{
	pthread_t threads[BLOB_READ_THREADS_MAX];
	unsigned started = 0;
	pthread_attr_t attributes;

	job->running = n_threads;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	while (started < n_threads && pthread_create(&threads[started], &attributes, work, job) == 0)
		started++;
	pthread_attr_destroy(&attributes);
	pthread_mutex_lock(&job->lock);
	job->running -= n_threads - started;
	pthread_mutex_unlock(&job->lock);
	if (started == 0)
		return err_set(err, ERR_MEMORY, "no thread could be started");
	watch(job);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (job->err.kind == ERR_NONE)
		return 0;
	if (err)
		*err = job->err;
	return -1;
}

/* What a stop has left open. */
static void release_shared(struct job *job)
{
	for (size_t i = 0; i < job->list->n; i++) {
		struct shared *shared = &job->shared[i];

		if (shared->begun && !shared->ended)
			end(job, i, shared->handle, &stopped);
		while (shared->kept) {
			struct kept *kept = shared->kept;

			shared->kept = kept->next;
			free(kept);
		}
		wim_hash_freep(&shared->hash);
		free(shared->damage);
	}
	free(job->shared);
}

int blob_read(const struct image_file *file, const struct wim_blob *const *blobs, size_t n,
	      const struct blob_sink *sink, const struct blob_read_options *options, struct err *err)
{
	CLEANUP(blob_list_release) struct blob_list list = { 0 };
	struct job job = { .file = file, .list = &list, .sink = sink, .options = options,
			   .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER,
			   .ended = PTHREAD_COND_INITIALIZER };
	unsigned n_threads;
	int result;

	for (size_t i = 0; i < n; i++)
		if (!blobs[i]->here)
			return err_set(err, ERR_NOT_FOUND, "contents are in part %u of the split WIM", blobs[i]->part);
	if (blob_list_make(blobs, n, &list, err) < 0)
		return -1;
	n_threads = count_threads(&list, options->threads);
	if (n_threads > 1) {
		weigh_chunks(&job, &list);
		blob_list_costly_first(&list, n_threads);
	}
	job.shared = xcalloc(n + 1, sizeof(*job.shared));
	result = run(&job, n_threads, err);
	release_shared(&job);
	return result;
}
