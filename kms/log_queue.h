/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that read files ahead of one consumer. Each file has a queue of copied
 * events with a bound; files are taken in order, so the one that the consumer
 * waits for is always being read.
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
