/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/cli/cli_internal.h"
#include "common/cli/progress.h"
#include "tests/unit/cmocka_all.h"

struct args {
	bool check;
	const char *name;
	uint64_t size;
	int type;
	struct cli_list refs;
};

static const char *const types[] = { "none", "lzx", "xpress", NULL };
static const struct cli_option options[] = {
	OPT_FLAG(struct args, check, 'c', "check", "check"),
	OPT_TEXT(struct args, name, 'n', "name", "NAME", "name"),
	OPT_NUMBER(struct args, size, 0, "size", "BYTES", "size"),
	OPT_CHOICE(struct args, type, 0, "compress", "TYPE", types, "type"),
	OPT_LIST(struct args, refs, 'r', "ref", "GLOB", "ref"),
};
static const struct cli_command command = { .name = "do", CLI_OPTIONS(struct args, options), .has_json = true };

struct parsed {
	struct args args;
	struct common_args common;
	char *words[20];
	char text[400];
	size_t n;
	struct err err;
};

/* Splits line at blanks and parses it. */
static int parse(struct parsed *p, const char *line)
{
	int count = 0;

	memset(p, 0, sizeof(*p));
	strncpy(p->text, line, sizeof(p->text) - 1);
	for (char *word = strtok(p->text, " "); word; word = strtok(NULL, " "))
		p->words[count++] = word;
	return cli_parse(&command, count, p->words, &p->args, &p->common, &p->n, &p->err);
}

static void every_form_of_an_option_is_read(void **state UNUSED)
{
	struct parsed p;

	assert_int_equal(parse(&p, "a -cn one --size=0x10K --compress xpress b -rx --ref=y --ref z -vv --json -- --check"), 0);
	assert_true(p.args.check);
	assert_string_equal(p.args.name, "one");
	assert_int_equal(p.args.size, 16384);
	assert_int_equal(p.args.type, 2);
	assert_int_equal(p.args.refs.len, 3);
	assert_string_equal(p.args.refs.items[0], "x");
	assert_string_equal(p.args.refs.items[2], "z");
	assert_int_equal(p.common.verbose, 2);
	assert_true(p.common.json);
	assert_int_equal(p.n, 3);
	assert_string_equal(p.words[0], "a");
	assert_string_equal(p.words[1], "b");
	assert_string_equal(p.words[2], "--check");
	cli_release_args(&command, &p.args);
}

static void sizes_are_in_units_of_1024(void **state UNUSED)
{
	static const struct {
		const char *line;
		uint64_t size;
	} cases[] = { { "--size=3K", 3072 }, { "--size=3KiB", 3072 }, { "--size=3k", 3072 }, { "--size=2MiB", 2 << 20 },
		      { "--size=1GiB", 1 << 30 } };
	struct parsed p;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(&p, cases[i].line), 0);
		assert_int_equal(p.args.size, cases[i].size);
	}
}

static void a_single_dash_and_a_negative_number_are_arguments(void **state UNUSED)
{
	struct parsed p;

	assert_int_equal(parse(&p, "- -2147483725"), 0);
	assert_int_equal(p.n, 2);
	assert_string_equal(p.words[1], "-2147483725");
}

static void mistakes_are_usage_errors_with_a_suggestion(void **state UNUSED)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "--chekc", "did you mean \"--check\"" },   { "--compress=lzz", "did you mean \"lzx\"" },
		{ "--compress=gzip64", "there are none, lzx, xpress" },
		{ "--name", "wants a value" },               { "--check=1", "takes no value" },
		{ "--size=ten", "is no number" },            { "--size=-1", "is no number" },
		{ "--size=20000000000000000000", "number" }, { "-x", "no option \"-x\"" },
		{ "--size=5iB", "is no number" },            { "--size=5KB", "is no number" },
		{ "--show-secrets", "no option" },           { "--size=99999999999999999G", "number" },
	};
	struct parsed p;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(&p, cases[i].line), -1);
		assert_int_equal(p.err.kind, ERR_USAGE);
		assert_true(strstr(p.err.text, cases[i].says) || strstr(p.err.hint, cases[i].says));
	}
}

static void near_words_are_found_and_far_ones_are_not(void **state UNUSED)
{
	static const char *const names[] = { "capture", "apply", "append", "unmount", NULL };

	assert_string_equal(cli_did_you_mean("captrue", names), "capture");
	assert_string_equal(cli_did_you_mean("umount", names), "unmount");
	assert_string_equal(cli_did_you_mean("cap", names), "capture");
	assert_null(cli_did_you_mean("frobnicate", names));
	assert_null(cli_did_you_mean("x", names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_an_option_is_read),
		cmocka_unit_test(sizes_are_in_units_of_1024),
		cmocka_unit_test(a_single_dash_and_a_negative_number_are_arguments),
		cmocka_unit_test(mistakes_are_usage_errors_with_a_suggestion),
		cmocka_unit_test(near_words_are_found_and_far_ones_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
