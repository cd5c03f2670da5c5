/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/log_queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "kms/log.h"
#include "kms/log_batch.h"

enum {
	BATCHES_AHEAD = 8, /* of a part; some 2 MB */
	PARTS_AHEAD = 4,   /* for each thread */
	SPARE_MAX = 64,    /* batches that each thread keeps for use again */
	FORGET_PARTS = 16, /* memory of the file is given back in such steps */
};

struct part {
	struct part *next;
	struct worker *reader;
	size_t index;
	struct log_batch *first, *last;
	size_t n_batches;
	bool started; /* from is set */
	bool found;   /* an event that it could begin with, at from */
	size_t from;
	bool wanted;  /* it begins where the part before ended */
	bool dropped; /* it does not */
	bool done;    /* span is set */
	struct log_span span;
};

enum file_state { FILE_WAITING, FILE_OPENING, FILE_OPEN, FILE_FAILED };

struct queued_file {
	enum file_state state;
	struct log *log;
	size_t n_parts, taken, told, forgotten;
	struct part *first, *last; /* taken, not yet told */
	struct log_span sum;       /* of the parts that were told */
	bool begun;                /* the consumer knows of it */
	struct log_sink sink;
	struct err *err;           /* NULL: none */
};

/* A thread. It fills its own batches again, which are in its cache; to fetch them from another one takes long. */
struct worker {
	struct log_queue *queue;
	struct log_batch *spare;
	size_t n_spare;
};

struct log_queue {
	struct log_files *files;
	const struct log_consumer *consumer;
	struct queued_file *queued;
	size_t n_files;
	size_t now;           /* file that is being told */
	bool telling;         /* by one of the threads */
	size_t n_ahead;       /* parts taken, not yet told */
	bool stop;
	int result;
	struct err *err;
	pthread_mutex_t lock;
	pthread_cond_t change;
	unsigned n_waiting;
	unsigned n_threads;
	struct worker workers[LOG_JOBS_MAX];
};

/* What one thread fills. */
struct filling {
	struct log_queue *queue;
	struct part *part;
	struct log_batch *batch;
	bool dropped; /* nobody wants it any more */
};

/* All of these are called under the lock, unless they say otherwise. */

static void wait_change(struct log_queue *queue)
{
	queue->n_waiting++;
	pthread_cond_wait(&queue->change, &queue->lock);
	queue->n_waiting--;
}

static void tell_change(struct log_queue *queue)
{
	if (queue->n_waiting)
		pthread_cond_broadcast(&queue->change);
}

static struct log_batch *take_batch(struct worker *worker)
{
	struct log_batch *batch = worker->spare;

	if (!batch)
		return log_batch_new();
	worker->spare = batch->next;
	worker->n_spare--;
	log_batch_clear(batch);
	return batch;
}

static void give_back(struct worker *worker, struct log_batch *batch)
{
	if (worker->n_spare == SPARE_MAX) {
		log_batch_free(batch);
		return;
	}
	batch->next = worker->spare;
	worker->spare = batch;
	worker->n_spare++;
}

static void add_batch(struct part *part, struct log_batch *batch)
{
	if (part->last)
		part->last->next = batch;
	else
		part->first = batch;
	part->last = batch;
	part->n_batches++;
}

static struct log_batch *pull_batch(struct part *part)
{
	struct log_batch *batch = part->first;

	part->first = batch->next;
	if (!part->first)
		part->last = NULL;
	part->n_batches--;
	return batch;
}

static void drop_batches(struct part *part)
{
	while (part->first)
		give_back(part->reader, pull_batch(part));
}

/* Tells the part's next batch without the lock, and gives it back. */
static void tell_batch(struct log_queue *queue, const struct queued_file *file, struct part *part)
{
	struct log_batch *batch = pull_batch(part);

	batch->lines_before = file->sum.line - 1;
	pthread_mutex_unlock(&queue->lock);
	log_batch_tell(batch, &file->sink);
	pthread_mutex_lock(&queue->lock);
	give_back(part->reader, batch);
}

