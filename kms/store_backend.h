/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a database does for a store. Rows of one log are staged where nobody else
 * sees them; commit makes them part of the set in one transaction.
 */
#pragma once

#include "kms/store.h"
#include "kms/store_row.h"

#define STORE_VERSION 1
#define STORE_LOGS_MAX (1U << 20)

struct store_damage {
	uint64_t offset;
	struct strbuf text; /* encoded */
};

/* What commit is given besides the staged rows; texts are encoded. */
struct store_commit {
	const char *path;
	const char *format;
	uint64_t events, damages;
	const struct store_damage *kept; /* the first damages */
	size_t n_kept;
};

/* While reading: logs, ordered by path, then damages and rows in the order of their logs. */
struct store_rows {
	void *context;
	int (*log)(void *context, int64_t id, struct strbuf *path, struct strbuf *format, uint64_t events,
		   uint64_t damages, struct err *err);
	int (*damage)(void *context, int64_t log, uint64_t offset, struct strbuf *text, struct err *err);
	int (*row)(void *context, int64_t log, struct store_row *row, struct err *err);
};

struct store_backend {
	bool (*is)(const char *url);
	void *(*open)(const char *url, enum store_mode mode, struct err *err);
	void (*close)(void *db);
	int (*begin)(void *db, struct err *err);
	int (*stage)(void *db, const struct store_row *row, struct err *err);
	int (*commit)(void *db, const struct store_commit *commit, uint64_t *ret_changed, struct err *err);
	void (*abandon)(void *db); /* drops what is staged */
	int (*read)(void *db, const struct store_rows *rows, struct err *err);
};

extern const struct store_backend store_sqlite, store_postgres;
