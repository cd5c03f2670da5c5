/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/operations.h"

#include <string.h>

const struct op_row op_rows[] = {
#include "sysprep-lite/data/identifiers.inc"
	{
		.id = "rearm", .category = "cmid", .verb = VERB_CODE, .hive = HIVE_FILE, .on = true,
		.path = "Windows\\Setup\\Scripts\\goldwim-rearm.cmd", .values = "", .data = "",
		.sure = SURE_DOCUMENTED, .windows = "Vista+",
		.what = "all clones keep one client machine ID, so the KMS host counts one computer",
	},
	{
		.id = "computer-name", .category = "machine", .verb = VERB_CODE, .hive = HIVE_SYSTEM, .on = true,
		.path = "ControlSet*\\Control\\ComputerName\\ComputerName", .values = "", .data = "",
		.sure = SURE_DOCUMENTED, .windows = "NT4+",
		.what = "clones have one name; only changed when --computer-name gives a new one",
	},
	{
		.id = "time-zone", .category = "timezone", .verb = VERB_CODE, .hive = HIVE_SYSTEM, .on = true,
		.path = "ControlSet*\\Control\\TimeZoneInformation", .values = "", .data = "",
		.sure = SURE_DOCUMENTED, .windows = "NT4+",
		.what = "wrong local time in the target region; only changed when --timezone names a zone",
	},
};
const size_t n_op_rows = ARRAY_SIZE(op_rows);

bool op_changes(const struct op_row *row)
{
	return row->verb != VERB_REPORT && row->verb != VERB_WINDOWS;
}

const char *op_verb_name(enum op_verb verb)
{
	static const char *const names[] = {
		[VERB_DELETE_VALUE] = "delete-value", [VERB_DELETE_KEY] = "delete-key",
		[VERB_DELETE_FILE] = "delete-file",   [VERB_SET] = "set",
		[VERB_SET_PRESENT] = "set",           [VERB_REMAP_GUID] = "remap-guid",
		[VERB_CODE] = "own-code",             [VERB_REPORT] = "report-only",
		[VERB_WINDOWS] = "only-windows",
	};

	return names[verb];
}

const char *op_sure_name(enum op_sure sure)
{
	static const char *const names[] = {
		[SURE_NONE] = "unknown", [SURE_UNCERTAIN] = "uncertain",
		[SURE_COMMUNITY] = "community", [SURE_DOCUMENTED] = "documented",
	};

	return names[sure];
}

const struct op_row *op_find(const char *id)
{
	const struct op_row *found = NULL;

	for (size_t i = 0; i < n_op_rows; i++) {
		if (strcmp(op_rows[i].id, id) != 0)
			continue;
		if (op_changes(&op_rows[i]))
			return &op_rows[i];
		if (!found)
			found = &op_rows[i];
	}
	return found;
}

static bool names_row(const char *name, const struct op_row *row)
{
	return strcmp(name, row->id) == 0 || strcmp(name, row->category) == 0;
}

static int check_name(const char *name, struct err *err)
{
	const char **names = xcalloc(2 * n_op_rows + 1, sizeof(*names));
	const char *near;
	size_t n = 0;
	bool found = false;

	for (size_t i = 0; i < n_op_rows && !found; i++) {
		if (!op_changes(&op_rows[i]))
			continue;
		names[n++] = op_rows[i].id;
		names[n++] = op_rows[i].category;
		found = names_row(name, &op_rows[i]);
	}
	near = found ? NULL : cli_did_you_mean(name, names);
	free(names);
	if (found)
		return 0;
	if (near)
		return err_set(err, ERR_USAGE, "there is no operation or category '%s'; did you mean '%s'?", name,
			       near);
	err_set(err, ERR_USAGE, "there is no operation or category '%s'", name);
	return err_hint(err, "'sysprep-lite operations' lists them");
}

int op_choice_check(const struct op_choice *choice, struct err *err)
{
	for (size_t i = 0; choice->enable && i < choice->enable->len; i++)
		if (check_name(choice->enable->items[i], err) < 0)
			return -1;
	for (size_t i = 0; choice->disable && i < choice->disable->len; i++)
		if (check_name(choice->disable->items[i], err) < 0)
			return -1;
	return 0;
}

static bool list_has(const struct cli_list *list, const char *name)
{
	for (size_t i = 0; list && i < list->len; i++)
		if (strcmp(list->items[i], name) == 0)
			return true;
	return false;
}

/* An operation named itself counts before its category; disabling counts before enabling. */
bool op_is_on(const struct op_choice *choice, const struct op_row *row)
{
	if (!op_changes(row))
		return false;
	if (list_has(choice->disable, row->id))
		return false;
	if (list_has(choice->enable, row->id))
		return true;
	if (list_has(choice->disable, row->category))
		return false;
	return list_has(choice->enable, row->category) || row->on;
}
