/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/evtx_chunk.h"

enum evtx_file_offset {
	FILE_FLAGS = 120,
	FILE_DIRTY = 1,
	FILE_HEADER_USED = 128,
};

static const char evtx_magic[8] = "ElfFile"; /* with its NUL */

bool evtx_is(struct bytes head)
{
	return bytes_equal(head, 0, evtx_magic, sizeof(evtx_magic));
}

static bool is_chunk(struct bytes block)
{
	return bytes_equal(block, 0, EVTX_CHUNK_MAGIC, sizeof(EVTX_CHUNK_MAGIC));
}

/* Compares with itself, shifted by one: fast, and right for any length. */
static bool is_zero(struct bytes block)
{
	return block.len == 0 || (block.data[0] == 0 && memcmp(block.data, block.data + 1, block.len - 1) == 0);
}

struct blocks {
	const struct evtx_sink *sink;
	struct evtx_chunk chunk;
	bool dirty;
	uint64_t hole; /* 1 + offset of empty blocks: unused at the end of a log, lost between chunks */
};

static void read_block(struct blocks *b, struct bytes block)
{
	const struct evtx_sink *sink = b->sink;

	if (is_zero(block)) {
		if (!b->hole)
			b->hole = block.offset + 1;
		return;
	}
	if (b->hole)
		sink->damage(sink->context, b->hole - 1, "the chunks from here on are empty, but others follow");
	b->hole = 0;
	if (!is_chunk(block)) {
		sink->damage(sink->context, block.offset,
			     block.len < EVTX_CHUNK_LEN ? "the bytes behind the last chunk are no chunk" :
							  "this block is no chunk");
		return;
	}
	if (block.len < EVTX_CHUNK_LEN)
		sink->damage(sink->context, block.offset, "the file ends inside this chunk");
	evtx_chunk_read(&b->chunk, block, b->dirty, sink);
}

/* Where the empty blocks begin that end at this place, if there are any: 1 + offset, else 0. */
static uint64_t hole_before(struct bytes file, size_t at)
{
	uint64_t hole = 0;
	struct bytes block;

	while (at >= EVTX_FILE_HEADER_LEN + EVTX_CHUNK_LEN &&
	       bytes_slice(file, at - EVTX_CHUNK_LEN, EVTX_CHUNK_LEN, &block) && is_zero(block)) {
		at -= EVTX_CHUNK_LEN;
		hole = block.offset + 1;
	}
	return hole;
}

bool evtx_is_dirty(struct bytes start)
{
	return start.len >= FILE_HEADER_USED && (bytes_le32(start, FILE_FLAGS) & FILE_DIRTY);
}

bool evtx_has_header(struct bytes start)
{
	return start.len >= FILE_HEADER_USED;
}

void evtx_read(struct bytes file, bool dirty, struct log_span *span, const struct evtx_sink *sink)
{
	struct blocks blocks = { .sink = sink, .dirty = dirty };

	if (file.offset + span->at < EVTX_FILE_HEADER_LEN)
		span->at = (size_t)(EVTX_FILE_HEADER_LEN - file.offset);
	blocks.hole = span->carry == LOG_CARRY_UNKNOWN ? hole_before(file, span->at) : span->carry;
	while (span->at < MIN(span->stop, file.len)) {
		struct bytes block = bytes_from(file, span->at);

		block.len = MIN(block.len, (size_t)EVTX_CHUNK_LEN);
		read_block(&blocks, block);
		span->at += block.len;
	}
	span->carry = blocks.hole;
}
