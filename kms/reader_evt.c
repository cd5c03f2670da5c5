/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Event logs of Windows Server 2003 and XP (.evt), where KMS 1.x wrote. Records lie in
 * a ring behind a header; a small cursor record stands where the next one will be
 * written and tells where the oldest is. The header of a log that was not closed does
 * not know that, so the cursor is looked for. A record may go on at the start of the ring.
 */
#include <stdio.h>

#include "common/base/filetime.h"
#include "kms/string_event.h"
#include "kms/reader.h"

enum header_offset {
	HEADER_SIGNATURE = 4,
	HEADER_END = 20, /* of the cursor */
	HEADER_LEN = 48,
};

enum cursor_offset {
	CURSOR_OLDEST = 20,
	CURSOR_LEN = 40,
};

enum record_offset {
	RECORD_SIGNATURE = 4,
	RECORD_NUMBER = 8,
	RECORD_GENERATED = 12, /* seconds since 1970 */
	RECORD_ID = 20,        /* severity and qualifiers in the upper half */
	RECORD_STRINGS = 26,   /* how many */
	RECORD_STRINGS_AT = 36,
	RECORD_DATA_LEN = 48,
	RECORD_NAMES = 56,     /* source, then computer */
	RECORD_MIN = RECORD_NAMES + 4,
};

enum {
	RECORD_MAX = 1 << 18, /* Windows writes at most 64 KiB of strings and as much data */
	FILLER = 0x27,        /* fills what is left when a record does not fit */
	STEP = 4,
};

static const char signature[4] = { 'L', 'f', 'L', 'e' };

struct evt {
	struct bytes log;
	const struct log_sink *sink;
	struct string_event strings;
	struct evtx_fields fields;
	struct strbuf joined; /* a record from the end and the start of the ring */
	bool has_number;
	uint32_t number;
};

static bool is_evt(struct bytes start)
{
	return start.len >= HEADER_LEN && bytes_le32(start, 0) == HEADER_LEN &&
	       bytes_equal(start, HEADER_SIGNATURE, signature, sizeof(signature));
}

static bool is_cursor(struct bytes log, size_t at)
{
	static const uint32_t marks[] = { CURSOR_LEN, 0x11111111, 0x22222222, 0x33333333, 0x44444444 };

	if (!bytes_holds(log, at, CURSOR_LEN))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (bytes_le32(log, at + 4 * i) != marks[i])
			return false;
	return true;
}

static bool find_cursor(struct bytes log, size_t *ret)
{
	size_t at = bytes_le32(log, HEADER_END);

	if (is_cursor(log, at)) {
		*ret = at;
		return true;
	}
	for (at = HEADER_LEN; at + CURSOR_LEN <= log.len; at += STEP)
		if (is_cursor(log, at)) {
			*ret = at;
			return true;
		}
	return false;
}

static bool is_record(struct bytes log, size_t at)
{
	uint32_t len;

	if (!bytes_holds(log, at, 8) || !bytes_equal(log, at + RECORD_SIGNATURE, signature, sizeof(signature)))
		return false;
	len = bytes_le32(log, at);
	return len >= RECORD_MIN && len <= RECORD_MAX && len % STEP == 0;
}

/* The record at this place, put together where it goes on at the start of the ring. */
static bool whole_record(struct evt *e, size_t at, struct bytes *ret, size_t *ret_next)
{
	size_t len = bytes_le32(e->log, at), here = e->log.len - at;

	if (len <= here) {
		(void)bytes_slice(e->log, at, len, ret);
		*ret_next = at + len;
	} else {
		/* It ends in front of its own beginning. */
		if (len - here > at - HEADER_LEN)
			return false;
		strbuf_clear(&e->joined);
		strbuf_add(&e->joined, e->log.data + at, here);
		strbuf_add(&e->joined, e->log.data + HEADER_LEN, len - here);
		*ret = bytes_of(e->joined.data, len);
		ret->offset = e->log.offset + at;
		*ret_next = HEADER_LEN + (len - here);
	}
	return bytes_le32(*ret, len - 4) == len;
}

