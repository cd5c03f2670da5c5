/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of a line of a script or list: parted by blanks, quotes may stand inside a word, as in a shell. */
#pragma once

#include "common/base/err.h"

#define WORDS_MAX 8 /* the longest command of a script has five */

struct words {
	char *items[WORDS_MAX];
	size_t n;
};

bool word_is_blank(char c);

/* ERR_FORMAT for a NUL, an open quote, too many words; ret is released by the caller in every case. */
int words_split(const char *at, const char *end, struct words *ret, struct err *err);
void words_release(struct words *words);
