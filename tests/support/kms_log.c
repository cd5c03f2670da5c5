/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/kms_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/filetime.h"
#include "common/base/vec.h"
#include "tests/support/rng.h"

#define REQUEST 12290
#define FIELDS 9
#define STRINGS_MAX 64
#define ODD_EVERY 50
#define STEP 14 /* seconds between events, at most */
#define WEEK (7 * 86400ULL)

const struct kms_log_options kms_log_defaults = {
	.events = 1000, .hosts = 200, .clones = 3, .clone_size = 4, .seed = 1, .start = 1700000000,
	.computer = "kms01.corp.example.com",
};

/* Public activation ids of volume editions, the count each needs, and how many of ten machines have it. */
static const struct product {
	const char *id, *needed;
	unsigned weight;
} products[] = {
	{ "73111121-5638-40f6-bc11-f1d7b0d64300", "25", 5 }, /* Windows 10 and 11 Enterprise */
	{ "2de67392-b7a7-462a-b1ca-108dd189f588", "25", 2 }, /* Windows 10 and 11 Pro */
	{ "68531fb9-5511-4989-97be-d11a0f55633f", "5", 1 },  /* Server 2008 R2 Standard */
	{ "d450596f-894d-49e0-966a-fd39ed4c4c64", "5", 2 },  /* Office 2016 Professional Plus */
};

struct host {
	char name[48];
	char cmid[GUID_TEXT_LEN + 1];
	const struct product *product;
	bool virtual;
	bool seen;
	size_t group; /* of clones, from 1; 0 is none */
};

struct fleet {
	VEC(struct host) hosts;
	struct rng rng;
	uint64_t stride; /* of this week */
};

struct request {
	char texts[FIELDS][64];
	char joined[512];
	const char *strings[FIELDS + 1];
};

static const struct product *pick_product(struct rng *rng)
{
	uint32_t at = rng_below(rng, 10);
	size_t i = 0;

	for (; i + 1 < ARRAY_SIZE(products) && at >= products[i].weight; i++)
		at -= products[i].weight;
	return &products[i];
}

static void new_cmid(struct rng *rng, char ret[GUID_TEXT_LEN + 1])
{
	struct guid guid = rng_guid(rng);
	char text[GUID_BRACED_LEN + 1];

	snprintf(ret, GUID_TEXT_LEN + 1, "%s", guid_format(&guid, GUID_PLAIN, text));
}

static void add_clones(struct fleet *fleet, size_t group, uint64_t size)
{
	const struct product *product = pick_product(&fleet->rng);
	char cmid[GUID_TEXT_LEN + 1];

	new_cmid(&fleet->rng, cmid);
	for (uint64_t i = 0; i < size; i++) {
		struct host *host = vec_add(&fleet->hosts);

		snprintf(host->name, sizeof host->name, "clone%04zu-%02u.corp.example.com", group, (unsigned)i);
		memcpy(host->cmid, cmid, sizeof cmid);
		host->product = product;
		host->virtual = true;
		host->group = group;
	}
}

static void add_host(struct fleet *fleet)
{
	struct host *host = vec_add(&fleet->hosts);

	snprintf(host->name, sizeof host->name, "pc%06zu.corp.example.com", fleet->hosts.len);
	new_cmid(&fleet->rng, host->cmid);
	host->product = pick_product(&fleet->rng);
	host->virtual = rng_chance(&fleet->rng, 40);
}

static void make_fleet(struct fleet *fleet, const struct kms_log_options *options)
{
	fleet->rng = rng_of(options->seed, "fleet");
	for (size_t group = 1; group <= options->clones; group++)
		add_clones(fleet, group, options->clone_size);
	while (fleet->hosts.len < MAX(options->hosts, 1))
		add_host(fleet);
	for (size_t i = fleet->hosts.len; i > 1; i--) {
		size_t j = rng_below(&fleet->rng, (uint32_t)i);
		struct host host = fleet->hosts.items[i - 1];

		fleet->hosts.items[i - 1] = fleet->hosts.items[j];
		fleet->hosts.items[j] = host;
	}
}

