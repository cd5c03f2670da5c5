/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/cli/progress.h"
#include "tests/unit/cmocka_all.h"

/* A tool with one command for each way a run can end. */
struct end_args {
	const char *how;
};

static const struct rule_meta rule = { .id = "T1", .severity = SEVERITY_WARNING, .advice = "mend it" };

static int end_run(struct cli *cli, const void *args, struct err *err)
{
	const struct end_args *a = args;
	CLEANUP(report_freep) struct report *report = report_new();

	json_begin_array(cli->json, "items");
	json_text(cli->json, NULL, cli->args[0]);
	if (a->how && strcmp(a->how, "fail") == 0)
		return err_at(err, ERR_FORMAT, 16, "bad thing");
	json_end_array(cli->json);
	if (a->how && strcmp(a->how, "find") == 0)
		report_add(report, &rule, (struct place){ .file = cli->args[0], .line = 3, .column = 4 }, "found");
	fprintf(cli->out, "item %s\n", cli->args[0]);
	cli_say(cli, "talk");
	return cli_report(cli, report, SEVERITY_WARNING);
}

static const struct cli_option end_options[] = {
	OPT_TEXT(struct end_args, how, 0, "how", "WAY", "how to end"),
};
static const struct cli_example end_examples[] = { { "t end x", "ends well" } };
static const struct cli_command end_command = {
	.name = "end",
	.summary = "end in one of several ways",
	.usage = "ITEM",
	.description = "It's a test.\n\n.This paragraph begins with a dot.",
	.examples = end_examples,
	.n_examples = ARRAY_SIZE(end_examples),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	CLI_OPTIONS(struct end_args, end_options),
	.run = end_run,
};
static const struct cli_command *const commands[] = { &end_command, NULL };
static const struct cli_tool tool = { .name = "t", .summary = "a test tool", .commands = commands };

struct run {
	struct strbuf out, err;
	int code;
};

static void read_and_close(int fd, struct strbuf *ret)
{
	assert_int_equal(file_read_fd(fd, 1 << 20, ret, NULL), 0);
	close(fd);
}

/* Runs the tool in a child with line split at blanks. */
static void run_tool(const char *line, struct run *ret)
{
	char *text = xstrdup(line), *words[20] = { NULL };
	int out[2], err[2], status, count = 0;
	pid_t child;

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		words[count++] = word;
	*ret = (struct run){ 0 };
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	child = fork();
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		exit(cli_main(&tool, count, words));
	}
	close(out[1]);
	close(err[1]);
	read_and_close(out[0], &ret->out);
	read_and_close(err[0], &ret->err);
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	ret->code = WEXITSTATUS(status);
	free(text);
}

static void run_release(struct run *run)
{
	strbuf_release(&run->out);
	strbuf_release(&run->err);
}

static void expect(const char *line, int code, const char *out, const char *err)
{
	struct run run;

	run_tool(line, &run);
	assert_int_equal(run.code, code);
	assert_string_equal(strbuf_text(&run.out), out);
	assert_string_equal(strbuf_text(&run.err), err);
	run_release(&run);
}

static void each_way_to_end_has_its_exit_code(void **state UNUSED)
{
	expect("t end a", 0, "item a\n", "t: talk\n");
	expect("t end a --how=find -q", 1, "item a\na:3:4: warning: found [T1]\n", "");
	expect("t end a --how=fail", 3, "", "t: offset 0x10: bad thing\n");
	expect("t end", 2, "", "t: end wants ITEM; see \"t end --help\"\n");
	expect("t end a b", 2, "", "t: end takes no more than ITEM; see \"t end --help\"\n");
	expect("t edn a", 2, "", "t: no command \"edn\" (did you mean \"end\"?); see \"t --help\"\n");
}

#define HEAD(schema, command) \
	"{\n  \"schema\": \"" schema "\",\n  \"tool\": \"t\",\n  \"version\": \"" GOLDWIM_VERSION "\",\n  \"command\": " command