/* The part, from where it really begins. */
static void read_again(struct log_queue *queue, struct queued_file *file, size_t i)
{
	struct log_batcher batcher;
	struct log_sink batched;

	pthread_mutex_unlock(&queue->lock);
	batched = log_batcher_begin(&batcher, &file->sink);
	file->sum.carry = LOG_CARRY_UNKNOWN;
	log_read_part(file->log, i, &batched, &file->sum);
	log_batcher_end(&batcher);
	pthread_mutex_lock(&queue->lock);
}

static void add_span(struct log_span *sum, const struct log_span *span)
{
	sum->at = span->at;
	sum->line += span->line - 1;
	sum->n_items += span->n_items;
	sum->n_known += span->n_known;
}

static void begin_file(struct log_queue *queue, struct queued_file *file)
{
	const struct log_consumer *consumer = queue->consumer;

	file->begun = true;
	file->sink = consumer->begin(consumer->context, queue->files->items.items[queue->now].path);
	file->sum = (struct log_span){ .at = file->log ? log_part_begin(file->log, 0) : 0, .line = 1 };
}

/* What a folder of logs may hold besides: it is no log as a whole, not a log that breaks off. */
static bool is_no_log(const struct err *err)
{
	return err->kind == ERR_FORMAT || err->kind == ERR_UNSUPPORTED;
}

static int finish_file(struct log_queue *queue, const struct log_file *item, int done, const char *format)
{
	struct log_folder *folder = item->folder ? &queue->files->folders.items[item->folder - 1] : NULL;
	const struct log_consumer *consumer = queue->consumer;

	if (done == 0) {
		if (folder)
			folder->n_logs++;
		return consumer->end(consumer->context, format, queue->err);
	}
	if (!folder || !is_no_log(queue->err))
		return err_context(queue->err, "%s", item->path);
	folder->n_others++;
	consumer->drop(consumer->context);
	*queue->err = (struct err){ 0 };
	return 0;
}

/* All of it has been told. */
static void end_file(struct log_queue *queue, struct queued_file *file)
{
	int done = 0;

	pthread_mutex_unlock(&queue->lock);
	if (file->err) {
		*queue->err = *file->err;
		done = -1;
	} else if (file->n_parts > 1) {
		done = log_verdict(file->log, &file->sum, queue->err);
	}
	done = finish_file(queue, &queue->files->items.items[queue->now], done, file->log ? log_format(file->log) : "");
	log_freep(&file->log);
	pthread_mutex_lock(&queue->lock);
	queue->result = done;
	queue->stop = done < 0;
	queue->now++;
}

static void end_part(struct log_queue *queue, struct queued_file *file)
{
	struct part *part = file->first;
	bool has_work = file->n_parts > 1 && file->sum.at < log_part_begin(file->log, part->index + 1);

	if (part->wanted) {
		add_span(&file->sum, &part->span);
	} else {
		drop_batches(part);
		if (has_work)
			read_again(queue, file, part->index);
	}
	file->first = part->next;
	if (!file->first)
		file->last = NULL;
	file->told++;
	queue->n_ahead--;
	free(part);
	if (file->told == file->n_parts)
		end_file(queue, file);
}

/* Whether what was read is what follows the part before. */
static void judge_part(struct log_queue *queue, const struct queued_file *file, struct part *part)
{
	bool has_work = file->n_parts == 1 || file->sum.at < log_part_begin(file->log, part->index + 1);

	part->wanted = has_work && part->found && (file->n_parts == 1 || part->from == file->sum.at);
	part->dropped = !part->wanted;
	if (part->dropped)
		tell_change(queue);
}

static size_t batches_max(const struct log_queue *queue)
{
	return queue->n_threads > 1 ? BATCHES_AHEAD : 1;
}

/* A part that is still being read is left to its thread, unless that waits, or there is no other part to read. */
static bool is_ready(const struct log_queue *queue, const struct queued_file *file, const struct part *part)
{
	if (part->done)
		return true;
	return !part->dropped && part->first && (file->n_parts == 1 || part->n_batches >= batches_max(queue));
}