static char *put_text(char *to, const char *text)
{
	size_t len = strlen(text);

	memcpy(to, text, len + 1);
	return to + len;
}

static char *put_number(char *to, uint64_t number)
{
	char digits[24];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	while (n)
		*to++ = digits[--n];
	*to = '\0';
	return to;
}

/* "2010/9/29 21:46", as hosts write it: not padded, no seconds. */
static void format_client_time(uint64_t seconds, char *to)
{
	static uint64_t day = UINT64_MAX;
	static char date[40];
	uint64_t minute = seconds / 60 % 60;

	if (seconds / 86400 != day) {
		time_t t = (time_t)seconds;
		struct tm tm;

		gmtime_r(&t, &tm);
		day = seconds / 86400;
		snprintf(date, sizeof date, "%d/%d/%d ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	}
	to = put_text(to, date);
	to = put_number(to, seconds / 3600 % 24);
	*to++ = ':';
	if (minute < 10)
		*to++ = '0';
	put_number(to, minute);
}

static void make_request(struct rng *rng, const struct host *host, uint64_t seconds, bool steady, struct request *ret)
{
	static const char *const failures[] = { "0xC004F042", "0xC004F06C", "0xC004F038" };
	static const struct {
		const char *status;
		unsigned least, most;
	} licences[] = { { "1", 239040, 259200 }, { "2", 0, 43200 }, { "5", 0, 0 }, { "1", 249030, 249150 } };
	size_t l = rng_below(rng, 3);
	const char *result = rng_chance(rng, 99) ? "0x0" : failures[rng_below(rng, ARRAY_SIZE(failures))];

	if (steady)
		l = 3;
	put_text(ret->texts[0], result);
	put_text(ret->texts[1], host->product->needed);
	put_text(ret->texts[2], host->name);
	put_text(ret->texts[3], host->cmid);
	format_client_time(seconds - rng_below(rng, 120), ret->texts[4]);
	put_number(ret->texts[5], host->virtual);
	put_text(ret->texts[6], licences[l].status);
	put_number(ret->texts[7], rng_between(rng, licences[l].least, licences[l].most));
	put_text(ret->texts[8], host->product->id);
}

static void join(struct request *r, const char *comma, size_t n, const char *tail)
{
	char *to = r->joined;

	for (size_t i = 0; i < n; i++) {
		if (i)
			to = put_text(to, comma);
		to = put_text(to, r->texts[i]);
	}
	put_text(to, tail);
}

/* Sets strings and n_strings as the style wants them; the joined line must be made already. */
static void style_request(struct request *r, enum kms_style style, struct evtx_event *event)
{
	size_t n = 0;

	if (style != KMS_FIELDS)
		r->strings[n++] = r->joined;
	for (size_t i = 0; style != KMS_JOINED && i < FIELDS; i++)
		r->strings[n++] = r->texts[i];
	event->strings = r->strings;
	event->n_strings = n;
}

static void set_field(struct request *r, size_t i, const char *text)
{
	snprintf(r->texts[i], sizeof r->texts[i], "%s", text);
}

static void to_upper(char *text)
{
	for (; *text; text++)
		*text = (char)toupper((unsigned char)*text);
}

/* Records that a reader must survive, in turn; all but the last four are requests with one joined line. */
static void make_odd(size_t kind, struct request *r, struct evtx_event *event, uint8_t *noise)
{
	static const char *const denied[] = { "0x80070005" };
	static const char *const dns[] = { "0x8007232D", "corp.example.com" };
	static const char *const foreign[] = { "foreign record" };

	join(r, ",", FIELDS, "");
	switch (kind % 13) {
	case 0: set_field(r, 3, ""); join(r, ",", FIELDS, ""); break;
	case 1: to_upper(r->texts[3]); to_upper(r->texts[8]); join(r, ",", FIELDS, ""); break;
	case 2: join(r, ", ", FIELDS, ""); break;
	case 3: r->texts[2][strcspn(r->texts[2], ".")] = '\0'; join(r, ",", FIELDS, ""); break;
	case 4: join(r, ",", FIELDS, ",extra,1"); break;
	case 5: join(r, ",", 6, ""); break;
	case 6: set_field(r, 2, "pc,with,commas"); join(r, ",", FIELDS, ""); break;
	case 7: set_field(r, 3, "00000000-0000-0000-0000-000000000000"); join(r, ",", FIELDS, ""); break;
	case 8: set_field(r, 4, "1601/1/1 0:00"); join(r, ",", FIELDS, ""); break;
	case 9: event->strings = NULL; event->n_strings = 0; return;
	case 10: *event = (struct evtx_event){ event->time, 1337, foreign, 1, noise, 400 }; return;
	case 11: *event = (struct evtx_event){ .time = event->time, .id = 12291, .strings = denied, .n_strings = 1 }; return;
	case 12: *event = (struct evtx_event){ .time = event->time, .id = 12293, .strings = dns, .n_strings = 2 }; return;
	}
	r->strings[0] = r->joined;
	event->strings = r->strings;
	event->n_strings = 1;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(struct host *const *)a)->name, (*(struct host *const *)b)->name);
}

