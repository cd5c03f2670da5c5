/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/values.h"

#include <stdlib.h>
#include <strings.h>

struct language {
	const char *tag;
	const char *label;
};

static const struct language ui_languages[] = {
#include "unattend/data/ui_languages.inc"
};

static int compare_tag(const void *tag, const void *row)
{
	return strcasecmp(tag, ((const struct language *)row)->tag);
}

bool is_ui_language(const char *tag)
{
	return bsearch(tag, ui_languages, ARRAY_SIZE(ui_languages), sizeof(ui_languages[0]), compare_tag) != NULL;
}
