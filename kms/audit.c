/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The collecting part: from events to the index, and what is met on the way. */
#include "kms/audit.h"

#include <stdlib.h>
#include <strings.h>

#include "common/base/filetime.h"
#include "kms/key_mask.h"
#include "kms/log.h"
#include "kms/log_batch.h"
#include "kms/record_ranges.h"
#include "kms/seen_lines.h"

enum {
	NOTES_MAX = 1000,      /* a kind; a log with more is damaged from end to end */
	NOTE_KINDS = NOTE_NO_CMID + 1,
	HOSTS_MAX = 1024,      /* hosts in one audit; a host key allows six */
	REARMS_MAX = 100000,   /* computers whose own log tells of it */
	FOREIGN_BINARY = 1024, /* KMS's own events carry at most 260 bytes */
};

struct rearm {
	uint32_t name;
	uint64_t time;
};

struct audit_state {
	uint32_t log;
	uint16_t host;
	bool distinct; /* events come from a store, which has each once */
	size_t n_notes[NOTE_KINDS];
	struct hour_map hours;
	struct record_ranges ranges;
	struct seen_lines lines;
	VEC(struct rearm) rearms;
	struct log_batcher batcher; /* of what does not come in batches */
};

static const struct {
	const char *key;
	const char *text;
} skips[SKIP_REASONS] = {
	[SKIP_OTHER_EVENT] = { "other-event", "other events" },
	[SKIP_CLIENT_EVENT] = { "client-event", "events of the client side (12288, 12289)" },
	[SKIP_NO_INFO] = { "no-info-line", "requests without an Info line" },
	[SKIP_CUT] = { "info-line-cut", "Info lines that lack fields" },
	[SKIP_BAD] = { "info-line-bad", "Info lines with a field that cannot be read" },
	[SKIP_NO_TIME] = { "no-time", "requests without any time" },
	[SKIP_OUTSIDE] = { "outside-period", "requests outside of --since and --until" },
	[SKIP_REPEATED] = { "repeated", "records that an earlier log has too" },
};

const char *skip_key(enum skip_reason reason)
{
	return skips[reason].key;
}

const char *skip_text(enum skip_reason reason)
{
	return skips[reason].text;
}

struct audit *audit_new(const struct audit_options *options)
{
	struct audit *audit = xcalloc(1, sizeof(*audit));

	audit->options = *options;
	audit->index = cmid_index_new();
	audit->state = xcalloc(1, sizeof(*audit->state));
	return audit;
}

void audit_freep(struct audit **pointer)
{
	struct audit *audit = *pointer;

	if (!audit)
		return;
	for (size_t i = 0; i < audit->hosts.len; i++)
		free(audit->hosts.items[i].name);
	for (size_t i = 0; i < audit->notes.len; i++)
		free(audit->notes.items[i].text);
	vec_release(&audit->logs);
	vec_release(&audit->hosts);
	vec_release(&audit->notes);
	vec_release(&audit->failures);
	vec_release(&audit->refusals);
	vec_release(&audit->groups);
	vec_release(&audit->computers);
	vec_release(&audit->counts);
	vec_release(&audit->changes);
	vec_release(&audit->renewals);
	vec_release(&audit->pools);
	free(audit->by_name);
	cmid_index_freep(&audit->index);
	hour_map_release(&audit->state->hours);
	record_ranges_release(&audit->state->ranges);
	seen_lines_release(&audit->state->lines);
	vec_release(&audit->state->rearms);
	free(audit->state);
	free(audit);
	*pointer = NULL;
}

static struct audit_log *log_now(struct audit *audit)
{
	return &audit->logs.items[audit->state->log];
}

static bool host_is(const struct audit_host *host, struct text name)
{
	if (strncmp(host->name, name.data, name.len) == 0 && host->name[name.len] == '\0')
		return true;
	return strlen(host->name) == name.len && strncasecmp(host->name, name.data, name.len) == 0;
}

/* Of spellings that differ in case the one that sorts first is kept, whatever the order of logs. */
static uint16_t known_host(struct audit *audit, size_t i, struct text name)
{
	char *kept = audit->hosts.items[i].name;

	if (memcmp(name.data, kept, name.len) < 0)
		memcpy(kept, name.data, name.len);
	return audit->state->host = (uint16_t)i;
}

