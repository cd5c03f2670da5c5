/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/glob.h"
#include "sysprep-lite/scan.h"

#define NOTES_MAX 8 /* places shown of one operation; all with -v */

/*
 * What sysprep treats itself is no fault in an image that it generalized. It does not
 * know agents, keeps adapters when it was told to, and obeys SkipRearm.
 */
static bool is_left_to_sysprep(const struct scanning *scan, const struct op_row *row)
{
	static const char *const not_left[] = { "nic", "agent", "setup" };

	if (scan->result->verdict != VERDICT_GENERALIZED || strcmp(row->id, "skip-rearm") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(not_left); i++)
		if (strcmp(row->category, not_left[i]) == 0)
			return false;
	return true;
}

static enum severity severity_of(const struct scanning *scan, const struct op_row *row, const struct rule_meta *rule)
{
	bool is_own_rule = strncmp(rule->id, "identity-", 9) != 0;

	if (is_left_to_sysprep(scan, row) || (!row->on && !is_own_rule))
		return SEVERITY_INFO;
	return rule->severity;
}

/* Severity, and the hint for operations that are off by default. */
static void add(struct scanning *scan, const struct op_row *row, const char *item, const char *message)
{
	const struct rule_meta *rule = scan_rule_of(row);

	if (row->on)
		scan->result->changeable++;
	else
		scan->result->optional++;
	report_add_as(scan->report, rule, severity_of(scan, row, rule), scan_place(scan, item), "%s", message);
	if (!row->on)
		report_note(scan->report, "off by default (%s): generalize --enable %s changes it",
			    op_sure_name(row->sure), row->id);
}

static void show_place(const struct edit *edit, bool hide, struct strbuf *ret)
{
	if (edit->hive != HIVE_FILE)
		strbuf_addf(ret, "%s\\", hive_name(edit->hive));
	text_show(edit->path, strlen(edit->path), ret);
	if (edit->name && edit->kind != EDIT_RENAME_FILE) {
		strbuf_adds(ret, ": ");
		text_show(edit->name, strlen(edit->name), ret);
	}
	if (edit->old.present && edit->hive != HIVE_FILE) {
		strbuf_adds(ret, " = ");
		value_show(&edit->old, hide, ret);
	}
}

static void add_notes(struct scanning *scan, const struct plan *plan, size_t first, size_t n)
{
	size_t shown = 0;

	for (size_t i = first; i < plan->edits.len; i++) {
		const struct edit *edit = &plan->edits.items[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (strcmp(edit->row->id, plan->edits.items[first].row->id) != 0)
			continue;
		if (shown++ == NOTES_MAX && !scan->options->verbose) {
			report_note(scan->report, "and %zu more", n - NOTES_MAX);
			return;
		}
		show_place(edit, edit->row->secret && !scan->options->show_secrets, &text);
		report_note(scan->report, "%s", text.data);
	}
}

/* One finding for all edits of one operation. */
static void add_operation(struct scanning *scan, const struct plan *plan, size_t first)
{
	const struct edit *edit = &plan->edits.items[first];
	const struct op_row *row = edit->row;
	CLEANUP(strbuf_release) struct strbuf item = STRBUF_INIT;
	CLEANUP(freep) char *message = NULL;
	size_t n = 0;

	for (size_t i = 0; i < plan->edits.len; i++) {
		if (strcmp(plan->edits.items[i].row->id, row->id) != 0 || plan->edits.items[i].kind == EDIT_RENAME_FILE)
			continue;
		if (i < first)
			return;
		n++;
	}
	if (!n)
		return;
	if (edit->hive != HIVE_FILE)
		strbuf_addf(&item, "%s\\", hive_name(edit->hive));
	strbuf_adds(&item, edit->path);
	if (row->verb == VERB_CODE) {
		add(scan, row, strbuf_text(&item), scan_rule_of(row)->summary);
		return;
	}
	message = xasprintf("%s: %s", row->id, row->what);
	add(scan, row, strbuf_text(&item), message);
	add_notes(scan, plan, first, n);
}

static void add_guid(struct scanning *scan, const struct guid_edit *guid)
{
	char text[GUID_BRACED_LEN + 1];
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;

	strbuf_addf(&message, "%s: %s", guid->row->id, guid_format(&guid->from, GUID_BRACES | GUID_UPPER, text));
	if (guid->name) {
		strbuf_adds(&message, " \"");
		text_show(guid->name, strlen(guid->name), &message);
		strbuf_addc(&message, '"');
	}
	strbuf_addf(&message, ", in %zu place%s", guid_edit_hits(guid), PLURAL(guid_edit_hits(guid)));
	if (strcmp(guid->row->category, "nic") != 0)
		strbuf_addf(&message, ": %s", guid->row->what);
	add(scan, guid->row, guid->found, message.data);
}

int scan_plan(struct scanning *scan)
{
	struct plan_options options = { .optional_too = true };
	CLEANUP(plan_freep) struct plan *plan = plan_build(scan->root, &options, scan->err);

	if (!plan || plan_count_guids(plan, scan->root, scan->err) < 0)
		return -1;
	for (size_t i = 0; i < plan->guids.len; i++)
		add_guid(scan, &plan->guids.items[i]);
	for (size_t i = 0; i < plan->edits.len; i++)
		add_operation(scan, plan, i);
	return 0;
}

/* ---- rows that are only told ---- */

struct telling {
	struct scanning *scan;
	const struct op_row *row;
	const char *hive; /* as it is shown; NULL: row is of files */
	size_t found;
	const char *last_id; /* of the finding that notes go to */
};

static void tell(struct telling *t, const char *path, const char *name, const struct value_data *value)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (t->hive)
		strbuf_addf(&text, "%s\\", t->hive);
	strbuf_adds(&text, path);
	if (!t->last_id || strcmp(t->last_id, t->row->id) != 0) {
		report_add(t->scan->report, scan_rule_of(t->row), scan_place(t->scan, strbuf_text(&text)), "%s: %s",
			   t->row->id, t->row->what);
		t->last_id = t->row->id;
		t->found = 0;
		t->scan->result->only_windows += t->row->verb == VERB_WINDOWS;
	}
	if (t->found++ >= NOTES_MAX && !t->scan->options->verbose)
		return;
	if (name) {
		strbuf_adds(&text, ": ");
		text_show(name, strlen(name), &text);
		strbuf_adds(&text, " = ");
		value_show(value, t->row->secret && !t->scan->options->show_secrets, &text);
	}
	report_note(t->scan->report, "%s", text.data);
}

