/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "sysprep-lite/hive_check.h"
#include "sysprep-lite/undo.h"

struct applying {
	struct plan *plan;
	enum hive_id hive; /* being remapped */
	struct winroot *root;
	struct target *target;
	struct guid *from, *to; /* of plan->guids */
	uint64_t now;
	const char *journal;
	bool keep_counts;
	struct apply_stats stats;
	struct err *err;
};

static int edit_hive(struct applying *a, const struct edit *edit)
{
	struct regf *hive;
	regf_key key;

	if (winroot_hive(a->root, edit->hive, &hive, a->err) < 0)
		return -1;
	key = hive ? regf_find(hive, regf_root(hive), edit->path) : 0;
	if (!key)
		return err_set(a->err, ERR_NOT_FOUND, "%s\\%s: the key is gone", hive_name(edit->hive), edit->path);
	regf_set_clock(hive, a->now);
	switch (edit->kind) {
	case EDIT_SET_VALUE:
		return regf_set_value(hive, key, edit->name, edit->new.type, edit->new.data.data, edit->new.data.len,
				      a->err);
	case EDIT_DELETE_VALUE:
		return regf_delete_value(hive, key, edit->name, a->err);
	default:
		return regf_delete_key(hive, key, a->err);
	}
}

static int edit_hives(struct applying *a)
{
	for (size_t i = 0; i < a->plan->edits.len; i++) {
		const struct edit *edit = &a->plan->edits.items[i];

		if (edit->hive != HIVE_FILE && edit_hive(a, edit) < 0)
			return err_context(a->err, "%s\\%s", hive_name(edit->hive), edit->path);
	}
	return 0;
}

static void count_hit(void *context, const struct regf_guid_hit *hit)
{
	struct applying *a = context;

	a->plan->guids.items[hit->guid].hits[a->hive][hit->form]++;
	a->stats.references++;
}

static int remap(struct applying *a)
{
	for (size_t i = 0; i < a->plan->guids.len && !a->keep_counts; i++)
		memset(a->plan->guids.items[i].hits, 0, sizeof(a->plan->guids.items[i].hits));
	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		struct regf *hive;

		a->hive = id;
		if (winroot_hive(a->root, id, &hive, a->err) < 0)
			return -1;
		if (!hive)
			continue;
		regf_set_clock(hive, a->now);
		if (regf_remap_guids(hive, a->from, a->to, a->plan->guids.len, a->keep_counts ? NULL : count_hit, a,
				     a->err) < 0)
			return err_context(a->err, "%s", winroot_hive_path(a->root, id));
	}
	return 0;
}

static int leave_marker(struct applying *a)
{
	struct regf *system;

	if (winroot_hive(a->root, HIVE_SYSTEM, &system, a->err) < 0)
		return -1;
	return marker_write(system, &a->plan->marker, a->to, a->plan->guids.len, a->now, a->err);
}

/* An unreplayed log beside a clean hive is ignored by Windows; emptied it cannot be taken for its own either. */
static void empty_logs(struct applying *a, const char *hive_path)
{
	static const char *const suffixes[] = { ".LOG", ".LOG1", ".LOG2" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		CLEANUP(freep) char *path = xasprintf("%s%s", hive_path, suffixes[i]);
		struct target_entry entry;

		if (!target_stat(a->target, path, &entry) || entry.is_dir || entry.is_link || !entry.size)
			continue;
		target_put(a->target, path, "", 0);
		a->stats.logs++;
	}
}

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

static int put_hive(struct applying *a, enum hive_id id)
{
	const char *path = winroot_hive_path(a->root, id);
	struct regf *hive;
	struct bytes bytes;

	if (winroot_hive(a->root, id, &hive, a->err) < 0)
		return -1;
	if (!hive || !regf_is_changed(hive))
		return 0;
	bytes = regf_finish(hive);
	if (check_result(bytes, a->err) < 0)
		return err_context(a->err, "%s: the edited hive does not pass its check, nothing was written", path);
	target_put_lent(a->target, path, bytes.data, bytes.len);
	a->stats.hives++;
	return 1;
}

/* Hives first, then logs: a clean hive needs no log, but a log may be all that saves a dirty one. */
static int put_hives(struct applying *a)
{
	bool changed[HIVE_COUNT] = { false };

	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		int status = put_hive(a, id);

		if (status < 0)
			return -1;
		changed[id] = status > 0;
	}
	for (unsigned id = 0; id < HIVE_COUNT; id++)
		if (changed[id])
			empty_logs(a, winroot_hive_path(a->root, id));
	return 0;
}

static void put_files(struct applying *a)
{
	for (size_t i = 0; i < a->plan->edits.len; i++) {
		const struct edit *edit = &a->plan->edits.items[i];

		if (edit->kind == EDIT_PUT_FILE)
			target_put(a->target, edit->path, edit->new.data.data, edit->new.data.len);
		else if (edit->kind == EDIT_DELETE_FILE)
			target_remove(a->target, edit->path);
		else if (edit->kind == EDIT_RENAME_FILE)
			target_rename(a->target, edit->path, edit->name);
		else
			continue;
		a->stats.files++;
	}
}

static int apply_all(struct applying *a)
{
	if (edit_hives(a) < 0 || (a->plan->guids.len && remap(a) < 0) || leave_marker(a) < 0 || put_hives(a) < 0)
		return -1;
	put_files(a);
	if (a->journal && undo_write(a->target, a->journal, a->err) < 0)
		return -1;
	return target_commit(a->target, a->err);
}

static void begin(struct applying *a)
{
	a->now = filetime_now();
	a->from = xcalloc(a->plan->guids.len + 1, sizeof(*a->from));
	a->to = xcalloc(a->plan->guids.len + 1, sizeof(*a->to));
	for (size_t i = 0; i < a->plan->guids.len; i++) {
		a->from[i] = a->plan->guids.items[i].from;
		a->to[i] = a->plan->guids.items[i].to;
	}
}

static void end(struct applying *a)
{
	free(a->from);
	free(a->to);
}

int plan_apply_in_memory(struct plan *plan, struct winroot *root, struct err *err)
{
	struct applying a = {
		.plan = plan, .root = root, .target = winroot_target(root), .keep_counts = true, .err = err,
	};
	int status;

	begin(&a);
	status = edit_hives(&a);
	if (status == 0 && plan->guids.len)
		status = remap(&a);
	end(&a);
	return status;
}

int plan_apply(struct plan *plan, struct winroot *root, const char *journal, struct apply_stats *ret, struct err *err)
{
	struct applying a = {
		.plan = plan, .root = root, .target = winroot_target(root), .journal = journal, .err = err,
	};
	int status;

	if (plan_is_empty(plan)) {
		if (ret)
			*ret = a.stats;
		return 0;
	}
	begin(&a);
	status = apply_all(&a);
	end(&a);
	if (status == 0 && ret)
		*ret = a.stats;
	return status;
}
