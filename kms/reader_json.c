/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON of any tool that knows Windows events: ConvertTo-Json, Winlogbeat, NXLog,
 * evtx_dump, EvtxECmd; an array, one object, or one a line. An event is an
 * outermost object; whatever its nesting, the members that matter are told by
 * their names and the Info line by its shape. The file is scanned once, without a tree.
 */
#include "kms/column_time.h"
#include "kms/event_shape.h"
#include "kms/json_scan.h"
#include "kms/reader.h"
#include "kms/text_scan.h"

#include "common/base/filetime.h"

enum {
	STRINGS_MAX = 16,
	TEXTS_MAX = 3 * JSON_SCAN_OBJECT_MAX, /* each text is kept at most three times */
	JOINED_MAX = 8192,
	PATTERN_MAX = 48,
};

struct json_log {
	const struct log_sink *sink;
	struct bytes file;
	struct log_event event;
	struct column_day day;
	struct strbuf texts;  /* of the members of this event */
	struct text strings[STRINGS_MAX]; /* values of an array, or param1, param2... */
	size_t n_strings;
	uint64_t n_items, n_known;
	struct event_shape shape;
	struct text time, record; /* of this event, as they are written */
	const char *request_end;  /* in the file, behind the value that has the request */
	const struct json_scan *scan;
};

enum key { KEY_NONE, KEY_ID, KEY_TIME, KEY_COMPUTER, KEY_RECORD, KEY_PROVIDER, KEY_CHANNEL };

/* By their lengths, as they are looked for. */
static const struct {
	struct text name;
	enum key key;
} keys[] = {
	{ TEXT("Id"), KEY_ID },
	{ TEXT("_time"), KEY_TIME },
	{ TEXT("EventID"), KEY_ID },
	{ TEXT("LogName"), KEY_CHANNEL },
	{ TEXT("Channel"), KEY_CHANNEL },
	{ TEXT("event_id"), KEY_ID },
	{ TEXT("Computer"), KEY_COMPUTER },
	{ TEXT("Hostname"), KEY_COMPUTER },
	{ TEXT("RecordId"), KEY_RECORD },
	{ TEXT("Provider"), KEY_PROVIDER },
	{ TEXT("EventCode"), KEY_ID },
	{ TEXT("EventTime"), KEY_TIME },
	{ TEXT("Timestamp"), KEY_TIME },
	{ TEXT("record_id"), KEY_RECORD },
	{ TEXT("InstanceId"), KEY_ID },
	{ TEXT("SystemTime"), KEY_TIME },
	{ TEXT("@timestamp"), KEY_TIME },
	{ TEXT("SourceName"), KEY_PROVIDER },
	{ TEXT("TimeCreated"), KEY_TIME },
	{ TEXT("MachineName"), KEY_COMPUTER },
	{ TEXT("ProviderName"), KEY_PROVIDER },
	{ TEXT("RecordNumber"), KEY_RECORD },
	{ TEXT("ComputerName"), KEY_COMPUTER },
	{ TEXT("provider_name"), KEY_PROVIDER },
	{ TEXT("computer_name"), KEY_COMPUTER },
	{ TEXT("EventRecordID"), KEY_RECORD },
};

static bool same(struct text a, const char *b)
{
	return strlen(b) == a.len && strncasecmp(a.data, b, a.len) == 0;
}

/* The name of a value is its own key or, inside {"#text": ...} and the like, that of what holds it. */
static enum key key_of(struct text name, struct text outer)
{
	if (same(name, "#text") || same(name, "value"))
		return outer.len && !same(outer, "#text") && !same(outer, "value") ?
			       key_of(outer, (struct text){ "", 0 }) :
			       KEY_NONE;
	/* "Name" is an attribute of the provider, which comes first; "Id" is PowerShell's event id, deeper down somebody else's. */
	if (same(name, "Name") && (same(outer, "Provider") || same(outer, "#attributes")))
		return KEY_PROVIDER;
	if (name.len == 2 && outer.len)
		return KEY_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(keys) && keys[i].name.len <= name.len; i++)
		if (keys[i].name.len == name.len && ((name.data[0] ^ keys[i].name.data[0]) & ~0x20) == 0 &&
		    strncasecmp(name.data, keys[i].name.data, name.len) == 0)
			return keys[i].key;
	return KEY_NONE;
}

static size_t leading_digits(struct text t)
{
	size_t n = 0;

	while (n < t.len && t.data[n] >= '0' && t.data[n] <= '9')
		n++;
	return n;
}

