/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "unattend/get_ini.h"
#include "unattend/lint.h"
#include "unattend/setting_path.h"

struct args {
	const char *arch;
};

static const struct cli_option options[] = {
	OPT_TEXT(struct args, arch, 0, "arch", "ARCH", "the component of this processorArchitecture: x86, amd64, arm64"),
};

struct run {
	struct cli *cli;
	const char *arch;
	const struct answer *answer;
	struct strbuf first; /* value found first, as text */
	size_t n;
	bool differs;
};

/* ---- values ------------------------------------------------------------------- */

/* What may be shown of a value. */
static void add_shown_value(const struct cli *cli, const struct setting *s, struct strbuf *ret)
{
	char masked[PRODUCT_KEY_MASKED_LEN + 1];
	size_t len;
	const char *value = setting_value(s, &len);

	if (cli->show_secrets) {
		strbuf_add(ret, value, len);
		return;
	}
	if (len && setting_is_secret(s)) {
		strbuf_adds(ret, product_key_mask(value, len, masked));
		return;
	}
	strbuf_add(ret, value, len);
	strbuf_reserve(ret, 1);
	mask_keys(ret->data);
}

/* A key may stand where a name belongs. Free the result. */
static char *shown_name(const struct cli *cli, const char *name)
{
	char *shown = xstrdup(name);

	if (!cli->show_secrets)
		mask_keys(shown);
	return shown;
}

static void name_to_json(const struct run *run, const char *key, const char *name)
{
	CLEANUP(freep) char *shown = shown_name(run->cli, name ? name : "");

	json_text(run->cli->json, key, name ? shown : NULL);
}

static void value_to_json(const struct run *run, const struct setting *s, const struct strbuf *value)
{
	struct json *json = run->cli->json;
	const struct settings_block *block = s->component->block;

	json_begin_object(json, NULL);
	name_to_json(run, "pass", block ? block->pass_text : NULL);
	name_to_json(run, "component", s->component->name);
	name_to_json(run, "arch", s->component->arch);
	name_to_json(run, "path", s->path);
	json_text_len(json, "value", strbuf_text(value), value->len);
	json_bool(json, "secret", setting_is_secret(s));
	json_uint(json, "line", s->element->value_where.line);
	json_uint(json, "column", s->element->value_where.column);
	json_end_object(json);
}

static void print_line(const struct run *run, const struct setting *s, const char *value)
{
	const struct settings_block *block = s->component->block;
	CLEANUP(freep) char *label = xasprintf("%s/%s/%s", block && block->pass_text ? block->pass_text : "-",
					       s->component->name, s->path);
	CLEANUP(freep) char *shown = shown_name(run->cli, label);

	fprintf(run->cli->out, "%s = %s\n", shown, value);
}

static bool is_leaf(const struct setting *s)
{
	return !s->element->first;
}

/* "pass/component/path = value" for all leaves that stand at or below top; all of the component when top is NULL. */
static void list_below(struct run *run, const struct component *c, const struct setting *top)
{
	for (size_t i = c->first; i < c->first + c->n; i++) {
		const struct setting *s = &run->answer->settings.items[i];
		CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

		if (!is_leaf(s) || (top && (s->element->span.at < top->element->span.at ||
					    s->element->span.end > top->element->span.end)))
			continue;
		add_shown_value(run->cli, s, &value);
		value_to_json(run, s, &value);
		print_line(run, s, strbuf_text(&value));
		run->n++;
	}
}

static void show_one(struct run *run, const struct setting *s)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	add_shown_value(run->cli, s, &value);
	value_to_json(run, s, &value);
	if (!run->n++) {
		strbuf_add(&run->first, strbuf_text(&value), value.len);
		return;
	}
	run->differs |= value.len != run->first.len ||
			memcmp(strbuf_text(&value), strbuf_text(&run->first), value.len) != 0;
}

/* ---- the walk ------------------------------------------------------------------ */