static uint16_t host_of(struct audit *audit, struct text name)
{
	const char *fallback = audit->options.host ? audit->options.host : log_now(audit)->path;

	if (name.len == 0)
		name = (struct text){ fallback, strlen(fallback) };
	if (audit->hosts.len && host_is(&audit->hosts.items[audit->state->host], name))
		return known_host(audit, audit->state->host, name);
	for (size_t i = 0; i < audit->hosts.len; i++)
		if (host_is(&audit->hosts.items[i], name))
			return known_host(audit, i, name);
	if (audit->hosts.len == HOSTS_MAX)
		return HOSTS_MAX - 1;
	*vec_add(&audit->hosts) = (struct audit_host){ .name = xstrndup(name.data, name.len),
						     .log = audit->state->log };
	return audit->state->host = (uint16_t)(audit->hosts.len - 1);
}

static void add_note(struct audit *audit, enum audit_note_kind kind, const struct log_event *event, char *text)
{
	if (audit->state->n_notes[kind]++ >= NOTES_MAX) {
		free(text);
		return;
	}
	/* A message is whatever somebody wrote. */
	mask_product_keys(text);
	*vec_add(&audit->notes) = (struct audit_note){
		.kind = kind, .log = audit->state->log, .line = event->line, .offset = event->offset,
		.time = event->has_time ? event->time : 0, .text = text,
	};
}

static void note_damage(struct audit *audit, uint64_t offset, const char *text)
{
	const struct log_event place = { .offset = offset };

	log_now(audit)->damages++;
	add_note(audit, NOTE_DAMAGE, &place, xstrdup(text));
}

static bool is_own_provider(struct text provider)
{
	return provider.len == 0 || text_is(provider, "Microsoft-Windows-Security-SPP") ||
	       text_is(provider, "Microsoft-Windows-Security-Licensing-SLC") || text_is(provider, "KmsRequests") ||
	       text_is(provider, "Software Licensing Service") ||
	       text_is(provider, "Software Protection Platform Service");
}

static bool is_own_id(uint32_t id)
{
	return id >= EVENT_CLIENT_REQUEST && id <= 12322;
}

/* The log of the KMS holds events of the KMS; whatever else is there was put there by somebody. */
static bool is_foreign(const struct log_event *event)
{
	if (!text_is(event->channel, "Key Management Service"))
		return false;
	if (event->id == EVENT_REQUEST && event->problem == REQUEST_NOT_INFO && event->binary_len)
		return true; /* it looks like a request, but says nothing: data is all it carries */
	return !is_own_provider(event->provider) || !is_own_id(event->id) || event->binary_len > FOREIGN_BINARY;
}

static void note_foreign(struct audit *audit, const struct log_event *event)
{
	log_now(audit)->foreign++;
	add_note(audit, NOTE_FOREIGN, event,
		 xasprintf("event %u of \"%.*s\" with %zu bytes of data", event->id,
			   (int)MIN(event->provider.len, 200U), event->provider.data, event->binary_len));
}

/* The log of a client, or of many that were forwarded, tells that it was rearmed. */
static void note_rearm(struct audit *audit, const struct log_event *event)
{
	if (event->has_time && event->computer.len && audit->state->rearms.len < REARMS_MAX)
		*vec_add(&audit->state->rearms) =
			(struct rearm){ cmid_index_name_id(audit->index, event->computer), event->time };
}

static void note_other(struct audit *audit, const struct log_event *event)
{
	int len = (int)MIN(event->message.len, 300U);

	if (event->id == EVENT_DNS_FAILED)
		add_note(audit, NOTE_DNS_FAILED, event, xstrndup(event->message.data, (size_t)len));
	else if (event->id == EVENT_LOG_CLEARED && text_is(event->provider, "Microsoft-Windows-Eventlog"))
		add_note(audit, NOTE_CLEARED, event,
			 xasprintf("a log was cleared%s%.*s%s", len ? " (" : "", len, event->message.data, len ? ")" : ""));
	else if (event->id == EVENT_REARMED && is_own_provider(event->provider))
		note_rearm(audit, event);
}

