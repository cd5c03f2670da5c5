/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runner of the CLI cases must fail when a case fails. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "tests/support/run_command.h"
#include "tests/support/write_file.h"
#include "tests/unit/cmocka_all.h"

static char *folder;

static int setup(void **state UNUSED)
{
	folder = new_folder();
	return 0;
}

static int teardown(void **state UNUSED)
{
	remove_folder(folder);
	return 0;
}

/* Makes the case FOLDER/tool/NAME with one file of it. */
static void put(const char *name, const char *file, const char *text)
{
	CLEANUP(freep) char *tool = path_join(folder, "tool");
	CLEANUP(freep) char *dir = path_join(tool, name);
	CLEANUP(freep) char *path = path_join(dir, file);
	struct err err = { 0 };

	mkdir(tool, 0777);
	mkdir(dir, 0777);
	assert_int_equal(write_file(path, text, strlen(text), &err), 0);
}

static int run_cases(struct strbuf *ret, const char *name)
{
	return run_command(ret, "tests/support/run-cli.sh --bin /bin -j 2 '%s/tool/%s' 2>&1", folder, name);
}

static void assert_run(const char *name, int status, const char *wanted)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	assert_int_equal(run_cases(&text, name), status);
	if (!strstr(strbuf_text(&text), wanted))
		fail_msg("no '%s' in:\n%s", wanted, strbuf_text(&text));
}

static void case_with_the_expected_output_passes(void **state UNUSED)
{
	put("good", "cmd", "cat input; echo talk >&2; exit 3\n");
	put("good", "input", "text\n");
	put("good", "stdout", "text\n");
	put("good", "stderr", "talk\n");
	put("good", "status", "3\n");
	assert_run("good", 0, "ok tool/good\n1 passed, 0 failed, 0 skipped\n");
}

static void each_kind_of_difference_fails(void **state UNUSED)
{
	put("out", "cmd", "echo a\n");
	put("out", "stdout", "b\n");
	assert_run("out", 1, "    -b\n    +a\n");
	put("err", "cmd", "echo a >&2\n");
	put("err", "stderr", "");
	assert_run("err", 1, "    +a\n");
	put("code", "cmd", "exit 1\n");
	assert_run("code", 1, "exit status 1, expected 0\n");
	put("newline", "cmd", "printf a\n");
	put("newline", "stdout", "a\n");
	assert_run("newline", 1, "0 passed, 1 failed, 0 skipped\n");
	put("unset", "cmd", "echo $nothing\n");
	assert_run("unset", 1, "FAIL tool/unset\n");
}

static void skipping_needs_its_line_and_its_status(void **state UNUSED)
{
	put("skip", "cmd", "echo 'skipped: no such device'; exit 77\n");
	assert_run("skip", 0, "skipped tool/skip: no such device\n0 passed, 0 failed, 1 skipped\n");
	put("silent", "cmd", "exit 77\n");
	assert_run("silent", 1, "FAIL tool/silent\n");
	put("only-line", "cmd", "echo 'skipped: x'\n");
	put("only-line", "stdout", "");
	assert_run("only-line", 1, "FAIL tool/only-line\n");
}

static void case_works_on_a_copy_in_a_fixed_environment(void **state UNUSED)
{
	CLEANUP(freep) char *kept = xasprintf("%s/tool/copy/input", folder);
	struct stat st;

	put("copy", "cmd", "rm input && echo $TZ $TERM $LC_ALL ${NO_COLOR-none} && "
			   "[ -d \"$TESTS/support\" ] && [ -f \"$CASE/input\" ]\n");
	put("copy", "input", "");
	put("copy", "stdout", "UTC dumb C.UTF-8 none\n");
	setenv("NO_COLOR", "1", 1);
	assert_run("copy", 0, "1 passed, 0 failed");
	assert_int_equal(stat(kept, &st), 0);
}

static void no_case_at_all_is_a_failure(void **state UNUSED)
{
	put("none", "stdout", "");
	assert_run("none", 1, "0 passed, 0 failed, 0 skipped\n");
	assert_run("missing", 2, "no such file or folder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_with_the_expected_output_passes),
		cmocka_unit_test(each_kind_of_difference_fails),
		cmocka_unit_test(skipping_needs_its_line_and_its_status),
		cmocka_unit_test(case_works_on_a_copy_in_a_fixed_environment),
		cmocka_unit_test(no_case_at_all_is_a_failure),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
