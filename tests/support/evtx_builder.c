/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/evtx_builder.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/base/bytes.h"
#include "common/base/guid.h"
#include "common/base/utf16.h"
#include "tests/support/binxml_writer.h"

#define FIRST_RECORD 512 /* behind chunk header, name table, template table */
#define NAME_TABLE 128
#define TEMPLATE_TABLE 384
#define RECORD_HEAD 24
#define OUTER_VALUES 20
#define OUTER_VALUES_LEN 41 /* all but the last, which is the embedded fragment */
#define KEYWORD_CLASSIC 0x0080000000000000ULL
#define QUALIFIERS 16384 /* severity "informational" */
#define LEVEL_INFORMATION 4

const struct evtx_source evtx_kms_host = {
	.provider = "Microsoft-Windows-Security-SPP",
	.guid = "{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}",
	.event_source = "KmsRequests",
	.channel = "Key Management Service",
};

const struct evtx_source evtx_kms_host_2008 = {
	.provider = "Microsoft-Windows-Security-Licensing-SLC",
	.guid = "{1FD7C1D2-D037-4620-8D29-B2C7E5FCC13A}",
	.event_source = "KmsRequests",
	.channel = "Key Management Service",
};

static const struct guid outer_guid = { { 0x4a, 0x1e, 0x90, 0x11, 0x5c, 0x77, 0x5d, 0x42, 0x9b, 0x0e, 0x21, 0x6d,
					  0x3f, 0x58, 0xa2, 0xc4 } };
static const struct guid inner_guid = { { 0x01, 0x46, 0xd3, 0xec, 0x25, 0x02, 0x67, 0x3e, 0xb6, 0x39, 0xd7, 0x7b,
					  0x70, 0x28, 0x1c, 0xe9 } };

/* Every chunk starts with the same record beginning, so that names and templates lie at the same places. */
struct evtx {
	struct strbuf outer, inner; /* template definitions */
	uint32_t outer_at, inner_at;
	struct binxml_names names;
	struct strbuf chunks;       /* finished ones */
	uint8_t chunk[EVTX_CHUNK_LEN];
	uint32_t at, last_record;
	uint64_t first_id, next_id;
};

uint32_t evtx_crc32(uint32_t crc, const void *data, size_t len)
{
	return (uint32_t)crc32_z(crc, data, len);
}

static void add8(struct strbuf *b, unsigned v)
{
	strbuf_addc(b, (char)(unsigned char)v);
}

static void add16(struct strbuf *b, unsigned v)
{
	uint8_t raw[2];

	store_le16(raw, (uint16_t)v);
	strbuf_add(b, raw, sizeof raw);
}

static void add32(struct strbuf *b, uint32_t v)
{
	uint8_t raw[4];

	store_le32(raw, v);
	strbuf_add(b, raw, sizeof raw);
}

static void add64(struct strbuf *b, uint64_t v)
{
	uint8_t raw[8];

	store_le64(raw, v);
	strbuf_add(b, raw, sizeof raw);
}

static void add_definition(struct strbuf *ret, const struct guid *guid, const struct strbuf *body)
{
	add32(ret, 0); /* next in the chain, set when the chunk is closed */
	strbuf_add(ret, guid->bytes, sizeof guid->bytes);
	add32(ret, (uint32_t)body->len);
	strbuf_add(ret, body->data, body->len);
}

struct evtx *evtx_new(const struct evtx_source *source, const char *computer)
{
	struct evtx *log = xcalloc(1, sizeof *log);
	struct strbuf body = STRBUF_INIT;

	/* Record header, fragment header, instance token; the definition has 24 bytes in front of its body. */
	log->outer_at = FIRST_RECORD + RECORD_HEAD + 4 + 10;
	binxml_system(&body, log->outer_at + 24, &log->names, source, computer);
	add_definition(&log->outer, &outer_guid, &body);
	log->inner_at = log->outer_at + (uint32_t)log->outer.len + 4 + OUTER_VALUES * 4 + OUTER_VALUES_LEN + 4 + 10;
	strbuf_clear(&body);
	binxml_event_data(&body, log->inner_at + 24, &log->names);
	add_definition(&log->inner, &inner_guid, &body);
	strbuf_release(&body);
	log->at = FIRST_RECORD;
	log->first_id = log->next_id = 1;
	return log;
}

void evtx_freep(struct evtx **log)
{
	if (!*log)
		return;
	strbuf_release(&(*log)->outer);
	strbuf_release(&(*log)->inner);
	strbuf_release(&(*log)->chunks);
	free(*log);
	*log = NULL;
}

