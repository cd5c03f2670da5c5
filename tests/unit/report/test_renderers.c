/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/report/report.h"
#include "tests/unit/cmocka_all.h"

static const struct rule_meta error_rule = { .id = "T2", .name = "worst", .severity = SEVERITY_ERROR,
					     .summary = "summary", .why = "why", .advice = "do & <that>",
					     .source = "https://example.com/t2" };
static const struct rule_meta style_rule = { .id = "T1", .severity = SEVERITY_STYLE, .summary = "small" };

/* What is hard in each format: markup, quotes, percent signs, controls, blanks and other letters in names. */
static struct report *hard_report(void)
{
	struct report *report = report_new();

	report_add(report, &style_rule, (struct place){ .file = "a b%,\xc3\xa4.xml", .line = 7, .column = 2, .item = "x/y" },
		   "50%% \"<&>\" \x01 \xed\xa0\x80");
	report_add(report, &error_rule, (struct place){ .file = "c.bin", .has_offset = true, .offset = 64 }, "two\nlines");
	report_note(report, "a note");
	report_add(report, &error_rule, (struct place){ .file = "c.bin", .has_offset = true, .offset = 128 }, "two\nlines");
	return report;
}

static char *render(const char *format, struct report *report)
{
	const struct render_options options = { .tool = "t" };
	struct strbuf out = STRBUF_INIT;

	renderer_find(format)->render(report, &options, &out);
	report_freep(&report);
	return strbuf_detach(&out);
}

/* Gives text to a program; what that prints comes back, and its exit code must be 0. */
static void filter(const char *text, const char *program, struct strbuf *ret)
{
	char path[] = "/tmp/goldwim-render.XXXXXX", command[1000];
	int fd = mkstemp(path);
	FILE *out;

	assert_int_equal(file_write(fd, text, strlen(text), NULL), 0);
	close(fd);
	snprintf(command, sizeof(command), "%s <%s", program, path);
	out = popen(command, "r");
	assert_int_equal(file_read_fd(fileno(out), 1 << 20, ret, NULL), 0);
	assert_int_equal(pclose(out), 0);
	remove(path);
}

static void expect(const char *format, struct report *report, const char *program, const char *printed)
{
	CLEANUP(freep) char *text = render(format, report);
	struct strbuf out = STRBUF_INIT;

	filter(text, program, &out);
	assert_string_equal(strbuf_text(&out), printed);
	strbuf_release(&out);
}

#define PYTHON(code) "/usr/bin/python3 -c 'import json,sys; d=json.load(sys.stdin)\n" code "'"

static void sarif_holds_rules_places_and_distinct_fingerprints(void **state UNUSED)
{
	expect("sarif", hard_report(),
	       PYTHON("r=d[\"runs\"][0]\n"
		      "print(d[\"version\"], [(x[\"id\"], x[\"defaultConfiguration\"][\"level\"]) for x in r[\"tool\"][\"driver\"][\"rules\"]])\n"
		      "print([(x[\"ruleId\"], x[\"ruleIndex\"], x[\"level\"]) for x in r[\"results\"]])\n"
		      "p=[x[\"locations\"][0][\"physicalLocation\"] for x in r[\"results\"]]\n"
		      "print([(x[\"artifactLocation\"][\"uri\"], x[\"region\"]) for x in p])\n"
		      "print(len({x[\"partialFingerprints\"][\"goldwim/v1\"] for x in r[\"results\"]}))\n"
		      "print(r[\"results\"][1][\"message\"][\"text\"].split(chr(10)))\n"),
	       "2.1.0 [('T1', 'note'), ('T2', 'error')]\n"
	       "[('T1', 0, 'note'), ('T2', 1, 'error'), ('T2', 1, 'error')]\n"
	       "[('a%20b%25%2C%C3%A4.xml', {'startLine': 7, 'startColumn': 2}), ('c.bin', {'byteOffset': 64}), "
	       "('c.bin', {'byteOffset': 128})]\n3\n['two', 'lines', 'a note']\n");
}

