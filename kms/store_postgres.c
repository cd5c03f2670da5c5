/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store in a PostgreSQL database, in the schema goldwim_kms. Rows are copied into
 * a temporary table, and from there into the set, under locks of their hosts: writers
 * of different hosts work at once, those of one host one after the other, and since
 * locks are taken in the same order by all, nobody waits in a circle.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "kms/libpq.h"
#include "kms/store_backend.h"
#include "kms/store_sql.h"

#define LOCK_SPACE "1735093619" /* of our advisory locks, "gkms" */
#define LOCK_SCHEMA "SELECT pg_advisory_xact_lock(" LOCK_SPACE ", 0)"

enum { COPY_AHEAD = 256 << 10 /* bytes of rows that are sent at once */ };

struct postgres_store {
	const struct libpq *pq;
	PGconn *connection;
	struct strbuf rows; /* to be copied */
};

#define AS_UUID(x) x "::uuid"
#define UUID_OR_NULL(x) "nullif(" x ", '')::uuid"
#define AS_TIME(x) "CASE WHEN " x " > -9223372036854775807 THEN to_timestamp(" x ") END"

/* Texts compare by bytes, as in SQLite: the same set gives the same order everywhere. */
static const char schema[] =
	"CREATE SCHEMA goldwim_kms; SET LOCAL search_path = goldwim_kms;"
	"CREATE TABLE meta(version int NOT NULL);"
	"CREATE TABLE host(id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text COLLATE \"C\" NOT NULL UNIQUE, "
	"name text COLLATE \"C\" NOT NULL);"
	"CREATE TABLE source(id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, provider text COLLATE \"C\" NOT NULL, "
	"channel text COLLATE \"C\" NOT NULL, UNIQUE(provider, channel));"
	"CREATE TABLE log(id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, path text COLLATE \"C\" NOT NULL UNIQUE, "
	"format text NOT NULL, events bigint NOT NULL, damages bigint NOT NULL);"
	"CREATE TABLE damage(log int NOT NULL, place bigint NOT NULL, text text COLLATE \"C\" NOT NULL, "
	"PRIMARY KEY(log, place, text));"
	"CREATE TABLE event(key_host int NOT NULL, record bigint NOT NULL, time bigint NOT NULL, digest uuid NOT NULL, "
	"copy bigint NOT NULL, host int NOT NULL, log int NOT NULL, seq bigint NOT NULL, place bigint NOT NULL, "
	"in_lines bigint NOT NULL, assumed bigint NOT NULL, numbered bigint NOT NULL, id bigint NOT NULL, source int NOT NULL, "
	"message text NOT NULL, binary_len bigint NOT NULL, problem bigint NOT NULL, hresult bigint NOT NULL, "
	"needed bigint NOT NULL, name text NOT NULL, cmid uuid, client_time bigint NOT NULL, virtual bigint NOT NULL, "
	"status bigint NOT NULL, minutes bigint NOT NULL, product uuid, PRIMARY KEY(key_host, record, time, digest, copy));"
	SQL_VIEW(AS_TIME) ";";

static const char stage_table[] =
	"CREATE TEMP TABLE stage(seq bigint, place bigint, in_lines bigint, assumed bigint, numbered bigint, record bigint, "
	"time bigint, id bigint, binary_len bigint, problem bigint, hresult bigint, needed bigint, client_time bigint, "
	"virtual bigint, status bigint, minutes bigint, host text COLLATE \"C\", host_key text COLLATE \"C\", "
	"key_host text COLLATE \"C\", digest text COLLATE \"C\", provider text COLLATE \"C\", channel text COLLATE \"C\", "
	"message text, name text, cmid text, product text) ON COMMIT DELETE ROWS";

static bool postgres_is(const char *url)
{
	return strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0;
}

/* libpq ends its texts with a line feed, and may write several lines. */
static int failed(struct postgres_store *s, struct err *err)
{
	const char *text = s->pq->PQerrorMessage(s->connection);

	return err_set(err, ERR_IO, "PostgreSQL: %.*s", (int)strcspn(text, "\n"), text);
}

static int take_result(struct postgres_store *s, PGresult *result, ExecStatusType wanted, struct err *err)
{
	int done = s->pq->PQresultStatus(result) == wanted ? 0 : failed(s, err);

	s->pq->PQclear(result);
	return done;
}

