/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs in the root of the project: reads tests/data/unattend and docs/rules. */
#include "unattend/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/unit/cmocka_all.h"
#include "unattend/fix.h"
#include "unattend/page.h"

#define DATA "tests/data/unattend/"

struct row {
	char file[64];
	char options[32];
	char expected[512];
};

typedef void row_fn(const struct row *row);

static void read_into(const char *path, struct strbuf *ret)
{
	struct err err = { .kind = ERR_NONE };

	if (file_read_all(path, SOURCE_MAX_BYTES, ret, &err) < 0)
		fail_msg("%s: %s", path, err.text);
}

static void for_each_row(row_fn *fn)
{
	struct strbuf table = STRBUF_INIT;
	char *line, *rest;
	size_t n = 0;

	read_into(DATA "findings.tsv", &table);
	rest = table.data;
	while ((line = strsep(&rest, "\n"))) {
		struct row row;

		if (*line == '#' || !*line)
			continue;
		assert_int_equal(sscanf(line, "%63[^\t]\t%31[^\t]\t%511[^\t]", row.file, row.options, row.expected), 3);
		fn(&row);
		n++;
	}
	assert_true(n > 100);
	strbuf_release(&table);
}

static const struct rule *rule_of(const struct row *row)
{
	char id[6];
	const char *dash = strchr(row->file, '-');

	snprintf(id, sizeof(id), "%s", dash + 1);
	assert_non_null(rule_find(id));
	return rule_find(id);
}

static struct lint_options options_of(const struct row *row)
{
	struct lint_options options = { .template_mode = TEMPLATE_AUTO };
	const struct rule *rule = rule_of(row);

	if (strcmp(row->options, "enable") == 0)
		*vec_add(&options.overrides) = (struct severity_override){ rule, rule->meta.severity };
	if (strncmp(row->options, "target=", 7) == 0)
		assert_non_null(options.target = windows_find(row->options + 7));
	if (strcmp(row->options, "pkeyconfig") == 0)
		assert_non_null(options.pkeyconfig = pkey_config_load(DATA "demo-pkeyconfig.xrm-ms", NULL));
	return options;
}

static void release_options(struct lint_options *options)
{
	struct pkey_config *config = (struct pkey_config *)options->pkeyconfig;

	pkey_config_freep(&config);
	vec_release(&options->overrides);
}

/* "UA301@31:26 UA315@12:5" */
static void lint_bytes(const struct strbuf *bytes, const char *file, const struct lint_options *options, struct strbuf *ret)
{
	CLEANUP(report_freep) struct report *report = report_new();
	struct strbuf copy = STRBUF_INIT;
	struct answer answer;
	struct lint lint = { .answer = &answer, .options = options, .report = report };
	struct err err = { .kind = ERR_NONE };

	strbuf_add(&copy, bytes->data, bytes->len);
	if (answer_read(&copy, file, options->template_mode, &answer, &err) < 0)
		fail_msg("%s: %s", file, err.text);
	lint_run(&lint);
	for (size_t i = 0; i < report_len(report); i++) {
		const struct finding *f = report_get(report, i);

		strbuf_addf(ret, "%s%s@%u:%u", i ? " " : "", f->rule->id, f->where.line, f->where.column);
	}
	lint_release(&lint);
	answer_release(&answer);
}

static size_t n_wrong;

static void check_findings(const struct row *row)
{
	CLEANUP(freep) char *path = xasprintf(DATA "%s", row->file);
	struct lint_options options = options_of(row);
	struct strbuf bytes = STRBUF_INIT, found = STRBUF_INIT;

	read_into(path, &bytes);
	lint_bytes(&bytes, path, &options, &found);
	if (found.len == 0)
		strbuf_adds(&found, "-");
	if (strcmp(found.data, row->expected) != 0) {
		print_error("%s: wanted %s, found %s\n", row->file, row->expected, found.data);
		n_wrong++;
	}
	strbuf_release(&bytes);
	strbuf_release(&found);
	release_options(&options);
}

static void findings_of_every_fixture_are_exact(void **state UNUSED)
{
	n_wrong = 0;
	for_each_row(check_findings);
	assert_int_equal(n_wrong, 0);
}

/* These need an image and have CLI cases. */
static const char *const without_fixture[] = { "UA310", "UA312", "UA407", "UA519", "UA523", "UA808" };

