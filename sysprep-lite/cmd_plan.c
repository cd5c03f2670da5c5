/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/atomic_file.h"
#include "sysprep-lite/commands.h"
#include "sysprep-lite/plan_file.h"
#include "sysprep-lite/plan_text.h"

enum plan_format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_REG,
	FORMAT_DIFF,
};

static const char *const format_choices[] = {
	[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_REG] = "reg", [FORMAT_DIFF] = "diff", NULL,
};

struct plan_args {
	struct cli_list hives;
	struct cli_list enable, disable;
	int format;
	int nic;
	int rearm;
	const char *time_zone;
	const char *computer_name;
	const char *output;
};

static const struct cli_option plan_option_table[] = {
	OPT_HIVE(struct plan_args, hives),
	OPT_TEXT(struct plan_args, output, 'o', "output", "FILE",
		 "write the plan to FILE: as JSON, or in the format of --format"),
	OPT_CHOICE(struct plan_args, format, 'f', "format", "FORMAT", format_choices,
		   "text, json (for generalize --plan), reg (for regedit) or diff"),
	OPT_LIST(struct plan_args, enable, 0, "enable", "NAME", "an operation or category that is off by default"),
	OPT_LIST(struct plan_args, disable, 0, "disable", "NAME", "leave out an operation or category"),
	OPT_CHOICE(struct plan_args, nic, 0, "nic", "HOW", nic_choices,
		   "network adapters: remap (new GUIDs) or remove (Windows detects them anew)"),
	OPT_CHOICE(struct plan_args, rearm, 0, "rearm", "HOW", rearm_choices,
		   "first-boot rearm: auto, none, setupcomplete, startup-script"),
	OPT_TEXT(struct plan_args, computer_name, 0, "computer-name", "NAME",
		 "give the computer this name; '*' makes a random one"),
	OPT_TEXT(struct plan_args, time_zone, 0, "timezone", "ZONE", "set the time zone: key name, index or IANA name"),
};

static int write_format(struct cli *cli, const struct plan_args *a, struct plan *plan, struct winroot *root,
			struct strbuf *ret, struct err *err)
{
	if (a->format == FORMAT_REG)
		return plan_to_reg(plan, ret, err);
	if (a->format == FORMAT_DIFF)
		return plan_to_diff(plan, root, cli->show_secrets, ret, err);
	return plan_document(plan, root, cli->show_secrets, ret, err);
}

static void print_text(struct cli *cli, const struct plan *plan, const char *target)
{
	plan_print(plan, cli->out, cli->verbose ? PLAN_PLACES : PLAN_EDITS, cli->show_secrets);
	fprintf(cli->out, "%s: %zu edit%s and %zu identifier%s to replace\n", target, plan->edits.len,
		PLURAL(plan->edits.len), plan->guids.len, PLURAL(plan->guids.len));
}

static int show_plan(struct cli *cli, const struct plan_args *a, struct plan *plan, struct winroot *root,
		     struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	json_text(cli->json, "target", target_name(winroot_target(root)));
	plan_to_json(plan, cli->json, cli->show_secrets);
	if (!a->output && a->format == FORMAT_TEXT) {
		print_text(cli, plan, target_name(winroot_target(root)));
		return CLI_DONE;
	}
	if (write_format(cli, a, plan, root, &out, err) < 0)
		return -1;
	if (!a->output) {
		fwrite(strbuf_text(&out), 1, out.len, cli->out);
		return CLI_DONE;
	}
	print_text(cli, plan, target_name(winroot_target(root)));
	if (atomic_file_replace(a->output, out.data, out.len, err) < 0)
		return err_context(err, "%s", a->output);
	return CLI_DONE;
}

static int plan_command(struct cli *cli, const void *args, struct err *err)
{
	const struct plan_args *a = args;
	struct plan_options options = {
		.choice = { &a->enable, &a->disable },
		.nic = (enum nic_mode)a->nic,
		.rearm = (enum rearm_mode)a->rearm,
		.time_zone = a->time_zone,
		.computer_name = a->computer_name,
	};
	CLEANUP(subject_release) struct subject subject = { 0 };
	CLEANUP(plan_freep) struct plan *plan = NULL;
	bool places = cli->json || cli->verbose || a->output || a->format != FORMAT_TEXT;

	if (op_choice_check(&options.choice, err) < 0 || subject_open(&subject, cli, &a->hives, false, err) < 0)
		return -1;
	plan = plan_build(subject.root, &options, err);
	if (!plan || (places ? plan_find_places : plan_count_guids)(plan, subject.root, err) < 0)
		return -1;
	return show_plan(cli, a, plan, subject.root, err);
}

static const struct cli_example plan_examples[] = {
	{ "sysprep-lite plan install.wim:1", "every edit, for people" },
	{ "sysprep-lite plan -o plan.json install.wim:1",
	  "for generalize --plan plan.json and verify --plan plan.json" },
	{ "sysprep-lite plan --format=reg -o edits.reg /mnt/windows", "the edits of keys and values, for regedit" },
};

const struct cli_command cmd_plan = {
	.name = "plan",
	.summary = "show what generalize would change, in order",
	.usage = "TARGET | --hive NAME=FILE...",
	.description = "TARGET is a folder that holds a Windows folder, or IMAGE.wim:INDEX. Nothing is written to it. "
		       "New identifiers are random: each run shows other ones. A plan written with -o keeps "
		       "them, and holds the SHA-256 of what it was made from.\n\n"
		       "A .reg file cannot tell of identifiers that are replaced everywhere, nor of files: they stand "
		       "in it as comments.",
	.examples = plan_examples,
	.n_examples = ARRAY_SIZE(plan_examples),
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	.has_secrets = true,
	CLI_OPTIONS(struct plan_args, plan_option_table),
	.run = plan_command,
};
