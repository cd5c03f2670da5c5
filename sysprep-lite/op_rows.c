/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations that are nothing but rows: values, keys and files to delete, values to set. */
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/glob.h"
#include "sysprep-lite/plan.h"

struct filling {
	struct plan *plan;
	struct winroot *root;
	const struct op_row *row;
	struct err *err;
};

static int delete_values(const struct filling *f, struct regf *hive, regf_key key, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	size_t n = regf_value_count(hive, key);

	for (size_t i = 0; i < n; i++) {
		regf_value value = regf_value_at(hive, key, i);

		if (!value)
			continue;
		strbuf_clear(&name);
		regf_value_name(hive, value, &name);
		if (glob_match_list(f->row->values, strbuf_text(&name)) &&
		    plan_add_delete_value(f->plan, hive, key, f->row, f->row->hive, path, strbuf_text(&name),
					  f->err) < 0)
			return -1;
	}
	return 0;
}

/* "dword:0", "sz:text" of the table */
static int set_value(const struct filling *f, struct regf *hive, regf_key key, const char *path)
{
	const char *colon = strchr(f->row->data, ':');
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint8_t number[4];

	if (f->row->verb == VERB_SET_PRESENT && !regf_value_find(hive, key, f->row->values))
		return 0;
	if (strncmp(f->row->data, "dword:", 6) == 0) {
		store_le32(number, (uint32_t)strtoul(colon + 1, NULL, 10));
		return plan_add_set(f->plan, hive, key, f->row, f->row->hive, path, f->row->values, REGF_DWORD, number,
				    sizeof(number), f->err);
	}
	(void)text_to_utf16le(colon + 1, strlen(colon + 1) + 1, &text, NULL);
	return plan_add_set(f->plan, hive, key, f->row, f->row->hive, path, f->row->values, REGF_SZ, text.data,
			    text.len, f->err);
}

static int take_key(void *context, struct regf *hive, regf_key key, const char *path)
{
	const struct filling *f = context;

	switch (f->row->verb) {
	case VERB_DELETE_VALUE:
		return delete_values(f, hive, key, path);
	case VERB_DELETE_KEY:
		plan_add(f->plan, EDIT_DELETE_KEY, f->row, f->row->hive, path, NULL);
		return 0;
	case VERB_SET:
	case VERB_SET_PRESENT:
		return set_value(f, hive, key, path);
	default:
		return 0;
	}
}

static int take_file(void *context, const char *path, const struct target_entry *entry)
{
	const struct filling *f = context;

	if (!entry->is_link)
		plan_add(f->plan, EDIT_DELETE_FILE, f->row, HIVE_FILE, path, NULL)->size = entry->size;
	return 0;
}

static int plan_row(struct filling *f)
{
	struct regf *hive;

	if (f->row->verb == VERB_DELETE_FILE) {
		CLEANUP(freep) char *pattern = winroot_path(f->root, f->row->path);

		return target_match(winroot_target(f->root), pattern, take_file, f, f->err);
	}
	if (f->row->hive == HIVE_FILE || f->row->verb == VERB_REMAP_GUID || f->row->verb == VERB_CODE)
		return 0;
	if (winroot_hive(f->root, f->row->hive, &hive, f->err) < 0)
		return -1;
	return hive ? hive_match(hive, f->row->path, take_key, f) : 0;
}

int plan_rows(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err)
{
	struct filling f = { .plan = plan, .root = root, .err = err };

	for (size_t i = 0; i < n_op_rows; i++) {
		f.row = &op_rows[i];
		if (!op_changes(f.row) || !(options->optional_too || op_is_on(&options->choice, f.row)))
			continue;
		if (plan_row(&f) < 0)
			return -1;
	}
	return 0;
}
