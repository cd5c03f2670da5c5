/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/locales.h"

#include <strings.h>

#include "common/cli/cli.h"

static const struct locale_row locales[] = {
#include "wimtool/data/locales.inc"
};

const struct locale_row *locale_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(locales); i++)
		if (strcasecmp(locales[i].name, name) == 0)
			return &locales[i];
	return NULL;
}

const struct locale_row *locale_by_lcid(uint32_t lcid)
{
	for (size_t i = 0; i < ARRAY_SIZE(locales); i++)
		if (locales[i].lcid == lcid)
			return &locales[i];
	return NULL;
}

const struct locale_row *locale_require(const char *name, struct err *err)
{
	const char *names[ARRAY_SIZE(locales) + 1] = { NULL };
	const struct locale_row *row = locale_find(name);
	const char *near;

	if (row)
		return row;
	for (size_t i = 0; i < ARRAY_SIZE(locales); i++)
		names[i] = locales[i].name;
	near = cli_did_you_mean(name, names);
	if (near) {
		err_set(err, ERR_USAGE, "no locale '%s' is known", name);
		err_hint(err, "did you mean %s?", near);
	} else {
		err_set(err, ERR_USAGE, "no locale '%s' is known; language and region are wanted, as in de-DE", name);
	}
	return NULL;
}
