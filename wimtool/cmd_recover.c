/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/image/image.h"
#include "common/image/image_recover.h"
#include "wimtool/commands.h"
#include "wimtool/mount_commit.h"
#include "wimtool/mount_end.h"

static void show_text(FILE *out, const char *wim, const struct image_recovery *done, unsigned n_mounts)
{
	if (done->replayed)
		fprintf(out, "%s: put back as it was before the change that did not end\n", wim);
	if (done->cleared_mark)
		fprintf(out,
			"%s: verified; the mark of a write that did not end is cleared, %" PRIu64
			" bytes behind it are cut off\n",
			wim, done->trimmed);
	if (done->removed_temps)
		fprintf(out, "%s: %u unfinished file%s of captures removed\n", wim, done->removed_temps,
			PLURAL(done->removed_temps));
	if (done->completed_split)
		fprintf(out, "%s: all parts are there; the mark of the split that did not end is cleared\n", wim);
	if (done->removed_stale)
		fprintf(out, "%s: %u further part%s of the set that was there removed\n", wim, done->removed_stale,
			PLURAL(done->removed_stale));
	if (done->removed_parts)
		fprintf(out, "%s: %u part%s removed of a split that did not end\n", wim, done->removed_parts,
			PLURAL(done->removed_parts));
	if (done->stagings)
		fprintf(out, "%s: %u folder%s of killed mounts by wimlib put away (wimtool clean shows where)\n", wim,
			done->stagings, PLURAL(done->stagings));
	if (!done->replayed && !done->cleared_mark && !done->removed_temps && !done->completed_split && !done->removed_parts &&
	    !done->stagings && !n_mounts)
		fprintf(out, "%s: nothing to recover\n", wim);
}

/* The WIM may be missing: what a killed capture of it left is removed all the same. */
static int check_readable(const char *wim, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = path_exists(wim) ? image_file_open(wim, err) : NULL;

	return file || !path_exists(wim) ? 0 : -1;
}

/* Mounts for changes of this WIM that are broken: what a killed commit did is taken over, and the user told. */
static int look_at_mounts(const struct cli *cli, const char *wim, unsigned *ret, struct err *err)
{
	CLEANUP(mount_records_release) struct mount_records records = { 0 };
	CLEANUP(freep) char *real = realpath(wim, NULL);

	*ret = 0;
	json_begin_array(cli->json, "mounts");
	if (real && mount_records_load(&records, err) < 0)
		return -1;
	for (size_t i = 0; i < records.len; i++) {
		struct mount_record *record = &records.items[i];
		CLEANUP(close_fdp) int lock = strcmp(record->wim, real) == 0 ? mount_lock(record, NULL) : -1;
		bool settled;

		if (lock >= 0 && mount_record_has_ended(record)) {
			if (mount_end(record, true, err) < 0 || mount_record_remove(record, err) < 0)
				return -1;
			continue;
		}
		if (lock < 0 || !record->writable || mount_commit_settle(record, &settled, err) < 0)
			continue;
		if (mount_status(record, NULL) != MOUNT_NEEDS_REMOUNT)
			continue;
		(*ret)++;
		json_text(cli->json, NULL, record->mountpoint);
		if (!cli->quiet)
			fprintf(cli->out, "%s: the changes made on %s are kept: wimtool remount %s\n", wim,
				record->mountpoint, record->mountpoint);
	}
	json_end_array(cli->json);
	return 0;
}

static int recover_run(struct cli *cli, const void *args UNUSED, struct err *err)
{
	const char *wim = cli->args[0];
	CLEANUP(freep) char *keep = mount_recovered_folder(NULL);
	struct image_recovery done;
	unsigned n_mounts;

	if (image_recover_all(wim, keep, &done, err) < 0 || check_readable(wim, err) < 0)
		return err_context(err, "%s", wim);
	json_begin_object(cli->json, "result");
	json_text(cli->json, "wim", wim);
	json_bool(cli->json, "recovered", done.replayed);
	json_bool(cli->json, "mark_cleared", done.cleared_mark || done.completed_split);
	json_uint(cli->json, "bytes_trimmed", done.trimmed);
	json_uint(cli->json, "temporary_files_removed", done.removed_temps);
	json_uint(cli->json, "parts_removed", done.removed_parts + done.removed_stale);
	json_uint(cli->json, "stagings_put_away", done.stagings);
	if (look_at_mounts(cli, wim, &n_mounts, err) < 0)
		return -1;
	if (!cli->quiet)
		show_text(cli->out, wim, &done, n_mounts);
	json_end_object(cli->json);
	return CLI_DONE;
}

static const struct cli_example recover_examples[] = {
	{ "wimtool recover install.wim", "after a machine went down during wimtool update" },
	{ "wimtool recover install.wim --json", "the same, for a script" },
	{ "wimtool recover install.wim && wimtool verify install.wim", "and see that all is well" },
};

const struct cli_command cmd_recover = {
	.name = "recover",
	.summary = "clear up after a write of a WIM that was interrupted",
	.usage = "WIM",
	.description = "A change writes what it will overwrite into WIM.goldwim-undo first. When that file is left, "
		       "recover puts the WIM back byte for byte. update does so by itself.\n\n"
		       "A header that says \"being written\", as a killed append leaves it, is cleared when nobody "
		       "holds the lock on the WIM and all of it verifies; bytes behind the last used one are then "
		       "cut off. A program that writes without a lock (from another operating system, over a network) "
		       "is not seen: end it first.\n\n"
		       "A killed split can leave a first part with that mark: when all parts are there, they get their "
		       "names, what an older set has beyond them is removed and the mark cleared; otherwise the parts "
		       "of the new set are removed.\n\n"
		       "Temporary files \".WIM.XXXXXX\" beside the WIM are removed when they are yours, begin as a WIM "
		       "and no capture holds their lock.\n\n"
		       "A killed mount by wimlib leaves a folder WIM.stagingXXXXXXXXXX, with changed contents whose names "
		       "nobody knows; it is put away to where clean finds it. Changes made through our own mounts are "
		       "kept by themselves; those that wait for a remount are named.",
	.examples = recover_examples,
	.n_examples = ARRAY_SIZE(recover_examples),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	.run = recover_run,
};
