/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/summary.h"

#include <stdlib.h>
#include <zlib.h>

#include "common/base/filetime.h"
#include "kms/log.h"
#include "kms/text_pool.h"

/* What audit looks at in the message of an event that is no request. */
#define MESSAGE_KEPT 300

/* All texts are numbers in the pool; GUIDs are texts of sixteen bytes. Times are seconds. */
struct row {
	uint64_t record, time, client_time, binary_len;
	uint32_t host, host_key; /* host_key: lower case; of no use when the host was assumed */
	uint32_t id, hresult, needed, status, minutes;
	uint32_t name, cmid, product, provider, channel, message;
	uint32_t log;
	uint32_t copies;
	uint32_t flags;
};

struct damage {
	uint32_t text;
	uint64_t offset;
};

struct summary {
	const char *host;
	const char *path; /* of the log being read */
	uint32_t log;
	size_t log_damages; /* first damage of the log */
	bool only_summaries;
	struct text_pool pool;
	VEC(struct row) rows;
	VEC(struct damage) damages;
};

struct summary *summary_new(const char *host)
{
	struct summary *summary = xcalloc(1, sizeof(*summary));

	summary->host = host;
	return summary;
}

void summary_freep(struct summary **pointer)
{
	struct summary *summary = *pointer;

	if (!summary)
		return;
	text_pool_release(&summary->pool);
	vec_release(&summary->rows);
	vec_release(&summary->damages);
	free(summary);
	*pointer = NULL;
}

static uint32_t keep(struct summary *s, struct text text, size_t max)
{
	return text_pool_add(&s->pool, (struct text){ text.data, MIN(text.len, max) });
}

static uint32_t keep_guid(struct summary *s, const struct guid *guid)
{
	return keep(s, (struct text){ (const char *)guid->bytes, sizeof(guid->bytes) }, sizeof(guid->bytes));
}

static uint32_t keep_lower(struct summary *s, struct text text)
{
	char lower[KMSD_TEXT_MAX];
	size_t len = MIN(text.len, sizeof(lower));

	for (size_t i = 0; i < len; i++)
		lower[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] | 0x20) : text.data[i];
	return keep(s, (struct text){ lower, len }, len);
}

static void set_request(struct summary *s, struct row *row, const struct kms_request *request)
{
	row->hresult = request->hresult;
	row->needed = request->needed;
	row->status = request->status;
	row->minutes = request->minutes;
	row->name = keep(s, request->name, KMSD_TEXT_MAX);
	row->cmid = keep_guid(s, &request->cmid);
	row->product = keep_guid(s, &request->product);
	row->flags |= (request->has_cmid ? KMSD_HAS_CMID : 0U) | (request->vm ? KMSD_VIRTUAL : 0U);
	if (request->has_client_time) {
		row->flags |= KMSD_HAS_CLIENT_TIME;
		row->client_time = request->client_time / FILETIME_PER_SECOND;
	}
}

static void set_host(struct summary *s, struct row *row, const struct log_event *event)
{
	const char *fallback = s->host ? s->host : s->path;
	struct text host = event->computer;

	if (host.len == 0)
		host = (struct text){ fallback, strlen(fallback) };
	if (event->computer.len == 0 || event->assumed_host)
		row->flags |= KMSD_ASSUMED_HOST;
	row->host = keep(s, host, KMSD_TEXT_MAX);
	row->host_key = keep_lower(s, host);
}

static void on_event(void *context, const struct log_event *event)
{
	struct summary *s = context;
	struct row row = { .id = event->id, .binary_len = event->binary_len, .log = s->log, .copies = 1 };
	bool keeps_message = log_event_keeps_message(event);

	row.flags = (uint32_t)event->problem << KMSD_PROBLEM_SHIFT;
	row.name = row.cmid = row.product = keep(s, TEXT(""), 0);
	set_host(s, &row, event);
	row.provider = keep(s, event->provider, KMSD_TEXT_MAX);
	row.channel = keep(s, event->channel, KMSD_TEXT_MAX);
	row.message = keep(s, event->message, keeps_message ? MESSAGE_KEPT : 0);
	if (event->has_time) {
		row.flags |= KMSD_HAS_TIME;
		row.time = event->time / FILETIME_PER_SECOND;
	}
	if (event->has_record && event->has_time) {
		row.flags |= KMSD_HAS_RECORD;
		row.record = event->record;
	}
	if (event->problem == REQUEST_GOOD)
		set_request(s, &row, &event->request);
	*vec_add(&s->rows) = row;
}

static void on_damage(void *context, uint64_t offset, const char *text)
{
	struct summary *s = context;

	*vec_add(&s->damages) =
		(struct damage){ keep(s, (struct text){ text, strlen(text) }, KMSD_TEXT_MAX), offset };
}

static struct log_sink begin_log(void *context, const char *path)
{
	struct summary *s = context;

	s->path = path;
	s->log++;
	s->log_damages = s->damages.len;
	return (struct log_sink){ .context = s, .event = on_event, .damage = on_damage };
}

