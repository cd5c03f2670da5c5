/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <string.h>

#include "common/base/file.h"
#include "common/report/baseline.h"
#include "unattend/config_file.h"
#include "unattend/lint_args.h"
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
	struct lint_options options;
	struct config_set configs;
	enum severity config_fail_on; /* the strictest of the files in play; SEVERITY_OFF: none yet */
	struct report *report;
	size_t n_xml, n_ini, n_templates, n_skipped;
};

static void note_file(struct run *run, const struct answer *answer)
{
	bool template = answer->conditional || answer->n_placeholders;

	*(answer->kind == ANSWER_INI ? &run->n_ini : &run->n_xml) += 1;
	run->n_templates += template;
	json_begin_object(run->cli->json, NULL);
	json_text(run->cli->json, "file", answer->file);
	json_text(run->cli->json, "kind", answer->kind == ANSWER_INI ? "ini" : "xml");
	json_text(run->cli->json, "encoding", source_encoding_name(answer->source.encoding));
	json_bool(run->cli->json, "template", template);
	json_end_object(run->cli->json);
}

/* What the configuration above a file makes of the options. 1: the file is to be passed over. */
static int enter_file(struct run *run, const char *name, struct lint_options *ret, struct err *err)
{
	const struct config_file *config = NULL;
	enum severity fail_on;

	if (!run->args->no_config && config_set_find(&run->configs, name, &config, err) < 0)
		return -1;
	if (config && config_ignores(config, name)) {
		cli_verbose(run->cli, "%s is passed over: ignored in %s", name, config->path);
		run->n_skipped++;
		return 1;
	}
	config_options(config, name, &run->options, ret);
	fail_on = config && config->has_fail_on ? config->fail_on : SEVERITY_WARNING;
	run->config_fail_on = run->config_fail_on == SEVERITY_OFF ? fail_on : MIN(run->config_fail_on, fail_on);
	return 0;
}

static int lint_bytes(struct run *run, struct strbuf *raw, const char *name, struct err *err)
{
	CLEANUP(config_options_release) struct lint_options file_options = { .target = NULL };
	struct answer answer;
	struct lint lint = { .answer = &answer, .options = &file_options, .report = run->report };
	int entered = enter_file(run, name, &file_options, err);

	if (entered)
		return entered < 0 ? -1 : 0;
	if (answer_read(raw, name, file_options.template_mode, &answer, err) < 0)
		return -1;
	lint_run(&lint);
	note_file(run, &answer);
	lint_release(&lint);
	answer_release(&answer);
	return 0;
}

/* A file found in a folder counts only when it is an answer file. */
static bool is_wanted(const struct strbuf *raw)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	struct source source;
	bool wanted;

	if (memmem(strbuf_text(raw), raw->len, "<unattend", 9))
		return true;
	strbuf_add(&copy, raw->data, raw->len);
	source_decode(&copy, &source);
	wanted = answer_recognise(&source);
	source_release(&source);
	return wanted;
}

static int visit(void *ctx, const char *path, bool named, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct run *run = ctx;
	const char *name = path;

	if (strcmp(path, "-") == 0 && run->args->stdin_filename)
		name = run->args->stdin_filename;
	if (file_read_all(path, SOURCE_MAX_BYTES, &raw, err) < 0) {
		run->n_skipped += !named;
		return named ? err_context(err, "%s", name) : 0;
	}
	if (named && raw.len == 0) {
		err_set(err, ERR_FORMAT, "the file is empty");
		return err_context(err, "%s", name);
	}
	if (!named && !is_wanted(&raw)) {
		run->n_skipped++;
		return 0;
	}
	if (lint_bytes(run, &raw, name, err) < 0)
		return err_context(err, "%s", name);
	return 0;
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
	struct baseline_use use;

	if (!path)
		return run->args->baseline_write ? err_set(err, ERR_USAGE, "--baseline-write wants --baseline") : 0;
	if (!complete && (run->args->baseline_write || !path_exists(path))) {
		cli_warn(run->cli, "%s is not written: not all files could be read", path);
		return 0;
	}
	if (baseline_apply(path, run->cli->tool->name, run->args->baseline_write, &run->report, &use, err) < 0)
		return -1;
	if (use.written)
		cli_say(run->cli, "%s: %zu findings recorded", path, use.n_hidden);
	else
		cli_say(run->cli, "%s: %zu known findings hidden, %zu others of it do not occur any more", path, use.n_hidden, use.n_stale);
	return 0;
}

static void summarize(const struct run *run)
{
	size_t n = run->n_xml + run->n_ini;

	if (n + run->n_skipped < 2)
		return;
	cli_say(run->cli, "%zu answer files checked (%zu XML, %zu text; %zu unrendered templates), %zu other files passed over",
		n, run->n_xml, run->n_ini, run->n_templates, run->n_skipped);
}

/* The files of the command line and of --files-from. */
static int visit_all(struct run *run, struct err *err)
{
	CLEANUP(path_list_release) struct path_list list = { .text = STRBUF_INIT };
	struct cli cli = *run->cli;

	if (path_list_read(cli.args, cli.n_args, run->args->files_from, &list, err) < 0)
		return -1;
	cli.args = list.paths.items;
	cli.n_args = list.paths.len;
	return visit_files(&cli, visit, run, err);
}

static int run_lint(struct cli *cli, const void *args, struct err *err)
{
	struct run run = { .cli = cli, .args = args, .report = report_new() };
	const struct renderer *renderer;
	int files, result;

	if (cli_find_renderer(cli, run.args->format, &renderer, err) < 0) {
		report_freep(&run.report);
		return -1;
	}
	if (lint_args_apply(&run.args->lint, &run.options, err) < 0) {
		report_freep(&run.report);
		return -1;
	}
	json_begin_array(cli->json, "files");
	files = visit_all(&run, err);
	json_end_array(cli->json);
	result = apply_baseline(&run, files == 0, files < 0 ? NULL : err) < 0 ? -1 : cli_report_as(cli, run.report, renderer, fail_on_of(&run));
	summarize(&run);
	report_freep(&run.report);
	config_set_release(&run.configs);
	lint_args_release(&run.options);
	return files < 0 ? -1 : result;
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
