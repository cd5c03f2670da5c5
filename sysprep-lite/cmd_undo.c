/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"
#include "common/image/image.h"
#include "sysprep-lite/commands.h"
#include "sysprep-lite/undo.h"

struct undo_args {
	struct cli_list hives;
	const char *journal;
};

static const struct cli_option undo_option_table[] = {
	OPT_HIVE(struct undo_args, hives),
	OPT_TEXT(struct undo_args, journal, 0, "journal", "FILE", "the file that generalize --journal wrote"),
};

static int report(struct cli *cli, const char *target, const struct undo_stats *stats)
{
	json_text(cli->json, "target", target);
	json_uint(cli->json, "restored", stats->restored);
	json_uint(cli->json, "lost", stats->lost);
	fprintf(cli->out, "%s: %u file%s as before\n", target, stats->restored, PLURAL(stats->restored));
	if (stats->lost)
		fprintf(cli->out, "%u removed file%s not in the journal any more and not restored\n", stats->lost,
			stats->lost == 1 ? " is" : "s are");
	return CLI_DONE;
}

/* The WIM itself goes back; the index of the image does not matter. */
static int undo_image(struct cli *cli, const char *spec, const char *journal, struct err *err)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(freep) char *image = NULL;

	image_split_target(spec, &path, &image);
	if (image_undo(path, journal, err) < 0)
		return err_context(err, "%s: %s", path, journal);
	return report(cli, path, &(struct undo_stats){ .restored = 1 });
}

static struct target *open_target(struct cli *cli, const struct undo_args *a, struct err *err)
{
	return a->hives.len ? hives_open(&a->hives, err) : target_open(cli->args[0], true, err);
}

static int undo_files(struct cli *cli, const struct undo_args *a, struct err *err)
{
	CLEANUP(file_map_release) struct file_map journal = { 0 };
	CLEANUP(target_freep) struct target *target = open_target(cli, a, err);
	struct undo_stats stats = { 0 };

	if (!target)
		return -1;
	if (file_map_open(a->journal, &journal, err) < 0 ||
	    undo_stage(target, a->journal, journal.bytes, &stats, err) < 0)
		return err_context(err, "%s", a->journal);
	if (target_commit(target, err) < 0)
		return -1;
	undo_clean(a->journal);
	return report(cli, target_name(target), &stats);
}

static int undo_command(struct cli *cli, const void *args, struct err *err)
{
	const struct undo_args *a = args;

	if (!a->journal)
		return err_set(err, ERR_USAGE, "--journal=FILE is needed: the file that generalize --journal wrote");
	if (!a->hives.len == !cli->n_args)
		return err_set(err, ERR_USAGE, "wanted: one TARGET, or --hive NAME=FILE");
	if (image_undo_is(a->journal) && cli->n_args)
		return undo_image(cli, cli->args[0], a->journal, err);
	return undo_files(cli, a, err);
}

static const struct cli_example undo_examples[] = {
	{ "sysprep-lite undo --journal before.undo /mnt/windows", "take back 'generalize --journal before.undo'" },
	{ "sysprep-lite undo --journal before.undo install.wim", "the WIM becomes the file that it was, byte for byte" },
};

const struct cli_command cmd_undo = {
	.name = "undo",
	.summary = "take back what generalize --journal changed",
	.usage = "--journal=FILE TARGET | --hive NAME=FILE...",
	.description = "A WIM gets its old tables, header and length, so it is the same file again. In a folder hives get "
		       "their old contents, new files go, renamed folders get their old names, and what was removed is "
		       "moved back from FILE.kept. Refused when somebody else changed the WIM or one of the files since. "
		       "A run of generalize that was killed half-way can be taken back too.",
	.examples = undo_examples,
	.n_examples = ARRAY_SIZE(undo_examples),
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	CLI_OPTIONS(struct undo_args, undo_option_table),
	.run = undo_command,
};
