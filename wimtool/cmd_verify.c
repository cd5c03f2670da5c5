/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "common/base/file.h"
#include "common/cli/progress.h"
#include "common/image/image.h"
#include "common/image/wim_journal.h"
#include "common/image/wim_verify.h"
#include "wimtool/commands.h"

#define THREADS_MAX 1024

struct verify_args {
	struct cli_list refs;
	uint64_t threads;
	bool no_check;
};

struct verifier {
	struct report *report;
	const char *wim;
	struct progress bar;
};

static const struct rule_meta problem_rules[] = {
	[WIM_PROBLEM_INTEGRITY] = {
		.id = "integrity-mismatch",
		.severity = SEVERITY_ERROR,
		.summary = "the file differs from its integrity table",
		.why = "DISM with /CheckIntegrity and wimlib-imagex with --check refuse the file.",
		.advice = "copy the file again from its source; when its contents are good, wimlib-imagex optimize "
			  "--check writes the table anew",
	},
	[WIM_PROBLEM_METADATA] = {
		.id = "metadata-damaged",
		.severity = SEVERITY_ERROR,
		.summary = "the folders of an image cannot be read",
		.why = "The image cannot be applied or mounted.",
		.advice = "copy the file again from its source; other images of it may still be good",
	},
	[WIM_PROBLEM_SECURITY] = {
		.id = "security-descriptor-missing",
		.severity = SEVERITY_ERROR,
		.summary = "a file names a security descriptor that the image does not have",
		.why = "The file gets no permissions of its own when the image is applied, or the image is refused.",
		.advice = "capture the image again",
	},
	[WIM_PROBLEM_MISSING] = {
		.id = "blob-missing",
		.severity = SEVERITY_ERROR,
		.summary = "the contents of a file are not in the WIM",
		.why = "Applying the image fails at this file.",
		.advice = "replace or delete the file with wimtool update, or get the whole WIM",
	},
	[WIM_PROBLEM_DAMAGED] = {
		.id = "blob-damaged",
		.severity = SEVERITY_ERROR,
		.summary = "the contents of a file are damaged",
		.why = "Applying the image fails at this file.",
		.advice = "copy the WIM again from its source, or replace the file with wimtool update",
	},
	[WIM_PROBLEM_REFCOUNT] = {
		.id = "refcount-wrong",
		.severity = SEVERITY_WARNING,
		.summary = "the blob table counts the uses of contents wrongly",
		.why = "Deleting an image may drop contents that another still uses, or keep what nobody uses.",
		.advice = "export the images into a new WIM (DISM /Export-Image, wimlib-imagex export)",
	},
};

static const struct rule_meta journal_left = {
	.id = "undo-journal-left",
	.severity = SEVERITY_WARNING,
	.summary = "a change of the WIM was interrupted",
	.why = "The WIM holds the old files or the new ones, and bytes that nobody uses.",
	.advice = "run wimtool recover to put it back as it was",
};

static const struct rule_meta write_flag_left = {
	.id = "write-in-progress",
	.severity = SEVERITY_WARNING,
	.summary = "the header says that the WIM is being written",
	.why = "A program is writing it now, or was ended while it did; the old contents are then still there.",
	.advice = "wait for the program; when there is none, wimtool recover clears the mark",
};

static void on_problem(void *context, enum wim_problem kind, const char *what, const char *place)
{
	const struct verifier *v = context;
	struct place where = { .file = v->wim, .item = place };

	/* The text of broken metadata names the image itself. */
	if (kind == WIM_PROBLEM_METADATA)
		report_add(v->report, &problem_rules[kind], where, "%s", what);
	else
		report_add(v->report, &problem_rules[kind], where, "%s: %s", place, what);
}

static int on_progress(void *context, uint64_t done, uint64_t total)
{
	struct verifier *v = context;

	progress_set_total(&v->bar, total);
	progress_update(&v->bar, done);
	return 0;
}