static int end_log(void *context, const char *format, struct err *err)
{
	struct summary *s = context;

	/* In a summary they have the name of their log already. */
	if (strcmp(format, reader_kmsd.name) == 0)
		return 0;
	if (s->only_summaries)
		return err_set(err, ERR_USAGE, "%s: a log, not a summary; \"kms summarize\" makes one of it", s->path);
	for (size_t i = s->log_damages; i < s->damages.len; i++) {
		struct text old = text_pool_get(&s->pool, s->damages.items[i].text);
		char *text = xasprintf("%s: %.*s", s->path, (int)old.len, old.data);

		s->damages.items[i].text = keep(s, (struct text){ text, strlen(text) }, KMSD_TEXT_MAX);
		free(text);
	}
	return 0;
}

static void drop_log(void *context UNUSED)
{
}

int summary_logs(struct summary *s, struct log_files *files, uint64_t jobs, bool only_summaries, struct err *err)
{
	const struct log_consumer consumer = { s, begin_log, end_log, drop_log };

	s->only_summaries = only_summaries;
	return log_files_read(files, jobs, &consumer, err);
}

int summary_log_bytes(struct summary *s, const char *name, struct bytes bytes, struct err *err)
{
	struct log_sink sink = begin_log(s, name);
	const char *format = "";

	if (log_read_bytes(bytes, &sink, &format, err) < 0)
		return err_context(err, "%s", name);
	return end_log(s, format, err);
}

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* All that an event says, without its host. */
static int compare_content(const struct row *a, const struct row *b)
{
	const uint64_t x[] = { a->time, a->client_time, a->id, a->name, a->cmid, a->product, a->hresult, a->needed,
			       a->status, a->minutes, a->provider, a->channel, a->message, a->binary_len };
	const uint64_t y[] = { b->time, b->client_time, b->id, b->name, b->cmid, b->product, b->hresult, b->needed,
			       b->status, b->minutes, b->provider, b->channel, b->message, b->binary_len };
	uint32_t mask = ~(uint32_t)KMSD_ASSUMED_HOST;

	for (size_t i = 0; i < ARRAY_SIZE(x); i++)
		if (x[i] != y[i])
			return order(x[i], y[i]);
	return order(a->flags & mask, b->flags & mask);
}

/* Rows for which this is 0 are one event. */
static int compare_identity(const struct row *a, const struct row *b)
{
	bool a_numbered = a->flags & KMSD_HAS_RECORD, b_numbered = b->flags & KMSD_HAS_RECORD;
	bool a_assumed = a->flags & KMSD_ASSUMED_HOST, b_assumed = b->flags & KMSD_ASSUMED_HOST;

	if (a_numbered != b_numbered)
		return a_numbered ? -1 : 1;
	if (a_numbered) {
		if (a->host_key != b->host_key)
			return order(a->host_key, b->host_key);
		return a->record != b->record ? order(a->record, b->record) : order(a->time, b->time);
	}
	if (a_assumed != b_assumed)
		return a_assumed ? 1 : -1;
	if (!a_assumed && a->host_key != b->host_key)
		return order(a->host_key, b->host_key);
	return compare_content(a, b);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int by_identity = compare_identity(x, y), by_content;

	if (by_identity)
		return by_identity;
	if (!(x->flags & KMSD_HAS_RECORD) && x->log != y->log)
		return order(x->log, y->log);
	by_content = compare_content(x, y);
	if (by_content)
		return by_content;
	if (x->host != y->host)
		return order(x->host, y->host);
	return order(x->flags, y->flags);
}

/* Of n rows that are one event: how often it stands in the log that has it most often. */
static uint32_t most_copies(const struct row *rows, size_t n)
{
	uint32_t most = 0, now = 0;

	if (rows[0].flags & KMSD_HAS_RECORD)
		return 1;
	for (size_t i = 0; i < n; i++) {
		now = (i && rows[i].log == rows[i - 1].log ? now : 0) + rows[i].copies;
		now = MIN(now, (uint32_t)KMSD_COPIES_MAX);
		most = MAX(most, now);
	}
	return most;
}

static void unite(struct summary *s)
{
	size_t kept = 0, n;

	for (size_t i = 0; i < s->rows.len; i += n) {
		struct row one = s->rows.items[i];

		for (n = 1; i + n < s->rows.len && compare_identity(&one, &s->rows.items[i + n]) == 0; n++) {
			one.host = MIN(one.host, s->rows.items[i + n].host);
			one.flags &= s->rows.items[i + n].flags | ~(uint32_t)KMSD_ASSUMED_HOST;
		}
		one.copies = most_copies(&s->rows.items[i], n);
		s->rows.items[kept++] = one;
	}
	s->rows.len = kept;
}

static void renumber(struct row *row, const uint32_t *new_of)
{
	uint32_t *const texts[] = { &row->host, &row->host_key, &row->name, &row->cmid, &row->product, &row->provider,
				    &row->channel, &row->message };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i] = new_of[*texts[i]];
}

static int compare_damages(const void *a, const void *b)
{
	const struct damage *x = a, *y = b;

	return x->text != y->text ? order(x->text, y->text) : order(x->offset, y->offset);
}

