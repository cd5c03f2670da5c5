/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/string_event.h"

#include "common/base/utf16.h"
#include "kms/text_scan.h"

static void add_utf8(struct bytes utf16, struct strbuf *ret)
{
	size_t units = utf16.len / 2;

	strbuf_reserve(ret, units + 1);
	if (!utf16_to_ascii(utf16.data, units * 2, ret->data + ret->len)) {
		utf16le_to_text(utf16, ret);
		return;
	}
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

static struct text fresh(struct string_event *r, struct bytes utf16)
{
	strbuf_clear(&r->strings);
	add_utf8(utf16, &r->strings);
	return (struct text){ strbuf_text(&r->strings), r->strings.len };
}

/* The nine values as strings of their own, at the front or behind a joined line. */
static enum request_problem request_of_fields(struct string_event *r, const struct evtx_fields *fields, size_t first,
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

static void set_request(struct string_event *r, const struct evtx_fields *fields, struct log_event *event)
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
static struct text all_strings(struct string_event *r, const struct evtx_fields *fields)
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

void string_event_fill(struct string_event *s, const struct evtx_fields *fields, struct log_event *event)
{
	event->provider = cached(&s->slots[SLOT_PROVIDER], fields->provider);
	event->source = cached(&s->slots[SLOT_SOURCE], fields->source);
	event->channel = cached(&s->slots[SLOT_CHANNEL], fields->channel);
	event->computer = cached(&s->slots[SLOT_COMPUTER], fields->computer);
	event->binary_len = fields->binary_len;
	if (event->id == EVENT_REQUEST)
		set_request(s, fields, event);
	else
		event->message = all_strings(s, fields);
}

void string_event_release(struct string_event *s)
{
	for (size_t i = 0; i < SLOT_COUNT; i++)
		strbuf_release(&s->slots[i].text);
	strbuf_release(&s->strings);
}
