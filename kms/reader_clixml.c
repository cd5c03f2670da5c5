/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Export-Clixml of PowerShell: each event is an outermost <Obj>, its properties are
 * elements with their name in an attribute: <I32 N="Id">12290</I32>. Objects nest; of a
 * name that comes again the first counts, which is the event's own.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/strbuf.h"
#include "kms/column_time.h"
#include "kms/reader.h"
#include "kms/text_scan.h"
#include "kms/xml_text.h"

enum { DEPTH_MAX = 64 };

struct clixml {
	const struct log_sink *sink;
	struct bytes log;
	struct column_day day;
	struct strbuf message;
	uint32_t line;
	size_t counted; /* offset up to which lines are counted */
	uint64_t n_items, n_known;
};

static bool is_clixml(struct bytes start)
{
	enum { NEAR = 4096 };
	size_t i = 0;

	while (i < start.len && start.data[i] <= ' ')
		i++;
	return i < start.len && start.data[i] == '<' && memmem(start.data, MIN(start.len, (size_t)NEAR), "<Objs ", 6);
}

static const char *find(const char *at, const char *end, const char *word)
{
	return at < end ? memmem(at, (size_t)(end - at), word, strlen(word)) : NULL;
}

/* What stands in the first element of this name. */
static struct text property(struct text object, const char *name)
{
	const char *end = object.data + object.len, *at, *stop;
	char key[48];

	snprintf(key, sizeof(key), " N=\"%s\">", name);
	at = find(object.data, end, key);
	if (!at)
		return (struct text){ "", 0 };
	at += strlen(key);
	stop = memchr(at, '<', (size_t)(end - at));
	return stop ? (struct text){ at, (size_t)(stop - at) } : (struct text){ "", 0 };
}

static struct text first_of(struct text object, const char *name, const char *other)
{
	struct text found = property(object, name);

	return found.len ? found : property(object, other);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "_x000D_": characters that XML does not have. In place: it only gets shorter. */
static void decode_escapes(struct strbuf *text)
{
	size_t to = 0;

	for (size_t i = 0; i < text->len;) {
		int value = 0;

		if (i + 7 <= text->len && memcmp(text->data + i, "_x", 2) == 0 && text->data[i + 6] == '_') {
			for (size_t k = i + 2; k < i + 6 && value >= 0; k++) {
				int digit = hex_value(text->data[k]);

				value = digit < 0 ? -1 : value * 16 + digit;
			}
			if (value > 0 && value < 0x80) {
				text->data[to++] = (char)value;
				i += 7;
				continue;
			}
		}
		text->data[to++] = text->data[i++];
	}
	text->len = to;
}

static void take_event(struct clixml *c, struct text object)
{
	static const struct column_clock utc = { .known = true };
	const char *log = (const char *)c->log.data;
	size_t at = (size_t)(object.data - log);
	struct log_event event = { .problem = REQUEST_NOT_INFO, .offset = c->log.offset + at };

	c->line += (uint32_t)text_count(log + c->counted, object.data, '\n');
	c->counted = at;
	event.line = c->line;
	event.id = (uint32_t)(text_number(first_of(object, "Id", "InstanceId")) & 0xffff);
	event.record = text_number(first_of(object, "RecordId", "Index"));
	event.has_record = event.record != 0;
	event.computer = property(object, "MachineName");
	event.provider = first_of(object, "ProviderName", "Source");
	event.channel = property(object, "LogName");
	event.has_time = column_clock_read(&utc, &c->day, first_of(object, "TimeCreated", "TimeGenerated"), &event.time);
	strbuf_clear(&c->message);
	xml_text_decode(property(object, "Message"), &c->message);
	decode_escapes(&c->message);
	event.message = (struct text){ strbuf_text(&c->message), c->message.len };
	event.problem = kms_request_search(event.message, &event.request);
	c->n_items++;
	c->n_known += event.id || event.problem != REQUEST_NOT_INFO;
	c->sink->event(c->sink->context, &event);
}

/* Behind the </Obj> that closes the object that begins here; NULL when it is not in reach. */
static const char *object_end(const char *at, const char *end)
{
	unsigned depth = 0;

	do {
		const char *open = find(at, end, "<Obj "), *close = find(at, open ? open : end, "</Obj>");

		if (close) {
			depth--;
			at = close + strlen("</Obj>");
		} else if (open && depth < DEPTH_MAX) {
			depth++;
			at = open + strlen("<Obj ");
		} else {
			return NULL;
		}
	} while (depth);
	return at;
}

static void read_clixml(const void *learned UNUSED, struct bytes log, struct log_span *span,
			const struct log_sink *sink)
{
	struct clixml c = { .sink = sink, .log = log, .line = span->line, .counted = span->at };
	const char *base = (const char *)log.data, *end = base + log.len, *at = base + span->at;

	for (;;) {
		const char *object = find(at, end, "<Obj "), *stop;

		if (!object || (size_t)(object - base) >= span->stop) {
			at = object ? object : span->last ? end : MAX(at, end - MIN(log.len, (size_t)8));
			break;
		}
		stop = object_end(object, MIN(end, object + READER_EVENT_MAX));
		if (!stop) {
			sink->damage(sink->context, log.offset + (size_t)(object - base), "this object does not end");
			/* Objects inside of it are none of their own. */
			at = MIN(end, object + READER_EVENT_MAX);
			continue;
		}
		take_event(&c, (struct text){ object, (size_t)(stop - object) });
		at = stop;
	}
	span->line = c.line + (uint32_t)text_count(base + c.counted, at, '\n');
	span->at = (size_t)(at - base);
	span->n_items += c.n_items;
	span->n_known += c.n_known;
	strbuf_release(&c.message);
}

static bool may_be_empty(const void *learned UNUSED, uint64_t n_items)
{
	return n_items == 0;
}

const struct reader reader_clixml = {
	.name = "clixml", .is = is_clixml, .read = read_clixml, .may_be_empty = may_be_empty,
	.what = "events that PowerShell exported",
};
