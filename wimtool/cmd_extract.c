/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "common/image/session.h"
#include "wimtool/apply.h"
#include "wimtool/commands.h"
#include "wimtool/wim_show.h"

struct extract_args {
	struct cli_list refs;
	const char *dest_dir;
	bool check;
	bool to_stdout;
	bool no_wildcards;
	bool nullglob;
	bool keep_folders;
	bool unix_data;
	bool no_acls;
	bool strict_acls;
	bool no_attributes;
	bool invalid_names; /* nothing to do: all names that are applied are names of Linux */
	bool recover_data;
	uint64_t threads;
};

static void show_result(const struct cli *cli, const struct session_extract *r, const struct session_applied *done)
{
	apply_say_left_out(cli, &done->done);
	json_begin_object(cli->json, "result");
	json_text(cli->json, "wim", r->what.wim);
	json_text(cli->json, "target", r->what.target);
	json_begin_array(cli->json, "paths");
	for (size_t i = 0; i < r->n_paths; i++)
		json_text(cli->json, NULL, r->paths[i]);
	json_end_array(cli->json);
	apply_json_counts(cli->json, &done->done);
	json_end_object(cli->json);
}

static int to_stdout(const struct session_extract *request, struct err *err)
{
	if (session_extract_stream(request, wim_show_data, stdout, err) >= 0)
		return CLI_DONE;
	if (err->kind == ERR_USAGE) /* a folder: not the words are wrong but what they name */
		err->kind = ERR_REFUSED;
	return -1;
}

static int extract_run(struct cli *cli, const void *raw, struct err *err)
{
	static const char *const everything[] = { "/" };
	const struct extract_args *args = raw;
	bool all = cli->n_args < 3;
	struct session_applied done;
	struct session_extract request = {
		.what = {
			.wim = cli->args[0],
			.image = cli->args[1],
			.target = args->dest_dir ? args->dest_dir : ".",
			.refs = &args->refs,
			.check = args->check,
			.unix_data = args->unix_data,
			.no_acls = args->no_acls,
			.strict_acls = args->strict_acls,
			.no_attributes = args->no_attributes,
			.recover_data = args->recover_data,
			.threads = (unsigned)args->threads,
		},
		.paths = all ? everything : (const char *const *)&cli->args[2],
		.n_paths = all ? ARRAY_SIZE(everything) : cli->n_args - 2,
		.no_wildcards = args->no_wildcards || all,
		.allow_no_match = args->nullglob,
		.keep_folders = args->keep_folders,
	};

	if (args->to_stdout && cli->json)
		return err_set(err, ERR_USAGE, "--to-stdout and --json exclude each other");
	if (args->to_stdout)
		return all ? err_set(err, ERR_USAGE, "--to-stdout wants the path of a file") : to_stdout(&request, err);
	if (args->threads > APPLY_THREADS_MAX)
		return err_set(err, ERR_USAGE, "--threads=%" PRIu64 ": at most %d", args->threads, APPLY_THREADS_MAX);
	if (session_extract(&request, cli, &done, err) < 0)
		return -1;
	show_result(cli, &request, &done);
	return done.done.damaged ? CLI_FINDINGS : CLI_DONE;
}

static const struct cli_option extract_options[] = {
	OPT_TEXT(struct extract_args, dest_dir, 0, "dest-dir", "DIR", "write into DIR (default: the current folder)"),
	OPT_LIST(struct extract_args, refs, 0, "ref", "GLOB", "take missing data from these parts (install*.swm)"),
	OPT_FLAG(struct extract_args, check, 0, "check", "compare the WIM with its integrity table first"),
	OPT_FLAG(struct extract_args, to_stdout, 0, "to-stdout", "write the contents to standard output, as cat does"),
	OPT_FLAG(struct extract_args, no_wildcards, 0, "no-wildcards", "* and ? stand for themselves"),
	OPT_FLAG(struct extract_args, no_wildcards, 0, "no-globs", "the same"),
	OPT_FLAG(struct extract_args, nullglob, 0, "nullglob", "a pattern may match nothing"),
	OPT_FLAG(struct extract_args, keep_folders, 0, "preserve-dir-structure",
		 "write DIR/Windows/win.ini and not DIR/win.ini"),
	OPT_FLAG(struct extract_args, unix_data, 0, "unix-data", "restore owners, modes and special files of Linux"),
	OPT_FLAG(struct extract_args, no_acls, 0, "no-acls", "do not restore security descriptors"),
	OPT_FLAG(struct extract_args, strict_acls, 0, "strict-acls", "fail when a security descriptor cannot be restored"),
	OPT_FLAG(struct extract_args, no_attributes, 0, "no-attributes", "do not restore attributes of Windows (NTFS volumes)"),
	OPT_FLAG(struct extract_args, invalid_names, 0, "include-invalid-names", "the default: Linux takes all names that Windows refuses"),
	OPT_FLAG(struct extract_args, recover_data, 0, "recover-data",
		 "write damaged files as far as they can be read"),
	OPT_NUMBER(struct extract_args, threads, 0, "threads", "N", "decompress and write on N threads (default: one a core)"),
};

static const struct cli_example extract_examples[] = {
	{ "wimtool extract install.wim 1 /Windows/win.ini", "write win.ini into the current folder" },
	{ "wimtool extract install.wim 1 '/Windows/System32/*.exe' --dest-dir=out", "all programs of a folder" },
	{ "wimtool extract install.wim 1 @list.txt --dest-dir=out", "the paths that a file lists, with their folders" },
};

const struct cli_command cmd_extract = {
	.name = "extract",
	.summary = "write files of an image into a folder",
	.usage = "WIM IMAGE [PATH | @LISTFILE]...",
	.description =
		"Paths begin at the top of the image; / and \\ both separate names, * and ? match, upper and lower "
		"case are the same. A folder is written with all that is in it. Without a PATH the whole image is "
		"written. A listed file (@LISTFILE: one path a line) keeps its folders.",
	.examples = extract_examples,
	.n_examples = ARRAY_SIZE(extract_examples),
	CLI_OPTIONS(struct extract_args, extract_options),
	.min_args = 2,
	.max_args = SIZE_MAX,
	.has_json = true,
	.run = extract_run,
};