static int run(struct postgres_store *s, const char *sql, struct err *err)
{
	PGresult *result = s->pq->PQexec(s->connection, sql);
	ExecStatusType status = s->pq->PQresultStatus(result);

	return take_result(s, result, status == PGRES_TUPLES_OK ? status : PGRES_COMMAND_OK, err);
}

static int run_with(struct postgres_store *s, const char *sql, const char *const *texts, int n, uint64_t *ret_changed,
		    struct err *err)
{
	PGresult *result = s->pq->PQexecParams(s->connection, sql, n, NULL, texts, NULL, NULL, 0);

	if (ret_changed)
		*ret_changed = strtoull(s->pq->PQcmdTuples(result), NULL, 10);
	return take_result(s, result, PGRES_COMMAND_OK, err);
}

/* -1: error; 0: there is no such row, or NULL. */
static int read_number(struct postgres_store *s, const char *sql, long *ret, struct err *err)
{
	PGresult *result = s->pq->PQexec(s->connection, sql);
	bool found = s->pq->PQresultStatus(result) == PGRES_TUPLES_OK && s->pq->PQntuples(result) == 1 &&
		     !s->pq->PQgetisnull(result, 0, 0);

	if (found)
		*ret = strtol(s->pq->PQgetvalue(result, 0, 0), NULL, 10);
	if (take_result(s, result, PGRES_TUPLES_OK, err) < 0)
		return -1;
	return found;
}

static void ignore_notice(void *context UNUSED, const char *text UNUSED)
{
}

static void postgres_close(void *db)
{
	struct postgres_store *s = db;

	s->pq->PQfinish(s->connection);
	strbuf_release(&s->rows);
	free(s);
}

static int check_version(struct postgres_store *s, struct err *err)
{
	long there = 0, version = 0;
	int found = read_number(s, "SELECT 1 FROM pg_namespace WHERE nspname = 'goldwim_kms'", &there, err);

	if (found < 0)
		return -1;
	if (!found) {
		err_set(err, ERR_NOT_FOUND, "there is no store in this database");
		return err_hint(err, "kms ingest --db URL LOG... makes one");
	}
	if (run(s, "SET search_path = goldwim_kms", err) < 0 ||
	    (found = read_number(s, "SELECT version FROM meta", &version, err)) < 0)
		return -1;
	if (!found || version != STORE_VERSION)
		return err_set(err, ERR_UNSUPPORTED, "a store of version %ld; this program uses version %d", version,
			       STORE_VERSION);
	return 0;
}

/* Of two that begin at once the second waits and finds it done. */
static int create_if_missing(struct postgres_store *s, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
	long there = 0;
	int found;

	if (run(s, "BEGIN", err) < 0 || run(s, LOCK_SCHEMA, err) < 0)
		return -1;
	found = read_number(s, "SELECT 1 FROM pg_namespace WHERE nspname = 'goldwim_kms'", &there, err);
	if (found < 0)
		return -1;
	if (!found) {
		strbuf_addf(&sql, "%s INSERT INTO meta VALUES(%d)", schema, STORE_VERSION);
		if (run(s, sql.data, err) < 0)
			return -1;
	}
	return run(s, "COMMIT", err);
}

static int prepare(struct postgres_store *s, enum store_mode mode, struct err *err)
{
	if (run(s, "SET client_min_messages = warning; SET standard_conforming_strings = on", err) < 0)
		return -1;
	if (mode == STORE_READ)
		return check_version(s, err);
	if (create_if_missing(s, err) < 0 || check_version(s, err) < 0)
		return -1;
	return run(s, stage_table, err);
}

static void *postgres_open(const char *url, enum store_mode mode, struct err *err)
{
	/* What the URL says goes before the first two, and the last one before the URL. */
	static const char *const names[] = { "connect_timeout", "application_name", "dbname", "client_encoding", NULL };
	const char *const values[] = { "30", "kms", url, "UTF8", NULL };
	const struct libpq *pq = libpq_load(err);
	struct postgres_store *s;

	if (!pq)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->pq = pq;
	s->connection = pq->PQconnectdbParams(names, values, 1);
	pq->PQsetNoticeProcessor(s->connection, ignore_notice, NULL);
	if (pq->PQstatus(s->connection) == CONNECTION_OK && prepare(s, mode, err) == 0)
		return s;
	if (pq->PQstatus(s->connection) != CONNECTION_OK)
		failed(s, err);
	postgres_close(s);
	return NULL;
}

/* ---- writing ----------------------------------------------------------------- */

