/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Summaries (summary.h) read back: each event of the set once, or as often as its log had it. */
#include <stdlib.h>
#include <zlib.h>

#include "common/base/filetime.h"
#include "common/base/vec.h"
#include "kms/summary.h"

#define SECONDS_MAX (UINT64_MAX / FILETIME_PER_SECOND)

enum { ROW_LEN_MIN = 10, DAMAGE_LEN_MIN = 2 };

struct reading {
	struct bytes body;
	size_t at;
	VEC(struct text) texts; /* numbers begin with 1 */
	const struct log_sink *sink;
	uint64_t record, time; /* of the event before */
	struct err *err;
};

static bool kmsd_is(struct bytes file)
{
	return bytes_equal(file, 0, KMSD_MAGIC, KMSD_MAGIC_LEN);
}

static int bad(struct reading *r, const char *what)
{
	err_at(r->err, ERR_FORMAT, r->body.offset + r->at, "damaged summary: %s", what);
	return -1;
}

static int read_number(struct reading *r, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (!bytes_holds(r->body, r->at, 1))
			return bad(r, "it ends in a number");
		byte = bytes_u8(r->body, r->at++);
		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return 0;
		}
	}
	return bad(r, "a number is too large");
}

static int read_u32(struct reading *r, uint32_t *ret)
{
	uint64_t value;

	if (read_number(r, &value) < 0)
		return -1;
	if (value > UINT32_MAX)
		return bad(r, "a number is too large");
	*ret = (uint32_t)value;
	return 0;
}

