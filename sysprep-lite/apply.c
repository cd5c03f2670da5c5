/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/apply.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/filetime.h"

struct applying {
	struct plan *plan;
	enum hive_id hive; /* being remapped */
	struct winroot *root;
	struct target *target;
	struct guid *from, *to; /* of plan->guids */
	uint64_t now;
	bool keep_counts;
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
	}
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

/* Only a run that looked for identities leaves the note; a time zone alone is none. */
static int edit_all(struct applying *a, bool note)
{
	int status;

	begin(a);
	status = edit_hives(a);
	if (status == 0 && a->plan->guids.len)
		status = remap(a);
	if (status == 0 && note)
		status = leave_marker(a);
	end(a);
	return status;
}

int plan_apply_in_memory(struct plan *plan, struct winroot *root, struct err *err)
{
	struct applying a = {
		.plan = plan, .root = root, .target = winroot_target(root), .keep_counts = true, .err = err,
	};

	return edit_all(&a, false);
}

int plan_stage(struct plan *plan, struct winroot *root, struct err *err)
{
	struct applying a = { .plan = plan, .root = root, .target = winroot_target(root), .err = err };

	if (plan_is_empty(plan))
		return 0;
	if (edit_all(&a, !plan->only_settings) < 0)
		return -1;
	put_files(&a);
	return 0;
}

int plan_apply(struct plan *plan, struct winroot *root, const char *journal, struct commit_stats *ret,
	       struct err *err)
{
	if (plan_stage(plan, root, err) < 0)
		return -1;
	return winroot_commit(root, journal, ret, err);
}
