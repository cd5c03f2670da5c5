/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/store.h"

#include <stdlib.h>

#include "kms/store_backend.h"

/* Of a log; a log with more is damaged from end to end, and the audit shows no more. */
#define DAMAGES_KEPT 1000

struct kept_log {
	struct store_log log;
	int64_t id;
	struct strbuf path, format;
};

struct store {
	const struct store_backend *backend;
	void *db;
	char *name;
	VEC(struct kept_log) logs;
	/* of the log that is being taken in */
	const char *host;
	const char *path;
	struct store_row row;
	uint64_t events, n_damages;
	VEC(struct store_damage) damages;
	bool failed;
	struct err err;
};

/* "postgresql://user:secret@host/db?password=secret" as "postgresql://host/db". */
static char *shown_name(const char *url)
{
	const char *host = strstr(url, "://"), *at;
	size_t len;

	if (!host)
		return xstrdup(url);
	host += strlen("://");
	len = strcspn(host, "?");
	at = memrchr(host, '@', len);
	if (at) {
		len -= (size_t)(at + 1 - host);
		return xasprintf("%.*s%.*s", (int)(host - url), url, (int)len, at + 1);
	}
	return xasprintf("%.*s%.*s", (int)(host - url), url, (int)len, host);
}

struct store *store_open(const char *url, enum store_mode mode, struct err *err)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->name = shown_name(url);
	store->backend = store_postgres.is(url) ? &store_postgres : &store_sqlite;
	store->db = store->backend->open(url, mode, err);
	if (!store->db) {
		err_context(err, "%s", store->name);
		store_freep(&store);
	}
	return store;
}

static void forget_damages(struct store *store)
{
	for (size_t i = 0; i < store->damages.len; i++)
		strbuf_release(&store->damages.items[i].text);
	store->damages.len = 0;
}

void store_freep(struct store **pointer)
{
	struct store *store = *pointer;

	if (!store)
		return;
	if (store->db)
		store->backend->close(store->db);
	for (size_t i = 0; i < store->logs.len; i++) {
		strbuf_release(&store->logs.items[i].path);
		strbuf_release(&store->logs.items[i].format);
	}
	vec_release(&store->logs);
	forget_damages(store);
	vec_release(&store->damages);
	store_row_release(&store->row);
	free(store->name);
	free(store);
	*pointer = NULL;
}

const char *store_name(const struct store *store)
{
	return store->name;
}

/* ---- taking in --------------------------------------------------------------- */

static void on_event(void *context, const struct log_event *event)
{
	struct store *store = context;

	if (store->failed)
		return;
	store_row_set(&store->row, event, store->host ? store->host : store->path, store->events++);
	store->failed = store->backend->stage(store->db, &store->row, &store->err) < 0;
}

static void on_damage(void *context, uint64_t offset, const char *text)
{
	struct store *store = context;
	struct store_damage *damage;

	store->n_damages++;
	if (store->damages.len == DAMAGES_KEPT)
		return;
	damage = vec_add(&store->damages);
	damage->offset = offset & INT64_MAX;
	store_text_encode(text, strnlen(text, STORE_TEXT_MAX), &damage->text);
}

static struct log_sink begin_log(void *context, const char *path)
{
	struct store *store = context;

	store->path = path;
	store->events = store->n_damages = 0;
	forget_damages(store);
	if (!store->failed)
		store->failed = store->backend->begin(store->db, &store->err) < 0;
	return (struct log_sink){ .context = store, .event = on_event, .damage = on_damage };
}

/* Only what is in the store is told as taken in. */
static int commit_log(struct store *store, const char *format)
{
	struct kept_log log = { .log = { .path = store->path } };
	struct store_commit commit;

	store_text_encode(store->path, strlen(store->path), &log.path);
	strbuf_adds(&log.format, format);
	commit = (struct store_commit){
		.path = strbuf_text(&log.path), .format = strbuf_text(&log.format),
		.events = store->events, .damages = store->n_damages,
		.kept = store->damages.items, .n_kept = store->damages.len,
	};
	if (store->backend->commit(store->db, &commit, &log.log.changed, &store->err) < 0) {
		strbuf_release(&log.path);
		strbuf_release(&log.format);
		return -1;
	}
	log.log.format = strbuf_text(&log.format);
	log.log.events = store->events;
	log.log.damages = store->n_damages;
	*vec_add(&store->logs) = log;
	return 0;
}

