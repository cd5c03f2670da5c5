/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/evtx_chunk.h"

#include <libdeflate.h>
#include <stdio.h>

enum { HEADER_CRC_PART = 120, HEADER_TABLES = 128, RECORD_STEP = 8 };

/* Records of one chunk have neighbouring numbers: what differs more is chance, not a record. */
#define RECOVERED_ID_SPAN 65536

struct chunk_walk {
	struct evtx_chunk *chunk;
	const struct evtx_sink *sink;
	size_t limit;
	bool has_last_id;
	uint64_t last_id;
	bool recovering;
};

static void damage(const struct chunk_walk *w, size_t at, const char *text)
{
	w->sink->damage(w->sink->context, w->chunk->bytes.offset + at, text);
}

static uint32_t crc_of(struct bytes b, size_t at, size_t len)
{
	return libdeflate_crc32(0, b.data + at, len);
}

static bool header_crc_agrees(struct bytes b)
{
	uint32_t crc = libdeflate_crc32(0, b.data, HEADER_CRC_PART);

	crc = libdeflate_crc32(crc, b.data + HEADER_TABLES, CHUNK_RECORDS - HEADER_TABLES);
	return crc == bytes_le32(b, CHUNK_HEADER_CRC);
}

/* Where the records end; the whole chunk when its header cannot be believed. */
static size_t check_header(struct chunk_walk *w)
{
	struct bytes b = w->chunk->bytes;
	uint32_t free_offset = bytes_le32(b, CHUNK_FREE);
	bool free_good = free_offset >= CHUNK_RECORDS && free_offset <= EVTX_CHUNK_LEN;

	if (!header_crc_agrees(b))
		damage(w, 0, "the checksum of the chunk header does not agree");
	if (!free_good) {
		damage(w, CHUNK_FREE, "the end of the records lies outside the chunk");
		return b.len;
	}
	if (free_offset > b.len)
		return b.len;
	if (crc_of(b, CHUNK_RECORDS, free_offset - CHUNK_RECORDS) != bytes_le32(b, CHUNK_RECORDS_CRC))
		damage(w, CHUNK_RECORDS, "the checksum of the records in this chunk does not agree");
	return free_offset;
}

static bool record_at(struct bytes b, size_t at, size_t *ret_size)
{
	uint32_t size;

	if (!bytes_holds(b, at, RECORD_MIN) || bytes_le32(b, at) != EVTX_RECORD_MAGIC)
		return false;
	size = bytes_le32(b, at + RECORD_SIZE);
	if (size < RECORD_MIN || !bytes_holds(b, at, size) || bytes_le32(b, at + size - 4) != size)
		return false;
	*ret_size = size;
	return true;
}

/* The record that is next by its number, whose end was not written or is damaged. */
static bool torn_record_at(const struct chunk_walk *w, size_t at, size_t *ret_size)
{
	struct bytes b = w->chunk->bytes;
	uint64_t next = w->has_last_id ? w->last_id + 1 : bytes_le64(b, CHUNK_FIRST_ID);

	if (!bytes_holds(b, at, RECORD_MIN) || bytes_le32(b, at) != EVTX_RECORD_MAGIC ||
	    bytes_le64(b, at + RECORD_ID) != next)
		return false;
	*ret_size = bytes_le32(b, at + RECORD_SIZE);
	return *ret_size >= RECORD_MIN && bytes_holds(b, at, *ret_size);
}

static bool id_plausible(const struct chunk_walk *w, uint64_t id)
{
	uint64_t base = w->has_last_id ? w->last_id : bytes_le64(w->chunk->bytes, CHUNK_FIRST_ID);

	return id - base < RECOVERED_ID_SPAN;
}

/* The next place behind at where a whole record stands; the limit when there is none. */
static size_t recover(const struct chunk_walk *w, size_t at, size_t limit)
{
	size_t size;

	for (at = (at + RECORD_STEP) & ~(size_t)(RECORD_STEP - 1); at + RECORD_MIN <= limit; at += RECORD_STEP)
		if (record_at(w->chunk->bytes, at, &size) &&
		    id_plausible(w, bytes_le64(w->chunk->bytes, at + RECORD_ID)))
			return at;
	return limit;
}

static void tell(struct chunk_walk *w, size_t at, size_t size)
{
	struct bytes b = w->chunk->bytes;
	struct evtx_record record = {
		.id = bytes_le64(b, at + RECORD_ID),
		.written = bytes_le64(b, at + RECORD_WRITTEN),
		.offset = b.offset + at,
		.recovered = w->recovering,
		.chunk = w->chunk,
		.at = at + RECORD_XML,
		.end = at + size - 4,
	};

	w->has_last_id = true;
	w->last_id = record.id;
	w->sink->record(w->sink->context, &record);
}

static void tell_break(struct chunk_walk *w, size_t at, size_t next)
{
	char text[96];

	w->recovering = true;
	snprintf(text, sizeof(text), "%zu bytes are no records; %s", next - at,
		 next < w->limit ? "reading goes on behind them" : "the rest of the chunk is lost");
	damage(w, at, text);
}

/* In a log that was not closed the header is older than the last records. */
static void read_behind_free(struct chunk_walk *w, size_t at)
{
	size_t size;

	while (record_at(w->chunk->bytes, at, &size) && w->has_last_id &&
	       bytes_le64(w->chunk->bytes, at + RECORD_ID) == w->last_id + 1) {
		tell(w, at, size);
		at += size;
	}
}

static bool rest_is_zero(struct bytes b, size_t at)
{
	for (; at < b.len; at++)
		if (b.data[at])
			return false;
	return true;
}

void evtx_chunk_read(struct evtx_chunk *chunk, struct bytes bytes, bool dirty, const struct evtx_sink *sink)
{
	struct chunk_walk w = { .chunk = chunk, .sink = sink };
	size_t at = CHUNK_RECORDS, size;

	chunk->bytes = bytes;
	chunk->dirty = dirty;
	for (size_t i = 0; i < EVTX_PLANS; i++)
		chunk->plans[i].used = false;
	if (bytes.len < CHUNK_RECORDS) {
		damage(&w, 0, "the file ends inside a chunk header");
		return;
	}
	w.limit = check_header(&w);
	while (at + RECORD_MIN <= w.limit) {
		size_t next;

		if (record_at(bytes, at, &size)) {
			tell(&w, at, size);
			at += size;
			continue;
		}
		if (rest_is_zero(bytes, at))
			break;
		next = recover(&w, at, w.limit);
		tell_break(&w, at, next);
		if (torn_record_at(&w, at, &size))
			tell(&w, at, size);
		at = next;
	}
	if (dirty)
		read_behind_free(&w, at);
}
