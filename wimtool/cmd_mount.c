/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_fs.h"
#include "wimtool/commands.h"
#include "wimtool/mount_start.h"

#define CACHE_DEFAULT (8ULL << 30)

struct mount_args {
	struct cli_list refs;
	const char *staging;
	uint64_t cache;
	int streams; /* enum image_fs_streams */
	bool writable;
	bool check;
	bool unix_data;
	bool ignore_case;
	bool allow_other;
	bool foreground;
};

static void show_text(const struct cli *cli, const struct mount_record *record)
{
	if (record->writable)
		fprintf(cli->out,
			"image %u of %s is mounted on %s for changes; keep them with: wimtool unmount --commit %s "
			"(without --commit they are dropped)\n",
			record->image, cli->args[0], cli->args[cli->n_args - 1], cli->args[cli->n_args - 1]);
	else
		fprintf(cli->out, "image %u of %s is mounted on %s, read-only; end it with: wimtool unmount %s\n",
			record->image, cli->args[0], cli->args[cli->n_args - 1], cli->args[cli->n_args - 1]);
	fflush(cli->out);
}

static void show_mount(const struct cli *cli, const struct mount_record *record)
{
	struct json *j = cli->json;

	if (!cli->quiet)
		show_text(cli, record);
	json_begin_object(j, "result");
	json_text(j, "wim", cli->args[0]);
	json_uint(j, "image", record->image);
	json_text(j, "directory", cli->args[cli->n_args - 1]);
	json_bool(j, "writable", record->writable);
	json_int(j, "server", record->server);
	json_text(j, "state", record->folder);
	json_end_object(j);
}

static int run(struct cli *cli, const struct mount_args *args, bool writable, struct err *err)
{
	struct mount_request request = {
		.wim = cli->args[0],
		.image = cli->n_args == 3 ? cli->args[1] : NULL,
		.folder = cli->args[cli->n_args - 1],
		.refs = &args->refs,
		.staging = args->staging,
		.cache_bytes = args->cache ? args->cache : CACHE_DEFAULT,
		.streams = args->streams,
		.writable = writable,
		.check = args->check,
		.unix_data = args->unix_data,
		.ignore_case = args->ignore_case,
		.allow_other = args->allow_other,
	};
	struct mount_started started;

	if (writable && args->foreground)
		return err_set(err, ERR_USAGE, "--foreground goes with mounts that are read-only");
	if (mount_start(&request, &started, err) < 0)
		return -1;
	show_mount(cli, &started.record);
	if (args->foreground)
		mount_stay(&started);
	mount_record_release(&started.record);
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
	[IMAGE_FS_STREAMS_XATTR] = "xattr",
	[IMAGE_FS_STREAMS_NONE] = "none",
	[IMAGE_FS_STREAMS_WINDOWS] = "windows",
	NULL,
};

#define SHARED_OPTIONS                                                                                          \
	OPT_CHOICE(struct mount_args, streams, 0, "streams-interface", "HOW", stream_names,                     \
		   "named streams: xattr (user.NAME, the default), none, windows (file:stream)"),               \
	OPT_TEXT(struct mount_args, staging, 0, "staging-dir", "DIR",                                           \
		 "keep changes, and decoded data of solid WIMs, in DIR (ext4, xfs, btrfs or tmpfs)"),           \
	OPT_NUMBER(struct mount_args, cache, 0, "cache", "SIZE",                                                \
		   "keep at most SIZE of decoded data of solid WIMs on the disk (default 8G)"),                 \
	OPT_LIST(struct mount_args, refs, 0, "ref", "GLOB", "take missing data from these parts (install*.swm)"), \
	OPT_FLAG(struct mount_args, check, 0, "check", "compare the WIM with its integrity table first"),       \
	OPT_FLAG(struct mount_args, unix_data, 0, "unix-data", "show the owners and modes of Linux"),           \
	OPT_FLAG(struct mount_args, ignore_case, 0, "ignore-case", "find names in any case, as Windows does"),  \
	OPT_FLAG(struct mount_args, allow_other, 0, "allow-other", "let other users in"),                       \
	OPT_FLAG(struct mount_args, foreground, 0, "foreground", "stay until the mount ends; Ctrl-C ends it"), \
	OPT_FLAG(struct mount_args, foreground, 0, "debug", "the same")

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
		"/dev/fuse; extract, cat and update work without.\n\n"
		"Security descriptors, attributes, short names, creation times and reparse data can be read as "
		"extended attributes with the names that ntfs-3g uses (system.ntfs_acl, ntfs_attrib, ntfs_dos_name, "
		"ntfs_crtime, ntfs_times, ntfs_reparse_data).\n\n"
		"With --rw an overlay keeps the changes outside of the WIM. They survive the end of the server and "
		"of the machine: see mounts, remount, commit, unmount. It needs root, or the program fuse-overlayfs.",
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