static void add_instance(struct strbuf *b, const struct guid *guid, uint32_t at)
{
	strbuf_add(b, "\x0f\x01\x01\x00\x0c\x01", 6);
	strbuf_add(b, guid->bytes, 4);
	add32(b, at);
}

static void add_descriptor(struct strbuf *b, size_t len, unsigned type)
{
	add16(b, (unsigned)len);
	add8(b, type);
	add8(b, 0);
}

static int build_inner(struct evtx *log, const struct evtx_event *event, bool fresh, struct strbuf *b, struct err *err)
{
	struct strbuf texts = STRBUF_INIT;

	for (size_t i = 0; i < event->n_strings; i++) {
		if (text_to_utf16le(event->strings[i], strlen(event->strings[i]), &texts, err) < 0) {
			strbuf_release(&texts);
			return -1;
		}
		add16(&texts, 0);
	}
	add_instance(b, &inner_guid, log->inner_at);
	if (fresh)
		strbuf_add(b, log->inner.data, log->inner.len);
	add32(b, 3);
	add_descriptor(b, texts.len, event->n_strings ? 0x81 : 0);
	add_descriptor(b, 4, 8);
	add_descriptor(b, event->binary_len, event->binary_len ? 0x0e : 0);
	strbuf_add(b, strbuf_text(&texts), texts.len);
	add32(b, (uint32_t)event->binary_len);
	strbuf_add(b, event->binary ? event->binary : "", event->binary_len);
	add8(b, 0);
	strbuf_release(&texts);
	return 0;
}

static void add_outer_values(struct evtx *log, const struct evtx_event *event, size_t inner_len, struct strbuf *b)
{
	static const struct {
		uint8_t len, type;
	} kinds[OUTER_VALUES - 1] = {
		{ 1, 4 }, { 1, 4 }, { 2, 6 }, { 2, 6 }, { 2, 6 }, { 8, 0x15 }, { 8, 0x11 }, { 0, 0 },
		{ 4, 8 }, { 4, 8 }, { 8, 0x0a }, { 1, 4 }, /* the others are empty */
	};

	add32(b, OUTER_VALUES);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		add_descriptor(b, kinds[i].len, kinds[i].type);
	add_descriptor(b, inner_len, 0x21);
	add8(b, LEVEL_INFORMATION);
	add8(b, 0);  /* opcode */
	add16(b, 0); /* task */
	add16(b, event->id);
	add16(b, QUALIFIERS);
	add64(b, KEYWORD_CLASSIC);
	add64(b, event->time);
	add32(b, 0); /* process and thread */
	add32(b, 0);
	add64(b, log->next_id);
	add8(b, 0); /* version */
}

static int build_record(struct evtx *log, const struct evtx_event *event, bool fresh, struct strbuf *b, struct err *err)
{
	struct strbuf inner = STRBUF_INIT;
	int result = build_inner(log, event, fresh, &inner, err);

	if (result == 0 && inner.len > UINT16_MAX)
		result = err_set(err, ERR_LIMIT, "event data larger than 65535 bytes");
	add_instance(b, &outer_guid, log->outer_at);
	if (fresh)
		strbuf_add(b, log->outer.data, log->outer.len);
	add_outer_values(log, event, inner.len, b);
	strbuf_add(b, strbuf_text(&inner), inner.len);
	add8(b, 0);
	strbuf_release(&inner);
	return result;
}

static void put_record(struct evtx *log, uint64_t time, const struct strbuf *body, uint32_t size)
{
	uint8_t *at = log->chunk + log->at;

	store_le32(at, 0x2a2a);
	store_le32(at + 4, size);
	store_le64(at + 8, log->next_id);
	store_le64(at + 16, time);
	memcpy(at + RECORD_HEAD, body->data, body->len);
	store_le32(at + size - 4, size);
	log->last_record = log->at;
	log->at += size;
	log->next_id++;
}

static uint32_t guid_hash(const struct guid *guid)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < sizeof guid->bytes; i += 2)
		hash = hash * 65599 + load_le16(guid->bytes + i);
	return hash;
}

/* Puts a definition at the head of its bucket's chain; the old head becomes its next. */
static void chain(uint8_t *chunk, uint32_t table, uint32_t bucket, uint32_t at)
{
	uint8_t *slot = chunk + table + 4 * bucket;

	store_le32(chunk + at, load_le32(slot));
	store_le32(slot, at);
}

