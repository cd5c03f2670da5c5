/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store in a SQLite file. A write-ahead log lets audits read while somebody writes. */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "kms/store_backend.h"
#include "kms/store_sql.h"

enum {
	APPLICATION_ID = 0x676b6d73, /* "gkms" in the header of the file */
	WAIT_MS = 120000,            /* for another writer: a log of ten million events takes less */
	TEXT_MAX = 1 << 20,          /* of anything in the file */
};

struct sqlite_store {
	sqlite3 *db;
	sqlite3_stmt *stage;
};

#define AS_IT_IS(x) x
#define AS_TIME(x) "CASE WHEN " x " > -9223372036854775807 THEN datetime(" x ", 'unixepoch') END"

static const char *const schema[] = {
	"CREATE TABLE host(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL) STRICT",
	"CREATE TABLE source(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, channel TEXT NOT NULL, "
	"UNIQUE(provider, channel)) STRICT",
	"CREATE TABLE log(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, format TEXT NOT NULL, events INTEGER NOT NULL, "
	"damages INTEGER NOT NULL) STRICT",
	"CREATE TABLE damage(log INTEGER NOT NULL, place INTEGER NOT NULL, text TEXT NOT NULL, "
	"PRIMARY KEY(log, place, text)) STRICT, WITHOUT ROWID",
	"CREATE TABLE event(key_host INTEGER NOT NULL, record INTEGER NOT NULL, time INTEGER NOT NULL, digest TEXT NOT NULL, "
	"copy INTEGER NOT NULL, host INTEGER NOT NULL, log INTEGER NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL, "
	"in_lines INTEGER NOT NULL, assumed INTEGER NOT NULL, numbered INTEGER NOT NULL, id INTEGER NOT NULL, "
	"source INTEGER NOT NULL, message TEXT NOT NULL, binary_len INTEGER NOT NULL, problem INTEGER NOT NULL, "
	"hresult INTEGER NOT NULL, needed INTEGER NOT NULL, name TEXT NOT NULL, cmid TEXT, client_time INTEGER NOT NULL, "
	"virtual INTEGER NOT NULL, status INTEGER NOT NULL, minutes INTEGER NOT NULL, product TEXT, "
	"PRIMARY KEY(key_host, record, time, digest, copy)) STRICT, WITHOUT ROWID",
	SQL_VIEW(AS_TIME),
};

static const char stage_table[] =
	"CREATE TEMP TABLE IF NOT EXISTS stage(seq INTEGER, place INTEGER, in_lines INTEGER, assumed INTEGER, numbered INTEGER, "
	"record INTEGER, time INTEGER, id INTEGER, binary_len INTEGER, problem INTEGER, hresult INTEGER, needed INTEGER, "
	"client_time INTEGER, virtual INTEGER, status INTEGER, minutes INTEGER, host TEXT, host_key TEXT, key_host TEXT, "
	"digest TEXT, provider TEXT, channel TEXT, message TEXT, name TEXT, cmid TEXT, product TEXT)";

#define OR_NULL(x) "nullif(" x ", '')"

static bool sqlite_is(const char *url UNUSED)
{
	return true;
}

static int failed(struct sqlite_store *s, struct err *err)
{
	int code = sqlite3_errcode(s->db) & 0xff;
	enum err_kind kind = code == SQLITE_BUSY || code == SQLITE_LOCKED ? ERR_BUSY : code == SQLITE_FULL ? ERR_NO_SPACE :
			     code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_FORMAT :
			     code == SQLITE_CANTOPEN ? ERR_NOT_FOUND : ERR_IO;

	if (code == SQLITE_NOTADB)
		return err_set(err, kind, "this is no store of kms: not a SQLite file");
	return err_set(err, kind, "SQLite: %s", sqlite3_errmsg(s->db));
}

static int run(struct sqlite_store *s, const char *sql, struct err *err)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(s, err);
}

