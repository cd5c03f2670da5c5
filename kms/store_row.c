/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/store_row.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/filetime.h"
#include "common/base/utf16.h"

/* What the audit looks at in the message of an event that is no request. */
#define MESSAGE_KEPT 300

#define UNIX_EPOCH_SECONDS ((int64_t)(FILETIME_UNIX_EPOCH / FILETIME_PER_SECOND))
#define SECONDS_MAX ((int64_t)(UINT64_MAX / FILETIME_PER_SECOND))

void store_text_encode(const char *text, size_t len, struct strbuf *ret)
{
	while (len) {
		uint32_t codepoint = 0;
		size_t n = text_codepoint(text, len, &codepoint);

		if (n == 0 || codepoint == 0 || (codepoint >= 0xd800 && codepoint < 0xe000)) {
			n = MAX(n, (size_t)1);
			for (size_t i = 0; i < n; i++)
				strbuf_addf(ret, "\\x%02x", (uint8_t)text[i]);
		} else if (codepoint == '\\') {
			strbuf_adds(ret, "\\\\");
		} else {
			strbuf_add(ret, text, n);
		}
		text += n;
		len -= n;
	}
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int store_text_decode(struct strbuf *text, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < text->len; i++) {
		char c = text->data[i];

		if (c == '\\') {
			int high = i + 3 < text->len ? hex_digit(text->data[i + 2]) : -1;
			int low = i + 3 < text->len ? hex_digit(text->data[i + 3]) : -1;

			if (i + 1 < text->len && text->data[i + 1] == '\\') {
				i++;
			} else if (i + 3 < text->len && text->data[i + 1] == 'x' && high >= 0 && low >= 0) {
				c = (char)(high << 4 | low);
				i += 3;
			} else {
				return err_set(err, ERR_FORMAT, "a text of the store has a lone backslash");
			}
		}
		text->data[kept++] = c;
	}
	text->len = kept;
	if (text->data)
		text->data[kept] = '\0';
	return 0;
}

static void set_text(struct store_row *row, enum store_text which, struct text text, size_t max)
{
	strbuf_clear(&row->texts[which]);
	store_text_encode(text.data, MIN(text.len, max), &row->texts[which]);
}

static void set_guid(struct store_row *row, enum store_text which, const struct guid *guid)
{
	char text[GUID_BRACED_LEN + 1];

	strbuf_clear(&row->texts[which]);
	strbuf_adds(&row->texts[which], guid_format(guid, GUID_PLAIN, text));
}

static void set_lower(struct strbuf *ret, const struct strbuf *text)
{
	strbuf_clear(ret);
	strbuf_add(ret, strbuf_text(text), text->len);
	for (size_t i = 0; i < ret->len; i++)
		if (ret->data[i] >= 'A' && ret->data[i] <= 'Z')
			ret->data[i] = (char)(ret->data[i] | 0x20);
}

static int64_t unix_seconds(uint64_t filetime)
{
	return (int64_t)(filetime / FILETIME_PER_SECOND) - UNIX_EPOCH_SECONDS;
}

static void set_request(struct store_row *row, const struct kms_request *request)
{
	row->ints[ROW_HRESULT] = request->hresult;
	row->ints[ROW_NEEDED] = request->needed;
	row->ints[ROW_VIRTUAL] = request->vm;
	row->ints[ROW_STATUS] = request->status;
	row->ints[ROW_MINUTES] = request->minutes;
	if (request->has_client_time)
		row->ints[ROW_CLIENT_TIME] = unix_seconds(request->client_time);
	set_text(row, ROW_NAME, request->name, STORE_TEXT_MAX);
	if (request->has_cmid)
		set_guid(row, ROW_CMID, &request->cmid);
	set_guid(row, ROW_PRODUCT, &request->product);
}

/* Two mixes of 64 bits: not against somebody who wants equal ones, who could drop only lines of his own. */
static uint64_t mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * 0x9e3779b97f4a7c15ULL;
	h ^= h >> 32;
	h *= 0xbf58476d1ce4e5b9ULL;
	return h ^ h >> 29;
}

static uint64_t mix_text(uint64_t h, const struct strbuf *text)
{
	size_t i = 0;

	h = mix(h, text->len);
	for (; i + 8 <= text->len; i += 8)
		h = mix(h, load_le64((const uint8_t *)text->data + i));
	for (; i < text->len; i++)
		h = mix(h, (uint8_t)text->data[i]);
	return h;
}

