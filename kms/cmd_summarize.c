/* SPDX-License-Identifier: GPL-3.0-or-later */
/* summarize and merge: the union of the events of logs and summaries, as one summary. */
#include <string.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "kms/commands.h"
#include "kms/summary.h"

struct summarize_args {
	const char *output;
	const char *host;
	uint64_t jobs;
};

static const struct cli_option summarize_options[] = {
	OPT_TEXT(struct summarize_args, output, 'o', "output", "FILE",
		 "write the summary to FILE (- or none: standard output)"),
	OPT_TEXT(struct summarize_args, host, 0, "host", "NAME", "name of the host of logs that do not tell it"),
	OPT_NUMBER(struct summarize_args, jobs, 'j', "jobs", "N", "read with N threads (default: one a processor)"),
};

static const struct cli_option merge_options[] = {
	OPT_TEXT(struct summarize_args, output, 'o', "output", "FILE",
		 "write the summary to FILE (- or none: standard output)"),
	OPT_NUMBER(struct summarize_args, jobs, 'j', "jobs", "N", "read with N threads (default: one a processor)"),
};

static int write_summary(struct cli *cli, const char *path, const struct strbuf *bytes, struct err *err)
{
	if (path && strcmp(path, "-") != 0)
		return atomic_file_replace(path, strbuf_text(bytes), bytes->len, err) < 0 ? err_context(err, "%s", path) : 0;
	if (isatty(STDOUT_FILENO))
		return err_set(err, ERR_USAGE, "a summary is no text for a terminal: use -o FILE");
	fwrite(bytes->data, 1, bytes->len, cli->out);
	return 0;
}

static int make_summary(struct cli *cli, const struct summarize_args *args, bool only_summaries, struct err *err)
{
	CLEANUP(log_files_release) struct log_files files = { 0 };
	CLEANUP(summary_freep) struct summary *summary = summary_new(args->host);
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	if (log_files_find(&files, cli->args, cli->n_args, err) < 0 ||
	    summary_logs(summary, &files, args->jobs, only_summaries, err) < 0)
		return -1;
	log_files_tell(&files, cli);
	summary_write(summary, &bytes);
	if (write_summary(cli, args->output, &bytes, err) < 0)
		return -1;
	cli_verbose(cli, "%zu events in %zu bytes", summary_events(summary), bytes.len);
	return CLI_DONE;
}

static int summarize_run(struct cli *cli, const void *args, struct err *err)
{
	return make_summary(cli, args, false, err);
}

static int merge_run(struct cli *cli, const void *args, struct err *err)
{
	return make_summary(cli, args, true, err);
}

static const struct cli_example summarize_examples[] = {
	{ "kms summarize kms01.evtx -o kms01.kmsd", "on each host, a twentieth of the size" },
};

const struct cli_command cmd_summarize = {
	.name = "summarize",
	.summary = "make a small summary of logs that can be merged with others",
	.usage = "LOG... -o FILE.kmsd",
	.description = "Writes the events of logs in a compact form that every command here reads like a log. "
		       "Summaries may be made of parts, overlap, and be merged in any order: an event counts once, "
		       "known by its host, record number and time, or by its content where a log has no numbers.\n\n"
		       "Give --host for text exports that do not name their host; else it is the path of the file.",
	.examples = summarize_examples,
	.n_examples = ARRAY_SIZE(summarize_examples),
	CLI_OPTIONS(struct summarize_args, summarize_options),
	.min_args = 1,
	.max_args = SIZE_MAX,
	.run = summarize_run,
};

static const struct cli_example merge_examples[] = {
	{ "kms merge *.kmsd -o all.kmsd", "one summary of several hosts" },
	{ "kms merge a.kmsd b.kmsd | kms audit -", "without a file between" },
};

const struct cli_command cmd_merge = {
	.name = "merge",
	.summary = "make one summary of several",
	.usage = "SUMMARY... [-o FILE.kmsd]",
	.description = "The result has each event once. It is the same, byte for byte, in whatever order and groups "
		       "summaries are merged, and merging one twice changes nothing.",
	.examples = merge_examples,
	.n_examples = ARRAY_SIZE(merge_examples),
	CLI_OPTIONS(struct summarize_args, merge_options),
	.min_args = 1,
	.max_args = SIZE_MAX,
	.run = merge_run,
};