static int start_copy(struct postgres_store *s, const char *sql, ExecStatusType wanted, struct err *err)
{
	return take_result(s, s->pq->PQexec(s->connection, sql), wanted, err);
}

static int postgres_begin(void *db, struct err *err)
{
	struct postgres_store *s = db;

	strbuf_clear(&s->rows);
	if (run(s, "BEGIN", err) < 0)
		return -1;
	return start_copy(s, "COPY stage(" STAGE_COLUMNS ") FROM STDIN", PGRES_COPY_IN, err);
}

static int send_rows(struct postgres_store *s, struct err *err)
{
	int done = s->rows.len ? s->pq->PQputCopyData(s->connection, s->rows.data, (int)s->rows.len) : 1;

	strbuf_clear(&s->rows);
	return done == 1 ? 0 : failed(s, err);
}

/* The text format of COPY: tabs between, a backslash before what would end a field. */
static void add_copy_text(struct strbuf *out, const struct strbuf *text)
{
	for (size_t i = 0; i < text->len; i++) {
		char c = text->data[i];

		if (c == '\\' || c == '\t' || c == '\n' || c == '\r') {
			strbuf_addc(out, '\\');
			c = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
		}
		strbuf_addc(out, c);
	}
}

static int postgres_stage(void *db, const struct store_row *row, struct err *err)
{
	struct postgres_store *s = db;

	for (size_t i = 0; i < ROW_INTS; i++)
		strbuf_addf(&s->rows, "%" PRId64 "\t", row->ints[i]);
	for (size_t i = 0; i < ROW_TEXTS; i++) {
		add_copy_text(&s->rows, &row->texts[i]);
		strbuf_addc(&s->rows, i + 1 < ROW_TEXTS ? '\t' : '\n');
	}
	return s->rows.len >= COPY_AHEAD ? send_rows(s, err) : 0;
}

/* The results behind a COPY: its own, then none. */
static int end_copy(struct postgres_store *s, struct err *err)
{
	PGresult *result;
	int done = 0;

	while ((result = s->pq->PQgetResult(s->connection))) {
		if (s->pq->PQresultStatus(result) != PGRES_COMMAND_OK && done == 0)
			done = failed(s, err);
		s->pq->PQclear(result);
	}
	return done;
}

static void postgres_abandon(void *db)
{
	struct postgres_store *s = db;

	strbuf_clear(&s->rows);
	if (s->pq->PQtransactionStatus(s->connection) == PQTRANS_ACTIVE) {
		s->pq->PQputCopyEnd(s->connection, "given up");
		end_copy(s, NULL);
	}
	run(s, "ROLLBACK", NULL);
}