static void set_unix_time(struct text t, uint64_t divisor, struct log_event *event)
{
	uint64_t seconds = text_number(t) / divisor;

	event->has_time = seconds < 253402300800ULL; /* the year 10000 */
	event->time = FILETIME_UNIX_EPOCH + seconds * FILETIME_PER_SECOND;
}

static const struct column_clock utc = { .known = true };

/*
 * "/Date(1523395220000)/" of Windows PowerShell, seconds since 1970, else ISO. Without a zone ISO
 * times are taken for UTC.
 */
static void set_time(struct json_log *l, struct text t)
{
	struct log_event *event = &l->event;

	if (event->has_time || t.len < 8)
		return;
	if (memcmp(t.data, "/Date(", 6) == 0)
		set_unix_time((struct text){ t.data + 6, t.len - 6 }, 1000, event);
	else if (column_clock_read(&utc, &l->day, t, &event->time))
		event->has_time = true;
	else if (t.len >= 10 && leading_digits(t) == 10 && (t.len == 10 || t.data[10] == '.'))
		set_unix_time((struct text){ t.data, 10 }, 1, event);
	if (event->has_time)
		l->time = t;
}

static bool is_in_file(const struct json_log *l, struct text t)
{
	const char *file = (const char *)l->file.data;

	return t.data >= file && t.data < file + l->file.len;
}

/* A text without escapes is in the file, where it stays. */
static struct text keep(struct json_log *l, struct text t)
{
	size_t begin = l->texts.len;

	if (is_in_file(l, t))
		return t;

	strbuf_add(&l->texts, t.data, t.len);
	return (struct text){ l->texts.data + begin, t.len };
}

static void set_key(struct json_log *l, enum key key, struct text value)
{
	struct log_event *event = &l->event;

	switch (key) {
	case KEY_ID:
		if (value.len && leading_digits(value) == value.len)
			event->id = (uint32_t)(text_number(value) & 0xffff);
		break;
	case KEY_TIME:
		set_time(l, value);
		break;
	case KEY_RECORD:
		l->record = value;
		event->record = text_number(value);
		event->has_record = event->record != 0;
		break;
	case KEY_COMPUTER:
		event->computer = keep(l, value);
		break;
	case KEY_PROVIDER:
		if (!event->provider.len)
			event->provider = keep(l, value);
		break;
	case KEY_CHANNEL:
		event->channel = keep(l, value);
		break;
	case KEY_NONE:
		break;
	}
}

/* The Info line can be in a message or in a string of its own. */
static void try_request(struct json_log *l, struct text value)
{
	struct kms_request request;
	enum request_problem problem;
	struct text kept;

	if (value.len < 12)
		return;
	problem = kms_request_search(value, &request);
	if (problem == REQUEST_NOT_INFO)
		return;
	kept = keep(l, value);
	l->event.problem = MAX(l->event.problem, problem);
	l->event.message = kept;
	if (problem != REQUEST_GOOD)
		return;
	l->event.problem = REQUEST_GOOD;
	l->event.request = request;
	l->request_end = l->scan->value_end;
	/* The name moves with the text. */
	l->event.request.name.data = kept.data + (request.name.data - value.data);
}

static void add_string(struct json_log *l, struct text name, struct text value)
{
	bool listed = name.len == 0 || same(name, "#text") || same(name, "value") ||
		      (name.len > 5 && strncasecmp(name.data, "param", 5) == 0);

	if (listed && l->n_strings < STRINGS_MAX)
		l->strings[l->n_strings++] = keep(l, value);
}

/* "0x8007232D, corp.example.com", as the .evtx reader has it. */
static void join_strings(struct json_log *l)
{
	enum { ENOUGH = 4, LONG_ENOUGH = 1024 };
	size_t begin = l->texts.len;

	if (l->texts.cap - l->texts.len < ENOUGH * (LONG_ENOUGH + 2) + 1)
		return;
	for (size_t i = 0; i < MIN(l->n_strings, (size_t)ENOUGH); i++) {
		if (i)
			strbuf_adds(&l->texts, ", ");
		strbuf_add(&l->texts, l->strings[i].data, MIN(l->strings[i].len, (size_t)LONG_ENOUGH));
	}
	l->event.message = (struct text){ strbuf_text(&l->texts) + begin, l->texts.len - begin };
}