static void tell_part(struct log_queue *queue, struct queued_file *file)
{
	struct part *part = file->first;

	while (part->first && part->wanted && !queue->stop)
		tell_batch(queue, file, part);
	if (part->done)
		end_part(queue, file);
}

/* Tells the consumer what is next; false when that is not there yet, or another thread does it. */
static bool tell_next(struct log_queue *queue)
{
	struct queued_file *file = &queue->queued[queue->now];
	struct part *part = file->first;

	if (queue->telling || file->state == FILE_WAITING || file->state == FILE_OPENING)
		return false;
	if (!file->begun)
		begin_file(queue, file);
	if (part && part->started && !part->wanted && !part->dropped)
		judge_part(queue, file, part);
	if (file->state == FILE_OPEN && !(part && part->started && is_ready(queue, file, part)))
		return false;
	queue->telling = true;
	if (file->state == FILE_OPEN)
		tell_part(queue, file);
	else
		end_file(queue, file);
	queue->telling = false;
	tell_change(queue);
	return true;
}

/* Hands the batch over, and takes a new one. */
static void push(struct filling *f)
{
	struct log_queue *queue = f->queue;
	struct part *part = f->part;

	pthread_mutex_lock(&queue->lock);
	add_batch(part, f->batch);
	tell_change(queue);
	while (part->n_batches >= batches_max(queue) && !queue->stop && !part->dropped)
		if (!tell_next(queue) && !part->dropped)
			wait_change(queue);
	f->dropped = queue->stop || part->dropped;
	f->batch = take_batch(part->reader);
	pthread_mutex_unlock(&queue->lock);
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

static void begin_part(struct log_queue *queue, const struct queued_file *file, struct filling *f)
{
	struct part *part = f->part;
	size_t from = 0;
	bool found = file->n_parts == 1 || log_part_guess(file->log, part->index, &from);

	pthread_mutex_lock(&queue->lock);
	part->started = true;
	part->found = found;
	part->from = from;
	f->batch = take_batch(part->reader);
	pthread_mutex_unlock(&queue->lock);
}

static void finish_part(struct log_queue *queue, struct queued_file *file, struct filling *f,
			const struct log_span *span, const struct err *err)
{
	pthread_mutex_lock(&queue->lock);
	if (f->batch->n)
		add_batch(f->part, f->batch);
	else
		give_back(f->part->reader, f->batch);
	if (err)
		file->err = xmemdup(err, sizeof(*err));
	f->part->span = *span;
	f->part->done = true;
	tell_change(queue);
	pthread_mutex_unlock(&queue->lock);
}

/* Without the lock. The last part that was told stays: who begins behind it may be looking at its end. */
static void forget_told(struct log_queue *queue, struct queued_file *file)
{
	size_t from, to;

	pthread_mutex_lock(&queue->lock);
	from = to = file->forgotten;
	if (file->told > from + FORGET_PARTS)
		to = file->forgotten = file->told - 1;
	pthread_mutex_unlock(&queue->lock);
	log_parts_done(file->log, from, to);
}

/* Without the lock. */
static void read_part(struct log_queue *queue, struct queued_file *file, struct part *part)
{
	struct filling f = { .queue = queue, .part = part };
	const struct log_sink sink = { .context = &f, .event = queue_event, .damage = queue_damage };
	struct log_span span = { .line = 1, .carry = LOG_CARRY_UNKNOWN };
	struct err err = { 0 };
	int done = 0;

	forget_told(queue, file);
	begin_part(queue, file, &f);
	span.at = part->from;
	if (file->n_parts == 1)
		done = log_read_all(file->log, &sink, &err);
	else if (part->found)
		log_read_part(file->log, part->index, &sink, &span);
	finish_part(queue, file, &f, &span, done < 0 ? &err : NULL);
}

/* Without the lock. */
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
	tell_change(queue);
	pthread_mutex_unlock(&queue->lock);
}

