/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <string.h>

#include "common/base/file.h"
#include "common/cli/rule_args.h"
#include "unattend/lint_args.h"
#include "unattend/lint_files.h"
#include "unattend/path_list.h"

struct args {
	struct lint_args lint;
	const char *format;
	int fail_on;
	const char *stdin_filename;
	const char *files_from;
	bool no_config;
	const char *baseline;
	bool baseline_write;
};

static const char *const levels[] = { "default", "error", "warning", "info", "style", NULL };
static const enum severity level_values[] = { SEVERITY_OFF, SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO, SEVERITY_STYLE };

static const struct cli_option options[] = {
	OPT_TEXT(struct args, format, 'f', "format", "NAME", "how findings are printed: text (default), json, ..."),
	OPT_CHOICE(struct args, fail_on, 0, "fail-on", "LEVEL", levels, "exit with 1 from this severity on (default: that of the configuration, or warning)"),
	OPT_TEXT(struct args, stdin_filename, 0, "stdin-filename", "NAME", "the name findings give to standard input"),
	OPT_TEXT(struct args, files_from, 0, "files-from", "FILE", "also check the paths in FILE, one a line; - is standard input"),
	OPT_FLAG(struct args, no_config, 0, "no-config", "do not look for " CONFIG_FILE_NAME),
	OPT_TEXT(struct args, baseline, 0, "baseline", "FILE", "hide the findings recorded in FILE; made when there is none"),
	OPT_FLAG(struct args, baseline_write, 0, "baseline-write", "record the findings of this run in the baseline anew"),
	LINT_OPTIONS(struct args, lint),
};

struct run {
	struct cli *cli;
	const struct args *args;
	enum severity config_fail_on; /* the strictest of the files in play; SEVERITY_OFF: none yet */
	struct report *report;
	struct err *err; /* of the last file that failed */
	bool failed;
	size_t n_xml, n_ini, n_templates, n_skipped;
};

static void note_file(struct run *run, const struct lint_result *file)
{
	struct json *json = run->cli->json;

	*(file->kind == ANSWER_INI ? &run->n_ini : &run->n_xml) += 1;
	run->n_templates += file->template;
	json_begin_object(json, NULL);
	json_text(json, "file", file->name);
	json_text(json, "kind", file->kind == ANSWER_INI ? "ini" : "xml");
	json_text(json, "encoding", source_encoding_name(file->encoding));
	json_bool(json, "template", file->template);
	json_end_object(json);
}

static void note_fail_on(struct run *run, const struct config_file *config)
{
	enum severity fail_on = config && config->has_fail_on ? config->fail_on : SEVERITY_WARNING;

	run->config_fail_on = run->config_fail_on == SEVERITY_OFF ? fail_on : MIN(run->config_fail_on, fail_on);
}

/* A file that could not be done is told at once when another follows; the last one is told by the edge. */
static void note_failure(struct run *run, const struct err *err)
{
	if (run->failed)
		cli_warn(run->cli, "%s", run->err->text);
	run->failed = true;
	*run->err = *err;
}

static void take(void *ctx, const struct lint_result *file)
{
	struct run *run = ctx;

	switch (file->outcome) {
	case LINT_FAILED:
		note_failure(run, &file->err);
		return;
	case LINT_IGNORED:
		cli_verbose(run->cli, "%s is passed over: ignored in %s", file->name, file->config->path);
		run->n_skipped++;
		return;
	case LINT_PASSED_OVER:
		run->n_skipped++;
		return;
	case LINT_DONE:
		note_fail_on(run, file->config);
		note_file(run, file);
		report_take(run->report, file->report);
	}
}

static enum severity fail_on_of(const struct run *run)
{
	if (level_values[run->args->fail_on] != SEVERITY_OFF)
		return level_values[run->args->fail_on];
	return run->config_fail_on != SEVERITY_OFF ? run->config_fail_on : SEVERITY_WARNING;
}