static void on_begin(void *context, uint64_t offset, uint32_t line)
{
	struct json_log *l = context;

	l->event = (struct log_event){ .problem = REQUEST_NOT_INFO, .offset = offset, .line = line };
	l->n_strings = 0;
	l->request_end = NULL;
	/* It lends from the texts. */
	l->shape.known = false;
	strbuf_clear(&l->texts);
}

static void on_value(void *context, struct text name, struct text outer, struct text value)
{
	struct json_log *l = context;
	enum key key = key_of(name, outer);

	if (key != KEY_NONE) {
		set_key(l, key, value);
	} else if (l->event.problem != REQUEST_GOOD) {
		try_request(l, value);
		add_string(l, name, value);
		if (l->event.problem == REQUEST_NOT_INFO && (same(name, "Message") || same(name, "_raw")))
			l->event.message = keep(l, value);
	}
}

/* The Info line must end the string that it is in, without escapes. */
static void learn_shape(struct json_log *l, struct text whole)
{
	const struct log_event *event = &l->event;
	struct shape_place places[SHAPE_FIELDS];
	struct text info;
	size_t n = 0;

	if (!l->request_end || l->request_end[-1] != '"' || !event_shape_find_info(event->message, &info) ||
	    info.data + info.len != event->message.data + event->message.len ||
	    info.len > (size_t)(l->request_end - 1 - whole.data) ||
	    memcmp(l->request_end - 1 - info.len, info.data, info.len) != 0)
		return;
	info.data = l->request_end - 1 - info.len;
	places[n++] = (struct shape_place){ SHAPE_INFO, info };
	if (event->has_time)
		places[n++] = (struct shape_place){ SHAPE_TIME, l->time };
	if (event->has_record)
		places[n++] = (struct shape_place){ SHAPE_RECORD, l->record };
	for (size_t i = 0; i < n; i++)
		if (!is_in_file(l, places[i].at))
			return;
	event_shape_learn(&l->shape, whole, places, n, event);
}

static const char *on_known(void *context, const char *at, const char *end, uint32_t *line)
{
	struct json_log *l = context;
	struct log_event *event = &l->shape.event;
	const char *stop = event_shape_match(&l->shape, at, end, &utc, &l->day);

	if (!stop)
		return NULL;
	event->offset = l->file.offset + (uint64_t)(at - (const char *)l->file.data);
	event->line = *line;
	*line += l->shape.n_lines;
	l->n_items++;
	l->n_known++;
	l->sink->event(l->sink->context, event);
	return stop;
}

static void on_end(void *context, struct text whole)
{
	struct json_log *l = context;

	for (size_t first = 0; first < 2 && l->event.problem != REQUEST_GOOD && l->n_strings > first + 8; first++)
		if (kms_request_from_fields(l->strings + first, l->n_strings - first, &l->event.request) ==
		    REQUEST_GOOD)
			l->event.problem = REQUEST_GOOD;
	if (l->event.problem == REQUEST_NOT_INFO && l->n_strings)
		join_strings(l);
	l->n_items++;
	if (l->event.id || l->event.problem != REQUEST_NOT_INFO)
		l->n_known++;
	if (l->event.problem == REQUEST_GOOD)
		learn_shape(l, whole);
	l->sink->event(l->sink->context, &l->event);
}

static bool is_json(struct bytes file)
{
	size_t i = 0;

	while (i < file.len && (file.data[i] == ' ' || (file.data[i] >= '\t' && file.data[i] <= '\r')))
		i++;
	return i < file.len && (file.data[i] == '{' || file.data[i] == '[');
}

/* What the beginning of the file tells. */
struct learned {
	bool is_array;
	char pattern[PATTERN_MAX]; /* what stands where an event begins, one character in front of its brace */
	size_t pattern_len;
};

/* Of the events of the beginning, where they begin. */
struct beginnings {
	struct bytes file;
	uint64_t offsets[2];
	size_t n;
};

static void learn_begin(void *context, uint64_t offset, uint32_t line UNUSED)
{
	struct beginnings *b = context;

	if (b->n < ARRAY_SIZE(b->offsets))
		b->offsets[b->n++] = offset - b->file.offset;
}

static void learn_value(void *context UNUSED, struct text name UNUSED, struct text outer UNUSED, struct text value UNUSED)
{
}

static void learn_end(void *context UNUSED, struct text whole UNUSED)
{
}

