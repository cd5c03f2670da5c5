/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reader of Windows event logs (.evtx): a header block, then chunks of 64 KiB,
 * each with its own names, templates and records. Nothing in the header is
 * believed: a log that was not closed, was cut or has damaged parts is read as
 * far as it goes, and each damage is told with its offset.
 *
 *	struct evtx_sink sink = { .context = x, .record = on_record, .damage = on_damage };
 *	evtx_read(file, evtx_is_dirty(file), &span, &sink);
 *
 * evtx_record_fields is for the records a caller wants to look into.
 */
#pragma once

#include "kms/evtx_plan.h"
#include "kms/reader.h"

#define EVTX_FILE_HEADER_LEN 4096
#define EVTX_CHUNK_LEN 65536
#define EVTX_STRINGS_MAX 32

struct evtx_chunk;

/* A record as it stands in its chunk. */
struct evtx_record {
	uint64_t id;
	uint64_t written; /* FILETIME */
	uint64_t offset;  /* in the file */
	bool recovered;   /* found by its marks behind damage */
	struct evtx_chunk *chunk;
	size_t at;        /* of its BinXML in the chunk */
	size_t end;
};

/* What the XML of the record says. Texts are UTF-16 and lend from the file. */
struct evtx_fields {
	bool has_event_id;
	uint32_t event_id;
	bool has_record_id;
	uint64_t record_id;
	bool has_created;
	uint64_t created; /* FILETIME */
	struct bytes provider;
	struct bytes source;
	struct bytes channel;
	struct bytes computer;
	size_t n_strings;
	struct bytes strings[EVTX_STRINGS_MAX]; /* without NUL */
	size_t binary_len;
};

struct evtx_sink {
	void *context;
	void (*record)(void *context, const struct evtx_record *record);
	void (*damage)(void *context, uint64_t offset, const char *text);
};

bool evtx_is(struct bytes head);

/* Of the beginning of a file: is its header whole; was it not closed? */
bool evtx_has_header(struct bytes start);
bool evtx_is_dirty(struct bytes start);

/* The chunks that begin in the span. */
void evtx_read(struct bytes file, bool dirty, struct log_span *span, const struct evtx_sink *sink);

int evtx_record_fields(const struct evtx_record *record, struct evtx_fields *ret, struct err *err);
