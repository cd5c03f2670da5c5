/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The integrity table: the SHA-1 of each 10 MiB between the header and the end of the blob table. */
#pragma once

#include "common/image/wim_resource.h"

#define WIM_INTEGRITY_MAX (1u << 26) /* thirty million megabytes of WIM */

enum integrity_field {
	INTEGRITY_SIZE = 0,
	INTEGRITY_COUNT = 4,
	INTEGRITY_CHUNK_SIZE = 8,
	INTEGRITY_HEADER_LEN = 12,
};

/* Reads and checks the table of a WIM that has one. */
int wim_integrity_load(int fd, uint64_t file_bytes, const struct wim_header *header, struct strbuf *ret,
		       struct err *err);

/* Where the bytes end that the table speaks of. */
uint64_t wim_integrity_end(const struct wim_header *header);

/* SHA-1 of chunk number index of a file whose covered bytes end at end. */
int wim_integrity_chunk(int fd, uint32_t chunk_size, uint64_t index, uint64_t end, uint8_t ret[20], struct err *err);

/*
 * Appends the table for a file whose covered bytes end at end, summed on all processors. Chunks that
 * lie wholly before kept_end have the sums of the old table; old NULL or empty: there is none.
 */
int wim_integrity_build(int fd, const struct strbuf *old, uint64_t kept_end, uint64_t end, struct strbuf *ret,
			struct err *err);

/* The same for who waits: fn hears of each few chunks, about so many bytes, in the calling thread; not 0: ERR_CANCELLED. */
struct wim_integrity_steps {
	int (*fn)(void *context, uint64_t bytes);
	void *context;
};
int wim_integrity_build_telling(int fd, const struct strbuf *old, uint64_t kept_end, uint64_t end,
				const struct wim_integrity_steps *steps, struct strbuf *ret, struct err *err);

/* ERR_FORMAT when the file differs from its table; a WIM without one is right. */
int wim_integrity_compare(int fd, uint64_t file_bytes, const struct wim_header *header, struct err *err);
