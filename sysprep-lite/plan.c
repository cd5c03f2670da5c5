/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/plan.h"

#include <stdlib.h>
#include <string.h>

#define STAGED_FILE_MAX (16u << 20) /* scripts and policy files that a plan compares */

void value_release(struct value_data *value)
{
	strbuf_wipe(&value->data);
	strbuf_release(&value->data);
}

int value_read(struct regf *hive, regf_key key, const char *name, struct value_data *ret, struct err *err)
{
	regf_value value = regf_value_find(hive, key, name);

	if (!value)
		return 0;
	ret->present = true;
	ret->type = regf_value_type(hive, value);
	return regf_value_data(hive, value, &ret->data, err);
}

struct edit *plan_add(struct plan *plan, enum edit_kind kind, const struct op_row *row, enum hive_id hive,
		      const char *path, const char *name)
{
	struct edit *edit = vec_add(&plan->edits);

	edit->kind = kind;
	edit->row = row;
	edit->hive = hive;
	edit->path = xstrdup(path);
	edit->name = name ? xstrdup(name) : NULL;
	return edit;
}

int plan_add_set(struct plan *plan, struct regf *hive, regf_key key, const struct op_row *row, enum hive_id id,
		 const char *path, const char *name, uint32_t type, const void *data, size_t len, struct err *err)
{
	struct value_data old = { 0 };
	struct edit *edit;

	if (value_read(hive, key, name, &old, err) < 0)
		return -1;
	if (old.present && old.type == type && old.data.len == len && (!len || memcmp(old.data.data, data, len) == 0)) {
		value_release(&old);
		return 0;
	}
	edit = plan_add(plan, EDIT_SET_VALUE, row, id, path, name);
	edit->old = old;
	edit->new.present = true;
	edit->new.type = type;
	strbuf_add(&edit->new.data, data, len);
	return 0;
}

int plan_add_delete_value(struct plan *plan, struct regf *hive, regf_key key, const struct op_row *row,
			  enum hive_id id, const char *path, const char *name, struct err *err)
{
	struct edit *edit = plan_add(plan, EDIT_DELETE_VALUE, row, id, path, name);

	return value_read(hive, key, name, &edit->old, err);
}

int plan_add_file(struct plan *plan, struct winroot *root, const struct op_row *row, const char *path,
		  const void *data, size_t len, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT;
	struct target *target = winroot_target(root);
	struct edit *edit;
	bool there = target_has(target, path);

	if (there && target_read(target, path, STAGED_FILE_MAX, &old, err) < 0)
		return -1;
	if (there && old.len == len && (!len || memcmp(old.data, data, len) == 0))
		return 0;
	edit = plan_add(plan, EDIT_PUT_FILE, row, HIVE_FILE, path, NULL);
	edit->old.present = there;
	edit->size = old.len;
	edit->new.present = true;
	strbuf_add(&edit->new.data, data, len);
	return 0;
}

void plan_note(struct plan *plan, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list args;

	va_start(args, fmt);
	strbuf_addv(&text, fmt, args);
	va_end(args);
	*vec_add(&plan->notes) = strbuf_detach(&text);
}

struct plan *plan_build(struct winroot *root, const struct plan_options *options, struct err *err)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));

	plan->only_settings = options->only_settings;
	if (marker_read(root, &plan->marker, err) == 0 && plan_computer_name(plan, root, options, err) == 0 &&
	    plan_time_zone(plan, root, options, err) == 0 &&
	    (options->only_settings ||
	     (plan_rows(plan, root, options, err) == 0 && plan_guids(plan, root, options, err) == 0 &&
	      plan_rearm(plan, root, options, err) == 0)))
		return plan;
	plan_freep(&plan);
	return NULL;
}

static void release_edit(struct edit *edit)
{
	free(edit->path);
	free(edit->name);
	value_release(&edit->old);
	value_release(&edit->new);
}

void guid_edit_forget_places(struct guid_edit *edit)
{
	for (size_t i = 0; i < edit->places.len; i++) {
		free(edit->places.items[i].key);
		free(edit->places.items[i].value);
	}
	vec_release(&edit->places);
}

static void release_guid(struct guid_edit *edit)
{
	free(edit->name);
	free(edit->device);
	free(edit->found);
	guid_edit_forget_places(edit);
}

void plan_freep(struct plan **plan)
{
	struct plan *p = *plan;

	*plan = NULL;
	if (!p)
		return;
	for (size_t i = 0; i < p->edits.len; i++)
		release_edit(&p->edits.items[i]);
	for (size_t i = 0; i < p->guids.len; i++)
		release_guid(&p->guids.items[i]);
	for (size_t i = 0; i < p->notes.len; i++)
		free(p->notes.items[i]);
	vec_release(&p->edits);
	vec_release(&p->guids);
	vec_release(&p->notes);
	marker_release(&p->marker);
	free(p);
}

bool plan_is_empty(const struct plan *plan)
{
	return !plan->edits.len && !plan->guids.len;
}

size_t guid_edit_hits(const struct guid_edit *edit)
{
	size_t sum = 0;

	for (unsigned hive = 0; hive < HIVE_COUNT; hive++)
		for (unsigned form = 0; form < GUID_FORMS; form++)
			sum += edit->hits[hive][form];
	return sum;
}
