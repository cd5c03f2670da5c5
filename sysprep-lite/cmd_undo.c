/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"
#include "sysprep-lite/commands.h"
#include "sysprep-lite/undo.h"

struct undo_args {
	const char *journal;
};

static const struct cli_option undo_option_table[] = {
	OPT_TEXT(struct undo_args, journal, 0, "journal", "FILE", "the file that generalize --journal wrote"),
};

static int undo_command(struct cli *cli, const void *args, struct err *err)
{
	const struct undo_args *a = args;
	CLEANUP(strbuf_release) struct strbuf journal = STRBUF_INIT;
	CLEANUP(target_freep) struct target *target = NULL;
	struct undo_stats stats = { 0 };

	if (!a->journal)
		return err_set(err, ERR_USAGE, "--journal=FILE is needed: the file that generalize --journal wrote");
	if (file_read_all(a->journal, UNDO_BYTES_MAX, &journal, err) < 0)
		return err_context(err, "%s", a->journal);
	target = target_open(cli->args[0], true, err);
	if (!target)
		return -1;
	if (undo_stage(target, bytes_of(journal.data, journal.len), &stats, err) < 0)
		return err_context(err, "%s", a->journal);
	if (target_commit(target, err) < 0)
		return -1;
	json_text(cli->json, "target", target_name(target));
	json_uint(cli->json, "restored", stats.restored);
	json_uint(cli->json, "lost", stats.lost);
	fprintf(cli->out, "%s: %u files are as they were\n", target_name(target), stats.restored);
	if (stats.lost)
		fprintf(cli->out, "%u removed files were too large for the journal and are not restored\n", stats.lost);
	return CLI_DONE;
}

static const struct cli_example undo_examples[] = {
	{ "sysprep-lite undo --journal before.undo /mnt/windows", "take back 'generalize --journal before.undo'" },
};

const struct cli_command cmd_undo = {
	.name = "undo",
	.summary = "take back what generalize --journal changed",
	.usage = "--journal=FILE TARGET",
	.description = "Hives and files get their old contents byte for byte, new files go, renamed folders get their "
		       "old names. Refused when somebody else changed one of the files since. A run of generalize that "
		       "was killed half-way can be taken back too.\n\n"
		       "Removed files come back without their times and owner, those over 64 MB not at all. A WIM gets "
		       "the old contents by another append.",
	.examples = undo_examples,
	.n_examples = ARRAY_SIZE(undo_examples),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	CLI_OPTIONS(struct undo_args, undo_option_table),
	.run = undo_command,
};
