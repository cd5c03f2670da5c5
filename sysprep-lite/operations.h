/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of operations (data/identifiers.tsv and the few with code of their
 * own) and which of them a run uses. Rows with one id are one operation.
 */
#pragma once

#include "common/cli/cli.h"
#include "sysprep-lite/winroot.h"

enum op_verb {
	VERB_DELETE_VALUE,
	VERB_DELETE_KEY,
	VERB_DELETE_FILE,
	VERB_SET,         /* where the key is there */
	VERB_SET_PRESENT, /* where the value is there */
	VERB_REMAP_GUID,
	VERB_CODE,        /* op_*.c */
	VERB_REPORT,      /* a person has to decide */
	VERB_WINDOWS,     /* only Windows can change it */
};

enum op_sure {
	SURE_NONE,
	SURE_UNCERTAIN,
	SURE_COMMUNITY,
	SURE_DOCUMENTED,
};

struct op_row {
	const char *id;
	const char *category;
	enum op_verb verb;
	enum hive_id hive;
	const char *path;    /* glob.h */
	const char *values;  /* list for glob_match_list; "": the key or file itself */
	const char *data;    /* for the set verbs: "dword:0", "sz:text" */
	bool on;             /* by default */
	enum op_sure sure;
	const char *windows; /* where it is found */
	bool secret;         /* the data is not shown */
	const char *what;    /* what happens to clones */
};

extern const struct op_row op_rows[];
extern const size_t n_op_rows;

/* True for rows that a plan may change. */
bool op_changes(const struct op_row *row);
const char *op_verb_name(enum op_verb verb);
const char *op_sure_name(enum op_sure sure);

/* The first row of an operation that changes something, else its first row; NULL when there is none of that id. */
const struct op_row *op_find(const char *id);

/* Which operations run: --enable and --disable name operations or categories; the later wins by being narrower. */
struct op_choice {
	const struct cli_list *enable;
	const struct cli_list *disable;
};

/* ERR_USAGE with a suggestion when a name is neither operation nor category. */
int op_choice_check(const struct op_choice *choice, struct err *err);
bool op_is_on(const struct op_choice *choice, const struct op_row *row);
