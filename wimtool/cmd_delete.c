/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/image/image.h"
#include "wimtool/commands.h"
#include "wimtool/compose_args.h"
#include "wimtool/mount_state.h"
#include "wimtool/pipable.h"

struct delete_args {
	struct compose_args work;
	bool soft;
	bool compact; /* nothing to do */
};

static bool is_deleted(struct image_file *file, const char *image, const uint8_t *metadata_hash)
{
	bool all = strcasecmp(image, "all") == 0 || strcmp(image, "*") == 0;
	unsigned index = 0;
	const uint8_t *hash;

	if (!all && image_select(file, image, &index, NULL) < 0)
		return false;
	for (unsigned i = 1; (hash = image_metadata_hash(file, i)); i++)
		if ((all || index == i) && memcmp(hash, metadata_hash, MOUNT_HASH_LEN) == 0)
			return true;
	return false;
}

/* The changes of a mount cannot be committed without the contents that go with their image. */
static int check_not_mounted(const char *wim, const char *image, struct err *err)
{
	CLEANUP(freep) char *real = realpath(wim, NULL);
	CLEANUP(mount_records_release) struct mount_records records = { 0 };
	CLEANUP(image_file_closep) struct image_file *file = real && *image ? image_file_open(real, NULL) : NULL;

	if (!file || mount_records_load(&records, NULL) < 0)
		return 0;
	for (size_t i = 0; i < records.len; i++) {
		const struct mount_record *record = &records.items[i];

		if (!record->writable || mount_record_has_ended(record) || strcmp(record->wim, real) != 0 ||
		    !is_deleted(file, image, record->committed))
			continue;
		err_set(err, ERR_BUSY, "%s: image %u is mounted for changes on %s", wim, record->image, record->mountpoint);
		return err_hint(err, "wimtool unmount --commit or --discard ends that");
	}
	return 0;
}

static int delete_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct delete_args *args = raw;
	struct compose_run run;
	struct image_done done;
	bool soft;
	int result;

	if (check_not_mounted(cli->args[0], cli->args[1], err) < 0 || compose_begin(&run, cli, &args->work, "delete", err) < 0)
		return -1;
	/* wimlib-imagex writes a pipable WIM anew all the same */
	soft = args->soft && !pipable_under_its_name(cli->args[0]);
	result = image_delete(cli->args[0], cli->args[1], soft, &run.work, &done, err);
	compose_end(&run);
	if (result < 0)
		return -1;
	compose_show(cli, cli->args[0], "deleted", &done);
	return CLI_DONE;
}

static const struct cli_option delete_options[] = {
	COMPOSE_OPTIONS(struct delete_args),
	OPT_FLAG(struct delete_args, compact, 0, "unsafe-compact", "the default: it is written anew, so nothing of it is unsafe"),
	OPT_FLAG(struct delete_args, soft, 0, "soft", "only take the image off the list; its contents go with the next optimize"),
};

static const struct cli_example delete_examples[] = {
	{ "wimtool delete install.wim 2", "without its second image, and smaller" },
	{ "wimtool delete install.wim \"Windows 11 Home\" --soft", "at once; the file keeps its size" },
	{ "wimtool delete install.wim 3 --check --json", "with an integrity table" },
};

const struct cli_command cmd_delete = {
	.name = "delete",
	.summary = "take images out of a WIM",
	.usage = "WIM IMAGE",
	.description =
		"IMAGE is an index, a name or \"all\". The file is written anew without the contents that no other "
		"image needs, and replaces the old one when it is complete. With --soft new tables are added behind "
		"the end, under the undo journal, and nothing else is written.",
	.examples = delete_examples,
	.n_examples = ARRAY_SIZE(delete_examples),
	CLI_OPTIONS(struct delete_args, delete_options),
	.min_args = 2,
	.max_args = 2,
	.has_json = true,
	.run = delete_run,
};
