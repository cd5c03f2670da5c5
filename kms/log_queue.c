/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/log_queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "kms/log.h"
#include "kms/log_batch.h"
#include "kms/log_files.h"

enum {
	BATCHES_AHEAD = 16, /* of a part; some 1.5 MB */
	BATCHES_WAKE = 8,   /* a consumer that waits is worth waking for so many, or for the last */
	PARTS_AHEAD = 4,    /* for each thread */
	SPARE_MAX = 64,     /* batches kept for use again */
};

struct part {
	struct part *next;
	size_t index;
	struct log_batch *first, *last;
	size_t n_batches;
	bool started; /* from is set */
	bool found;   /* an event that it could begin with, at from */
	size_t from;
	bool unwanted;
	bool done;    /* span is set */
	struct log_span span;
	int result;   /* of a log that is read in one go */
};

enum file_state { FILE_WAITING, FILE_OPENING, FILE_OPEN, FILE_FAILED };

struct queued_file {
	enum file_state state;
	struct log *log;
	size_t n_parts, taken;
	struct part *first, *last; /* taken, not yet consumed */
	struct err *err;           /* NULL: none */
};

struct log_queue {
	const struct log_files *files;
	struct queued_file *queued;
	size_t n_files;
	size_t now;           /* file that the consumer is at */
	size_t n_ahead;       /* parts taken, not yet consumed */
	struct log_batch *spare;
	size_t n_spare;
	bool stop;
	pthread_mutex_t lock;
	pthread_cond_t more;  /* for the consumer */
	pthread_cond_t space; /* for the threads */
	pthread_t threads[LOG_JOBS_MAX];
	unsigned n_threads;
};

/* What one thread fills. */
struct filling {
	struct log_queue *queue;
	struct part *part;
	struct log_batch *batch;
	bool dropped; /* nobody wants it any more */
};

static struct log_batch *take_spare(struct log_queue *queue)
{
	struct log_batch *batch = queue->spare;

	if (batch) {
		queue->spare = batch->next;
		queue->n_spare--;
	}
	return batch;
}

/* Under the lock. */
static void give_back(struct log_queue *queue, struct log_batch *batch)
{
	if (queue->n_spare == SPARE_MAX) {
		log_batch_free(batch);
		return;
	}
	log_batch_clear(batch);
	batch->next = queue->spare;
	queue->spare = batch;
	queue->n_spare++;
}

/* Hands the batch over, and takes a new one. */
static void push(struct filling *f)
{
	struct log_queue *queue = f->queue;
	struct part *part = f->part;
	struct log_batch *batch = f->batch;

	pthread_mutex_lock(&queue->lock);
	while (part->n_batches >= BATCHES_AHEAD && !queue->stop && !part->unwanted)
		pthread_cond_wait(&queue->space, &queue->lock);
	f->dropped = queue->stop || part->unwanted;
	if (f->dropped) {
		give_back(queue, batch);
	} else {
		batch->next = NULL;
		if (part->last)
			part->last->next = batch;
		else
			part->first = batch;
		part->last = batch;
		if (++part->n_batches >= BATCHES_WAKE)
			pthread_cond_signal(&queue->more);
	}
	f->batch = take_spare(queue);
	pthread_mutex_unlock(&queue->lock);
	if (!f->batch)
		f->batch = log_batch_new();
	f->batch->next = NULL;
}

static void queue_event(void *context, const struct log_event *event)
{
	struct filling *f = context;

	if (f->dropped || log_batch_add(f->batch, event))
		return;
	push(f);
	log_batch_add(f->batch, event);
}

static void queue_damage(void *context, uint64_t offset, const char *text)
{
	struct filling *f = context;

	if (f->dropped || log_batch_add_damage(f->batch, offset, text))
		return;
	push(f);
	log_batch_add_damage(f->batch, offset, text);
}