static bool has_fixture(const struct rule *rule)
{
	for (size_t i = 0; i < ARRAY_SIZE(without_fixture); i++)
		if (strcmp(rule->meta.id, without_fixture[i]) == 0)
			return false;
	return true;
}

static void every_rule_has_a_bad_and_a_good_fixture(void **state UNUSED)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rule_at(i)); i++) {
		const char *ini = rule->flags & RULE_INI ? "inf" : "xml";
		CLEANUP(freep) char *bad = xasprintf(DATA "bad-%s.%s", rule->meta.id, ini);
		CLEANUP(freep) char *good = xasprintf(DATA "good-%s.%s", rule->meta.id, ini);
		CLEANUP(freep) char *other = xasprintf(DATA "good-%s", rule->meta.id);

		if (!has_fixture(rule))
			continue;
		if (!path_exists(bad) || (!path_exists(good) && !path_is_dir(other)))
			fail_msg("%s has no fixtures", rule->meta.id);
	}
}

static void rules_are_complete_and_unique(void **state UNUSED)
{
	const struct rule *rule, *other;

	for (size_t i = 0; (rule = rule_at(i)); i++) {
		assert_non_null(rule->meta.name);
		assert_non_null(rule->meta.why);
		assert_non_null(rule->meta.advice);
		assert_non_null(rule->bad);
		assert_non_null(rule->good);
		assert_non_null(rule->check);
		assert_non_null(rule->meta.source);
		assert_true(rule->meta.severity != SEVERITY_ERROR || rule_search_for(rule));
		for (size_t k = 0; k < i; k++) {
			other = rule_at(k);
			assert_string_not_equal(rule->meta.id, other->meta.id);
			assert_string_not_equal(rule->meta.name, other->meta.name);
		}
	}
}

/* Style is mended only when the user makes more of it. */
static void raise_severity(struct lint_options *options, const struct rule *rule)
{
	*vec_add(&options->overrides) = (struct severity_override){ rule, SEVERITY_WARNING };
}

static void check_fix(const struct row *row)
{
	CLEANUP(freep) char *path = xasprintf(DATA "%s", row->file);
	const struct rule *rule = rule_of(row);
	struct lint_options options = options_of(row);
	struct strbuf bytes = STRBUF_INIT, once = STRBUF_INIT, twice = STRBUF_INIT, found = STRBUF_INIT;
	struct fix_log log = { .n_fixed = 0 }, second = { .n_fixed = 0 };
	struct err err = { .kind = ERR_NONE };

	if (strncmp(row->file, "bad-", 4) == 0 && rule->fix != FIX_NONE) {
		raise_severity(&options, rule);
		read_into(path, &bytes);
		assert_int_equal(fix_bytes(bytes_of(bytes.data, bytes.len), path, &options, FIX_UNSAFE, &log, &once, &err), 0);
		lint_bytes(&once, path, &options, &found);
		if (strstr(strbuf_text(&found), rule->meta.id)) {
			print_error("%s: %s is still there: %s%s%s\n", row->file, rule->meta.id, found.data,
				    log.n_refused ? ", refused: " : "", log.n_refused ? log.steps.items[0].why : "");
			n_wrong++;
		}
		assert_int_equal(fix_bytes(bytes_of(once.data, once.len), path, &options, FIX_UNSAFE, &second, &twice, &err), 0);
		assert_int_equal(second.n_fixed, 0);
		assert_int_equal(once.len, twice.len);
		assert_memory_equal(once.data, twice.data, once.len);
	}
	fix_log_release(&log);
	fix_log_release(&second);
	strbuf_release(&bytes);
	strbuf_release(&once);
	strbuf_release(&twice);
	strbuf_release(&found);
	release_options(&options);
}

static void fixing_removes_the_finding_and_a_second_fix_changes_nothing(void **state UNUSED)
{
	n_wrong = 0;
	for_each_row(check_fix);
	assert_int_equal(n_wrong, 0);
}

static void pages_in_docs_are_what_explain_prints(void **state UNUSED)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rule_at(i)); i++) {
		CLEANUP(freep) char *path = xasprintf("docs/rules/%s.md", rule->meta.id);
		struct strbuf page = STRBUF_INIT, file = STRBUF_INIT;

		rule_page(rule, &page);
		read_into(path, &file);
		assert_string_equal(strbuf_text(&file), strbuf_text(&page));
		strbuf_release(&page);
		strbuf_release(&file);
	}
}

