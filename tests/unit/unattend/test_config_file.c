/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/config_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/unit/cmocka_all.h"

static struct config_file *parse(const char *text, struct err *err)
{
	*err = (struct err){ .kind = ERR_NONE };
	return config_parse("c.yaml", "/conf", bytes_of(text, strlen(text)), err);
}

static void assert_refused(const char *text, const char *place, const char *word)
{
	struct err err;
	struct config_file *config = parse(text, &err);

	assert_null(config);
	if (!strstr(err.text, place) || !strstr(err.text, word))
		fail_msg("\"%s\" should name %s and say \"%s\"", err.text, place, word);
}

static void every_key_is_read(void **state)
{
	struct err err;
	CLEANUP(config_freep) struct config_file *config =
		parse("fail-on: error\ntarget: win11-24h2\narch: arm64\nrole: wds\nstrict-wsim: true\ntemplate: jinja\n"
		      "pkeyconfig: sub/p.xrm-ms\nrules:\n  UA301: off\n  UA302: style\nignore: [old, '*.bak']\n"
		      "overrides:\n- paths: lab/**\n  rules: {UA301: info}\n- paths: [a, b]\n  rules: {UA302: error}\n", &err);

	(void)state;
	assert_non_null(config);
	assert_true(config->has_fail_on);
	assert_int_equal(config->fail_on, SEVERITY_ERROR);
	assert_int_equal(config->target->build, 26100);
	assert_string_equal(config->arch, "arm64");
	assert_int_equal(config->role, ROLE_WDS);
	assert_true(config->has_strict_wsim && config->strict_wsim);
	assert_string_equal(config->template_name, "jinja");
	assert_string_equal(config->pkeyconfig_path, "sub/p.xrm-ms");
	assert_int_equal(config->rules.len, 2);
	assert_string_equal(config->rules.items[0].rule->meta.id, "UA301");
	assert_int_equal(config->rules.items[0].severity, SEVERITY_OFF);
	assert_int_equal(config->rules.items[1].severity, SEVERITY_STYLE);
	assert_int_equal(config->ignore.list.len, 2);
	assert_int_equal(config->overrides.len, 2);
	assert_int_equal(config->overrides.items[1].paths.list.len, 2);
}

static void empty_files_are_good(void **state)
{
	static const char *const texts[] = { "", "# nothing\n", "---\n", "{}\n", "---\n...\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err err;
		CLEANUP(config_freep) struct config_file *config = parse(texts[i], &err);

		assert_non_null(config);
		assert_false(config->has_fail_on);
	}
}

static void unknown_names_are_refused_with_the_nearest(void **state)
{
	(void)state;
	assert_refused("fail-on: error\nfailon: error\n", "c.yaml:2:1:", "did you mean \"fail-on\"?");
	assert_refused("target: windows11\n", "c.yaml:1:9:", "no version of Windows");
	assert_refused("fail-on: eror\n", "c.yaml:1:10:", "did you mean \"error\"?");
	assert_refused("rules:\n  UX301: off\n", "c.yaml:2:3:", "did you mean \"UA301\"?");
	assert_refused("overrides:\n- path: x\n", "c.yaml:2:3:", "did you mean \"paths\"?");
	assert_refused("template: jinja2\n", "c.yaml:1:11:", "did you mean \"jinja\"?");
}

static void values_of_another_kind_are_refused(void **state)
{
	(void)state;
	assert_refused("fail-on: [error]\n", "c.yaml:1:10:", "severity is wanted");
	assert_refused("fail-on: off\n", "c.yaml:1:10:", "error, warning, info or style");
	assert_refused("strict-wsim: yes\n", "c.yaml:1:14:", "truth value");
	assert_refused("rules: [UA301]\n", "c.yaml:1:8:", "rules with severities");
	assert_refused("ignore: {a: b}\n", "c.yaml:1:9:", "list of path patterns");
	assert_refused("- fail-on\n", "c.yaml:1:1:", "keys with values");
	assert_refused("pkeyconfig:\n", "c.yaml:1:12:", "empty");
	assert_refused("overrides:\n- paths: a\n", "c.yaml:", "wants paths and rules");
	assert_refused("arch: \"amd\\064\"\n", "c.yaml:1:7:", "NUL");
}

