/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "common/base/utf16.h"
#include "common/report/render.h"

/* SGR codes of a terminal, by severity. */
static const char *const severity_colors[] = {
	[SEVERITY_OFF] = "",           [SEVERITY_STYLE] = "\033[2m",    [SEVERITY_INFO] = "\033[36m",
	[SEVERITY_WARNING] = "\033[33m", [SEVERITY_ERROR] = "\033[1;31m",
};

static void add_shown(struct strbuf *out, const char *text)
{
	text_show(text, strlen(text), out);
}

/* file:line:col, file:0xoffset, or file alone. */
static void add_place(struct strbuf *out, const struct place *where)
{
	add_shown(out, where->file);
	if (where->line && where->column)
		strbuf_addf(out, ":%" PRIu32 ":%" PRIu32, where->line, where->column);
	else if (where->line)
		strbuf_addf(out, ":%" PRIu32, where->line);
	else if (where->has_offset)
		strbuf_addf(out, ":0x%" PRIx64, where->offset);
}

static void add_note(struct strbuf *out, const char *note)
{
	while (note) {
		const char *end = strchrnul(note, '\n');

		strbuf_adds(out, "    ");
		text_show(note, (size_t)(end - note), out);
		strbuf_addc(out, '\n');
		note = *end ? end + 1 : NULL;
	}
}

static void add_finding(struct strbuf *out, const struct finding *finding, bool color)
{
	add_place(out, &finding->where);
	strbuf_addf(out, ": %s%s%s: ", color ? severity_colors[finding->severity] : "", severity_name(finding->severity),
		    color ? "\033[0m" : "");
	add_shown(out, finding->message);
	strbuf_addf(out, " [%s]\n", finding->rule->id);
	add_note(out, finding->note);
}

void render_text(struct report *report, const struct render_options *options, struct strbuf *out)
{
	for (size_t i = 0; i < report_len(report); i++)
		add_finding(out, report_get(report, i), options->color);
}