static void json_comes_on_every_path(void **state UNUSED)
{
	expect("t end a --json -q", 0,
	       HEAD("goldwim/t-end/1", "\"end\"") ",\n  \"items\": [\n    \"a\"\n  ],\n  \"findings\": [],\n"
	       "  \"counts\": {\n    \"error\": 0,\n    \"warning\": 0,\n    \"info\": 0,\n    \"style\": 0\n  },\n"
	       "  \"exit_code\": 0\n}\n", "");
	expect("t end a --json --how=fail", 3,
	       HEAD("goldwim/t-end/1", "\"end\"") ",\n  \"items\": [\n    \"a\"\n  ],\n  \"error\": {\n    \"kind\": \"format\",\n"
	       "    \"text\": \"offset 0x10: bad thing\",\n    \"offset\": 16\n  },\n  \"exit_code\": 3\n}\n",
	       "t: offset 0x10: bad thing\n");
	expect("t end --json", 2,
	       HEAD("goldwim/t-end/1", "\"end\"") ",\n  \"error\": {\n    \"kind\": \"usage\",\n    \"text\": \"end wants ITEM\"\n"
	       "  },\n  \"exit_code\": 2\n}\n", "t: end wants ITEM; see \"t end --help\"\n");
	expect("t nothing --json", 2,
	       HEAD("goldwim/t-result/1", "null") ",\n  \"error\": {\n    \"kind\": \"usage\",\n"
	       "    \"text\": \"no command \\\"nothing\\\"\"\n  },\n  \"exit_code\": 2\n}\n",
	       "t: no command \"nothing\"; see \"t --help\"\n");
}

static void assert_contains(const char *line, const char *const *wanted)
{
	struct run run;

	run_tool(line, &run);
	assert_int_equal(run.code, 0);
	for (; *wanted; wanted++)
		if (!strstr(strbuf_text(&run.out), *wanted))
			fail_msg("%s does not print: %s", line, *wanted);
	run_release(&run);
}

static void help_manual_and_completions_are_made_from_the_table(void **state UNUSED)
{
	static const char *const help[] = { "usage: t end [options] ITEM", "--how=WAY", "t end x", "--json", "exit codes", NULL };
	static const char *const man[] = { ".Dt T 1", "It Fl Fl how Ns = Ns Ar WAY", "\\&.This", "It's", NULL };
	static const char *const bash[] = { "complete -o default -F _t t", "--how=", "--progress=plain", NULL };
	static const char *const fish[] = { "complete -c t", "-l how", "'auto plain json none'", NULL };

	assert_contains("t end --help", help);
	assert_contains("t help end", help);
	assert_contains("t --man", man);
	assert_contains("t --completion bash", bash);
	assert_contains("t --completion fish", fish);
}

/* Shells and mandoc judge what we print. */
static void manual_and_completions_are_accepted_by_their_programs(void **state UNUSED)
{
	char *args[][4] = { { "t", "--man", NULL, NULL }, { "t", "--completion", "bash", NULL } };
	static const char *const judges[] = { "mandoc -Tlint -Wwarning >/dev/null", "bash -n" };

	for (size_t i = 0; i < ARRAY_SIZE(judges); i++) {
		FILE *judge = popen(judges[i], "w");
		pid_t child = fork();

		if (child == 0) {
			dup2(fileno(judge), STDOUT_FILENO);
			exit(cli_main(&tool, i ? 3 : 2, args[i]));
		}
		waitpid(child, NULL, 0);
		assert_int_equal(pclose(judge), 0);
	}
}

static void a_full_disk_is_no_success(void **state UNUSED)
{
	char *words[] = { "t", "end", "a", NULL };
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (!freopen("/dev/full", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(9);
		_exit(cli_main(&tool, 3, words));
	}
	waitpid(child, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 3);
}

static void progress_as_json_has_a_beginning_total_and_an_end(void **state UNUSED)
{
	const struct cli cli = { .tool = &tool, .progress = PROGRESS_JSON };
	struct strbuf text = STRBUF_INIT;
	int pipes[2], status;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		struct progress bar;

		dup2(pipes[1], STDERR_FILENO);
		progress_begin(&bar, &cli, "copy", 10);
		progress_update(&bar, 10);
		progress_end(&bar);
		progress_update(&bar, 11);
		_exit(0);
	}
	close(pipes[1]);
	read_and_close(pipes[0], &text);
	waitpid(child, &status, 0);
	assert_string_equal(strbuf_text(&text), "{\"event\":\"end\",\"step\":\"copy\",\"done\":10,\"total\":10}\n");
	strbuf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_to_end_has_its_exit_code),
		cmocka_unit_test(json_comes_on_every_path),
		cmocka_unit_test(help_manual_and_completions_are_made_from_the_table),
		cmocka_unit_test(manual_and_completions_are_accepted_by_their_programs),
		cmocka_unit_test(a_full_disk_is_no_success),
		cmocka_unit_test(progress_as_json_has_a_beginning_total_and_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
