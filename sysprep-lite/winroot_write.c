/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/winroot_write.h"

#include "sysprep-lite/hive_proof.h"
#include "sysprep-lite/undo.h"

static void put_hive(struct winroot *root, enum hive_id id, struct proof *proof)
{
	struct regf *hive = winroot_loaded_hive(root, id);
	const char *path = winroot_hive_path(root, id);
	struct bytes bytes = regf_finish(hive);
	struct regf_info info;

	regf_get_info(hive, &info);
	target_put_lent(winroot_target(root), path, bytes.data, bytes.len);
	proof_begin(proof, path, bytes, &info);
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
static void put_hives(struct winroot *root, struct commit_stats *stats, struct proof *proof)
{
	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		if (!is_changed(root, id))
			continue;
		put_hive(root, id, proof);
		stats->hives++;
	}
	for (unsigned id = 0; id < HIVE_COUNT; id++)
		if (is_changed(root, id))
			stats->logs += empty_logs(winroot_target(root), winroot_hive_path(root, id));
}

static int end_of_proof(void *proof, struct err *err)
{
	return proof_end(proof, err);
}

int winroot_commit(struct winroot *root, const char *journal, struct commit_stats *ret, struct err *err)
{
	CLEANUP(proof_release) struct proof proof = { 0 };
	struct target *target = winroot_target(root);
	struct commit_stats stats = { 0 };

	while (target_change_at(target, stats.files))
		stats.files++;
	put_hives(root, &stats, &proof);
	if (journal && target_change_at(target, 0) && undo_write(target, journal, err) < 0)
		return -1;
	if (target_commit_when(target, end_of_proof, &proof, err) < 0) {
		if (journal && !target_has_begun(target))
			undo_discard(journal);
		return -1;
	}
	if (ret)
		*ret = stats;
	return 0;
}
