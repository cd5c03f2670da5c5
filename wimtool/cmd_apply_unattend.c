/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"
#include "sysprep-lite/target.h"
#include "wimtool/answer_prepare.h"
#include "wimtool/commands.h"

struct unattend_args {
	const char *target;
	const char *pkeyconfig;
	bool fix;
	bool unsafe;
	bool force;
	bool dry_run;
};

static int place(const char *spec, const struct strbuf *text, bool dry_run, struct err *err)
{
	CLEANUP(target_freep) struct target *target = target_open(spec, !dry_run, err);

	if (!target)
		return -1;
	if (!target_has(target, "Windows\\System32"))
		return err_set(err, ERR_NOT_FOUND, "%s: no Windows here: there is no Windows/System32", spec);
	if (dry_run)
		return 0;
	target_put(target, ANSWER_PLACE, strbuf_text(text), text->len);
	if (target_commit(target, err) < 0)
		return err_context(err, "%s", spec);
	return 0;
}

static int apply(struct cli *cli, const struct unattend_args *args, struct report *report, struct err *err)
{
	CLEANUP(strbuf_wipe) struct strbuf text = STRBUF_INIT;
	const char *spec = cli->args[0];
	const struct answer_wish wish = {
		.file = cli->args[1],
		.image = path_is_dir(spec) ? NULL : spec,
		.target = args->target,
		.pkeyconfig = args->pkeyconfig,
		.fix = args->unsafe ? ANSWER_FIX_UNSAFE : args->fix ? ANSWER_FIX_SAFE : ANSWER_FIX_NONE,
	};
	bool placed;
	int result;

	if (answer_prepare(&wish, &text, report, err) < 0)
		return -1;
	placed = args->force || report_count(report, SEVERITY_ERROR) == 0;
	if (placed && place(spec, &text, args->dry_run, err) < 0)
		return -1;
	result = cli_report(cli, report, SEVERITY_WARNING);
	if (!cli->quiet)
		fprintf(cli->out, "%s: %s\n", spec,
			!placed ? "not changed: the answer file has errors"
				: args->dry_run ? "the answer file can be placed; nothing is written"
						: "the answer file is " ANSWER_PLACE " now");
	json_begin_object(cli->json, "result");
	json_text(cli->json, "target", spec);
	json_text(cli->json, "answer_file", cli->args[1]);
	json_text(cli->json, "place", ANSWER_PLACE);
	json_bool(cli->json, "placed", placed && !args->dry_run);
	json_end_object(cli->json);
	return result;
}

static int apply_unattend_run(struct cli *cli, const void *args, struct err *err)
{
	CLEANUP(report_freep) struct report *report = report_new();

	return apply(cli, args, report, err);
}

static const struct cli_option unattend_options[] = {
	OPT_FLAG(struct unattend_args, fix, 0, "fix", "mend what can be mended without a guess; FILE itself stays as it is"),
	OPT_FLAG(struct unattend_args, unsafe, 0, "unsafe", "also mend where the right mending is a guess"),
	OPT_FLAG(struct unattend_args, force, 0, "force", "place it although it has errors"),
	OPT_FLAG(struct unattend_args, dry_run, 'n', "dry-run", "check everything, write nothing"),
	OPT_TEXT(struct unattend_args, target, 0, "target", "VERSION", "version of Windows, e.g. win11-24h2"),
	OPT_TEXT(struct unattend_args, pkeyconfig, 0, "pkeyconfig", "FILE", "pkeyconfig.xrm-ms: makes the channel of keys certain"),
};

static const struct cli_example unattend_examples[] = {
	{ "wimtool apply-unattend install.wim:1 unattend.xml", "as dism /Apply-Unattend, but checked before" },
	{ "wimtool apply-unattend --fix /mnt/windows unattend.xml", "mended on the way" },
};

const struct cli_command cmd_apply_unattend = {
	.name = "apply-unattend",
	.summary = "check an answer file and put it where Setup finds it in an image or folder",
	.usage = "WIM:IMAGE|DIR FILE",
	.description =
		"Checks FILE with the rules of unattend lint, with what the image says about itself, and copies it to "
		"Windows\\Panther\\unattend.xml. With errors nothing is written and the exit code is 1.\n\n"
		"Passes windowsPE and offlineServicing do not run from there: that is a warning. Packages and drivers "
		"of offlineServicing want dism /Image:MOUNT /Apply-Unattend.",
	.examples = unattend_examples,
	.n_examples = ARRAY_SIZE(unattend_examples),
	CLI_OPTIONS(struct unattend_args, unattend_options),
	.min_args = 2,
	.max_args = 2,
	.has_json = true,
	.run = apply_unattend_run,
};
