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
	bool has_hole; /* empty blocks: unused at the end of a log, lost between chunks */
	uint64_t hole;
};

static void read_block(struct blocks *b, struct bytes block)
{
	const struct evtx_sink *sink = b->sink;

	if (is_zero(block)) {
		if (!b->has_hole)
			b->hole = block.offset;
		b->has_hole = true;
		return;
	}
	if (b->has_hole)
		sink->damage(sink->context, b->hole, "the chunks from here on are empty, but others follow");
	b->has_hole = false;
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

int evtx_read(struct bytes file, const struct evtx_sink *sink, struct err *err)
{
	struct blocks blocks = { .sink = sink };

	if (file.len < FILE_HEADER_USED)
		return err_set(err, ERR_TRUNCATED, "the file ends inside its header");
	blocks.dirty = bytes_le32(file, FILE_FLAGS) & FILE_DIRTY;
	for (size_t at = EVTX_FILE_HEADER_LEN; at < file.len; at += EVTX_CHUNK_LEN) {
		struct bytes block = bytes_from(file, at);

		block.len = MIN(block.len, (size_t)EVTX_CHUNK_LEN);
		read_block(&blocks, block);
	}
	return 0;
}
