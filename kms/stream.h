/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes that come one after the other: out of a pipe, gzip, zstd or UTF-16, in any
 * of these wrappings at once. However much comes out, a stream holds less than a
 * megabyte (zstd: the window of a frame, at most 8 MiB).
 */
#pragma once

#include <sys/types.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

struct stream;

/* Bytes that are not what they mean: a stream makes plain UTF-8, or an .evtx file, of them. */
bool stream_is_needed(struct bytes start);

/* Of an open file (not closed here), or of bytes when fd is -1. */
struct stream *stream_new(int fd, struct bytes bytes);
void stream_freep(struct stream **stream);

/* The next bytes, at most cap; 0 at the end, -1 when what was there before is all that can be had. */
ssize_t stream_read(struct stream *stream, void *to, size_t cap, struct err *err);
