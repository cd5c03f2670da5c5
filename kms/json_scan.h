/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goes through JSON, one document or one after the other, and tells the scalar
 * values of each outermost object; arrays around these do not count, so it can begin
 * at any of them. Nothing is built; depth and size of an object are limited.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/strbuf.h"
#include "kms/kms_request.h"

#define JSON_SCAN_DEPTH_MAX 64
#define JSON_SCAN_OBJECT_MAX (1U << 20) /* an event is a few kilobytes; its texts together stay below this */

struct json_scan_visitor {
	void *context;
	void (*begin)(void *context, uint64_t offset, uint32_t line);
	/* name is empty in an array; outer is the name of the object or array that holds the value. */
	void (*value)(void *context, struct text name, struct text outer, struct text value);
	/* Behind the object; whole is all of its bytes. */
	void (*end)(void *context, struct text whole);
	/*
	 * Where the object ends that begins at at, when the visitor knows without being told its values, and
	 * *line grown by the newlines in it; else NULL. May be absent.
	 */
	const char *(*known)(void *context, const char *at, const char *end, uint32_t *line);
};

struct json_scan {
	struct bytes file;
	size_t at;
	uint32_t line;
	struct strbuf text; /* of a string with escapes */
	const char *value_end; /* while a value is told: behind it in the file */
	const struct json_scan_visitor *to;
};

/*
 * The objects that begin in front of stop; scan->at is then where the next begins, or the end. -1 where it
 * is no JSON: scan->at is that place, what was told before stays told.
 */
int json_scan_run(struct json_scan *scan, size_t stop, struct err *err);
void json_scan_release(struct json_scan *scan);