static int read_step(struct reading *r, uint64_t before, uint64_t *ret)
{
	uint64_t value;

	if (read_number(r, &value) < 0)
		return -1;
	*ret = before + (value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
	return 0;
}

static int read_ref(struct reading *r, struct text *ret)
{
	uint64_t number;

	if (read_number(r, &number) < 0)
		return -1;
	if (number == 0 || number > r->texts.len)
		return bad(r, "a text that is not there");
	*ret = r->texts.items[number - 1];
	return 0;
}

static int read_guid(struct reading *r, struct guid *ret)
{
	struct text text;

	if (read_ref(r, &text) < 0)
		return -1;
	if (text.len != sizeof(ret->bytes))
		return bad(r, "an id that is no GUID");
	memcpy(ret->bytes, text.data, sizeof(ret->bytes));
	return 0;
}

static int read_texts(struct reading *r, uint64_t n)
{
	if (n > r->body.len)
		return bad(r, "more texts than bytes");
	for (uint64_t i = 0; i < n; i++) {
		uint64_t len = 0;

		if (read_number(r, &len) < 0)
			return -1;
		if (len > KMSD_TEXT_MAX || !bytes_holds(r->body, r->at, len))
			return bad(r, "a text is too long");
		*vec_add(&r->texts) = (struct text){ (const char *)r->body.data + r->at, (size_t)len };
		r->at += (size_t)len;
	}
	return 0;
}

static int read_request(struct reading *r, unsigned flags, uint64_t seconds, struct kms_request *ret)
{
	uint64_t client;

	if (read_step(r, seconds, &client) < 0 || read_ref(r, &ret->name) < 0 || read_guid(r, &ret->cmid) < 0 ||
	    read_guid(r, &ret->product) < 0 || read_u32(r, &ret->hresult) < 0 || read_u32(r, &ret->needed) < 0 ||
	    read_u32(r, &ret->status) < 0 || read_u32(r, &ret->minutes) < 0)
		return -1;
	if (client > SECONDS_MAX)
		return bad(r, "a time outside of the calendar");
	if (memchr(ret->name.data, '\0', ret->name.len))
		return bad(r, "a name with a zero in it");
	ret->vm = (flags & KMSD_VIRTUAL) != 0;
	ret->has_cmid = flags & KMSD_HAS_CMID;
	ret->has_client_time = flags & KMSD_HAS_CLIENT_TIME;
	ret->client_time = ret->has_client_time ? client * FILETIME_PER_SECOND : 0;
	return 0;
}

static int read_event(struct reading *r, struct log_event *event, uint32_t *ret_copies)
{
	uint64_t binary_len;
	unsigned flags;

	event->offset = r->body.offset + r->at;
	if (!bytes_holds(r->body, r->at, ROW_LEN_MIN))
		return bad(r, "it ends in an event");
	flags = bytes_u8(r->body, r->at++);
	event->problem = (enum request_problem)(flags >> KMSD_PROBLEM_SHIFT);
	if (read_ref(r, &event->computer) < 0 || read_u32(r, ret_copies) < 0 || read_u32(r, &event->id) < 0 ||
	    read_ref(r, &event->provider) < 0 || read_ref(r, &event->channel) < 0 ||
	    read_ref(r, &event->message) < 0 || read_number(r, &binary_len) < 0 ||
	    read_step(r, r->record, &r->record) < 0 || read_step(r, r->time, &r->time) < 0)
		return -1;
	if (*ret_copies == 0 || *ret_copies > KMSD_COPIES_MAX)
		return bad(r, "a wrong number of copies");
	if (r->time > SECONDS_MAX)
		return bad(r, "a time outside of the calendar");
	event->binary_len = (size_t)binary_len;
	event->has_record = flags & KMSD_HAS_RECORD;
	event->record = event->has_record ? r->record : 0;
	event->has_time = flags & KMSD_HAS_TIME;
	event->time = event->has_time ? r->time * FILETIME_PER_SECOND : 0;
	event->assumed_host = flags & KMSD_ASSUMED_HOST;
	return event->problem == REQUEST_GOOD ? read_request(r, flags, r->time, &event->request) : 0;
}

/* Everything is read before anything is told: a summary is whole or refused. */
static int walk_events(struct reading *r, uint64_t n, bool tell)
{
	if (n > r->body.len / ROW_LEN_MIN)
		return bad(r, "more events than bytes");
	r->record = r->time = 0;
	for (uint64_t i = 0; i < n; i++) {
		struct log_event event = { .source = TEXT("") };
		uint32_t copies = 0;

		if (read_event(r, &event, &copies) < 0)
			return -1;
		for (uint32_t k = 0; k < copies && tell; k++)
			r->sink->event(r->sink->context, &event);
	}
	return 0;
}

static int walk_damages(struct reading *r, uint64_t n, bool tell)
{
	if (n > r->body.len / DAMAGE_LEN_MIN)
		return bad(r, "more damages than bytes");
	for (uint64_t i = 0; i < n; i++) {
		char shown[KMSD_TEXT_MAX + 1];
		struct text text;
		uint64_t offset;

		if (read_ref(r, &text) < 0 || read_number(r, &offset) < 0)
			return -1;
		memcpy(shown, text.data, text.len);
		shown[text.len] = '\0';
		if (tell)
			r->sink->damage(r->sink->context, offset, shown);
	}
	return 0;
}

static int walk(struct reading *r, struct bytes header)
{
	uint64_t n_events = bytes_le64(header, KMSD_AT_EVENTS), n_damages = bytes_le64(header, KMSD_AT_DAMAGES);
	size_t events_at;

	if (read_texts(r, bytes_le64(header, KMSD_AT_TEXTS)) < 0)
		return -1;
	events_at = r->at;
	if (walk_events(r, n_events, false) < 0 || walk_damages(r, n_damages, false) < 0)
		return -1;
	if (r->at != r->body.len)
		return bad(r, "bytes behind its end");
	r->at = events_at;
	if (walk_events(r, n_events, true) < 0)
		return -1;
	return walk_damages(r, n_damages, true);
}

static int check_header(struct bytes file, struct reading *r)
{
	struct bytes header;
	uint32_t version;

	if (!bytes_slice(file, 0, KMSD_HEADER_LEN, &header))
		return err_set(r->err, ERR_TRUNCATED, "the summary ends inside its header");
	version = bytes_le32(header, KMSD_AT_VERSION);
	if (version != KMSD_VERSION)
		return err_set(r->err, ERR_UNSUPPORTED, "a summary of version %u; this program reads version %d",
			       version, KMSD_VERSION);
	r->body = bytes_from(file, KMSD_HEADER_LEN);
	if (bytes_le64(header, KMSD_AT_BODY) > r->body.len)
		return err_set(r->err, ERR_TRUNCATED, "the summary is cut off");
	if (bytes_le64(header, KMSD_AT_BODY) != r->body.len)
		return bad(r, "its size is wrong");
	if (bytes_le32(header, KMSD_AT_CRC) != (uint32_t)crc32_z(0, r->body.data, r->body.len))
		return bad(r, "its checksum is wrong");
	return 0;
}

static int kmsd_read(struct bytes file, const struct log_sink *sink, struct err *err)
{
	struct reading r = { .sink = sink, .err = err };
	int done = check_header(file, &r);

	if (done == 0)
		done = walk(&r, file);
	vec_release(&r.texts);
	return done;
}

const struct reader reader_kmsd = { .name = "kmsd", .is = kmsd_is, .read_all = kmsd_read };
