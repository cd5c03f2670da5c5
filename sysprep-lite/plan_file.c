/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/plan_file.h"

#include <stdlib.h>
#include <string.h>

#include "sysprep-lite/apply.h"

typedef int (*input_fn)(void *context, const char *path, const struct strbuf *data);

static int each_input(struct target *target, const char *path, input_fn fn, void *context, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct target_entry entry;

	if (!target_stat(target, path, &entry) || entry.is_dir || entry.is_link)
		return 0;
	if (target_read(target, path, HIVE_BYTES_MAX, &data, err) < 0)
		return -1;
	return fn(context, path, &data);
}

/* Hives with their logs, and the files that the plan extends. */
static int each_input_of(const struct plan *plan, struct winroot *root, input_fn fn, void *context, struct err *err)
{
	static const char *const suffixes[] = { "", ".LOG", ".LOG1", ".LOG2" };
	struct target *target = winroot_target(root);

	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
			CLEANUP(freep) char *path = xasprintf("%s%s", winroot_hive_path(root, id), suffixes[i]);

			if (each_input(target, path, fn, context, err) < 0)
				return -1;
		}
	}
	for (size_t i = 0; i < plan->edits.len; i++)
		if (plan->edits.items[i].kind == EDIT_PUT_FILE &&
		    each_input(target, plan->edits.items[i].path, fn, context, err) < 0)
			return -1;
	return 0;
}

/* ---- writing ---- */

static int input_to_json(void *context, const char *path, const struct strbuf *data)
{
	struct json *json = context;
	char sum[65];

	json_begin_object(json, NULL);
	json_text(json, "path", path);
	json_text(json, "sha256", sha256_text(data->data, data->len, sum));
	json_end_object(json);
	return 0;
}

static int result_to_json(struct winroot *after, enum hive_id id, struct json *json, struct err *err)
{
	struct tree_hash tree;
	struct regf *hive;

	if (winroot_hive(after, id, &hive, err) < 0)
		return -1;
	if (!hive)
		return 0;
	if (tree_hash_of(hive, id == HIVE_SYSTEM, &tree, err) < 0)
		return err_context(err, "%s", winroot_hive_path(after, id));
	json_begin_object(json, NULL);
	json_text(json, "hive", hive_name(id));
	json_uint(json, "keys", tree.keys);
	json_uint(json, "values", tree.values);
	json_text(json, "tree_sha256", tree.text);
	json_end_object(json);
	return 0;
}

static int results_to_json(struct plan *plan, struct winroot *root, struct json *json, struct err *err)
{
	CLEANUP(winroot_freep) struct winroot *after = winroot_open(winroot_target(root), err);

	if (!after || plan_apply_in_memory(plan, after, err) < 0)
		return -1;
	for (unsigned id = 0; id < HIVE_COUNT; id++)
		if (result_to_json(after, id, json, err) < 0)
			return -1;
	return 0;
}

int plan_document(struct plan *plan, struct winroot *root, bool show_secrets, struct strbuf *ret, struct err *err)
{
	CLEANUP(json_freep) struct json *json = json_new(ret, true);

	json_begin_object(json, NULL);
	json_text(json, "schema", "goldwim/sysprep-plan/1");
	json_text(json, "target", target_name(winroot_target(root)));
	json_begin_array(json, "inputs");
	if (each_input_of(plan, root, input_to_json, json, err) < 0)
		return -1;
	json_end_array(json);
	plan_to_json(plan, json, show_secrets);
	json_begin_array(json, "results");
	if (results_to_json(plan, root, json, err) < 0)
		return -1;
	json_end_array(json);
	json_end_object(json);
	return 0;
}

/* ---- checks before it is carried out ---- */

struct comparing {
	const struct plan_file *file;
	size_t seen;
	struct err *err;
};

static int compare_input(void *context, const char *path, const struct strbuf *data)
{
	struct comparing *c = context;
	char sum[65];

	sha256_text(data->data, data->len, sum);
	for (size_t i = 0; i < c->file->inputs.len; i++) {
		const struct plan_input *input = &c->file->inputs.items[i];

		if (strcmp(input->path, path) != 0)
			continue;
		c->seen++;
		if (strcmp(input->sha256, sum) == 0)
			return 0;
		err_set(c->err, ERR_REFUSED, "%s: the file is not the one that the plan was made from", path);
		return err_hint(c->err, "make a new plan");
	}
	return err_set(c->err, ERR_REFUSED, "%s: the file was not there when the plan was made", path);
}

int plan_file_check_inputs(const struct plan_file *file, struct winroot *root, struct err *err)
{
	struct comparing c = { .file = file, .err = err };

	if (each_input_of(file->plan, root, compare_input, &c, err) < 0)
		return err_context(err, "%s", target_name(winroot_target(root)));
	if (c.seen < file->inputs.len)
		return err_set(err, ERR_REFUSED, "%s: a file that the plan was made from is gone",
			       target_name(winroot_target(root)));
	return 0;
}

static int check_key_edit(struct edit *edit, struct winroot *root, struct err *err)
{
	struct regf *hive;
	regf_key key;

	if (winroot_hive(root, edit->hive, &hive, err) < 0)
		return -1;
	key = hive ? regf_find(hive, regf_root(hive), edit->path) : 0;
	if (!key)
		return err_set(err, ERR_REFUSED, "%s\\%s: there is no such key", hive_name(edit->hive), edit->path);
	if (edit->kind == EDIT_DELETE_KEY)
		return 0;
	value_release(&edit->old);
	edit->old = (struct value_data){ 0 };
	if (value_read(hive, key, edit->name, &edit->old, err) < 0)
		return -1;
	if (edit->kind == EDIT_DELETE_VALUE && !edit->old.present)
		return err_set(err, ERR_REFUSED, "%s\\%s: there is no value \"%s\"", hive_name(edit->hive),
			       edit->path, edit->name);
	return 0;
}

int plan_file_check_edits(struct plan_file *file, struct winroot *root, struct err *err)
{
	struct target *target = winroot_target(root);

	for (size_t i = 0; i < file->plan->edits.len; i++) {
		struct edit *edit = &file->plan->edits.items[i];

		if (edit->hive != HIVE_FILE) {
			if (check_key_edit(edit, root, err) < 0)
				return -1;
			continue;
		}
		edit->old.present = target_has(target, edit->path);
		if (edit->kind != EDIT_PUT_FILE && !edit->old.present)
			return err_set(err, ERR_REFUSED, "%s: there is no such file", edit->path);
	}
	return marker_read(root, &file->plan->marker, err);
}

void plan_file_release(struct plan_file *file)
{
	plan_freep(&file->plan);
	for (size_t i = 0; i < file->inputs.len; i++)
		free(file->inputs.items[i].path);
	vec_release(&file->inputs);
	vec_release(&file->results);
}
