/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/err.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WHOLE_MAX 8192   /* a path and what is said of it */
#define CONTEXT_MAX 500
#define REASON_MAX 100   /* of the system */

/* What has no room loses its middle: paths stand at the beginning, what is wrong at the end. */
static void shorten(const char *text, size_t room, char *ret)
{
	static const char gap[] = "[...]";
	size_t len = strlen(text), half = (room - sizeof(gap)) / 2;

	if (len < room)
		memcpy(ret, text, len + 1);
	else
		snprintf(ret, room, "%.*s%s%s", (int)half, text, gap, text + len - half);
}

PRINTF_LIKE(4, 0)
static void set_text(struct err *err, enum err_kind kind, size_t room, const char *fmt, va_list args)
{
	char whole[WHOLE_MAX];

	*err = (struct err){ .kind = kind };
	vsnprintf(whole, sizeof(whole), fmt, args);
	shorten(whole, room, err->text);
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -1;
	va_start(args, fmt);
	set_text(err, kind, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}

/* Puts prefix in front of the text; what does not fit loses its middle. */
static void prepend(struct err *err, const char *prefix)
{
	char whole[CONTEXT_MAX + 2 + sizeof(err->text)];
	char context[CONTEXT_MAX];

	shorten(prefix, CONTEXT_MAX, context);
	snprintf(whole, sizeof(whole), "%s: %s", context, err->text);
	shorten(whole, sizeof(err->text), err->text);
}

int err_at(struct err *err, enum err_kind kind, uint64_t offset, const char *fmt, ...)
{
	char prefix[40];
	va_list args;

	if (!err)
		return -1;
	va_start(args, fmt);
	set_text(err, kind, sizeof(err->text), fmt, args);
	va_end(args);
	err->has_offset = true;
	err->offset = offset;
	snprintf(prefix, sizeof(prefix), "offset 0x%" PRIx64, offset);
	prepend(err, prefix);
	return -1;
}

static enum err_kind kind_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_PERMISSION;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_NO_SPACE;
	case ENOMEM:
		return ERR_MEMORY;
	case EBUSY:
	case ETXTBSY:
	case EWOULDBLOCK:
		return ERR_BUSY;
	case EINTR:
	case ECANCELED:
		return ERR_CANCELLED;
	default:
		return ERR_IO;
	}
}

int err_errno(struct err *err, int errnum, const char *fmt, ...)
{
	va_list args;
	size_t len;

	if (!err)
		return -1;
	va_start(args, fmt);
	set_text(err, kind_of_errno(errnum), sizeof(err->text) - REASON_MAX, fmt, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, "%s%s", len ? ": " : "", strerror(errnum));
	return -1;
}

int err_context(struct err *err, const char *fmt, ...)
{
	char prefix[WHOLE_MAX];
	va_list args;

	if (!err)
		return -1;
	va_start(args, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, args);
	va_end(args);
	/* one layer below has said so; a file without a name says nothing */
	if (*prefix && (strncmp(err->text, prefix, strlen(prefix)) != 0 || err->text[strlen(prefix)] != ':'))
		prepend(err, prefix);
	return -1;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list args;

	if (!err || err->hint[0])
		return -1;
	va_start(args, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
	return -1;
}

const char *err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",
		[ERR_USAGE] = "usage",
		[ERR_NOT_FOUND] = "not-found",
		[ERR_PERMISSION] = "permission",
		[ERR_IO] = "io",
		[ERR_NO_SPACE] = "no-space",
		[ERR_FORMAT] = "format",
		[ERR_TRUNCATED] = "truncated",
		[ERR_LIMIT] = "limit",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_BUSY] = "busy",
		[ERR_REFUSED] = "refused",
		[ERR_MEMORY] = "memory",
		[ERR_CANCELLED] = "cancelled",
	};

	return names[kind];
}