static void widen(uint64_t *first, uint64_t *last, uint64_t time)
{
	if (*first == 0 || time < *first)
		*first = time;
	*last = MAX(*last, time);
}

static enum skip_reason reason_of(const struct log_event *event)
{
	/* In rows the column of the id is a guess; the line is not. */
	if (event->problem == REQUEST_GOOD)
		return SKIP_REASONS;
	if (event->id == EVENT_CLIENT_REQUEST || event->id == EVENT_CLIENT_ANSWER)
		return SKIP_CLIENT_EVENT;
	if (event->id && event->id != EVENT_REQUEST)
		return SKIP_OTHER_EVENT;
	switch (event->problem) {
	case REQUEST_CUT:
		return SKIP_CUT;
	case REQUEST_BAD:
		return SKIP_BAD;
	default:
		return event->id ? SKIP_NO_INFO : SKIP_OTHER_EVENT;
	}
}

/* What the events of a frame have in common, here. */
struct common {
	const struct log_event *frame;
	uint16_t host;
	bool foreign;
	enum skip_reason reason; /* SKIP_REASONS: requests */
	uint32_t product;        /* INDEX_NONE until one is counted */
	enum kms_counter counter;
	/* Of requests, until the end of the batch. */
	uint64_t requests, first, last;
	uint64_t hour, in_hour;  /* when the last one's hour began, and how many there are of it */
};

/* An event at hand. */
struct taken {
	const struct log_batch *batch;
	const struct log_entry *entry;
	struct common *common;
	uint32_t likely;
};

static struct common common_of(struct audit *audit, const struct log_event *frame)
{
	return (struct common){
		.frame = frame, .host = host_of(audit, frame->computer), .foreign = is_foreign(frame),
		.reason = reason_of(frame), .product = INDEX_NONE,
	};
}

static struct log_event event_of(const struct taken *taken)
{
	struct log_event event;

	log_batch_event(taken->batch, taken->entry, &event);
	return event;
}

static void note_no_cmid(struct audit *audit, const struct taken *taken)
{
	struct text name = log_batch_name(taken->batch, taken->entry);
	const struct log_event event = event_of(taken);

	audit->no_cmid++;
	add_note(audit, NOTE_NO_CMID, &event, xstrndup(name.data, MIN(name.len, 300U)));
}

static void find_product(struct audit *audit, struct common *common)
{
	if (common->product != INDEX_NONE)
		return;
	common->product = cmid_index_product_of(audit->index, &common->frame->request.product);
	common->counter = cmid_index_counter(audit->index, common->product);
}

static void end_hour(struct audit *audit, struct common *common)
{
	if (common->in_hour)
		hour_map_add(&audit->state->hours, common->host, common->counter, common->hour, common->in_hour);
	common->in_hour = 0;
}

/* Most follow one of the same hour. */
static void count_hour(struct audit *audit, struct common *common, uint64_t time)
{
	if (time - common->hour >= HOUR_MAP_STEP) {
		end_hour(audit, common);
		common->hour = time - time % HOUR_MAP_STEP;
	}
	common->in_hour++;
}

static void count_pair(struct audit *audit, const struct taken *taken, uint64_t time)
{
	const struct log_entry *entry = taken->entry;
	struct common *common = taken->common;
	struct cmid_counted counted;

	find_product(audit, common);
	counted = cmid_index_add(audit->index, &(struct cmid_request){
		.entry = entry, .name = log_batch_name(taken->batch, entry), .product = common->product,
		.host = common->host, .time = time, .log = audit->state->log,
		.line = log_batch_line(taken->batch, entry), .likely = taken->likely,
	});
	if (entry->hresult)
		audit_count_failure(audit, entry->hresult, time, audit->state->log, &counted, common->host);
	count_hour(audit, common, time);
}

static void count_request(struct audit *audit, const struct taken *taken, uint64_t time)
{
	taken->common->requests++;
	widen(&taken->common->first, &taken->common->last, time);
	if (taken->entry->has_cmid)
		count_pair(audit, taken, time);
	else
		note_no_cmid(audit, taken);
}