/* Of a request what it asks: exports differ in what else they tell. */
static uint64_t digest_half(const struct store_row *row, uint64_t seed)
{
	static const enum store_int request_ints[] = { ROW_TIME, ROW_HRESULT, ROW_NEEDED, ROW_CLIENT_TIME, ROW_VIRTUAL,
						       ROW_STATUS, ROW_MINUTES };
	static const enum store_text request_texts[] = { ROW_KEY_HOST, ROW_NAME, ROW_CMID, ROW_PRODUCT };
	static const enum store_int other_ints[] = { ROW_TIME, ROW_ID, ROW_BINARY_LEN, ROW_PROBLEM };
	static const enum store_text other_texts[] = { ROW_KEY_HOST, ROW_PROVIDER, ROW_CHANNEL, ROW_MESSAGE };
	bool good = row->ints[ROW_PROBLEM] == REQUEST_GOOD;

	for (size_t i = 0; i < (good ? ARRAY_SIZE(request_ints) : ARRAY_SIZE(other_ints)); i++)
		seed = mix(seed, (uint64_t)row->ints[good ? request_ints[i] : other_ints[i]]);
	for (size_t i = 0; i < ARRAY_SIZE(request_texts); i++)
		seed = mix_text(seed, &row->texts[good ? request_texts[i] : other_texts[i]]);
	return mix(seed, good);
}

static void set_digest(struct store_row *row)
{
	bool numbered = row->ints[ROW_NUMBERED];
	uint64_t a = numbered ? 0 : digest_half(row, 1), b = numbered ? 0 : digest_half(row, 2);

	strbuf_clear(&row->texts[ROW_DIGEST]);
	strbuf_addf(&row->texts[ROW_DIGEST], "%016" PRIx64 "%016" PRIx64, a, numbered ? b : b | 1);
}

static void set_host(struct store_row *row, const struct log_event *event, const char *fallback)
{
	struct text host = event->computer;
	bool assumed = host.len == 0 || event->assumed_host;

	if (host.len == 0)
		host = (struct text){ fallback, strlen(fallback) };
	row->ints[ROW_ASSUMED] = assumed;
	set_text(row, ROW_HOST, host, STORE_TEXT_MAX);
	set_lower(&row->texts[ROW_HOST_KEY], &row->texts[ROW_HOST]);
	strbuf_clear(&row->texts[ROW_KEY_HOST]);
	if (!assumed || row->ints[ROW_NUMBERED])
		strbuf_add(&row->texts[ROW_KEY_HOST], strbuf_text(&row->texts[ROW_HOST_KEY]),
			   row->texts[ROW_HOST_KEY].len);
}

void store_row_set(struct store_row *row, const struct log_event *event, const char *fallback_host, uint64_t seq)
{
	bool keeps_message = log_event_keeps_message(event);

	memset(row->ints, 0, sizeof(row->ints));
	row->ints[ROW_SEQ] = (int64_t)seq;
	row->ints[ROW_IN_LINES] = event->line != 0;
	row->ints[ROW_PLACE] = event->line ? (int64_t)event->line : (int64_t)(event->offset & INT64_MAX);
	row->ints[ROW_NUMBERED] = event->has_record && event->has_time;
	row->ints[ROW_RECORD] = row->ints[ROW_NUMBERED] ? (int64_t)event->record : 0;
	row->ints[ROW_TIME] = event->has_time ? unix_seconds(event->time) : STORE_NO_TIME;
	row->ints[ROW_CLIENT_TIME] = STORE_NO_TIME;
	row->ints[ROW_ID] = event->id;
	row->ints[ROW_BINARY_LEN] = (int64_t)event->binary_len;
	row->ints[ROW_PROBLEM] = event->problem;
	set_host(row, event, fallback_host);
	set_text(row, ROW_PROVIDER, event->provider, STORE_TEXT_MAX);
	set_text(row, ROW_CHANNEL, event->channel, STORE_TEXT_MAX);
	set_text(row, ROW_MESSAGE, event->message, keeps_message ? MESSAGE_KEPT : 0);
	set_text(row, ROW_NAME, TEXT(""), 0);
	strbuf_clear(&row->texts[ROW_CMID]);
	strbuf_clear(&row->texts[ROW_PRODUCT]);
	if (event->problem == REQUEST_GOOD)
		set_request(row, &event->request);
	set_digest(row);
}

void store_row_release(struct store_row *row)
{
	for (size_t i = 0; i < ROW_TEXTS; i++)
		strbuf_release(&row->texts[i]);
}