static int end_log(void *context, const char *format, struct err *err)
{
	struct store *store = context;

	if (!store->failed)
		store->failed = commit_log(store, format) < 0;
	if (!store->failed)
		return 0;
	*err = store->err;
	return err_context(err, "%s", store->name);
}

static void drop_log(void *context)
{
	struct store *store = context;

	if (!store->failed)
		store->backend->abandon(store->db);
}

int store_logs(struct store *store, struct log_files *files, const char *host, uint64_t jobs, struct err *err)
{
	const struct log_consumer consumer = { store, begin_log, end_log, drop_log };

	store->host = host;
	store->failed = false;
	return log_files_read(files, jobs, &consumer, err);
}

size_t store_log_count(const struct store *store)
{
	return store->logs.len;
}

const struct store_log *store_log_at(const struct store *store, size_t i)
{
	return &store->logs.items[i].log;
}

/* ---- giving back ------------------------------------------------------------- */

/* Damages come before the events, in the order of their logs. */
struct told_damage {
	int64_t log;
	uint64_t offset;
	struct strbuf text;
};

struct reading {
	struct store *store;
	const struct store_consumer *consumer;
	struct log_sink sink;
	size_t at;   /* log that is told; SIZE_MAX: none yet */
	bool begun;
	VEC(struct told_damage) damages;
	size_t n_told; /* damages */
};

static int take_log(void *context, int64_t id, struct strbuf *path, struct strbuf *format, uint64_t events,
		    uint64_t damages, struct err *err)
{
	struct reading *r = context;
	struct kept_log *log;

	if (r->store->logs.len == STORE_LOGS_MAX)
		return err_set(err, ERR_LIMIT, "more than %u logs", STORE_LOGS_MAX);
	if (store_text_decode(path, err) < 0)
		return -1;
	log = vec_add(&r->store->logs);
	log->id = id;
	strbuf_add(&log->path, strbuf_text(path), path->len);
	strbuf_add(&log->format, strbuf_text(format), format->len);
	log->log = (struct store_log){ .path = strbuf_text(&log->path), .format = strbuf_text(&log->format),
				       .events = events, .damages = damages };
	return 0;
}

static void end_now(struct reading *r)
{
	const struct kept_log *log;

	if (!r->begun)
		return;
	log = &r->store->logs.items[r->at];
	for (; r->n_told < r->damages.len && r->damages.items[r->n_told].log == log->id; r->n_told++)
		r->sink.damage(r->sink.context, r->damages.items[r->n_told].offset,
			       strbuf_text(&r->damages.items[r->n_told].text));
	r->consumer->end(r->consumer->context, &log->log);
	r->begun = false;
}

/* False behind the last log. */
static bool begin_next(struct reading *r)
{
	size_t next = r->at == SIZE_MAX ? 0 : r->at + 1;

	end_now(r);
	if (next >= r->store->logs.len)
		return false;
	r->at = next;
	r->sink = r->consumer->begin(r->consumer->context, &r->store->logs.items[next].log);
	r->begun = true;
	return true;
}

/* Logs without events of their own are told, too. */
static int go_to(struct reading *r, int64_t id, struct err *err)
{
	while (!r->begun || r->store->logs.items[r->at].id != id)
		if (!begin_next(r))
			return err_set(err, ERR_FORMAT, "an event of a log that is not there");
	return 0;
}

static int take_row(void *context, int64_t log, struct store_row *row, struct err *err)
{
	struct reading *r = context;
	struct log_event event;

	if (go_to(r, log, err) < 0 || store_row_event(row, &event, err) < 0)
		return -1;
	r->sink.event(r->sink.context, &event);
	return 0;
}

static int take_damage(void *context, int64_t log, uint64_t offset, struct strbuf *text, struct err *err)
{
	struct reading *r = context;
	struct told_damage *damage;

	if (store_text_decode(text, err) < 0)
		return -1;
	damage = vec_add(&r->damages);
	damage->log = log;
	damage->offset = offset;
	strbuf_add(&damage->text, strbuf_text(text), text->len);
	return 0;
}

int store_read(struct store *store, const struct store_consumer *consumer, struct err *err)
{
	struct reading r = { .store = store, .consumer = consumer, .at = SIZE_MAX };
	const struct store_rows rows = { &r, take_log, take_damage, take_row };
	int done = store->backend->read(store->db, &rows, err);

	if (done < 0)
		err_context(err, "%s", store->name);
	while (done == 0 && begin_next(&r))
		;
	for (size_t i = 0; i < r.damages.len; i++)
		strbuf_release(&r.damages.items[i].text);
	vec_release(&r.damages);
	return done;
}
