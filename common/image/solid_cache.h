/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decoded chunks of solid resources for readers at random places. A chunk (64 MiB
 * as Microsoft makes them) is decoded once and kept in a scratch file without a
 * name; the chunks used longest ago give way when more than the limit are kept.
 * Memory is that of the decoders alone: SOLID_DECODERS times a chunk and its
 * compressed form.
 *
 * Any number of threads may read. Two that want the same chunk wait for one decoder.
 */
#pragma once

#include "common/image/image_private.h"

#define SOLID_DECODERS 2

struct solid_cache;

/*
 * The scratch file lies in folder; when it cannot be made there, in memory, then with limits of at most 256 MiB.
 * file must outlive the cache. limit: bytes of decoded data kept; one chunk is always.
 */
struct solid_cache *solid_cache_new(const struct image_file *file, const char *folder, uint64_t limit);
void solid_cache_freep(struct solid_cache **cache);

/* Copies [offset, offset + len) of the contents of a solid resource. */
int solid_cache_read(struct solid_cache *cache, const struct wim_resource *res, uint64_t offset, size_t len,
		     void *ret, struct err *err);
