/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The statements that SQLite and PostgreSQL share. Rows of a log are first in the
 * temporary table stage, with the names of store_int and store_text as columns.
 */
#pragma once

#define STAGE_COLUMNS                                                                                                  \
	"seq, place, in_lines, assumed, numbered, record, time, id, binary_len, problem, hresult, needed, client_time, "  \
	"virtual, status, minutes, host, host_key, key_host, digest, provider, channel, message, name, cmid, product"

/* Of the spellings of a host that differ in case the one that sorts first stays. */
#define SQL_HOSTS                                                                                                      \
	"INSERT INTO host(key, name) SELECT host_key, min(host) FROM stage WHERE true GROUP BY host_key ORDER BY host_key " \
	"ON CONFLICT(key) DO UPDATE SET name = excluded.name WHERE excluded.name < host.name"

#define SQL_SOURCES                                                                                                    \
	"INSERT INTO source(provider, channel) SELECT DISTINCT provider, channel FROM stage WHERE true "                 \
	"ORDER BY provider, channel ON CONFLICT DO NOTHING"

/* Path, format, events, damages. */
#define SQL_LOG                                                                                                        \
	"INSERT INTO log(path, format, events, damages) VALUES($1, $2, $3, $4) ON CONFLICT(path) DO UPDATE SET "         \
	"format = excluded.format, events = excluded.events, damages = excluded.damages"

/* Offset, text, path: SQLite numbers parameters as they come. */
#define SQL_DAMAGE                                                                                                     \
	"INSERT INTO damage(log, place, text) SELECT id, CAST($1 AS bigint), CAST($2 AS text) FROM log WHERE path = $3 ON CONFLICT DO NOTHING"

/*
 * Path. Numbered events are in the set once; of others each copy of a log is a member. GUID and ID_OR_NULL cast
 * texts to what the database keeps.
 */
#define SQL_EVENTS(GUID, ID_OR_NULL)                                                                                   \
	"INSERT INTO event(key_host, record, time, digest, copy, host, log, seq, place, in_lines, assumed, numbered, id, " \
	"source, message, binary_len, problem, hresult, needed, name, cmid, client_time, virtual, status, minutes, product) " \
	"SELECT CASE WHEN s.key_host = '' THEN 0 ELSE h.id END, s.record, s.time, " GUID("s.digest") ", s.copy, h.id, l.id, " \
	"s.seq, s.place, s.in_lines, s.assumed, s.numbered, s.id, o.id, s.message, s.binary_len, s.problem, s.hresult, "   \
	"s.needed, s.name, " ID_OR_NULL("s.cmid") ", s.client_time, s.virtual, s.status, s.minutes, " ID_OR_NULL("s.product") \
	" FROM (SELECT *, row_number() OVER (PARTITION BY key_host, record, time, digest ORDER BY seq) - 1 AS copy "       \
	"FROM stage) s JOIN host h ON h.key = s.host_key "                                                             \
	"JOIN source o ON o.provider = s.provider AND o.channel = s.channel JOIN log l ON l.path = $1 "                   \
	"WHERE s.numbered = 0 OR s.copy = 0 ORDER BY 1, 2, 3, 4, 5 "                                                   \
	"ON CONFLICT(key_host, record, time, digest, copy) DO UPDATE SET host = excluded.host, log = excluded.log, "       \
	"seq = excluded.seq, place = excluded.place, in_lines = excluded.in_lines, assumed = excluded.assumed, "           \
	"id = excluded.id, source = excluded.source, message = excluded.message, binary_len = excluded.binary_len, "       \
	"problem = excluded.problem, hresult = excluded.hresult, needed = excluded.needed, name = excluded.name, "         \
	"cmid = excluded.cmid, client_time = excluded.client_time, virtual = excluded.virtual, status = excluded.status, "  \
	"minutes = excluded.minutes, product = excluded.product "                                                      \
	"WHERE (SELECT path FROM log WHERE id = excluded.log) < (SELECT path FROM log WHERE id = event.log) "             \
	"OR (excluded.log = event.log AND excluded.seq < event.seq)"

#define SQL_READ_LOGS "SELECT id, path, format, events, damages FROM log ORDER BY path"

/* The log, then the columns of a stage without host_key, key_host and digest. */
#define READ_COLUMNS                                                                                                   \
	"e.log, e.seq, e.place, e.in_lines, e.assumed, e.numbered, e.record, e.time, e.id, e.binary_len, e.problem, "      \
	"e.hresult, e.needed, e.client_time, e.virtual, e.status, e.minutes, h.name, '', '', '', o.provider, o.channel, "   \
	"e.message, e.name, e.cmid, e.product"
#define READ_FROM                                                                                                      \
	" FROM event e JOIN log l ON l.id = e.log JOIN host h ON h.id = e.host JOIN source o ON o.id = e.source "         \
	"ORDER BY l.path, e.seq"
#define SQL_READ_EVENTS "SELECT " READ_COLUMNS READ_FROM

#define SQL_READ_DAMAGES                                                                                               \
	"SELECT d.log, d.place, d.text FROM damage d JOIN log l ON l.id = d.log ORDER BY l.path, d.place, d.text"

/* Requests as people read them. TIME(x) makes a time of seconds. */
#define SQL_VIEW(TIME)                                                                                                 \
	"CREATE VIEW request AS SELECT h.name AS host, CASE WHEN e.numbered = 1 THEN e.record END AS record, "             \
	TIME("e.time") " AS time, e.hresult AS result, e.needed, e.name AS computer, e.cmid, " TIME("e.client_time")       \
	" AS client_time, e.virtual, e.status, e.minutes, e.product AS product_id, l.path AS log "                         \
	"FROM event e JOIN host h ON h.id = e.host JOIN log l ON l.id = e.log WHERE e.problem = 0"
