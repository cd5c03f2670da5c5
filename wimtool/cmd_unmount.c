/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"
#include "common/base/tempfiles.h"
#include "common/image/image_compose.h"
#include "wimtool/commands.h"
#include "wimtool/mount_commit.h"
#include "wimtool/mount_end.h"

struct unmount_args {
	bool commit;
	bool discard;
	bool new_image;
	bool force;
	bool lazy;
	bool rebuild;
	bool check;
};

struct unmounted {
	char *wim;
	unsigned image;
	bool was_writable;
	bool was_dead;
	bool committed;
};

static const char *outcome(const struct unmounted *done)
{
	if (done->committed)
		return "unmounted, changes committed";
	if (done->was_writable)
		return "unmounted, changes dropped";
	return done->was_dead ? "the dead mount is cleared" : "unmounted";
}

static void show_unmount(const struct cli *cli, const struct unmounted *done)
{
	struct json *j = cli->json;

	if (!cli->quiet)
		fprintf(cli->out, "%s: %s\n", cli->args[0], outcome(done));
	json_begin_object(j, "result");
	json_text(j, "directory", cli->args[0]);
	json_text(j, "wim", done->wim);
	if (done->image)
		json_uint(j, "image", done->image);
	json_bool(j, "committed", done->committed);
	json_bool(j, "was_dead", done->was_dead);
	json_end_object(j);
}

static int commit(const struct unmount_args *args, struct mount_record *record, struct unmounted *ret,
		  struct err *err)
{
	const struct mount_commit request = { .last = true, .new_image = args->new_image, .check = args->check };
	struct mount_committed done;

	if (mount_commit_run(record, &request, &done, err) < 0)
		return -1;
	ret->image = done.image;
	ret->committed = true;
	return 0;
}

/* Everything is committed by then. */
static int rebuild(const struct unmount_args *args, const struct mount_record *record, struct err *err)
{
	const struct image_optimize request = { .wim = record->wim };
	const struct image_work work = { .check = args->check };
	struct image_done done;

	if (image_optimize(&request, &work, &done, err) == 0)
		return 0;
	err_context(err, "%s: committed, but not written anew", record->wim);
	return err_hint(err, "wimtool optimize does it");
}

static int unmount_record(const struct cli *cli, const struct unmount_args *args, struct mount_record *record,
			  struct unmounted *ret, struct err *err)
{
	CLEANUP(close_fdp) int lock = mount_lock(record, err);

	if (lock < 0)
		return -1;
	ret->wim = xstrdup(record->wim);
	ret->image = record->image;
	ret->was_writable = record->writable;
	ret->was_dead = !mount_server_lives(record);
	if (args->commit && !record->writable)
		cli_warn(cli, "%s: was mounted read-only, so there was nothing to commit", cli->args[0]);
	/* first the end of all writing, then the commit: when that fails the changes are still there */
	if (mount_end(record, args->force || args->lazy, err) < 0)
		return -1;
	if (args->commit && record->writable && commit(args, record, ret, err) < 0)
		return err_hint(err, "the changes are kept: wimtool remount %s, or unmount --discard", cli->args[0]);
	if (mount_record_remove(record, err) < 0)
		return -1;
	return ret->committed && args->rebuild ? rebuild(args, record, err) : 0;
}

static int unmount(const struct cli *cli, const struct unmount_args *args, struct unmounted *ret, struct err *err)
{
	CLEANUP(freep) char *real = mount_real_path(cli->args[0], err);
	CLEANUP(mount_records_release) struct mount_records records = { 0 };
	struct mount_record *record;

	if (!real || mount_records_load(&records, err) < 0)
		return -1;
	record = mount_records_find(&records, real, err);
	if (record)
		return unmount_record(cli, args, record, ret, err);
	if (!args->force && !args->lazy)
		return -1;
	ret->was_dead = true;
	return mount_clear_dead(real, err);
}

static int unmount_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct unmount_args *args = raw;
	struct unmounted done = { 0 };
	int result;

	if (args->commit && args->discard)
		return err_set(err, ERR_USAGE, "--commit and --discard exclude each other");
	if (args->new_image && !args->commit)
		return err_set(err, ERR_USAGE, "--new-image goes with --commit");
	tempfiles_hold_signals(); /* a commit is not cut short */
	result = unmount(cli, args, &done, err);
	if (result == 0)
		show_unmount(cli, &done);
	tempfiles_release_signals();
	free(done.wim);
	return result < 0 ? err_context(err, "%s", cli->args[0]) : CLI_DONE;
}

static const struct cli_option unmount_options[] = {
	OPT_FLAG(struct unmount_args, commit, 0, "commit", "write the changes into the WIM"),
	OPT_FLAG(struct unmount_args, discard, 0, "discard", "drop the changes (the default)"),
	OPT_FLAG(struct unmount_args, new_image, 0, "new-image", "commit as a further image"),
	OPT_FLAG(struct unmount_args, rebuild, 0, "rebuild", "write the whole WIM anew when committing"),
	OPT_FLAG(struct unmount_args, check, 0, "check", "give the WIM an integrity table when committing"),
	OPT_FLAG(struct unmount_args, force, 'f', "force", "even when files are open; clears a dead mount"),
	OPT_FLAG(struct unmount_args, lazy, 0, "lazy", "the same as --force"),
};

static const struct cli_example unmount_examples[] = {
	{ "wimtool unmount /mnt/image", "end a mount; changes are dropped" },
	{ "wimtool unmount --commit /mnt/pe", "keep the changes" },
	{ "wimtool unmount --force /mnt/pe", "clear what a killed mount left behind" },
};

const struct cli_command cmd_unmount = {
	.name = "unmount",
	.summary = "end a mount, with or without its changes",
	.usage = "DIR",
	.examples = unmount_examples,
	.n_examples = ARRAY_SIZE(unmount_examples),
	CLI_OPTIONS(struct unmount_args, unmount_options),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	.run = unmount_run,
};
