/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "common/base/file.h"
#include "wimtool/commands.h"
#include "wimtool/mount_commit.h"

struct commit_args {
	const char *append;
	bool check;
};

static void show(const struct cli *cli, const struct mount_record *record, const struct mount_committed *done)
{
	struct json *j = cli->json;

	if (!cli->quiet && done->nothing)
		fprintf(cli->out, "%s: nothing has changed since the last commit\n", cli->args[0]);
	else if (!cli->quiet)
		fprintf(cli->out, "%s: committed as image %u of %s\n", cli->args[0], done->image, record->wim);
	json_begin_object(j, "result");
	json_text(j, "directory", cli->args[0]);
	json_text(j, "wim", record->wim);
	json_uint(j, "image", done->image);
	json_bool(j, "committed", !done->nothing);
	json_uint(j, "changed", done->stats.changed);
	json_uint(j, "removed", done->stats.removed);
	json_end_object(j);
}

static int commit(const struct cli *cli, const struct commit_args *args, struct err *err)
{
	CLEANUP(freep) char *real = mount_real_path(cli->args[0], err);
	CLEANUP(mount_records_release) struct mount_records records = { 0 };
	const struct mount_commit request = { .append = args->append, .check = args->check };
	struct mount_committed done;
	struct mount_record *record;
	CLEANUP(close_fdp) int lock = -1;

	if (!real || mount_records_load(&records, err) < 0)
		return -1;
	record = mount_records_find(&records, real, err);
	lock = record ? mount_lock(record, err) : -1;
	if (lock < 0 || mount_commit_run(record, &request, &done, err) < 0)
		return -1;
	show(cli, record, &done);
	return CLI_DONE;
}

static int commit_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct commit_args *args = raw;

	if (args->append && !*args->append)
		return err_set(err, ERR_USAGE, "--append needs a name");
	return commit(cli, args, err) < 0 ? err_context(err, "%s", cli->args[0]) : CLI_DONE;
}

static const struct cli_option commit_options[] = {
	OPT_TEXT(struct commit_args, append, 0, "append", "NAME", "add the image as a further one with this name"),
	OPT_FLAG(struct commit_args, check, 0, "check", "give the WIM an integrity table"),
};

static const struct cli_example commit_examples[] = {
	{ "wimtool commit /mnt/pe", "write what was changed so far; the mount stays" },
	{ "wimtool commit /mnt/pe --append='PE with drivers'", "keep the old image too" },
};

const struct cli_command cmd_commit = {
	.name = "commit",
	.summary = "write the changes of a mount into the WIM, and stay mounted",
	.usage = "DIR",
	.description =
		"The changes go into the image in one append, under the undo journal of update. A file that was changed "
		"or renamed keeps its security descriptor, attributes, creation time, short name and hard links. When "
		"another program has changed the image since it was mounted, commit refuses; --append keeps the changes.",
	.examples = commit_examples,
	.n_examples = ARRAY_SIZE(commit_examples),
	CLI_OPTIONS(struct commit_args, commit_options),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	.run = commit_run,
};
