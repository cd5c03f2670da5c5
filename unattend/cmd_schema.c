/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "unattend/product_key.h"
#include "unattend/setting_path.h"
#include "unattend/setting_value.h"

/* ---- words --------------------------------------------------------------------- */

static const char *type_name(const struct setting_spec *spec)
{
	static const char *const types[] = { "", "boolean", "enum", "integer", "string" };

	if (spec->kind == SETTING_CONTAINER)
		return "container";
	if (spec->kind == SETTING_LIST_ITEM)
		return "list item";
	return types[spec->type];
}

/* "since Windows build 17763"; 1 stands for a version that no list names. */
static void print_build(FILE *out, const char *label, uint32_t build)
{
	if (build == 1)
		fprintf(out, "  %-10s in a version that the reference does not name\n", label);
	else if (build)
		fprintf(out, "  %-10s build %" PRIu32 "\n", label, build);
}

/* ---- JSON ------------------------------------------------------------------------ */

static void passes_to_json(struct json *json, unsigned passes)
{
	json_begin_array(json, "passes");
	for (unsigned i = 0; pass_names[i]; i++)
		if (passes & 1u << i)
			json_text(json, NULL, pass_names[i]);
	json_end_array(json);
}

static void values_to_json(struct json *json, const char *values)
{
	json_begin_array(json, "values");
	while (*values) {
		size_t len = strcspn(values, "|");

		json_text_len(json, NULL, values, len);
		values += len + (values[len] == '|');
	}
	json_end_array(json);
}

static void build_to_json(struct json *json, const char *key, uint32_t build)
{
	if (build > 1)
		json_uint(json, key, build);
	else if (build)
		json_null(json, key);
}

static void setting_to_json(struct json *json, const struct setting_spec *spec)
{
	static const char *const empty[] = { "unknown", "allowed", "forbidden" };

	json_begin_object(json, NULL);
	json_text(json, "component", spec->component);
	json_text(json, "path", spec->path);
	json_text(json, "type", type_name(spec));
	passes_to_json(json, setting_spec_passes(spec));
	if (*spec->values)
		values_to_json(json, spec->values);
	if (spec->min != spec->max) {
		json_int(json, "min", spec->min);
		json_int(json, "max", spec->max);
	}
	if (spec->max_len)
		json_uint(json, "max_length", spec->max_len);
	json_text(json, "empty", empty[spec->empty]);
	if (*spec->key)
		json_text(json, "key", spec->key);
	json_bool(json, "secret", spec->secret);
	build_to_json(json, "since_build", spec->since);
	build_to_json(json, "deprecated_build", spec->deprecated);
	build_to_json(json, "removed_build", spec->removed);
	json_end_object(json);
}

/* ---- text ------------------------------------------------------------------------ */

static void print_setting(struct cli *cli, const struct setting_spec *spec)
{
	char passes[160], wanted[450];
	FILE *out = cli->out;

	fprintf(out, "%s/%s\n", spec->component, spec->path);
	fprintf(out, "  %-10s %s\n", "type", type_name(spec));
	fprintf(out, "  %-10s %s\n", "passes", setting_spec_passes(spec) ?
		pass_list(setting_spec_passes(spec), passes, sizeof(passes)) : "not known");
	if (spec->kind == SETTING_VALUE || spec->kind == SETTING_TEXT)
		fprintf(out, "  %-10s %s\n", "value", setting_value_wanted(spec, wanted, sizeof(wanted)));
	if (spec->kind == SETTING_ATTRIBUTE)
		fprintf(out, "  %-10s the attribute wcm:keyValue of the list item\n", "written as");
	if (spec->kind == SETTING_TEXT)
		fprintf(out, "  %-10s the text of the list item\n", "written as");
	if (spec->empty != EMPTY_UNKNOWN)
		fprintf(out, "  %-10s %s\n", "empty", spec->empty == EMPTY_ALLOWED ? "allowed" : "not allowed");
	if (*spec->key)
		fprintf(out, "  %-10s %s tells items apart\n", "key", spec->key);
	if (spec->secret)
		fprintf(out, "  %-10s a secret\n", "note");
	print_build(out, "since", spec->since);
	print_build(out, "deprecated", spec->deprecated);
	print_build(out, "removed", spec->removed);
}

static void print_row(struct cli *cli, const struct setting_spec *spec)
{
	char wanted[450] = "";

	if (spec->kind == SETTING_VALUE)
		setting_value_wanted(spec, wanted, sizeof(wanted));
	else
		snprintf(wanted, sizeof(wanted), "(%s)", type_name(spec));
	fprintf(cli->out, "  %-50s %s%s\n", spec->path, wanted, spec->removed ? " (removed)" : "");
}

/* ---- asking ---------------------------------------------------------------------- */

