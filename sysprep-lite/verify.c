/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/verify.h"

#include <stdlib.h>
#include <string.h>

enum verify_rule {
	RULE_EDIT,
	RULE_IDENTIFIER,
	RULE_HIVE,
	N_RULES,
};

static const struct rule_meta rules[N_RULES] = {
	[RULE_EDIT] = {
		.id = "plan-edit-missing", .severity = SEVERITY_ERROR,
		.summary = "an edit of the plan is not in the target",
		.why = "the plan was not carried out, or something was changed afterwards",
		.advice = "generalize a fresh copy with the plan, and verify before Windows starts from it",
	},
	[RULE_IDENTIFIER] = {
		.id = "plan-identifier-left", .severity = SEVERITY_ERROR,
		.summary = "an identifier that the plan replaces is still in a hive",
		.why = "a part of Windows still knows the reference machine; half replaced is worse than not at all",
		.advice = "generalize a fresh copy with the plan",
	},
	[RULE_HIVE] = {
		.id = "plan-hive-differs", .severity = SEVERITY_ERROR,
		.summary = "a hive does not hold exactly what the plan makes of it",
		.why = "keys or values were changed that the plan does not name, or the plan was not carried out",
		.advice = "compare the hive with that of a fresh copy that was generalized with the plan",
	},
};

const struct rule_meta *verify_rule_at(size_t i)
{
	return i < N_RULES ? &rules[i] : NULL;
}

struct verifying {
	const struct plan_file *file;
	struct winroot *root;
	struct target *target;
	struct report *report;
	struct err *err;
};

static struct place place_of(const struct verifying *v, const char *item)
{
	return (struct place){ .file = target_name(v->target), .item = item };
}

/* A path as it is after the identifiers were replaced; keys are found in any case. */
static char *path_after(const struct plan *plan, const char *path)
{
	char *copy = xstrdup(path);
	size_t len = strlen(copy);
	struct guid guid;

	for (size_t at = 0; at + GUID_TEXT_LEN <= len; at++) {
		if (copy[at + 8] != '-' || !guid_parse(copy + at, &guid))
			continue;
		for (size_t i = 0; i < plan->guids.len; i++) {
			char text[GUID_BRACED_LEN + 1];

			if (guid_equal(&plan->guids.items[i].from, &guid))
				memcpy(copy + at, guid_format(&plan->guids.items[i].to, 0, text), GUID_TEXT_LEN);
		}
		at += GUID_TEXT_LEN - 1;
	}
	return copy;
}

/* Lists of adapters hold identifiers that were replaced after the edit: the hash of the hive covers those. */
static bool is_as_set(const struct edit *edit, const struct value_data *now)
{
	if (!now->present || now->type != edit->new.type || now->data.len != edit->new.data.len)
		return false;
	return strcmp(edit->row->category, "nic") == 0 || !now->data.len ||
	       memcmp(now->data.data, edit->new.data.data, now->data.len) == 0;
}

static int verify_key_edit(struct verifying *v, const struct edit *edit)
{
	CLEANUP(freep) char *path = path_after(v->file->plan, edit->path);
	CLEANUP(freep) char *name = edit->name ? path_after(v->file->plan, edit->name) : NULL;
	CLEANUP(freep) char *item = xasprintf("%s\\%s", hive_name(edit->hive), path);
	struct value_data now = { 0 };
	struct regf *hive;
	regf_key key;
	bool good;

	if (winroot_hive(v->root, edit->hive, &hive, v->err) < 0)
		return -1;
	key = hive ? regf_find(hive, regf_root(hive), path) : 0;
	if (key && name && value_read(hive, key, name, &now, v->err) < 0) {
		value_release(&now);
		return -1;
	}
	if (edit->kind == EDIT_SET_VALUE)
		good = is_as_set(edit, &now);
	else
		good = edit->kind == EDIT_DELETE_KEY ? !key : !now.present;
	value_release(&now);
	if (!good)
		report_add(v->report, &rules[RULE_EDIT], place_of(v, item), "%s: %s %s%s%s", edit->row->id,
			   edit_kind_name(edit->kind), item, name ? ": " : "", name ? name : "");
	return 0;
}

static int verify_file_edit(struct verifying *v, const struct edit *edit)
{
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;
	struct target_entry entry;
	bool there = target_stat(v->target, edit->path, &entry), good;

	if (edit->kind == EDIT_PUT_FILE) {
		good = there && !entry.is_dir && !entry.is_link && entry.size == edit->new.data.len;
		if (good && target_read(v->target, edit->path, edit->new.data.len, &now, v->err) < 0)
			return -1;
		good = good && now.len == edit->new.data.len &&
		       (!now.len || memcmp(now.data, edit->new.data.data, now.len) == 0);
	} else {
		good = !there && (edit->kind == EDIT_DELETE_FILE || target_has(v->target, edit->name));
	}
	if (!good)
		report_add(v->report, &rules[RULE_EDIT], place_of(v, edit->path), "%s: %s %s", edit->row->id,
			   edit_kind_name(edit->kind), edit->path);
	return 0;
}

static int verify_edits(struct verifying *v)
{
	const struct plan *plan = v->file->plan;

	for (size_t i = 0; i < plan->edits.len; i++) {
		const struct edit *edit = &plan->edits.items[i];

		if ((edit->hive == HIVE_FILE ? verify_file_edit(v, edit) : verify_key_edit(v, edit)) < 0)
			return -1;
	}
	return 0;
}

static void verify_identifiers(struct verifying *v)
{
	const struct plan *plan = v->file->plan;

	for (size_t i = 0; i < plan->guids.len; i++) {
		char text[GUID_BRACED_LEN + 1];
		size_t left = guid_edit_hits(&plan->guids.items[i]);

		if (left)
			report_add(v->report, &rules[RULE_IDENTIFIER], place_of(v, NULL),
				   "%s: %s is still in %zu place%s", plan->guids.items[i].row->id,
				   guid_format(&plan->guids.items[i].from, GUID_BRACES | GUID_UPPER, text), left,
				   PLURAL(left));
	}
}

static int verify_hive(struct verifying *v, const struct plan_result *wanted)
{
	struct tree_hash now;
	struct regf *hive;

	if (winroot_hive(v->root, wanted->hive, &hive, v->err) < 0)
		return -1;
	if (!hive) {
		report_add(v->report, &rules[RULE_HIVE], place_of(v, hive_name(wanted->hive)), "the hive is gone");
		return 0;
	}
	if (tree_hash_of(hive, wanted->hive == HIVE_SYSTEM, &now, v->err) < 0)
		return -1;
	if (strcmp(now.text, wanted->tree.text) != 0)
		report_add(v->report, &rules[RULE_HIVE], place_of(v, hive_name(wanted->hive)),
			   "%s has %llu keys and %llu values; the plan makes %llu and %llu, or others",
			   hive_name(wanted->hive), (unsigned long long)now.keys, (unsigned long long)now.values,
			   (unsigned long long)wanted->tree.keys, (unsigned long long)wanted->tree.values);
	return 0;
}

int verify_run(const struct plan_file *file, struct winroot *root, struct report *report, struct err *err)
{
	struct verifying v = {
		.file = file, .root = root, .target = winroot_target(root), .report = report, .err = err,
	};

	if (verify_edits(&v) < 0 || plan_count_guids(file->plan, root, err) < 0)
		return -1;
	verify_identifiers(&v);
	for (size_t i = 0; i < file->results.len; i++)
		if (verify_hive(&v, &file->results.items[i]) < 0)
			return -1;
	return 0;
}
