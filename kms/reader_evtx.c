/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of an .evtx file, through evtx.h. */
#include "common/base/filetime.h"
#include "common/base/utf16.h"
#include "kms/evtx.h"
#include "kms/reader.h"

enum text_slot { SLOT_PROVIDER, SLOT_SOURCE, SLOT_CHANNEL, SLOT_COMPUTER, SLOT_COUNT };

/* Texts of a template are the same bytes for record after record: they are turned into UTF-8 once. */
struct cached_text {
	const uint8_t *from;
	size_t len;
	struct strbuf text;
};

struct evtx_reading {
	const struct log_sink *sink;
	struct cached_text slots[SLOT_COUNT];
	struct strbuf strings;
	struct evtx_fields fields; /* of the record at hand */
};

static bool all_ascii(struct bytes utf16)
{
	unsigned high = 0;

	for (size_t i = 0; i + 1 < utf16.len; i += 2)
		high |= (unsigned)(utf16.data[i] & 0x80) | utf16.data[i + 1];
	return high == 0;
}

static void add_utf8(struct bytes utf16, struct strbuf *ret)
{
	size_t units = utf16.len / 2;

	if (!all_ascii(utf16)) {
		utf16le_to_text(utf16, ret);
		return;
	}
	strbuf_reserve(ret, units + 1);
	for (size_t i = 0; i < units; i++)
		ret->data[ret->len + i] = (char)utf16.data[2 * i];
	ret->len += units;
	ret->data[ret->len] = '\0';
}

static struct text cached(struct cached_text *slot, struct bytes utf16)
{
	if (slot->from != utf16.data || slot->len != utf16.len) {
		strbuf_clear(&slot->text);
		add_utf8(utf16, &slot->text);
		slot->from = utf16.data;
		slot->len = utf16.len;
	}
	return (struct text){ strbuf_text(&slot->text), slot->text.len };
}

static struct text fresh(struct evtx_reading *r, struct bytes utf16)
{
	strbuf_clear(&r->strings);
	add_utf8(utf16, &r->strings);
	return (struct text){ strbuf_text(&r->strings), r->strings.len };
}

/* The nine values as strings of their own, at the front or behind a joined line. */
static enum request_problem request_of_fields(struct evtx_reading *r, const struct evtx_fields *fields, size_t first,
					      struct kms_request *ret)
{
	struct text texts[EVTX_STRINGS_MAX];
	size_t begin[EVTX_STRINGS_MAX], n = fields->n_strings - first;

	strbuf_clear(&r->strings);
	for (size_t i = 0; i < n; i++) {
		begin[i] = r->strings.len;
		add_utf8(fields->strings[first + i], &r->strings);
	}
	for (size_t i = 0; i < n; i++) {
		size_t end = i + 1 < n ? begin[i + 1] : r->strings.len;

		texts[i] = (struct text){ strbuf_text(&r->strings) + begin[i], end - begin[i] };
	}
	return kms_request_from_fields(texts, n, ret);
}

static void set_request(struct evtx_reading *r, const struct evtx_fields *fields, struct log_event *event)
{
	enum request_problem problem;

	event->problem = REQUEST_NOT_INFO;
	if (fields->n_strings == 0)
		return;
	event->message = fresh(r, fields->strings[0]);
	event->problem = kms_request_parse(event->message, &event->request);
	for (size_t first = 0; first < 2 && event->problem != REQUEST_GOOD && fields->n_strings > first + 8; first++) {
		problem = request_of_fields(r, fields, first, &event->request);
		event->message = (struct text){ strbuf_text(&r->strings), r->strings.len };
		if (problem != REQUEST_NOT_INFO)
			event->problem = problem;
	}
}

/* "0x8007232D, corp.example.com" */
static struct text all_strings(struct evtx_reading *r, const struct evtx_fields *fields)
{
	enum { ENOUGH = 4, LONG_ENOUGH = 1024 };

	strbuf_clear(&r->strings);
	for (size_t i = 0; i < MIN(fields->n_strings, (size_t)ENOUGH); i++) {
		struct bytes part = fields->strings[i];

		part.len = MIN(part.len, (size_t)LONG_ENOUGH);
		if (i)
			strbuf_adds(&r->strings, ", ");
		add_utf8(part, &r->strings);
	}
	return (struct text){ strbuf_text(&r->strings), r->strings.len };
}

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
	time = fields->has_created ? fields->created : record->written;
	event.time = time - time % FILETIME_PER_SECOND;
	event.id = fields->has_event_id ? fields->event_id : 0;
	/* A filtered export numbers its records anew; the event keeps its number. */
	if (fields->has_record_id)
		event.record = fields->record_id;
	event.provider = cached(&r->slots[SLOT_PROVIDER], fields->provider);
	event.source = cached(&r->slots[SLOT_SOURCE], fields->source);
	event.channel = cached(&r->slots[SLOT_CHANNEL], fields->channel);
	event.computer = cached(&r->slots[SLOT_COMPUTER], fields->computer);
	event.binary_len = fields->binary_len;
	if (event.id == EVENT_REQUEST)
		set_request(r, fields, &event);
	else
		event.message = all_strings(r, fields);
	r->sink->event(r->sink->context, &event);
}

static void on_damage(void *context, uint64_t offset, const char *text)
{
	const struct evtx_reading *r = context;

	r->sink->damage(r->sink->context, offset, text);
}

static int read_evtx(struct bytes file, const struct log_sink *sink, struct err *err)
{
	struct evtx_reading r = { .sink = sink };
	struct evtx_sink to = { .context = &r, .record = on_record, .damage = on_damage };
	int done = evtx_read(file, &to, err);

	for (size_t i = 0; i < SLOT_COUNT; i++)
		strbuf_release(&r.slots[i].text);
	strbuf_release(&r.strings);
	return done;
}

const struct reader reader_evtx = { .name = "evtx", .is = evtx_is, .read = read_evtx };
