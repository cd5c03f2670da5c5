/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Annotations of GitHub workflows and the code quality report of GitLab. */
#include <inttypes.h>

#include "common/report/fingerprint.h"
#include "common/report/render.h"

/* GitHub shows this many annotations of each kind a step and drops the rest without a word. */
#define GITHUB_SHOWN 10

/* Workflow commands escape %, CR and LF; property values also ":" and ",". */
static void add_escaped(struct strbuf *out, const char *text, bool is_property)
{
	for (; *text; text++) {
		if (*text == '%' || *text == '\r' || *text == '\n' || (is_property && (*text == ':' || *text == ',')))
			strbuf_addf(out, "%%%02X", (uint8_t)*text);
		else
			strbuf_addc(out, *text);
	}
}

static void add_annotation(struct strbuf *out, const struct finding *finding, const char *command)
{
	strbuf_addf(out, "::%s file=", command);
	add_escaped(out, repository_path(finding->where.file), true);
	if (finding->where.line)
		strbuf_addf(out, ",line=%" PRIu32, finding->where.line);
	if (finding->where.column)
		strbuf_addf(out, ",col=%" PRIu32, finding->where.column);
	strbuf_addf(out, ",title=%s::", finding->rule->id);
	add_escaped(out, finding->message, false);
	strbuf_addc(out, '\n');
}

static const char *github_command(enum severity severity)
{
	return severity == SEVERITY_ERROR ? "error" : severity == SEVERITY_WARNING ? "warning" : "notice";
}

/* Worst first, because only the first of each kind are shown. */
void render_github(struct report *report, const struct render_options *options, struct strbuf *out)
{
	for (enum severity s = SEVERITY_ERROR; s >= SEVERITY_STYLE; s--)
		for (size_t i = 0; i < report_len(report); i++)
			if (report_get(report, i)->severity == s)
				add_annotation(out, report_get(report, i), github_command(s));
	if (report_len(report) > GITHUB_SHOWN)
		strbuf_addf(out, "%s: %zu findings; GitHub shows at most %d of a kind as annotations\n", options->tool,
			    report_len(report), GITHUB_SHOWN);
}

static const char *gitlab_severity(enum severity severity)
{
	return severity == SEVERITY_ERROR ? "critical" : severity == SEVERITY_WARNING ? "major"
	       : severity == SEVERITY_INFO ? "minor" : "info";
}

void render_gitlab(struct report *report, const struct render_options *options UNUSED, struct strbuf *out)
{
	CLEANUP(json_freep) struct json *json = json_new(out, true);
	char fingerprint[FINGERPRINT_LEN + 1];

	json_begin_array(json, NULL);
	for (size_t i = 0; i < report_len(report); i++) {
		const struct finding *finding = report_get(report, i);

		json_begin_object(json, NULL);
		json_text(json, "description", finding->message);
		json_text(json, "check_name", finding->rule->id);
		json_text(json, "fingerprint", finding_fingerprint(report, i, fingerprint));
		json_text(json, "severity", gitlab_severity(finding->severity));
		json_begin_object(json, "location");
		json_text(json, "path", repository_path(finding->where.file));
		json_begin_object(json, "lines");
		json_uint(json, "begin", finding->where.line ? finding->where.line : 1);
		json_end_object(json);
		json_end_object(json);
		json_end_object(json);
	}
	json_end_array(json);
}
