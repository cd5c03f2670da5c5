/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Event XML: saved by the Event Viewer (one root), printed by wevtutil qe (no
 * root), or rendered (with RenderingInfo). Windows writes it without comments,
 * CDATA or prefixes, so each <Event>...</Event> is looked through for the few
 * elements that matter; nothing is built and nothing nests.
 */
#include <stdio.h>

#include "kms/column_time.h"
#include "kms/reader.h"
#include "kms/text_scan.h"
#include "kms/xml_text.h"

enum {
	STRINGS_MAX = 16,
};

struct xml {
	const struct log_sink *sink;
	struct bytes file;
	struct strbuf decoded; /* texts of the event, entities resolved */
	struct strbuf joined;
	uint32_t line;
	size_t counted; /* offset up to which lines are counted */
	struct column_day day;
	uint64_t n_events, n_known;
};

static bool is_xml(struct bytes file)
{
	size_t i = 0;

	while (i < file.len && (file.data[i] == ' ' || (file.data[i] >= '\t' && file.data[i] <= '\r')))
		i++;
	return i < file.len && file.data[i] == '<';
}

static struct text slice(struct text t, size_t from, size_t to)
{
	return (struct text){ t.data + from, to - from };
}

static const char *find(struct text in, const char *word)
{
	return in.len ? memmem(in.data, in.len, word, strlen(word)) : NULL;
}