static enum skip_reason take_request(struct audit *audit, const struct taken *taken)
{
	const struct log_entry *entry = taken->entry;
	bool has_time = taken->common->frame->has_time;
	uint64_t time = has_time ? entry->time : entry->client_time;

	if (!has_time && !entry->has_client_time)
		return SKIP_NO_TIME;
	if (time < audit->options.since || (audit->options.until && time >= audit->options.until))
		return SKIP_OUTSIDE;
	count_request(audit, taken, time);
	return SKIP_REASONS;
}

/* In a log read before: by its number, or, where there are no numbers, by what it says. */
static bool is_repeated(struct audit *audit, const struct taken *taken)
{
	struct audit_state *state = audit->state;
	const struct log_event *frame = taken->common->frame;
	struct log_event event;

	if (state->distinct)
		return false;
	if (frame->has_record && frame->has_time)
		return !record_ranges_add(&state->ranges, taken->common->host, state->log, taken->entry->record,
					  taken->entry->time);
	if (!audit->options.several_logs)
		return false;
	event = event_of(taken);
	return !seen_lines_add(&state->lines, state->log, &event);
}

/* What is seldom needed of an event. */
static void take_rest(struct audit *audit, const struct taken *taken)
{
	const struct log_event event = event_of(taken);

	if (taken->common->foreign)
		note_foreign(audit, &event);
	if (taken->common->reason != SKIP_REASONS)
		note_other(audit, &event);
}

static enum skip_reason take_event(struct audit *audit, const struct taken *taken)
{
	const struct common *common = taken->common;
	struct audit_host *from = &audit->hosts.items[common->host];
	uint64_t time = taken->entry->time;

	if (is_repeated(audit, taken))
		return SKIP_REPEATED;
	if (common->frame->has_time && (from->oldest == 0 || time < from->oldest))
		from->oldest = time;
	if (common->foreign || common->reason != SKIP_REASONS)
		take_rest(audit, taken);
	return common->reason == SKIP_REASONS ? take_request(audit, taken) : common->reason;
}

static void take_entry(struct audit *audit, const struct taken *taken)
{
	enum skip_reason reason = take_event(audit, taken);

	log_now(audit)->events++;
	if (reason != SKIP_REASONS)
		log_now(audit)->skipped[reason]++;
}

/* Adds what was counted of the events that have these in common. */
static void end_common(struct audit *audit, struct common *common)
{
	struct audit_host *from = &audit->hosts.items[common->host];

	if (!common->requests)
		return;
	log_now(audit)->requests += common->requests;
	audit->requests += common->requests;
	from->requests += common->requests;
	widen(&audit->first, &audit->last, common->first);
	widen(&audit->first, &audit->last, common->last);
	widen(&from->first, &from->last, common->first);
	widen(&from->first, &from->last, common->last);
	end_hour(audit, common);
}

/* Frames stand in the order in which entries use them. */
static void on_batch(void *context, const struct log_batch *batch)
{
	struct audit *audit = context;
	struct common commons[LOG_BATCH_FRAMES];
	uint32_t likely[LOG_BATCH_EVENTS];
	size_t n_commons = 0;

	for (size_t i = 0; i < batch->n; i++) {
		const struct log_entry *entry = &batch->entries[i];
		const struct log_event *frame = &batch->frames[entry->frame];

		if (i % CMID_GROUP == 0)
			cmid_index_expect(audit->index, batch->entries, batch->n, i, likely);
		if (batch->is_damage[entry->frame]) {
			commons[n_commons++] = (struct common){ 0 };
			note_damage(audit, entry->offset, frame->message.data);
			continue;
		}
		if (entry->frame == n_commons)
			commons[n_commons++] = common_of(audit, frame);
		take_entry(audit, &(struct taken){ batch, entry, &commons[entry->frame], likely[i] });
	}
	for (size_t i = 0; i < n_commons; i++)
		end_common(audit, &commons[i]);
}

static struct log_sink begin_log(void *context, const char *path)
{
	struct audit *audit = context;

