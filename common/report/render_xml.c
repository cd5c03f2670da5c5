/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JUnit and checkstyle: one element a file, one a finding. */
#include <inttypes.h>

#include "common/report/render.h"
#include "common/report/xml_text.h"

/* Index behind the last finding of the file of finding first. */
static size_t end_of_file(struct report *report, size_t first)
{
	size_t end = first;

	while (end < report_len(report) && report_get(report, end)->where.file == report_get(report, first)->where.file)
		end++;
	return end;
}

static const char *checkstyle_severity(enum severity severity)
{
	return severity == SEVERITY_STYLE ? "info" : severity_name(severity);
}

void render_checkstyle(struct report *report, const struct render_options *options, struct strbuf *out)
{
	strbuf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n");
	for (size_t i = 0; i < report_len(report);) {
		size_t end = end_of_file(report, i);

		strbuf_adds(out, "  <file");
		xml_add_attribute(out, "name", report_get(report, i)->where.file);
		strbuf_adds(out, ">\n");
		for (; i < end; i++) {
			const struct finding *finding = report_get(report, i);

			strbuf_adds(out, "    <error");
			xml_add_attributef(out, "line", "%" PRIu32, finding->where.line);
			xml_add_attributef(out, "column", "%" PRIu32, finding->where.column);
			xml_add_attribute(out, "severity", checkstyle_severity(finding->severity));
			xml_add_attribute(out, "message", finding->message);
			xml_add_attributef(out, "source", "%s.%s", options->tool, finding->rule->id);
			strbuf_adds(out, "/>\n");
		}
		strbuf_adds(out, "  </file>\n");
	}
	strbuf_adds(out, "</checkstyle>\n");
}

static void junit_case(struct report *report, size_t i, struct strbuf *out)
{
	const struct finding *finding = report_get(report, i);

	strbuf_adds(out, "    <testcase");
	xml_add_attributef(out, "name", "%s %" PRIu32 ":%" PRIu32, finding->rule->id, finding->where.line,
			   finding->where.column);
	xml_add_attribute(out, "classname", finding->where.file);
	strbuf_adds(out, ">\n      <failure");
	xml_add_attribute(out, "type", severity_name(finding->severity));
	xml_add_attribute(out, "message", finding->message);
	strbuf_adds(out, ">");
	xml_add_text(out, finding->rule->advice ? finding->rule->advice : finding->message);
	strbuf_adds(out, "</failure>\n    </testcase>\n");
}

/* A report without findings has one test that passed: a consumer takes a suite without tests for a mistake. */
void render_junit(struct report *report, const struct render_options *options, struct strbuf *out)
{
	size_t n = report_len(report);

	strbuf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	if (!n) {
		strbuf_adds(out, "  <testsuite");
		xml_add_attribute(out, "name", options->tool);
		strbuf_adds(out, " tests=\"1\" failures=\"0\" errors=\"0\">\n    <testcase name=\"clean\"");
		xml_add_attribute(out, "classname", options->tool);
		strbuf_adds(out, "/>\n  </testsuite>\n");
	}
	for (size_t i = 0; i < n;) {
		size_t end = end_of_file(report, i);

		strbuf_adds(out, "  <testsuite");
		xml_add_attribute(out, "name", report_get(report, i)->where.file);
		xml_add_attributef(out, "tests", "%zu", end - i);
		xml_add_attributef(out, "failures", "%zu", end - i);
		strbuf_adds(out, " errors=\"0\">\n");
		for (; i < end; i++)
			junit_case(report, i, out);
		strbuf_adds(out, "  </testsuite>\n");
	}
	strbuf_adds(out, "</testsuites>\n");
}
