/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a piece of work could not be done.
 *
 * The text is made where the facts are; each layer that knows more puts a
 * context in front of it ("chunk 7: ..."); the edge of the program prints it
 * once. A struct err owns no memory, so it may be dropped at any time. Every
 * function here accepts a NULL err and returns -1, so that a failing function
 * can end with "return err_set(...)".
 */
#pragma once

#include "common/base/base.h"

enum err_kind {
	ERR_NONE,
	ERR_USAGE,       /* the command line is wrong: exit code 2 */
	ERR_NOT_FOUND,   /* file, image, key does not exist */
	ERR_PERMISSION,  /* the system does not let us */
	ERR_IO,          /* read or write failed */
	ERR_NO_SPACE,    /* the disk or quota is full */
	ERR_FORMAT,      /* the bytes break the rules of their format */
	ERR_TRUNCATED,   /* the file ends before what it announces */
	ERR_LIMIT,       /* larger or deeper than what we accept */
	ERR_UNSUPPORTED, /* valid, but not something we can do */
	ERR_BUSY,        /* locked or mounted by somebody else */
	ERR_REFUSED,     /* possible, but would endanger data */
	ERR_MEMORY,
	ERR_CANCELLED,   /* by a signal or by the user */
};

struct err {
	enum err_kind kind;
	bool has_offset;
	uint64_t offset; /* byte offset in the file where the trouble is, when has_offset */
	char text[1024]; /* "context: context: what is wrong" */
	char hint[256];  /* what to do about it; may be empty */
};

/* Sets kind and text; returns -1. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same for a place in a file: the text becomes "offset 0x1f: ...". */
int err_at(struct err *err, enum err_kind kind, uint64_t offset, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* "TEXT: No such file or directory", with the kind that belongs to errnum. */
int err_errno(struct err *err, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "CONTEXT: " in front of the text, unless that begins so or CONTEXT is empty; returns -1. */
int err_context(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Says what the user can do; returns -1. The first hint given stays. */
int err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Stable kebab-case name of a kind, for JSON ("not-found"). */
const char *err_kind_name(enum err_kind kind);
