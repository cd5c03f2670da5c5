/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <string.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "unattend/config_file.h"
#include "unattend/fix.h"
#include "unattend/lint_args.h"
#include "unattend/redact.h"

struct args {
	struct lint_args lint;
	bool unsafe;
	bool diff;
};

static const struct cli_option options[] = {
	OPT_FLAG(struct args, unsafe, 0, "unsafe", "also mend where the right mending is a guess"),
	OPT_FLAG(struct args, diff, 0, "diff", "change no file, print a patch for git apply"),
	LINT_OPTIONS(struct args, lint),
};

struct run {
	struct cli *cli;
	const struct args *args;
	struct lint_options options;
	struct config_set configs;
	size_t n_refused;
	size_t n_changed;
};

static void say_fixed(const struct run *run, const char *path, const struct fix_step *step)
{
	if (!run->args->diff)
		fprintf(run->cli->out, "%s: fixed %s: %s\n", path, step->rule->meta.id, step->message);
}

static void report_steps(struct run *run, const char *path, const struct fix_log *log, bool changed)
{
	struct json *json = run->cli->json;

	json_begin_object(json, NULL);
	json_text(json, "file", path);
	json_bool(json, "changed", changed);
	json_begin_array(json, "steps");
	for (size_t i = 0; i < log->steps.len; i++) {
		const struct fix_step *step = &log->steps.items[i];

		json_begin_object(json, NULL);
		json_text(json, "rule", step->rule->meta.id);
		json_text(json, "message", step->message);
		json_bool(json, "fixed", !step->refused);
		if (step->why)
			json_text(json, "refused", step->why);
		json_end_object(json);
		if (step->refused)
			cli_warn(run->cli, "%s: %s not fixed: %s", path, step->rule->meta.id, step->why);
		else
			say_fixed(run, path, step);
	}
	json_end_array(json);
	json_end_object(json);
}

static int store(struct run *run, const char *path, struct bytes before, const struct strbuf *after, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf diff = STRBUF_INIT;
	bool redacted;

	if (before.len == after->len && memcmp(before.data, after->data, after->len) == 0)
		return 0;
	run->n_changed++;
	if (!run->args->diff)
		return atomic_file_replace(path, after->data, after->len, err);
	if (redacted_diff(path, before, bytes_of(after->data, after->len), run->cli->show_secrets, &diff, &redacted, err) < 0)
		return -1;
	fwrite(strbuf_text(&diff), 1, diff.len, run->cli->out);
	if (redacted)
		cli_say(run->cli, "%s: secrets in the patch are starred out: git apply needs one made with --show-secrets", path);
	return 0;
}

/* Nothing more can be done for a file that is still no XML: that must not look like success. */
static int check_result(const char *path, struct bytes fixed, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	struct answer answer;
	int result = 0;

	strbuf_add(&copy, fixed.data, fixed.len);
	if (answer_read(&copy, path, TEMPLATE_AUTO, &answer, err) < 0)
		return err_context(err, "%s", path);
	if (answer.kind == ANSWER_XML && answer.fault.found)
		result = err_set(err, ERR_FORMAT, "%s: line %u, column %u: not well-formed XML; \"unattend lint\" tells why", path,
				 answer.fault_where.line, answer.fault_where.column);
	answer_release(&answer);
	return result;
}

static int fix_file(struct run *run, const char *path, struct bytes raw, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf fixed = STRBUF_INIT;
	CLEANUP(fix_log_release) struct fix_log log = { .n_fixed = 0 };
	CLEANUP(config_options_release) struct lint_options file_options = { .target = NULL };
	const struct config_file *config = NULL;
	enum fix_safety up_to = run->args->unsafe ? FIX_UNSAFE : FIX_SAFE;
	size_t changed_before = run->n_changed;

	if (config_set_find(&run->configs, path, &config, err) < 0)
		return err_context(err, "%s", path);
	config_options(config, path, &run->options, &file_options);
	if (fix_bytes(raw, path, &file_options, up_to, &log, &fixed, err) < 0 || store(run, path, raw, &fixed, err) < 0)
		return err_context(err, "%s", path);
	report_steps(run, path, &log, run->n_changed > changed_before);
	run->n_refused += log.n_refused;
	return check_result(path, bytes_of(fixed.data, fixed.len), err);
}

static int fix_path(struct run *run, const char *path, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;

	if (file_read_all(path, SOURCE_MAX_BYTES, &raw, err) < 0)
		return err_context(err, "%s", path);
	if (raw.len == 0) {
		err_set(err, ERR_FORMAT, "the file is empty");
		return err_context(err, "%s", path);
	}
	return fix_file(run, path, bytes_of(raw.data, raw.len), err);
}

/* All of them are tried; the last error is for the edge to tell. */
static int fix_all(struct run *run, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < run->cli->n_args; i++) {
		struct err one = { .kind = ERR_NONE };

		if (fix_path(run, run->cli->args[i], &one) == 0)
			continue;
		if (result < 0)
			cli_warn(run->cli, "%s", err->text);
		*err = one;
		result = -1;
	}
	return result;
}

/* Before anything is changed. */
static int check_args(const struct cli *cli, struct err *err)
{
	for (size_t i = 0; i < cli->n_args; i++) {
		if (strcmp(cli->args[i], "-") == 0)
			return err_set(err, ERR_USAGE, "fix changes files, it does not take standard input");
		if (path_is_dir(cli->args[i]))
			return err_set(err, ERR_FORMAT, "%s: is a directory; fix wants to be told each file", cli->args[i]);
	}
	return 0;
}

static int run_fix(struct cli *cli, const void *args, struct err *err)
{
	struct run run = { .cli = cli, .args = args };
	int result;

	if (check_args(cli, err) < 0 || lint_args_apply(&run.args->lint, &run.options, err) < 0)
		return -1;
	json_begin_array(cli->json, "files");
	result = fix_all(&run, err);
	json_end_array(cli->json);
	config_set_release(&run.configs);
	lint_args_release(&run.options);
	if (result < 0)
		return -1;
	return run.n_refused || (run.args->diff && run.n_changed) ? CLI_FINDINGS : CLI_DONE;
}

static const struct cli_example examples[] = {
	{ "unattend fix --diff unattend.xml", "show what would change" },
	{ "unattend fix --diff --show-secrets unattend.xml | git apply", "make a patch with everything in it" },
	{ "unattend fix unattend.xml", "mend what can be mended without a guess" },
};

const struct cli_command cmd_fix = {
	.name = "fix",
	.summary = "mend findings in answer files",
	.usage = "FILE...",
	.description = "Mends findings with the smallest change of the text: encoding, line ends, indentation, comments and the order of\n"
		       "attributes stay; --severity UA005=warning (byte order mark) and UA006=warning (UTF-16) have it stored as UTF-8.\n"
		       "After each change the file is checked again; a change that does not remove its finding, or\n"
		       "brings up another, is not made. Files are replaced as a whole, never written in place. In a patch printed by\n"
		       "--diff product keys and passwords are starred out; for one that git apply takes add --show-secrets.\n\n"
		       "Exit code 1 means that a mending was refused, or with --diff that there are differences.",
	.examples = examples,
	.n_examples = ARRAY_SIZE(examples),
	.min_args = 1,
	.max_args = SIZE_MAX,
	CLI_OPTIONS(struct args, options),
	.has_json = true,
	.has_secrets = true,
	.schema = "goldwim/fix/1",
	.run = run_fix,
};
