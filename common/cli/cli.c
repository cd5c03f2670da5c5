/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/cli/cli.h"

#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/tempfiles.h"
#include "common/base/utf16.h"
#include "common/cli/cli_internal.h"
#include "common/cli/output.h"
#include "common/cli/progress.h"

PRINTF_LIKE(3, 0)
static void say_line(const struct cli *cli, const char *level, const char *fmt, va_list args)
{
	struct strbuf text = STRBUF_INIT, shown = STRBUF_INIT;

	strbuf_addv(&text, fmt, args);
	text_show(strbuf_text(&text), text.len, &shown);
	fprintf(stderr, "%s: %s%s\n", cli->tool->name, level, strbuf_text(&shown));
	strbuf_release(&text);
	strbuf_release(&shown);
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->quiet)
		return;
	va_start(args, fmt);
	say_line(cli, "", fmt, args);
	va_end(args);
}

void cli_verbose(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (!cli->verbose)
		return;
	va_start(args, fmt);
	say_line(cli, "", fmt, args);
	va_end(args);
}

void cli_warn(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_line(cli, "warning: ", fmt, args);
	va_end(args);
}

int cli_find_renderer(const struct cli *cli, const char *name, const struct renderer **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

	*ret = name ? renderer_find(name) : NULL;
	if (!name || cli->json || strcmp(name, "text") == 0)
		*ret = NULL;
	else if (!*ret) {
		for (size_t i = 0; renderer_at(i); i++)
			strbuf_addf(&names, " %s", renderer_at(i)->name);
		return err_set(err, ERR_USAGE, "--format: there is no format \"%s\", only%s", name, strbuf_text(&names));
	}
	return 0;
}

static void print_report(struct cli *cli, struct report *report, const struct renderer *renderer)
{
	const struct render_options options = { .color = cli->color, .tool = cli->tool->name };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	renderer->render(report, &options, &text);
	fwrite(strbuf_text(&text), 1, text.len, cli->out);
}

int cli_report_as(struct cli *cli, struct report *report, const struct renderer *renderer, enum severity fail_on)
{
	if (cli->json)
		report_to_json(report, cli->json);
	else
		print_report(cli, report, renderer ? renderer : renderer_find("text"));
	return report_count(report, fail_on) ? CLI_FINDINGS : CLI_DONE;
}

int cli_report(struct cli *cli, struct report *report, enum severity fail_on)
{
	return cli_report_as(cli, report, NULL, fail_on);
}

const struct cli_command *cli_find_command(const struct cli_tool *tool, const char *name)
{
	for (size_t i = 0; tool->commands[i]; i++)
		if (strcmp(tool->commands[i]->name, name) == 0)
			return tool->commands[i];
	return NULL;
}

static int unknown_command(const struct cli_tool *tool, const char *name, struct err *err)
{
	VEC(const char *) names = { 0 };

	for (size_t i = 0; tool->commands[i]; i++)
		*vec_add(&names) = tool->commands[i]->name;
	*vec_add(&names) = NULL;
	cli_unknown(err, "command", name, names.items);
	vec_release(&names);
	return -1;
}

static int exit_code_of(const struct err *err)
{
	return err->kind == ERR_USAGE ? CLI_USAGE : CLI_FAILED;
}

/* One line for the error, one for what to do about it. */
static void print_error(const struct cli_tool *tool, const struct cli_command *command, const struct err *err)
{
	struct strbuf text = STRBUF_INIT;

	text_show(err->text, strlen(err->text), &text);
	if (err->hint[0]) {
		strbuf_adds(&text, " (");
		text_show(err->hint, strlen(err->hint), &text);
		strbuf_addc(&text, ')');
	}
	if (err->kind == ERR_USAGE && command)
		strbuf_addf(&text, "; see \"%s %s --help\"", tool->name, command->name);
	else if (err->kind == ERR_USAGE)
		strbuf_addf(&text, "; see \"%s --help\"", tool->name);
	fprintf(stderr, "%s: %s\n", tool->name, text.data);
	strbuf_release(&text);
}

