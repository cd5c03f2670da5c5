/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One function a format; renderers[] in render.c lists them. A new format is a
 * file render_<name>.c, a line here and a row there.
 */
#pragma once

#include "common/report/report.h"

/* Consumers know files by their path from the top of a repository, without "./" in front. */
static inline const char *repository_path(const char *file)
{
	while (file[0] == '.' && file[1] == '/' && file[2])
		file += 2;
	return file;
}

void render_text(struct report *report, const struct render_options *options, struct strbuf *out);
void render_json(struct report *report, const struct render_options *options, struct strbuf *out);
void render_sarif(struct report *report, const struct render_options *options, struct strbuf *out);
void render_junit(struct report *report, const struct render_options *options, struct strbuf *out);
void render_checkstyle(struct report *report, const struct render_options *options, struct strbuf *out);
void render_github(struct report *report, const struct render_options *options, struct strbuf *out);
void render_gitlab(struct report *report, const struct render_options *options, struct strbuf *out);
void render_ndjson(struct report *report, const struct render_options *options, struct strbuf *out);
void render_csv(struct report *report, const struct render_options *options, struct strbuf *out);
