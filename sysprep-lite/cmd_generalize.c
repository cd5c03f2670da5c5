/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/apply.h"
#include "sysprep-lite/commands.h"
#include "sysprep-lite/plan_file.h"
#include "sysprep-lite/rearm.h"
#include "sysprep-lite/verdict.h"

struct generalize_args {
	struct cli_list hives;
	struct cli_list enable, disable;
	int nic;
	int rearm;
	const char *time_zone;
	const char *computer_name;
	const char *journal;
	const char *plan;
	bool dry_run;
};

static const struct cli_option generalize_option_table[] = {
	OPT_HIVE(struct generalize_args, hives),
	OPT_FLAG(struct generalize_args, dry_run, 'n', "dry-run", "show the plan, change nothing"),
	OPT_TEXT(struct generalize_args, plan, 0, "plan", "PLAN.json",
		 "do what the plan says that plan -o wrote; refused when a hive has changed since"),
	OPT_TEXT(struct generalize_args, journal, 0, "journal", "FILE",
		 "first write FILE, from which undo restores what was there"),
	OPT_LIST(struct generalize_args, enable, 0, "enable", "NAME",
		 "an operation or category that is off by default"),
	OPT_LIST(struct generalize_args, disable, 0, "disable", "NAME", "leave out an operation or category"),
	OPT_CHOICE(struct generalize_args, nic, 0, "nic", "HOW", nic_choices,
		   "network adapters: remap (new GUIDs) or remove (Windows detects them anew)"),
	OPT_CHOICE(struct generalize_args, rearm, 0, "rearm", "HOW", rearm_choices,
		   "first-boot rearm: auto, none, setupcomplete, startup-script"),
	OPT_TEXT(struct generalize_args, computer_name, 0, "computer-name", "NAME",
		 "give the computer this name; '*' makes a random one"),
	OPT_TEXT(struct generalize_args, time_zone, 0, "timezone", "ZONE",
		 "set the time zone: key name, index or IANA name"),
};

static bool stages_rearm(const struct plan *plan)
{
	for (size_t i = 0; i < plan->edits.len; i++)
		if (plan->edits.items[i].row->verb == VERB_CODE && plan->edits.items[i].kind == EDIT_PUT_FILE)
			return true;
	return false;
}

static void print_left_for_windows(bool staged, const struct setup_state *state, bool dry_run, FILE *out)
{
	fprintf(out, "\nWhat only Windows can do:\n");
	if (dry_run)
		fprintf(out, "  - the client machine ID (CMID) is not changed offline: a rearm inside Windows does "
			     "that\n");
	else if (staged)
		fprintf(out, "  - the client machine ID (CMID) changes at the first boot, not now: the staged "
			     "script runs slmgr /rearm\n");
	else
		fprintf(out, "  - the client machine ID (CMID) is unchanged: run slmgr /rearm on each machine\n");
	if (verdict_of(state, NULL) == VERDICT_GENERALIZED)
		return;
	fprintf(out, "  - the machine SID is unchanged: only sysprep /generalize makes a new one (Windows 11 24H2, "
		     "Server 2025 and later refuse logons between machines of one SID)\n"
		     "  - devices and drivers stay as they are on the reference machine\n"
		     "  - domain membership, BitLocker and installed certificates are not touched\n");
}

static void print_clone_warning(const struct plan *plan, FILE *out)
{
	if (plan->guids.len)
		fprintf(out, "\nThe new identifiers belong to this copy of the image. Machines that are all made from "
			     "it share them:\ntreat one copy for each machine, or run sysprep /generalize before the "
			     "capture.\n");
}

static size_t plan_references(const struct plan *plan)
{
	size_t sum = 0;

	for (size_t i = 0; i < plan->guids.len; i++)
		sum += guid_edit_hits(&plan->guids.items[i]);
	return sum;
}

static void stats_to_json(const struct commit_stats *stats, size_t references, bool dry_run, struct json *json)
{
	json_bool(json, "dry_run", dry_run);
	json_begin_object(json, "applied");
	json_uint(json, "hives", stats->hives);
	json_uint(json, "logs_emptied", stats->logs);
	json_uint(json, "files", stats->files);
	json_uint(json, "references", references);
	json_end_object(json);
}

