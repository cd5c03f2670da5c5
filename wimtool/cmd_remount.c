/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"
#include "wimtool/commands.h"
#include "wimtool/mount_start.h"

static int remount_one(const struct cli *cli, struct mount_record *record, bool *did, struct err *err)
{
	CLEANUP(close_fdp) int lock = mount_lock(record, err);
	enum mount_status status = lock < 0 ? MOUNT_INVALID : mount_status(record, err);

	*did = false;
	if (lock < 0 || status == MOUNT_INVALID)
		return -1;
	if (status == MOUNT_OK)
		return 0;
	if (mount_start_again(record, err) < 0)
		return -1;
	*did = true;
	if (!cli->quiet)
		fprintf(cli->out, "%s: image %u of %s is mounted again%s\n", record->mountpoint, record->image,
			record->wim, record->writable ? ", with its changes" : "");
	return 0;
}

static void show_json(struct json *j, const struct mount_record *record, bool did)
{
	json_begin_object(j, NULL);
	json_text(j, "directory", record->mountpoint);
	json_text(j, "wim", record->wim);
	json_bool(j, "remounted", did);
	json_end_object(j);
}

static int remount_named(const struct cli *cli, struct mount_records *records, struct err *err)
{
	CLEANUP(freep) char *real = mount_real_path(cli->args[0], err);
	struct mount_record *record = real ? mount_records_find(records, real, err) : NULL;
	bool did;

	if (!record || remount_one(cli, record, &did, err) < 0)
		return err_context(err, "%s", cli->args[0]);
	if (!did && !cli->quiet)
		fprintf(cli->out, "%s: is mounted and well\n", cli->args[0]);
	show_json(cli->json, record, did);
	return 0;
}

/* One that fails does not keep the others from coming back; the last failure is reported. */
static int remount_all(const struct cli *cli, struct mount_records *records, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < records->len; i++) {
		struct err why = { 0 };
		bool did;

		if (remount_one(cli, &records->items[i], &did, &why) == 0) {
			show_json(cli->json, &records->items[i], did);
			continue;
		}
		if (result < 0)
			cli_warn(cli, "%s", err->text);
		*err = why;
		result = err_context(err, "%s", records->items[i].mountpoint);
	}
	return result;
}

static int remount_run(struct cli *cli, const void *args UNUSED, struct err *err)
{
	CLEANUP(mount_records_release) struct mount_records records = { 0 };
	int done;

	if (mount_records_load(&records, err) < 0)
		return -1;
	json_begin_object(cli->json, "result");
	json_begin_array(cli->json, "mounts");
	done = cli->n_args ? remount_named(cli, &records, err) : remount_all(cli, &records, err);
	if (done < 0)
		return -1;
	json_end_array(cli->json);
	json_end_object(cli->json);
	return CLI_DONE;
}

static const struct cli_example remount_examples[] = {
	{ "wimtool remount /mnt/pe", "after its server was killed, or the machine restarted" },
	{ "wimtool remount", "all that need it" },
};

const struct cli_command cmd_remount = {
	.name = "remount",
	.summary = "show mounts again whose server has ended, with their changes",
	.usage = "[DIR]",
	.examples = remount_examples,
	.n_examples = ARRAY_SIZE(remount_examples),
	.max_args = 1,
	.has_json = true,
	.run = remount_run,
};
