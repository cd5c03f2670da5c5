/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/render.h"

static void add_place(struct json *json, const struct place *where)
{
	json_text(json, "file", where->file);
	if (where->line)
		json_uint(json, "line", where->line);
	if (where->column)
		json_uint(json, "column", where->column);
	if (where->has_offset)
		json_uint(json, "offset", where->offset);
	if (where->item)
		json_text(json, "item", where->item);
}

void finding_to_json(const struct finding *finding, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "rule", finding->rule->id);
	json_text(json, "severity", severity_name(finding->severity));
	add_place(json, &finding->where);
	json_text(json, "message", finding->message);
	if (finding->note)
		json_text(json, "note", finding->note);
	if (finding->rule->advice)
		json_text(json, "advice", finding->rule->advice);
	json_end_object(json);
}

void report_to_json(struct report *report, struct json *json)
{
	json_begin_array(json, "findings");
	for (size_t i = 0; i < report_len(report); i++)
		finding_to_json(report_get(report, i), json);
	json_end_array(json);
	json_begin_object(json, "counts");
	for (enum severity s = SEVERITY_ERROR; s >= SEVERITY_STYLE; s--) {
		size_t above = s == SEVERITY_ERROR ? 0 : report_count(report, s + 1);

		json_uint(json, severity_name(s), report_count(report, s) - above);
	}
	json_end_object(json);
}

void render_json(struct report *report, const struct render_options *options, struct strbuf *out)
{
	CLEANUP(json_freep) struct json *json = json_new(out, true);

	json_begin_object(json, NULL);
	json_text(json, "schema", "goldwim/report/1");
	json_text(json, "tool", options->tool);
	json_text(json, "version", GOLDWIM_VERSION);
	report_to_json(report, json);
	json_end_object(json);
}

/* One object a line, for programs that read streams. */
void render_ndjson(struct report *report, const struct render_options *options UNUSED, struct strbuf *out)
{
	for (size_t i = 0; i < report_len(report); i++) {
		CLEANUP(json_freep) struct json *json = json_new(out, false);

		finding_to_json(report_get(report, i), json);
	}
}