static int add_damages(struct postgres_store *s, const struct store_commit *c, struct err *err)
{
	for (size_t i = 0; i < c->n_kept; i++) {
		CLEANUP(freep) char *offset = xasprintf("%" PRIu64, c->kept[i].offset);
		const char *const values[] = { offset, strbuf_text(&c->kept[i].text), c->path };

		if (run_with(s, SQL_DAMAGE, values, 3, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int add_log(struct postgres_store *s, const struct store_commit *c, uint64_t *ret_changed, struct err *err)
{
	CLEANUP(freep) char *events = xasprintf("%" PRIu64, c->events);
	CLEANUP(freep) char *damages = xasprintf("%" PRIu64, c->damages);
	const char *const values[] = { c->path, c->format, events, damages };

	if (send_rows(s, err) < 0)
		return -1;
	if (s->pq->PQputCopyEnd(s->connection, NULL) != 1)
		return failed(s, err);
	if (end_copy(s, err) < 0 ||
	    run(s, "SELECT pg_advisory_xact_lock(" LOCK_SPACE ", k) FROM (SELECT hashtext(host_key) AS k FROM stage UNION "
		   "SELECT hashtext(key_host) FROM stage ORDER BY k) hosts", err) < 0 ||
	    run(s, "ANALYZE stage", err) < 0 || run(s, SQL_HOSTS, err) < 0 || run(s, SQL_SOURCES, err) < 0 ||
	    run_with(s, SQL_LOG, values, 4, NULL, err) < 0 || add_damages(s, c, err) < 0)
		return -1;
	return run_with(s, SQL_EVENTS(AS_UUID, UUID_OR_NULL), values, 1, ret_changed, err);
}

static int postgres_commit(void *db, const struct store_commit *commit, uint64_t *ret_changed, struct err *err)
{
	if (add_log(db, commit, ret_changed, err) == 0 && run(db, "COMMIT", err) == 0)
		return 0;
	postgres_abandon(db);
	return -1;
}

/* ---- reading ----------------------------------------------------------------- */

/* Cuts a row of COPY at its tabs; undoes its backslashes. NULL is empty. */
struct fields {
	const char *at, *end;
};

static bool next_field(struct fields *f, struct strbuf *ret)
{
	strbuf_clear(ret);
	if (f->at > f->end)
		return false;
	for (; f->at < f->end && *f->at != '\t' && *f->at != '\n'; f->at++) {
		char c = *f->at;

		if (c == '\\' && f->at + 1 < f->end) {
			c = *++f->at;
			if (c == 'N')
				continue;
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' :
			    c == 'v' ? '\v' : c;
		}
		strbuf_addc(ret, c);
	}
	f->at++;
	return true;
}

static int64_t next_number(struct fields *f, struct strbuf *buffer)
{
	next_field(f, buffer);
	return strtoll(strbuf_text(buffer), NULL, 10);
}

static uint64_t next_count(struct fields *f, struct strbuf *buffer)
{
	int64_t value = next_number(f, buffer);

	return value < 0 ? 0 : (uint64_t)value;
}

static int tell_log(struct fields *f, const struct store_rows *rows, struct store_row *buffer, struct err *err)
{
	struct strbuf *number = &buffer->texts[2];
	int64_t id = next_number(f, number);
	uint64_t events;

	next_field(f, &buffer->texts[0]);
	next_field(f, &buffer->texts[1]);
	events = next_count(f, number);
	return rows->log(rows->context, id, &buffer->texts[0], &buffer->texts[1], events, next_count(f, number), err);
}

static int tell_damage(struct fields *f, const struct store_rows *rows, struct store_row *buffer, struct err *err)
{
	int64_t log = next_number(f, &buffer->texts[1]);
	uint64_t offset = next_count(f, &buffer->texts[1]);

	next_field(f, &buffer->texts[0]);
	return rows->damage(rows->context, log, offset, &buffer->texts[0], err);
}

static int tell_row(struct fields *f, const struct store_rows *rows, struct store_row *buffer, struct err *err)
{
	int64_t log = next_number(f, &buffer->texts[0]);

	for (size_t i = 0; i < ROW_INTS; i++)
		buffer->ints[i] = next_number(f, &buffer->texts[0]);
	for (size_t i = 0; i < ROW_TEXTS; i++)
		next_field(f, &buffer->texts[i]);
	return rows->row(rows->context, log, buffer, err);
}

static int tell_all(struct postgres_store *s, const char *sql, const struct store_rows *rows, struct store_row *buffer,
		    int (*tell)(struct fields *, const struct store_rows *, struct store_row *, struct err *),
		    struct err *err)
{
	char *line;
	int len, done = 0;

	if (start_copy(s, sql, PGRES_COPY_OUT, err) < 0)
		return -1;
	while ((len = s->pq->PQgetCopyData(s->connection, &line, 0)) > 0) {
		struct fields fields = { line, line + len };

		if (done == 0)
			done = tell(&fields, rows, buffer, err);
		s->pq->PQfreemem(line);
	}
	if (len == -2 && done == 0)
		done = failed(s, err);
	if (end_copy(s, done == 0 ? err : NULL) < 0)
		return -1;
	return done;
}

/* One transaction: what writers do meanwhile is not seen. */
static int postgres_read(void *db, const struct store_rows *rows, struct err *err)
{
	struct store_row buffer = { 0 };
	int done = run(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);

	if (done == 0)
		done = tell_all(db, "COPY (" SQL_READ_LOGS ") TO STDOUT", rows, &buffer, tell_log, err);
	if (done == 0)
		done = tell_all(db, "COPY (" SQL_READ_DAMAGES ") TO STDOUT", rows, &buffer, tell_damage, err);
	if (done == 0)
		done = tell_all(db, "COPY (" SQL_READ_EVENTS ") TO STDOUT", rows, &buffer, tell_row, err);
	run(db, "ROLLBACK", NULL);
	store_row_release(&buffer);
	return done;
}

const struct store_backend store_postgres = {
	.is = postgres_is, .open = postgres_open, .close = postgres_close, .begin = postgres_begin,
	.stage = postgres_stage, .commit = postgres_commit, .abandon = postgres_abandon, .read = postgres_read,
};