static void close_chunk(struct evtx *log)
{
	uint8_t *c = log->chunk;
	uint32_t crc;

	if (log->at == FIRST_RECORD)
		return;
	for (size_t i = 0; i < log->names.n; i++)
		chain(c, NAME_TABLE, log->names.items[i].hash % 64, log->names.items[i].at);
	chain(c, TEMPLATE_TABLE, guid_hash(&outer_guid) % 32, log->outer_at);
	chain(c, TEMPLATE_TABLE, guid_hash(&inner_guid) % 32, log->inner_at);
	memcpy(c, "ElfChnk", 8);
	store_le64(c + 8, log->first_id);
	store_le64(c + 16, log->next_id - 1);
	store_le64(c + 24, log->first_id);
	store_le64(c + 32, log->next_id - 1);
	store_le32(c + 40, NAME_TABLE);
	store_le32(c + 44, log->last_record);
	store_le32(c + 48, log->at);
	store_le32(c + 52, evtx_crc32(0, c + FIRST_RECORD, log->at - FIRST_RECORD));
	store_le32(c + 120, 1);
	crc = evtx_crc32(0, c, 120);
	store_le32(c + 124, evtx_crc32(crc, c + NAME_TABLE, FIRST_RECORD - NAME_TABLE));
	strbuf_add(&log->chunks, c, EVTX_CHUNK_LEN);
	memset(c, 0, EVTX_CHUNK_LEN);
	log->at = FIRST_RECORD;
	log->first_id = log->next_id;
}

int evtx_add(struct evtx *log, const struct evtx_event *event, struct err *err)
{
	bool fresh = log->at == FIRST_RECORD;
	struct strbuf body = STRBUF_INIT;
	int result = build_record(log, event, fresh, &body, err);
	uint32_t size = (uint32_t)round_up(RECORD_HEAD + body.len + 4, 8);

	if (result == 0 && log->at + size <= EVTX_CHUNK_LEN - 8) {
		put_record(log, event->time, &body, size);
		strbuf_release(&body);
		return 0;
	}
	strbuf_release(&body);
	if (result < 0)
		return -1;
	if (fresh)
		return err_set(err, ERR_LIMIT, "event of %u bytes does not fit a chunk", size);
	close_chunk(log);
	return evtx_add(log, event, err);
}

size_t evtx_chunk_count(const struct evtx *log)
{
	return log->chunks.len / EVTX_CHUNK_LEN + (log->at > FIRST_RECORD);
}

uint64_t evtx_record_count(const struct evtx *log)
{
	return log->next_id - 1;
}

static void add_file_header(struct evtx *log, const struct evtx_damage *damage, struct strbuf *ret)
{
	uint8_t h[EVTX_HEADER_LEN] = { 0 };
	size_t chunks = evtx_chunk_count(log), turn = chunks ? damage->rotate % chunks : 0;
	size_t oldest = chunks ? (chunks - turn) % chunks : 0;

	memcpy(h, "ElfFile", 8);
	store_le64(h + 8, oldest);
	store_le64(h + 16, chunks ? (oldest + chunks - 1) % chunks : 0);
	store_le64(h + 24, log->next_id);
	store_le32(h + 32, 128);
	store_le16(h + 36, 1);
	store_le16(h + 38, 3);
	store_le16(h + 40, EVTX_HEADER_LEN);
	store_le16(h + 42, (uint16_t)(damage->dirty ? MAX(chunks / 2, 1) : chunks));
	store_le32(h + 120, damage->dirty);
	store_le32(h + 124, evtx_crc32(0, h, 120));
	strbuf_add(ret, h, sizeof h);
}

void evtx_finish(struct evtx *log, const struct evtx_damage *damage, struct strbuf *ret)
{
	static const struct evtx_damage none;
	size_t chunks, turn;

	if (!damage)
		damage = &none;
	close_chunk(log);
	chunks = evtx_chunk_count(log);
	turn = chunks ? damage->rotate % chunks * EVTX_CHUNK_LEN : 0;
	if (damage->flip && damage->flip_chunk < chunks)
		log->chunks.data[damage->flip_chunk * EVTX_CHUNK_LEN + 3000] ^= 4;
	if (damage->wipe && damage->wipe_chunk < chunks)
		memset(log->chunks.data + damage->wipe_chunk * EVTX_CHUNK_LEN, 0, EVTX_CHUNK_LEN);
	add_file_header(log, damage, ret);
	strbuf_add(ret, strbuf_text(&log->chunks) + turn, log->chunks.len - turn);
	strbuf_add(ret, strbuf_text(&log->chunks), turn);
	strbuf_add_fill(ret, '\0', damage->zero_tail * EVTX_CHUNK_LEN);
}
