/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A YAML file as a tree of texts, lists and maps that know their place. Nothing is
 * typed here: no, on and 012 are the texts "no", "on" and "012". Anchors, aliases, tags
 * and further documents are refused, and so are keys given twice.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/err.h"

#define YAML_BYTES_MAX (1u << 20)
#define YAML_DEPTH_MAX 32
#define YAML_VALUES_MAX 100000

enum yaml_kind {
	YAML_TEXT,
	YAML_LIST,
	YAML_MAP,
};

struct yaml_value {
	enum yaml_kind kind;
	unsigned line, column; /* from 1 */
	const char *text;      /* of a text; never NULL then */
	const char *shown;     /* the same for people: where something secret was put in, its place */
	bool quoted;
	const char *key;       /* of an entry of a map */
	unsigned key_line, key_column;
	struct yaml_value *first; /* of a list or map */
	struct yaml_value *next;
	size_t n;
};

struct yaml_tree {
	struct arena arena;
	const char *name; /* lent */
	struct yaml_value *root; /* NULL: nothing but comments */
	size_t n_values;
};

/* Errors read NAME:LINE:COLUMN: TEXT. Release the tree in any case. */
int yaml_tree_read(const char *name, struct bytes text, struct yaml_tree *ret, struct err *err);
void yaml_tree_release(struct yaml_tree *tree);

/* The entry of a map; NULL when there is none. */
const struct yaml_value *yaml_find(const struct yaml_value *map, const char *key);

/* "NAME:LINE:COLUMN: TEXT", ERR_FORMAT; returns -1. */
int yaml_fail(const struct yaml_tree *tree, const struct yaml_value *at, struct err *err, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
int yaml_fail_at(const struct yaml_tree *tree, unsigned line, unsigned column, struct err *err, const char *fmt, ...)
	PRINTF_LIKE(5, 6);

/* A text of the file as a message may cite it: short, one line. Lends a static buffer. */
const char *yaml_cite(const char *text);
