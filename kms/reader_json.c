/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON of any tool that knows Windows events: ConvertTo-Json, Winlogbeat, NXLog,
 * evtx_dump, EvtxECmd; an array, one object, or one a line. An event is an
 * outermost object; whatever its nesting, the members that matter are told by
 * their names and the Info line by its shape. The file is scanned once, without a tree.
 */
#include "kms/column_time.h"
#include "kms/json_scan.h"
#include "kms/reader.h"

#include "common/base/filetime.h"

enum {
	STRINGS_MAX = 16,
	TEXTS_MAX = 2 * JSON_SCAN_OBJECT_MAX + 1024, /* each text is kept at most twice */
};

struct json_log {
	const struct log_sink *sink;
	struct log_event event;
	struct strbuf texts;  /* of the members of this event */
	struct text strings[STRINGS_MAX]; /* values of an array, or param1, param2... */
	size_t n_strings;
	size_t n_events;
	size_t n_objects;
};

enum key { KEY_NONE, KEY_ID, KEY_TIME, KEY_COMPUTER, KEY_RECORD, KEY_PROVIDER, KEY_CHANNEL };

static const struct {
	const char *name;
	enum key key;
} keys[] = {
	{ "Id", KEY_ID },
	{ "EventID", KEY_ID },
	{ "event_id", KEY_ID },
	{ "InstanceId", KEY_ID },
	{ "TimeCreated", KEY_TIME },
	{ "SystemTime", KEY_TIME },
	{ "@timestamp", KEY_TIME },
	{ "EventTime", KEY_TIME },
	{ "MachineName", KEY_COMPUTER },
	{ "Computer", KEY_COMPUTER },
	{ "computer_name", KEY_COMPUTER },
	{ "Hostname", KEY_COMPUTER },
	{ "RecordId", KEY_RECORD },
	{ "EventRecordID", KEY_RECORD },
	{ "record_id", KEY_RECORD },
	{ "ProviderName", KEY_PROVIDER },
	{ "provider_name", KEY_PROVIDER },
	{ "SourceName", KEY_PROVIDER },
	{ "LogName", KEY_CHANNEL },
	{ "Channel", KEY_CHANNEL },
};

static bool same(struct text a, const char *b)
{
	return strlen(b) == a.len && strncasecmp(a.data, b, a.len) == 0;
}

/* The name of a value is its own key or, inside {"#text": ...} and the like, that of what holds it. */
static enum key key_of(struct text name, struct text outer)
{
	/* "Id" is PowerShell's event id; deeper down it is somebody else's. */
	if (same(name, "Id") && outer.len)
		return KEY_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (same(name, keys[i].name))
			return keys[i].key;
	if ((same(name, "#text") || same(name, "value")) && outer.len)
		return key_of(outer, (struct text){ "", 0 });
	return KEY_NONE;
}

static uint64_t number_of(struct text t)
{
	uint64_t value = 0;

	for (size_t i = 0; i < t.len && i < 19 && t.data[i] >= '0' && t.data[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(t.data[i] - '0');
	return value;
}

/* "/Date(1523395220000)/" of Windows PowerShell, else ISO. Without a zone ISO times are taken for UTC. */
static void set_time(struct text t, struct log_event *event)
{
	struct column_clock utc = { .known = true };
	struct column_time time;

	if (event->has_time)
		return;
	if (t.len > 8 && memcmp(t.data, "/Date(", 6) == 0) {
		uint64_t seconds = number_of((struct text){ t.data + 6, t.len - 6 }) / 1000;

		event->has_time = seconds < 253402300800ULL; /* the year 10000 */
		event->time = FILETIME_UNIX_EPOCH + seconds * FILETIME_PER_SECOND;
	} else if (column_time_parse(t, &time)) {
		event->has_time = column_clock_time(&utc, &time, &event->time);
	}
}

static struct text keep(struct json_log *l, struct text t)
{
	size_t begin = l->texts.len;

	strbuf_add(&l->texts, t.data, t.len);
	return (struct text){ l->texts.data + begin, t.len };
}

static void set_key(struct json_log *l, enum key key, struct text value)
{
	struct log_event *event = &l->event;

	switch (key) {
	case KEY_ID:
		if (value.len && strspn(value.data, "0123456789") == value.len)
			event->id = (uint32_t)(number_of(value) & 0xffff);
		break;
	case KEY_TIME:
		set_time(value, event);
		break;
	case KEY_RECORD:
		event->record = number_of(value);
		event->has_record = event->record != 0;
		break;
	case KEY_COMPUTER:
		event->computer = keep(l, value);
		break;
	case KEY_PROVIDER:
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

	if (value.len < 12 || l->event.problem == REQUEST_GOOD || !memmem(value.data, value.len, "0x", 2))
		return;
	problem = kms_request_search(value, &request);
	if (problem == REQUEST_NOT_INFO)
		return;
	kept = keep(l, value);
	l->event.problem = MAX(l->event.problem, problem);
	l->event.message = kept;
	if (problem == REQUEST_GOOD) {
		l->event.problem = kms_request_search(kept, &l->event.request);
	}
}

static void add_string(struct json_log *l, struct text name, struct text value)
{
	bool listed = name.len == 0 || same(name, "#text") || (name.len > 5 && strncasecmp(name.data, "param", 5) == 0);

	if (listed && l->n_strings < STRINGS_MAX)
		l->strings[l->n_strings++] = keep(l, value);
}

static void on_begin(void *context, uint64_t offset, uint32_t line)
{
	struct json_log *l = context;

	l->event = (struct log_event){ .problem = REQUEST_NOT_INFO, .offset = offset, .line = line };
	l->n_strings = 0;
	strbuf_clear(&l->texts);
}

static void on_value(void *context, struct text name, struct text outer, struct text value)
{
	struct json_log *l = context;
	enum key key = key_of(name, outer);

	if (key != KEY_NONE)
		set_key(l, key, value);
	else
		try_request(l, value);
	if (key == KEY_NONE)
		add_string(l, name, value);
}

static void on_end(void *context)
{
	struct json_log *l = context;

	for (size_t first = 0; first < 2 && l->event.problem != REQUEST_GOOD && l->n_strings > first + 8; first++)
		if (kms_request_from_fields(l->strings + first, l->n_strings - first, &l->event.request) ==
		    REQUEST_GOOD)
			l->event.problem = REQUEST_GOOD;
	l->n_objects++;
	if (l->event.id || l->event.problem != REQUEST_NOT_INFO)
		l->n_events++;
	l->sink->event(l->sink->context, &l->event);
}

static bool is_json(struct bytes file)
{
	size_t i = 0;

	while (i < file.len && (file.data[i] == ' ' || (file.data[i] >= '\t' && file.data[i] <= '\r')))
		i++;
	return i < file.len && (file.data[i] == '{' || file.data[i] == '[');
}

static int read_json(struct bytes file, const struct log_sink *sink, struct err *err)
{
	struct json_log l = { .sink = sink };
	struct json_scan_visitor visitor = { .context = &l, .begin = on_begin, .value = on_value, .end = on_end };
	struct err why = { 0 };

	/* What the event lends must not move while it grows. */
	strbuf_reserve(&l.texts, TEXTS_MAX);
	if (json_scan(file, &visitor, &why) < 0)
		sink->damage(sink->context, why.offset, why.text);
	strbuf_release(&l.texts);
	if (l.n_events == 0 && (l.n_objects || why.kind))
		return err_set(err, ERR_FORMAT, "no events in it: not the JSON of an event log");
	return 0;
}

const struct reader reader_json = { .name = "json", .is = is_json, .read = read_json };
