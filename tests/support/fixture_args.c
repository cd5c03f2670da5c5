/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/fixture_args.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct args *args, int at, int count)
{
	memmove(args->words + at, args->words + at + count, (size_t)(args->n - at - count) * sizeof *args->words);
	args->n -= count;
}

bool args_flag(struct args *args, const char *name)
{
	for (int i = 0; i < args->n; i++) {
		if (strcmp(args->words[i], name) == 0) {
			drop(args, i, 1);
			return true;
		}
	}
	return false;
}

bool args_text(struct args *args, const char *name, const char **ret)
{
	for (int i = 0; i + 1 < args->n; i++) {
		if (strcmp(args->words[i], name) == 0) {
			*ret = args->words[i + 1];
			drop(args, i, 2);
			return true;
		}
	}
	return false;
}

int args_parse_number(struct args *args, const char *name, const char *text, uint64_t *ret)
{
	char *end;
	uint64_t number = strtoull(text, &end, 0);
	bool digits = end != text;

	if (*end == 'K' || *end == 'M')
		number <<= *end++ == 'K' ? 10 : 20;
	if (!digits || *end)
		return err_set(args->err, ERR_USAGE, "%s: '%s' is no number", name, text);
	*ret = number;
	return 0;
}

int args_number(struct args *args, const char *name, uint64_t *ret)
{
	const char *text;

	return args_text(args, name, &text) ? args_parse_number(args, name, text, ret) : 0;
}

int args_check(struct args *args, int least, int most)
{
	for (int i = 0; i < args->n; i++)
		if (strncmp(args->words[i], "--", 2) == 0)
			return err_set(args->err, ERR_USAGE, "unknown option or missing value: %s", args->words[i]);
	if (args->n < least || args->n > most)
		return err_set(args->err, ERR_USAGE, "wrong number of arguments");
	return 0;
}
