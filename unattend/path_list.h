/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The paths that a command is given: on the command line, and one a line in a
 * file. A path with a line end in its name can only be given on the command line.
 */
#pragma once

#include "common/base/strbuf.h"
#include "common/base/vec.h"

#define PATH_LIST_MAX_BYTES (64u * 1024 * 1024) /* some million paths */

struct path_list {
	struct strbuf text;
	VEC(char *) paths; /* lent from text and from what was added */
};

/* The n paths of the command line, then those of file ("-" is standard input; NULL: none). */
int path_list_read(char *const *paths, size_t n, const char *file, struct path_list *ret, struct err *err);
void path_list_release(struct path_list *list);
