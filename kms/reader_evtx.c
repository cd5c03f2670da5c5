/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of an .evtx file, through evtx.h. */
#include "common/base/filetime.h"
#include "kms/string_event.h"

struct evtx_reading {
	const struct log_sink *sink;
	struct string_event strings;
	struct evtx_fields fields; /* of the record at hand */
};

static void on_record(void *context, const struct evtx_record *record)
{
	struct evtx_reading *r = context;
	struct evtx_fields *fields = &r->fields;
	uint64_t time;
	struct err err = { 0 };
	struct log_event event = {
		.has_time = true, .has_record = true, .record = record->id, .recovered = record->recovered,
		.offset = record->offset, .problem = REQUEST_NOT_INFO,
	};

	if (evtx_record_fields(record, fields, &err) < 0) {
		r->sink->damage(r->sink->context, record->offset, err.text);
		return;
	}
	/* Only its beginning was written: the values are zeros. The damage has been told. */
	if (record->recovered && fields->has_record_id && fields->record_id == 0)
		return;
	time = fields->has_created ? fields->created : record->written;
	event.time = time - time % FILETIME_PER_SECOND;
	event.id = fields->has_event_id ? fields->event_id : 0;
	/* A filtered export numbers its records anew; the event keeps its number. */
	if (fields->has_record_id)
		event.record = fields->record_id;
	string_event_fill(&r->strings, fields, &event);
	r->sink->event(r->sink->context, &event);
}

static void on_damage(void *context, uint64_t offset, const char *text)
{
	const struct evtx_reading *r = context;

	r->sink->damage(r->sink->context, offset, text);
}

struct learned {
	bool has_header;
	bool dirty;
};

static void *learn(struct bytes start, size_t begin UNUSED)
{
	struct learned *learned = xcalloc(1, sizeof(*learned));

	learned->has_header = evtx_has_header(start);
	learned->dirty = evtx_is_dirty(start);
	return learned;
}

/* Parts begin where chunks do. */
static size_t seek(const void *learned UNUSED, struct bytes log UNUSED, size_t from, size_t to UNUSED)
{
	return from;
}

static void read_evtx(const void *context, struct bytes log, struct log_span *span, const struct log_sink *sink)
{
	const struct learned *learned = context;
	struct evtx_reading r = { .sink = sink };
	struct evtx_sink to = { .context = &r, .record = on_record, .damage = on_damage };

	evtx_read(log, learned->dirty, span, &to);
	string_event_release(&r.strings);
}

static bool may_be_empty(const void *learned, uint64_t n_items UNUSED)
{
	return ((const struct learned *)learned)->has_header;
}

const struct reader reader_evtx = {
	.name = "evtx", .is = evtx_is, .learn = learn, .seek = seek, .read = read_evtx, .may_be_empty = may_be_empty,
	.what = "an event log: the file ends inside its header",
};
