/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs an independent reader and takes what it prints, for tests. */
#pragma once

#include "common/base/strbuf.h"

/* Runs the command in a shell; ret gets its standard output. Returns the exit status, -1 when it was killed. */
int run_command(struct strbuf *ret, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* How many times needle occurs in text. */
size_t count_text(const struct strbuf *text, const char *needle);

/* A new folder in the temporary folder; remove_folder removes all of it and frees the path. */
char *new_folder(void);
void remove_folder(char *path);
