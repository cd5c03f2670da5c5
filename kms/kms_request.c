/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/kms_request.h"

#include <string.h>

#include "common/base/filetime.h"
#include "kms/info_line.h"
#include "kms/text_scan.h"

enum {
	FIELD_HRESULT,
	FIELD_NEEDED,
	FIELD_NAME,
	FIELDS_BEHIND_TIME = 4, /* vm, status, minutes, product */
	FIELDS_MAX = 32,        /* nine, a name with commas, and what a later Windows may add */
	LINE_MAX_LEN = 2048,    /* a line has about 140 characters */
	TRIES_MAX = 16,         /* beginnings of a line that are looked at in one text */
};

bool text_is(struct text text, const char *word)
{
	return strlen(word) == text.len && memcmp(text.data, word, text.len) == 0;
}

uint64_t text_number(struct text text)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len && i < 19 && text.data[i] >= '0' && text.data[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	return value;
}

static struct text trim(struct text t)
{
	while (t.len && (*t.data == ' ' || *t.data == '\t'))
		t.data++, t.len--;
	while (t.len && (t.data[t.len - 1] == ' ' || t.data[t.len - 1] == '\t'))
		t.len--;
	return t;
}

/* Leading decimal digits of t; the rest stays in t. False when there is none or it is too large. */
static bool take_number(struct text *t, uint32_t *ret)
{
	uint32_t value = 0;
	size_t i = 0;

	for (; i < t->len && t->data[i] >= '0' && t->data[i] <= '9'; i++) {
		if (i == 9)
			return false;
		value = value * 10 + (uint32_t)(t->data[i] - '0');
	}
	if (i == 0)
		return false;
	t->data += i;
	t->len -= i;
	*ret = value;
	return true;
}

static bool take_char(struct text *t, char c)
{
	if (t->len == 0 || *t->data != c)
		return false;
	t->data++;
	t->len--;
	return true;
}

static bool parse_decimal(struct text t, uint32_t *ret)
{
	uint32_t value;

	if (!take_number(&t, &value) || t.len)
		return false;
	*ret = value;
	return true;
}

static bool parse_hresult(struct text t, uint32_t *ret)
{
	uint32_t value = 0;

	if (t.len < 3 || t.len > 10 || t.data[0] != '0' || (t.data[1] | 0x20) != 'x')
		return false;
	for (size_t i = 2; i < t.len; i++) {
		char c = t.data[i];
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a') + 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

struct civil {
	uint32_t year, month, day, hour, minute;
};

/* 2010/9/29 21:46; one old page of the documentation has the year last. */
static bool parse_time_shape(struct text t, struct civil *ret)
{
	struct civil c;
	uint32_t second;

	if (t.len < 12 || !take_number(&t, &c.year) || !take_char(&t, '/') || !take_number(&t, &c.month) ||
	    !take_char(&t, '/') || !take_number(&t, &c.day) || !take_char(&t, ' '))
		return false;
	while (take_char(&t, ' '))
		;
	if (!take_number(&t, &c.hour) || !take_char(&t, ':') || !take_number(&t, &c.minute))
		return false;
	if (take_char(&t, ':') && !take_number(&t, &second))
		return false;
	if (t.len)
		return false;
	if (c.year <= 12 && c.day > 31) {
		uint32_t month = c.year;

		c.year = c.day;
		c.day = c.month;
		c.month = month;
	}
	*ret = c;
	return true;
}

static bool parse_guid(struct text t, struct guid *ret)
{
	if (t.len == GUID_BRACED_LEN && t.data[0] == '{' && t.data[t.len - 1] == '}') {
		t.data++;
		t.len -= 2;
	}
	return t.len == GUID_TEXT_LEN && guid_parse(t.data, ret);
}

static void set_client_time(const struct civil *c, struct kms_request *request)
{
	uint64_t time;

	request->has_client_time = c->year >= 1970 && c->year < 10000 &&
				   filetime_from_civil((int)c->year, (int)c->month, (int)c->day, (int)c->hour,
						       (int)c->minute, 0, &time);
	request->client_time = request->has_client_time ? time : 0;
}

static bool set_cmid(struct text t, struct kms_request *request)
{
	memset(&request->cmid, 0, sizeof(request->cmid));
	request->has_cmid = false;
	if (t.len == 0)
		return true;
	if (!parse_guid(t, &request->cmid))
		return false;
	request->has_cmid = !guid_is_zero(&request->cmid);
	return true;
}

/* False when it holds a control character, as no name does. */
static bool set_name(struct text first, struct text last, struct kms_request *request)
{
	struct text name = { first.data, (size_t)(last.data + last.len - first.data) };

	while (name.len && name.data[name.len - 1] == '.')
		name.len--;
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.data[i] < ' ')
			return false;
	request->name = name;
	return true;
}

/* Where the time stands: at index 4, or later when the name has commas. 0 when nowhere. */
static size_t find_time(const struct text *fields, size_t n, struct civil *ret)
{
	for (size_t i = FIELD_NAME + 2; i < n; i++)
		if (parse_time_shape(fields[i], ret))
			return i;
	return 0;
}

static enum request_problem parse_fields(const struct text *fields, size_t n, struct kms_request *ret)
{
	struct kms_request request = { 0 };
	struct civil civil;
	size_t time;

	if (n < 4 || !parse_hresult(fields[FIELD_HRESULT], &request.hresult) ||
	    !parse_decimal(fields[FIELD_NEEDED], &request.needed))
		return REQUEST_NOT_INFO;
	time = find_time(fields, n, &civil);
	if (time == 0 || n - time - 1 < FIELDS_BEHIND_TIME)
		return n < 9 ? REQUEST_CUT : REQUEST_BAD;
	if (!set_cmid(fields[time - 1], &request) || !parse_decimal(fields[time + 1], &request.vm) ||
	    !parse_decimal(fields[time + 2], &request.status) || !parse_decimal(fields[time + 3], &request.minutes) ||
	    !parse_guid(fields[time + 4], &request.product) ||
	    !set_name(fields[FIELD_NAME], fields[time - 2], &request))
		return REQUEST_BAD;
	set_client_time(&civil, &request);
	*ret = request;
	return REQUEST_GOOD;
}

static size_t split(struct text line, struct text *fields)
{
	const char *at = line.data, *end = line.data + line.len;
	size_t n = 0;

	while (n < FIELDS_MAX) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;

		fields[n++] = trim((struct text){ at, (size_t)(stop - at) });
		if (!comma)
			break;
		at = comma + 1;
	}
	return n;
}

