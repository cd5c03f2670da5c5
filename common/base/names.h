/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that are owned together, and those in a folder in an order that does not depend on the folder.
 *
 *	CLEANUP(names_release) struct names names = { 0 };
 *	if (names_of_folder(path, names_by_bytes, &names, err) < 0) ...
 *	use names.items[0 .. names.len)
 */
#pragma once

#include "common/base/err.h"
#include "common/base/vec.h"

struct names {
	char **items;
	size_t len;
	size_t cap;
};

typedef int (*names_order)(const void *, const void *);

int names_by_bytes(const void *a, const void *b);
int names_by_letters(const void *a, const void *b); /* in any case; equal ones by their bytes */

void names_add(struct names *names, const char *name);
void names_sort(struct names *names, names_order order);

/*
 * Replaces what is in ret by the names in a folder, but for "." and ".."; order NULL: as they come. The text of an
 * error does not name the path.
 */
int names_of_folder(const char *path, names_order order, struct names *ret, struct err *err);

/* The same of an open folder, whose descriptor is taken over; below 0 it is an error that errno tells. */
int names_of_fd(int fd, names_order order, struct names *ret, struct err *err);

/* Replaces what is in ret by the paths that a pattern of the shell names, by their bytes; ERR_NOT_FOUND without any. */
int names_of_pattern(const char *pattern, struct names *ret, struct err *err);

void names_release(struct names *names);
