/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/verify_blobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 64
#define STEP_NS 50000000L /* between two reports of progress */

struct job {
	const struct image_file *file;
	uint32_t *order; /* blobs as they lie in the file */
	size_t n;
	bool *damaged;
	atomic_size_t next;
	atomic_uint_fast64_t done;
	atomic_bool stop;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned running;
};

static int compare_places(const void *a, const void *b, void *items)
{
	const struct wim_blob *blob_a = (const struct wim_blob *)items + *(const uint32_t *)a;
	const struct wim_blob *blob_b = (const struct wim_blob *)items + *(const uint32_t *)b;

	if (blob_a->res.offset != blob_b->res.offset)
		return blob_a->res.offset < blob_b->res.offset ? -1 : 1;
	return (blob_a->at > blob_b->at) - (blob_a->at < blob_b->at);
}

static bool same_solid(const struct wim_blob *a, const struct wim_blob *b)
{
	return a->res.solid && b->res.solid && a->res.offset == b->res.offset;
}

/* The blobs of one solid resource are one piece of work, since they share its chunks. */
static size_t take_work(struct job *job, size_t *end)
{
	const struct wim_blob *items = job->file->blobs.items;
	size_t begin = atomic_load(&job->next);

	do {
		*end = begin;
		if (begin >= job->n)
			return begin;
		do {
			(*end)++;
		} while (*end < job->n && same_solid(&items[job->order[begin]], &items[job->order[*end]]));
	} while (!atomic_compare_exchange_weak(&job->next, &begin, *end));
	return begin;
}

static int count_bytes(void *context, const void *data, size_t len)
{
	struct job *job = context;

	(void)data;
	atomic_fetch_add(&job->done, len);
	return atomic_load(&job->stop) ? 1 : 0;
}

static void check(struct job *job, struct wim_reader *reader, uint32_t index)
{
	int done = image_stream_blob(reader, &job->file->blobs.items[index], count_bytes, job, NULL);

	job->damaged[index] = done < 0;
}

static void *work(void *context)
{
	struct job *job = context;
	struct wim_reader *reader = wim_reader_new(job->file->fd);
	size_t end;

	for (size_t at = take_work(job, &end); at < end; at = take_work(job, &end))
		for (; at < end && !atomic_load(&job->stop); at++)
			check(job, reader, job->order[at]);
	wim_reader_freep(&reader);
	pthread_mutex_lock(&job->lock);
	job->running--;
	pthread_cond_signal(&job->ended);
	pthread_mutex_unlock(&job->lock);
	return NULL;
}

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

/* Until all threads have ended. */
static int watch(struct job *job, int (*step)(void *context, uint64_t done), void *context)
{
	int stopped = 0;

	pthread_mutex_lock(&job->lock);
	while (job->running) {
		wait_a_step(job);
		if (stopped)
			continue;
		pthread_mutex_unlock(&job->lock);
		stopped = step(context, atomic_exchange(&job->done, 0));
		pthread_mutex_lock(&job->lock);
		if (stopped)
			atomic_store(&job->stop, true);
	}
	pthread_mutex_unlock(&job->lock);
	return stopped ? stopped : step(context, atomic_exchange(&job->done, 0));
}

static unsigned count_threads(unsigned wanted, size_t n)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (wanted == 0)
		wanted = cpus > 0 ? (unsigned)cpus : 1;
	return (unsigned)MIN((size_t)MIN(wanted, THREADS_MAX), MAX(n, (size_t)1));
}

static int run(struct job *job, unsigned n_threads, int (*step)(void *context, uint64_t done), void *context,
	       struct err *err)
{
	pthread_t threads[THREADS_MAX];
	unsigned started = 0;

	job->running = n_threads;
	while (started < n_threads && pthread_create(&threads[started], NULL, work, job) == 0)
		started++;
	pthread_mutex_lock(&job->lock);
	job->running -= n_threads - started;
	pthread_mutex_unlock(&job->lock);
	if (started == 0)
		return err_set(err, ERR_MEMORY, "no thread could be started");

	int stopped = watch(job, step, context);

	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	return stopped ? err_set(err, ERR_CANCELLED, "stopped") : 0;
}

int verify_blobs(const struct image_file *file, unsigned threads, int (*step)(void *context, uint64_t done),
		 void *context, bool *damaged, struct err *err)
{
	CLEANUP(freep) uint32_t *order = xcalloc(file->blobs.n + 1, sizeof(*order));
	struct job job = { .file = file, .order = order, .damaged = damaged, .lock = PTHREAD_MUTEX_INITIALIZER,
			   .ended = PTHREAD_COND_INITIALIZER };

	for (size_t i = 0; i < file->blobs.n; i++)
		if (file->blobs.items[i].here)
			order[job.n++] = (uint32_t)i;
	if (job.n)
		qsort_r(order, job.n, sizeof(*order), compare_places, file->blobs.items);
	return run(&job, count_threads(threads, job.n), step, context, err);
}