static void add_group(const struct fleet *fleet, size_t group, struct strbuf *ret)
{
	VEC(struct host *) members = { 0 };

	for (size_t i = 0; i < fleet->hosts.len; i++)
		if (fleet->hosts.items[i].group == group && fleet->hosts.items[i].seen)
			*vec_add(&members) = &fleet->hosts.items[i];
	if (members.len > 1) {
		qsort(members.items, members.len, sizeof *members.items, compare_names);
		strbuf_addf(ret, "%s{\"cmid\":\"%s\",\"machines\":[", ret->data[ret->len - 1] == '[' ? "" : ",",
			    members.items[0]->cmid);
		for (size_t i = 0; i < members.len; i++)
			strbuf_addf(ret, "%s\"%s\"", i ? "," : "", members.items[i]->name);
		strbuf_adds(ret, "]}");
	}
	vec_release(&members);
}

static void add_truth(const struct kms_log_options *options, const struct fleet *fleet, const struct evtx *log,
		      struct strbuf *ret)
{
	strbuf_addf(ret, "{\"events\":%llu,\"records\":%llu,\"chunks\":%zu,\"duplicates\":[",
		    (unsigned long long)options->events, (unsigned long long)evtx_record_count(log),
		    evtx_chunk_count(log));
	for (size_t group = 1; group <= options->clones; group++)
		add_group(fleet, group, ret);
	strbuf_adds(ret, "]}\n");
}

