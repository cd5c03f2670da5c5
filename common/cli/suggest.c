/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/cli/cli_internal.h"

#define MAX_WORD 64 /* longer words are no typing mistakes */

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][MAX_WORD + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > MAX_WORD || b_len > MAX_WORD)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	memset(before, 0, sizeof(rows[0]));
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = MIN(MIN(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = MIN(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

const char *cli_did_you_mean(const char *word, const char *const *names)
{
	size_t len = strlen(word);
	size_t best = len < 4 ? 1 : len < 8 ? 2 : 3; /* the most mistakes that still count as near */
	const char *found = NULL;

	for (; *names; names++) {
		size_t distance = edit_distance(word, *names);

		if (len >= 3 && strncmp(*names, word, len) == 0)
			distance = MIN(distance, 1);
		if (distance < best || (distance == best && !found)) {
			best = distance;
			found = *names;
		}
	}
	return found;
}

int cli_unknown(struct err *err, const char *what, const char *word, const char *const *names)
{
	const char *near = cli_did_you_mean(word, names);
	const char *dashes = strcmp(what, "option") == 0 ? "--" : "";

	err_set(err, ERR_USAGE, "no %s \"%s%s\"", what, dashes, word);
	return near ? err_hint(err, "did you mean \"%s%s\"?", dashes, near) : -1;
}
