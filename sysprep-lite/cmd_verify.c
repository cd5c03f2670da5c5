/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/commands.h"
#include "sysprep-lite/verify.h"

struct verify_args {
	struct cli_list hives;
	const char *plan;
};

static const struct cli_option verify_option_table[] = {
	OPT_HIVE(struct verify_args, hives),
	OPT_TEXT(struct verify_args, plan, 0, "plan", "PLAN.json", "what plan -o wrote and generalize --plan did"),
};

static int verify_command(struct cli *cli, const void *args, struct err *err)
{
	const struct verify_args *a = args;
	CLEANUP(subject_release) struct subject subject = { 0 };
	CLEANUP(plan_file_release) struct plan_file file = { 0 };
	CLEANUP(report_freep) struct report *report = report_new();
	const char *name;

	if (!a->plan)
		return err_set(err, ERR_USAGE, "verify wants --plan PLAN.json");
	if (plan_file_read(a->plan, &file, err) < 0 || subject_open(&subject, cli, &a->hives, false, err) < 0 ||
	    verify_run(&file, subject.root, report, err) < 0)
		return -1;
	name = target_name(subject.target);
	json_text(cli->json, "target", name);
	json_text(cli->json, "plan", a->plan);
	json_uint(cli->json, "edits", file.plan->edits.len);
	json_uint(cli->json, "identifiers", file.plan->guids.len);
	json_uint(cli->json, "hives", file.results.len);
	json_bool(cli->json, "as_planned", report_len(report) == 0);
	if (!report_len(report))
		fprintf(cli->out,
			"%s: as planned: %zu edit%s there, %zu identifier%s gone, %zu hive%s nothing else\n", name,
			file.plan->edits.len, file.plan->edits.len == 1 ? " is" : "s are", file.plan->guids.len,
			file.plan->guids.len == 1 ? " is" : "s are", file.results.len,
			file.results.len == 1 ? " holds" : "s hold");
	return cli_report(cli, report, SEVERITY_WARNING);
}

const struct cli_command cmd_verify = {
	.name = "verify",
	.summary = "prove that a plan was carried out, and that nothing else changed in the hives",
	.usage = "--plan PLAN.json TARGET | --hive NAME=FILE...",
	.description = "TARGET is what generalize --plan PLAN.json changed, before Windows starts from it. Each edit "
		       "is looked for, each old identifier is searched in the bytes of the hives, and all keys and "
		       "values of each hive are compared with what the plan makes of it. Files that the plan does not "
		       "name are not compared.\n\nThe exit code is 1 when something is not as planned.",
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	CLI_OPTIONS(struct verify_args, verify_option_table),
	.run = verify_command,
};