static bool may_take(const struct log_queue *queue, size_t i)
{
	size_t limit = (size_t)PARTS_AHEAD * queue->n_threads;

	/* What is to be told next must never wait for a part that nobody may take. */
	return queue->n_ahead < limit || (i == queue->now && !queue->queued[i].first);
}

static struct part *take_part(struct worker *worker, struct queued_file *file)
{
	struct part *part = xcalloc(1, sizeof(*part));

	part->reader = worker;
	part->index = file->taken++;
	if (file->last)
		file->last->next = part;
	else
		file->first = part;
	file->last = part;
	worker->queue->n_ahead++;
	return part;
}

/* Reads, or opens, what is next in the order of files and parts; false when there is nothing. */
static bool read_next(struct worker *worker)
{
	struct log_queue *queue = worker->queue;

	for (size_t i = queue->now; i < queue->n_files && may_take(queue, i); i++) {
		struct queued_file *file = &queue->queued[i];
		bool is_new = file->state == FILE_WAITING;
		struct part *part = NULL;

		if (is_new)
			file->state = FILE_OPENING;
		else if (file->state == FILE_OPEN && file->taken < file->n_parts)
			part = take_part(worker, file);
		if (!is_new && !part)
			continue;
		pthread_mutex_unlock(&queue->lock);
		if (part)
			read_part(queue, file, part);
		else
			open_file(queue, i);
		pthread_mutex_lock(&queue->lock);
		return true;
	}
	return false;
}

/* Whether what is to be told next is in the cache of this thread, or nothing can be told. */
static bool is_own_next(const struct worker *worker)
{
	const struct log_queue *queue = worker->queue;
	const struct part *part = queue->queued[queue->now].first;

	return !part || part->reader == worker;
}

static void *run(void *context)
{
	struct worker *worker = context;
	struct log_queue *queue = worker->queue;

	pthread_mutex_lock(&queue->lock);
	while (!queue->stop && queue->now < queue->n_files)
		if (!(is_own_next(worker) && tell_next(queue)) && !read_next(worker) && !tell_next(queue))
			wait_change(queue);
	tell_change(queue);
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

static void free_file(struct queued_file *file)
{
	while (file->first) {
		struct part *part = file->first;

		file->first = part->next;
		drop_batches(part);
		free(part);
	}
	log_freep(&file->log);
	free(file->err);
}

static void free_queue(struct log_queue *queue)
{
	for (size_t i = 0; i < queue->n_files; i++)
		free_file(&queue->queued[i]);
	for (size_t i = 0; i < ARRAY_SIZE(queue->workers); i++)
		while (queue->workers[i].spare)
			log_batch_free(take_batch(&queue->workers[i]));
	pthread_cond_destroy(&queue->change);
	pthread_mutex_destroy(&queue->lock);
	free(queue->queued);
}

/* This thread and others, as many as can be had. */
static void run_all(struct log_queue *queue, unsigned threads)
{
	pthread_t others[LOG_JOBS_MAX];
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(queue->workers); i++)
		queue->workers[i].queue = queue;
	pthread_mutex_lock(&queue->lock); /* the others read n_threads */
	while (n + 1 < MIN(threads, (unsigned)LOG_JOBS_MAX) &&
	       pthread_create(&others[n], NULL, run, &queue->workers[n + 1]) == 0)
		n++;
	queue->n_threads = n + 1;
	pthread_mutex_unlock(&queue->lock);
	run(&queue->workers[0]);
	while (n)
		pthread_join(others[--n], NULL);
}

int log_queue_read(struct log_files *files, unsigned threads, const struct log_consumer *consumer, struct err *err)
{
	struct log_queue queue = {
		.files = files, .consumer = consumer, .n_files = files->items.len, .err = err,
		.lock = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP, .change = PTHREAD_COND_INITIALIZER,
	};

	queue.queued = xcalloc(queue.n_files + 1, sizeof(*queue.queued));
	run_all(&queue, threads);
	free_queue(&queue);
	return queue.result;
}
