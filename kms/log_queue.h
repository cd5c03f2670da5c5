/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that read logs ahead of one consumer, in parts. Each part has a queue of
 * batches with a bound, and only so many parts are under way; parts are taken in
 * order, so the one that the consumer waits for is always being read.
 *
 * A part of a text begins where an event seems to begin. The consumer knows where the
 * part before really ended: where that is another place, it throws the part away and
 * reads it itself.
 */
#pragma once

#include "kms/log_event.h"

struct log_files;
struct log_queue;

/* Starts the threads. The files must stay until the queue is freed. */
struct log_queue *log_queue_new(const struct log_files *files, unsigned threads);

/* What log_read of file i would do. Files are asked for in order, each once. */
int log_queue_read(struct log_queue *queue, size_t i, const struct log_sink *sink, const char **ret_format,
		   struct err *err);

/* Stops the threads; files not yet asked for are dropped. */
void log_queue_free(struct log_queue *queue);