static uint64_t to_filetime(uint64_t seconds)
{
	return seconds * FILETIME_PER_SECOND + FILETIME_UNIX_EPOCH;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * Which machine asks, and when. In a steady log each asks once in seven days, in another order every week;
 * in the others machines ask at random.
 */
static size_t next_host(const struct kms_log_options *o, struct fleet *fleet, uint64_t i, uint64_t *now)
{
	size_t n = fleet->hosts.len;

	if (!o->steady) {
		if (i)
			*now += rng_below(&fleet->rng, STEP);
		return i < n ? (size_t)i : rng_below(&fleet->rng, (uint32_t)n);
	}
	*now = o->start + i * WEEK / n;
	/* A step that shares no factor with n reaches each machine once. */
	while (i % n == 0 && (fleet->stride = rng_below(&fleet->rng, (uint32_t)n) + 1, gcd(fleet->stride, n) != 1))
		;
	return (size_t)(i % n * fleet->stride % n);
}

static int add_events(const struct kms_log_options *o, struct fleet *fleet, const struct kms_writer *to, struct err *err)
{
	uint8_t noise[400] = { 0 };
	uint64_t now = o->start;

	for (uint64_t i = 0; i < o->events; i++) {
		struct host *host = &fleet->hosts.items[next_host(o, fleet, i, &now)];
		struct evtx_event event = { .time = to_filetime(now), .id = REQUEST };
		struct request request;

		make_request(&fleet->rng, host, now, o->steady, &request);
		join(&request, ",", FIELDS, "");
		style_request(&request, o->style, &event);
		if (o->binary || o->odd)
			rng_fill(&fleet->rng, noise, sizeof noise);
		else
			rng_skip(&fleet->rng, sizeof noise / 8);
		event.binary = noise;
		event.binary_len = o->binary ? 260 : 0;
		host->seen = true;
		if (to->add(to->context, &event, err) < 0)
			return -1;
		if (!o->odd || i % ODD_EVERY != ODD_EVERY / 2)
			continue;
		event = (struct evtx_event){ .time = to_filetime(now), .id = REQUEST };
		make_odd((size_t)(i / ODD_EVERY), &request, &event, noise);
		if (to->add(to->context, &event, err) < 0)
			return -1;
	}
	return 0;
}

static struct evtx *new_log(const struct kms_log_options *options)
{
	return evtx_new(options->style == KMS_JOINED ? &evtx_kms_host_2008 : &evtx_kms_host, options->computer);
}

static int add_to_evtx(void *context, const struct evtx_event *event, struct err *err)
{
	return evtx_add(context, event, err);
}

int kms_log_write(const struct kms_log_options *options, const struct kms_writer *to, struct err *err)
{
	struct fleet fleet = { 0 };
	int result;

	make_fleet(&fleet, options);
	result = add_events(options, &fleet, to, err);
	vec_release(&fleet.hosts);
	return result;
}

int kms_log_build(const struct kms_log_options *options, struct strbuf *ret, struct strbuf *truth, struct err *err)
{
	CLEANUP(evtx_freep) struct evtx *log = new_log(options);
	const struct kms_writer to = { log, add_to_evtx };
	struct fleet fleet = { 0 };
	int result;

	make_fleet(&fleet, options);
	result = add_events(options, &fleet, &to, err);
	if (result == 0 && truth)
		add_truth(options, &fleet, log, truth);
	if (result == 0)
		evtx_finish(log, &options->damage, ret);
	vec_release(&fleet.hosts);
	return result;
}

/* True when line has the nine fields of a request, which are then in r. */
static bool split_request(const char *line, struct request *r)
{
	size_t n = 0;

	for (; n < FIELDS; n++) {
		size_t len = strcspn(line, ",");

		if (len >= sizeof r->texts[n])
			return false;
		memcpy(r->texts[n], line, len);
		r->texts[n][len] = '\0';
		line += len;
		if (*line != ',')
			break;
		line++;
	}
	return n == FIELDS - 1 && *line == '\0';
}

static int add_line(const struct kms_log_options *options, char *line, struct evtx *log, struct err *err)
{
	const char *strings[STRINGS_MAX];
	struct evtx_event event = { .strings = strings };
	struct request request;
	char *save = NULL, *time = strtok_r(line, "\t", &save), *id = strtok_r(NULL, "\t", &save), *text;

	if (!time || !id || !filetime_parse(time, &event.time))
		return err_set(err, ERR_FORMAT, "a line needs a time and an event id: %s", line);
	event.id = (uint16_t)strtoul(id, NULL, 10);
	while (event.n_strings < STRINGS_MAX && (text = strtok_r(NULL, "\t", &save)))
		strings[event.n_strings++] = text;
	if (event.id == REQUEST && event.n_strings == 1 && strlen(strings[0]) < sizeof request.joined &&
	    split_request(strings[0], &request)) {
		join(&request, ",", FIELDS, "");
		style_request(&request, options->style, &event);
	}
	return evtx_add(log, &event, err);
}

int kms_log_from_lines(const struct kms_log_options *options, char *lines, struct strbuf *ret, struct err *err)
{
	CLEANUP(evtx_freep) struct evtx *log = new_log(options);
	char *save = NULL;

	for (char *line = strtok_r(lines, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save))
		if (line[0] != '#' && add_line(options, line, log, err) < 0)
			return -1;
	evtx_finish(log, &options->damage, ret);
	return 0;
}