static void json_error(struct json *json, const struct err *err)
{
	json_begin_object(json, "error");
	json_text(json, "kind", err_kind_name(err->kind));
	json_text(json, "text", err->text);
	if (err->has_offset)
		json_uint(json, "offset", err->offset);
	if (err->hint[0])
		json_text(json, "hint", err->hint);
	json_end_object(json);
}

static void json_begin_result(struct json *json, const struct cli_tool *tool, const struct cli_command *command)
{
	json_begin_object(json, NULL);
	if (command && command->schema)
		json_text(json, "schema", command->schema);
	else
		json_textf(json, "schema", "goldwim/%s-%s/1", tool->name, command ? command->name : "result");
	json_text(json, "tool", tool->name);
	json_text(json, "version", GOLDWIM_VERSION);
	json_text(json, "command", command ? command->name : NULL);
}

static void json_end_result(struct json *json, const struct err *err, int code)
{
	json_unwind(json, 1);
	if (err->kind != ERR_NONE)
		json_error(json, err);
	json_int(json, "exit_code", code);
	json_end_object(json);
}

/* The result object of a run that did not get as far as a command. */
static void print_json_error(const struct cli_tool *tool, const struct err *err)
{
	struct strbuf result = STRBUF_INIT;
	CLEANUP(json_freep) struct json *json = json_new(&result, true);

	json_begin_result(json, tool, NULL);
	json_end_result(json, err, exit_code_of(err));
	fwrite(result.data, 1, result.len, stdout);
	strbuf_release(&result);
}

static bool wants_color(int when)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != WHEN_AUTO)
		return when == WHEN_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

static int check_arg_count(const struct cli_command *command, size_t n, struct err *err)
{
	if (n < command->min_args)
		return err_set(err, ERR_USAGE, "%s wants %s", command->name, command->usage);
	if (n > command->max_args)
		return err_set(err, ERR_USAGE, "%s takes %s%s", command->name, command->max_args ? "no more than " : "",
			       command->max_args ? command->usage : "no arguments");
	return 0;
}

/* What comes first names a file, a folder or a thing to look up: an empty text is a variable that a script did not set. */
static int check_first_arg(const struct cli *cli, struct err *err)
{
	if (!cli->n_args || *cli->args[0])
		return 0;
	return err_set(err, ERR_NOT_FOUND, "the first argument is an empty text; %s wants %s", cli->command->name, cli->command->usage);
}

static ssize_t sink_write(void *cookie UNUSED, const char *data UNUSED, size_t size)
{
	return (ssize_t)size;
}

/* Runs with everything parsed; the result object is open when json is wanted. */
static int run_command(struct cli *cli, const void *args, struct err *err)
{
	int code = check_arg_count(cli->command, cli->n_args, err);

	if (code == 0)
		code = check_first_arg(cli, err);
	if (code == 0)
		code = cli->command->run(cli, args, err);
	/* A full disk is no success. */
	if (!cli->json && output_flush(code < 0 ? NULL : err) < 0 && code >= 0)
		code = -1;
	return code;
}