/* UTF-16 up to its NUL; *at moves behind it. */
static struct bytes take_text(struct bytes record, size_t *at)
{
	size_t end = *at;
	struct bytes text = { 0 };

	while (end + 1 < record.len && bytes_le16(record, end))
		end += 2;
	(void)bytes_slice(record, MIN(*at, record.len), end - MIN(*at, end), &text);
	*at = end + 2;
	return text;
}

static void tell(struct evt *e, struct bytes record)
{
	struct evtx_fields *fields = &e->fields;
	struct log_event event = {
		.id = bytes_le32(record, RECORD_ID) & 0xffff, .has_time = true, .has_record = true,
		.time = FILETIME_UNIX_EPOCH + bytes_le32(record, RECORD_GENERATED) * FILETIME_PER_SECOND,
		.record = bytes_le32(record, RECORD_NUMBER), .offset = record.offset, .problem = REQUEST_NOT_INFO,
	};
	size_t at = RECORD_NAMES, n = bytes_le16(record, RECORD_STRINGS);

	record.len -= 4;
	fields->provider = take_text(record, &at);
	fields->computer = take_text(record, &at);
	fields->binary_len = MIN((size_t)bytes_le32(record, RECORD_DATA_LEN), record.len);
	at = bytes_le32(record, RECORD_STRINGS_AT);
	for (fields->n_strings = 0; fields->n_strings < MIN(n, (size_t)EVTX_STRINGS_MAX) && at < record.len;)
		fields->strings[fields->n_strings++] = take_text(record, &at);
	/* The names of a joined record are at the same place as those of the one before. */
	for (size_t i = 0; i < SLOT_COUNT; i++)
		e->strings.slots[i].from = NULL;
	string_event_fill(&e->strings, fields, &event);
	e->sink->event(e->sink->context, &event);
}

static void tell_gap(struct evt *e, size_t at, size_t next)
{
	char text[80];

	snprintf(text, sizeof(text), "%zu bytes are no records", next - at);
	e->sink->damage(e->sink->context, e->log.offset + at, text);
}

static size_t next_record(const struct evt *e, size_t at, size_t end)
{
	for (at += STEP; at < end; at += STEP)
		if (is_record(e->log, at) || is_cursor(e->log, at))
			return at;
	return end;
}

/* Records of [at, end), or of one that begins there and goes on at the start; where it ended then, else end. */
static size_t walk(struct evt *e, size_t at, size_t end)
{
	struct bytes record;
	size_t next;

	while (at + STEP <= end) {
		if (bytes_le32(e->log, at) == FILLER) {
			at += STEP;
		} else if (is_cursor(e->log, at)) {
			at += CURSOR_LEN;
		} else if (is_record(e->log, at) && whole_record(e, at, &record, &next)) {
			tell(e, record);
			if (next <= at)
				return next;
			at = next;
		} else {
			next = next_record(e, at, end);
			tell_gap(e, at, next);
			at = next;
		}
	}
	return end;
}

static int read_evt(struct bytes log, const struct log_sink *sink, struct err *err UNUSED)
{
	struct evt e = { .log = log, .sink = sink };
	size_t cursor, oldest = HEADER_LEN, end = log.len, ended;

	if (find_cursor(log, &cursor)) {
		oldest = bytes_le32(log, cursor + CURSOR_OLDEST);
		end = cursor;
	} else {
		sink->damage(sink->context, log.offset + HEADER_END, "the record that marks the end of the log is missing");
	}
	if (oldest < HEADER_LEN || oldest >= log.len || oldest % STEP)
		oldest = HEADER_LEN;
	if (oldest > end) {
		ended = walk(&e, oldest, log.len);
		walk(&e, ended < oldest ? ended : HEADER_LEN, end);
	} else {
		walk(&e, oldest, end);
	}
	string_event_release(&e.strings);
	strbuf_release(&e.joined);
	return 0;
}

const struct reader reader_evt = { .name = "evt", .is = is_evt, .read_all = read_evt };