/* complete: all files could be read. A part of the findings makes no baseline. */
static int apply_baseline(struct run *run, bool complete, struct err *err)
{
	const char *path = run->args->baseline;

	if (!path)
		return run->args->baseline_write ? err_set(err, ERR_USAGE, "--baseline-write wants --baseline") : 0;
	if (!complete && (run->args->baseline_write || !path_exists(path))) {
		cli_warn(run->cli, "%s is not written: not all files could be read", path);
		return 0;
	}
	return cli_apply_baseline(run->cli, path, run->args->baseline_write, &run->report, err);
}

static void summarize(const struct run *run)
{
	size_t n = run->n_xml + run->n_ini;

	if (n + run->n_skipped < 2)
		return;
	cli_say(run->cli, "%zu answer file%s checked (%zu XML, %zu text; %zu unrendered template%s), %zu other file%s passed over",
		n, PLURAL(n), run->n_xml, run->n_ini, run->n_templates, PLURAL(run->n_templates), run->n_skipped,
		PLURAL(run->n_skipped));
}

/* The files of the command line and of --files-from. */
static int lint_all(struct run *run, const struct lint_options *lint_options, struct err *err)
{
	CLEANUP(path_list_release) struct path_list list = { .text = STRBUF_INIT };
	CLEANUP(file_walk_release) struct file_walk walk = { .files = { NULL, 0, 0 } };
	CLEANUP(lint_files_release) struct lint_files files = { .options = lint_options, .no_config = run->args->no_config,
								.stdin_name = run->args->stdin_filename };

	if (path_list_read(run->cli->args, run->cli->n_args, run->args->files_from, &list, err) < 0)
		return -1;
	file_walk_add(&walk, list.paths.items, list.paths.len);
	lint_files_run(&files, &walk, take, run);
	return run->failed ? -1 : 0;
}

static int lint_and_report(struct run *run, const struct lint_options *lint_options, const struct renderer *renderer, struct err *err)
{
	int files, result;

	json_begin_array(run->cli->json, "files");
	files = lint_all(run, lint_options, err);
	json_end_array(run->cli->json);
	result = apply_baseline(run, files == 0, files < 0 ? NULL : err) < 0 ? -1 :
		 cli_report_as(run->cli, run->report, renderer, fail_on_of(run));
	summarize(run);
	return files < 0 ? -1 : result;
}

static void release_run(struct run *run)
{
	report_freep(&run->report);
}

static int run_lint(struct cli *cli, const void *args, struct err *err)
{
	CLEANUP(release_run) struct run run = { .cli = cli, .args = args, .err = err, .report = report_new() };
	struct lint_options lint_options;
	const struct renderer *renderer;
	int result;

	if (cli_find_renderer(cli, run.args->format, &renderer, err) < 0 || lint_args_apply(&run.args->lint, &lint_options, err) < 0)
		return -1;
	lint_options.report_fixes = renderer && strcmp(renderer->name, "sarif") == 0;
	result = lint_and_report(&run, &lint_options, renderer, err);
	lint_args_release(&lint_options);
	return result;
}

static const struct cli_example examples[] = {
	{ "unattend lint Autounattend.xml", "check one file" },
	{ "unattend lint --pkeyconfig pkeyconfig.xrm-ms --target win11-24h2 answers/", "check all answer files below a folder, knowing the image" },
	{ "unattend lint --format=json --fail-on=error - < unattend.xml", "check standard input, for another program" },
};

const struct cli_command cmd_lint = {
	.name = "lint",
	.summary = "check answer files",
	.usage = "[options] [PATH...]",
	.description = "Checks answer files of Windows Setup and Sysprep: unattend.xml and Autounattend.xml, and the older sysprep.inf,\n"
		       "unattend.txt and winnt.sif. A folder is searched for files that are answer files by their content. Each finding\n"
		       "has a place, a severity and the id of its rule; \"unattend explain RULE\" tells more.\n\n"
		       "The nearest " CONFIG_FILE_NAME " above a file may set severities, paths to pass over and most of the options.\n"
		       "With --baseline only findings that are not recorded yet are told.\n\n"
		       "Exit code 1 means findings of at least the --fail-on severity, 3 that a file could not be read.",
	.examples = examples,
	.n_examples = ARRAY_SIZE(examples),
	.max_args = SIZE_MAX,
	CLI_OPTIONS(struct args, options),
	.has_json = true,
	.schema = "goldwim/lint/1",
	.run = run_lint,
};
