/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events in a row, with copies of their texts: what one thread hands to another,
 * and what makes it possible to see a few events ahead.
 */
#pragma once

#include "kms/log_event.h"

enum { LOG_BATCH_EVENTS = 256 };

struct log_batch {
	struct log_batch *next; /* the owner's */
	size_t n;
	size_t used, cap;       /* of texts */
	char *texts;
	uint32_t n_damages;
	uint16_t damages[LOG_BATCH_EVENTS]; /* events that are none: offset and message of a damage */
	struct log_event events[LOG_BATCH_EVENTS];
};

struct log_batch *log_batch_new(void);
void log_batch_free(struct log_batch *batch);
void log_batch_clear(struct log_batch *batch);

/* False when it is full. An empty batch takes any event. */
bool log_batch_add(struct log_batch *batch, const struct log_event *event);
bool log_batch_add_damage(struct log_batch *batch, uint64_t offset, const char *text);

/* Tells the sink, line numbers higher by lines_before. */
void log_batch_tell(struct log_batch *batch, uint32_t lines_before, const struct log_sink *sink);

/*
 * A sink that passes on to another in batches, for a reader and a consumer in one thread:
 *
 *	struct log_batcher batcher;
 *	struct log_sink sink = log_batcher_begin(&batcher, &to);
 *	...
 *	log_batcher_end(&batcher);
 */
struct log_batcher {
	const struct log_sink *to;
	struct log_batch *batch;
};

struct log_sink log_batcher_begin(struct log_batcher *batcher, const struct log_sink *to);
void log_batcher_end(struct log_batcher *batcher);
