/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"
#include "wimtool/commands.h"
#include "wimtool/mount_commit.h"
#include "wimtool/mount_end.h"

struct clean_args {
	bool discard;
};

struct cleaning {
	const struct cli *cli;
	bool discard;
	unsigned removed;
	unsigned kept;
};

static void tell(struct cleaning *c, const char *what, const char *outcome, bool removed)
{
	if (removed)
		c->removed++;
	else
		c->kept++;
	if (!c->cli->quiet)
		fprintf(c->cli->out, "%s: %s\n", what, outcome);
	json_begin_object(c->cli->json, NULL);
	json_text(c->cli->json, "path", what);
	json_bool(c->cli->json, "removed", removed);
	json_text(c->cli->json, "what", outcome);
	json_end_object(c->cli->json);
}

static int clean_record(struct cleaning *c, const struct mount_record *record, struct err *err)
{
	CLEANUP(close_fdp) int lock = mount_lock(record, NULL);

	/* a command is at work on it */
	if (lock < 0 || mount_status(record, NULL) == MOUNT_OK)
		return 0;
	if (record->writable && !mount_record_has_ended(record) && mount_has_changes(record) && !c->discard) {
		tell(c, record->mountpoint, "its changes are kept: see remount and commit, or clean --discard", false);
		return 0;
	}
	if (mount_end(record, true, err) < 0 || mount_record_remove(record, err) < 0)
		return -1;
	tell(c, record->mountpoint, "the broken mount is removed", true);
	return 0;
}

/* A mount that was killed while it began or while it was removed has no changes. */
static int clean_broken(struct cleaning *c, const char *folder, struct err *err)
{
	CLEANUP(freep) char *staging = path_join(folder, "staging");
	struct mount_record record = { .staging = staging };

	if (mount_has_changes(&record) && !c->discard) {
		tell(c, folder, "holds changes but no readable record; clean --discard removes it", false);
		return 0;
	}
	if (mount_remove_broken(folder, err) < 0)
		return -1;
	tell(c, folder, "what was left of a mount is removed", true);
	return 0;
}

static int clean_recovered(struct cleaning *c, struct err *err)
{
	CLEANUP(freep) char *folder = mount_recovered_folder(err);

	if (!folder)
		return -1;
	if (!path_exists(folder))
		return 0;
	if (!c->discard) {
		tell(c, folder, "holds what killed mounts of wimlib left; clean --discard removes it", false);
		return 0;
	}
	if (mount_remove_tree(folder, err) < 0)
		return -1;
	tell(c, folder, "removed", true);
	return 0;
}

static int clean_all(struct cleaning *c, struct err *err)
{
	CLEANUP(mount_records_release) struct mount_records records = { 0 };

	if (mount_records_load(&records, err) < 0)
		return -1;
	for (size_t i = 0; i < records.len; i++)
		if (clean_record(c, &records.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < records.broken.len; i++)
		if (clean_broken(c, records.broken.items[i], err) < 0)
			return -1;
	return clean_recovered(c, err);
}

static int clean_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct clean_args *args = raw;
	struct cleaning c = { .cli = cli, .discard = args->discard };

	json_begin_object(cli->json, "result");
	json_begin_array(cli->json, "found");
	if (clean_all(&c, err) < 0)
		return -1;
	json_end_array(cli->json);
	json_uint(cli->json, "removed", c.removed);
	json_uint(cli->json, "kept", c.kept);
	json_end_object(cli->json);
	if (!c.removed && !c.kept && !cli->quiet)
		fprintf(cli->out, "nothing to clean\n");
	return CLI_DONE;
}

static const struct cli_option clean_options[] = {
	OPT_FLAG(struct clean_args, discard, 0, "discard", "also what holds changes that are in no WIM"),
};

static const struct cli_example clean_examples[] = {
	{ "wimtool clean", "remove broken mounts that hold no changes" },
	{ "wimtool clean --discard", "and those that hold some, which are lost then" },
};

const struct cli_command cmd_clean = {
	.name = "clean",
	.summary = "remove broken mounts and what is left of them",
	.usage = "",
	.description =
		"Live mounts are left alone. What holds changes stays unless --discard is given: broken mounts for "
		"changes, and what recover found beside a WIM after a mount by wimlib was killed.",
	.examples = clean_examples,
	.n_examples = ARRAY_SIZE(clean_examples),
	CLI_OPTIONS(struct clean_args, clean_options),
	.has_json = true,
	.run = clean_run,
};
