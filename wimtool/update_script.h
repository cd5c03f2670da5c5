/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands of "update", as wimlib-imagex has them:
 *
 *	add [--dereference] [--unix-data] [--no-acls] [--strict-acls] [--no-replace] SOURCE DEST
 *	delete [--force] [--recursive] PATH
 *	rename FROM TO
 *
 * one a line, words apart by blanks, '...' or "..." around words with blanks, # at
 * the start of a line for comments. UTF-8, or UTF-16LE as Windows editors save it.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/vec.h"

enum update_op {
	UPDATE_ADD,
	UPDATE_DELETE,
	UPDATE_RENAME,
};

/* Security descriptors are no matter of folders of Linux, so --no-acls and --strict-acls are taken and mean nothing. */
struct update_add {
	bool dereference;
	bool unix_data;
	bool no_replace;
};

struct update_command {
	enum update_op op;
	unsigned line; /* in its script, from 1 */
	char *first;   /* SOURCE, PATH, FROM */
	char *second;  /* DEST, TO; NULL for delete */
	bool force;    /* nothing there is no error */
	bool recursive;
	struct update_add add; /* of UPDATE_ADD */
	const char *origin; /* what to name in messages: lent by the caller of update_script_parse */
};

struct update_script {
	VEC(struct update_command) commands;
};

/* Adds the commands of text. Errors name the line; the script may hold some of the commands then. */
int update_script_parse(struct update_script *script, struct bytes text, const char *origin, struct err *err);
void update_script_release(struct update_script *script);

const char *update_op_name(enum update_op op); /* "add" */
