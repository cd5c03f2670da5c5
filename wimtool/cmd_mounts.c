/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "wimtool/commands.h"
#include "wimtool/mount_commit.h"

static void show_text(FILE *out, const struct mount_record *record, enum mount_status status, const struct err *why)
{
	fprintf(out, "%s\n  %s, image %u, %s\n", record->mountpoint, record->wim, record->image,
		record->writable ? "for changes" : "read-only");
	if (status == MOUNT_OK)
		fprintf(out, "  ok\n");
	else
		fprintf(out, "  %s: %s\n", status == MOUNT_INVALID ? "invalid" : "needs remount", why->text);
}

static void show_json(struct json *j, const struct mount_record *record, enum mount_status status,
		      const struct err *why)
{
	json_begin_object(j, NULL);
	json_text(j, "directory", record->mountpoint);
	json_text(j, "wim", record->wim);
	json_uint(j, "image", record->image);
	json_guid(j, "guid", &record->guid);
	json_bool(j, "writable", record->writable);
	json_text(j, "status", mount_status_name(status));
	json_text(j, "reason", status == MOUNT_OK ? NULL : why->text);
	if (record->writable)
		json_bool(j, "has_changes", mount_has_changes(record));
	json_int(j, "server", record->server);
	json_filetime(j, "started", record->started);
	json_text(j, "state", record->folder);
	json_text(j, "staging", record->staging);
	json_end_object(j);
}

static int mounts_run(struct cli *cli, const void *args UNUSED, struct err *err)
{
	CLEANUP(mount_records_release) struct mount_records records = { 0 };

	if (mount_records_load(&records, err) < 0)
		return -1;
	json_begin_object(cli->json, "result");
	json_begin_array(cli->json, "mounts");
	for (size_t i = 0; i < records.len; i++) {
		struct err why = { 0 };
		enum mount_status status = mount_status(&records.items[i], &why);

		if (!cli->quiet)
			show_text(cli->out, &records.items[i], status, &why);
		show_json(cli->json, &records.items[i], status, &why);
	}
	json_end_array(cli->json);
	json_begin_array(cli->json, "broken_records");
	for (size_t i = 0; i < records.broken.len; i++) {
		cli_warn(cli, "%s: holds no readable record of a mount (wimtool clean removes it)",
			 records.broken.items[i]);
		json_text(cli->json, NULL, records.broken.items[i]);
	}
	json_end_array(cli->json);
	json_end_object(cli->json);
	if (!records.len && !cli->quiet)
		fprintf(cli->out, "no image is mounted\n");
	return CLI_DONE;
}

static const struct cli_example mounts_examples[] = {
	{ "wimtool mounts", "which images are mounted, and which mounts are broken" },
	{ "wimtool mounts --json", "the same, for a script" },
};

const struct cli_command cmd_mounts = {
	.name = "mounts",
	.summary = "list the mounts, live and broken ones",
	.usage = "",
	.description =
		"ok: it can be used. needs remount: its server has ended, or it was unmounted by another program; what "
		"was changed is kept: see remount. invalid: the WIM, its image or the folder of the changes is gone.",
	.examples = mounts_examples,
	.n_examples = ARRAY_SIZE(mounts_examples),
	.has_json = true,
	.run = mounts_run,
};
