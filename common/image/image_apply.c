/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/apply_private.h"

static int make_at(const struct apply_item *item, int dir, const char *name)
{
	struct wim_unix_data data;

	if (item->kind == ITEM_LINK)
		return symlinkat(item->link_target, dir, name);
	(void)wim_node_unix_data(item->node, &data);
	return mknodat(dir, name, data.mode, data.rdev);
}

static int make_link_or_device(struct image_apply_plan *plan, const struct apply_item *item, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	const char *name;
	CLEANUP(close_fdp) int dir = -1;
	int result;

	apply_path(plan, item, &path);
	dir = beneath_open_parent(plan->request->target, path.data, &name);
	if (dir < 0)
		return apply_failed(plan, item, "cannot make this link", err);
	result = make_at(item, dir, name);
	if (result < 0 && errno == EEXIST && plan->request->replace && unlinkat(dir, name, 0) == 0)
		result = make_at(item, dir, name);
	if (result < 0 && errno == EPERM && item->kind == ITEM_SPECIAL) {
		plan->troubles.special_left_out++;
		apply_warn(plan, item, "a device, which only root may make, is left out");
		return 0;
	}
	if (result < 0)
		return apply_failed(plan, item, "cannot make this link", err);
	if (apply_metadata_at(plan, item, dir, name, err) < 0)
		return -1;
	return apply_link_names(plan, item, err);
}

static int make_links(struct image_apply_plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->items.len; i++) {
		const struct apply_item *item = &plan->items.items[i];

		if ((item->kind == ITEM_LINK && item->link_target) || item->kind == ITEM_SPECIAL)
			if (make_link_or_device(plan, item, err) < 0)
				return -1;
	}
	return 0;
}

static void add_troubles(const struct image_apply_plan *plan, struct image_applied *ret)
{
	*ret = plan->counts;
	ret->damaged = plan->troubles.damaged;
	ret->owners_left_out = plan->troubles.owners_left_out;
	ret->special_left_out = plan->troubles.special_left_out;
}

struct image_apply_plan *image_apply_plan(const struct image_apply *request, struct err *err)
{
	struct image_apply_plan *plan = xcalloc(1, sizeof(*plan));

	if (apply_plan_make(request, plan, err) < 0)
		image_apply_plan_freep(&plan);
	return plan;
}

void image_apply_counts(const struct image_apply_plan *plan, struct image_applied *ret, uint64_t *bytes_needed)
{
	*ret = plan->counts;
	*bytes_needed = plan->bytes_needed;
}

int image_apply_run(struct image_apply_plan *plan, struct image_applied *ret, struct err *err)
{
	if (apply_make_dirs(plan, err) < 0 || apply_files(plan, err) < 0 || make_links(plan, err) < 0 ||
	    apply_finish_dirs(plan, err) < 0)
		return -1;
	add_troubles(plan, ret);
	return 0;
}

void image_apply_plan_freep(struct image_apply_plan **plan)
{
	if (!*plan)
		return;
	apply_plan_release(*plan);
	free(*plan);
	*plan = NULL;
}