/* True when --json stands anywhere: wanted also by those who get the rest of the line wrong. */
static bool has_json_word(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

static int run_with_output(struct cli *cli, const struct common_args *common, const void *args, int parsed,
			   struct err *err)
{
	static const cookie_io_functions_t sink = { .write = sink_write };
	struct strbuf result = STRBUF_INIT;
	CLEANUP(json_freep) struct json *json = common->json ? json_new(&result, true) : NULL;
	int code;

	cli->out = json ? fopencookie(NULL, "w", sink) : stdout;
	cli->json = json;
	if (json)
		json_begin_result(json, cli->tool, cli->command);
	code = parsed < 0 ? -1 : run_command(cli, args, err);
	if (code < 0) {
		print_error(cli->tool, cli->command, err);
		code = exit_code_of(err);
	} else {
		*err = (struct err){ 0 };
	}
	if (json) {
		struct err write_err = { 0 };

		json_end_result(json, err, code);
		fwrite(result.data, 1, result.len, stdout);
		if (output_flush(&write_err) < 0) {
			print_error(cli->tool, cli->command, &write_err);
			code = CLI_FAILED;
		}
		fclose(cli->out);
	}
	strbuf_release(&result);
	return code;
}

static int dispatch(const struct cli_tool *tool, const struct cli_command *command, int argc, char **argv,
		    struct err *err)
{
	void *args = xcalloc(1, command->args_size ? command->args_size : 1);
	bool json_wanted = command->has_json && has_json_word(argc, argv);
	struct common_args common = { 0 };
	struct cli cli = { .tool = tool, .command = command, .args = argv, .err = err };
	int parsed = cli_parse(command, argc, argv, args, &common, &cli.n_args, err);
	int code = CLI_DONE;

	common.json |= json_wanted;
	if (parsed == 0 && common.help) {
		cli_print_command_help(tool, command, stdout);
		code = output_flush(err) < 0 ? CLI_FAILED : CLI_DONE;
		if (code == CLI_FAILED)
			print_error(tool, command, err);
	} else {
		cli.quiet = common.quiet;
		cli.verbose = (int)MIN(common.verbose, 9);
		cli.color = wants_color(common.color);
		cli.show_secrets = common.show_secrets;
		cli.progress = common.progress;
		code = run_with_output(&cli, &common, args, parsed, err);
	}
	if (code == CLI_FAILED)
		tempfiles_remove_all();
	cli_release_args(command, args);
	free(args);
	return code;
}

/* "tool help COMMAND" and "tool --help COMMAND" are what people try first. */
static int run_help(const struct cli_tool *tool, int argc, char **argv, struct err *err)
{
	const struct cli_command *command = argc > 2 ? cli_find_command(tool, argv[2]) : NULL;

	if (argc > 2 && !command)
		return unknown_command(tool, argv[2], err);
	if (command)
		cli_print_command_help(tool, command, stdout);
	else
		cli_print_tool_help(tool, stdout);
	return 0;
}

static bool is_word(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || (b && strcmp(word, b) == 0);
}

/* What the tool itself can be asked; 1 when argv[1] is none of these. */
static int run_tool_option(const struct cli_tool *tool, int argc, char **argv, struct err *err)
{
	if (is_word(argv[1], "--help", "-h") || strcmp(argv[1], "help") == 0)
		return run_help(tool, argc, argv, err);
	if (is_word(argv[1], "--version", "-V"))
		cli_print_version(tool, stdout);
	else if (is_word(argv[1], "--man", NULL))
		cli_print_man(tool, stdout);
	else if (is_word(argv[1], "--completion", NULL))
		return argc > 2 ? cli_print_completion(tool, argv[2], stdout, err)
				: err_set(err, ERR_USAGE, "--completion wants bash, zsh or fish");
	else
		return 1;
	return 0;
}

int cli_main(const struct cli_tool *tool, int argc, char **argv)
{
	const struct cli_command *command;
	struct err err = { 0 };
	int done;

	setlocale(LC_CTYPE, "C.UTF-8");
	tempfiles_install_handlers();
	output_open();
	if (argc < 2) {
		cli_print_tool_help(tool, stderr);
		return CLI_USAGE;
	}
	done = run_tool_option(tool, argc, argv, &err);
	command = done == 1 ? cli_find_command(tool, argv[1]) : NULL;
	if (command)
		return dispatch(tool, command, argc - 2, argv + 2, &err);
	if (done == 1)
		done = unknown_command(tool, argv[1], &err);
	if (done == 0)
		done = output_flush(&err);
	if (done == 0)
		return CLI_DONE;
	print_error(tool, NULL, &err);
	if (has_json_word(argc - 1, argv + 1))
		print_json_error(tool, &err);
	return exit_code_of(&err);
}