static int get_text(struct store_row *row, enum store_text which, struct text *ret, struct err *err)
{
	struct strbuf *text = &row->texts[which];

	if (text->len > 4 * STORE_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "a text of the store is longer than %d bytes", 4 * STORE_TEXT_MAX);
	if (store_text_decode(text, err) < 0)
		return -1;
	*ret = (struct text){ strbuf_text(text), text->len };
	return 0;
}

static int get_time(int64_t seconds, bool *ret_has, uint64_t *ret, struct err *err)
{
	*ret_has = seconds != STORE_NO_TIME;
	if (!*ret_has)
		return 0;
	if (seconds < -UNIX_EPOCH_SECONDS || seconds > SECONDS_MAX - UNIX_EPOCH_SECONDS)
		return err_set(err, ERR_FORMAT, "a time of the store lies outside of the calendar");
	*ret = (uint64_t)(seconds + UNIX_EPOCH_SECONDS) * FILETIME_PER_SECOND;
	return 0;
}

static int get_guid(const struct strbuf *text, struct guid *ret, struct err *err)
{
	if (text->len == 0 || !guid_parse_all(strbuf_text(text), ret))
		return err_set(err, ERR_FORMAT, "an id of the store is no GUID");
	return 0;
}

static int get_request(struct store_row *row, struct kms_request *ret, struct err *err)
{
	static const enum store_int u32s[] = { ROW_HRESULT, ROW_NEEDED, ROW_VIRTUAL, ROW_STATUS, ROW_MINUTES };

	for (size_t i = 0; i < ARRAY_SIZE(u32s); i++)
		if (row->ints[u32s[i]] < 0 || row->ints[u32s[i]] > UINT32_MAX)
			return err_set(err, ERR_FORMAT, "a number of the store is too large");
	ret->hresult = (uint32_t)row->ints[ROW_HRESULT];
	ret->needed = (uint32_t)row->ints[ROW_NEEDED];
	ret->vm = (uint32_t)row->ints[ROW_VIRTUAL];
	ret->status = (uint32_t)row->ints[ROW_STATUS];
	ret->minutes = (uint32_t)row->ints[ROW_MINUTES];
	ret->has_cmid = row->texts[ROW_CMID].len != 0;
	if (get_text(row, ROW_NAME, &ret->name, err) < 0 ||
	    get_time(row->ints[ROW_CLIENT_TIME], &ret->has_client_time, &ret->client_time, err) < 0 ||
	    (ret->has_cmid && get_guid(&row->texts[ROW_CMID], &ret->cmid, err) < 0))
		return -1;
	return get_guid(&row->texts[ROW_PRODUCT], &ret->product, err);
}

int store_row_event(struct store_row *row, struct log_event *ret, struct err *err)
{
	struct log_event event = { .source = TEXT("") };
	int64_t problem = row->ints[ROW_PROBLEM];

	if (problem < REQUEST_GOOD || problem > REQUEST_BAD || row->ints[ROW_ID] < 0 || row->ints[ROW_ID] > UINT32_MAX ||
	    row->ints[ROW_PLACE] < 0 || row->ints[ROW_BINARY_LEN] < 0 ||
	    (row->ints[ROW_IN_LINES] && row->ints[ROW_PLACE] > UINT32_MAX))
		return err_set(err, ERR_FORMAT, "a number of the store has no meaning");
	event.problem = (enum request_problem)problem;
	event.id = (uint32_t)row->ints[ROW_ID];
	event.line = row->ints[ROW_IN_LINES] ? (uint32_t)row->ints[ROW_PLACE] : 0;
	event.offset = row->ints[ROW_IN_LINES] ? 0 : (uint64_t)row->ints[ROW_PLACE];
	event.binary_len = (size_t)row->ints[ROW_BINARY_LEN];
	event.assumed_host = row->ints[ROW_ASSUMED] != 0;
	event.has_record = row->ints[ROW_NUMBERED] != 0;
	event.record = (uint64_t)row->ints[ROW_RECORD];
	if (get_time(row->ints[ROW_TIME], &event.has_time, &event.time, err) < 0 ||
	    get_text(row, ROW_HOST, &event.computer, err) < 0 ||
	    get_text(row, ROW_PROVIDER, &event.provider, err) < 0 ||
	    get_text(row, ROW_CHANNEL, &event.channel, err) < 0 ||
	    get_text(row, ROW_MESSAGE, &event.message, err) < 0)
		return -1;
	if (event.problem == REQUEST_GOOD && get_request(row, &event.request, err) < 0)
		return -1;
	*ret = event;
	return 0;
}
