/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of "key: value", as wevtutil qe /f:text and PowerShell's Format-List
 * print them, and bare Info lines somebody cut out. What begins an event is
 * "Event[n]:", an empty line behind a request, or a key that comes again.
 */
#include "common/base/filetime.h"
#include "kms/column_time.h"
#include "kms/reader.h"

enum {
	KEY_MAX = 40,
	WRAPPED_MAX = 1024, /* an Info line that the console broke; longer is none */
	LEARN_LINES_MAX = 65536,
};

enum key { KEY_NONE, KEY_ID, KEY_TIME, KEY_COMPUTER, KEY_RECORD, KEY_PROVIDER, KEY_CHANNEL, KEY_MESSAGE };

static const struct {
	const char *name;
	enum key key;
} keys[] = {
	{ "Event ID", KEY_ID },
	{ "EventID", KEY_ID },
	{ "Id", KEY_ID },
	{ "InstanceId", KEY_ID },
	{ "Date", KEY_TIME },
	{ "TimeCreated", KEY_TIME },
	{ "TimeGenerated", KEY_TIME },
	{ "Computer", KEY_COMPUTER },
	{ "MachineName", KEY_COMPUTER },
	{ "RecordId", KEY_RECORD },
	{ "Source", KEY_PROVIDER },
	{ "ProviderName", KEY_PROVIDER },
	{ "Log Name", KEY_CHANNEL },
	{ "LogName", KEY_CHANNEL },
	{ "Message", KEY_MESSAGE },
};

struct lines {
	struct bytes bytes;
	size_t at;
	uint32_t line;
	bool learning;
	struct column_clock clock;
	const struct log_sink *sink;
	struct log_event event;
	struct column_time time;
	bool has_time;
	unsigned seen;     /* bits of enum key */
	char wrapped[WRAPPED_MAX];
	size_t n_wrapped;
	size_t n_known;
};

static struct text trim(struct text t)
{
	while (t.len && (*t.data == ' ' || *t.data == '\t'))
		t.data++, t.len--;
	while (t.len && (t.data[t.len - 1] == ' ' || t.data[t.len - 1] == '\r' || t.data[t.len - 1] == '\t'))
		t.len--;
	return t;
}

static bool take_line(struct lines *l, struct text *ret)
{
	const char *at = (const char *)l->bytes.data + l->at, *stop;
	size_t left = l->bytes.len - l->at;

	if (left == 0)
		return false;
	stop = memchr(at, '\n', left);
	ret->data = at;
	ret->len = stop ? (size_t)(stop - at) : left;
	l->at += ret->len + (stop ? 1 : 0);
	l->line++;
	return true;
}

static void finish_time(struct lines *l)
{
	struct log_event *event = &l->event;

	if (!l->has_time)
		return;
	if (!l->learning)
		event->has_time = column_clock_time(&l->clock, &l->time, &event->time);
	else if (event->problem == REQUEST_GOOD && event->request.has_client_time && !l->time.utc)
		column_clock_add(&l->clock, &l->time, event->request.client_time);
}

static void flush(struct lines *l)
{
	if (l->event.id || l->event.problem != REQUEST_NOT_INFO) {
		finish_time(l);
		l->n_known++;
		if (!l->learning)
			l->sink->event(l->sink->context, &l->event);
	}
	l->event = (struct log_event){ .problem = REQUEST_NOT_INFO };
	l->has_time = false;
	l->seen = 0;
	l->n_wrapped = 0;
}

static enum key key_of(struct text line, struct text *ret_value)
{
	const char *colon = memchr(line.data, ':', MIN(line.len, (size_t)KEY_MAX));
	struct text name;

	if (!colon)
		return KEY_NONE;
	name = trim((struct text){ line.data, (size_t)(colon - line.data) });
	*ret_value = trim((struct text){ colon + 1, (size_t)(line.data + line.len - colon - 1) });
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (text_is(name, keys[i].name))
			return keys[i].key;
	return KEY_NONE;
}