static void tell_start(struct log_queue *queue, const struct queued_file *file, struct part *part)
{
	size_t from = 0;
	bool found = file->n_parts == 1 || log_part_guess(file->log, part->index, &from);

	pthread_mutex_lock(&queue->lock);
	part->started = true;
	part->found = found;
	part->from = from;
	pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

static void read_part(struct log_queue *queue, struct queued_file *file, struct part *part)
{
	struct filling f = { .queue = queue, .part = part, .batch = log_batch_new() };
	const struct log_sink sink = { .context = &f, .event = queue_event, .damage = queue_damage };
	struct log_span span = { .line = 1, .carry = LOG_CARRY_UNKNOWN };
	struct err err = { 0 };
	int result = 0;

	tell_start(queue, file, part);
	span.at = part->from;
	if (file->n_parts == 1)
		result = log_read_all(file->log, &sink, &err);
	else if (part->found)
		log_read_part(file->log, part->index, &sink, &span);
	if (f.batch->n)
		push(&f);
	if (file->n_parts > 1)
		log_part_done(file->log, part->index);
	pthread_mutex_lock(&queue->lock);
	part->result = result;
	part->span = span;
	if (result < 0)
		file->err = xmemdup(&err, sizeof(err));
	part->done = true;
	give_back(queue, f.batch);
	pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

static void open_file(struct log_queue *queue, size_t i)
{
	struct queued_file *file = &queue->queued[i];
	struct err err = { 0 };
	struct log *log = log_open(queue->files->items.items[i].path, &err);

	pthread_mutex_lock(&queue->lock);
	file->log = log;
	file->n_parts = log ? log_parts(log) : 0;
	file->state = log ? FILE_OPEN : FILE_FAILED;
	if (!log)
		file->err = xmemdup(&err, sizeof(err));
	pthread_cond_broadcast(&queue->space);
	pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

static bool may_take(const struct log_queue *queue, size_t i)
{
	size_t limit = (size_t)PARTS_AHEAD * queue->n_threads;
	const struct queued_file *file = &queue->queued[i];

	/* The consumer must never wait for a part that nobody may take. */
	return queue->n_ahead < limit || (i == queue->now && !file->first);
}

/* The next thing to do, in the order of files and parts; sets *ret_part to NULL when the file is to be opened. */
static struct queued_file *take_work(struct log_queue *queue, size_t *ret_file, struct part **ret_part)
{
	for (size_t i = queue->now; i < queue->n_files; i++) {
		struct queued_file *file = &queue->queued[i];

		if (!may_take(queue, i))
			return NULL;
		*ret_file = i;
		*ret_part = NULL;
		if (file->state == FILE_WAITING) {
			file->state = FILE_OPENING;
			return file;
		}
		if (file->state != FILE_OPEN || file->taken == file->n_parts)
			continue;
		*ret_part = xcalloc(1, sizeof(**ret_part));
		(*ret_part)->index = file->taken++;
		if (file->last)
			file->last->next = *ret_part;
		else
			file->first = *ret_part;
		file->last = *ret_part;
		queue->n_ahead++;
		pthread_cond_signal(&queue->more);
		return file;
	}
	return NULL;
}

static bool all_taken(const struct log_queue *queue)
{
	for (size_t i = queue->now; i < queue->n_files; i++) {
		const struct queued_file *file = &queue->queued[i];

		if (file->state == FILE_WAITING || file->state == FILE_OPENING ||
		    (file->state == FILE_OPEN && file->taken < file->n_parts))
			return false;
	}
	return true;
}

static void *run(void *context)
{
	struct log_queue *queue = context;

	for (;;) {
		struct queued_file *file = NULL;
		struct part *part = NULL;
		size_t i = 0;

		pthread_mutex_lock(&queue->lock);
		while (!queue->stop && !all_taken(queue) && !(file = take_work(queue, &i, &part)))
			pthread_cond_wait(&queue->space, &queue->lock);
		pthread_mutex_unlock(&queue->lock);
		if (!file)
			return NULL;
		if (part)
			read_part(queue, file, part);
		else
			open_file(queue, i);
	}
}

struct log_queue *log_queue_new(const struct log_files *files, unsigned threads)
{
	struct log_queue *queue = xcalloc(1, sizeof(*queue));

	queue->files = files;
	queue->n_files = files->items.len;
	queue->queued = xcalloc(queue->n_files + 1, sizeof(*queue->queued));
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->more, NULL);
	pthread_cond_init(&queue->space, NULL);
	pthread_mutex_lock(&queue->lock); /* n_threads is read by the threads */
	while (queue->n_threads < MIN(threads, (unsigned)LOG_JOBS_MAX) &&
	       pthread_create(&queue->threads[queue->n_threads], NULL, run, queue) == 0)
		queue->n_threads++;
	pthread_mutex_unlock(&queue->lock);
	return queue;
}

/* Waits until the file is open, or cannot be. */
static void wait_open(struct log_queue *queue, size_t i)
{
	pthread_mutex_lock(&queue->lock);
	queue->now = i;
	pthread_cond_broadcast(&queue->space);
	while (queue->queued[i].state == FILE_WAITING || queue->queued[i].state == FILE_OPENING)
		pthread_cond_wait(&queue->more, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
}

/* The next part of the file, once it is known where it begins. */
static struct part *wait_part(struct log_queue *queue, struct queued_file *file)
{
	struct part *part;

	pthread_mutex_lock(&queue->lock);
	while (!file->first || !file->first->started)
		pthread_cond_wait(&queue->more, &queue->lock);
	part = file->first;
	pthread_mutex_unlock(&queue->lock);
	return part;
}

/* Waits for a batch of the part; NULL at its end. used is the one before, or NULL. */
static struct log_batch *pull(struct log_queue *queue, struct part *part, struct log_batch *used)
{
	struct log_batch *batch;

	pthread_mutex_lock(&queue->lock);
	if (used)
		give_back(queue, used);
	if (!part->first)
		while (part->n_batches < BATCHES_WAKE && !part->done)
			pthread_cond_wait(&queue->more, &queue->lock);
	batch = part->first;
	if (batch) {
		part->first = batch->next;
		if (!part->first)
			part->last = NULL;
		if (part->n_batches-- == BATCHES_AHEAD)
			pthread_cond_broadcast(&queue->space);
	}
	pthread_mutex_unlock(&queue->lock);
	return batch;
}

static void tell_part(struct log_queue *queue, struct part *part, uint32_t lines_before, const struct log_sink *sink)
{
	struct log_batch *batch = NULL;

	while ((batch = pull(queue, part, batch)))
		log_batch_tell(batch, lines_before, sink);
}

static void drop_part(struct log_queue *queue, struct part *part)
{
	struct log_batch *batch = NULL;

	pthread_mutex_lock(&queue->lock);
	part->unwanted = true;
	pthread_cond_broadcast(&queue->space);
	pthread_mutex_unlock(&queue->lock);
	while ((batch = pull(queue, part, batch)))
		;
}

static void end_part(struct log_queue *queue, struct queued_file *file)
{
	struct part *part = file->first;

	pthread_mutex_lock(&queue->lock);
	file->first = part->next;
	if (!file->first)
		file->last = NULL;
	queue->n_ahead--;
	pthread_cond_broadcast(&queue->space);
	pthread_mutex_unlock(&queue->lock);
	free(part);
}

static void read_again(struct queued_file *file, size_t i, const struct log_sink *sink, struct log_span *sum)
{
	struct log_batcher batcher;
	struct log_sink batched = log_batcher_begin(&batcher, sink);

	sum->carry = LOG_CARRY_UNKNOWN;
	log_read_part(file->log, i, &batched, sum);
	log_batcher_end(&batcher);
}

/* sum.at is where the parts so far really ended. */
static void take_part(struct log_queue *queue, struct queued_file *file, size_t i, const struct log_sink *sink,
		      struct log_span *sum)
{
	struct part *part = wait_part(queue, file);
	bool has_work = sum->at < log_part_begin(file->log, i + 1);

	if (has_work && part->found && part->from == sum->at) {
		tell_part(queue, part, sum->line - 1, sink);
		sum->at = part->span.at;
		sum->line += part->span.line - 1;
		sum->n_items += part->span.n_items;
		sum->n_known += part->span.n_known;
	} else {
		drop_part(queue, part);
		if (has_work)
			read_again(file, i, sink, sum);
	}
	/* Once more: the thread of the next part may have looked at its end. */
	log_part_done(file->log, i);
	if (i)
		log_part_done(file->log, i - 1);
	end_part(queue, file);
}

static int read_parts(struct log_queue *queue, struct queued_file *file, const struct log_sink *sink, struct err *err)
{
	struct log_span sum = { .at = log_part_begin(file->log, 0), .line = 1 };

	for (size_t i = 0; i < file->n_parts; i++)
		take_part(queue, file, i, sink, &sum);
	return log_verdict(file->log, &sum, err);
}

static int read_one(struct log_queue *queue, struct queued_file *file, const struct log_sink *sink, struct err *err)
{
	struct part *part = wait_part(queue, file);
	int result;

	tell_part(queue, part, 0, sink);
	result = part->result;
	if (result < 0)
		*err = *file->err;
	end_part(queue, file);
	return result;
}

int log_queue_read(struct log_queue *queue, size_t i, const struct log_sink *sink, const char **ret_format,
		   struct err *err)
{
	struct queued_file *file = &queue->queued[i];
	int result;

	/* No thread could be started. */
	if (queue->n_threads == 0)
		return log_read(queue->files->items.items[i].path, sink, ret_format, err);
	wait_open(queue, i);
	if (file->state == FILE_FAILED) {
		*err = *file->err;
		return -1;
	}
	*ret_format = log_format(file->log);
	result = file->n_parts == 1 ? read_one(queue, file, sink, err) : read_parts(queue, file, sink, err);
	log_freep(&file->log);
	return result;
}

static void free_file(struct queued_file *file)
{
	while (file->first) {
		struct part *part = file->first;

		file->first = part->next;
		while (part->first) {
			struct log_batch *batch = part->first;

			part->first = batch->next;
			log_batch_free(batch);
		}
		free(part);
	}
	log_freep(&file->log);
	free(file->err);
}

void log_queue_free(struct log_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->stop = true;
	pthread_cond_broadcast(&queue->space);
	pthread_mutex_unlock(&queue->lock);
	for (unsigned i = 0; i < queue->n_threads; i++)
		pthread_join(queue->threads[i], NULL);
	for (size_t i = 0; i < queue->n_files; i++)
		free_file(&queue->queued[i]);
	while (queue->spare) {
		struct log_batch *batch = take_spare(queue);

		log_batch_free(batch);
	}
	pthread_cond_destroy(&queue->space);
	pthread_cond_destroy(&queue->more);
	pthread_mutex_destroy(&queue->lock);
	free(queue->queued);
	free(queue);
}
