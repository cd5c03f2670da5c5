/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store of events that lasts: a SQLite file, or a PostgreSQL database for a whole
 * fleet (docs/formats/kms-store.md). It is a set, as a summary is (summary.h): an
 * event is known by host, record number and time, or by all it says. Each log goes
 * in as one transaction, so a writer that is killed leaves whole logs or nothing of
 * them, and a log that goes in again changes nothing.
 *
 *	struct store *store = store_open(url, STORE_WRITE, err);
 *	store_logs(store, &files, host, jobs, err);        takes logs in
 *	store_read(store, &consumer, err);                 gives them back, by path
 *
 * Of an event that several logs have, the log whose path sorts first has it.
 */
#pragma once

#include "kms/log_files.h"

enum store_mode { STORE_READ, STORE_WRITE };

struct store;

/* What the store knows of a log; texts live as long as the store. */
struct store_log {
	const char *path;
	const char *format;  /* name of the reader */
	uint64_t events;     /* that it had, those of other logs too */
	uint64_t damages;    /* all of them; only the first ones are kept */
	uint64_t changed;    /* of store_logs: rows that are new, or belong to this log now */
};

/* "postgresql://..." or "postgres://...", else the path of a file, which STORE_WRITE makes. */
struct store *store_open(const char *url, enum store_mode mode, struct err *err);
void store_freep(struct store **store);

/* The name for messages: without the password. */
const char *store_name(const struct store *store);

/* host is for logs that do not tell theirs; NULL: their path. */
int store_logs(struct store *store, struct log_files *files, const char *host, uint64_t jobs, struct err *err);

/* What store_logs took in, in that order. */
size_t store_log_count(const struct store *store);
const struct store_log *store_log_at(const struct store *store, size_t i);

/* For each log begin, its own events in their order, its damages, end. */
struct store_consumer {
	void *context;
	struct log_sink (*begin)(void *context, const struct store_log *log);
	void (*end)(void *context, const struct store_log *log);
};

int store_read(struct store *store, const struct store_consumer *consumer, struct err *err);