static void what_makes_yaml_dangerous_is_refused(void **state)
{
	(void)state;
	assert_refused("ignore: &a [x]\n", "c.yaml:1:9:", "anchors");
	assert_refused("ignore: *a\n", "c.yaml:1:9:", "aliases");
	assert_refused("role: !!str media\n", "c.yaml:1:7:", "tags");
	assert_refused("--- {}\n--- {}\n", "c.yaml:2:1:", "one document");
	assert_refused("role: media\nrole: wds\n", "c.yaml:2:1:", "twice");
	assert_refused("rules: {UA301: off, ua301: info}\n", "c.yaml:1:21:", "twice");
	assert_refused("role: \"media\n", "c.yaml:", "");
	assert_refused("a: \x01\n", "c.yaml:", "");
}

static void deep_nesting_ends_quickly(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct err err = { .kind = ERR_NONE };

	(void)state;
	strbuf_adds(&text, "ignore: ");
	strbuf_add_fill(&text, '[', 100000);
	assert_null(config_parse("c.yaml", "/", bytes_of(text.data, text.len), &err));
	assert_non_null(strstr(err.text, "c.yaml:1:"));
}

static void a_file_above_the_limit_is_refused(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct err err = { .kind = ERR_NONE };

	(void)state;
	strbuf_add_fill(&text, '#', CONFIG_MAX_BYTES + 1);
	assert_null(config_parse("c.yaml", "/", bytes_of(text.data, text.len), &err));
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void globs_match_as_documented(void **state)
{
	static const struct {
		const char *glob, *path;
		bool wanted;
	} rows[] = {
		{ "*.bak", "a.bak", true },          { "*.bak", "x/y/a.bak", true },     { "*.bak", "a.bak/x", true },
		{ "*.bak", "a.bakk", false },        { "old", "old/x/y.xml", true },     { "old/", "x/old/y.xml", true },
		{ "old", "older/x.xml", false },     { "lab/*.xml", "lab/a.xml", true }, { "lab/*.xml", "lab/b/a.xml", false },
		{ "lab/**", "lab/b/a.xml", true },   { "**/a.xml", "a.xml", true },      { "**/a.xml", "q/r/a.xml", true },
		{ "**/a.xml", "q/ra.xml", false },   { "a?c", "abc", true },             { "x/a?c", "x/a/c", false },
		{ "/a.xml", "a.xml", true },         { "/a.xml", "b/a.xml", false },     { "./a.xml", "a.xml", true },
		{ "lab/**/x.xml", "lab/x.xml", true }, { "lab/**/x.xml", "lab/1/2/x.xml", true }, { "", "a", false },
		{ "a/**/b/**/c", "a/1/b/2/c", true }, { "a/**/b/**/c", "a/1/2/c", false }, { "a*b*c", "axxbyyc", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (config_glob_matches(rows[i].glob, rows[i].path) != rows[i].wanted)
			fail_msg("%s on %s should be %d", rows[i].glob, rows[i].path, rows[i].wanted);
}

static void many_stars_do_not_explode(void **state)
{
	CLEANUP(strbuf_release) struct strbuf glob = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 200; i++)
		strbuf_adds(&glob, "*a");
	strbuf_adds(&glob, "b");
	strbuf_add_fill(&path, 'a', 4000);
	assert_false(config_glob_matches(glob.data, path.data));
}

/* ---- with files ------------------------------------------------------------- */

static char root[] = "/tmp/config-test.XXXXXX";

static char *put(const char *name, const char *text)
{
	char *path = path_join(root, name);
	CLEANUP(freep) char *folder = path_folder(path);
	FILE *f;

	(void)mkdir(folder, 0700);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	CLEANUP(freep) char *command = xasprintf("rm -rf %s", root);

	(void)state;
	return system(command);
}

static void the_nearest_file_above_counts(void **state)
{
	CLEANUP(freep) char *top UNUSED = put(".unattend.yaml", "rules: {UA301: off}\nignore: [old]\n");
	CLEANUP(freep) char *deep = put("a/x.xml", "");
	CLEANUP(freep) char *own = put("b/.unattend.yaml", "fail-on: style\n");
	CLEANUP(freep) char *other = put("b/x.xml", "");
	CLEANUP(freep) char *ignored = put("old/x.xml", "");
	struct config_set set = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	const struct config_file *config;
	struct err err;

	(void)state;
	assert_int_equal(config_set_find(&set, deep, &config, &err), 0);
	assert_string_equal(config->path, top);
	assert_false(config_ignores(config, deep));
	assert_true(config_ignores(config, ignored));
	assert_int_equal(config_set_find(&set, other, &config, &err), 0);
	assert_string_equal(config->path, own);
	assert_true(config->has_fail_on);
	assert_int_equal(config_set_find(&set, "/x.xml", &config, &err), 0);
	assert_null(config);
	assert_false(config_ignores(NULL, "/x.xml"));
	config_set_release(&set);
}

static void overrides_hold_for_their_paths_and_the_command_line_wins(void **state)
{
	CLEANUP(freep) char *top UNUSED = put("c/.unattend.yaml", "rules: {UA301: info}\ntemplate: none\ntarget: win10\n"
							       "overrides:\n- paths: lab-*\n  rules: {UA301: off, UA302: style}\n");
	CLEANUP(freep) char *lab = put("c/lab-1.xml", "");
	CLEANUP(freep) char *plain = put("c/plain.xml", "");
	const struct rule *ua301 = rule_find("UA301"), *ua302 = rule_find("UA302");
	struct config_set set = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	struct lint_options base = { .target = windows_find("server2025") }, options;
	const struct config_file *config;
	struct err err;

	(void)state;
	assert_int_equal(config_set_find(&set, lab, &config, &err), 0);
	*vec_add(&base.overrides) = (struct severity_override){ ua302, SEVERITY_ERROR };
	config_options(config, lab, &base, &options);
	assert_int_equal(lint_severity(&options, ua301), SEVERITY_OFF);
	assert_int_equal(lint_severity(&options, ua302), SEVERITY_ERROR);
	assert_int_equal(options.template_mode, TEMPLATE_NONE);
	assert_string_equal(options.target->name, "server2025");
	config_options_release(&options);
	config_options(config, plain, &base, &options);
	assert_int_equal(lint_severity(&options, ua301), SEVERITY_INFO);
	config_options_release(&options);
	vec_release(&base.overrides);
	config_set_release(&set);
}

static void a_faulty_file_is_named(void **state)
{
	CLEANUP(freep) char *bad UNUSED = put("d/.unattend.yaml", "x: 1\n");
	CLEANUP(freep) char *file = put("d/x.xml", "");
	CLEANUP(freep) char *missing UNUSED = put("e/.unattend.yaml", "pkeyconfig: none.xrm-ms\n");
	CLEANUP(freep) char *second = put("e/x.xml", "");
	struct config_set set = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	const struct config_file *config;
	struct err err = { .kind = ERR_NONE };

	(void)state;
	assert_int_equal(config_set_find(&set, file, &config, &err), -1);
	assert_non_null(strstr(err.text, "d/.unattend.yaml:1:1:"));
	assert_int_equal(config_set_find(&set, second, &config, &err), -1);
	assert_non_null(strstr(err.text, "none.xrm-ms"));
	config_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(empty_files_are_good),
		cmocka_unit_test(unknown_names_are_refused_with_the_nearest),
		cmocka_unit_test(values_of_another_kind_are_refused),
		cmocka_unit_test(what_makes_yaml_dangerous_is_refused),
		cmocka_unit_test(deep_nesting_ends_quickly),
		cmocka_unit_test(a_file_above_the_limit_is_refused),
		cmocka_unit_test(globs_match_as_documented),
		cmocka_unit_test(many_stars_do_not_explode),
		cmocka_unit_test(the_nearest_file_above_counts),
		cmocka_unit_test(overrides_hold_for_their_paths_and_the_command_line_wins),
		cmocka_unit_test(a_faulty_file_is_named),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
