/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer files of Windows 2000 to Server 2003: sections, keys, values, each
 * with its line. Text is lent from the source; lines that are neither section,
 * assignment nor comment are kept as such.
 */
#pragma once

#include "unattend/markup.h"

#define INI_MAX_LINES 200000

enum ini_kind {
	INI_SECTION,
	INI_ENTRY,
	INI_STRAY, /* no section, no "=", no comment */
};

struct ini_line {
	enum ini_kind kind;
	const char *section; /* the one it stands in; "" before the first */
	const char *key;     /* without space around it */
	const char *value;   /* without quotes, space and trailing comment; "" for none */
	bool quoted;
	bool has_value;      /* there was a "=" */
	struct span span;
	struct span value_span; /* as written, with quotes */
	struct spot where;
	struct spot value_where;
};

struct answer_ini {
	struct arena arena;
	VEC(struct ini_line) lines;
};

int ini_read(const char *text, size_t len, struct answer_ini *ret, struct err *err);
void ini_release(struct answer_ini *ini);

/* The value of a key, NULL when it is not there; names in any case. */
const struct ini_line *ini_find(const struct answer_ini *ini, const char *section, const char *key);
bool ini_has_section(const struct answer_ini *ini, const char *section);

/* AdminPassword, DomainAdminPassword, ProductKey, ProductID; a line without "=" may hold anything. */
bool ini_line_is_secret(const struct ini_line *line);

/* True for a section name of an answer file. */
bool ini_is_answer_section(const char *name, size_t len);