static uint64_t number_of(struct text t)
{
	uint64_t value = 0;

	for (size_t i = 0; i < t.len && i < 18 && t.data[i] >= '0' && t.data[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(t.data[i] - '0');
	return value;
}

static void set_key(struct lines *l, enum key key, struct text value)
{
	switch (key) {
	case KEY_ID:
		l->event.id = (uint32_t)(number_of(value) & 0xffff);
		break;
	case KEY_TIME:
		l->has_time = column_time_parse(value, &l->time);
		break;
	case KEY_COMPUTER:
		l->event.computer = value;
		break;
	case KEY_RECORD:
		l->event.record = number_of(value);
		l->event.has_record = l->event.record != 0;
		break;
	case KEY_PROVIDER:
		l->event.provider = value;
		break;
	case KEY_CHANNEL:
		l->event.channel = value;
		break;
	case KEY_MESSAGE:
	case KEY_NONE:
		break;
	}
}

static void set_request(struct lines *l, struct text line, enum request_problem problem,
			const struct kms_request *request)
{
	if (l->event.problem == REQUEST_GOOD)
		flush(l);
	if (!l->event.line)
		l->event.line = l->line;
	l->event.problem = problem;
	l->event.message = line;
	if (problem == REQUEST_GOOD)
		l->event.request = *request;
}

static void add_wrapped(struct lines *l, struct text line, bool space)
{
	if (l->n_wrapped + line.len + 1 > WRAPPED_MAX)
		return;
	if (space)
		l->wrapped[l->n_wrapped++] = ' ';
	memcpy(l->wrapped + l->n_wrapped, line.data, line.len);
	l->n_wrapped += line.len;
}

/* A line that goes on where the console broke the one before: at a space, or in the middle of a word. */
static bool take_wrapped(struct lines *l, struct text line)
{
	size_t before = l->n_wrapped;

	if (before == 0 || line.len == 0)
		return false;
	for (int space = 0; space < 2; space++) {
		struct kms_request request;

		l->n_wrapped = before;
		add_wrapped(l, line, space);
		if (kms_request_parse((struct text){ l->wrapped, l->n_wrapped }, &request) == REQUEST_GOOD) {
			/* The request lends from the buffer, which stays as it is until the next line that is cut. */
			set_request(l, (struct text){ l->wrapped, l->n_wrapped }, REQUEST_GOOD, &request);
			l->n_wrapped = 0;
			return true;
		}
	}
	return true;
}

static bool take_info(struct lines *l, struct text line)
{
	struct kms_request request;
	enum request_problem problem = kms_request_search(line, &request);

	if (problem == REQUEST_NOT_INFO)
		return false;
	set_request(l, line, problem, &request);
	if (problem != REQUEST_GOOD && memcmp(line.data, "0x", MIN(line.len, (size_t)2)) == 0)
		add_wrapped(l, line, false);
	return true;
}

static void take_key(struct lines *l, struct text line)
{
	struct text value = { "", 0 };
	enum key key = key_of(line, &value);

	if (key == KEY_NONE)
		return;
	if (l->seen & 1U << key)
		flush(l);
	l->seen |= 1U << key;
	if (!l->event.line)
		l->event.line = l->line;
	set_key(l, key, value);
}

static void take(struct lines *l, struct text line)
{
	if (line.len == 0) {
		if (l->event.problem != REQUEST_NOT_INFO)
			flush(l);
		return;
	}
	if (line.len > 6 && memcmp(line.data, "Event[", 6) == 0) {
		flush(l);
		l->event.line = l->line;
		return;
	}
	if (!take_wrapped(l, line) && !take_info(l, line))
		take_key(l, line);
}

static void walk(struct lines *l)
{
	struct text line;

	l->at = 0;
	l->line = 0;
	l->n_known = 0;
	l->event = (struct log_event){ .problem = REQUEST_NOT_INFO };
	while (take_line(l, &line)) {
		take(l, trim(line));
		if (l->learning && (l->clock.n_samples == COLUMN_TIME_SAMPLES || l->line > LEARN_LINES_MAX))
			break;
	}
	flush(l);
}

static bool is_lines(struct bytes file)
{
	return file.len != 0;
}

static int read_lines(struct bytes file, const struct log_sink *sink, struct err *err)
{
	struct lines l = { .bytes = file, .sink = sink, .learning = true };

	walk(&l);
	column_clock_learn(&l.clock);
	l.learning = false;
	walk(&l);
	if (l.n_known == 0)
		return err_set(err, ERR_FORMAT, "no events in it: not the export of an event log");
	return 0;
}

const struct reader reader_lines = { .name = "lines", .is = is_lines, .read = read_lines };