static int run_plan(struct cli *cli, struct subject *subject, struct plan *plan,
		    const struct generalize_args *a, struct err *err)
{
	const char *name = target_name(subject->target);
	struct commit_stats stats = { 0 };
	struct setup_state state;

	if (setup_state_read(subject->root, &state, err) < 0)
		return -1;
	if (!a->dry_run && is_hibernated(subject->root)) {
		err_set(err, ERR_REFUSED,
			"%s: Windows is hibernated: the session in hiberfil.sys would damage the changes", name);
		return err_hint(err, "start it and shut it down with 'shutdown /s /t 0'");
	}
	if (!a->dry_run && plan_apply(plan, subject->root, a->journal, &stats, err) < 0)
		return -1;
	json_text(cli->json, "target", name);
	plan_to_json(plan, cli->json, cli->show_secrets);
	if (plan_is_empty(plan))
		fprintf(cli->out, "%s: nothing left that sysprep-lite can change\n", name);
	plan_print(plan, cli->out, cli->verbose ? PLAN_PLACES : PLAN_SHORT, cli->show_secrets);
	stats_to_json(&stats, a->dry_run ? 0 : plan_references(plan), a->dry_run, cli->json);
	if (a->dry_run)
		fprintf(cli->out, "\n%s: dry run, nothing was changed\n", name);
	else if (!plan_is_empty(plan))
		fprintf(cli->out, "\n%s: done: %u hive%s rewritten, %zu reference%s to %zu identifier%s replaced, %u file "
				  "action%s\n",
			name, stats.hives, PLURAL(stats.hives), plan_references(plan), PLURAL(plan_references(plan)),
			plan->guids.len, PLURAL(plan->guids.len), stats.files, PLURAL(stats.files));
	print_clone_warning(plan, cli->out);
	return 0;
}

/* The plan of the file, or a new one. */
static struct plan *make_plan(const struct generalize_args *a, struct winroot *root, struct err *err)
{
	struct plan_options options = {
		.choice = { &a->enable, &a->disable },
		.nic = (enum nic_mode)a->nic,
		.rearm = (enum rearm_mode)a->rearm,
		.time_zone = a->time_zone,
		.computer_name = a->computer_name,
	};
	CLEANUP(plan_file_release) struct plan_file file = { 0 };
	struct plan *plan;

	if (!a->plan)
		return plan_build(root, &options, err);
	if (plan_file_read(a->plan, &file, err) < 0)
		return NULL;
	if (plan_file_check_inputs(&file, root, err) < 0 || plan_file_check_edits(&file, root, err) < 0) {
		err_context(err, "%s", a->plan);
		return NULL;
	}
	plan = file.plan;
	file.plan = NULL;
	return plan;
}

/* What is shown of identifiers before they are gone. */
static int look_for_guids(const struct cli *cli, const struct generalize_args *a, struct plan *plan,
			  struct winroot *root, struct err *err)
{
	if (cli->json || cli->verbose)
		return plan_find_places(plan, root, err);
	return a->dry_run ? plan_count_guids(plan, root, err) : 0;
}

static int check_options(const struct generalize_args *a, struct err *err)
{
	const struct op_choice choice = { &a->enable, &a->disable };

	if (a->plan && (a->enable.len || a->disable.len || a->nic || a->rearm || a->time_zone || a->computer_name))
		return err_set(err, ERR_USAGE, "--plan says all that is done: give the other options to plan");
	return op_choice_check(&choice, err);
}

static int generalize_command(struct cli *cli, const void *args, struct err *err)
{
	const struct generalize_args *a = args;
	CLEANUP(subject_release) struct subject subject = { 0 };
	CLEANUP(plan_freep) struct plan *plan = NULL;
	struct setup_state state;

	if (check_options(a, err) < 0 || subject_open(&subject, cli, &a->hives, !a->dry_run, err) < 0)
		return -1;
	plan = make_plan(a, subject.root, err);
	if (!plan || look_for_guids(cli, a, plan, subject.root, err) < 0 ||
	    setup_state_read(subject.root, &state, err) < 0 ||
	    run_plan(cli, &subject, plan, a, err) < 0)
		return -1;
	print_left_for_windows(stages_rearm(plan) || rearm_is_staged(subject.root), &state, a->dry_run, cli->out);
	return CLI_DONE;
}

static const struct cli_example generalize_examples[] = {
	{ "sysprep-lite generalize install.wim:1", "change image 1 in place" },
	{ "sysprep-lite generalize --plan plan.json install.wim:1", "do what 'plan -o plan.json' showed" },
	{ "sysprep-lite generalize --dry-run /mnt/windows", "only show what would be done" },
	{ "sysprep-lite generalize --disable logs --timezone 'W. Europe Standard Time' install.wim:1",
	  "keep the logs and set the time zone" },
};

const struct cli_command cmd_generalize = {
	.name = "generalize",
	.summary = "remove the identities of the reference machine from an image",
	.usage = "TARGET | --hive NAME=FILE...",
	.description = "TARGET is a folder that holds a Windows folder (mounted or extracted), or IMAGE.wim:INDEX, "
		       "which is changed in place by one append.\n\n"
		       "Hives are read, a plan is made, and the plan is applied to copies that take the place of the "
		       "hives when all of them are written and checked. A second run finds nothing to do.\n\n"
		       "The client machine ID (CMID) and the machine SID cannot be changed offline: see "
		       "docs/generalize.md.",
	.examples = generalize_examples,
	.n_examples = ARRAY_SIZE(generalize_examples),
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	.has_secrets = true,
	CLI_OPTIONS(struct generalize_args, generalize_option_table),
	.run = generalize_command,
};
