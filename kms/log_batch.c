/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/log_batch.h"

#include <stdlib.h>

#include "common/base/alloc.h"
#include "kms/cmid_index.h"

enum {
	BATCH_TEXT = 32 << 10, /* bytes of names and messages; a longer one gets a batch for itself */
	AHEAD = 8,            /* events whose memory fits the first cache */
	CACHE_LINE = 64,
};

struct log_batch *log_batch_new(void)
{
	struct log_batch *batch = xmalloc(sizeof(*batch));

	*batch = (struct log_batch){ .cap = BATCH_TEXT, .texts = xmalloc(BATCH_TEXT) };
	return batch;
}

void log_batch_free(struct log_batch *batch)
{
	if (!batch)
		return;
	free(batch->texts);
	free(batch);
}

void log_batch_clear(struct log_batch *batch)
{
	batch->next = NULL;
	batch->n = batch->used = batch->n_damages = 0;
}

static bool has_room(struct log_batch *batch, size_t text_len)
{
	if (batch->n == LOG_BATCH_EVENTS || (batch->n && batch->cap - batch->used < text_len))
		return false;
	if (batch->cap < text_len) {
		batch->texts = xrealloc(batch->texts, text_len);
		batch->cap = text_len;
	}
	return true;
}

static void keep(struct log_batch *batch, struct text *text)
{
	char *to = batch->texts + batch->used;

	if (text->len)
		memcpy(to, text->data, text->len);
	batch->used += text->len;
	text->data = to;
}

bool log_batch_add(struct log_batch *batch, const struct log_event *event)
{
	bool good = event->problem == REQUEST_GOOD;
	/* The message of a request says what its fields say. */
	size_t len = event->provider.len + event->source.len + event->channel.len + event->computer.len +
		     (good ? event->request.name.len : event->message.len);
	struct log_event *kept;

	if (!has_room(batch, len))
		return false;
	kept = &batch->events[batch->n++];
	*kept = *event;
	/* Of the text where it was read: what has just been copied is slow to load. */
	if (good)
		kept->key = cmid_index_key(&event->request);
	keep(batch, &kept->computer);
	if (event->provider.len + event->source.len + event->channel.len) {
		keep(batch, &kept->provider);
		keep(batch, &kept->source);
		keep(batch, &kept->channel);
	}
	if (good) {
		kept->message = TEXT("");
		keep(batch, &kept->request.name);
	} else {
		keep(batch, &kept->message);
	}
	return true;
}

bool log_batch_add_damage(struct log_batch *batch, uint64_t offset, const char *text)
{
	size_t len = strlen(text) + 1;
	struct log_event *kept;

	if (!has_room(batch, len))
		return false;
	batch->damages[batch->n_damages++] = (uint16_t)batch->n;
	kept = &batch->events[batch->n++];
	*kept = (struct log_event){ .problem = REQUEST_NOT_INFO, .offset = offset, .message = { text, len } };
	keep(batch, &kept->message);
	return true;
}

/* Another thread wrote it: it is in the caches of another processor. */
static void expect(const struct log_batch *batch, size_t first, size_t n)
{
	const char *at = (const char *)(batch->events + first), *end = (const char *)(batch->events + first + n);

	for (; at < end; at += CACHE_LINE)
		__builtin_prefetch(at, 1);
}

void log_batch_tell(struct log_batch *batch, uint32_t lines_before, const struct log_sink *sink)
{
	size_t next_damage = 0;

	for (size_t i = 0; i < batch->n; i++) {
		struct log_event *event = &batch->events[i];

		if (i % AHEAD == 0)
			expect(batch, i, MIN(batch->n - i, (size_t)2 * AHEAD));
		if (sink->ahead)
			sink->ahead(sink->context, event, batch->n - i);
		if (next_damage < batch->n_damages && batch->damages[next_damage] == i) {
			sink->damage(sink->context, event->offset, event->message.data);
			next_damage++;
			continue;
		}
		if (event->line)
			event->line += lines_before;
		sink->event(sink->context, event);
	}
}

static void pass_on(struct log_batcher *batcher)
{
	log_batch_tell(batcher->batch, 0, batcher->to);
	log_batch_clear(batcher->batch);
}

static void on_event(void *context, const struct log_event *event)
{
	struct log_batcher *batcher = context;

	if (log_batch_add(batcher->batch, event))
		return;
	pass_on(batcher);
	log_batch_add(batcher->batch, event);
}

static void on_damage(void *context, uint64_t offset, const char *text)
{
	struct log_batcher *batcher = context;

	if (log_batch_add_damage(batcher->batch, offset, text))
		return;
	pass_on(batcher);
	log_batch_add_damage(batcher->batch, offset, text);
}

struct log_sink log_batcher_begin(struct log_batcher *batcher, const struct log_sink *to)
{
	*batcher = (struct log_batcher){ .to = to, .batch = log_batch_new() };
	return (struct log_sink){ .context = batcher, .event = on_event, .damage = on_damage };
}

void log_batcher_end(struct log_batcher *batcher)
{
	pass_on(batcher);
	log_batch_free(batcher->batch);
	batcher->batch = NULL;
}