static int prepare(struct sqlite_store *s, const char *sql, sqlite3_stmt **ret, struct err *err)
{
	return sqlite3_prepare_v2(s->db, sql, -1, ret, NULL) == SQLITE_OK ? 0 : failed(s, err);
}

static void finalize(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

static int read_number(struct sqlite_store *s, const char *sql, int64_t *ret, struct err *err)
{
	CLEANUP(finalize) sqlite3_stmt *statement = NULL;

	if (prepare(s, sql, &statement, err) < 0)
		return -1;
	if (sqlite3_step(statement) != SQLITE_ROW)
		return failed(s, err);
	*ret = sqlite3_column_int64(statement, 0);
	return 0;
}

/* Only what we made is trusted: no other tables, no triggers, the same columns. */
static int check_schema(struct sqlite_store *s, struct err *err)
{
	CLEANUP(finalize) sqlite3_stmt *statement = NULL;
	size_t n = 0;
	int step;

	if (prepare(s, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL", &statement, err) < 0)
		return -1;
	for (; (step = sqlite3_step(statement)) == SQLITE_ROW; n++) {
		const char *sql = (const char *)sqlite3_column_text(statement, 0);
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(schema) && !known; i++)
			known = sql && strcmp(sql, schema[i]) == 0;
		if (!known)
			return err_set(err, ERR_FORMAT, "this is no store of kms: something else is in it");
	}
	if (step != SQLITE_DONE)
		return failed(s, err);
	if (n != ARRAY_SIZE(schema))
		return err_set(err, ERR_FORMAT, "this is no store of kms: tables are missing");
	return 0;
}

static int check_store(struct sqlite_store *s, struct err *err)
{
	int64_t application = 0, version = 0;

	if (read_number(s, "PRAGMA application_id", &application, err) < 0 ||
	    read_number(s, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (application != APPLICATION_ID)
		return err_set(err, ERR_FORMAT, "this is no store of kms");
	if (version != STORE_VERSION)
		return err_set(err, ERR_UNSUPPORTED, "a store of version %lld; this program uses version %d",
			       (long long)version, STORE_VERSION);
	return check_schema(s, err);
}

/* Of two that begin at once the second finds it done. */
static int create_if_empty(struct sqlite_store *s, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
	int64_t n = 0;

	if (run(s, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	if (read_number(s, "SELECT count(*) FROM sqlite_schema", &n, err) < 0)
		return -1;
	if (n)
		return run(s, "COMMIT", err);
	for (size_t i = 0; i < ARRAY_SIZE(schema); i++)
		strbuf_addf(&sql, "%s;", schema[i]);
	strbuf_addf(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", APPLICATION_ID, STORE_VERSION);
	return run(s, sql.data, err);
}

/* The file may come from anywhere: what is in it must not make SQLite do more than read tables. */
static int set_limits(struct sqlite_store *s, struct err *err)
{
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, TEXT_MAX);
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_busy_timeout(s->db, WAIT_MS);
	return run(s, "PRAGMA cell_size_check = ON", err);
}

static int prepare_writing(struct sqlite_store *s, struct err *err)
{
	static const char *const insert =
		"INSERT INTO stage(" STAGE_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?, ?)";

	if (create_if_empty(s, err) < 0 || check_store(s, err) < 0 || run(s, "PRAGMA journal_mode = WAL", err) < 0 ||
	    run(s, stage_table, err) < 0)
		return -1;
	return prepare(s, insert, &s->stage, err);
}

/* A reader that may not touch the file at all would leave its -wal and -shm behind. */
static int prepare_reading(struct sqlite_store *s, struct err *err)
{
	return run(s, "PRAGMA query_only = ON", err) < 0 ? -1 : check_store(s, err);
}

static void sqlite_close(void *db)
{
	struct sqlite_store *s = db;

	sqlite3_finalize(s->stage);
	sqlite3_close(s->db);
	free(s);
}

static void *sqlite_open(const char *url, enum store_mode mode, struct err *err)
{
	struct sqlite_store *s;
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    SQLITE_OPEN_READWRITE | (mode == STORE_WRITE ? SQLITE_OPEN_CREATE : 0);
	CLEANUP(freep) char *path = xasprintf("%s%s", strncmp(url, "file:", 5) == 0 || *url == ':' ? "./" : "", url);

	if (mode == STORE_READ && !path_exists(url)) {
		err_set(err, ERR_NOT_FOUND, "there is no such store");
		err_hint(err, "kms ingest --db %s LOG... makes one", url);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK || set_limits(s, err) < 0) {
		failed(s, err);
		sqlite_close(s);
		return NULL;
	}
	if ((mode == STORE_WRITE ? prepare_writing(s, err) : prepare_reading(s, err)) < 0) {
		sqlite_close(s);
		return NULL;
	}
	return s;
}

/* Staging is a transaction of the temporary database alone: it locks nothing. */
static int sqlite_begin(void *db, struct err *err)
{
	return run(db, "BEGIN; DELETE FROM stage", err);
}

static int sqlite_stage(void *db, const struct store_row *row, struct err *err)
{
	struct sqlite_store *s = db;

	for (int i = 0; i < ROW_INTS; i++)
		sqlite3_bind_int64(s->stage, i + 1, row->ints[i]);
	for (int i = 0; i < ROW_TEXTS; i++)
		sqlite3_bind_text(s->stage, ROW_INTS + i + 1, strbuf_text(&row->texts[i]), (int)row->texts[i].len,
				  SQLITE_STATIC);
	if (sqlite3_step(s->stage) != SQLITE_DONE)
		return failed(s, err);
	sqlite3_reset(s->stage);
	return 0;
}

/* texts fill $1, $2... in order, numbers those behind them. */
static int run_with(struct sqlite_store *s, const char *sql, const char *const *texts, size_t n_texts,
		    const int64_t *numbers, size_t n_numbers, struct err *err)
{
	CLEANUP(finalize) sqlite3_stmt *statement = NULL;

	if (prepare(s, sql, &statement, err) < 0)
		return -1;
	for (size_t i = 0; i < n_texts; i++)
		sqlite3_bind_text(statement, (int)i + 1, texts[i], -1, SQLITE_STATIC);
	for (size_t i = 0; i < n_numbers; i++)
		sqlite3_bind_int64(statement, (int)(n_texts + i) + 1, numbers[i]);
	return sqlite3_step(statement) == SQLITE_DONE ? 0 : failed(s, err);
}

static int add_damage(struct sqlite_store *s, const char *path, const struct store_damage *damage, struct err *err)
{
	CLEANUP(finalize) sqlite3_stmt *statement = NULL;

	if (prepare(s, SQL_DAMAGE, &statement, err) < 0)
		return -1;
	sqlite3_bind_int64(statement, 1, (int64_t)damage->offset);
	sqlite3_bind_text(statement, 2, strbuf_text(&damage->text), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, path, -1, SQLITE_STATIC);
	return sqlite3_step(statement) == SQLITE_DONE ? 0 : failed(s, err);
}

static int add_log(struct sqlite_store *s, const struct store_commit *c, uint64_t *ret_changed, struct err *err)
{
	const char *const texts[] = { c->path, c->format };
	const int64_t numbers[] = { (int64_t)c->events, (int64_t)c->damages };

	if (run(s, SQL_HOSTS, err) < 0 || run(s, SQL_SOURCES, err) < 0 ||
	    run_with(s, SQL_LOG, texts, 2, numbers, 2, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n_kept; i++)
		if (add_damage(s, c->path, &c->kept[i], err) < 0)
			return -1;
	if (run_with(s, SQL_EVENTS(AS_IT_IS, OR_NULL), texts, 1, NULL, 0, err) < 0)
		return -1;
	*ret_changed = (uint64_t)sqlite3_changes64(s->db);
	return 0;
}

static void sqlite_abandon(void *db)
{
	struct sqlite_store *s = db;

	sqlite3_reset(s->stage);
	if (!sqlite3_get_autocommit(s->db))
		run(s, "ROLLBACK", NULL);
}

static int sqlite_commit(void *db, const struct store_commit *commit, uint64_t *ret_changed, struct err *err)
{
	if (run(db, "COMMIT; BEGIN IMMEDIATE", err) == 0 && add_log(db, commit, ret_changed, err) == 0 &&
	    run(db, "COMMIT", err) == 0)
		return 0;
	sqlite_abandon(db);
	return -1;
}

/* ---- reading ----------------------------------------------------------------- */

static void column_text(sqlite3_stmt *statement, int i, struct strbuf *ret)
{
	const char *text = (const char *)sqlite3_column_text(statement, i);

	strbuf_clear(ret);
	if (text)
		strbuf_add(ret, text, (size_t)sqlite3_column_bytes(statement, i));
}

static uint64_t column_count(sqlite3_stmt *statement, int i)
{
	int64_t value = sqlite3_column_int64(statement, i);

	return value < 0 ? 0 : (uint64_t)value;
}

static int tell_log(sqlite3_stmt *statement, const struct store_rows *rows, struct store_row *buffer, struct err *err)
{
	column_text(statement, 1, &buffer->texts[0]);
	column_text(statement, 2, &buffer->texts[1]);
	return rows->log(rows->context, sqlite3_column_int64(statement, 0), &buffer->texts[0], &buffer->texts[1],
			 column_count(statement, 3), column_count(statement, 4), err);
}

static int tell_damage(sqlite3_stmt *statement, const struct store_rows *rows, struct store_row *buffer,
		       struct err *err)
{
	column_text(statement, 2, &buffer->texts[0]);
	return rows->damage(rows->context, sqlite3_column_int64(statement, 0), column_count(statement, 1),
			    &buffer->texts[0], err);
}

static int tell_row(sqlite3_stmt *statement, const struct store_rows *rows, struct store_row *buffer, struct err *err)
{
	for (int i = 0; i < ROW_INTS; i++)
		buffer->ints[i] = sqlite3_column_int64(statement, 1 + i);
	for (int i = 0; i < ROW_TEXTS; i++)
		column_text(statement, 1 + ROW_INTS + i, &buffer->texts[i]);
	return rows->row(rows->context, sqlite3_column_int64(statement, 0), buffer, err);
}

static int tell_all(struct sqlite_store *s, const char *sql, const struct store_rows *rows, struct store_row *buffer,
		    int (*tell)(sqlite3_stmt *, const struct store_rows *, struct store_row *, struct err *),
		    struct err *err)
{
	CLEANUP(finalize) sqlite3_stmt *statement = NULL;
	int step;

	if (prepare(s, sql, &statement, err) < 0)
		return -1;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW)
		if (tell(statement, rows, buffer, err) < 0)
			return -1;
	return step == SQLITE_DONE ? 0 : failed(s, err);
}

/* One transaction: what writers do meanwhile is not seen. */
static int sqlite_read(void *db, const struct store_rows *rows, struct err *err)
{
	struct store_row buffer = { 0 };
	int done = run(db, "BEGIN", err);

	if (done == 0)
		done = tell_all(db, SQL_READ_LOGS, rows, &buffer, tell_log, err);
	if (done == 0)
		done = tell_all(db, SQL_READ_DAMAGES, rows, &buffer, tell_damage, err);
	if (done == 0)
		done = tell_all(db, SQL_READ_EVENTS, rows, &buffer, tell_row, err);
	sqlite_abandon(db);
	store_row_release(&buffer);
	return done;
}

const struct store_backend store_sqlite = {
	.is = sqlite_is, .open = sqlite_open, .close = sqlite_close, .begin = sqlite_begin, .stage = sqlite_stage,
	.commit = sqlite_commit, .abandon = sqlite_abandon, .read = sqlite_read,
};
