/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sysprep-lite/commands.h"

static bool is_first(size_t i)
{
	return op_find(op_rows[i].id) == &op_rows[i];
}

static void print_places(const struct op_row *first, FILE *out)
{
	for (size_t i = 0; i < n_op_rows; i++) {
		const struct op_row *row = &op_rows[i];

		if (strcmp(row->id, first->id) != 0)
			continue;
		fprintf(out, "    %s %s%s%s%s%s (%s)\n", op_verb_name(row->verb),
			row->hive == HIVE_FILE ? "" : hive_name(row->hive), row->hive == HIVE_FILE ? "" : "\\",
			row->path, *row->values ? ": " : "", row->values, row->windows);
	}
}

static void operation_to_json(const struct op_row *first, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "id", first->id);
	json_text(json, "category", first->category);
	json_bool(json, "changes", op_changes(first));
	json_bool(json, "on", op_changes(first) && first->on);
	json_text(json, "confidence", op_sure_name(first->sure));
	json_text(json, "what", first->what);
	json_begin_array(json, "places");
	for (size_t i = 0; i < n_op_rows; i++) {
		const struct op_row *row = &op_rows[i];

		if (strcmp(row->id, first->id) != 0)
			continue;
		json_begin_object(json, NULL);
		json_text(json, "verb", op_verb_name(row->verb));
		json_text(json, "hive", hive_name(row->hive));
		json_text(json, "path", row->path);
		json_text(json, "values", *row->values ? row->values : NULL);
		json_text(json, "windows", row->windows);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static int operations_command(struct cli *cli, const void *args UNUSED, struct err *err UNUSED)
{
	json_begin_array(cli->json, "operations");
	for (size_t i = 0; i < n_op_rows; i++) {
		const struct op_row *row = &op_rows[i];

		if (!is_first(i))
			continue;
		operation_to_json(row, cli->json);
		fprintf(cli->out, "%-22s %-10s %-6s %-10s %s\n", row->id, row->category,
			!op_changes(row) ? "tells" : row->on ? "on" : "off", op_sure_name(row->sure), row->what);
		if (cli->verbose)
			print_places(row, cli->out);
	}
	json_end_array(cli->json);
	return CLI_DONE;
}

const struct cli_command cmd_operations = {
	.name = "operations",
	.summary = "list the operations: what they change, how sure the fact is",
	.usage = "",
	.description = "Columns: name for --enable and --disable, category, on or off by default (tells: scan reports "
		       "it, nothing is changed), confidence, and what happens to clones. -v shows the places.",
	.has_json = true,
	.run = operations_command,
};