/* "\n{\"EventID\"": as the second event begins, with the name of its first member. */
static void learn_pattern(struct learned *learned, const struct beginnings *b)
{
	const char *file = (const char *)b->file.data, *brace = file + b->offsets[1];
	size_t left = b->file.len - (size_t)b->offsets[1];
	const char *quote = memchr(brace, '"', MIN(left, (size_t)PATTERN_MAX));
	const char *end = quote ? memchr(quote + 1, '"', left - (size_t)(quote + 1 - brace)) : NULL;

	if (!end || end + 2 - brace > PATTERN_MAX)
		return;
	learned->pattern_len = (size_t)(end + 2 - brace);
	memcpy(learned->pattern, brace - 1, learned->pattern_len);
}

static void *learn(struct bytes start, size_t begin)
{
	struct learned *learned = xcalloc(1, sizeof(*learned));
	struct beginnings b = { .file = start };
	const struct json_scan_visitor visitor = { .context = &b, .begin = learn_begin, .value = learn_value, .end = learn_end };
	struct json_scan scan = { .file = start, .at = begin, .line = 1, .to = &visitor };
	struct err ignored = { 0 };
	size_t i = begin;

	while (i < start.len && start.data[i] <= ' ')
		i++;
	learned->is_array = i < start.len && start.data[i] == '[';
	/* Each run ends in front of the next event. */
	for (int events = 0; events < 2 && scan.at < start.len; events++)
		if (json_scan_run(&scan, scan.at + 1, &ignored) < 0)
			break;
	if (b.n == 2)
		learn_pattern(learned, &b);
	json_scan_release(&scan);
	return learned;
}

static size_t seek(const void *context, struct bytes log, size_t from, size_t to)
{
	const struct learned *learned = context;
	const uint8_t *hit = NULL;

	if (learned->pattern_len)
		hit = memmem(log.data + from - 1, MIN(to - from + learned->pattern_len, log.len - from + 1),
			     learned->pattern, learned->pattern_len);
	return hit ? MIN((size_t)(hit + 1 - log.data), to) : to;
}

/* Behind a place that is no JSON: where a line begins with a brace, or the next event seems to begin. */
static size_t go_on(const struct learned *learned, struct bytes log, size_t at)
{
	size_t guess = seek(learned, log, MAX(at, (size_t)1), log.len);
	const char *base = (const char *)log.data;

	while (at < guess) {
		const char *newline = at && base[at - 1] == '\n' ? base + at - 1 : memchr(base + at, '\n', guess - at);

		if (!newline)
			break;
		at = (size_t)(newline + 1 - base);
		if (at < log.len && log.data[at] == '{')
			return at;
		at++;
	}
	return guess;
}

static bool ends_with_bracket(struct bytes log)
{
	size_t len = log.len;

	while (len && log.data[len - 1] <= ' ')
		len--;
	return len && log.data[len - 1] == ']';
}

static void read_json(const void *context, struct bytes log, struct log_span *span, const struct log_sink *sink)
{
	const struct learned *learned = context;
	struct json_log l = { .sink = sink, .file = log };
	const struct json_scan_visitor visitor = { .context = &l, .begin = on_begin, .value = on_value, .end = on_end,
						 .known = on_known };
	struct json_scan scan = { .file = log, .at = span->at, .line = span->line, .to = &visitor };
	struct err why = { 0 };
	bool broken = false;

	l.scan = &scan;
	/* What the event lends must not move while it grows. */
	strbuf_reserve(&l.texts, MIN((size_t)TEXTS_MAX, 3 * log.len) + JOINED_MAX);
	while (scan.at < MIN(span->stop, log.len) && json_scan_run(&scan, span->stop, &why) < 0) {
		size_t at = go_on(learned, log, scan.at);

		sink->damage(sink->context, why.offset, why.text);
		l.n_items++;
		scan.line += (uint32_t)text_count((const char *)log.data + scan.at, (const char *)log.data + at, '\n');
		scan.at = at;
		broken = at == log.len;
	}
	if (span->last && learned->is_array && !broken && span->at < log.len && scan.at == log.len &&
	    !ends_with_bracket(log)) {
		sink->damage(sink->context, log.offset + log.len, "the file ends inside an array");
		l.n_items++;
	}
	span->at = scan.at;
	span->line = scan.line;
	span->n_items += l.n_items;
	span->n_known += l.n_known;
	strbuf_release(&l.texts);
	json_scan_release(&scan);
}

static bool may_be_empty(const void *learned UNUSED, uint64_t n_items)
{
	return n_items == 0;
}

const struct reader reader_json = {
	.name = "json", .is = is_json, .learn = learn, .seek = seek, .read = read_json, .may_be_empty = may_be_empty,
	.what = "the JSON of an event log",
};