static bool name_ends(char c)
{
	return c == '>' || c == '/' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next element of this name: its start tag in *ret_tag, its content in *ret; *rest moves behind it. */
static bool next_element(struct text *rest, const char *name, struct text *ret_tag, struct text *ret)
{
	char open[40], close[40];
	size_t len = strlen(name);

	snprintf(open, sizeof(open), "<%s", name);
	snprintf(close, sizeof(close), "</%s>", name);
	for (;;) {
		const char *at = find(*rest, open), *end, *stop;

		if (!at || at + len + 1 >= rest->data + rest->len)
			return false;
		*rest = slice(*rest, (size_t)(at - rest->data), rest->len);
		if (!name_ends(at[len + 1])) {
			*rest = slice(*rest, len + 1, rest->len);
			continue;
		}
		end = memchr(at, '>', rest->len);
		if (!end)
			return false;
		*ret_tag = (struct text){ at, (size_t)(end + 1 - at) };
		*rest = slice(*rest, (size_t)(end + 1 - at), rest->len);
		*ret = (struct text){ end + 1, 0 };
		if (end[-1] == '/')
			return true;
		stop = find(*rest, close);
		if (!stop)
			return false;
		ret->len = (size_t)(stop - ret->data);
		*rest = slice(*rest, ret->len + strlen(close), rest->len);
		return true;
	}
}

static struct text content_of(struct text in, const char *name)
{
	struct text tag, content = { "", 0 };

	return next_element(&in, name, &tag, &content) ? content : (struct text){ "", 0 };
}

static struct text attribute_of(struct text in, const char *element, const char *attribute)
{
	struct text tag, content;
	char key[40];
	const char *at, *end;

	if (!next_element(&in, element, &tag, &content))
		return (struct text){ "", 0 };
	snprintf(key, sizeof(key), " %s=", attribute);
	at = find(tag, key);
	if (!at)
		return (struct text){ "", 0 };
	at += strlen(key);
	end = at + 1 < tag.data + tag.len ? memchr(at + 1, *at, (size_t)(tag.data + tag.len - at - 1)) : NULL;
	if (!end)
		return (struct text){ "", 0 };
	return (struct text){ at + 1, (size_t)(end - at - 1) };
}

/* SystemTime has up to nine digits behind the second and a Z. */
static void set_time(struct xml *x, struct text t, struct log_event *event)
{
	static const struct column_clock utc = { .known = true };

	event->has_time = column_clock_read(&utc, &x->day, t, &event->time);
}

static struct text decode(struct xml *x, struct text raw)
{
	size_t begin = x->decoded.len;

	xml_text_decode(raw, &x->decoded);
	return (struct text){ x->decoded.data + begin, x->decoded.len - begin };
}

/* "0x8007232D, corp.example.com", as the .evtx reader has it. */
static struct text join(struct xml *x, const struct text *strings, size_t n)
{
	enum { ENOUGH = 4, LONG_ENOUGH = 1024 };

	strbuf_clear(&x->joined);
	for (size_t i = 0; i < MIN(n, (size_t)ENOUGH); i++) {
		if (i)
			strbuf_adds(&x->joined, ", ");
		strbuf_add(&x->joined, strings[i].data, MIN(strings[i].len, (size_t)LONG_ENOUGH));
	}
	return (struct text){ strbuf_text(&x->joined), x->joined.len };
}

/* The strings of the event, joined line or single values. */
static void set_strings(struct xml *x, struct text data, struct log_event *event)
{
	/* below UserData and not EventData */
	static const char *const cleared[] = { "SubjectUserName", "SubjectDomainName", "Channel" };
	struct text strings[STRINGS_MAX], tag, raw;
	size_t n = 0;

	strbuf_clear(&x->decoded);
	strbuf_reserve(&x->decoded, data.len + 1); /* decoding never lengthens, so the slices stay where they are */
	while (n < STRINGS_MAX && next_element(&data, "Data", &tag, &raw))
		strings[n++] = decode(x, raw);
	for (size_t i = 0; event->id == EVENT_LOG_CLEARED && i < ARRAY_SIZE(cleared) && n < STRINGS_MAX; i++)
		strings[n++] = decode(x, content_of(data, cleared[i]));
	event->problem = REQUEST_NOT_INFO;
	if (n == 0)
		return;
	if (event->id != EVENT_REQUEST) {
		event->message = join(x, strings, n);
		return;
	}
	event->message = strings[0];
	event->problem = kms_request_search(strings[0], &event->request);
	for (size_t first = 0; first < 2 && event->problem != REQUEST_GOOD && n > first + 8; first++) {
		enum request_problem problem = kms_request_from_fields(strings + first, n - first, &event->request);

		if (problem != REQUEST_NOT_INFO)
			event->problem = problem;
	}
}

static uint32_t line_at(struct xml *x, size_t at)
{
	const char *file = (const char *)x->file.data;

	x->line += (uint32_t)text_count(file + x->counted, file + at, '\n');
	x->counted = at;
	return x->line;
}

static void take_event(struct xml *x, struct text xml)
{
	struct text system = content_of(xml, "System"), data, record;
	size_t at = (size_t)(xml.data - (const char *)x->file.data);
	struct log_event event = { .offset = x->file.offset + at, .line = line_at(x, at) };

	event.id = (uint32_t)(text_number(content_of(system, "EventID")) & 0xffff);
	data = content_of(xml, event.id == EVENT_LOG_CLEARED ? "UserData" : "EventData");
	set_time(x, attribute_of(system, "TimeCreated", "SystemTime"), &event);
	record = content_of(system, "EventRecordID");
	event.has_record = record.len != 0;
	event.record = text_number(record);
	event.provider = attribute_of(system, "Provider", "Name");
	event.source = attribute_of(system, "Provider", "EventSourceName");
	event.channel = content_of(system, "Channel");
	event.computer = content_of(system, "Computer");
	event.binary_len = content_of(data, "Binary").len / 2;
	set_strings(x, data, &event);
	x->n_events++;
	if (event.id || event.problem != REQUEST_NOT_INFO)
		x->n_known++;
	x->sink->event(x->sink->context, &event);
}

/* The next <Event ...> in front of the end; the end when there is none. */
static size_t find_event(struct bytes file, size_t at, size_t end)
{
	static const char open[] = "<Event";

	while (at < end) {
		const uint8_t *hit = memmem(file.data + at, MIN(end - at + sizeof(open), file.len - at), open,
					    sizeof(open) - 1);

		if (!hit || (size_t)(hit - file.data) >= end)
			return end;
		at = (size_t)(hit - file.data);
		if (at + sizeof(open) - 1 < file.len && name_ends((char)hit[sizeof(open) - 1]))
			return at;
		at += sizeof(open) - 1;
	}
	return end;
}

static size_t seek(const void *learned UNUSED, struct bytes log, size_t from, size_t to)
{
	return find_event(log, from, to);
}

static void read_xml(const void *learned UNUSED, struct bytes log, struct log_span *span, const struct log_sink *sink)
{
	static const char close[] = "</Event>";
	struct xml x = { .sink = sink, .file = log, .line = span->line, .counted = span->at };
	size_t at = span->at;

	/* Behind stop, too: the next reader begins with an event. */
	while ((at = find_event(log, at, log.len)) < MIN(span->stop, log.len)) {
		struct text event = { (const char *)log.data + at, MIN(log.len - at, (size_t)READER_EVENT_MAX) };
		const char *end = find(event, close);

		if (!end) {
			sink->damage(sink->context, log.offset + at, "this event does not end");
			/* No event ends in all of this, so none is lost but this one. */
			at += event.len - MIN(event.len - 1, strlen(close));
			continue;
		}
		event.len = (size_t)(end - event.data);
		take_event(&x, event);
		at += event.len + strlen(close);
	}
	/* A tag may be cut by the end of the window. */
	if (!span->last && at == log.len)
		at = MAX(span->stop, log.len - MIN(log.len, (size_t)8));
	span->line = line_at(&x, at);
	span->at = at;
	span->n_items += x.n_events;
	span->n_known += x.n_known;
	strbuf_release(&x.decoded);
	strbuf_release(&x.joined);
}

struct learned {
	bool has_root;
};

static void *learn(struct bytes start, size_t begin UNUSED)
{
	struct learned *learned = xcalloc(1, sizeof(*learned));

	learned->has_root = find((struct text){ (const char *)start.data, start.len }, "<Events");
	return learned;
}

static bool may_be_empty(const void *learned, uint64_t n_items UNUSED)
{
	return ((const struct learned *)learned)->has_root;
}

const struct reader reader_xml = {
	.name = "xml", .is = is_xml, .learn = learn, .seek = seek, .read = read_xml, .may_be_empty = may_be_empty,
	.what = "the XML of an event log",
};
