/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/base/filetime.h"
#include "common/base/utf16.h"
#include "sysprep-lite/commands.h"
#include "sysprep-lite/scan.h"

struct scan_args {
	struct cli_list hives;
	bool changeable;
	const char *format;
};

static const struct cli_option scan_option_table[] = {
	OPT_HIVE(struct scan_args, hives),
	OPT_TEXT(struct scan_args, format, 'f', "format", "NAME",
		 "text, json, sarif, junit, checkstyle, github or gitlab: the findings alone, for another program"),
	OPT_FLAG(struct scan_args, changeable, 0, "changeable",
		 "only what generalize changes; exit 0 when nothing of it is left"),
};

static void show(FILE *out, const char *name, const char *value, const char *remark)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	text_show(value, strlen(value), &text);
	fprintf(out, "  %s = %s%s\n", name, text.len ? text.data : "(empty)", remark);
}

static void show_number(FILE *out, const char *name, bool has, uint32_t number, const char *remark)
{
	if (has)
		fprintf(out, "  %s = %u%s\n", name, number, remark);
}

static void print_evidence(const struct setup_state *state, FILE *out)
{
	if (*state->product)
		show(out, "ProductName", state->product, "");
	show(out, "ImageState", *state->image_state ? state->image_state : "(none)", "");
	if (*state->file_image_state && strcasecmp(state->file_image_state, state->image_state) != 0)
		show(out, "State.ini ImageState", state->file_image_state, ", differs from the registry");
	show_number(out, "SetupType", state->has_setup_type, state->setup_type, "");
	show(out, "CmdLine", state->command, "");
	show_number(out, "GeneralizationState", state->has_generalization, state->generalization,
		    state->generalization == 7 ? ", proves nothing: every running machine has 7" : "");
	if (*state->clone_tag)
		show(out, "CloneTag", state->clone_tag, ", proves nothing: every installed machine has one");
	show_number(out, "AuditBoot", state->has_audit && state->audit, state->audit, ", audit mode");
}

static void print_verdict(const struct scan_result *result, const char *name, FILE *out)
{
	char when[FILETIME_TEXT_LEN + 8];

	fprintf(out, "%s: %s: %s\n", name, verdict_name(result->verdict), result->reason);
	print_evidence(&result->state, out);
	if (!result->marker.present)
		return;
	if (result->marker.valid)
		fprintf(out, "  treated offline by sysprep-lite at %s; that is not sysprep /generalize\n",
			filetime_format(result->marker.when, when));
	else
		fprintf(out, "  treated by sysprep-lite at %s, but Windows has run from it since\n",
			filetime_format(result->marker.when, when));
}

static void print_summary(const struct scan_result *result, FILE *out)
{
	if (result->changeable)
		fprintf(out, "%zu %s that sysprep-lite can change: sysprep-lite generalize\n", result->changeable,
			result->changeable == 1 ? "finding" : "findings");
	else
		fprintf(out, "nothing left that sysprep-lite can change\n");
	if (result->only_windows)
		fprintf(out, "%zu that only Windows can change: sysprep /generalize\n", result->only_windows);
}

static void result_to_json(const struct scan_result *result, const char *name, struct json *json)
{
	const struct setup_state *state = &result->state;

	json_text(json, "target", name);
	json_text(json, "verdict", verdict_name(result->verdict));
	json_text(json, "reason", result->reason);
	json_begin_object(json, "evidence");
	json_text(json, "image_state", *state->image_state ? state->image_state : NULL);
	json_text(json, "state_ini", *state->file_image_state ? state->file_image_state : NULL);
	if (state->has_setup_type)
		json_uint(json, "setup_type", state->setup_type);
	json_text(json, "cmd_line", state->command);
	if (state->has_generalization)
		json_uint(json, "generalization_state", state->generalization);
	json_text(json, "clone_tag", *state->clone_tag ? state->clone_tag : NULL);
	json_text(json, "product", *state->product ? state->product : NULL);
	json_bool(json, "sysprep_succeeded_tag", state->has_succeeded_tag);
	json_end_object(json);
	if (result->marker.present) {
		json_begin_object(json, "treated");
		json_filetime(json, "when", result->marker.when);
		json_text(json, "run", result->marker.run);
		json_bool(json, "windows_has_run_since", !result->marker.valid);
		json_end_object(json);
	}
	json_uint(json, "changeable", result->changeable);
	json_uint(json, "changeable_when_enabled", result->optional);
	json_uint(json, "only_windows", result->only_windows);
}

static int print_all(struct cli *cli, struct report *report, const struct scan_result *result, const char *name)
{
	int status;

	print_verdict(result, name, cli->out);
	result_to_json(result, name, cli->json);
	status = cli_report(cli, report, SEVERITY_WARNING);
	print_summary(result, cli->out);
	return status;
}

static int scan_command(struct cli *cli, const void *args, struct err *err)
{
	const struct scan_args *a = args;
	struct scan_options options = {
		.changeable_only = a->changeable, .show_secrets = cli->show_secrets, .verbose = cli->verbose,
	};
	CLEANUP(subject_release) struct subject subject = { 0 };
	CLEANUP(report_freep) struct report *report = report_new();
	CLEANUP(scan_release) struct scan_result result = { 0 };
	const struct renderer *renderer = NULL;
	int status;

	if (cli_find_renderer(cli, a->format, &renderer, err) < 0)
		return -1;
	if (subject_open(&subject, cli, &a->hives, false, err) < 0)
		return -1;
	winroot_accept_dirty(subject.root);
	if (scan_run(subject.root, &options, report, &result, err) < 0)
		return -1;
	status = renderer ? cli_report_as(cli, report, renderer, SEVERITY_WARNING) :
			    print_all(cli, report, &result, target_name(subject.target));
	if (winroot_require_complete(subject.root, err) < 0)
		return -1;
	if (a->changeable)
		return result.changeable ? CLI_FINDINGS : CLI_DONE;
	return result.verdict == VERDICT_GENERALIZED ? status : CLI_FINDINGS;
}

static const struct cli_example scan_examples[] = {
	{ "sysprep-lite scan install.wim:1", "was sysprep run on the image, and what is in it?" },
	{ "sysprep-lite scan --format=sarif install.wim:1", "the findings for a code scanning service" },
	{ "sysprep-lite scan --changeable /mnt/windows", "exit 0 when generalize has nothing to do" },
};

const struct cli_command cmd_scan = {
	.name = "scan",
	.summary = "tell whether an image was generalized, and which identities are in it",
	.usage = "TARGET | --hive NAME=FILE...",
	.description = "TARGET is a folder that holds a Windows folder, or IMAGE.wim:INDEX. Nothing is written.\n\n"
		       "The verdict comes first, with its evidence, then the identities of the reference machine by "
		       "category, then traps. The exit code is 1 when sysprep /generalize was not run on the image "
		       "or when something was found.",
	.examples = scan_examples,
	.n_examples = ARRAY_SIZE(scan_examples),
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	.has_secrets = true,
	CLI_OPTIONS(struct scan_args, scan_option_table),
	.run = scan_command,
};