static void fingerprints_survive_lines_added_above(void **state UNUSED)
{
	char *texts[2];

	for (uint32_t i = 0; i < 2; i++) {
		struct report *report = report_new();

		report_add(report, &error_rule, (struct place){ .file = "f", .line = 5 + i, .item = "x" }, "m");
		texts[i] = render("gitlab", report);
		assert_non_null(strstr(texts[i], "\"fingerprint\": \""));
	}
	assert_memory_equal(strstr(texts[0], "\"fingerprint"), strstr(texts[1], "\"fingerprint"), 48);
	free(texts[0]);
	free(texts[1]);
}

static void junit_and_checkstyle_are_xml_that_says_the_same(void **state UNUSED)
{
	expect("junit", hard_report(), "xmllint --xpath 'concat(count(//testsuite),\" \",sum(//@failures),\" \",count(//failure),\" \",//failure/@message)' -",
	       "2 3 3 50% \"<&>\" \\u{1} \\u{d800}\n");
	expect("checkstyle", hard_report(), "xmllint --xpath 'concat(count(//file),\" \",count(//error[@severity=\"error\"]),\" \",//file/@name,\" \",//error/@line,\" \",//error/@source)' -",
	       "2 2 a b%,\xc3\xa4.xml 7 t.T1\n");
	expect("junit", report_new(), "xmllint --xpath 'concat(sum(//@tests),\" \",sum(//@failures))' -", "1 0\n");
}

static void github_annotations_come_worst_first_and_escaped(void **state UNUSED)
{
	CLEANUP(freep) char *text = render("github", hard_report());

	assert_string_equal(text, "::error file=c.bin,title=T2::two%0Alines\n::error file=c.bin,title=T2::two%0Alines\n"
				  "::notice file=a b%25%2C\xc3\xa4.xml,line=7,col=2,title=T1::50%25 \"<&>\" \x01 \xed\xa0\x80\n");
}

static void gitlab_reports_have_what_code_quality_wants(void **state UNUSED)
{
	expect("gitlab", hard_report(),
	       PYTHON("print([(x[\"check_name\"], x[\"severity\"], x[\"location\"][\"lines\"][\"begin\"]) for x in d])\n"
		      "print(len({x[\"fingerprint\"] for x in d}), d[0][\"location\"][\"path\"])\n"),
	       "[('T1', 'info', 7), ('T2', 'critical', 1), ('T2', 'critical', 1)]\n3 a b%,\xc3\xa4.xml\n");
}

static void csv_rows_are_read_back_and_hold_no_formulas(void **state UNUSED)
{
	struct report *report = report_new();

	report_add(report, &style_rule, (struct place){ .file = "a,b", .line = 7, .item = "=cmd()" }, "say \"x\"");
	report_add(report, &error_rule, (struct place){ .file = "c", .has_offset = true }, "two\nlines");
	report_note(report, "-1");
	expect("csv", report,
	       "/usr/bin/python3 -c 'import csv,sys\nfor r in list(csv.DictReader(sys.stdin)): print([v for v in r.values()])'",
	       "['style', 'T1', 'a,b', '7', '', '', \"'=cmd()\", 'say \"x\"', '']\n"
	       "['error', 'T2', 'c', '', '', '0', '', 'two\\nlines', \"'-1\"]\n");
}

static void ndjson_is_an_object_a_line(void **state UNUSED)
{
	expect("ndjson", hard_report(),
	       "/usr/bin/python3 -c 'import json,sys\nfor l in sys.stdin: d=json.loads(l); print(d[\"rule\"], d.get(\"offset\"))'",
	       "T1 None\nT2 64\nT2 128\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sarif_holds_rules_places_and_distinct_fingerprints),
		cmocka_unit_test(fingerprints_survive_lines_added_above),
		cmocka_unit_test(junit_and_checkstyle_are_xml_that_says_the_same),
		cmocka_unit_test(github_annotations_come_worst_first_and_escaped),
		cmocka_unit_test(csv_rows_are_read_back_and_hold_no_formulas),
		cmocka_unit_test(ndjson_is_an_object_a_line),
		cmocka_unit_test(gitlab_reports_have_what_code_quality_wants),
	};

	setenv("PYTHONIOENCODING", "utf-8", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
