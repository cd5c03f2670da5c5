/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line of fixture: words, with --options anywhere between them.
 * Options are taken out first; check_words then sees what is left.
 */
#pragma once

#include "common/base/err.h"

struct args {
	int n;
	char **words;
	struct err *err;
};

bool args_flag(struct args *args, const char *name);
bool args_text(struct args *args, const char *name, const char **ret);
int args_number(struct args *args, const char *name, uint64_t *ret); /* suffixes K and M; untouched when absent */
int args_check(struct args *args, int least, int most);

/* Reads a number; the name is for the message. */
int args_parse_number(struct args *args, const char *name, const char *text, uint64_t *ret);

/* The command "evtx", in a file of its own for its many options. */
int fixture_evtx(struct args *args);
