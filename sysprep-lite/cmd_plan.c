/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/atomic_file.h"
#include "sysprep-lite/commands.h"

struct plan_args {
	struct cli_list hives;
	struct cli_list enable, disable;
	int rearm;
	const char *time_zone;
	const char *output;
};

static const struct cli_option plan_option_table[] = {
	OPT_HIVE(struct plan_args, hives),
	OPT_TEXT(struct plan_args, output, 'o', "output", "PLAN.json", "write the plan as JSON"),
	OPT_LIST(struct plan_args, enable, 0, "enable", "NAME", "an operation or category that is off by default"),
	OPT_LIST(struct plan_args, disable, 0, "disable", "NAME", "leave out an operation or category"),
	OPT_CHOICE(struct plan_args, rearm, 0, "rearm", "HOW", rearm_choices,
		   "first-boot rearm: auto, none, setupcomplete, startup-script"),
	OPT_TEXT(struct plan_args, time_zone, 0, "timezone", "ZONE", "set the time zone: key name, index or IANA name"),
};

static int write_plan(const struct plan *plan, const char *target, const char *path, bool show_secrets, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(json_freep) struct json *json = json_new(&out, true);

	json_begin_object(json, NULL);
	json_text(json, "schema", "goldwim/sysprep-plan/1");
	json_text(json, "target", target);
	plan_to_json(plan, json, show_secrets);
	json_end_object(json);
	if (atomic_file_replace(path, out.data, out.len, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

static int plan_command(struct cli *cli, const void *args, struct err *err)
{
	const struct plan_args *a = args;
	struct plan_options options = {
		.choice = { &a->enable, &a->disable },
		.rearm = (enum rearm_mode)a->rearm,
		.time_zone = a->time_zone,
	};
	CLEANUP(subject_release) struct subject subject = { 0 };
	CLEANUP(plan_freep) struct plan *plan = NULL;

	if (op_choice_check(&options.choice, err) < 0 || subject_open(&subject, cli, &a->hives, false, err) < 0)
		return -1;
	plan = plan_build(subject.root, &options, err);
	if (!plan || ((cli->json || cli->verbose || a->output) && plan_find_places(plan, subject.root, err) < 0))
		return -1;
	json_text(cli->json, "target", target_name(subject.target));
	plan_to_json(plan, cli->json, cli->show_secrets);
	plan_print(plan, cli->out, cli->verbose ? PLAN_PLACES : PLAN_EDITS, cli->show_secrets);
	fprintf(cli->out, "%s: %zu edits and %zu identifiers to replace\n", target_name(subject.target),
		plan->edits.len, plan->guids.len);
	if (a->output && write_plan(plan, target_name(subject.target), a->output, cli->show_secrets, err) < 0)
		return -1;
	return CLI_DONE;
}

const struct cli_command cmd_plan = {
	.name = "plan",
	.summary = "show what generalize would change, in order",
	.usage = "TARGET | --hive NAME=FILE...",
	.description = "TARGET is a folder that holds a Windows folder, or IMAGE.wim:INDEX. Nothing is written to it. "
		       "New identifiers are random: each run shows other ones.",
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	.has_secrets = true,
	CLI_OPTIONS(struct plan_args, plan_option_table),
	.run = plan_command,
};
