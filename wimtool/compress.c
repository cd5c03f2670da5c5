/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/compress.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LEVEL_MAX 100 /* libwim's compressors know nothing above */

struct compress_row {
	const char *name;
	struct compress_choice choice;
};

/* "maximum" and "fast" are DISM's; "recovery" is what DISM /Export-Image writes into an ESD. */
static const struct compress_row rows[] = {
	{ "lzx", { SESSION_LZX, SESSION_LZX_LEVEL, false } },
	{ "none", { SESSION_NONE, 0, false } },
	{ "xpress", { SESSION_XPRESS, 0, false } },
	{ "fast", { SESSION_XPRESS, 0, false } },
	{ "max", { SESSION_LZX, SESSION_MAX_LEVEL, false } },
	{ "maximum", { SESSION_LZX, SESSION_MAX_LEVEL, false } },
	{ "lzms", { SESSION_LZMS, 0, false } },
	{ "recovery", { SESSION_LZMS, 0, true } },
};

static const struct compress_row *find_row(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == len && strncasecmp(rows[i].name, name, len) == 0)
			return &rows[i];
	return NULL;
}

static int parse_level(const char *text, unsigned *ret)
{
	char *end;
	unsigned long level;

	if (*text < '1' || *text > '9')
		return -1;
	level = strtoul(text, &end, 10);
	if (*end || level > LEVEL_MAX)
		return -1;
	*ret = (unsigned)level;
	return 0;
}

int compress_parse(const char *text, struct compress_choice *ret, struct err *err)
{
	const char *colon;
	const struct compress_row *row;
	struct compress_choice choice;

	if (!text)
		text = rows[0].name;
	colon = strchrnul(text, ':');
	row = find_row(text, (size_t)(colon - text));
	if (!row)
		return err_set(err, ERR_USAGE,
			       "--compress=%s: the types are none, fast (xpress), lzx, max, lzms and recovery", text);
	choice = row->choice;
	if (*colon && choice.type == SESSION_NONE)
		return err_set(err, ERR_USAGE, "--compress=%s: \"none\" has no levels", text);
	if (*colon && parse_level(colon + 1, &choice.level) < 0)
		return err_set(err, ERR_USAGE, "--compress=%s: the level is a number from 1 to %d", text, LEVEL_MAX);
	*ret = choice;
	return 0;
}