static void unite_damages(struct summary *s)
{
	size_t kept = 0;

	if (s->damages.len)
		qsort(s->damages.items, s->damages.len, sizeof(*s->damages.items), compare_damages);
	for (size_t i = 0; i < s->damages.len; i++)
		if (i == 0 || compare_damages(&s->damages.items[i], &s->damages.items[i - 1]) != 0)
			s->damages.items[kept++] = s->damages.items[i];
	s->damages.len = kept;
}

static void make_set(struct summary *s)
{
	uint32_t *new_of;

	text_pool_sort(&s->pool, &new_of);
	for (size_t i = 0; i < s->rows.len; i++)
		renumber(&s->rows.items[i], new_of);
	for (size_t i = 0; i < s->damages.len; i++)
		s->damages.items[i].text = new_of[s->damages.items[i].text];
	free(new_of);
	if (s->rows.len)
		qsort(s->rows.items, s->rows.len, sizeof(*s->rows.items), compare_rows);
	unite(s);
	unite_damages(s);
}

static void add_number(struct strbuf *out, uint64_t value)
{
	while (value >= 0x80) {
		strbuf_addc(out, (char)(value | 0x80));
		value >>= 7;
	}
	strbuf_addc(out, (char)value);
}

/* The difference to what stood there in the event before, wrapping; small ones of either sign are short. */
static void add_step(struct strbuf *out, uint64_t value, uint64_t before)
{
	uint64_t step = value - before;

	add_number(out, step << 1 ^ (step >> 63 ? UINT64_MAX : 0));
}

static void add_row(struct strbuf *out, const struct row *row, const struct row *before, const uint32_t *number)
{
	strbuf_addc(out, (char)row->flags);
	add_number(out, number[row->host]);
	add_number(out, row->copies);
	add_number(out, row->id);
	add_number(out, number[row->provider]);
	add_number(out, number[row->channel]);
	add_number(out, number[row->message]);
	add_number(out, row->binary_len);
	add_step(out, row->record, before->record);
	add_step(out, row->time, before->time);
	if (row->flags >> KMSD_PROBLEM_SHIFT != REQUEST_GOOD)
		return;
	add_step(out, row->client_time, row->time);
	add_number(out, number[row->name]);
	add_number(out, number[row->cmid]);
	add_number(out, number[row->product]);
	add_number(out, row->hresult);
	add_number(out, row->needed);
	add_number(out, row->status);
	add_number(out, row->minutes);
}

/* Texts that rows still use get the numbers of the file, in their order; others are left out. */
static uint32_t *number_texts(const struct summary *s, uint64_t *ret_n)
{
	uint32_t *number = xcalloc(s->pool.items.len + 1, sizeof(*number));
	uint32_t n = 0;

	for (size_t i = 0; i < s->rows.len; i++) {
		const struct row *row = &s->rows.items[i];

		number[row->host] = number[row->name] = number[row->cmid] = number[row->product] = 1;
		number[row->provider] = number[row->channel] = number[row->message] = 1;
	}
	for (size_t i = 0; i < s->damages.len; i++)
		number[s->damages.items[i].text] = 1;
	for (size_t i = 0; i < s->pool.items.len; i++)
		if (number[i])
			number[i] = ++n;
	*ret_n = n;
	return number;
}

static void add_body(const struct summary *s, const uint32_t *number, struct strbuf *out)
{
	struct row before = { 0 };

	for (uint32_t i = 0; i < s->pool.items.len; i++) {
		struct text text = text_pool_get(&s->pool, i);

		if (!number[i])
			continue;
		add_number(out, text.len);
		strbuf_add(out, text.data, text.len);
	}
	for (size_t i = 0; i < s->rows.len; i++) {
		add_row(out, &s->rows.items[i], &before, number);
		before = s->rows.items[i];
	}
	for (size_t i = 0; i < s->damages.len; i++) {
		add_number(out, number[s->damages.items[i].text]);
		add_number(out, s->damages.items[i].offset);
	}
}

void summary_write(struct summary *s, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(freep) uint32_t *number = NULL;
	uint8_t header[KMSD_HEADER_LEN] = KMSD_MAGIC;
	uint64_t n_texts;

	make_set(s);
	number = number_texts(s, &n_texts);
	add_body(s, number, &body);
	store_le32(header + KMSD_AT_VERSION, KMSD_VERSION);
	store_le32(header + KMSD_AT_CRC, (uint32_t)crc32_z(0, (const Bytef *)strbuf_text(&body), body.len));
	store_le64(header + KMSD_AT_BODY, body.len);
	store_le64(header + KMSD_AT_TEXTS, n_texts);
	store_le64(header + KMSD_AT_EVENTS, s->rows.len);
	store_le64(header + KMSD_AT_DAMAGES, s->damages.len);
	strbuf_add(ret, header, sizeof(header));
	strbuf_add(ret, strbuf_text(&body), body.len);
}

size_t summary_events(const struct summary *s)
{
	return s->rows.len;
}
