/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that read logs in parts, ahead of one consumer, and tell it in order.
 *
 * All threads are alike. A thread that looks for work tells the consumer what is next
 * in the order of files, parts and events, if it has read that itself; else it reads
 * the next part; only when there is none it tells what another has read. So what is
 * told lies in the cache of the thread that tells it, and so do the batches that it
 * fills anew: between processors that share no cache each line of memory that moves
 * can take longer than reading an event. Nobody waits while there is something to read.
 * Only so many parts are under way, and each has only so many batches.
 *
 * A part of a text begins where an event seems to begin. When the part before has been
 * told it is known where that really is: where it is another place, what was read is
 * thrown away and the part is read again.
 */
#pragma once

#include "kms/log_files.h"

/* Reads the files with so many threads, this one among them. The consumer is called by one of them at a time. */
int log_queue_read(struct log_files *files, unsigned threads, const struct log_consumer *consumer, struct err *err);
