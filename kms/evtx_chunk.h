/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One chunk of an .evtx file: its header and checksums, the walk over its
 * records with recovery behind damage, and the plans of its templates.
 */
#pragma once

#include "kms/evtx.h"

enum evtx_chunk_offset {
	CHUNK_FIRST_ID = 24,
	CHUNK_LAST_ID = 32,
	CHUNK_LAST_OFFSET = 44,
	CHUNK_FREE = 48,        /* offset behind the last record */
	CHUNK_RECORDS_CRC = 52, /* of [512, free) */
	CHUNK_HEADER_CRC = 124, /* of [0, 120) and [128, 512) */
	CHUNK_RECORDS = 512,
};

enum evtx_record_offset {
	RECORD_SIZE = 4,
	RECORD_ID = 8,
	RECORD_WRITTEN = 16,
	RECORD_XML = 24,
	RECORD_MIN = 28, /* header and the size once more at the end */
};

#define EVTX_CHUNK_MAGIC "ElfChnk"  /* with its NUL */
#define EVTX_RECORD_MAGIC 0x00002a2aU
#define EVTX_PLANS 32 /* slots of the cache; a chunk seldom has more than ten definitions */

struct evtx_plan_slot {
	bool used;
	bool good;
	uint32_t definition;
	struct evtx_plan plan;
};

struct evtx_chunk {
	struct bytes bytes;
	bool dirty; /* the log was not closed: records may lie behind the free offset */
	struct evtx_plan_slot plans[EVTX_PLANS];
};

/* Walks one chunk; bytes may be shorter than a chunk when the file was cut. */
void evtx_chunk_read(struct evtx_chunk *chunk, struct bytes bytes, bool dirty, const struct evtx_sink *sink);
