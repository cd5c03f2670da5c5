/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows event logs (.evtx 3.1) with classic events: chunks, BinXML templates,
 * name and template tables, checksums. The log is built in memory.
 *
 *	struct evtx *log = evtx_new(&evtx_kms_host, "kms01.example.com");
 *	evtx_add(log, &event, err);  ...
 *	evtx_finish(log, &damage, out);
 */
#pragma once

#include "common/base/err.h"
#include "common/base/strbuf.h"

#define EVTX_HEADER_LEN 4096
#define EVTX_CHUNK_LEN 65536

/* Who writes the events. */
struct evtx_source {
	const char *provider;
	const char *guid; /* in braces */
	const char *event_source;
	const char *channel;
};

extern const struct evtx_source evtx_kms_host;      /* 7, 2008 R2 and later */
extern const struct evtx_source evtx_kms_host_2008; /* Vista, 2008 */

struct evtx_event {
	uint64_t time; /* FILETIME */
	uint16_t id;
	const char *const *strings; /* WTF-8 */
	size_t n_strings;
	const void *binary;
	size_t binary_len;
};

/* Applied to the finished log; a zero struct is a sound log. */
struct evtx_damage {
	bool dirty;       /* flag, and half of the chunk count in the header */
	size_t rotate;    /* this chunk is stored first, as in a log that has wrapped */
	bool flip;        /* flips one bit in the records of chunk flip_chunk */
	size_t flip_chunk;
	bool wipe;        /* zeroes wipe_chunk */
	size_t wipe_chunk;
	size_t zero_tail; /* unused chunks behind the used ones */
};

struct evtx;

struct evtx *evtx_new(const struct evtx_source *source, const char *computer);
void evtx_freep(struct evtx **log);

/* Record numbers go up from 1. An event that no chunk can hold: ERR_LIMIT. */
int evtx_add(struct evtx *log, const struct evtx_event *event, struct err *err);

size_t evtx_chunk_count(const struct evtx *log); /* with the one being filled */
uint64_t evtx_record_count(const struct evtx *log);

/* Appends the file. damage may be NULL. */
void evtx_finish(struct evtx *log, const struct evtx_damage *damage, struct strbuf *ret);

/* CRC-32 as used by the format (the one of zlib). */
uint32_t evtx_crc32(uint32_t crc, const void *data, size_t len);
