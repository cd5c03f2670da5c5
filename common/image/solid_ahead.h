/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decodes solid chunks before they are asked for, for one who knows in which order he will read. Some threads, each with
 * a wim_reader, work on the next chunks while the owner's thread uses one:
 *
 *	solid_ahead_expect(ahead, fd, &blob->res, blob->at, blob->size);   for all blobs, in the order of reading
 *	wim_reader_set_decoded(reader, solid_ahead_chunk, ahead);          chunks now come from here
 *
 * A chunk that is damaged, that was not expected, or for which memory would be short comes not at all: its reader decodes
 * it by himself, and hears why that fails. Threads start with the first chunk.
 */
#pragma once

#include "common/image/wim_resource.h"

struct solid_ahead;

/* processors: that are to be kept busy. */
struct solid_ahead *solid_ahead_new(unsigned processors);
void solid_ahead_freep(struct solid_ahead **ahead);

/* [offset, offset + len) of the contents of a solid resource in fd will be read. Before the first chunk is asked for. */
void solid_ahead_expect(struct solid_ahead *ahead, int fd, const struct wim_resource *res, uint64_t offset,
			uint64_t len);

/* A wim_decoded_fn: lends the chunk until it is called for another one. */
const uint8_t *solid_ahead_chunk(void *ahead, int fd, const struct wim_resource *res, uint64_t chunk);
