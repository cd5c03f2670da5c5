/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/log_batch.h"

#include <stdlib.h>

#include "common/base/alloc.h"
#include "kms/cmid_index.h"

enum { BATCH_TEXT = 48 << 10 }; /* bytes of names and messages; a longer one gets a batch for itself */

struct log_batch *log_batch_new(void)
{
	struct log_batch *batch = xmalloc(sizeof(*batch));

	batch->cap = BATCH_TEXT;
	batch->texts = xmalloc(BATCH_TEXT);
	log_batch_clear(batch);
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
	batch->lines_before = 0;
	batch->n = batch->n_frames = batch->used = 0;
	memset(batch->kinds, 0, sizeof(batch->kinds));
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

static size_t frame_length(const struct log_event *event)
{
	return event->provider.len + event->source.len + event->channel.len + event->computer.len + event->message.len;
}

/* There is room for its texts. */
static uint16_t add_frame(struct log_batch *batch, const struct log_event *event)
{
	struct log_event *frame = &batch->frames[batch->n_frames];

	*frame = *event;
	keep(batch, &frame->provider);
	keep(batch, &frame->source);
	keep(batch, &frame->channel);
	keep(batch, &frame->computer);
	keep(batch, &frame->message);
	batch->is_damage[batch->n_frames] = false;
	return (uint16_t)batch->n_frames++;
}

static bool same_text(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool has_frame(const struct log_event *frame, const struct log_event *event)
{
	if (!guid_equal(&frame->request.product, &event->request.product))
		return false;
	if (event->shape && frame->shape == event->shape)
		return true;
	return frame->id == event->id &&
	       frame->has_time == event->has_time && frame->has_record == event->has_record &&
	       frame->recovered == event->recovered && frame->assumed_host == event->assumed_host &&
	       frame->binary_len == event->binary_len && same_text(frame->computer, event->computer) &&
	       same_text(frame->provider, event->provider) && same_text(frame->channel, event->channel) &&
	       same_text(frame->source, event->source);
}

static uint16_t *kind_of(struct log_batch *batch, const struct guid *product)
{
	return &batch->kinds[load_le32(product->bytes) * 0x9e3779b9U >> 26];
}

_Static_assert(LOG_BATCH_KINDS == 1 << (32 - 26), "kind_of takes that many bits");

/* The frame of a request that has what the last of its kind had. */
static bool find_frame(struct log_batch *batch, const struct log_event *event, uint16_t *ret)
{
	uint16_t kind = *kind_of(batch, &event->request.product);

	if (!kind || !has_frame(&batch->frames[kind - 1], event))
		return false;
	*ret = kind - 1;
	return true;
}

static bool new_frame(struct log_batch *batch, const struct log_event *event, uint16_t *ret)
{
	struct log_event common = *event;

	/* The message of a request says what its fields say. */
	common.message = TEXT("");
	if (batch->n_frames == LOG_BATCH_FRAMES || !has_room(batch, frame_length(&common) + event->request.name.len))
		return false;
	*ret = add_frame(batch, &common);
	*kind_of(batch, &event->request.product) = *ret + 1;
	return true;
}

static bool add_request(struct log_batch *batch, const struct log_event *event)
{
	const struct kms_request *request = &event->request;
	struct text name = request->name;
	uint16_t frame;

	if (!has_room(batch, name.len) || (!find_frame(batch, event, &frame) && !new_frame(batch, event, &frame)))
		return false;
	keep(batch, &name);
	batch->entries[batch->n++] = (struct log_entry){
		.key = cmid_index_key(request), .time = event->time, .record = event->record, .offset = event->offset,
		.client_time = request->client_time, .cmid = request->cmid, .hresult = request->hresult,
		.needed = request->needed, .minutes = request->minutes, .status = request->status, .vm = request->vm,
		.line = event->line, .name = (uint32_t)(name.data - batch->texts), .name_len = (uint32_t)name.len,
		.frame = frame, .has_cmid = request->has_cmid, .has_client_time = request->has_client_time,
	};
	return true;
}

static bool add_other(struct log_batch *batch, const struct log_event *event)
{
	if (batch->n_frames == LOG_BATCH_FRAMES || !has_room(batch, frame_length(event)))
		return false;
	batch->entries[batch->n++] = (struct log_entry){
		.time = event->time, .record = event->record, .offset = event->offset, .line = event->line,
		.frame = add_frame(batch, event),
	};
	return true;
}

bool log_batch_add(struct log_batch *batch, const struct log_event *event)
{
	return event->problem == REQUEST_GOOD ? add_request(batch, event) : add_other(batch, event);
}

bool log_batch_add_damage(struct log_batch *batch, uint64_t offset, const char *text)
{
	const struct log_event damage = {
		.problem = REQUEST_NOT_INFO, .offset = offset, .message = { text, strlen(text) + 1 },
	};

	if (!add_other(batch, &damage))
		return false;
	batch->is_damage[batch->n_frames - 1] = true;
	return true;
}

void log_batch_event(const struct log_batch *batch, const struct log_entry *entry, struct log_event *ret)
{
	struct kms_request *request = &ret->request;

	*ret = batch->frames[entry->frame];
	ret->time = entry->time;
	ret->record = entry->record;
	ret->offset = entry->offset;
	ret->line = log_batch_line(batch, entry);
	ret->shape = 0; /* another thread may have read it */
	if (ret->problem != REQUEST_GOOD)
		return;
	*request = (struct kms_request){
		.hresult = entry->hresult, .needed = entry->needed, .name = log_batch_name(batch, entry),
		.cmid = entry->cmid, .has_cmid = entry->has_cmid, .has_client_time = entry->has_client_time,
		.client_time = entry->client_time, .vm = entry->vm, .status = entry->status,
		.minutes = entry->minutes, .product = request->product,
	};
}

void log_batch_tell(const struct log_batch *batch, const struct log_sink *sink)
{
	if (sink->batch) {
		sink->batch(sink->context, batch);
		return;
	}
	for (size_t i = 0; i < batch->n; i++) {
		const struct log_entry *entry = &batch->entries[i];
		struct log_event event;

		if (batch->is_damage[entry->frame]) {
			sink->damage(sink->context, entry->offset, batch->frames[entry->frame].message.data);
			continue;
		}
		log_batch_event(batch, entry, &event);
		sink->event(sink->context, &event);
	}
}

static void pass_on(struct log_batcher *batcher)
{
	log_batch_tell(batcher->batch, &batcher->to);
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
	*batcher = (struct log_batcher){ .to = *to, .batch = log_batch_new() };
	return (struct log_sink){ .context = batcher, .event = on_event, .damage = on_damage };
}

void log_batcher_end(struct log_batcher *batcher)
{
	pass_on(batcher);
	log_batch_free(batcher->batch);
	batcher->batch = NULL;
}