static void list_components(struct cli *cli)
{
	const struct component_spec *spec;
	char passes[160];

	json_begin_array(cli->json, "components");
	for (size_t i = 0; (spec = component_spec_at(i)); i++) {
		json_begin_object(cli->json, NULL);
		json_text(cli->json, "name", spec->name);
		passes_to_json(cli->json, spec->passes);
		build_to_json(cli->json, "removed_build", spec->removed);
		json_end_object(cli->json);
		fprintf(cli->out, "%-64s %s%s\n", spec->name, pass_list(spec->passes, passes, sizeof(passes)),
			spec->removed ? " (removed)" : "");
	}
	json_end_array(cli->json);
}

static bool is_below(const struct setting_spec *spec, const char *component, const char *path)
{
	size_t len = strlen(path);

	if (strcasecmp(spec->component, component) != 0 || spec->kind == SETTING_ATTRIBUTE || spec->kind == SETTING_TEXT)
		return false;
	return len == 0 || (strncasecmp(spec->path, path, len) == 0 && spec->path[len] == '/');
}

static void list_settings(struct cli *cli, const char *component, const char *path)
{
	const struct setting_spec *spec;

	for (size_t i = 0; (spec = setting_spec_at(i)); i++) {
		if (!is_below(spec, component, path))
			continue;
		setting_to_json(cli->json, spec);
		print_row(cli, spec);
	}
}

static int no_setting(const char *component, const char *path, struct err *err)
{
	const char *near = setting_did_you_mean(component, path);

	err_set(err, ERR_NOT_FOUND, "%s has no setting \"%s\"", component, path);
	return near ? err_hint(err, "did you mean \"%s\"?", near) :
		      err_hint(err, "unattend schema %s lists them", component);
}

static int show_component(struct cli *cli, const struct component_spec *spec)
{
	char passes[160];

	fprintf(cli->out, "%s\n", spec->name);
	fprintf(cli->out, "  %-10s %s\n", "passes",
		spec->passes ? pass_list(spec->passes, passes, sizeof(passes)) : "not known");
	print_build(cli->out, "removed", spec->removed);
	if (!spec->known_settings)
		fprintf(cli->out, "  %-10s only the name of this component is known\n", "note");
	fputc('\n', cli->out);
	list_settings(cli, spec->name, "");
	return CLI_DONE;
}

static int show_setting(struct cli *cli, const char *component, const char *path, struct err *err)
{
	const struct setting_spec *spec = setting_spec_find(component, path);

	if (!spec)
		return no_setting(component, path, err);
	setting_to_json(cli->json, spec);
	print_setting(cli, spec);
	if (spec->kind == SETTING_CONTAINER || spec->kind == SETTING_LIST_ITEM)
		list_settings(cli, component, spec->path);
	return CLI_DONE;
}

static int no_component(const char *name, struct err *err)
{
	CLEANUP(freep) char *with = xasprintf("Microsoft-Windows-%s", name);
	CLEANUP(freep) char *shown = xstrdup(name);
	const char *near = component_did_you_mean(name);

	near = near ? near : component_did_you_mean(with);
	mask_keys(shown); /* given to the wrong command */
	err_set(err, ERR_NOT_FOUND, "no component \"%s\" is documented", shown);
	return near ? err_hint(err, "did you mean \"%s\"?", near) : err_hint(err, "unattend schema lists them");
}

static int run_schema(struct cli *cli, const void *args, struct err *err)
{
	const char *text = cli->n_args ? cli->args[0] : "";
	CLEANUP(freep) char *name = xstrndup(text, strcspn(text, "/"));
	CLEANUP(freep) char *full = component_full_name(name);
	const struct component_spec *spec = component_spec_find(full);
	const char *path = strchr(text, '/');
	int result;

	(void)args;
	if (cli->n_args == 0) {
		list_components(cli);
		return CLI_DONE;
	}
	if (!spec)
		return no_component(full, err);
	json_text(cli->json, "component", spec->name);
	passes_to_json(cli->json, spec->passes);
	json_begin_array(cli->json, "settings");
	result = path && path[1] ? show_setting(cli, spec->name, path + 1, err) : show_component(cli, spec);
	json_end_array(cli->json);
	return result;
}

static const struct cli_example examples[] = {
	{ "unattend schema", "all components with their passes" },
	{ "unattend schema Shell-Setup", "the settings of one" },
	{ "unattend schema Shell-Setup/OOBE/ProtectYourPC", "what one setting takes" },
};

const struct cli_command cmd_schema = {
	.name = "schema",
	.summary = "show what components and settings there are",
	.usage = "[COMPONENT[/SETTING]]",
	.description = "Shows what is documented about components and settings of answer files: the passes they may stand in, their type,\n"
		       "values and limits, and the builds of Windows that brought, deprecated or removed them. The component may be\n"
		       "written without \"Microsoft-Windows-\". The state is that of the reference of January 2019, with corrections.",
	.examples = examples,
	.n_examples = ARRAY_SIZE(examples),
	.max_args = 1,
	.has_json = true,
	.run = run_schema,
};
