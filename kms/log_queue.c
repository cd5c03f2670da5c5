/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/log_queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "kms/log_files.h"
#include "kms/reader.h"

enum {
	BATCH_EVENTS = 256,
	BATCH_TEXT = 64 << 10, /* bytes of names and messages; a longer one gets a batch for itself */
	BATCHES_AHEAD = 16,    /* of a file; some 3 MB */
};

struct queued {
	bool is_damage; /* event.offset, event.message */
	struct log_event event;
};

struct batch {
	struct batch *next;
	size_t n;
	size_t used, cap; /* of texts */
	char *texts;
	struct queued items[BATCH_EVENTS];
};

struct queued_file {
	struct batch *first, *last;
	size_t n_batches;
	bool done;
	int result;
	const char *format;
	struct err *err; /* NULL: none */
};

struct log_queue {
	const struct log_files *files;
	struct queued_file *queues;
	size_t next;      /* file that no thread has taken */
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
	struct queued_file *file;
	struct batch *batch;
	bool dropped; /* nobody wants it any more */
};

static void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	free(batch->texts);
	free(batch);
}

static void push(struct filling *f)
{
	struct batch *batch = f->batch;

	f->batch = NULL;
	if (!batch)
		return;
	pthread_mutex_lock(&f->queue->lock);
	while (f->file->n_batches >= BATCHES_AHEAD && !f->queue->stop)
		pthread_cond_wait(&f->queue->space, &f->queue->lock);
	f->dropped = f->queue->stop;
	if (!f->dropped) {
		if (f->file->last)
			f->file->last->next = batch;
		else
			f->file->first = batch;
		f->file->last = batch;
		f->file->n_batches++;
		batch = NULL;
		pthread_cond_signal(&f->queue->more);
	}
	pthread_mutex_unlock(&f->queue->lock);
	batch_free(batch);
}

/* A place for an event with so many bytes of text. */
static struct queued *place_for(struct filling *f, size_t text_len)
{
	if (f->batch && (f->batch->n == BATCH_EVENTS || f->batch->cap - f->batch->used < text_len))
		push(f);
	if (!f->batch) {
		f->batch = xmalloc(sizeof(*f->batch));
		f->batch->next = NULL;
		f->batch->n = f->batch->used = 0;
		f->batch->cap = MAX(text_len, (size_t)BATCH_TEXT);
		f->batch->texts = xmalloc(f->batch->cap);
	}
	return &f->batch->items[f->batch->n++];
}

static struct text keep(struct batch *batch, struct text text)
{
	struct text kept = { batch->texts + batch->used, text.len };

	if (text.len)
		memcpy(batch->texts + batch->used, text.data, text.len);
	batch->used += text.len;
	return kept;
}

static void queue_event(void *context, const struct log_event *event)
{
	struct filling *f = context;
	bool good = event->problem == REQUEST_GOOD;
	/* The message of a request says what its fields say. */
	struct text message = good ? (struct text){ "", 0 } : event->message;
	size_t len = event->provider.len + event->source.len + event->channel.len + event->computer.len + message.len +
		     (good ? event->request.name.len : 0);
	struct queued *item;

	if (f->dropped)
		return;
	item = place_for(f, len);
	*item = (struct queued){ .event = *event };
	item->event.provider = keep(f->batch, event->provider);
	item->event.source = keep(f->batch, event->source);
	item->event.channel = keep(f->batch, event->channel);
	item->event.computer = keep(f->batch, event->computer);
	item->event.message = keep(f->batch, message);
	if (good)
		item->event.request.name = keep(f->batch, event->request.name);
}

static void queue_damage(void *context, uint64_t offset, const char *text)
{
	struct filling *f = context;
	struct queued *item;

	if (f->dropped)
		return;
	item = place_for(f, strlen(text) + 1);
	*item = (struct queued){ .is_damage = true, .event = { .offset = offset } };
	item->event.message = keep(f->batch, (struct text){ text, strlen(text) + 1 });
}

static void read_file(struct log_queue *queue, size_t i)
{
	struct filling f = { .queue = queue, .file = &queue->queues[i] };
	const struct log_sink sink = { .context = &f, .event = queue_event, .damage = queue_damage };
	const char *format = "";
	struct err err = { 0 };
	int result = log_read(queue->files->items.items[i].path, &sink, &format, &err);

	push(&f);
	pthread_mutex_lock(&queue->lock);
	f.file->result = result;
	f.file->format = format;
	if (result < 0)
		f.file->err = xmemdup(&err, sizeof(err));
	f.file->done = true;
	pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

static void *run(void *context)
{
	struct log_queue *queue = context;

	for (;;) {
		size_t i;

		pthread_mutex_lock(&queue->lock);
		i = queue->stop ? queue->files->items.len : queue->next++;
		pthread_mutex_unlock(&queue->lock);
		if (i >= queue->files->items.len)
			return NULL;
		read_file(queue, i);
	}
}

struct log_queue *log_queue_new(const struct log_files *files, unsigned threads)
{
	struct log_queue *queue = xcalloc(1, sizeof(*queue));

	queue->files = files;
	queue->queues = xcalloc(files->items.len + 1, sizeof(*queue->queues));
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->more, NULL);
	pthread_cond_init(&queue->space, NULL);
	while (queue->n_threads < MIN(threads, (unsigned)LOG_JOBS_MAX) &&
	       pthread_create(&queue->threads[queue->n_threads], NULL, run, queue) == 0)
		queue->n_threads++;
	return queue;
}

/* Waits for a batch of the file; NULL at its end. */
static struct batch *pull(struct log_queue *queue, struct queued_file *file)
{
	struct batch *batch;

	pthread_mutex_lock(&queue->lock);
	while (!file->first && !file->done)
		pthread_cond_wait(&queue->more, &queue->lock);
	batch = file->first;
	if (batch) {
		file->first = batch->next;
		if (!file->first)
			file->last = NULL;
		file->n_batches--;
		pthread_cond_broadcast(&queue->space);
	}
	pthread_mutex_unlock(&queue->lock);
	return batch;
}

static void hand_on(const struct batch *batch, const struct log_sink *sink)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct queued *item = &batch->items[i];

		if (item->is_damage)
			sink->damage(sink->context, item->event.offset, item->event.message.data);
		else
			sink->event(sink->context, &item->event);
	}
}

int log_queue_read(struct log_queue *queue, size_t i, const struct log_sink *sink, const char **ret_format,
		   struct err *err)
{
	struct queued_file *file = &queue->queues[i];
	struct batch *batch;

	/* No thread could be started. */
	if (queue->n_threads == 0)
		return log_read(queue->files->items.items[i].path, sink, ret_format, err);
	while ((batch = pull(queue, file))) {
		hand_on(batch, sink);
		batch_free(batch);
	}
	*ret_format = file->format;
	if (file->result < 0 && err)
		*err = *file->err;
	return file->result;
}

void log_queue_free(struct log_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->stop = true;
	pthread_cond_broadcast(&queue->space);
	pthread_mutex_unlock(&queue->lock);
	for (unsigned i = 0; i < queue->n_threads; i++)
		pthread_join(queue->threads[i], NULL);
	for (size_t i = 0; i < queue->files->items.len; i++) {
		while (queue->queues[i].first) {
			struct batch *batch = queue->queues[i].first;

			queue->queues[i].first = batch->next;
			batch_free(batch);
		}
		free(queue->queues[i].err);
	}
	pthread_cond_destroy(&queue->space);
	pthread_cond_destroy(&queue->more);
	pthread_mutex_destroy(&queue->lock);
	free(queue->queues);
	free(queue);
}