static void lint_text(const char *text, const struct lint_options *options, struct strbuf *ret)
{
	struct strbuf bytes = STRBUF_INIT;

	strbuf_adds(&bytes, text);
	lint_bytes(&bytes, "unattend.xml", options, ret);
	strbuf_release(&bytes);
}

#define COMPONENT(name, inner)                                                                                           \
	"<component name=\"" name "\" processorArchitecture=\"amd64\" publicKeyToken=\"31bf3856ad364e35\" "              \
	"language=\"neutral\" versionScope=\"nonSxS\">" inner "</component>"
#define ANSWER(pass, inner) \
	"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\"><settings pass=\"" pass "\">\n" inner "</settings></unattend>"

static void a_severity_given_by_the_user_switches_a_rule_off(void **state UNUSED)
{
	const char *text = ANSWER("specialize", COMPONENT("Microsoft-Windows-Shell-Setup", "\n<TimeZone>85</TimeZone>"));
	struct lint_options options = { .template_mode = TEMPLATE_AUTO };
	struct strbuf found = STRBUF_INIT;

	lint_text(text, &options, &found);
	assert_string_equal(found.data, "UA403@3:11");
	strbuf_clear(&found);
	*vec_add(&options.overrides) = (struct severity_override){ rule_find("UA403"), SEVERITY_OFF };
	lint_text(text, &options, &found);
	assert_string_equal(strbuf_text(&found), "");
	vec_release(&options.overrides);
	strbuf_release(&found);
}

/* UA307 asks for a severity of its own; what the user says last counts. */
static void the_last_severity_given_counts_for_rules_that_choose_one(void **state UNUSED)
{
	const char *text = ANSWER("windowsPE", COMPONENT("Microsoft-Windows-Setup", "\n<UserData><ProductKey><Key/></ProductKey></UserData>"));
	struct lint_options options = { .template_mode = TEMPLATE_AUTO };
	struct strbuf found = STRBUF_INIT;

	*vec_add(&options.overrides) = (struct severity_override){ rule_find("UA307"), SEVERITY_OFF };
	*vec_add(&options.overrides) = (struct severity_override){ rule_find("UA307"), SEVERITY_ERROR };
	lint_text(text, &options, &found);
	assert_non_null(strstr(strbuf_text(&found), "UA307"));
	vec_release(&options.overrides);
	strbuf_release(&found);
}

static void a_comment_disables_a_rule_for_the_element_behind_it(void **state UNUSED)
{
	const char *text = ANSWER("specialize", COMPONENT("Microsoft-Windows-Shell-Setup",
		"\n<!-- unattend: disable=UA403 wanted -->\n<TimeZone>85</TimeZone>\n<ComputerName>1</ComputerName>"));
	struct lint_options options = { .template_mode = TEMPLATE_AUTO };
	struct strbuf found = STRBUF_INIT;

	lint_text(text, &options, &found);
	assert_string_equal(found.data, "UA402@5:15");
	strbuf_release(&found);
}

static void columns_count_characters_and_lines_may_end_in_any_way(void **state UNUSED)
{
	const char *text = ANSWER("specialize", COMPONENT("Microsoft-Windows-Shell-Setup",
		"\r\n<RegisteredOwner>\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80</RegisteredOwner><TimeZone>85</TimeZone>\r<ComputerName>1</ComputerName>"));
	struct lint_options options = { .template_mode = TEMPLATE_AUTO };
	struct strbuf found = STRBUF_INIT;

	lint_text(text, &options, &found);
	assert_string_equal(found.data, "UA403@3:49 UA402@4:15");
	strbuf_release(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_of_every_fixture_are_exact),
		cmocka_unit_test(every_rule_has_a_bad_and_a_good_fixture),
		cmocka_unit_test(rules_are_complete_and_unique),
		cmocka_unit_test(fixing_removes_the_finding_and_a_second_fix_changes_nothing),
		cmocka_unit_test(pages_in_docs_are_what_explain_prints),
		cmocka_unit_test(a_severity_given_by_the_user_switches_a_rule_off),
		cmocka_unit_test(the_last_severity_given_counts_for_rules_that_choose_one),
		cmocka_unit_test(a_comment_disables_a_rule_for_the_element_behind_it),
		cmocka_unit_test(columns_count_characters_and_lines_may_end_in_any_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
