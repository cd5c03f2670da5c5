/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compresses chunks on several threads and hands them back in the order in
 * which they came, so that the result does not depend on the number of threads.
 * One thread, the owner's, fills and takes:
 *
 *	if (wim_pack_is_full(pack)) take the oldest
 *	data = wim_pack_room(pack);  fill it;  wim_pack_submit(pack, len, tag);
 *	...
 *	while (wim_pack_take(pack, &chunk)) { use it;  wim_pack_drop(pack); }
 *
 * Threads start with the first chunk.
 */
#pragma once

#include "common/base/err.h"
#include "common/image/wim_header.h"

#define WIM_COMPRESSION_LEVEL 20 /* LZX: 6 times as fast as the default 50, 2 percent larger */

struct wim_packing {
	enum wim_compression compression; /* not WIM_NONE */
	uint32_t chunk_size;
	unsigned level;   /* 1 to 100; 0: libwim's default */
	unsigned threads; /* 0: one for each processor */
};

struct wim_packed {
	const uint8_t *data; /* lent until wim_pack_drop */
	size_t len;
	size_t contents; /* equal to len when it is stored as it was */
	void *tag;
};

struct wim_pack;

struct wim_pack *wim_pack_new(const struct wim_packing *packing, struct err *err);
void wim_pack_freep(struct wim_pack **pack);

bool wim_pack_is_empty(const struct wim_pack *pack);
bool wim_pack_is_full(const struct wim_pack *pack);

/* chunk_size bytes for the next chunk; the pack must not be full. */
uint8_t *wim_pack_room(struct wim_pack *pack);

/* len 0 is a place in the order that needs no work. */
void wim_pack_submit(struct wim_pack *pack, size_t len, void *tag);

/* For a chunk whose packed form is known: chunk_size bytes for it, then it is submitted with the length of that form. */
uint8_t *wim_pack_packed_room(struct wim_pack *pack);
void wim_pack_submit_packed(struct wim_pack *pack, size_t len, size_t packed_len, void *tag);

/* Waits for the oldest chunk; false when there is none. */
bool wim_pack_take(struct wim_pack *pack, struct wim_packed *ret);
void wim_pack_drop(struct wim_pack *pack);

/* How many processors this process may use. */
unsigned wim_processors(void);