	audit->state->log = (uint32_t)audit->logs.len;
	*vec_add(&audit->logs) = (struct audit_log){ .path = path, .format = "" };
	return (struct log_sink){ .context = audit, .batch = on_batch };
}

static int end_log(void *context, const char *format, struct err *err UNUSED)
{
	struct audit *audit = context;

	log_now(audit)->format = format;
	record_ranges_end_log(&audit->state->ranges);
	return 0;
}

static void drop_log(void *context)
{
	struct audit *audit = context;

	audit->logs.len--;
}

int audit_logs(struct audit *audit, struct log_files *files, uint64_t jobs, struct err *err)
{
	const struct log_consumer consumer = { audit, begin_log, end_log, drop_log };

	return log_files_read(files, jobs, &consumer, err);
}

static struct log_sink begin_stored(void *context, const struct store_log *log)
{
	struct audit *audit = context;
	struct log_sink sink = begin_log(audit, log->path);

	return log_batcher_begin(&audit->state->batcher, &sink);
}

/* Events that it shares with a log before stayed with that one. */
static void end_stored(void *context, const struct store_log *stored)
{
	struct audit *audit = context;
	struct audit_log *log = log_now(audit);

	log_batcher_end(&audit->state->batcher);
	log->format = stored->format;
	log->damages = MAX(log->damages, stored->damages);
	if (stored->events > log->events) {
		log->skipped[SKIP_REPEATED] += stored->events - log->events;
		log->events = stored->events;
	}
}

int audit_store(struct audit *audit, struct store *store, struct err *err)
{
	const struct store_consumer consumer = { audit, begin_stored, end_stored };

	audit->state->distinct = true;
	return store_read(store, &consumer, err);
}

int audit_log_bytes(struct audit *audit, const char *name, struct bytes bytes, struct err *err)
{
	struct log_sink sink = begin_log(audit, name), batched = log_batcher_begin(&audit->state->batcher, &sink);
	const char *format = "";
	int done = log_read_bytes(bytes, &batched, &format, err);

	log_batcher_end(&audit->state->batcher);
	return done < 0 ? err_context(err, "%s", name) : end_log(audit, format, err);
}

static int compare_rearms(const void *a, const void *b)
{
	const struct rearm *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return (x->time > y->time) - (x->time < y->time);
}

/* Of each name the last one, sorted by name. */
static void sort_rearms(struct audit_state *state)
{
	size_t kept = 0;

	if (!state->rearms.len)
		return;
	qsort(state->rearms.items, state->rearms.len, sizeof(*state->rearms.items), compare_rearms);
	for (size_t i = 0; i < state->rearms.len; i++)
		if (i + 1 == state->rearms.len || state->rearms.items[i + 1].name != state->rearms.items[i].name)
			state->rearms.items[kept++] = state->rearms.items[i];
	state->rearms.len = kept;
}

static int compare_rearm_names(const void *a, const void *b)
{
	const struct rearm *x = a, *y = b;

	return (x->name > y->name) - (x->name < y->name);
}

uint64_t audit_rearmed_after(const struct audit *audit, uint32_t name, uint64_t time)
{
	const struct rearm key = { .name = name }, *found = NULL;

	if (audit->state->rearms.len)
		found = bsearch(&key, audit->state->rearms.items, audit->state->rearms.len, sizeof(key),
				compare_rearm_names);
	return found && found->time > time ? found->time : 0;
}

uint64_t audit_requests_between(const struct audit *audit, uint16_t host, enum kms_counter counter, uint64_t start,
				uint64_t end)
{
	return hour_map_sum(&audit->state->hours, host, counter, start, end);
}

size_t audit_days(const struct audit *audit, struct day_count **ret)
{
	return hour_map_days(&audit->state->hours, ret);
}

void audit_finish(struct audit *audit)
{
	cmid_index_close(audit->index);
	sort_rearms(audit->state);
	audit_sort_failures(audit);
	audit_find_changes(audit);
	audit_find_groups(audit);
	audit_find_renewals(audit);
	audit_find_pools(audit);
	audit_find_counts(audit);
}