static int show_path(struct run *run, const struct setting_path *path, struct err *err)
{
	bool listed = path->n == 0;

	for (size_t i = 0; i < run->answer->components.len; i++) {
		const struct component *c = &run->answer->components.items[i];
		struct path_hit hit;

		if (!setting_path_fits(path, c, run->arch))
			continue;
		if (setting_path_follow(run->answer, c, path, &hit, err) < 0)
			return -1;
		if (path->n && !hit.setting)
			continue;
		if (path->n && is_leaf(hit.setting)) {
			show_one(run, hit.setting);
			continue;
		}
		listed = true;
		list_below(run, c, hit.setting);
	}
	if (run->differs) {
		err_set(err, ERR_USAGE, "the setting has different values in the components of several architectures");
		return err_hint(err, "--arch chooses one");
	}
	if (!listed && run->n)
		fprintf(run->cli->out, "%s\n", strbuf_text(&run->first));
	return 0;
}

static int not_found(const struct setting_path *path, struct err *err)
{
	if (setting_path_check(path, err) < 0)
		return -1;
	if (path->n == 0)
		return err_set(err, ERR_NOT_FOUND, "the file has no settings of %s in pass %s", path->component,
			       pass_name(path->pass));
	return err_set(err, ERR_NOT_FOUND, "%s is not set in pass %s", path->plain, pass_name(path->pass));
}

static int show(struct run *run, const char *text, struct err *err)
{
	CLEANUP(setting_path_release) struct setting_path path = { .pass = PASS_NONE };

	if (!text) {
		for (size_t i = 0; i < run->answer->components.len; i++)
			list_below(run, &run->answer->components.items[i], NULL);
		return CLI_DONE;
	}
	if (setting_path_parse(text, &path, err) < 0 || show_path(run, &path, err) < 0)
		return -1;
	return run->n ? CLI_DONE : not_found(&path, err);
}

static int run_answer(struct run *run, struct err *err)
{
	const char *path = run->cli->n_args > 1 ? run->cli->args[1] : NULL;

	if (run->answer->kind == ANSWER_XML)
		return show(run, path, err);
	if (run->arch)
		return err_set(err, ERR_USAGE, "--arch is for XML answer files, this is a text of sections and keys");
	return get_ini(run->cli, run->answer, path, err);
}

static int run_get(struct cli *cli, const void *args, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	const struct args *a = args;
	const char *file = cli->args[0];
	struct answer answer;
	struct run run = { .cli = cli, .arch = a->arch, .answer = &answer };
	int result;

	if (file_read_all(file, SOURCE_MAX_BYTES, &raw, err) < 0 ||
	    answer_read(&raw, file, TEMPLATE_NONE, &answer, err) < 0)
		return err_context(err, "%s", file);
	json_text(cli->json, "file", file);
	json_begin_array(cli->json, "values");
	result = run_answer(&run, err);
	json_end_array(cli->json);
	strbuf_release(&run.first);
	answer_release(&answer);
	return result < 0 ? err_context(err, "%s", file) : result;
}

static const struct cli_example examples[] = {
	{ "unattend get unattend.xml specialize/Shell-Setup/ComputerName", "print one value" },
	{ "unattend get unattend.xml oobeSystem/Shell-Setup/UserAccounts", "print all that is below" },
	{ "unattend get unattend.xml \"windowsPE/Setup/RunSynchronous/RunSynchronousCommand[2]/Path\"", "choose an item of a list" },
	{ "unattend get sysprep.inf GuiUnattended/TimeZone", "print a value of a text file" },
};

const struct cli_command cmd_get = {
	.name = "get",
	.summary = "print settings of an answer file",
	.usage = "[options] FILE [PASS/COMPONENT[/SETTING] | SECTION[/KEY]]",
	.description = "Prints the value of a setting, or all settings below a component or setting, or of the whole file. The component\n"
		       "may be written without \"Microsoft-Windows-\". An item of a list is chosen by its number, LocalAccount[2], by the\n"
		       "value of a child, LocalAccount[Name=admin], or of an attribute, IpAddress[@keyValue=1]. In sysprep.inf,\n"
		       "unattend.txt and winnt.sif a path is SECTION/KEY, or SECTION/KEY[2] where several lines have the key.\n\n"
		       "Passwords and product keys are hidden without --show-secrets.\n\n"
		       "Exit code 3 means that there is no such setting.",
	.examples = examples,
	.n_examples = ARRAY_SIZE(examples),
	.min_args = 1,
	.max_args = 2,
	CLI_OPTIONS(struct args, options),
	.has_json = true,
	.has_secrets = true,
	.run = run_get,
};