/* Traces of a write that did not end. */
static void look_for_traces(const struct verifier *v, const struct wim_verify_result *done)
{
	CLEANUP(freep) char *journal = wim_journal_path(v->wim);

	if (path_exists(journal))
		report_add(v->report, &journal_left, (struct place){ .file = v->wim }, "%s lies beside it", journal);
	else if (done->write_in_progress)
		report_add(v->report, &write_flag_left, (struct place){ .file = v->wim },
			   "the header says that it is being written");
}

static void show_result(const struct cli *cli, const char *wim, const struct wim_verify_result *done, size_t problems)
{
	struct json *j = cli->json;

	if (!cli->quiet)
		fprintf(cli->out,
			"%s: %u image%s, %" PRIu64 " %s, %" PRIu64 " content%s, %" PRIu64 " bytes, %s: %s\n", wim,
			done->images, PLURAL(done->images), done->entries, done->entries == 1 ? "entry" : "entries",
			done->blobs, PLURAL(done->blobs), done->bytes,
			done->had_integrity ? "integrity table" : "no integrity table",
			problems ? "problems found" : "all good");
	json_begin_object(j, "result");
	json_text(j, "wim", wim);
	json_uint(j, "parts", done->parts);
	json_uint(j, "images", done->images);
	json_uint(j, "entries", done->entries);
	json_uint(j, "contents", done->blobs);
	json_uint(j, "bytes", done->bytes);
	json_bool(j, "integrity_table", done->had_integrity);
	json_bool(j, "good", problems == 0);
	json_end_object(j);
}

static int verify(struct cli *cli, struct verifier *v, const struct verify_args *args, struct err *err)
{
	const struct wim_verify_options options = {
		.context = v,
		.problem = on_problem,
		.progress = on_progress,
		.threads = (unsigned)args->threads,
		.no_integrity = args->no_check,
		.refs = args->refs.items,
		.n_refs = args->refs.len,
	};
	struct wim_verify_result done;
	int result;

	progress_begin(&v->bar, cli, "verify", 0);
	result = image_verify(v->wim, &options, &done, err);
	progress_end(&v->bar);
	if (result < 0)
		return -1;
	look_for_traces(v, &done);
	result = cli_report(cli, v->report, SEVERITY_WARNING);
	show_result(cli, v->wim, &done, report_len(v->report));
	return result;
}

static int verify_run(struct cli *cli, const void *raw, struct err *err)
{
	CLEANUP(report_freep) struct report *report = report_new();
	struct verifier verifier = { .report = report, .wim = cli->args[0] };
	const struct verify_args *args = raw;

	if (args->threads > THREADS_MAX)
		return err_set(err, ERR_USAGE, "--threads: no more than %d", THREADS_MAX);
	return verify(cli, &verifier, args, err);
}

static const struct cli_option verify_options[] = {
	OPT_FLAG(struct verify_args, no_check, 0, "nocheck", "do not compare the file with its integrity table"),
	OPT_NUMBER(struct verify_args, threads, 0, "threads", "N", "use N threads (default: one a core)"),
	OPT_LIST(struct verify_args, refs, 0, "ref", "GLOB", "verify these parts with it, and what is in which (install*.swm)"),
};

static const struct cli_example verify_examples[] = {
	{ "wimtool verify install.wim", "check a file after a download" },
	{ "wimtool verify install.wim --json | jq '.findings[].item'", "what is damaged, for a script" },
	{ "wimtool verify install.swm --ref='install*.swm'", "a split WIM as a whole" },
};

const struct cli_command cmd_verify = {
	.name = "verify",
	.summary = "check everything in a WIM that can be checked",
	.usage = "WIM",
	.description =
		"Reads all contents and compares their SHA-1, reads the folders of each image, looks whether every "
		"file's contents are there, counts references, and compares the file with its integrity table when it "
		"has one. Of one part of a split WIM only what is in it is checked, and with --ref the whole. Exit code 1 when something is wrong, 3 when the file cannot be read as a WIM at all.",
	.examples = verify_examples,
	.n_examples = ARRAY_SIZE(verify_examples),
	CLI_OPTIONS(struct verify_args, verify_options),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	.run = verify_run,
};
