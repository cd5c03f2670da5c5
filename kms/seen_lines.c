/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/seen_lines.h"

#include <stdlib.h>

#include "common/base/alloc.h"

enum { SLOTS_MIN = 4096 };

static uint64_t mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static uint64_t mix_text(uint64_t h, struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		h = mix(h, (uint8_t)text.data[i]);
	return mix(h, text.len);
}

static uint64_t mix_request(uint64_t h, const struct kms_request *r)
{
	h = mix(h, r->client_time);
	h = mix(h, load_le64(r->cmid.bytes));
	h = mix(h, load_le64(r->cmid.bytes + 8));
	h = mix(h, load_le64(r->product.bytes));
	h = mix(h, (uint64_t)r->hresult << 32 | r->minutes);
	h = mix(h, (uint64_t)r->needed << 32 | r->status << 8 | r->vm);
	return mix_text(h, r->name);
}

/* Of a request what it asks: exports differ in what else they tell. */
static uint64_t hash_of(const struct log_event *event)
{
	uint64_t h = mix(1, event->has_time ? event->time : 0);

	if (event->problem == REQUEST_GOOD) {
		h = mix_request(h, &event->request);
	} else {
		h = mix(h, (uint64_t)event->id << 32 | event->binary_len << 2 | event->problem);
		h = mix_text(mix_text(h, event->provider), event->channel);
		if (log_event_keeps_message(event))
			h = mix_text(h, event->message);
	}
	for (size_t i = 0; i < event->computer.len && !event->assumed_host; i++)
		h = mix(h, (uint8_t)event->computer.data[i] | 0x20U);
	return h ? h : 1;
}

static struct seen_line *find(const struct seen_lines *lines, uint64_t hash)
{
	size_t at = (size_t)(hash >> 16) & (lines->n_slots - 1);

	while (lines->slots[at].hash && lines->slots[at].hash != hash)
		at = (at + 1) & (lines->n_slots - 1);
	return &lines->slots[at];
}

static void grow(struct seen_lines *lines)
{
	struct seen_lines wider = { .n_slots = lines->n_slots ? lines->n_slots * 2 : SLOTS_MIN,
				    .n_used = lines->n_used };

	wider.slots = xcalloc(wider.n_slots, sizeof(*wider.slots));
	for (size_t i = 0; i < lines->n_slots; i++)
		if (lines->slots[i].hash)
			*find(&wider, lines->slots[i].hash) = lines->slots[i];
	free(lines->slots);
	*lines = wider;
}

bool seen_lines_add(struct seen_lines *lines, uint32_t log, const struct log_event *event)
{
	uint64_t hash = hash_of(event);
	struct seen_line *slot;

	if (lines->n_used * 2 >= lines->n_slots)
		grow(lines);
	slot = find(lines, hash);
	if (!slot->hash) {
		*slot = (struct seen_line){ .hash = hash, .log = log };
		lines->n_used++;
	}
	if (slot->log != log)
		slot->n = 0;
	slot->log = log;
	if (++slot->n <= slot->most)
		return false;
	slot->most = slot->n;
	return true;
}

void seen_lines_release(struct seen_lines *lines)
{
	free(lines->slots);
	*lines = (struct seen_lines){ 0 };
}
