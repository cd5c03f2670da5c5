/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/winroot_write.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "sysprep-lite/hive_check.h"
#include "sysprep-lite/undo.h"

/* libhivex reads files only: it is given one in memory. */
static int check_with_hivex(struct bytes bytes, const struct regf_info *info, struct err *err)
{
	CLEANUP(close_fdp) int fd = memfd_create("hive", MFD_CLOEXEC);
	char path[64];

	if (fd < 0)
		return err_errno(err, errno, "file in memory");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (file_write(fd, bytes.data, bytes.len, err) < 0)
		return -1;
	return hive_check(path, info->keys, info->values, err);
}

static int check_result(struct bytes bytes, struct err *err)
{
	CLEANUP(regf_freep) struct regf *again = regf_open(bytes, NULL, err);
	struct regf_info info;

	if (!again)
		return -1;
	regf_get_info(again, &info);
	regf_freep(&again);
	return check_with_hivex(bytes, &info, err);
}

static int put_hive(struct winroot *root, enum hive_id id, struct err *err)
{
	struct regf *hive = winroot_loaded_hive(root, id);
	const char *path = winroot_hive_path(root, id);
	struct bytes bytes = regf_finish(hive);

	if (check_result(bytes, err) < 0)
		return err_context(err, "%s: the edited hive does not pass its check, nothing was written", path);
	target_put_lent(winroot_target(root), path, bytes.data, bytes.len);
	return 0;
}

/* An unreplayed log beside a clean hive is ignored by Windows; emptied it cannot be taken for its own either. */
static unsigned empty_logs(struct target *target, const char *hive_path)
{
	static const char *const suffixes[] = { ".LOG", ".LOG1", ".LOG2" };
	unsigned emptied = 0;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		CLEANUP(freep) char *path = xasprintf("%s%s", hive_path, suffixes[i]);
		struct target_entry entry;

		if (!target_stat(target, path, &entry) || entry.is_dir || entry.is_link || !entry.size)
			continue;
		target_put(target, path, "", 0);
		emptied++;
	}
	return emptied;
}

static bool is_changed(struct winroot *root, enum hive_id id)
{
	const struct regf *hive = winroot_loaded_hive(root, id);

	return hive && regf_is_changed(hive);
}

/* Hives first, then logs: a clean hive needs no log, but a log may be all that saves a dirty one. */
static int put_hives(struct winroot *root, struct commit_stats *stats, struct err *err)
{
	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		if (!is_changed(root, id))
			continue;
		if (put_hive(root, id, err) < 0)
			return -1;
		stats->hives++;
	}
	for (unsigned id = 0; id < HIVE_COUNT; id++)
		if (is_changed(root, id))
			stats->logs += empty_logs(winroot_target(root), winroot_hive_path(root, id));
	return 0;
}

int winroot_commit(struct winroot *root, const char *journal, struct commit_stats *ret, struct err *err)
{
	struct target *target = winroot_target(root);
	struct commit_stats stats = { 0 };

	while (target_change_at(target, stats.files))
		stats.files++;
	if (put_hives(root, &stats, err) < 0)
		return -1;
	if (journal && target_change_at(target, 0) && undo_write(target, journal, err) < 0)
		return -1;
	if (target_commit(target, err) < 0) {
		if (journal && !target_has_begun(target))
			undo_discard(journal);
		return -1;
	}
	if (ret)
		*ret = stats;
	return 0;
}
