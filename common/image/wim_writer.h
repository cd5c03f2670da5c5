/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Appends resources to a WIM: compressed in chunks as the header says, or
 * stored when that is not larger.
 */
#pragma once

#include "common/image/wim_hash.h"
#include "common/image/wim_resource.h"

#define WIM_COMPRESSION_LEVEL 20 /* LZX: 6 times as fast as the default 50, 2 percent larger */

/* Contents that can be handed over more than once. feed passes all to sink and stops when that returns non-zero. */
struct wim_source {
	uint64_t size;
	void *context;
	int (*feed)(void *context, wim_data_fn sink, void *sink_context, struct err *err);
};

struct wim_source wim_source_of(const struct bytes *data);

struct wim_writer;

/* Writes to fd (the caller's) from offset at on, in the compression of header. */
struct wim_writer *wim_writer_new(int fd, uint64_t at, const struct wim_header *header, struct err *err);
void wim_writer_freep(struct wim_writer **writer);

/* Where the next resource will be. */
uint64_t wim_writer_at(const struct wim_writer *writer);

/* Appends one resource; flags are added to those in ret. A signal while signals are held gives ERR_CANCELLED. */
int wim_writer_put(struct wim_writer *writer, const struct wim_source *source, uint8_t flags, struct wim_reshdr *ret,
		   struct err *err);

/* The same without compression. */
int wim_writer_put_plain(struct wim_writer *writer, const struct wim_source *source, uint8_t flags,
			 struct wim_reshdr *ret, struct err *err);

/* Every write to a WIM or to its journal goes through here. */
int wim_write_at(int fd, const void *data, size_t len, uint64_t at, struct err *err);

/* For tests: called before every write and every other step that changes files, with its name. */
extern void (*wim_write_hook)(const char *step);
void wim_write_step(const char *step);