/* Empty texts and lists of nothing are no setting. */
static bool says_something(const struct value_data *value)
{
	for (size_t i = 0; i < value->data.len; i++)
		if (value->data.data[i])
			return true;
	return false;
}

/* No address, and a switch that is off. */
static bool is_zero_text(const struct value_data *value)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	utf16le_z_to_text(bytes_of(value->data.data, value->data.len), &text);
	return strcmp(strbuf_text(&text), "0.0.0.0") == 0 || strcmp(strbuf_text(&text), "0") == 0;
}

/* Of the devices of a boot configuration those name no disk that mean the one booted from, or one to be searched for. */
static bool is_any_disk(const struct op_row *row, const struct value_data *value)
{
	enum { DEVICE_TYPE = 16, BOOT = 5, LOCATE = 8 };
	struct bytes device = bytes_of(value->data.data, value->data.len);
	uint32_t type;

	if ((row->hive != HIVE_BCD && row->hive != HIVE_BCD_EFI) || !bytes_holds(device, DEVICE_TYPE, 4))
		return false;
	type = bytes_le32(device, DEVICE_TYPE);
	return type == BOOT || type == LOCATE;
}

static int tell_key(void *context, struct regf *hive, regf_key key, const char *path)
{
	struct telling *t = context;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	size_t n = regf_value_count(hive, key);

	if (!*t->row->values) {
		tell(t, path, NULL, NULL);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct value_data value = { 0 };
		regf_value at = regf_value_at(hive, key, i);

		strbuf_clear(&name);
		if (at)
			regf_value_name(hive, at, &name);
		if (!at || !glob_match_list(t->row->values, strbuf_text(&name)))
			continue;
		if (value_read(hive, key, strbuf_text(&name), &value, t->scan->err) < 0) {
			value_release(&value);
			return -1;
		}
		if (says_something(&value) && !is_zero_text(&value) && !is_any_disk(t->row, &value))
			tell(t, path, strbuf_text(&name), &value);
		value_release(&value);
	}
	return 0;
}

static int tell_file(void *context, const char *path, const struct target_entry *entry UNUSED)
{
	tell(context, path, NULL, NULL);
	return 0;
}

int scan_tell_hive(struct scanning *scan, enum hive_id id, const char *shown, struct regf *hive)
{
	struct telling t = { .scan = scan, .hive = shown };

	for (size_t i = 0; i < n_op_rows; i++) {
		t.row = &op_rows[i];
		if (!op_changes(t.row) && t.row->hive == id && hive_match(hive, t.row->path, tell_key, &t) < 0)
			return -1;
	}
	return 0;
}

int scan_report_rows(struct scanning *scan)
{
	struct telling t = { .scan = scan };

	for (size_t i = 0; i < n_op_rows; i++) {
		struct regf *hive;
		int status;

		t.row = &op_rows[i];
		if (op_changes(t.row) || t.row->hive > HIVE_FILE)
			continue;
		t.hive = t.row->hive == HIVE_FILE ? NULL : hive_name(t.row->hive);
		if (!t.hive) {
			CLEANUP(freep) char *pattern = winroot_path(scan->root, t.row->path);

			status = target_match(winroot_target(scan->root), pattern, tell_file, &t, scan->err);
		} else {
			status = winroot_hive(scan->root, t.row->hive, &hive, scan->err);
			if (status == 0 && hive)
				status = hive_match(hive, t.row->path, tell_key, &t);
		}
		if (status < 0)
			return -1;
	}
	return 0;
}
