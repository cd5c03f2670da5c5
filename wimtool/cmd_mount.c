/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/session_mount.h"
#include "wimtool/commands.h"

struct mount_args {
	struct cli_list refs;
	const char *staging;
	int streams; /* enum session_streams */
	bool writable;
	bool check;
	bool unix_data;
	bool allow_other;
};

static void show_mount(const struct cli *cli, const struct session_mount *r, unsigned index)
{
	struct json *j = cli->json;

	if (!cli->quiet && r->writable)
		fprintf(cli->out,
			"image %u of %s is mounted on %s for changes; keep them with: wimtool unmount --commit %s "
			"(without --commit they are dropped)\n",
			index, r->wim, r->folder, r->folder);
	else if (!cli->quiet)
		fprintf(cli->out, "image %u of %s is mounted on %s, read-only; end it with: wimtool unmount %s\n",
			index, r->wim, r->folder, r->folder);
	json_begin_object(j, "result");
	json_text(j, "wim", r->wim);
	json_uint(j, "image", index);
	json_text(j, "directory", r->folder);
	json_bool(j, "writable", r->writable);
	json_end_object(j);
}

static int run(struct cli *cli, const struct mount_args *args, bool writable, struct err *err)
{
	struct session_mount request = {
		.wim = cli->args[0],
		.image = cli->n_args == 3 ? cli->args[1] : NULL,
		.folder = cli->args[cli->n_args - 1],
		.refs = &args->refs,
		.staging = args->staging,
		.streams = (enum session_streams)args->streams,
		.writable = writable,
		.check = args->check,
		.unix_data = args->unix_data,
		.allow_other = args->allow_other,
	};
	unsigned index;

	if (session_mount(&request, &index, err) < 0)
		return -1;
	show_mount(cli, &request, index);
	return CLI_DONE;
}

static int mount_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct mount_args *args = raw;

	return run(cli, args, args->writable, err);
}

static int mountrw_run(struct cli *cli, const void *raw, struct err *err)
{
	return run(cli, raw, true, err);
}

static const char *const stream_names[] = {
	[SESSION_STREAMS_XATTR] = "xattr",
	[SESSION_STREAMS_NONE] = "none",
	[SESSION_STREAMS_WINDOWS] = "windows",
	NULL,
};

#define SHARED_OPTIONS                                                                                          \
	OPT_CHOICE(struct mount_args, streams, 0, "streams-interface", "HOW", stream_names,                     \
		   "named streams: xattr (user.NAME, the default), none, windows (file:stream)"),               \
	OPT_TEXT(struct mount_args, staging, 0, "staging-dir", "DIR",                                           \
		 "keep changed files in DIR until they are committed (default: $TMPDIR or /var/tmp)"),          \
	OPT_LIST(struct mount_args, refs, 0, "ref", "GLOB", "take missing data from these parts (install*.swm)"), \
	OPT_FLAG(struct mount_args, check, 0, "check", "compare the WIM with its integrity table first"),       \
	OPT_FLAG(struct mount_args, unix_data, 0, "unix-data", "show the owners and modes of Linux"),           \
	OPT_FLAG(struct mount_args, allow_other, 0, "allow-other", "let other users in")

static const struct cli_option mount_options[] = {
	OPT_FLAG(struct mount_args, writable, 0, "rw", "allow changes; unmount --commit keeps them"),
	SHARED_OPTIONS,
};

static const struct cli_option mountrw_options[] = { SHARED_OPTIONS };

static const struct cli_example mount_examples[] = {
	{ "wimtool mount install.wim 1 /mnt/image", "look into an image" },
	{ "wimtool mount --rw boot.wim 2 /mnt/pe", "change it; see also update, which needs no mount" },
	{ "wimtool mount install.swm 1 /mnt/image --ref='install*.swm'", "from a split WIM" },
};

#define MOUNT_COMMAND                                                                                          \
	.usage = "WIM [IMAGE] DIR", .examples = mount_examples, .n_examples = ARRAY_SIZE(mount_examples),      \
	.min_args = 2, .max_args = 3, .has_json = true

const struct cli_command cmd_mount = {
	.name = "mount",
	.summary = "show an image as a folder",
	.description =
		"DIR must be an empty folder. The image stays there until \"wimtool unmount DIR\". Mounting needs "
		"/dev/fuse; extract, cat and update work without.",
	MOUNT_COMMAND,
	CLI_OPTIONS(struct mount_args, mount_options),
	.run = mount_run,
};

const struct cli_command cmd_mountrw = {
	.name = "mountrw",
	.summary = "the same as mount --rw",
	.schema = "goldwim/wimtool-mount/1",
	MOUNT_COMMAND,
	CLI_OPTIONS(struct mount_args, mountrw_options),
	.run = mountrw_run,
};

struct unmount_args {
	bool commit;
	bool discard;
	bool new_image;
	bool force;
	bool lazy;
	bool rebuild;
	bool check;
};

static const char *outcome(const struct session_unmount *r, const struct session_unmounted *done)
{
	if (done->was_dead)
		return "the dead mount is cleared; changes that were not committed are lost";
	if (!done->was_writable)
		return "unmounted";
	return r->commit ? "unmounted, changes committed" : "unmounted, changes dropped";
}

static void show_unmount(const struct cli *cli, const struct session_unmount *r, const struct session_unmounted *done)
{
	struct json *j = cli->json;

	if (r->commit && !done->was_writable && !done->was_dead)
		cli_warn(cli, "%s: was mounted read-only, so there was nothing to commit", r->folder);
	if (!cli->quiet)
		fprintf(cli->out, "%s: %s\n", r->folder, outcome(r, done));
	json_begin_object(j, "result");
	json_text(j, "directory", r->folder);
	json_text(j, "wim", done->wim);
	if (done->index)
		json_uint(j, "image", done->index);
	json_bool(j, "committed", r->commit && done->was_writable && !done->was_dead);
	json_bool(j, "was_dead", done->was_dead);
	json_end_object(j);
}

static int unmount_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct unmount_args *args = raw;
	struct session_unmounted done;
	struct session_unmount request = {
		.folder = cli->args[0],
		.commit = args->commit,
		.new_image = args->new_image,
		.force = args->force || args->lazy,
		.rebuild = args->rebuild,
		.check = args->check,
	};

	if (args->commit && args->discard)
		return err_set(err, ERR_USAGE, "--commit and --discard exclude each other");
	if (args->new_image && !args->commit)
		return err_set(err, ERR_USAGE, "--new-image goes with --commit");
	if (session_unmount(&request, cli, &done, err) < 0)
		return -1;
	show_unmount(cli, &request, &done);
	free(done.wim);
	return CLI_DONE;
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
