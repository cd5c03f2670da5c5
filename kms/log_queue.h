/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that read logs in parts, ahead of one consumer, and tell it in order.
 *
 * All threads are alike. A thread that looks for work first tells the consumer what
 * is next in the order of files, parts and events, unless another one is doing that;
 * else it reads the next part. So what a thread has read it mostly tells itself, out
 * of its own cache, and nobody waits while there is something to read. Only so many
 * parts are under way, and each has only so many batches.
 *
 * A part of a text begins where an event seems to begin. When the part before has been
 * told it is known where that really is: where it is another place, what was read is
 * thrown away and the part is read again.
 */
#pragma once

#include "kms/log_files.h"

/* Reads the files with so many threads, this one among them. The consumer is called by one of them at a time. */
int log_queue_read(struct log_files *files, unsigned threads, const struct log_consumer *consumer, struct err *err);
