/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/report/render.h"
#include "common/report/report.h"

static const struct renderer renderers[] = {
	{ "text", render_text },
	{ "json", render_json },
	{ "ndjson", render_ndjson },
	{ "csv", render_csv },
	{ "sarif", render_sarif },
	{ "junit", render_junit },
	{ "checkstyle", render_checkstyle },
	{ "github", render_github },
	{ "gitlab", render_gitlab },
};

const struct renderer *renderer_at(size_t i)
{
	return i < ARRAY_SIZE(renderers) ? &renderers[i] : NULL;
}

const struct renderer *renderer_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(renderers); i++)
		if (strcmp(renderers[i].name, name) == 0)
			return &renderers[i];
	return NULL;
}
