/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a WIM resource: stored, compressed in chunks, solid, pipable.
 *
 * A wim_reader belongs to one thread; any number of readers may work on the
 * same file at once, since each reads with pread and keeps its own decompressor,
 * chunk table and last chunk. Nothing is allocated that the file's own length,
 * or data already decompressed, does not stand for.
 */
#pragma once

#include "common/image/wim_header.h"
#include "common/base/strbuf.h"

#define WIM_SOLID_CHUNK_MAX (1u << 28) /* Microsoft uses 64 MiB; one chunk is held in memory */

struct wim_resource {
	unsigned source; /* which of the reader's files, from 0 */
	uint64_t offset;
	uint64_t stored;
	uint64_t size;
	uint32_t chunk_size; /* when compressed */
	enum wim_compression compression;
	bool compressed;
	bool solid;
	bool pipable;
};

/* Describes a resource of header's file that is not solid, after checking it against the file. */
int wim_resource_from_reshdr(const struct wim_header *header, uint64_t file_bytes, const struct wim_reshdr *hdr,
			     const char *what, struct wim_resource *ret, struct err *err);

/* Describes a solid resource: reads the 16 bytes at its start. */
int wim_resource_open_solid(int fd, uint64_t file_bytes, const struct wim_reshdr *hdr, struct wim_resource *ret,
			    struct err *err);

/* ERR_FORMAT when so few stored bytes cannot hold the contents that are claimed. */
int wim_resource_check_size(const struct wim_resource *res, struct err *err);

struct wim_reader;

/* Reads from fd, which stays the caller's, as source 0. */
struct wim_reader *wim_reader_new(int fd);
void wim_reader_freep(struct wim_reader **reader);

/* One more file, another part of a split WIM: returns its number as a source. */
unsigned wim_reader_add_file(struct wim_reader *reader, int fd);

/*
 * Says that the bytes of a source up to end will be wanted: one read may then take more of them than are needed
 * just now. They must be in the file.
 */
void wim_reader_expect(struct wim_reader *reader, unsigned source, uint64_t end);

/*
 * Chunks of solid resources that were decoded elsewhere: lends the contents of one of fd until it is called for another
 * one. NULL: the reader decodes it.
 */
typedef const uint8_t *(*wim_decoded_fn)(void *context, int fd, const struct wim_resource *res, uint64_t chunk);
void wim_reader_set_decoded(struct wim_reader *reader, wim_decoded_fn fn, void *context);

/* Non-zero stops the reading; that value is returned. */
typedef int (*wim_data_fn)(void *context, const void *data, size_t len);

/* Hands the part [offset, offset + len) of the contents to fn, piece by piece. */
int wim_reader_stream(struct wim_reader *reader, const struct wim_resource *res, uint64_t offset, uint64_t len,
		      wim_data_fn fn, void *context, struct err *err);

/*
 * One chunk of a compressed resource: lends its contents until the reader is used again.
 * Reading the same chunk again costs nothing.
 */
int wim_reader_chunk(struct wim_reader *reader, const struct wim_resource *res, uint64_t chunk, const uint8_t **ret,
		     size_t *ret_len, struct err *err);

/* The same as it is stored; as long as its contents when it is not packed. */
int wim_reader_stored_chunk(struct wim_reader *reader, const struct wim_resource *res, uint64_t chunk,
			    const uint8_t **ret, size_t *ret_len, struct err *err);

/* As long as its contents when it is not packed. Reads no more than the chunk table. */
int wim_reader_stored_len(struct wim_reader *reader, const struct wim_resource *res, uint64_t chunk, size_t *ret,
			  struct err *err);

/*
 * For tables that are held in memory: ERR_LIMIT above max bytes, and above what tables compress to. (Lists of
 * 200,000 empty files with counted names come to 22 times; a bomb has hundreds.)
 */
int wim_resource_check_table(const struct wim_resource *res, uint64_t max, struct err *err);

/* Appends the whole contents of such a table. */
int wim_reader_load(struct wim_reader *reader, const struct wim_resource *res, uint64_t max, struct strbuf *ret,
		    struct err *err);
