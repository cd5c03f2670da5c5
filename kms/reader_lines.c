/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of "key: value", as wevtutil qe /f:text and PowerShell's Format-List
 * print them, and bare Info lines somebody cut out. What begins an event is
 * "Event[n]:", an empty line behind a request, or a key that comes again.
 */
#include "common/base/alloc.h"
#include "kms/column_time.h"
#include "kms/reader.h"

enum {
	KEY_MAX = 40,
	WRAPPED_MAX = 1024, /* an Info line that the console broke; longer is none */
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

/* What the beginning of the file tells. */
struct learned {
	char first[KEY_MAX]; /* what its first line begins with, up to a colon: so do the events */
	size_t first_len;
	struct column_clock clock;
};

struct lines {
	const struct learned *learned;
	struct learned *learning; /* the same while it is being made */
	struct bytes bytes;
	size_t at;
	uint32_t line;
	const struct log_sink *sink;
	struct log_event event;
	struct text time;
	struct column_day day;
	bool clean;        /* an empty line has ended the event */
	unsigned seen;     /* bits of enum key */
	char wrapped[WRAPPED_MAX];
	size_t n_wrapped;
	uint64_t n_known;
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
	size_t left = l->bytes.len - l->at;
	const char *at, *stop;

	if (left == 0)
		return false;
	at = (const char *)l->bytes.data + l->at;
	stop = memchr(at, '\n', left);
	ret->data = at;
	ret->len = stop ? (size_t)(stop - at) : left;
	l->at += ret->len + (stop ? 1 : 0);
	l->line++;
	return true;
}

static void learn_time(struct lines *l)
{
	const struct log_event *event = &l->event;
	struct column_time time;

	if (event->problem == REQUEST_GOOD && event->request.has_client_time && column_time_parse(l->time, &time) &&
	    !time.utc)
		column_clock_add(&l->learning->clock, &time, event->request.client_time);
}

static void flush(struct lines *l)
{
	if (l->event.id || l->event.problem != REQUEST_NOT_INFO) {
		l->n_known++;
		if (l->learning) {
			learn_time(l);
		} else {
			l->event.has_time = l->time.len && column_clock_read(&l->learned->clock, &l->day, l->time,
									     &l->event.time);
			l->sink->event(l->sink->context, &l->event);
		}
	}
	l->event = (struct log_event){ .problem = REQUEST_NOT_INFO };
	l->time = (struct text){ "", 0 };
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

static void set_key(struct lines *l, enum key key, struct text value)
{
	switch (key) {
	case KEY_ID:
		l->event.id = (uint32_t)(text_number(value) & 0xffff);
		break;
	case KEY_TIME:
		l->time = value;
		break;
	case KEY_COMPUTER:
		l->event.computer = value;
		break;
	case KEY_RECORD:
		l->event.record = text_number(value);
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
	struct text value;

	if (before == 0 || line.len == 0 || key_of(line, &value) != KEY_NONE)
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

	/* What other events say behind "Info:". */
	if (line.len > 2 && memcmp(line.data, "0x", 2) == 0 && l->event.problem == REQUEST_NOT_INFO)
		l->event.message = line;
	if (key == KEY_NONE)
		return;
	if (l->seen & 1U << key)
		flush(l);
	l->seen |= 1U << key;
	if (!l->event.line)
		l->event.line = l->line;
	set_key(l, key, value);
}

static bool begins_event(struct text line)
{
	return line.len > 6 && memcmp(line.data, "Event[", 6) == 0;
}

static void take(struct lines *l, struct text line)
{
	l->clean &= line.len == 0;
	if (line.len == 0) {
		if (l->event.problem != REQUEST_NOT_INFO) {
			flush(l);
			l->clean = true;
		}
		return;
	}
	if (begins_event(line)) {
		flush(l);
		l->event.line = l->line;
		return;
	}
	if (!take_wrapped(l, line) && !take_info(l, line))
		take_key(l, line);
}

static bool begins_info(struct text line)
{
	return line.len > 2 && memcmp(line.data, "0x", 2) == 0;
}

/* What take would do with the line ends the event at hand first, or an empty line has. */
static bool is_boundary(const struct lines *l, struct text line)
{
	struct kms_request request;
	struct text value;
	enum key key;

	if (line.len == 0)
		return false;
	if (l->clean || begins_event(line))
		return true;
	key = key_of(line, &value);
	if (l->n_wrapped && key == KEY_NONE)
		return false;
	if (kms_request_search(line, &request) != REQUEST_NOT_INFO)
		return l->event.problem == REQUEST_GOOD;
	return key != KEY_NONE && (l->seen & 1U << key);
}

static void walk(struct lines *l, size_t stop)
{
	struct text line;

	l->event = (struct log_event){ .problem = REQUEST_NOT_INFO };
	for (;;) {
		size_t start = l->at;

		if ((l->learning && l->learning->clock.n_samples == COLUMN_TIME_SAMPLES) || !take_line(l, &line))
			break;
		if (start >= stop && is_boundary(l, trim(line))) {
			l->at = start;
			l->line--;
			break;
		}
		take(l, trim(line));
	}
	flush(l);
}

static bool is_lines(struct bytes start)
{
	return start.len != 0;
}

static void learn_first(struct lines *l, size_t begin)
{
	struct text line = { "", 0 };
	const char *colon;

	l->at = begin;
	while (take_line(l, &line) && trim(line).len == 0)
		;
	line = trim(line);
	if (begins_event(line))
		line.len = 6;
	else if (begins_info(line))
		line.len = 2;
	colon = memchr(line.data, ':', line.len);
	if (colon)
		line.len = (size_t)(colon - line.data);
	l->learning->first_len = MIN(line.len, (size_t)KEY_MAX);
	memcpy(l->learning->first, line.data, l->learning->first_len);
}

static void *learn(struct bytes start, size_t begin)
{
	struct learned *learned = xcalloc(1, sizeof(*learned));
	struct lines l = { .learned = learned, .learning = learned, .bytes = start, .at = begin };

	learn_first(&l, begin);
	l.at = begin;
	walk(&l, start.len);
	column_clock_learn(&learned->clock);
	return learned;
}

static size_t seek(const void *context, struct bytes log, size_t from, size_t to)
{
	const struct learned *learned = context;

	while (from < to && learned->first_len) {
		const uint8_t *newline = memchr(log.data + from - 1, '\n', to - from + 1);

		if (!newline)
			break;
		from = (size_t)(newline + 1 - log.data);
		if (bytes_equal(log, from, learned->first, learned->first_len))
			return MIN(from, to);
		from++;
	}
	return to;
}

static void read_lines(const void *learned, struct bytes log, struct log_span *span, const struct log_sink *sink)
{
	struct lines l = { .learned = learned, .bytes = log, .at = span->at, .line = span->line - 1, .sink = sink,
			   .time = { "", 0 } };

	walk(&l, span->stop);
	span->at = l.at;
	span->line = l.line + 1;
	span->n_items += l.n_known;
	span->n_known += l.n_known;
}

static bool may_be_empty(const void *learned UNUSED, uint64_t n_items UNUSED)
{
	return false;
}

const struct reader reader_lines = {
	.name = "lines", .is = is_lines, .learn = learn, .seek = seek, .read = read_lines,
	.may_be_empty = may_be_empty, .what = "the export of an event log",
};
