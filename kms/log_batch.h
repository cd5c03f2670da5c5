/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events in a row, with copies of their texts: what one thread hands to another.
 *
 * Most events of a log are requests that differ in few things. What they have in
 * common, the host, the provider, the product and the like, is kept once, in a
 * frame: an event of which the rest is empty. An event that is no request, and a
 * damage, has a frame for itself.
 */
#pragma once

#include "kms/log_event.h"

enum {
	LOG_BATCH_EVENTS = 1024, /* some 100 KB: with what else it needs it fits the cache of one processor */
	LOG_BATCH_FRAMES = 256,
	LOG_BATCH_KINDS = 64,    /* of requests that are told from each other quickly */
};

struct log_entry {
	uint64_t key;         /* cmid_index_key of a request */
	uint64_t time, record, offset;
	uint64_t client_time;
	struct guid cmid;
	uint32_t hresult, needed, minutes, status, vm;
	uint32_t line;        /* as the reader counted them; see lines_before */
	uint32_t name, name_len; /* in the texts of the batch */
	uint16_t frame;
	bool has_cmid, has_client_time;
};

struct log_batch {
	struct log_batch *next; /* the owner's */
	uint32_t lines_before;  /* lines of the log in front of where the reader began to count */
	size_t n, n_frames;
	size_t used, cap;       /* of texts */
	char *texts;
	uint16_t kinds[LOG_BATCH_KINDS]; /* by product: 1 + the frame of the last such request; 0: none */
	bool is_damage[LOG_BATCH_FRAMES]; /* offset and message of a damage */
	struct log_event frames[LOG_BATCH_FRAMES];
	struct log_entry entries[LOG_BATCH_EVENTS];
};

struct log_batch *log_batch_new(void);
void log_batch_free(struct log_batch *batch);
void log_batch_clear(struct log_batch *batch);

/* False when it is full. An empty batch takes any event. */
bool log_batch_add(struct log_batch *batch, const struct log_event *event);
bool log_batch_add_damage(struct log_batch *batch, uint64_t offset, const char *text);

static inline struct text log_batch_name(const struct log_batch *batch, const struct log_entry *entry)
{
	return (struct text){ batch->texts + entry->name, entry->name_len };
}

/* The line of the log; 0 in binary formats. */
static inline uint32_t log_batch_line(const struct log_batch *batch, const struct log_entry *entry)
{
	return entry->line ? entry->line + batch->lines_before : 0;
}

/* The event that was added; its texts are those of the batch. */
void log_batch_event(const struct log_batch *batch, const struct log_entry *entry, struct log_event *ret);

/* Tells the sink, the batch as a whole where it takes that. */
void log_batch_tell(const struct log_batch *batch, const struct log_sink *sink);

/*
 * A sink that passes on to another in batches, for a reader and a consumer in one thread:
 *
 *	struct log_batcher batcher;
 *	struct log_sink sink = log_batcher_begin(&batcher, &to);
 *	...
 *	log_batcher_end(&batcher);
 */
struct log_batcher {
	struct log_sink to;
	struct log_batch *batch;
};

struct log_sink log_batcher_begin(struct log_batcher *batcher, const struct log_sink *to);
void log_batcher_end(struct log_batcher *batcher);