enum request_problem kms_request_parse_any(struct text line, struct kms_request *ret)
{
	struct text fields[FIELDS_MAX];

	if (line.len < 4)
		return REQUEST_NOT_INFO;
	return parse_fields(fields, split(line, fields), ret);
}

enum request_problem kms_request_parse(struct text line, struct kms_request *ret)
{
	if (line.len > 2 && line.data[0] == '0' && line.data[1] == 'x' &&
	    info_line_parse(line.data, line.data + line.len, ret))
		return REQUEST_GOOD;
	return kms_request_parse_any(line, ret);
}

enum request_problem kms_request_from_fields(const struct text *fields, size_t n, struct kms_request *ret)
{
	struct text trimmed[FIELDS_MAX];

	n = MIN(n, FIELDS_MAX);
	for (size_t i = 0; i < n; i++)
		trimmed[i] = trim(fields[i]);
	/* Separate strings need not lie behind one another: the name is exactly one of them. */
	if (n > 4 && n < 9)
		return parse_fields(trimmed, n, ret) == REQUEST_NOT_INFO ? REQUEST_NOT_INFO : REQUEST_CUT;
	if (n >= 9) {
		struct civil civil;

		if (!parse_time_shape(trimmed[4], &civil))
			return REQUEST_NOT_INFO;
	}
	return parse_fields(trimmed, n, ret);
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static size_t line_length(const char *at, size_t len)
{
	const char *end = text_find3(at, at + MIN(len, (size_t)LINE_MAX_LEN), '\n', '\r', '"');

	end = text_find3(at, end, '\t', '<', '<');
	return (size_t)(end - at);
}

/* "0x0,25": cheap enough to ask at every 0x of a text. */
static bool begins_line(struct text t)
{
	size_t i = 2;

	while (i < t.len && i < 10 && ((t.data[i] >= '0' && t.data[i] <= '9') ||
				       ((t.data[i] | 0x20) >= 'a' && (t.data[i] | 0x20) <= 'f')))
		i++;
	if (i == 2 || i >= t.len || t.data[i++] != ',')
		return false;
	while (i < t.len && t.data[i] == ' ')
		i++;
	return i < t.len && t.data[i] >= '0' && t.data[i] <= '9';
}

enum request_problem kms_request_search(struct text text, struct kms_request *ret)
{
	enum request_problem worst = REQUEST_NOT_INFO;
	unsigned tries = 0;

	for (size_t i = 0; i + 2 < text.len && tries < TRIES_MAX; i++) {
		const char *hit = memchr(text.data + i, '0', text.len - i - 2);
		enum request_problem problem;
		struct text line;

		if (!hit)
			break;
		i = (size_t)(hit - text.data);
		line = (struct text){ hit, text.len - i };
		if ((hit[1] | 0x20) != 'x' || (i && is_word(hit[-1])) || !begins_line(line))
			continue;
		tries++;
		if (info_line_parse(hit, text.data + text.len, ret))
			return REQUEST_GOOD;
		line.len = line_length(hit, line.len);
		problem = kms_request_parse_any(line, ret);
		if (problem == REQUEST_GOOD)
			return problem;
		worst = MAX(worst, problem);
	}
	return worst;
}

const char *licence_status_name(uint32_t status)
{
	static const char *const names[] = {
		"Unlicensed", "Licensed", "OOBGrace", "OOTGrace", "NonGenuineGrace", "Notification", "ExtendedGrace",
	};

	return status < ARRAY_SIZE(names) ? names[status] : NULL;
}
