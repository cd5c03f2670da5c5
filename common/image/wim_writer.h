/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Appends resources to a WIM: compressed in chunks as the header says, or
 * stored when that is not larger. Chunks are compressed on several threads; the
 * bytes written are the same for any number of them.
 *
 *	wim_writer_queue(w, &source, 0, &at[0], err);      at[0] is known
 *	wim_writer_queue_copy(w, fd, &from, &at[1], err);  after the flush
 *	wim_writer_flush(w, err);
 *
 * After an error the writer can only be freed.
 */
#pragma once

#include "common/image/wim_hash.h"
#include "common/image/wim_pack.h"
#include "common/image/wim_resource.h"

/* Contents that can be handed over more than once. feed passes all to sink and stops when that returns non-zero. */
struct wim_source {
	uint64_t size;
	const uint8_t *hash; /* SHA-1, lent until the flush; wanted in a pipable WIM alone */
	void *context;
	int (*feed)(void *context, wim_data_fn sink, void *sink_context, struct err *err);
	/*
	 * For contents of which much is in a WIM already: puts the packed form of a chunk, in the compression and chunk
	 * size of the writer, to ret and returns its length, below len; 0 when it has none. May be NULL.
	 */
	size_t (*packed)(void *context, uint64_t chunk, const uint8_t *contents, size_t len, uint8_t *ret);
};

struct wim_source wim_source_of(const struct bytes *data);

struct wim_writer;

/* Writes to fd (the caller's) from offset at on, in the compression of header at WIM_COMPRESSION_LEVEL. */
struct wim_writer *wim_writer_new(int fd, uint64_t at, const struct wim_header *header, struct err *err);

/* The same with a level and a number of threads. */
struct wim_writer *wim_writer_new_packing(int fd, uint64_t at, const struct wim_packing *packing, struct err *err);
void wim_writer_freep(struct wim_writer **writer);

/* Where the next resource will be; right only when nothing waits. */
uint64_t wim_writer_at(const struct wim_writer *writer);

/* Goes on in another file. Nothing may wait, but for the hook below. */
void wim_writer_move(struct wim_writer *writer, int fd, uint64_t at);

/*
 * From here on resources are as in a pipable WIM: a header in front of each, sizes in front of its chunks, the chunk
 * table behind them.
 */
void wim_writer_set_pipable(struct wim_writer *writer);

/*
 * Called when a resource has its place in the file, before the next one is begun: ret is what the caller gave. It may
 * settle the writer, copy the resource elsewhere, change *ret and move the writer. Non-zero (with err set) stops.
 */
typedef int (*wim_written_fn)(void *context, struct wim_reshdr *ret, struct err *err);
void wim_writer_on_written(struct wim_writer *writer, wim_written_fn fn, void *context);

/*
 * Appends one resource; flags are added to those in *ret, which must stay where it is until the flush. source is read
 * before it returns. A signal while signals are held gives ERR_CANCELLED.
 */
int wim_writer_queue(struct wim_writer *writer, const struct wim_source *source, uint8_t flags, struct wim_reshdr *ret,
		     struct err *err);

/* Appends the stored bytes of a resource of another file, which must fit the compression of this one. hash as above. */
int wim_writer_queue_copy(struct wim_writer *writer, int fd, const struct wim_reshdr *from, const uint8_t *hash,
			  struct wim_reshdr *ret, struct err *err);

/*
 * The same of a compressed resource of which only the layout is another one, pipable or not: its chunks are copied. It is
 * read by reader before this returns.
 */
int wim_writer_queue_chunks(struct wim_writer *writer, struct wim_reader *reader, const struct wim_resource *res,
			    const uint8_t *hash, uint8_t flags, struct wim_reshdr *ret, struct err *err);

/* One solid resource, in the writer's compression and chunk size; *ret is as its row in the blob table has it. */
int wim_writer_put_solid(struct wim_writer *writer, const struct wim_source *source, struct wim_reshdr *ret,
			 struct err *err);

/* Writes the copies whose places are known: copies that lie beside one another wait, to be one. */
int wim_writer_settle(struct wim_writer *writer, struct err *err);

/* Until all that was queued is in the file. */
int wim_writer_flush(struct wim_writer *writer, struct err *err);

/* Queue and flush. */
int wim_writer_put(struct wim_writer *writer, const struct wim_source *source, uint8_t flags, struct wim_reshdr *ret,
		   struct err *err);

/* The same without compression. */
int wim_writer_put_plain(struct wim_writer *writer, const struct wim_source *source, uint8_t flags,
			 struct wim_reshdr *ret, struct err *err);

/* Every write to a WIM or to its journal goes through here. */
int wim_write_at(int fd, const void *data, size_t len, uint64_t at, struct err *err);

/* In front of a resource of a pipable WIM: its SHA-1, its size, its flags. */
#define WIM_PIPE_HEADER_LEN 40
int wim_write_pipe_header(int fd, uint64_t at, const uint8_t hash[WIM_HASH_LEN], uint64_t size, uint8_t flags,
			  struct err *err);

/* Copies bytes between files, in the kernel where it can. */
int wim_copy_range(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t len, struct err *err);

/* For tests: called before every write and every other step that changes files, with its name. */
extern void (*wim_write_hook)(const char *step);
void wim_write_step(const char *step);
